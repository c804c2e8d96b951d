"""The only place that knows bytes: the walk over a request, reading values, splicing stamps in."""
