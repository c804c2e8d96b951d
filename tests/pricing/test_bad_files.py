"""Whatever happens to a price file, the last good table stays, and what, where and how is said."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing import NotPriced, PriceBook, PriceSource, Question
from tests.pricing.bad_files import CONTENTS, WAYS, Bad

if TYPE_CHECKING:
    from pathlib import Path

QUESTION = Question("gpt-4o", provider="openai")
GOOD = "genai-cost: 1\nproviders: {openai: {models: {gpt-4o: {prices: {input: 2}}}}}\n"


def cost(book: PriceBook) -> int | None:
    quote = book.current.quote(QUESTION, {"input": 1_000_000}, 0)
    return None if isinstance(quote, NotPriced) else quote.atto_usd // 10**18


def loaded(path: Path, form: str = "auto") -> PriceBook:
    """A book with the good file, to be read as `form` from then on."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(GOOD)
    source = PriceSource(str(path), form)
    book = PriceBook([source], builtin=False)
    if form == "auto":
        assert book.reload(0.0).good
    return book


def test_there_are_eighty_kinds_and_more() -> None:
    assert len(CONTENTS) + len(WAYS) >= 80


@pytest.mark.parametrize("bad", CONTENTS.values(), ids=CONTENTS)
def test_bad_content_keeps_the_last_good_table_and_says_what_where_how(
    tmp_path: Path, bad: Bad
) -> None:
    path = tmp_path / "folder" / "prices"
    book = loaded(path, bad.format)
    before = book.current
    path.write_bytes(bad.content)
    outcome = book.reload(1.0)
    assert outcome.result == "kept"
    first = outcome.problems[0]
    assert first.startswith(bad.begins.format(f=path)), outcome.problems
    assert bad.names in first
    assert all(line.startswith(str(path)) for line in outcome.problems)
    assert all(len(line) < 500 for line in outcome.problems), "nobody reads a screenful"
    if bad.format == "auto":
        assert book.current is before
        assert cost(book) == 2
    path.write_text(GOOD.replace("input: 2", "input: 3"))
    if bad.format == "auto":
        assert (book.reload(2.0).result, cost(book)) == ("changed", 3)


@pytest.mark.parametrize(("spoil", "words"), WAYS.values(), ids=WAYS)
def test_a_file_that_cannot_be_read_keeps_the_last_good_table(
    tmp_path: Path, spoil: object, words: str
) -> None:
    path = tmp_path / "folder" / "prices"
    book = loaded(path)
    before = book.current
    assert callable(spoil)
    spoil(path)
    if words.startswith("Permission") and os.access(path, os.R_OK):
        pytest.skip("root reads everything; run as another user to see it refused")
    outcome = book.reload(1.0)
    (line,) = outcome.problems
    assert outcome.result == "kept"
    assert line.startswith(f"{path}: {words}")
    assert book.current is before
    assert not book.stale()


@pytest.mark.parametrize("bad", CONTENTS.values(), ids=CONTENTS)
def test_bad_from_the_start_is_no_table_and_no_exception(tmp_path: Path, bad: Bad) -> None:
    path = tmp_path / "prices"
    path.write_bytes(bad.content)
    book = PriceBook([PriceSource(str(path), bad.format)], builtin=False)
    outcome = book.reload(0.0)
    assert (outcome.result, cost(book), outcome.good) == ("kept", None, False)


def test_problems_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    names = ["negative", "unknown-class", "empty", "alias-bomb"]
    for name in names:
        (tmp_path / name).write_bytes(CONTENTS[name].content)
    book = PriceBook([PriceSource(str(tmp_path / name)) for name in names], builtin=False)
    problems = book.reload(0.0).problems
    assert [line.removeprefix(f"{tmp_path}/").partition(":")[0] for line in problems] == names


def test_all_problems_of_one_file_are_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "prices"
    path.write_text(
        "genai-cost: 1\nproviders:\n  openai:\n    models:\n"
        "      a: {prices: {input: -1, inptu: 1}}\n"
        "      b:\n        rows:\n          - from: soon\n            prices:\n              output: x\n"
    )
    book = PriceBook([PriceSource(str(path))], builtin=False)
    places = [line.removeprefix(f"{path}:") for line in book.reload(0.0).problems]
    models = "providers.openai.models"
    assert [
        place.rpartition(f"{models}.")[0] + place.partition(f"{models}.")[2].partition(":")[0]
        for place in places
    ] == [
        "5: a.prices.inptu",
        "5: a.prices.input",
        "8: b.rows.0.from",
        "10: b.rows.0.prices.output",
    ]


def test_a_file_written_while_it_is_read_is_whole_or_kept(tmp_path: Path) -> None:
    """A writer that is not careful, at full speed: never a price that stood in neither version."""
    path = tmp_path / "prices"
    versions = [
        f"genai-cost: 1\nproviders: {{openai: {{models: {{gpt-4o: {{prices: {{input: {n * 1111}}}}}}}}}}}\n"
        + f"# {'x' * 5000}\n" * 20
        for n in (1, 2)
    ]
    path.write_text(versions[0])
    book = PriceBook([PriceSource(str(path))], builtin=False)
    book.reload(0.0)
    done = threading.Event()

    def write() -> None:
        for i in range(300):
            path.write_text(versions[i % 2])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        book.reload(1.0)
        assert cost(book) in {1111, 2222}
    writer.join()
    assert book.reload(2.0).good


BYTES = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=200).map(str.encode),
    st.sampled_from([bad.content[:2000] for bad in CONTENTS.values()]),
)


@settings(max_examples=150, deadline=None)
@given(first=BYTES, second=BYTES)
def test_no_bytes_ever_raise_out_of_a_reload_and_what_they_say_is_a_line(
    tmp_path_factory: pytest.TempPathFactory, first: bytes, second: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "prices"
    path.write_text(GOOD)
    book = PriceBook([PriceSource(str(path))], builtin=False)
    book.reload(0.0)
    for data in (first, second, first + second, first[: len(first) // 2] + second):
        path.write_bytes(data)
        outcome = book.reload(1.0)
        assert outcome.result in {"kept", "changed", "unchanged"}
        assert bool(outcome.problems) is (outcome.result == "kept")


GOODS = [GOOD.replace("input: 2", f"input: {dollars}").encode() for dollars in (2, 3, 4, 5)]
STEPS = st.lists(st.sampled_from([*GOODS, b"", b"{", b"\xff", GOOD[:-20].encode()]), max_size=8)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, last=st.sampled_from(GOODS))
def test_what_holds_depends_on_the_last_good_content_alone(
    tmp_path_factory: pytest.TempPathFactory, steps: list[bytes], last: bytes
) -> None:
    """However it came there: by way of bad ones, of others, or at once."""
    path = tmp_path_factory.mktemp("steps") / "prices"
    path.write_text(GOOD)
    book = PriceBook([PriceSource(str(path))], builtin=False)
    book.reload(0.0)
    for step in (*steps, last):
        path.write_bytes(step)
        book.reload(1.0)
    path.write_bytes(last)
    fresh = PriceBook([PriceSource(str(path))], builtin=False)
    fresh.reload(0.0)
    assert (cost(book), book.current.version) == (cost(fresh), fresh.current.version)


@settings(max_examples=40, deadline=None)
@given(order=st.permutations(range(4)))
def test_the_order_in_which_sources_change_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("order")
    paths = [folder / str(i) for i in range(4)]
    for path in paths:
        path.write_text(GOOD)
    book = PriceBook([PriceSource(str(path)) for path in paths], builtin=False)
    book.reload(0.0)
    for i in order:
        paths[i].write_bytes(GOODS[i])
        book.reload(1.0)
    assert cost(book) == 5, "the last source wins, not the last to change"
