"""On what terms each row's figures are used: `sources.yaml`, by the name a row's source begins with."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pricing.tables.making.yaml_text import parse_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILE: Final = Path(__file__).with_name("sources.yaml")


@cache
def licences() -> Mapping[str, str]:
    """The licence of each source, by its name without a version."""
    content = parse_text(FILE.read_text(encoding="utf-8"))
    return {name: fields["licence"] for name, fields in content["sources"].items()}


def unlicensed(source: str) -> Iterator[str]:
    """The parts of a row's source whose licence nobody knows."""
    for part in source.split("; "):
        name = part if part in licences() else part.rpartition(" ")[0]
        if not licences().get(name):
            yield part
