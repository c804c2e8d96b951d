"""What a span says of a call to a model: one loop over the tables, first dialect that fits wins.

Pure: a view in, a `Reading` or None out. Knows no price and remembers no span.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cachetools import LRUCache

from processor.dialects.containment import UNLESS, containment
from processor.dialects.dialect import AGGREGATES, OPERATIONS, Dialect, Kind
from processor.dialects.provider import resolve
from processor.dialects.usage import UNITS, Count, Impossible, count, disjoint, quantity
from processor.wire.attributes import nested
from processor.wire.walk import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from processor.wire.attributes import Nested
    from processor.wire.walk import Value

MAX_JSON: Final = 1 << 20
"""Largest JSON text in an attribute that is opened, in characters."""
MAX_COST: Final = 1e9
"""US dollars; a larger amount, or one below 0, is not the cost of a call."""
MAX_REPR: Final = 16_384
"""Largest Python repr, likewise."""


@dataclass(slots=True)
class Reading:
    """One span's account of a call to a model, or of something around such calls."""

    dialect: str
    kind: Kind
    operation: str
    provider: str
    """Canonical id, or empty where nothing told it."""
    address: str
    request_model: str
    response_model: str
    response_id: str
    service_tier: str
    region: str
    usage: Mapping[str, Count]
    """Disjoint; empty where the span reports none."""
    impossible: str = ""
    """Why the reported usage cannot be true; empty where it can."""
    reported_usd: float | None = None
    conditions: tuple[tuple[str, str], ...] = ()
    reported_key: str = field(default="")

    @property
    def model(self) -> str:
        """What answered, else what was asked for."""
        return self.response_model or self.request_model


class Recogniser:
    """The dialects in order of precedence, with memos of what is asked for every span.

    Memos hold scopes only: their names come from strangers, so they are bounded.
    """

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        self._dialects = tuple(dialects)
        self._generic = self._dialects[-1]
        self._by_scope: LRUCache[str, Dialect | None] = LRUCache(maxsize=1024)

    def keys(self) -> set[str]:
        """Every attribute that some dialect reads."""
        specs = {spec for dialect in self._dialects for spec in dialect.specs()}
        return {spec.partition("#")[0] for spec in specs} | UNLESS

    def marks(self) -> set[str]:
        """Attributes of which one must be on a span for it to be read at all."""
        return {
            spec.partition("#")[0]
            for dialect in self._dialects
            for spec in (*dialect.telling(), *dialect.marks)
        } - {"output.value"}

    def read(self, attributes: Mapping[str, Value], scope: str, version: str) -> Reading | None:
        """The span's account, or None where it describes no call and counts no tokens."""
        dialect = self._dialect(attributes, scope)
        texts = _Texts(attributes)
        kind, operation = _operation(dialect, texts)
        counts, impossible = _counts(dialect, texts)
        request_model = texts.first(dialect.request_model)
        response_model = texts.first(dialect.response_model)
        if kind is None:
            if not (counts and (request_model or response_model)):
                return None
            kind, operation = Kind.INFERENCE, "chat"
        if kind is Kind.AGGREGATE and not counts:
            return None
        address = texts.first(dialect.address)
        provider = resolve(
            tuple(texts.text(spec) for spec in dialect.provider),
            address,
            response_model or request_model,
        )
        usage: Mapping[str, Count] = {}
        if not impossible:
            try:
                usage = disjoint(counts, containment(scope, version, provider, attributes))
            except Impossible as problem:
                impossible = str(problem)
        reported_key, reported = _reported(dialect, texts)
        return Reading(
            dialect=dialect.name,
            kind=kind,
            operation=operation,
            provider=provider,
            address=address,
            request_model=request_model,
            response_model=response_model,
            response_id=texts.first(dialect.response_id),
            service_tier=texts.first(dialect.service_tier),
            region=texts.first(dialect.region),
            usage=usage,
            impossible=impossible,
            reported_usd=reported,
            reported_key=reported_key,
            conditions=tuple(
                (name, value)
                for name, specs in dialect.conditions.items()
                if (value := texts.first(specs))
            ),
        )

    def _dialect(self, attributes: Mapping[str, Value], scope: str) -> Dialect:
        if scope in self._by_scope:
            known = self._by_scope[scope]
        else:
            known = self._by_scope[scope] = self._by_name(scope)
        if known is not None:
            return known
        for dialect in self._dialects:
            for mark in dialect.marks:
                if mark in attributes:
                    return dialect
        return self._generic

    def _by_name(self, scope: str) -> Dialect | None:
        for dialect in self._dialects:
            if any(scope.startswith(beginning) for beginning in dialect.scopes):
                return dialect
        return None


class _Texts:
    """Reads specs off a span's attributes; opens each JSON text at most once."""

    __slots__ = ("_attributes", "_opened")

    def __init__(self, attributes: Mapping[str, Value]) -> None:
        self._attributes = attributes
        self._opened: dict[str, Nested] | None = None

    def value(self, spec: str) -> Nested:
        found = self._attributes.get(spec)
        if found is not None:
            return nested(found) if isinstance(found, bytes) else found
        if "#" not in spec:
            return None
        key, _, path = spec.partition("#")
        place = self._open(key)
        for step in path.split("."):
            place = place.get(step) if isinstance(place, dict) else None
        return place

    def text(self, spec: str) -> str:
        """A text; some writers quote theirs as JSON."""
        found = self.value(spec)
        if not isinstance(found, str):
            return ""
        return found[1:-1] if len(found) > 1 and found[0] == found[-1] == '"' else found

    def first(self, specs: tuple[str, ...]) -> str:
        for spec in specs:
            found = self.text(spec)
            if found:
                return found
        return ""

    def _open(self, key: str) -> Nested:
        if self._opened is None:
            self._opened = {}
        if key not in self._opened:
            self._opened[key] = _json(self._attributes.get(key))
        return self._opened[key]


def _json(value: Value | None) -> Nested:
    if isinstance(value, bytes):
        try:
            return nested(value)
        except Malformed:
            return None
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


def _operation(dialect: Dialect, texts: _Texts) -> tuple[Kind | None, str]:
    """What the span is about, as its operation says; (None, "") where it does not say."""
    for spec in dialect.operation:
        said = texts.text(spec).lower()
        if not said:
            continue
        if said in dialect.operations:
            named = dialect.operations[said]
            return (Kind.INFERENCE, named) if named else (Kind.AGGREGATE, said)
        if said in OPERATIONS:
            return Kind.INFERENCE, OPERATIONS[said]
        if said in AGGREGATES:
            return Kind.AGGREGATE, said
    return None, ""


def _counts(dialect: Dialect, texts: _Texts) -> tuple[dict[str, Count], str]:
    """The reported counts by class, and why they cannot be true where they cannot."""
    counts: dict[str, Count] = {}
    for name, specs in dialect.usage.items():
        for spec in specs:
            found = texts.value(spec)
            if found is None:
                continue
            try:
                number = quantity(found) if name in UNITS else count(found)
            except Impossible as problem:
                return counts, f"{spec}: {problem}"
            if number is not None:
                counts[name] = number
                break
    return counts, ""


def _reported(dialect: Dialect, texts: _Texts) -> tuple[str, float | None]:
    """(attribute, US dollars) of a cost that came with the span."""
    for spec in dialect.reported_cost:
        value = texts.value(spec)
        if isinstance(value, str):
            value = _amount(value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            continue
        if 0 <= value < MAX_COST:
            return spec, float(value)
    return "", None


def _amount(text: str) -> float | None:
    try:
        return float(text) if len(text) <= 32 else None
    except ValueError:
        return None
