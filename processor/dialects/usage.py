"""From the counts that a dialect reports to counts that never overlap.

Each token ends in exactly one class. A total without its parts is what is left of it; a part that
does not fit into its total proves that it stands beside it or, if nothing else can be true, that
the usage is impossible, which is said and never clamped.
"""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from pricing.usage import CLASSES, TOKENS

if TYPE_CHECKING:
    from processor.dialects.containment import Containment

Count = int | Decimal

MAX_COST: Final = 1e9
"""US dollars; a larger amount, or one below 0, is not the cost of a call."""
MAX_COUNT: Final = 10**12
"""More tokens than any call has; a larger number is not a count."""
NOTHING: Final = frozenset({"", "nan", "none", "null", "undefined", "n/a", "-"})
"""Texts that writers send for no number."""
MIN_DIGIT: Final = -18
"""Where the first digit of an amount stands at the least: 1e-999999 is a trap, not an amount."""

# Classes that are not tokens: never part of input or output.
UNITS: Final = frozenset(CLASSES) - TOKENS

WITH_CARE: Final = frozenset(
    {
        "total",
        "total-",
        "input+",
        "output+",
        "cache_write_5m",
        "cache_write_1h",
        "cache_write_12h",
        "cache_read_audio",
        "cache_read_image",
        "cache_read_video",
        "cache_read+",
        "cache_read_audio+",
        "cache_read_image+",
        "cache_read_video+",
        "cache_write+",
        "cache_write_5m+",
        "cache_write_1h+",
        "reasoning+",
        "input_audio+",
        "input_image+",
        "input_video+",
        "output_audio+",
        "output_image+",
        "output_video+",
        "tool_input+",
        "citation+",
    }
)
"""What plain subtraction is not enough for."""
LONGER: Final = ("cache_write_1h", "cache_write_12h")
SHORTEST: Final = "cache_write_5m"
"""No class: the part of `cache_write` that was written for the shortest time, where that is told."""
CACHED_PARTS: Final = ("cache_read_audio", "cache_read_image", "cache_read_video")
"""Parts of `cache_read` by what they were; what each was is also part of `input_audio` and so on."""
CACHED: Final = ("cache_read", "cache_write", *LONGER, *CACHED_PARTS)
INPUT_PARTS: Final = ("input_audio", "input_image", "input_video", "tool_input")
OUTPUT_PARTS: Final = ("output_audio", "output_image", "output_video")
_ROLE: Final = {
    **dict.fromkeys(CACHED, 1),
    **dict.fromkeys(INPUT_PARTS, 2),
    **dict.fromkeys((*OUTPUT_PARTS, "reasoning"), 3),
}


class Impossible(ValueError):  # noqa: N818 - it is what the usage is
    """No reading of these counts makes sense."""


def count(value: object) -> int | None:
    """A non-negative whole number, or None where the value is no number at all.

    Ints, whole doubles and numeric text count (pricing-engines trap 34); NaN is what some writers
    send for nothing. Raises `Impossible` for a negative, fractional or absurd number.
    """
    if isinstance(value, str):
        value = _number(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, float):
        if math.isnan(value):
            return None
        if not value.is_integer():
            raise Impossible(f"{_shown(value)} is no count")
    number = int(value)
    if not 0 <= number <= MAX_COUNT:
        raise Impossible(f"{_shown(value)} is no count")
    return number


def unreadable(value: object) -> bool:
    """Whether something stands where a number should and says no number: `12k`, true, a list.

    What writers send for nothing is nothing: an empty text, NaN, `None`.
    """
    if isinstance(value, str):
        return value.strip().lower() not in NOTHING and _number(value) is None
    return isinstance(value, (bool, bytes, list, dict))


def quantity(value: object) -> Decimal | None:
    """A non-negative amount of a unit that may have fractions, such as seconds; exact."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        amount = Decimal(str(value)[:32])
    except InvalidOperation:
        return None
    if amount.is_nan():
        return None
    if not 0 <= amount <= MAX_COUNT or (amount and amount.adjusted() < MIN_DIGIT):
        raise Impossible(f"{_shown(value)} is no amount")
    return amount


def _shown(value: object) -> str:
    """A number for a message; one of thousands of digits cannot be printed, nor should it be."""
    if isinstance(value, int) and value.bit_length() > 64:
        return f"a number of {value.bit_length()} bits"
    return str(value)[:32]


def _number(text: str) -> int | float | None:
    text = text.strip()
    if len(text) > 32:
        return None
    try:
        return int(text) if text.lstrip("+-").isdecimal() else float(text)
    except ValueError:
        return None


def disjoint(counts: dict[str, Count], rule: Containment) -> dict[str, Count]:
    """Counts that never overlap, by class of `pricing.usage`; empty where nothing was used.

    A class with `+` behind its name is reported as standing beside its total, never in it. `input+`
    has its cached tokens beside it, `output+` its thoughts; each wins over the plain one.
    `cache_write_5m` is no class of its own (`SHORTEST`).
    Raises `Impossible` where the parts of a total exceed it and cannot stand beside it.
    """
    if rule.invented:
        return {}
    if not WITH_CARE.isdisjoint(counts):
        return _disjoint_with_care(counts, rule)
    own: dict[str, Count] = {}
    cached: Count = 0
    parts: Count = 0
    output_parts: Count = 0
    for name, number in counts.items():
        if not number:
            continue
        own[name] = number
        role = _ROLE.get(name, 0)
        if role == 1:
            cached += number
        elif role == 2:
            parts += number
        elif role == 3:
            output_parts += number
    if cached or parts:
        _take_input_apart(own, 0, rule)
    if output_parts:
        _take_output_apart(own, rule)
    return own


def uncounted(total: Count, usage: dict[str, Count]) -> bool:
    """Whether a sum of a call's tokens is more than all that its classes count."""
    tokens: Count = 0
    for name, number in usage.items():
        if name not in UNITS:
            tokens += number
    return total > tokens


def _disjoint_with_care(counts: dict[str, Count], rule: Containment) -> dict[str, Count]:
    """The same where a total, a count beside its total or a TTL has a say."""
    own: dict[str, Count] = {}
    beside: dict[str, Count] = {}
    for name, number in counts.items():
        if number:
            if name.endswith("+"):
                beside[name[:-1]] = number
            else:
                own[name] = number
    total = own.pop("total", 0)
    if "input+" in counts:
        rule = replace(rule, cache_inside=False)
        _put(own, "input", beside.pop("input", 0))
    if "output+" in counts:
        rule = replace(rule, reasoning_inside=False)
        _put(own, "output", beside.pop("output", 0))
    _split_total(own)
    _split_writes(own)
    _split_writes(beside)
    _split_cached(own)
    _take_input_apart(own, total, rule)
    if total and rule.reasoning_inside and "reasoning" in own and not _above(total, own):
        rule = replace(rule, reasoning_inside=False)  # the sum has the thoughts on top
    _take_output_apart(own, rule)
    for name, number in beside.items():
        own[name] = own.get(name, 0) + number
    return own


def _split_total(own: dict[str, Count]) -> None:
    """Some writers call the sum of input and output the output; the provider's own sum proves it."""
    both = own.pop("total-", 0)
    if both and both == own.get("output") and both > own.get("input", 0):
        own["output"] = both - own.get("input", 0)


def _split_cached(own: dict[str, Count]) -> None:
    """Cached sound and pictures are part of all that was read from the cache, where that is told."""
    parts, read = _sum(own, CACHED_PARTS), own.get("cache_read", 0)
    if parts and read >= parts:
        _put(own, "cache_read", read - parts)


def _split_writes(own: dict[str, Count]) -> None:
    """Longer writes are part of all writes; what is left was written for the shortest time.

    Some writers (langchain-anthropic 1.7) say 0 for all writes where they tell the times apart.
    """
    longer = _sum(own, LONGER)
    short = own.pop(SHORTEST, 0)
    if longer or short:
        written = own.get("cache_write", 0)
        _put(own, "cache_write", max(written - longer, short))


def _take_input_apart(own: dict[str, Count], total: Count, rule: Containment) -> None:
    if not rule.cache_billed:
        _drop_cached(own)
    whole = own.get("input")
    if whole is None:
        return
    if rule.cache_left_over and _sum(own, CACHED) > whole:
        _drop_cached(own)  # of another call
    cached = _sum(own, CACHED)
    inside = rule.cache_inside
    if cached:
        if cached > whole:
            inside = False  # a part cannot be larger than its whole
        elif inside and total and total == whole + cached + own.get("output", 0):
            inside = False  # the writer's own sum has them on top
    if inside:
        _take_cached_out_of_parts(own)
    parts = _sum(own, INPUT_PARTS)
    rest = whole - parts - (cached if inside else 0)
    if rest < 0:
        raise Impossible(f"{parts} parts and {cached} cached of {whole} input tokens")
    _put(own, "input", rest)


def _above(total: Count, own: dict[str, Count]) -> Count:
    """What a sum has above all of these together, once the input is taken apart."""
    parts = _sum(own, OUTPUT_PARTS)
    return total - sum([number for name, number in own.items() if name not in UNITS]) + parts


def _drop_cached(own: dict[str, Count]) -> None:
    for name in CACHED:
        own.pop(name, None)


def _take_cached_out_of_parts(own: dict[str, Count]) -> None:
    """Sound that was read from the cache is not fresh sound too."""
    for name in CACHED_PARTS:
        part = name.replace("cache_read", "input")
        cached, heard = own.get(name, 0), own.get(part, 0)
        if cached and heard >= cached:
            _put(own, part, heard - cached)


def _take_output_apart(own: dict[str, Count], rule: Containment) -> None:
    whole = own.get("output")
    if whole is None:
        return
    reasoning = own.get("reasoning", 0)
    parts = _sum(own, OUTPUT_PARTS)
    inside = rule.reasoning_inside and reasoning <= whole
    rest = whole - parts - (reasoning if inside else 0)
    if rest < 0:
        raise Impossible(f"{parts + reasoning} parts of {whole} output tokens")
    _put(own, "output", rest)


def _sum(own: dict[str, Count], names: tuple[str, ...]) -> Count:
    found: Count = 0
    for name in names:
        number = own.get(name)
        if number is not None:
            found += number
    return found


def _put(own: dict[str, Count], name: str, number: Count) -> None:
    if number:
        own[name] = number
    else:
        own.pop(name, None)
