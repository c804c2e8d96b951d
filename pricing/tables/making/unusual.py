"""A slip of the unit must not pass: each price lies in a window narrower than a thousandfold, or is listed as it is.

Within a window no figure stays one when it is multiplied or divided by a thousand; what lies outside (the
dearest and the smallest models) stands in `unusual.yaml` with just its figures, and nothing else is let through.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pricing.tables.making.decimals import text
from pricing.tables.making.emit import scalar
from pricing.tables.making.yaml_text import parse_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Place = tuple[str, str, str]
    """Provider, model, class."""

FILE: Final = Path(__file__).with_name("unusual.yaml")

# USD per million tokens, or per single second, character, piece: lowest and highest usual price.
WINDOWS: Final[Mapping[str, tuple[str, str]]] = {
    "input": ("0.019", "18.9"),
    "output": ("0.1", "99"),
    "cache_read": ("0.0028", "2.79"),
    "cache_write": ("0.038", "37.6"),
    "cache_write_1h": ("0.1", "99"),
    "cache_write_12h": ("0.12", "110"),
    "reasoning": ("0.1", "99"),
    "citation": ("0.1", "99"),
    "input_audio": ("0.12", "119"),
    "cache_read_audio": ("0.02", "19"),
    "output_audio": ("1", "300"),
    "input_image": ("0.1", "99"),
    "cache_read_image": ("0.02", "19"),
    "output_image": ("1", "300"),
    "input_video": ("0.1", "99"),
    "output_video": ("0.5", "300"),
    "audio_seconds": ("0.000005", "0.0045"),
    "output_audio_seconds": ("0.0001", "0.02"),
    "video_seconds": ("0.004", "3"),
    "input_video_seconds": ("0.0002", "0.1"),
    "input_characters": ("0.0000002", "0.00019"),
    "output_characters": ("0.0000002", "0.00019"),
    "images": ("0.001", "0.99"),
    "input_images": ("0.00001", "0.0099"),
    "pixels": ("0.000000001", "0.0000009"),
    "pages": ("0.0002", "0.19"),
    "searches": ("0.0005", "0.49"),
    "file_searches": ("0.0005", "0.49"),
    "maps_searches": ("0.0005", "0.49"),
    "code_sessions": ("0.001", "0.99"),
    "requests": ("0.00005", "0.049"),
    "rerank_units": ("0.0001", "0.09"),
}


@cache
def listed() -> Mapping[Place, frozenset[Decimal]]:
    """The unusual figures that have been looked at."""
    content = parse_text(FILE.read_text(encoding="utf-8"))
    return {
        (provider, model, name): frozenset(map(Decimal, figures))
        for provider, models in content["unusual"].items()
        for model, classes in models.items()
        for name, figures in classes.items()
    }


def doubt(place: Place, figure: Decimal, known: Mapping[Place, frozenset[Decimal]]) -> str:
    """Why a price above zero has to be looked at; empty where it is usual, or listed just so."""
    low, high = (Decimal(bound) for bound in WINDOWS[place[2]])
    if place in known:
        good = figure in known[place] or (low <= figure <= high and _near(figure, known[place]))
    else:
        good = low <= figure <= high
    if good or not figure:
        return ""
    return (
        f"{text(figure)} for {place[2]} is outside {low}..{high}, by a slip of the unit or as a price that "
        "wants a line in making/unusual.yaml (`python -m pricing.tables.build --unusual` once it is looked at)"
    )


def _near(figure: Decimal, known: Iterable[Decimal]) -> bool:
    """A usual price of a model that has an unusual one too: within a hundredfold of it."""
    return any(figure <= 100 * other and other <= 100 * figure for other in known)


def written(found: Iterable[tuple[Place, Decimal]]) -> str:
    """The file's content for all prices outside of their windows."""
    grouped: dict[str, dict[str, dict[str, set[Decimal]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(set))
    )
    for (provider, model, name), figure in found:
        low, high = (Decimal(bound) for bound in WINDOWS[name])
        if figure and not low <= figure <= high:
            grouped[provider][model][name].add(figure)
    out = [_HEAD]
    for provider, models in sorted(grouped.items()):
        out.append(f"  {scalar(provider)}:\n")
        for model, classes in sorted(models.items()):
            pairs = ", ".join(
                f"{name}: [{', '.join(map(text, sorted(figures)))}]"
                for name, figures in sorted(classes.items())
            )
            out.append(f"    {scalar(model)}: {{{pairs}}}\n")
    return "".join(out)


_HEAD: Final = """\
# Prices outside of the windows of unusual.py: real, looked at, and let through as just these figures. Written by
# `python -m pricing.tables.build --unusual`; review the diff, every new line is a claim that the unit is right.
unusual:
"""
