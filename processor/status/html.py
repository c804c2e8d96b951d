"""The facts as one HTML page: nothing from elsewhere, no script, light or dark as the reader has it.

Invariant: every word of the facts passes `escape`; the page has no other words of theirs.
"""

from __future__ import annotations

from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from processor.status.facts import Facts, Row

_STYLE: Final = """
:root { color-scheme: light dark; --line: light-dark(#ddd, #444); --bad: light-dark(#b00020, #ff7b72); }
body { font: 14px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; }
h1 { font-size: 1.3em; } h2 { font-size: 1.1em; margin: 1.5em 0 .3em; }
div { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid var(--line); padding: .2em .9em .2em 0; text-align: left; vertical-align: top; }
th { font-weight: 600; } td { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.bad { color: var(--bad); font-weight: 600; } .none { opacity: .6; }
"""
_BAD: Final = frozenset(
    {
        *(("state", word) for word in ("refuses", "starting", "stopping")),
        *(("outcome", word) for word in ("kept", "missing")),
        *(("last_reload", word) for word in ("kept", "partial")),
        ("level", "error"),
        ("level", "critical"),
    }
)
_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB")


def html_of(facts: Facts) -> str:
    """The whole page."""
    sections = "".join(_section(name, told) for name, told in facts.items())
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>genai-cost</title><style>{_STYLE}</style></head><body>"
        f'<h1>genai-cost</h1><p>The same <a href="?format=json">as JSON</a>; '
        f'<a href="/metrics">metrics</a>.</p>{sections}</body></html>\n'
    )


def _section(name: str, told: Row | list[Row]) -> str:
    table = _list(told) if isinstance(told, list) else _pairs(told)
    return f"<h2>{_words(name)}</h2><div>{table}</div>"


def _pairs(row: Row) -> str:
    lines = (f"<tr><th>{_words(key)}</th>{_cell(key, row[key])}</tr>" for key in row)
    return f"<table>{''.join(lines)}</table>"


def _list(rows: list[Row]) -> str:
    if not rows:
        return '<p class="none">none</p>'
    head = "".join(f"<th>{_words(key)}</th>" for key in rows[0])
    lines = (
        f"<tr>{''.join(_cell(key, value) for key, value in row.items())}</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"


def _cell(key: str, value: Any) -> str:
    bad = (key, value) in _BAD or (key == "good" and not value) or (key == "error" and value)
    css = ' class="bad"' if bad else ""
    return f"<td{css}>{escape(shown(key, value))}</td>"


def _words(key: str) -> str:
    return escape(key.removesuffix("_s").removesuffix("_bytes").replace("_", " "))


def shown(key: str, value: Any) -> str:
    """A value for people: durations and sizes by the unit in the name, a dash for none."""
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case int() | float() if key.endswith("_s"):
            return str(timedelta(seconds=round(value)))
        case int() | float() if key.endswith("_bytes"):
            return _size(value)
        case int() | float():
            return f"{value:,.15g}"
        case _:
            return str(value)


def _size(count: float) -> str:
    unit = 0
    while count >= 1024 and unit < len(_UNITS) - 1:
        count, unit = count / 1024, unit + 1
    return f"{count:.4g} {_UNITS[unit]}"
