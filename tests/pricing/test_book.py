"""Sources in, the current table out: a bad one changes nothing, and content decides."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing import Adjustment, NotPriced, PriceBook, PriceSource, Question, Terms
from pricing.book import read_file
from pricing.table import MEMO_LIMIT
from pricing.terms import NO_TERMS

if TYPE_CHECKING:
    from pathlib import Path

QUESTION = Question("gpt-4o", provider="openai")


def text(dollars: object, model: str = "gpt-4o") -> str:
    return f"genai-cost: 1\nversion: v{dollars}\nproviders: {{openai: {{models: {{{model}: {{prices: {{input: {dollars}}}}}}}}}}}\n"


def dollars(book: PriceBook, question: Question = QUESTION) -> int | None:
    quote = book.current.quote(question, {"input": 1_000_000}, 0)
    return None if isinstance(quote, NotPriced) else quote.atto_usd // 10**18


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "prices.yaml"
    file.write_text(text(2))
    return file


def book_of(*paths: Path) -> PriceBook:
    book = PriceBook([PriceSource(str(path)) for path in paths], builtin=False)
    book.reload(0.0)
    return book


def test_the_built_in_table_is_whole() -> None:
    book = PriceBook()
    outcome = book.reload(5.0)
    assert (outcome.result, outcome.problems, outcome.at_unix_s) == ("changed", (), 5.0)
    assert outcome.models > 4500
    assert outcome.version.partition("+sha256:")[2]


def test_a_file_over_the_built_in_table_wins_and_leaves_the_rest(path: Path) -> None:
    book = PriceBook([PriceSource(str(path))])
    book.reload(0.0)
    assert dollars(book) == 2
    assert dollars(book, Question("gpt-4", provider="openai")) == 30


def test_nothing_changed_is_said(path: Path) -> None:
    book = book_of(path)
    before = book.current
    path.write_text(text(2))
    os.utime(path, (1, 1))
    assert (book.stale(), book.reload(1.0).result, book.current is before) == (
        False,
        "unchanged",
        True,
    )


def test_a_change_is_a_new_table_with_a_new_version(path: Path) -> None:
    book = book_of(path)
    before = book.current
    path.write_text(text(3))
    assert (book.stale(), book.reload(1.0).result, dollars(book)) == (True, "changed", 3)
    assert before.version != book.current.version
    assert before.version.startswith("v2+sha256:")
    assert not book.stale()


def _gone(path: Path) -> None:
    path.unlink()


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 * 2**20)


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (_gone, "No such file or directory; write it, or correct the path"),
        (_folder, "Is a directory; name a file in it"),
        (_fifo, "not a regular file; write a regular file there"),
        (
            _loop,
            "Too many levels of symbolic links; let the symbolic link lead to a file",
        ),
        (_sparse, "larger than 64 MiB; no price table is; correct the path"),
    ],
)
def test_a_spoiled_file_keeps_the_last_good_table(
    path: Path, spoil: object, problem: str
) -> None:
    book = book_of(path)
    before = book.current
    assert callable(spoil)
    spoil(path)
    outcome = book.reload(1.0)
    assert (outcome.result, outcome.problems) == ("kept", (f"{path}: {problem}",))
    assert book.current is before
    assert not book.stale()


def test_each_source_keeps_its_own_last_good_copy_and_every_problem_is_said(
    path: Path, tmp_path: Path
) -> None:
    second, third = tmp_path / "second.yaml", tmp_path / "third.yaml"
    second.write_text(text(1, "other"))
    third.write_text(text(1, "third"))
    book = book_of(path, second, third)
    path.write_text(text(3))
    second.write_text(text(-1))
    third.write_text("{")
    outcome = book.reload(1.0)
    assert (outcome.result, dollars(book), len(outcome.problems)) == ("partial", 3, 2)
    assert [one.result for one in outcome.sources] == ["changed", "kept", "kept"]
    assert dollars(book, Question("other", provider="openai")) == 1
    assert not outcome.good
    again = book.reload(2.0)
    assert (again.result, len(again.problems)) == ("kept", 2)


def test_what_is_fetched_is_handed_in_and_missing_until_then() -> None:
    source = PriceSource("https://h/p", fetched=True)
    book = PriceBook([source], builtin=False)
    first = book.reload(0.0)
    assert (first.result, first.problems, first.good) == ("changed", (), False)
    assert [one.result for one in first.sources] == ["missing"]
    assert not book.paths
    assert not book.stale()
    book.put(source, text(2).encode())
    assert book.stale()
    assert (book.reload(1.0).good, dollars(book), book.stale()) == (True, 2, False)
    assert book.reload(2.0).result == "unchanged"
    book.put(source, b"<html>")
    spoilt = book.reload(3.0)
    assert (spoilt.result, dollars(book)) == ("kept", 2)
    assert spoilt.problems[0].startswith("https://h/p")
    assert book.reload(4.0).result == "kept", "bad until something good comes"
    book.put(source, text(2).encode())
    assert book.reload(5.0).result == "unchanged"


def test_operator_aliases_are_part_of_the_version(path: Path) -> None:
    sources = [PriceSource(str(path))]
    plain = PriceBook(sources, builtin=False)
    named = PriceBook(sources, builtin=False, aliases={"prod": "openai/gpt-4o"})
    for book in (plain, named):
        book.reload(0.0)
    assert dollars(named, Question("prod", provider="azure.ai.openai")) == 2
    assert plain.current.version != named.current.version


def test_other_terms_are_another_table_at_the_next_reload_and_the_old_one_stays_as_it_was(
    path: Path,
) -> None:
    book = book_of(path)
    before = book.current
    half = Terms((Adjustment(numerator=1, denominator=2),))
    book.agree({"prod": "openai/gpt-4o"}, half)
    assert book.current is before, "nothing moves before a reload"
    assert book.reload(0.0).result == "changed"
    assert dollars(book) == 1
    assert dollars(book, Question("prod", provider="azure.ai.openai")) == 1
    assert book.current.version != before.version
    book.agree({"prod": "openai/gpt-4o"}, half)
    assert book.reload(0.0).result == "unchanged"
    book.agree({}, NO_TERMS)
    assert book.reload(0.0).result == "changed"
    assert (dollars(book), book.current.version) == (2, before.version)


def test_the_memo_is_bounded_and_belongs_to_its_table(path: Path) -> None:
    book = book_of(path)
    for number in range(MEMO_LIMIT + 100):
        book.current.find(Question(f"m{number}", provider="openai"))
    assert book.current.remembered == MEMO_LIMIT
    path.write_text(text(3))
    book.reload(1.0)
    assert book.current.remembered == 0


@settings(max_examples=60)
@given(garbage=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_are_a_table_or_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, garbage: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "prices"
    path.write_text(text(2))
    book = book_of(path)
    path.write_bytes(garbage)
    outcome = book.reload(1.0)
    assert (outcome.result, dollars(book), bool(outcome.problems)) == ("kept", 2, True)


@given(cut=st.integers(0, len(text(2)) - 2))
def test_a_file_read_while_written_is_whole_or_kept(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "prices"
    path.write_text(text(2))
    book = book_of(path)
    path.write_text(text(3)[:cut])
    assert book.reload(1.0).result == "kept"
    assert dollars(book) == 2


def test_a_file_is_read_whole(path: Path) -> None:
    assert read_file(str(path)) == path.read_bytes()
