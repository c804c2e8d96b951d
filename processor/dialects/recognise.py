"""What a span says of a call to a model: one loop over the tables, first dialect that fits wins.

Pure: attributes in, a `Reading` or None out. Knows no price and remembers no span. What a span is
about recurs from span to span and is worked out once for as long as it is remembered (`Subject`);
what it counts does not. Compiled by mypyc where that works: it runs once for every span with a mark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from mypy_extensions import i64, mypyc_attr

from processor.dialects.containment import UNLESS, Containment, containment
from processor.dialects.dialect import AGGREGATES, OPERATIONS, Kind
from processor.dialects.provider import resolve
from processor.dialects.texts import Texts
from processor.dialects.usage import MAX_COUNT, UNITS, Impossible, count, disjoint, quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processor.dialects.dialect import Dialect
    from processor.dialects.usage import Count
    from processor.wire.walk import Value

INFERENCE: Final = Kind.INFERENCE

MAX_COST: Final = 1e9
"""US dollars; a larger amount, or one below 0, is not the cost of a call."""
REPORTED: Final = "$"
"""The name of the places where a cost may stand; no class of usage."""
MEMO_LIMIT: Final = 8192
MAX_NAME: Final = 512
"""Longest name that is looked for, in characters; no real one comes near."""
MAX_LABEL: Final = 256
"""Longest label, in characters."""
MEMO_TEXT: Final = 1024
"""What a stranger writes at greater length is not remembered, in characters of all texts."""


def label(text: str) -> str:
    """A name as a label: what is longer than any real one is cut."""
    return text[:MAX_LABEL]


@final
class Subject:
    """What a span is about: the same for all calls of one kind to one model by one writer."""

    def __init__(self, dialect: Dialect, texts: Texts, scope: str, version: str) -> None:
        self.dialect: str = dialect.name
        kind, operation = _operation(dialect, texts)
        self.kind: Kind | None = kind
        """None where it does not say."""
        self.operation: str = operation
        self.request_model: str = texts.first(dialect.request_model)[:MAX_NAME]
        self.response_model: str = texts.first(dialect.response_model)[:MAX_NAME]
        self.model: str = self.response_model or self.request_model
        """What answered, else what was asked for."""
        self.address: str = texts.first(dialect.address)[:MAX_NAME]
        self.provider: str = resolve(
            tuple([texts.text(spec)[:MAX_NAME] for spec in dialect.provider]),
            self.address,
            self.model,
        )
        """Canonical id, or empty where nothing told it."""
        self.service_tier: str = texts.first(dialect.service_tier)[:MAX_NAME]
        self.region: str = texts.first(dialect.region)[:MAX_NAME]
        conditions = [
            (name, texts.first(specs)[:MAX_NAME]) for name, specs in dialect.conditions.items()
        ]
        self.conditions: tuple[tuple[str, str], ...] = tuple(
            [pair for pair in conditions if pair[1]]
        )
        self.request_label: str = label(self.request_model)
        self.response_label: str = label(self.response_model)
        self.rule: Containment = containment(scope, version, self.provider, texts.attributes)


@final
@mypyc_attr(acyclic=True)
class Reading:
    """One span's account of a call to a model, or of something around such calls."""

    def __init__(
        self,
        subject: Subject,
        kind: Kind,
        operation: str,
        usage: dict[str, Count],
        impossible: str,
    ) -> None:
        self.subject: Subject = subject
        self.kind: Kind = kind
        self.operation: str = operation
        self.usage: dict[str, Count] = usage
        """Disjoint; empty where the span reports none."""
        self.impossible: str = impossible
        """Why the reported usage cannot be true; empty where it can."""
        self.response_id: str = ""
        self.reported_key: str = ""
        self.reported_usd: float | None = None
        """A cost that came with the span, and under which name."""

    def says_cost(self) -> bool:
        """Whether the span says what its call cost, by counts or by a cost: only then it is billed."""
        return bool(self.usage) or bool(self.reported_usd)


@final
class Place:
    """What an attribute tells one dialect."""

    def __init__(self, name: str, rank: i64) -> None:
        self.name: str = name
        """The class it counts; empty where it tells what the span is about."""
        self.rank: i64 = rank
        """Its precedence among the attributes that count that class; the lowest is taken."""
        self.whole: bool = name not in UNITS
        """Whether it is a count and not an amount."""


@final
class Speaker:
    """A dialect's table, turned the way it is read: by key."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect: Dialect = dialect
        told = [
            *dialect.operation,
            *dialect.provider,
            *dialect.address,
            *dialect.request_model,
            *dialect.response_model,
            *dialect.service_tier,
            *dialect.region,
            *[spec for specs in dialect.conditions.values() for spec in specs],
        ]
        self.places: dict[str, Place] = {key: Place("", 0) for key in told if "#" not in key}
        self.subject_json: list[str] = [spec for spec in told if "#" in spec]
        self.json_counts: list[tuple[str, str]] = []
        """(class, spec), in order; only for classes that no plain attribute told."""
        for name, specs in dialect.usage.items():
            for rank, spec in enumerate(specs):
                if "#" in spec:
                    self.json_counts.append((name, spec))
                else:
                    self.places[spec] = Place(name, rank)
        for spec in dialect.reported_cost:
            self.places[spec.partition("#")[0]] = Place(REPORTED, 0)


@final
@mypyc_attr(acyclic=True)
class _Said:
    """What one pass over a span's attributes found."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.counts: dict[str, Count] = {}
        self.problems: dict[str, str] = {}
        """By class, why the number that would be taken cannot be true."""
        self.reported: bool = False
        """Whether a cost came with the span."""

    def impossible(self) -> str:
        """What cannot be true, whatever the attributes' order; empty where all can."""
        return min(self.problems.values()) if self.problems else ""


class Recogniser:
    """The dialects in order of precedence, with bounded memos of what recurs."""

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        self._dialects: tuple[Dialect, ...] = tuple(dialects)
        self._speakers: dict[str, Speaker] = {each.name: Speaker(each) for each in dialects}
        self._generic: Speaker = self._speakers[self._dialects[-1].name]
        self._marks: frozenset[str] = frozenset(
            [mark for dialect in dialects for mark in dialect.marks]
        )
        self._by_scope: dict[str, Speaker | None] = {}
        self._subjects: dict[tuple[object, ...], Subject] = {}

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
        } - {"output.value", "input.value"}

    def read(self, attributes: dict[str, Value], scope: str, version: str) -> Reading | None:
        """The span's account, or None where it describes no call and counts no tokens."""
        speaker = self._speaker(attributes, scope)
        texts = Texts(attributes)
        said = _said(speaker, texts)
        subject = self._subject(speaker, texts, said.told, scope, version)
        kind, operation = subject.kind, subject.operation
        impossible = said.impossible()
        if kind is not INFERENCE and not said.counts and not impossible:
            return None
        if kind is None:
            if not subject.model:
                return None
            kind, operation = INFERENCE, "chat"
        usage: dict[str, Count] = {}
        if not impossible:
            try:
                usage = disjoint(said.counts, subject.rule)
            except Impossible as problem:
                impossible = str(problem)
        reading = Reading(subject, kind, operation, usage, impossible)
        for spec in speaker.dialect.response_id:
            told = attributes.get(spec) if "#" not in spec else texts.text(spec)
            if told and isinstance(told, str):
                reading.response_id = told
                break
        if said.reported:
            reading.reported_key, reading.reported_usd = _reported(speaker.dialect, texts)
        return reading

    def _speaker(self, attributes: dict[str, Value], scope: str) -> Speaker:
        if scope in self._by_scope:
            known = self._by_scope[scope]
        else:
            known = self._by_name(scope)
            if len(self._by_scope) >= MEMO_LIMIT:  # scope names come from strangers
                self._by_scope.clear()
            if len(scope) <= MEMO_TEXT:
                self._by_scope[scope] = known
        if known is not None:
            return known
        if self._marks.isdisjoint(attributes):
            return self._generic
        for dialect in self._dialects:
            for mark in dialect.marks:
                if mark in attributes:
                    return self._speakers[dialect.name]
        return self._generic

    def _by_name(self, scope: str) -> Speaker | None:
        for dialect in self._dialects:
            for beginning in dialect.scopes:
                if scope.startswith(beginning):
                    return self._speakers[dialect.name]
        return None

    def _subject(
        self, speaker: Speaker, texts: Texts, told: list[object], scope: str, version: str
    ) -> Subject:
        attributes = texts.attributes
        told += (speaker.dialect.name, scope, version)
        for spec in speaker.subject_json:
            told.append(texts.text(spec))
        for key in UNLESS:
            told.append(key in attributes)
        question = tuple(told)
        known = self._subjects.get(question)
        if known is None:
            known = Subject(speaker.dialect, texts, scope, version)
            if sum([len(text) for text in told if isinstance(text, (str, bytes))]) <= MEMO_TEXT:
                if len(self._subjects) >= MEMO_LIMIT:
                    self._subjects.clear()
                self._subjects[question] = known
        return known


def _operation(dialect: Dialect, texts: Texts) -> tuple[Kind | None, str]:
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


def _said(speaker: Speaker, texts: Texts) -> _Said:
    """Goes over the attributes once: what they tell of the subject, and what they count."""
    said = _Said()
    places = speaker.places
    ranks: dict[str, i64] = {}
    for spec, value in texts.attributes.items():
        place = places.get(spec)
        if place is None:
            continue
        name = place.name
        if not name:
            said.told.append(spec)
            said.told.append(value)
        elif name == REPORTED:
            said.reported = True
        elif (name not in ranks or ranks[name] > place.rank) and _take(
            said, name, spec, value, whole=place.whole
        ):
            ranks[name] = place.rank
    for name, spec in speaker.json_counts:
        if name not in said.counts and name not in said.problems:
            _take(said, name, spec, texts.value(spec), whole=name not in UNITS)
    return said


def _take(said: _Said, name: str, spec: str, value: object, *, whole: bool) -> bool:
    """Whether the value says how much there is of a class, be it a number that cannot be true."""
    number: Count | None
    if whole and type(value) is int and 0 <= value <= MAX_COUNT:
        number = value
    else:
        try:
            number = count(value) if whole else quantity(value)
        except Impossible as problem:
            said.counts.pop(name, None)
            said.problems[name] = f"{spec}: {problem}"
            return True
    if number is None:
        return False
    said.counts[name] = number
    if said.problems:
        said.problems.pop(name, None)
    return True


def _reported(dialect: Dialect, texts: Texts) -> tuple[str, float | None]:
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
