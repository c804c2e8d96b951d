"""Coding agents that tell of their calls to models in log records of their own: a table an agent."""
