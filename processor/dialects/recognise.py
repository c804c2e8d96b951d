"""What a span says of a call to a model: one loop over the tables, first dialect that fits wins.

Pure: attributes in, a `Reading` or None out. Knows no price and remembers no span. What a span is
about recurs from span to span and is worked out once for as long as it is remembered (`Subject`);
what it counts does not. Compiled by mypyc where that works: it runs once for every span with a mark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast, final

from pricing.usage import CLASSES
from processor.dialects.containment import ASKED, RAW_TOTALS
from processor.dialects.dialect import Kind
from processor.dialects.ears import ear
from processor.dialects.guesses import LOOKED_INTO, made_up
from processor.dialects.reading import Reading
from processor.dialects.recipe import Recipe, recipe
from processor.dialects.reported import KEYS as REPORTER_KEYS
from processor.dialects.reported import charged, fee_alone, in_dollars, in_other_money
from processor.dialects.said import Said, listen, reported
from processor.dialects.shapes import COSTS, Shapes
from processor.dialects.speaker import REPORTED, Speaker
from processor.dialects.subject import Subject
from processor.dialects.texts import Texts
from processor.dialects.usage import OUTPUT_PARTS, Impossible, disjoint, uncounted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from processor.dialects.dialect import Dialect
    from processor.dialects.hear import Heard
    from processor.dialects.shapes import Ear, Shape
    from processor.dialects.usage import Count
    from processor.wire.fields import Value

INFERENCE: Final = Kind.INFERENCE

ANYWHERE: Final = frozenset(
    {"image_count", "input.value", "metadata", "output.value", "response_data"}
)
"""Attributes that dialects read and that stand on spans of any kind: no marks."""
ANSWERED: Final = frozenset({"chat", "generate_content", "text_completion"})
"""Operations whose answers are tokens."""
ANSWERS: Final = frozenset({"output", "output+", "reasoning", "reasoning+", *OUTPUT_PARTS})
MEMO_LIMIT: Final = 8192
MEMO_TEXT: Final = 1024
"""What a stranger writes at greater length is not remembered, in characters of all texts."""


@final
class Writer:
    """Who wrote a span, as its scope names him, and how he is listened to."""

    def __init__(self, scope: str, version: str, speaker: Speaker | None, ear: Ear) -> None:
        self.scope: str = scope
        self.version: str = version
        self.speaker: Speaker | None = speaker
        """None where the scope does not tell the dialect."""
        self.ear: Ear = ear
        self.root: Shape | None = None
        """Where his spans begin; None where nobody remembers him: they are read the long way."""


class Recogniser:
    """The dialects in order of precedence, with bounded memos of what recurs.

    `plain` are attributes that spans of ordinary shape don't carry, `kept` are the dimensions.
    """

    def __init__(
        self,
        dialects: Sequence[Dialect],
        plain: AbstractSet[str] = frozenset(),
        kept: AbstractSet[str] = frozenset(),
    ) -> None:
        self._dialects: tuple[Dialect, ...] = tuple(dialects)
        self._speakers: dict[str, Speaker] = {each.name: Speaker(each) for each in dialects}
        self._generic: Speaker = self._speakers[self._dialects[-1].name]
        self._marks: frozenset[str] = frozenset(
            [mark for dialect in dialects for mark in dialect.marks]
        )
        self._plain: AbstractSet[str] = plain
        self._kept: AbstractSet[str] = kept
        self._ears: dict[str, Ear] = {}
        """By dialect, made when somebody speaks it."""
        self._strangers: Ear = ear(dialects, self._marks, plain, kept)
        self._writers: dict[tuple[str, str], Writer] = {}
        self._subjects: dict[tuple[object, ...], Subject] = {}
        self.shapes: Shapes = Shapes()

    def keys(self) -> set[str]:
        """Every attribute that some dialect reads."""
        keys = {key for dialect in self._dialects for key in dialect.attributes()}
        return keys | ASKED | LOOKED_INTO | REPORTER_KEYS

    def marks(self) -> set[str]:
        """Attributes of which one must be on a span for it to be read at all."""
        return {
            spec.partition("#")[0]
            for dialect in self._dialects
            for spec in (*dialect.telling(), *dialect.marks)
        } - ANYWHERE

    def writer(self, scope: str, version: str) -> Writer:
        """Who writes under this scope."""
        known = self._writers.get((scope, version))
        if known is None:
            speaker = self._by_name(scope)
            ear = self._strangers if speaker is None else self._ear(speaker.dialect)
            known = Writer(scope, version, speaker, ear)
            if len(scope) + len(version) <= MEMO_TEXT:
                if len(self._writers) >= MEMO_LIMIT:  # scope names come from strangers
                    self._writers.clear()
                    self.shapes.clear()
                self._writers[scope, version] = known
                known.root = self.shapes.root()
        return known

    def _ear(self, dialect: Dialect) -> Ear:
        """What a dialect is listened to for."""
        found = self._ears.get(dialect.name)
        if found is None:
            found = self._ears[dialect.name] = ear([dialect], (), self._plain, self._kept)
        return found

    def short(self, heard: Heard, known: Recipe) -> Reading | None:
        """The account of a span of a known shape; None where it takes the long way after all."""
        pattern = known.pattern
        counts = None if pattern is None else known.counts(heard.numbers)
        if pattern is None or counts is None:
            return None
        reading = Reading(pattern, cast("list[Count]", counts))
        if known.cost_at >= 0:
            reading.reported_usd = heard.costs[known.cost_at]
            reading.reported_under = known.costs_under
            reading.charged = known.charged
        if heard.named_by is not None and heard.named_by.text in known.names:
            reading.response_id = heard.name
        return reading

    def learn(self, shape: Shape, attributes: dict[str, Value], writer: Writer) -> None:
        """Works out what a shape means, from the first span that has it."""
        speaker, subject, said = self._heard_out(Texts(attributes), writer)
        if not _is_call(subject, said):
            shape.recipe = Recipe(None, None)
            shape.recipe.is_tool = subject.is_tool
            return
        places = _places(shape, speaker)
        classes = tuple([name for name in places if name != "total" and places[name] >= 0])
        zeros = _zeros([name for name in places if places[name] < 0])
        shape.recipe = recipe(subject.pattern(classes, zeros), places, subject.rule)
        shape.recipe.names = frozenset(speaker.dialect.response_id)
        if _unanswered(subject, [*places]) or (said.reported and in_other_money(attributes)):
            shape.recipe.at_length = True
        under = _costs_under(shape, speaker, attributes) if said.reported else []
        if under:
            shape.recipe.cost_at = _costs(shape).index(under[0])
            shape.recipe.costs_under = tuple(under)
            shape.recipe.charged = charged(subject.provider, writer.scope, under[0], attributes)

    def read(self, attributes: dict[str, Value], writer: Writer) -> Reading | None:
        """The span's account, or None where it describes no call and counts no tokens."""
        texts = Texts(attributes)
        speaker, subject, said = self._heard_out(texts, writer)
        if not _is_call(subject, said):
            return None
        usage: dict[str, Count] = {}
        impossible = said.impossible()
        if not impossible and not _made_up(writer, said, texts):
            try:
                usage = disjoint(said.counts, subject.rule)
            except Impossible as problem:
                impossible = str(problem)
        zeros = _zeros([name for name, number in said.counts.items() if not number])
        pattern = subject.pattern(tuple(usage), zeros, _missing(subject, said, usage))
        reading = Reading(pattern, list(usage.values()), impossible)
        for spec in speaker.dialect.response_id:
            told = attributes.get(spec) if "#" not in spec else texts.text(spec)
            if told and isinstance(told, str):
                reading.response_id = told
                break
        if said.reported:
            costs = reported(speaker, texts)
            key = in_other_money(attributes)
            reading.other_money = key != ""
            if key:
                reading.charged = charged(subject.provider, writer.scope, key, attributes)
            if costs:
                key, reading.reported_usd = costs[0]
                reading.reported_under = tuple([place for place, _ in costs])
                reading.charged = charged(
                    subject.provider, writer.scope, key, attributes
                ) and not fee_alone(key, reading.reported_usd, texts)
        return reading

    def _heard_out(self, texts: Texts, writer: Writer) -> tuple[Speaker, Subject, Said]:
        """Who speaks, what about, and all that was said."""
        speaker = self._speaker(texts.attributes, writer)
        said = listen(speaker, texts)
        return speaker, self._subject(speaker, texts, said.told, writer), said

    def _speaker(self, attributes: dict[str, Value], writer: Writer) -> Speaker:
        if writer.speaker is not None:
            return writer.speaker
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
        self, speaker: Speaker, texts: Texts, told: list[object], writer: Writer
    ) -> Subject:
        attributes = texts.attributes
        told += (speaker.dialect.name, writer.scope, writer.version)
        for spec in speaker.subject_json:
            told.append(texts.word(spec))
        for key in ASKED:
            told.append(key in attributes)
        for key in speaker.batched:
            told.append(key in attributes)
        question = tuple(told)
        known = self._subjects.get(question)
        if known is None:
            known = Subject(speaker.dialect, texts, writer.scope, writer.version)
            if sum([len(text) for text in told if isinstance(text, (str, bytes))]) <= MEMO_TEXT:
                if len(self._subjects) >= MEMO_LIMIT:
                    self._subjects.clear()
                self._subjects[question] = known
        return known


def _made_up(writer: Writer, said: Said, texts: Texts) -> bool:
    """Whether the writer's counts are his own guess."""
    speaker = writer.speaker
    return speaker is not None and made_up(speaker.dialect.name, said.counts, texts)


def _is_call(subject: Subject, said: Said) -> bool:
    """Whether the span describes a call or counts tokens of a model."""
    if subject.kind is not INFERENCE and not said.says_numbers():
        return False
    return subject.kind is not None or bool(subject.model)


def _missing(subject: Subject, said: Said, usage: dict[str, Count]) -> tuple[str, ...]:
    """What a sum proves to be missing; nothing tells of which tokens."""
    total = said.counts.get("total")
    if not usage or subject.provider in RAW_TOTALS:
        return ()
    if total is not None:
        return ("input", "output") if uncounted(total, usage) else ()
    return ("output",) if _unanswered(subject, [*usage, *said.counts]) else ()


def _unanswered(subject: Subject, classes: list[str]) -> bool:
    """Whether nothing is said of an answer's tokens, not even that there were none: it was broken off."""
    return subject.operation in ANSWERED and "input" in classes and ANSWERS.isdisjoint(classes)


def _zeros(names: list[str]) -> tuple[str, ...]:
    """Classes that are said to be 0: of those nothing is missing."""
    return tuple(sorted([name for name in names if name in CLASSES]))


def _costs(shape: Shape) -> list[str]:
    """Attributes of the costs that stand on a shape's spans, in their order."""
    return [key.text for key in shape.counted if key.role == COSTS]


def _costs_under(shape: Shape, speaker: Speaker, attributes: dict[str, Value]) -> list[str]:
    """Those that the speaker means, by precedence."""
    stand = _costs(shape)
    return [name for name in in_dollars(speaker.costs, attributes) if name in stand]


def _places(shape: Shape, speaker: Speaker) -> dict[str, int]:
    """Where among a shape's numbers above 0 each class is counted, by the speaker's precedence.

    -1 for a class that is said to be 0.
    """
    places: dict[str, int] = {}
    ranks: dict[str, int] = {}
    seen: set[str] = set()
    number = 0
    for key in shape.counted:
        if key.role == COSTS:
            continue
        above_0 = key.zero is not None
        place = speaker.places.get(key.text)
        counts = place is not None and place.name not in {"", REPORTED} and key.text not in seen
        if place is not None and counts and place.rank < ranks.get(place.name, 1 << 30):
            ranks[place.name] = place.rank
            places[place.name] = number if above_0 else -1
        seen.add(key.text)
        number += 1 if above_0 else 0
    return places
