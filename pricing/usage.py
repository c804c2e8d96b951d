"""The disjoint classes of usage: what each is measured in, and whose price stands in for its own.

Data only. Every unit of a call sits in exactly one class. The names are contract: they become
`genai_cost.<class>` attributes and values of the label `genai_cost.token.class`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Unit(StrEnum):
    """What a class counts."""

    TOKEN = "token"  # noqa: S105  not that kind
    CHARACTER = "character"
    IMAGE = "image"
    PIXEL = "pixel"
    SECOND = "second"
    PAGE = "page"
    TOKEN_HOUR = "token-hour"  # noqa: S105  tokens kept in a cache, times hours
    CALL = "call"
    """Searches, requests, sessions: anything charged by the piece."""


class UsageClass(NamedTuple):
    """One class; `ancestors` are tried in order where a row has no price for the class itself."""

    unit: Unit
    ancestors: tuple[str, ...] = ()
    ordinary: bool = False
    """Charging it at an ancestor's price is how the vendors do it, not a doubt."""
    measures: str = ""
    """The token class that counts the same thing: where that is charged, this is not."""
    optional: bool = False
    """Often reported and rarely priced: without a price it costs nothing and says nothing."""


_TOKEN: Final = Unit.TOKEN

CLASSES: Final[Mapping[str, UsageClass]] = {
    "input": UsageClass(_TOKEN),
    "cache_read": UsageClass(_TOKEN, ("input",)),
    "cache_write": UsageClass(_TOKEN, ("input",)),
    "cache_write_1h": UsageClass(_TOKEN, ("cache_write", "input")),
    "cache_write_12h": UsageClass(_TOKEN, ("cache_write", "input")),
    "output": UsageClass(_TOKEN),
    "reasoning": UsageClass(_TOKEN, ("output",), ordinary=True),
    "citation": UsageClass(_TOKEN, ("output",)),
    "input_audio": UsageClass(_TOKEN, ("input",)),
    "cache_read_audio": UsageClass(_TOKEN, ("cache_read", "input_audio", "input")),
    "output_audio": UsageClass(_TOKEN, ("output",)),
    "input_image": UsageClass(_TOKEN, ("input",), ordinary=True),
    "cache_read_image": UsageClass(
        _TOKEN, ("cache_read", "input_image", "input"), ordinary=True
    ),
    "output_image": UsageClass(_TOKEN, ("output",)),
    "input_video": UsageClass(_TOKEN, ("input",), ordinary=True),
    "cache_read_video": UsageClass(
        _TOKEN, ("cache_read", "input_video", "input"), ordinary=True
    ),
    "output_video": UsageClass(_TOKEN, ("output",)),
    "tool_input": UsageClass(_TOKEN, ("input",), ordinary=True),
    "input_characters": UsageClass(Unit.CHARACTER, measures="input", optional=True),
    "output_characters": UsageClass(Unit.CHARACTER, measures="output", optional=True),
    "images": UsageClass(Unit.IMAGE, measures="output_image", optional=True),
    "input_images": UsageClass(Unit.IMAGE, measures="input_image", optional=True),
    "pixels": UsageClass(Unit.PIXEL, measures="output_image", optional=True),
    "audio_seconds": UsageClass(Unit.SECOND, measures="input_audio", optional=True),
    "output_audio_seconds": UsageClass(Unit.SECOND, measures="output_audio", optional=True),
    "video_seconds": UsageClass(Unit.SECOND, measures="output_video", optional=True),
    "input_video_seconds": UsageClass(Unit.SECOND, measures="input_video", optional=True),
    "pages": UsageClass(Unit.PAGE, optional=True),
    "searches": UsageClass(Unit.CALL),
    "file_searches": UsageClass(Unit.CALL),
    "maps_searches": UsageClass(Unit.CALL),
    "code_sessions": UsageClass(Unit.CALL),
    "requests": UsageClass(Unit.CALL, optional=True),
    "rerank_units": UsageClass(Unit.CALL, optional=True),
    "messages": UsageClass(Unit.CALL, optional=True),
    "credits": UsageClass(Unit.CALL, optional=True),
    "guardrail_units": UsageClass(Unit.CALL),
    # No call tells it: the cache lives on between calls. Priced for who reports it (trap 37).
    "cache_storage": UsageClass(Unit.TOKEN_HOUR),
}

TOKENS: Final = frozenset(name for name, kind in CLASSES.items() if kind.unit is _TOKEN)

# The whole prompt, cached, written and spoken parts included: what context thresholds look at.
PROMPT: Final = frozenset(
    name
    for name in TOKENS
    if name not in {"output", "reasoning", "citation"} and not name.startswith("output_")
)

# Longer storage never costs less than shorter: where a narrower row prices only the shorter,
# a wider row's price for the longer is raised to it (pricing-engines trap 42).
SURCHARGES: Final = frozenset({"cache_write_1h", "cache_write_12h"})
