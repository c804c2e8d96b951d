"""Reading one mapping of the file key by key: each key parsed, the unknown ones named.

Knows nothing of any particular key. Invariant: a bad value is reported once and its default taken,
so that reading goes on and all problems are found in one go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from processor.settings.document import Node
from processor.settings.problems import Bad, nearest
from processor.settings.waiting import WAITING, WITHOUT_EFFECT, asks_for_something

if TYPE_CHECKING:
    from collections.abc import Callable

    from processor.settings.problems import Report
    from processor.settings.waiting import Waits

T = TypeVar("T")


class Block:
    """A mapping being read. *kind* is its path with types for ids, the key of the waiting table."""

    def __init__(self, node: Node, report: Report, kind: str) -> None:
        self.node = node
        self.kind = kind
        self.report = report
        self._entries: dict[str, Node] = {}
        self._known: list[str] = []
        if isinstance(node.value, dict):
            self._entries = node.value
        elif node.value is not None:
            self.problem("is not a mapping; write `key: value` lines under it")

    def problem(self, text: str, key: str = "") -> None:
        """Report *text* about this block or about one of its keys."""
        node = self._entries.get(key, self.node)
        self.report.problem(node.line, node.path, text)

    def warning(self, text: str, key: str = "") -> None:
        """Warn of *text* about this block or about one of its keys."""
        node = self._entries.get(key, self.node)
        self.report.warning(node.line, node.path, text)

    @property
    def names(self) -> list[str]:
        """Every key that is written."""
        return list(self._entries)

    def has(self, key: str) -> bool:
        """Whether the key is written, with or without a value."""
        return key in self._entries

    def take(self, key: str, parse: Callable[[Node], T], default: T) -> T:
        """Return the key's value; the default where it is absent, empty or cannot be used."""
        node = self.child(key)
        if node is None or node.value is None:
            return default
        try:
            return parse(node)
        except Bad as bad:
            self.report.problem(node.line, node.path, str(bad))
            return default

    def child(self, key: str) -> Node | None:
        """Return the key's node as it is."""
        self._known.append(key)
        return self._entries.get(key)

    def block(self, key: str) -> Block:
        """Return the block under a key, an empty one where it is absent."""
        path = f"{self.node.path}.{key}" if self.node.path else key
        node = self.child(key) or Node(None, self.node.line, path)
        return Block(node, self.report, f"{self.kind}.{key}" if self.kind else key)

    def entries(self) -> list[tuple[str, Node]]:
        """All keys with their nodes, for a mapping whose keys are names; none is unknown."""
        self._known += self._entries
        return list(self._entries.items())

    def end(self) -> None:
        """Report every key that nobody took, and every value that asks for what waits."""
        for key, node in self._entries.items():
            kind = f"{self.kind}.{key}" if self.kind else key
            waits = WAITING.get(kind)
            if waits is not None and self._asks(waits, node):
                words = f"waits for a later release; {waits.meanwhile}"
                self.report.problem(node.line, node.path, words)
            elif kind in WITHOUT_EFFECT and node.value is not None:
                words = f"has no effect here: {WITHOUT_EFFECT[kind]}"
                self.report.warning(node.line, node.path, words)
            elif waits is None and kind not in WITHOUT_EFFECT and key not in self._known:
                self.report.problem(node.line, node.path, self._unknown(key))

    def _asks(self, waits: Waits, node: Node) -> bool:
        beside = self._entries.get(waits.unless_empty)
        return asks_for_something(waits, node.plain) and not (beside and beside.value == [])

    def _unknown(self, key: str) -> str:
        prefix = f"{self.kind}."
        known = set(self._known)
        for table in (WAITING, WITHOUT_EFFECT):
            known |= {path[len(prefix) :] for path in table if path.startswith(prefix)}
        known = {name for name in known if "." not in name}
        near = nearest(key, sorted(known))
        hint = f"did you mean `{near}`?" if near else f"known here: {', '.join(sorted(known))}"
        return f"is not a known key; {hint}"
