"""Parsers of single values: words, numbers, durations, sizes, lists of words.

Each takes a node and returns the value in the unit of its setting, or raises `Bad` with what is
wrong and how to mend it. Nothing here knows a key.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

from processor.settings.problems import Bad, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processor.settings.document import Node

T = TypeVar("T")

_SECONDS: Final = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}
_DURATION_PART: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_DURATION: Final = re.compile(rf"(?:{_DURATION_PART.pattern})+")
_BYTES: Final = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
}
_PERCENT: Final = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s?%")
_SIZE: Final = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s*([A-Za-z]*)")


def text(node: Node) -> str:
    """Text as it is written; numbers and booleans stay the characters they are."""
    if isinstance(node.value, list | dict):
        raise Bad("is not a word; write one value")
    return node.text


def boolean(node: Node) -> bool:
    """Either `true` or `false`."""
    if not isinstance(node.value, bool):
        raise Bad(f"is {shown(node)}; write true or false")
    return node.value


def whole(low: int, high: int) -> Callable[[Node], int]:
    """Parse a whole number from *low* to *high*."""

    def parse(node: Node) -> int:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Bad(f"is {shown(node)}; write a whole number from {low} to {high}")
        return value

    return parse


def number(low: float, high: float) -> Callable[[Node], float]:
    """Parse a number from *low* to *high*."""

    def parse(node: Node) -> float:
        value = node.value
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
        ):
            raise Bad(f"is {shown(node)}; write a number from {low:g} to {high:g}")
        return float(value)

    return parse


def duration(low_s: float = 0.0, high_s: float = 366 * 86400.0) -> Callable[[Node], float]:
    """Parse a Go duration such as `5s`, `1m30s`, `500ms`; return seconds."""

    def parse(node: Node) -> float:
        words = node.text
        if isinstance(node.value, bool | list | dict) or not (
            words == "0" or _DURATION.fullmatch(words)
        ):
            raise Bad(f"is {shown(node)}; write a duration with its unit: 5s, 1m30s, 500ms")
        parts = _DURATION_PART.findall(words)
        seconds = round(sum(float(amount) * _SECONDS[unit] for amount, unit in parts), 9)
        if not low_s <= seconds <= high_s:
            raise Bad(f"is {words}; write a duration from {low_s:g}s to {high_s:g}s")
        return seconds

    return parse


def size(low: int, high: int) -> Callable[[Node], int]:
    """Parse a number of bytes such as `64MiB` or `67108864`."""

    def parse(node: Node) -> int:
        found = _SIZE.fullmatch(node.text) if isinstance(node.value, str | int) else None
        unit = found[2].lower() if found else ""
        if found is None or unit not in _BYTES or isinstance(node.value, bool):
            raise Bad(f"is {shown(node)}; write a size such as 64MiB, or bytes")
        value = int(float(found[1]) * _BYTES[unit]) if unit else int(float(found[1]))
        if not low <= value <= high:
            raise Bad(f"is {node.text}; write a size from {low} to {high} bytes")
        return value

    return parse


def share(node: Node) -> float:
    """Parse a percentage such as `50%`; return its share of one."""
    found = _PERCENT.fullmatch(node.text) if isinstance(node.value, str) else None
    if found is None or float(found[1]) > 100:
        raise Bad(f"is {shown(node)}; write a percentage from 0% to 100%")
    return float(found[1]) / 100


def choice(words: tuple[T, ...]) -> Callable[[Node], T]:
    """Parse one of *words*."""

    def parse(node: Node) -> T:
        for word in words:
            if node.text == word and isinstance(node.value, str):
                return word
        raise Bad(f"is {shown(node)}; write {_one_of(words, node.text)}")

    return parse


def each(parse_item: Callable[[Node], T]) -> Callable[[Node], tuple[T, ...]]:
    """Parse a list, each item by *parse_item*; one value alone is a list of one."""

    def parse(node: Node) -> tuple[T, ...]:
        if isinstance(node.value, list):
            return tuple(parse_item(item) for item in node.value)
        if isinstance(node.value, dict):
            raise Bad("is not a list; write [a, b]")
        return (parse_item(node),)

    return parse


def name(node: Node) -> str:
    """Text that is not empty, such as the key of an attribute."""
    words = text(node)
    if not words.strip():
        raise Bad("is empty; write a name or leave it out")
    return words


def words_by_name(node: Node) -> Mapping[str, str]:
    """Parse a mapping of names to text."""
    if not isinstance(node.value, dict):
        raise Bad("is not a mapping; write {name: value}")
    return {key: text(value) for key, value in node.value.items()}


def shown(node: Node) -> str:
    """Return the value for a message, shortened: a file may hold anything."""
    if isinstance(node.value, list | dict):
        return "a list" if isinstance(node.value, list) else "a mapping"
    words = node.text if node.text.isprintable() else ascii(node.text)
    return f"`{words[:60]}{'...' if len(words) > 60 else ''}`"


def _one_of(words: tuple[Any, ...], written: str) -> str:
    known = [str(word) for word in words]
    near = nearest(written, known)
    return f"one of {', '.join(known)}" + (f" (did you mean {near}?)" if near else "")
