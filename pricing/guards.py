"""Whether a new copy of a source may replace the one in use: not shrunken, not older.

Pure judgements on two layers. A first copy has nothing to be compared with. Each refusal says how
the operator overrules it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from pricing.patterns import Pattern

if TYPE_CHECKING:
    from pricing.layer import Layer

_DATE: Final = Pattern(r"\d{4}-\d\d-\d\d(?!\d)")
_VERSION: Final = Pattern(r"(?i:v?\d{1,18}(?:[.:T_-]\d{1,18})*Z?)")


class Guards(NamedTuple):
    """What a new copy of a source may do to the one before."""

    max_shrink: float = 0.5
    """The share of its rows that may be gone at once, 0 to 1."""
    allow_older: bool = False
    """Whether its version or date may go backwards."""
    accept_implausible: bool = False
    """Whether a price far off the built-in one is taken with a warning (`pricing.plausible`)."""


DEFAULT: Final = Guards()


class Held(NamedTuple):
    """A copy, as the guards see it."""

    layer: Layer
    dated_unix_s: float | None = None
    """When its server says that it changed last; None where nobody said."""


def objections(name: str, before: Held, after: Held, guards: Guards) -> list[str]:
    """Why the new copy is refused; a line each, with the way to overrule it."""
    found = (_shrunken(before, after, guards), _older(before, after, guards))
    return [f"{name}: {words}" for words in found if words]


def _shrunken(before: Held, after: Held, guards: Guards) -> str:
    had, has = before.layer.rows, after.layer.rows
    if had - has <= had * guards.max_shrink:
        return ""
    return (
        f"has {has} rows where it had {had}: more than {guards.max_shrink:.0%} are gone; complete it, "
        "or if that is meant, raise `max_shrink` of this source"
    )


def _older(before: Held, after: Held, guards: Guards) -> str:
    if guards.allow_older:
        return ""
    had, has = order(before.layer.version), order(after.layer.version)
    if had is not None and has is not None and had[0] == has[0]:
        if has >= had:
            return ""
        said = f"version {after.layer.version}", f"version {before.layer.version}"
    elif before.dated_unix_s is not None and after.dated_unix_s is not None:
        if after.dated_unix_s >= before.dated_unix_s:
            return ""
        said = f"dated {_day(after.dated_unix_s)}", f"that of {_day(before.dated_unix_s)}"
    else:
        return ""
    return (
        f"is {said[0]}, older than {said[1]} in use; publish a newer one, or to go back on purpose "
        "write a newer `version` into it or `allow_older: true` on this source"
    )


def order(version: str) -> tuple[str, tuple[int, ...]] | None:
    """What a version is compared by, dates with dates and numbers with numbers; None for names."""
    text = version.strip()
    if len(text) > 64 or not _VERSION.fullmatch(text):
        return None
    kind = "date" if _DATE.match(text) else "number"
    return kind, tuple(int(digits) for digits in re.findall(r"\d+", text))


def _day(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
