"""Files for the commands, small and whole."""

from __future__ import annotations

PRICES = """\
genai-cost: 1
providers:
  openai:
    models:
      gpt-4o: {prices: {input: 2.50, output: 10}}
      dated:
        rows:
          - {to: 2025-01-01, prices: {input: 5}}
          - {from: 2025-01-01, prices: {input: 4}}
      our-model: {prices: {input: 0.1, cache_read: 0.01, output: 0.3}}
"""
BROKEN_PRICES = PRICES.replace("output: 10", "outputx: 10").replace("0.01", "cheap")
CONFIG = """\
receivers: {otlp: {protocols: {grpc: {}}}}
processors: {genai_cost: {pricing: {builtin: false, sources: [{file: %s}]}}}
exporters: {debug: {}}
service:
  pipelines:
    traces: {receivers: [otlp], processors: [genai_cost], exporters: [debug]}
"""
