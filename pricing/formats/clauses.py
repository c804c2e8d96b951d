"""Match clauses of genai-prices files: `equals`, `starts_with`, `ends_with`, `contains`, `regex`, `or`, `and`.

They come from operators and are asked about names that strangers send: a clause is bounded in size, a
regular expression is let in only when its worst case is known to be short, and an open end is never a
reason to take a sibling's price (`gpt-4o` + `-mini`, `sonnet-4` + `-5`; pricing-engines trap 8).
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pricing.formats.document import is_list, is_mapping
from pricing.problems import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_NAME: Final = 128
"""Longer names are matched by no regular expression; ids in use have under 100 characters."""
MAX_STEPS: Final = 20_000
"""Ways an expression may try on one name: `^a.*b.*c` has MAX_NAME squared."""
MAX_STEPS_OF_A_FILE: Final = 1_000_000
_MAX_TEXT: Final = 512
_MAX_LEAVES: Final = 1000
_MAX_DEPTH: Final = 8
_TEXTS: Final = ("equals", "starts_with", "ends_with", "contains", "regex")
_FROM_THE_START: Final = frozenset({"equals", "starts_with"})
_TO_THE_END: Final = frozenset({"equals", "ends_with"})
KINDS: Final = (*_TEXTS, "or", "and")

# Words that make a model another model: no open end stands for one unless the clause has it.
_SIBLINGS: Final = frozenset(
    """
    mini nano micro tiny lite light small medium large xl xxl max ultra plus pro
    premium turbo flash fast fastest instant highspeed ultrafast haiku sonnet opus
    cyber codex code coder math audio tts realtime transcribe diarize image vision
    video live search embedding embed embeddings rerank guard deep research thinking
    thinker reasoning reasoner instruct base distill free extended long omni speech
    voice ocr
    """.split()  # noqa: SIM905  words, to be read as such
)
_WORD: Final = re.compile(r"[a-z0-9]+")


class Clause(NamedTuple):
    """One clause; `parts` are those of an `or` or `and`, `expression` that of a `regex`."""

    kind: str
    text: str = ""
    parts: tuple[Clause, ...] = ()
    expression: re.Pattern[str] | None = None
    steps: int = 0
    """The worst case of its expressions."""

    def holds(self, name: str) -> bool:
        """Whether a lowercase id meets it, whole words and versions only."""
        match self.kind:
            case "or":
                return any(part.holds(name) for part in self.parts)
            case "and":
                return all(part.holds(name) for part in self.parts)
            case "regex":
                found = self.expression
                return found is not None and len(name) <= MAX_NAME and bool(found.search(name))
            case _:
                return any(self._stands(name, at) for at in _places(self.text, name))

    def _stands(self, name: str, at: int) -> bool:
        before, rest = name[:at], name[at + len(self.text) :]
        if (before and self.kind in _FROM_THE_START) or (rest and self.kind in _TO_THE_END):
            return False
        return _begins(self.text, before) and _ends(self.text, rest)

    def words(self) -> Iterator[str]:
        """Every text in it."""
        yield self.text
        for part in self.parts:
            yield from part.words()

    @property
    def is_open(self) -> bool:
        """Whether it also takes ids that it does not name."""
        return self.kind != "equals" and not (
            self.kind == "or" and not any(part.is_open for part in self.parts)
        )


class Pattern(NamedTuple):
    """An open clause and the model it stands for."""

    clause: Clause
    model: str
    known: str
    """The clause's texts and the model's id: words in here are no sibling's."""

    def takes(self, name: str) -> bool:
        """Whether a lowercase id is this model in one of its spellings."""
        if not self.clause.holds(name):
            return False
        return all(word in self.known for word in _SIBLINGS.intersection(_WORD.findall(name)))


def pattern(clause: Clause, model: str) -> Pattern:
    """An open clause of a model."""
    return Pattern(clause, model, " ".join((*clause.words(), model)))


def named(clause: Clause) -> Iterator[str]:
    """The ids that a clause names in full."""
    if clause.kind == "equals":
        yield clause.text
    elif clause.kind == "or":
        for part in clause.parts:
            yield from named(part)


def parse(content: Any) -> Clause:
    """The clause in a file; raises ValueError with what is wrong and how to mend it."""
    clause = _parse(content, 0)
    if sum(1 for _ in clause.words()) > _MAX_LEAVES:
        raise ValueError(f"has more than {_MAX_LEAVES} clauses; split the model")
    return clause


def _parse(content: Any, depth: int) -> Clause:
    if depth > _MAX_DEPTH:
        raise ValueError(f"clauses are nested deeper than {_MAX_DEPTH}")
    if not is_mapping(content) or len(content) != 1:
        raise ValueError(f"needs one of {', '.join(KINDS)}")
    kind, value = next(iter(content.items()))
    if kind in {"or", "and"}:
        if not is_list(value) or not value:
            raise ValueError(f"`{kind}` needs a list of clauses")
        parts = tuple(_parse(part, depth + 1) for part in value)
        return Clause(kind, parts=parts, steps=sum(part.steps for part in parts))
    if kind not in _TEXTS:
        raise ValueError(f"unknown clause {kind!r}{nearest(str(kind), KINDS)}")
    text = str(value).strip()
    if isinstance(value, bool | dict | list) or value is None or not text:
        raise ValueError(f"`{kind}` needs a text")
    if len(text) > _MAX_TEXT:
        raise ValueError(f"`{kind}` has {len(text)} characters, over {_MAX_TEXT}")
    return _expression(text) if kind == "regex" else Clause(kind, text.lower())


def _expression(text: str) -> Clause:
    try:
        compiled = re.compile(text, re.IGNORECASE)
        steps = _steps(text)
    except (re.error, OverflowError, RecursionError) as bad:
        raise ValueError(f"{text!r} is no regular expression ({bad})") from None
    if steps > MAX_STEPS:
        raise ValueError(
            f"{text!r} could take too long on some names: begin it with ^, repeat nothing that is "
            "repeated, or write it as starts_with, contains and and"
        )
    return Clause("regex", text.lower(), expression=compiled, steps=steps)


def _steps(text: str) -> int:
    """How many ways an expression can try at worst on a name of MAX_NAME characters."""
    tree: Any = import_module("re._parser").parse(text, re.IGNORECASE)
    anchored = bool(tree) and str(tree[0][0]) == "AT" and "BEGINNING" in str(tree[0][1])
    return _ways(tree) * (1 if anchored else MAX_NAME)


def _ways(tree: Any) -> int:
    total = 1
    for operator, argument in tree:
        total *= _ways_of(str(operator), argument)
        if total > MAX_STEPS:
            return MAX_STEPS + 1
    return total


def _ways_of(operator: str, argument: Any) -> int:
    match operator:
        case "SUBPATTERN" | "ASSERT" | "ASSERT_NOT":
            return _ways(argument[-1])
        case "BRANCH":
            return sum(_ways(branch) for branch in argument[1])
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return _repeated(*argument)
        case "GROUPREF" | "GROUPREF_EXISTS" | "ATOMIC_GROUP":
            return MAX_STEPS + 1
        case _:
            return 1


def _repeated(least: int, most: int, body: Any) -> int:
    least, most = min(int(least), MAX_NAME), min(int(most), MAX_NAME)
    each = _ways(body)
    if most > 1 and (int(body.getwidth()[0]) == 0 or each > 1):
        return MAX_STEPS + 1
    return each * (most - least + 1)


def _places(text: str, name: str) -> Iterator[int]:
    at = name.find(text)
    while at >= 0:
        yield at
        at = name.find(text, at + 1)


def _begins(text: str, before: str) -> bool:
    return not (before[-1:].isalnum() and text[0].isalnum())


def _ends(text: str, rest: str) -> bool:
    """Whether what follows leaves the last word whole and its version the same."""
    if not rest or not text[-1].isalnum():
        return True
    if rest[0].isalnum():
        return False
    digits = len(rest[1:]) - len(rest[1:].lstrip("0123456789"))
    return not (text[-1].isdigit() and rest[0] in ".-" and 1 <= digits <= 2)
