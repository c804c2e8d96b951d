"""`${env:NAME}`, `${env:NAME:-default}` and `${NAME}` inside a value, as the Collector has them.

`$$` is a dollar sign; what a variable holds is never expanded again. Keys are not expanded. A
variable that is not set is empty, as in the Collector, and worth a warning.
https://opentelemetry.io/docs/collector/configuration/#environment-variables
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from processor.settings.problems import Bad

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?!-)")


def expand(text: str, environ: Mapping[str, str], missing: list[str]) -> tuple[str, bool]:
    """Return *text* with its references replaced, and whether all of it was one reference.

    The names of variables that are not set are added to *missing*.
    """
    pieces = list(_pieces(text))
    whole = len(pieces) == 1 and pieces[0][0]
    words = (_value(piece, environ, missing) if is_ref else piece for is_ref, piece in pieces)
    return "".join(words), whole


def _pieces(text: str) -> Iterator[tuple[bool, str]]:
    """Cut *text* into plain pieces and what stood in `${...}`."""
    position = 0
    while position < len(text):
        dollar = text.find("$", position)
        if dollar < 0:
            yield False, text[position:]
            return
        if dollar > position:
            yield False, text[position:dollar]
        position = dollar + 2
        if text.startswith("$$", dollar):
            yield False, "$"
        elif text.startswith("${", dollar):
            end = _closing(text, dollar + 2)
            yield True, text[dollar + 2 : end]
            position = end + 1
        else:
            yield False, text[dollar:position]


def _closing(text: str, start: int) -> int:
    depth = 1
    for position in range(start, len(text)):
        depth += text.startswith("${", position) - text.startswith("}", position)
        if depth == 0:
            return position
    raise Bad("has `${` without `}`; close it, or write `$${` for the characters themselves")


def _value(reference: str, environ: Mapping[str, str], missing: list[str]) -> str:
    scheme = _SCHEME.match(reference)
    if scheme and scheme[1] != "env":
        raise Bad(f"`${{{scheme[1]}:...}}` is not read here; only `${{env:NAME}}` is")
    name, has_default, default = reference.removeprefix("env:").partition(":-")
    if not _NAME.fullmatch(name):
        raise Bad(f"`${{{reference}}}` names no variable; write `${{env:NAME}}`")
    if name in environ and (environ[name] or not has_default):
        return environ[name]
    if not has_default:
        missing.append(name)
    return expand(default, environ, missing)[0]
