"""Text to plain values: YAML and JSON, with exact numbers, line numbers and bounds.

Every number is an int or a Decimal, never a float; dates stay text. Duplicate keys, tags, alias
bombs, deep nesting and outsize files are one clear error. Knows nothing of prices.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from pricing.problems import PriceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pricing.plausible import Limits

MAX_BYTES: Final = 64 * 1024 * 1024
# YAML costs a hundred times the time of JSON; nobody writes this much by hand.
MAX_YAML_BYTES: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 64
MAX_VALUES: Final = 2_000_000
"""Of YAML with what its aliases repeat; of JSON its commas and brackets, counted before it is parsed.
The largest table that anybody publishes has a tenth of them."""
_LONGEST_NUMBER: Final = 1000

Value = Any
"""dict[str, Value] | list[Value] | str | int | Decimal | bool | None"""
Path = tuple[str | int, ...]

_NUMBER: Final = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_WORDS: Final[dict[str, Value]] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_FUNNY: Final = frozenset({".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "-.inf", "+.inf"})


def is_mapping(value: Value) -> TypeGuard[dict[str, Any]]:
    """Whether a value is a mapping; every key of one is text."""
    return isinstance(value, dict)


def is_list(value: Value) -> TypeGuard[list[Any]]:
    """Whether a value is a list."""
    return isinstance(value, list)


@dataclass
class Document:
    """A parsed file: its value, and where each key stands."""

    name: str
    value: Value
    text: str = ""
    _lines: dict[Path, int] | None = field(default=None, repr=False)
    limits: Limits | None = None
    """What prices are compared with while it is read; None for nothing."""

    def place(self, path: Path) -> str:
        """`file:line: path` of a value, as editors and people read it."""
        line = self._line(path)
        where = ".".join(str(part) for part in path) or "top level"
        return f"{self.name}:{line}: {where}" if line else f"{self.name}: {where}"

    def has(self, path: Path) -> bool:
        """Whether there is such a place in it."""
        value = self.value
        for part in path:
            if is_mapping(value) and part in value:
                value = value[str(part)]
            elif is_list(value) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return False
        return True

    def _line(self, path: Path) -> int:
        if self._lines is None:
            self._lines = {}
            if len(self.text) <= MAX_YAML_BYTES // 8:  # a JSON file's lines are found on demand
                try:
                    self._lines = parse_yaml(self.text, self.name)._lines or {}  # noqa: SLF001
                except PriceError:
                    self._lines = {}
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 0)


def parse(data: bytes, name: str) -> Document:
    """The document in some bytes: JSON where it is JSON, else YAML; raises `PriceError`."""
    if len(data) > MAX_BYTES:
        raise PriceError([f"{name}: larger than {MAX_BYTES >> 20} MiB"])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise PriceError([f"{name}: not UTF-8 text (byte {problem.start})"]) from None
    if not text.strip():
        raise PriceError([f"{name}: empty"])
    if text.lstrip().startswith(("{", "[")):
        try:
            return parse_json(text, name)
        except json.JSONDecodeError as problem:
            if name.endswith(".json") or len(data) > MAX_YAML_BYTES:
                raise PriceError(
                    [f"{name}:{problem.lineno}: not JSON: {problem.msg}"]
                ) from None
    return parse_yaml(text, name)


def parse_json(text: str, name: str) -> Document:
    """Strict JSON with exact numbers; raises `PriceError`, or JSONDecodeError if it is not JSON."""

    def pairs(items: list[tuple[str, Value]]) -> dict[str, Value]:
        made = dict(items)
        if len(made) != len(items):
            seen = set[str]()
            twice = next(key for key, _ in items if key in seen or _note(seen, key))
            raise PriceError([_twice(text, name, twice)])
        return made

    if sum(map(text.count, ",[{")) > MAX_VALUES:
        raise PriceError(
            [f"{name}: more than {MAX_VALUES:,} values; split it into several files"]
        )

    def refuse(constant: str) -> Value:
        raise PriceError([f"{name}: {constant} is not a price"])

    try:
        value = json.loads(
            text, parse_float=_decimal, parse_constant=refuse, object_pairs_hook=pairs
        )
    except RecursionError:
        raise PriceError([f"{name}: nested deeper than {MAX_DEPTH}"]) from None
    except PriceError:
        raise
    except json.JSONDecodeError:
        raise
    except ValueError as problem:  # an integer of thousands of digits
        raise PriceError([f"{name}: {problem}"]) from None
    if _deeper(value, MAX_DEPTH):
        raise PriceError([f"{name}: nested deeper than {MAX_DEPTH}"])
    return Document(name, value, text)


def _decimal(text: str) -> Value:
    """The exact number; one beyond all numbers stays text, for readers to refuse with its place."""
    try:
        return Decimal(text) if len(text) <= _LONGEST_NUMBER else text
    except InvalidOperation:
        return text


def _twice(text: str, name: str, key: str) -> str:
    """A key that stands twice in an object, with its line where that costs little to find."""
    if len(text) <= MAX_YAML_BYTES // 8:
        try:
            parse_yaml(text, name)
        except PriceError as found:
            if "stands twice" in found.problems[0]:
                return found.problems[0]
    return f"{name}: key {key!r} stands twice in one object"


def parse_yaml(text: str, name: str) -> Document:
    """YAML with exact numbers and line numbers, built from events so that nothing recurses."""
    if len(text) > MAX_YAML_BYTES:
        raise PriceError([f"{name}: YAML larger than {MAX_YAML_BYTES >> 20} MiB; write JSON"])
    import yaml  # noqa: PLC0415  a table without YAML files starts without it

    builder = _Builder(name)
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            builder.take(event)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 0
        raise PriceError([f"{name}:{line}: not YAML: {problem.problem}"]) from None
    except yaml.YAMLError as problem:
        first = str(problem).partition("\n")[0]
        raise PriceError([f"{name}: not YAML: {first}"]) from None
    return Document(name, builder.root, text, builder.lines)


def _inside(value: Value) -> Iterable[Value]:
    if is_mapping(value):
        return value.values()
    return value if is_list(value) else ()


def _note(seen: set[str], key: str) -> bool:
    seen.add(key)
    return False


def _deeper(value: Value, limit: int) -> bool:
    level: Iterable[Value] = [value]
    for _ in range(limit):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


_ABSENT: Final = object()


class _Builder:
    """Values from YAML events, on a stack of its own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root: Value = None
        self.lines: dict[Path, int] = {}
        self._open: list[dict[str, Value] | list[Value]] = []
        self._keys: list[Value] = []
        self._path: list[str | int] = []
        self._key_line = 0
        self._anchors: dict[str, Value] = {}
        self._names: list[str | None] = []
        self._sizes: dict[int, int] = {}
        self._documents = 0
        self._count = 0

    def take(self, event: Any) -> None:
        """One event of the parser, in order."""
        kind = type(event).__name__
        line = event.start_mark.line + 1
        match kind:
            case "ScalarEvent":
                self._scalar(event, line)
            case "MappingStartEvent" | "SequenceStartEvent":
                self._begin({} if kind[0] == "M" else [], event, line)
            case "MappingEndEvent" | "SequenceEndEvent":
                self._end()
            case "AliasEvent":
                self._alias(event.anchor, line)
            case "DocumentStartEvent":
                self._documents += 1
                if self._documents > 1:
                    raise PriceError([f"{self.name}:{line}: a second document; one a file"])
            case _:
                pass

    def _scalar(self, event: Any, line: int) -> None:
        if event.tag not in {None, "!"}:
            raise PriceError([f"{self.name}:{line}: tag {event.tag} is not understood"])
        value = (
            event.value if event.style or event.tag == "!" else self._plain(event.value, line)
        )
        if event.anchor:
            self._anchors[event.anchor] = value
            self._sizes[id(value)] = 1
        self._put(value, line)

    def _plain(self, text: str, line: int) -> Value:
        if text in _WORDS:
            return _WORDS[text]
        if text in _FUNNY:
            raise PriceError([f"{self.name}:{line}: {text} is not a price"])
        if _NUMBER.fullmatch(text) is None:
            return text
        if text.lstrip("+-").isdigit() and len(text) < 100:
            return int(text)
        return _decimal(text)

    def _begin(self, value: dict[str, Value] | list[Value], event: Any, line: int) -> None:
        if event.tag not in {None, "!"}:
            raise PriceError([f"{self.name}:{line}: tag {event.tag} is not understood"])
        if self._open and isinstance(self._open[-1], dict) and self._keys[-1] is _ABSENT:
            raise PriceError([f"{self.name}:{line}: a key must be text"])
        if len(self._open) >= MAX_DEPTH:
            raise PriceError([f"{self.name}:{line}: nested deeper than {MAX_DEPTH}"])
        self._put(value, line)
        self._open.append(value)
        self._keys.append(_ABSENT)
        self._names.append(event.anchor)
        self._sizes[id(value)] = self._count

    def _end(self) -> None:
        value = self._open.pop()
        self._keys.pop()
        anchor = self._names.pop()
        self._sizes[id(value)] = self._count - self._sizes[id(value)] + 1
        if anchor:  # known only once complete, so that nothing contains itself
            self._anchors[anchor] = value
        if self._path:
            self._path.pop()

    def _alias(self, anchor: str, line: int) -> None:
        if anchor not in self._anchors:
            raise PriceError(
                [f"{self.name}:{line}: *{anchor} is not defined above, or contains itself"]
            )
        value = self._anchors[anchor]
        self._count += self._sizes.get(id(value), 1)
        self._put(value, line)

    def _put(self, value: Value, line: int) -> None:
        self._count += 1
        if self._count > MAX_VALUES:
            raise PriceError(
                [f"{self.name}:{line}: more than {MAX_VALUES:,} values, aliases included"]
            )
        is_open = (is_mapping(value) or is_list(value)) and id(value) not in self._sizes
        if not self._open:
            self.root = value
            return
        holder = self._open[-1]
        if isinstance(holder, list):
            self._place(len(holder), line, is_open=is_open)
            holder.append(value)
        elif self._keys[-1] is _ABSENT:
            self._keys[-1], self._key_line = self._key(value, holder, line), line
        else:
            key, self._keys[-1] = self._keys[-1], _ABSENT
            self._place(key, self._key_line, is_open=is_open)
            holder[key] = value

    def _place(self, key: str | int, line: int, *, is_open: bool) -> None:
        self.lines[(*self._path, key)] = line
        if is_open:
            self._path.append(key)

    def _key(self, value: Value, holder: dict[str, Value], line: int) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise PriceError([f"{self.name}:{line}: a key must be text, not {value!r}"])
        key = str(value)
        if key in holder:
            raise PriceError([f"{self.name}:{line}: key {key!r} stands twice in one mapping"])
        return key
