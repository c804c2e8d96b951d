"""The tables in the documents that are made from the code: `make docs` writes them, a test compares.

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; everything else is written by hand.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from processor.conventions import CONVENTIONS
from processor.settings.waiting import WAITING, WITHOUT_EFFECT
from processor.telemetry import ABOUT, COUNTERS, GAUGES, INFOS, PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from processor.conventions import Convention

DOCS = Path(__file__).parents[2] / "docs"
MARKED = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _self_metrics() -> str:
    names = [
        *((f"{PREFIX}{name}_total", ABOUT[name]) for name in COUNTERS),
        *((f"{PREFIX}{name}", ABOUT[name]) for name in GAUGES),
        *((f"{PREFIX}{name}_info", ABOUT[name]) for name in INFOS),
    ]
    rows = [
        (
            f"`{name}`",
            ", ".join(f"`{label}`" for label in about.labels),
            about.help,
            about.remedy,
        )
        for name, about in names
    ]
    return _table(("metric", "labels", "what it counts", "what to do"), rows)


def _waiting() -> str:
    def asks(key: str) -> str:
        only = WAITING[key].only
        return f"`{key}`" + (": " + ", ".join(f"`{value}`" for value in only) if only else "")

    rows = [
        (asks(key), waits.meanwhile.removeprefix("meanwhile "))
        for key, waits in WAITING.items()
    ]
    return _table(("refused for now", "meanwhile"), rows)


def _without_effect() -> str:
    rows = [(f"`{key}`", why) for key, why in WITHOUT_EFFECT.items()]
    return _table(("accepted with a warning", "why it has no effect"), rows)


def _conventions() -> str:
    rows = [
        (
            f"`{name}`",
            ", ".join(f"`{key}`" for key in _written(convention)),
            convention.evidence,
        )
        for name, convention in CONVENTIONS.items()
    ]
    return _table(("`conventions`", "attributes", "read by, known from"), rows)


def _written(convention: Convention) -> Iterable[str]:
    if convention.text:
        members = ", ".join((convention.total, *convention.parts))
        return (f"{convention.text} {{{members}}}",)
    said = (convention.total, *convention.parts, convention.currency, convention.source)
    return (key for key in said if key)


TABLES: Mapping[str, Callable[[], str]] = {
    "conventions": _conventions,
    "self-metrics": _self_metrics,
    "waiting": _waiting,
    "without-effect": _without_effect,
}


def renewed(text: str) -> str:
    """A document with its tables as the code has them now."""
    return MARKED.sub(lambda mark: mark[1] + TABLES[mark[2]]() + mark[3], text)


def main() -> None:
    """Writes the tables of every document."""
    for document in sorted(DOCS.glob("*.md")):
        document.write_text(renewed(document.read_text()))


if __name__ == "__main__":
    main()
