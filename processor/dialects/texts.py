"""Reading specs off one span's attributes; each JSON text in them is opened at most once."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Final

from processor.wire.attributes import nested
from processor.wire.fields import Malformed

if TYPE_CHECKING:
    from processor.wire.attributes import Nested
    from processor.wire.fields import Value

MAX_JSON: Final = 1 << 20
"""Largest JSON text in an attribute that is opened, in characters."""
MAX_REPR: Final = 16_384
"""Largest Python repr, likewise."""
LENGTH: Final = "n()"
CHARACTERS: Final = "chars("
MAX_NUMBER: Final = 32
"""Longest number that is a condition, in characters."""


class Texts:
    """One span's attributes as a dialect's table asks for them."""

    __slots__ = ("_opened", "attributes")

    def __init__(self, attributes: dict[str, Value]) -> None:
        self.attributes = attributes
        self._opened: dict[str, Nested] | None = None

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
            self._opened[key] = _json(self.attributes.get(key))
        return self._opened[key]


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
                each for each in place if any(_says(each, n, wanted) for n in names) is not but
            ]
        place = place[0] if place else None
        if isinstance(place, list):  # LangChain's: a list of answers a prompt
            place = place[0] if place else None
    return place.get(step) if isinstance(place, dict) else None


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


def _json(value: Value | None) -> Nested:
    if isinstance(value, bytes):
        return _nested(value)
    if not isinstance(value, str) or not 1 < len(value) <= MAX_JSON or value[0] not in "{[":
        return None
    try:
        opened: Nested = json.loads(value)
    except (ValueError, RecursionError):
        return _python_repr(value) if value[1] == "'" else None
    return opened


def _python_repr(text: str) -> Nested:
    """What LiteLLM writes where others write JSON; literals only, nothing is evaluated."""
    if len(text) > MAX_REPR:
        return None
    try:
        opened: Nested = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return opened
