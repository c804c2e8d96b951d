"""`/statusz`: what this service is doing now, for people and for programs. Read on request only."""
