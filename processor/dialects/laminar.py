"""Laminar (`lmnr`): the conventions of OpenLLMetry's middle age, `lmnr.span.type` tells what is a call.

A replayed call (`CACHED`) is served from a recording: nobody bills it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import SEMCONV

LAMINAR: Final = replace(
    SEMCONV,
    name="laminar",
    read_from="lmnr 0.8.2 (PyPI), sdk/types.py and opentelemetry_lib",
    scopes=("lmnr",),
    marks=("lmnr.span.type", "lmnr.span.path"),
    operation=("lmnr.span.type", *SEMCONV.operation),
    operations={
        "cached": "chat",
        "default": "",
        "pipeline": "",
        "executor": "",
        "human_evaluator": "",
        "evaluation": "",
    },
    unbilled=(*SEMCONV.unbilled, ("lmnr.span.type", "cached")),
)
