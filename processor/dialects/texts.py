"""Reading specs off one span's attributes; each JSON text in them is opened at most once."""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING, Final

from processor.wire.attributes import nested
from processor.wire.fields import Malformed

if TYPE_CHECKING:
    from processor.wire.attributes import Nested
    from processor.wire.fields import Value

MAX_JSON: Final = 1 << 20
"""Largest JSON text in an attribute that is opened, in characters, pictures aside."""
MAX_PICTURED: Final = 16 * MAX_JSON
"""Largest one with them."""
MAX_QUOTES: Final = MAX_JSON >> 2
"""Of a text with pictures: what has more is no smaller without them."""
MAX_OPENED: Final = 2 * MAX_JSON
"""Most that is opened of one span; its counts come first."""
MAX_LIST: Final = 512
"""So many members of a list are looked through; what real calls have is far below."""
_PICTURE: Final = re.compile(r'"[\w+/=:;,.-]{4096,}+"', re.ASCII)
"""Base64, as a data URL too. Possessive: each character is looked at once."""
MAX_REPR: Final = 16_384
"""Largest Python repr, likewise."""
LENGTH: Final = "n()"
CHARACTERS: Final = "chars("
SUM: Final = "sum("
MAX_NUMBER: Final = 32
"""Longest number that is a condition, in characters."""


class Texts:
    """One span's attributes as a dialect's table asks for them."""

    __slots__ = ("_left", "_opened", "attributes")

    def __init__(self, attributes: dict[str, Value]) -> None:
        self.attributes = attributes
        self._opened: dict[str, Nested] | None = None
        self._left: int = MAX_OPENED

    def value(self, spec: str) -> Nested:
        """What stands there; lists and maps opened, None for nothing. `key#` is all of a JSON text."""
        found = self.attributes.get(spec)
        if found is not None:
            return _nested(found) if isinstance(found, bytes) else found
        if "#" not in spec:
            return None
        key, _, path = spec.partition("#")
        if path.startswith(CHARACTERS):
            text = self.attributes.get(key)
            there = path[len(CHARACTERS) : -1] in self.attributes
            return len(text) if there and isinstance(text, str) else None
        place = self._open(key)
        for step in path.split(".") if path else ():
            place = _step(place, step)
        return place

    def text(self, spec: str) -> str:
        """A text; some writers quote theirs as JSON."""
        found = self.attributes.get(spec)
        if found is None and "#" in spec:
            found = self.value(spec)  # type: ignore[assignment]
        if not isinstance(found, str):
            return ""
        return found[1:-1] if len(found) > 1 and found[0] == found[-1] == '"' else found

    def first(self, specs: tuple[str, ...]) -> str:
        """The first text that is there; empty where none is."""
        for spec in specs:
            found = self.text(spec)
            if found:
                return found
        return ""

    def word(self, spec: str) -> str:
        """A text, or a number or truth value as one."""
        found = self.text(spec)
        if found:
            return found
        value = self.value(spec)
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value)[:MAX_NUMBER] if isinstance(value, (int, float)) else ""

    def first_word(self, specs: tuple[str, ...]) -> str:
        """The first of these that is there; empty where none is."""
        for spec in specs:
            found = self.word(spec)
            if found:
                return found
        return ""

    def _open(self, key: str) -> Nested:
        if self._opened is None:
            self._opened = {}
        if key not in self._opened:
            value = self.attributes.get(key)
            self._opened[key] = (
                self._json(value) if isinstance(value, str) else _unpacked(value)
            )
        return self._opened[key]

    def _json(self, text: str) -> Nested:
        if MAX_JSON < len(text) <= MAX_PICTURED and text.count('"') <= MAX_QUOTES:
            text = _PICTURE.sub('""', text)
        if text[:1].isspace():
            text = text.lstrip()
        if not 1 < len(text) <= min(MAX_JSON, self._left) or text[0] not in "{[":
            return None
        self._left -= len(text)
        try:
            opened: Nested = json.loads(text)
        except (ValueError, RecursionError):
            return _python_repr(text) if text[1] == "'" else None
        return opened


def _step(place: Nested, step: str) -> Nested:
    """One step into JSON, as `dialect.Spec` has it."""
    if isinstance(place, list):
        if step == LENGTH:
            return len(place)
        name, equals, wanted = step.partition("=")
        if equals:
            but = name.endswith("!")
            name = name.removesuffix("!")
            names = name.split("|")
            return [
                each
                for each in place[:MAX_LIST]
                if any(_says(each, n, wanted) for n in names) is not but
            ]
        place = place[0] if place else None
        if isinstance(place, list):  # LangChain's: a list of answers a prompt
            place = place[0] if place else None
    if not isinstance(place, dict):
        return None
    return _sum(place, step) if step.startswith(SUM) else place.get(step)


def _sum(place: dict[str, Nested], step: str) -> int | None:
    """What counts under names that begin so come to; None where there are none."""
    beginnings = tuple(step[len(SUM) : -1].split("|"))
    counts = [
        each
        for name, each in place.items()
        if isinstance(each, int) and not isinstance(each, bool) and name.startswith(beginnings)
    ]
    return sum(counts) if counts else None


def _says(place: Nested, name: str, wanted: str) -> bool:
    """Whether a map says a word under a name, `*` for anything; `a/b` is b in a."""
    said = place
    for member in name.split("/"):
        said = said.get(member) if isinstance(said, dict) else None
    if wanted == "*":
        return said is not None
    return isinstance(said, str) and any(_is(said.upper(), w) for w in wanted.split("|"))


def _is(said: str, word: str) -> bool:
    return said.startswith(word[:-1]) if word.endswith("*") else said == word


def _nested(value: bytes) -> Nested:
    try:
        return nested(value)
    except Malformed:
        return None


def _unpacked(value: Value | None) -> Nested:
    return _nested(value) if isinstance(value, bytes) else None


def _python_repr(text: str) -> Nested:
    """What LiteLLM writes where others write JSON; literals only, nothing is evaluated."""
    if len(text) > MAX_REPR:
        return None
    try:
        opened: Nested = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return opened
