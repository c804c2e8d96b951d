"""Two doors into one pipeline: OTLP over gRPC and over HTTP. Nothing here looks inside a request."""
