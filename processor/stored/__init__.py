"""OTLP in files: which of its encodings a file has, requests out of it, requests into another.

Knows files and framing, nothing of prices. Memory stays flat: one request at a time, each bounded.
"""
