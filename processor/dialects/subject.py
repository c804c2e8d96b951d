"""What spans are about: the same for all calls of one kind to one model by one writer.

Compiled by mypyc where that works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from processor.dialects.containment import INVENTED, Containment, containment
from processor.dialects.dialect import AGGREGATES, BATCH, OPERATIONS, TOOLS, Kind
from processor.dialects.provider import VERTEX_CLIENTS, resolve
from processor.dialects.usage import UNITS

if TYPE_CHECKING:
    from processor.dialects.dialect import Dialect
    from processor.dialects.texts import Texts

MAX_NAME: Final = 512
"""Longest name that is looked for, in characters; no real one comes near."""
MAX_LABEL: Final = 256
"""Longest label, in characters."""
INFERENCE: Final = Kind.INFERENCE
PATTERNS: Final = 64
"""Patterns of one subject that are remembered."""


MAX_BARE: Final = 64
"""Characters of a model that are compared with another writer's: they are kept for each nameless call."""


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
        """None where it does not say: a call, if it names a model and counts something."""
        self.operation: str = operation
        self.is_tool: bool = operation in TOOLS
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
        if scope in VERTEX_CLIENTS and self.provider == "gcp.gemini":
            self.provider = "gcp.vertex_ai"
        self.service_tier: str = texts.first(dialect.service_tier)[:MAX_NAME]
        self.unbilled: bool = any(
            texts.word(spec).lower() == word for spec, word in dialect.unbilled
        )
        """A cache of somebody between answered it: the provider never saw the call."""
        self.batch: bool = self.operation == BATCH or any(
            key in texts.attributes for key in dialect.batched
        )
        """Billed at the price of batches."""
        self.region: str = texts.first(dialect.region)[:MAX_NAME]
        conditions = [
            (name, texts.first_word(specs)[:MAX_NAME])
            for name, specs in dialect.conditions.items()
        ]
        self.conditions: tuple[tuple[str, str], ...] = tuple(
            [pair for pair in conditions if pair[1]]
        )
        self.signs: tuple[str, ...] = tuple(
            [name for spec, word, name in dialect.signs if word in texts.text(spec)]
        )
        """Classes that were used, whether their counts came or not."""
        self.request_label: str = label(self.request_model)
        self.response_label: str = label(self.response_model)
        self.bare_models: tuple[str, ...] = tuple(
            [bare for bare in (_bare(self.request_model), _bare(self.response_model)) if bare]
        )
        """Both without a vendor, in lower case, to be compared with another writer's."""
        untrue = any(word in texts.text(spec) for spec, word in dialect.untrue)
        self.rule: Containment = (
            INVENTED
            if untrue
            else containment(scope, version, self.provider, texts.attributes, operation)
        )

        self._patterns: dict[tuple[tuple[str, ...], ...], Pattern] = {}

    def pattern(
        self, classes: tuple[str, ...], zeros: tuple[str, ...], missing: tuple[str, ...] = ()
    ) -> Pattern:
        """The one with these classes; the same object for as long as it is remembered."""
        case = (classes, zeros, missing)
        found = self._patterns.get(case)
        if found is None:
            if len(self._patterns) >= PATTERNS:
                self._patterns.clear()
            found = self._patterns[case] = Pattern(self, classes, zeros, missing)
        return found


@final
class Pattern:
    """What calls have in common that differ in nothing but numbers and names."""

    def __init__(
        self,
        subject: Subject,
        classes: tuple[str, ...],
        zeros: tuple[str, ...],
        missing: tuple[str, ...] = (),
    ) -> None:
        self.subject: Subject = subject
        self.kind: Kind = INFERENCE if subject.kind is None else subject.kind
        self.operation: str = "chat" if subject.kind is None else subject.operation
        self.classes: tuple[str, ...] = classes
        """What is counted, each above 0 and none within another; empty where nothing is."""
        self.by_piece: bool = not UNITS.isdisjoint(classes)
        """Whether something is counted that is no token: searches, images, seconds."""
        self.zeros: tuple[str, ...] = zeros
        """What is said to be 0, which is not the same as not said."""
        told = "cache_read" in classes or "cache_write" in classes
        self.missing: tuple[str, ...] = (
            *missing,
            *(("cache_read",) if subject.rule.cache_untold and not told else ()),
            *[name for name in subject.signs if name not in classes and name not in zeros],
        )
        """What was used without a count of it: where that costs extra, a price is a bound."""


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


def _bare(model: str) -> str:
    return model.rpartition("/")[2].lower()[:MAX_BARE]
