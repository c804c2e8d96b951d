"""Strands Agents: every count under its old and its new name; the agent's span has the sums.

It names itself as the provider: the model's text tells who sold the call.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import SEMCONV

STRANDS: Final = replace(
    SEMCONV,
    name="strands",
    read_from="strands-agents 1.62.0 and 1.0 (PyPI), telemetry/tracer.py",
    scopes=("strands.", "strands-agents"),
)
