"""The service: OTLP in, LLM calls priced and counted, OTLP out. Start reading at pipeline.py."""
