"""A YAML text as a tree of nodes that know their line and path, bounded in every direction.

Types are those of YAML's core schema (so `on` and `yes` stay words), variables are put in and typed
afterwards, a key stands once. Invariant: the tree is finite and small whatever the text says.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml

from processor.settings.problems import Bad
from processor.settings.substitution import expand

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.settings.problems import Report

MAX_NODES: Final = 50_000
MAX_DEPTH: Final = 40

# libyaml where the wheel has it: ten times as quick, the same events.
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG: Final = "tag:yaml.org,2002:"
_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE: Final = frozenset({"true", "True", "TRUE"})
_FALSE: Final = frozenset({"false", "False", "FALSE"})
_INTEGER: Final = re.compile(r"[-+]?(\d{1,40}|0x[0-9a-fA-F]{1,32}|0o[0-7]{1,40})")
_FLOAT: Final = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d{1,4})?")

Scalar = str | int | float | bool | None


class Node:
    """One value of the file. `text` is a scalar as written; `line` is that of its key."""

    __slots__ = ("line", "path", "text", "value")

    def __init__(
        self,
        value: Scalar | list[Node] | dict[str, Node],
        line: int,
        path: str,
        text: str = "",
    ) -> None:
        self.value = value
        self.line = line
        self.path = path
        self.text = text

    @property
    def plain(self) -> Any:
        """The value without lines and paths."""
        if isinstance(self.value, dict):
            return {key: child.plain for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain for child in self.value]
        return self.value


def parse(text: str, environ: Mapping[str, str], report: Report) -> Node | None:
    """Return the document's root, or None when it is no document (then *report* says why)."""
    try:
        events: list[Any] = list(yaml.parse(text, Loader=_LOADER))
        starts: list[Any] = [e for e in events if isinstance(e, yaml.DocumentStartEvent)]
        for start in starts[1:]:
            report.problem(start.start_mark.line + 1, "", "is a second document; keep one")
        return _Builder(events[2:], environ, report).node() if starts else Node(None, 1, "")
    except yaml.YAMLError as error:
        report.problem(*_syntax(error, text))
    except _Stop as stop:
        report.problem(stop.line, stop.path, stop.text)
    return None


def typed(text: str) -> Scalar:
    """Return what a plain scalar means in YAML's core schema."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        digits = text.lstrip("+-")
        return int(text, 0) if digits[:2] in {"0x", "0o"} else int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


class _Stop(Exception):  # noqa: N818 - ends the reading of one document
    """The rest of the text is not worth reading."""

    def __init__(self, line: int, text: str, path: str = "") -> None:
        super().__init__(text)
        self.line, self.text, self.path = line, text, path


class _Builder:
    """Builds nodes from parse events; an alias builds what it names again, and is counted again."""

    def __init__(self, events: list[Any], environ: Mapping[str, str], report: Report) -> None:
        self._events = events
        self._environ = environ
        self._report = report
        self._anchors: dict[str, int] = {}
        self._count = 0

    def node(self, path: str = "", line: int = 0) -> Node:
        return self._node(0, path, line, 0)[0]

    def _node(self, at: int, path: str, line: int, depth: int) -> tuple[Node, int]:
        """Build the node whose first event is *at*; return it and where the next one starts."""
        event = self._events[at]
        line = line or event.start_mark.line + 1
        self._count += 1
        if self._count > MAX_NODES or depth > MAX_DEPTH:
            words = "too many values" if self._count > MAX_NODES else "nested too deeply"
            raise _Stop(line, f"{words}; is there an alias that refers to itself?", path)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path, line, depth), at + 1
        if event.anchor:
            self._anchors[event.anchor] = at
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path, line), at + 1
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(at + 1, path, line, depth)
        return self._mapping(at + 1, path, line, depth)

    def _alias(self, event: Any, path: str, line: int, depth: int) -> Node:
        if event.anchor not in self._anchors:
            raise _Stop(line, f"alias *{event.anchor} names nothing before it", path)
        return self._node(self._anchors[event.anchor], path, line, depth + 1)[0]

    def _sequence(self, at: int, path: str, line: int, depth: int) -> tuple[Node, int]:
        items: list[Node] = []
        while not isinstance(self._events[at], yaml.SequenceEndEvent):
            item, at = self._node(at, f"{path}[{len(items)}]", 0, depth + 1)
            items.append(item)
        return Node(items, line, path), at + 1

    def _mapping(self, at: int, path: str, line: int, depth: int) -> tuple[Node, int]:
        children: dict[str, Node] = {}
        merged: list[Node] = []
        while not isinstance(self._events[at], yaml.MappingEndEvent):
            key, key_line = self._key(at, path)
            if key == "<<":
                value, at = self._node(at + 1, path, key_line, depth + 1)
                merged += value.value if isinstance(value.value, list) else [value]
                continue
            here = f"{path}.{key}" if path else key
            value, at = self._node(at + 1, here, key_line, depth + 1)
            if key in children:
                words = f"stands here and on line {children[key].line}; keep one of them"
                self._report.problem(key_line, here, words)
            children.setdefault(key, value)
            self._report.lines.setdefault(here, key_line)
        for base in merged:
            self._merge(children, base)
        return Node(children, line, path), at + 1

    def _merge(self, children: dict[str, Node], base: Node) -> None:
        if not isinstance(base.value, dict):
            raise _Stop(base.line, "`<<` takes a mapping", base.path)
        for key, value in base.value.items():
            children.setdefault(key, value)

    def _key(self, at: int, path: str) -> tuple[str, int]:
        event = self._events[at]
        line = event.start_mark.line + 1
        if not isinstance(event, yaml.ScalarEvent):
            raise _Stop(line, "a key has to be a word", path)
        return str(event.value), line

    def _scalar(self, event: Any, path: str, line: int) -> Node:
        written = str(event.value)
        self._count += len(written) // 1000  # an alias may repeat a long one
        if "$" not in written:
            return Node(self._value(event, written, line, path), line, path, written)
        missing: list[str] = []
        try:
            text, whole = expand(written, self._environ, missing)
        except Bad as bad:
            self._report.problem(line, path, str(bad))
            return Node(None, line, path)
        for variable in missing:
            words = (
                f"{variable} is not set, so it is empty; write `${{env:{variable}:-default}}`"
            )
            self._report.warning(line, path, words)
        if not whole:  # pieced together: text, whatever it looks like
            return Node(text, line, path, text)
        if text.lstrip()[:1] in {"[", "{"}:
            return self._flow(text, path, line)
        return Node(typed(text), line, path, text)

    def _flow(self, text: str, path: str, line: int) -> Node:
        """A variable that holds a list or a mapping; text that only looks like one stays text."""
        try:
            events = list(yaml.parse(text, Loader=_LOADER))
            built = _Builder(events[2:], {}, self._report)
            return built.node(path, line)
        except yaml.YAMLError:
            return Node(text, line, path, text)

    def _value(self, event: Any, text: str, line: int, path: str) -> Scalar:
        tag = event.tag.removeprefix(_TAG) if event.tag else ""
        if tag not in {"", "!", "str", "int", "float", "bool", "null"}:
            raise _Stop(line, f"the tag {event.tag} is not read here; leave it out", path)
        plain = event.implicit[0] if not tag else tag not in {"!", "str"}
        return typed(text) if plain else text


def _syntax(error: yaml.YAMLError, text: str) -> tuple[int, str, str]:
    """Line, path and words for what the YAML parser says."""
    mark: Any = getattr(error, "problem_mark", None)
    if mark is None:
        return 1, "", f"is not YAML: {' '.join(str(error).split())}"
    lines = text.splitlines()
    row: str = lines[int(mark.line)] if int(mark.line) < len(lines) else ""
    if "\t" in row[: len(row) - len(row.lstrip())]:
        return mark.line + 1, "", "a tab cannot indent; use spaces"
    problem = getattr(error, "problem", None) or "cannot be read"
    return mark.line + 1, "", f"is not YAML: {problem}"
