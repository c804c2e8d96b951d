"""What breaks around the service, and what becomes of the telemetry: sent, accepted, arrived, lost."""
