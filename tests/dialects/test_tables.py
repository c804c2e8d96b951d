"""The dialects' tables say only what the loop that reads them understands."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import re

import pytest

from pricing.usage import CLASSES
from processor.dialects import DIALECTS, Dialect, Recogniser
from processor.dialects.dialect import AGGREGATES, OPERATIONS
from processor.dialects.usage import SHORTEST
from processor.wire.keys import KeyTable
from tests.dialects.cases import CASES

each_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


def test_every_dialect_has_a_case_and_every_case_a_dialect() -> None:
    assert {case.dialect for case in CASES} == {dialect.name for dialect in DIALECTS}


def test_every_dialect_has_a_case_that_counts() -> None:
    counting = {case.dialect for case in CASES if case.reads and case.reads["usage"]}
    assert counting == {dialect.name for dialect in DIALECTS}


def test_the_conventions_come_last() -> None:
    assert DIALECTS[-1].name == "semconv"


UNSEEN = "documents; no capture yet"
UNREAD = {dialect.name: dialect.read_from.endswith(UNSEEN) for dialect in DIALECTS}


def test_names_are_unique() -> None:
    assert len({dialect.name for dialect in DIALECTS}) == len(DIALECTS)


@each_dialect
def test_it_names_a_package_and_a_version(dialect: Dialect) -> None:
    """Or says that it is from documents alone, and so do its cases: nobody has captured it yet."""
    if not dialect.read_from.endswith(UNSEEN):
        assert re.search(r"[a-z][\w./@-]* .*?\d+(\.[\dx]+)+", dialect.read_from)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.dialect}: {case.name}")
def test_a_case_names_a_package_and_a_version(case: object) -> None:
    read_from: str = getattr(case, "read_from", "")
    if UNREAD[getattr(case, "dialect", "")]:
        assert read_from == UNSEEN
    else:
        assert re.search(r"^@?[a-z][\w./-]* \d+(\.[\dx]\w*)+", read_from)


@each_dialect
def test_plain_attributes_stand_before_places_in_json(dialect: Dialect) -> None:
    """Plain ones are read first in any case, so a list in another order would tell a lie."""
    for name, specs in dialect.usage.items():
        nested = ["#" in spec for spec in specs]
        assert nested == sorted(nested), name


@each_dialect
def test_it_counts_classes_that_can_be_priced(dialect: Dialect) -> None:
    assert {name.removesuffix("+") for name in dialect.usage} <= {
        *CLASSES,
        SHORTEST,
        "total",
        "total-",
    }


@each_dialect
def test_an_attribute_tells_one_thing(dialect: Dialect) -> None:
    counts = [spec for specs in dialect.usage.values() for spec in specs if "#" not in spec]
    assert len(counts) == len(set(counts))
    told = {
        *dialect.operation,
        *dialect.provider,
        *dialect.address,
        *dialect.request_model,
        *dialect.response_model,
        *dialect.service_tier,
        *dialect.region,
    }
    assert told.isdisjoint(counts)


@each_dialect
def test_its_own_words_for_operations_can_be_met(dialect: Dialect) -> None:
    """A span's word is lowered first, and a word here means a known operation or an aggregate."""
    for word, operation in dialect.operations.items():
        assert word == word.lower()
        assert operation == "" or operation in OPERATIONS.values()


def test_words_for_operations_can_be_met() -> None:
    for word in (*OPERATIONS, *AGGREGATES):
        assert word == word.lower()
    assert OPERATIONS.keys().isdisjoint(AGGREGATES)


@each_dialect
def test_no_scope_of_it_is_another_ones_first(dialect: Dialect) -> None:
    """An earlier dialect whose scope begins the same would take all of its spans."""
    earlier = DIALECTS[: DIALECTS.index(dialect)]
    taken = {beginning for other in earlier for beginning in other.scopes}
    for beginning in dialect.scopes:
        assert not [other for other in taken if beginning.startswith(other)]


@each_dialect
def test_marks_are_whole_attributes(dialect: Dialect) -> None:
    assert not [mark for mark in dialect.marks if "#" in mark]


def test_keys_and_marks_are_such_that_the_walk_can_look_for_them() -> None:
    recogniser = Recogniser(DIALECTS)
    keys, marks = recogniser.keys(), recogniser.marks()
    assert marks <= keys
    assert {key for key in keys if not 1 <= len(key.encode()) <= 127} == set()
    assert KeyTable(keys, marks).wanted.keys() == {key.encode() for key in keys}


def test_free_text_is_no_mark() -> None:
    """Or every span with an input would be read."""
    assert Recogniser(DIALECTS).marks().isdisjoint({"input.value", "output.value"})


def test_a_dialect_is_told_by_its_scope_before_its_marks() -> None:
    attributes = {"langfuse.observation.type": "generation", "gen_ai.request.model": "gpt-4o"}
    recogniser = Recogniser(DIALECTS)
    reading = recogniser.read(
        {**attributes, "gen_ai.operation.name": "chat"}, recogniser.writer("pydantic-ai", "")
    )
    assert reading is not None
    assert reading.subject.dialect == "pydantic_ai"


@pytest.mark.parametrize(
    ("mark", "dialect"),
    [(mark, dialect.name) for dialect in DIALECTS for mark in dialect.marks],
)
def test_a_mark_tells_its_dialect_where_the_scope_tells_none(mark: str, dialect: str) -> None:
    recogniser = Recogniser(DIALECTS)
    writer = recogniser.writer("somebody's", "")
    assert recogniser._speaker({mark: "x"}, writer).dialect.name == dialect
