"""What a new version of a source may not do to the one before, and how an operator overrules it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import NotPriced, PriceBook, PriceSource, Question
from pricing.guards import Guards, order

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def table(rows: int, version: str = "", *, first: str = "1") -> str:
    """So many models of nobody's, a row each."""
    head = f"genai-cost: 1\nversion: {version!r}\n" if version else "genai-cost: 1\n"
    models = "".join(f"      m{i}: {{prices: {{input: {first}}}}}\n" for i in range(rows))
    return f"{head}providers:\n  ours:\n    models:\n{models}"


class Edited:
    """A file of prices that is written again and again."""

    def __init__(self, path: Path, guards: Guards = Guards(), *, builtin: bool = False) -> None:  # noqa: B008
        self.path = path
        self.book = PriceBook([PriceSource(str(path), guards=guards)], builtin=builtin)

    def write(self, text: str) -> tuple[str, Sequence[str]]:
        self.path.write_text(text)
        outcome = self.book.reload(0.0)
        return outcome.result, outcome.problems

    def dollars(self, model: str, provider: str = "ours") -> int | None:
        question = Question(model, provider=provider)
        quote = self.book.current.quote(question, {"input": 1_000_000}, 1_790_000_000 * 10**9)
        return None if isinstance(quote, NotPriced) else quote.atto_usd // 10**18


@pytest.mark.parametrize(
    ("before", "after", "share", "result"),
    [
        pytest.param(100, 50, 0.5, "changed", id="half-is-allowed"),
        pytest.param(100, 49, 0.5, "kept", id="more-than-half"),
        pytest.param(2, 1, 0.5, "changed", id="one-of-two"),
        pytest.param(3, 1, 0.5, "kept", id="two-of-three"),
        pytest.param(100, 1, 1.0, "changed", id="switched-off"),
        pytest.param(100, 99, 0.0, "kept", id="none-may-go"),
        pytest.param(100, 101, 0.0, "changed", id="growing"),
    ],
)
def test_a_shrunken_table_is_refused(
    tmp_path: Path, before: int, after: int, share: float, result: str
) -> None:
    edited = Edited(tmp_path / "p", Guards(max_shrink=share))
    edited.write(table(before))
    found, problems = edited.write(table(after, first="2"))
    assert found == result
    if result == "kept":
        assert f"has {after} rows where it had {before}" in problems[0]
        assert "raise `max_shrink`" in problems[0]
        assert edited.dollars("m0") == 1
    else:
        assert edited.dollars("m0") == 2


def test_a_refused_table_is_compared_with_the_one_in_use_not_with_itself(
    tmp_path: Path,
) -> None:
    """Twice the same shrunken file is no more right than once."""
    edited = Edited(tmp_path / "p")
    edited.write(table(100))
    assert [edited.write(table(10))[0] for _ in range(3)] == ["kept"] * 3
    assert edited.write(table(10) + "      more: {prices: {input: 1}}\n")[0] == "kept"
    assert edited.write(table(60))[0] == "changed"


@pytest.mark.parametrize(
    ("before", "after", "result"),
    [
        pytest.param("2026-11-20", "2026-11-19", "kept", id="day"),
        pytest.param("2026-11-20", "2026-11-20", "changed", id="same-day"),
        pytest.param("2026-11-20.1", "2026-11-20", "kept", id="part-of-a-day"),
        pytest.param("2026-11-20T10:00:00Z", "2026-11-20T09:59:59Z", "kept", id="instant"),
        pytest.param("1.10", "1.9", "kept", id="numbers-not-text"),
        pytest.param("v9", "v10", "changed", id="newer-number"),
        pytest.param("7", "2026-11-20", "changed", id="number-and-date"),
        pytest.param("contract of 2026", "contract of 2025", "changed", id="names"),
        pytest.param("2026-11-20", "", "changed", id="no-longer-said"),
    ],
)
def test_an_older_version_is_refused(
    tmp_path: Path, before: str, after: str, result: str
) -> None:
    edited = Edited(tmp_path / "p")
    edited.write(table(3, before))
    found, problems = edited.write(table(3, after, first="2"))
    assert found == result
    if result == "kept":
        assert f"version {after}, older than version {before} in use" in problems[0]
        assert "allow_older: true" in problems[0]


def test_going_back_on_purpose(tmp_path: Path) -> None:
    edited = Edited(tmp_path / "p", Guards(allow_older=True))
    edited.write(table(3, "2026-11-20"))
    assert edited.write(table(3, "2026-11-19", first="2"))[0] == "changed"


def test_the_file_that_was_put_back_unchanged_is_no_news(tmp_path: Path) -> None:
    """After a bad one, the old file again: the prices in use never left it."""
    edited = Edited(tmp_path / "p")
    edited.write(table(3, "2026-11-20"))
    edited.write("broken")
    assert edited.write(table(3, "2026-11-20")) == ("unchanged", ())


@pytest.mark.parametrize(
    ("before", "after", "result"),
    [
        pytest.param(2.0, 1.0, "kept", id="older"),
        pytest.param(1.0, 2.0, "changed", id="newer"),
        pytest.param(None, 1.0, "changed", id="was-not-said"),
        pytest.param(1.0, None, "changed", id="is-not-said"),
    ],
)
def test_what_a_server_dates_older_is_refused(
    before: float | None, after: float | None, result: str
) -> None:
    source = PriceSource("https://h/p", fetched=True)
    book = PriceBook([source], builtin=False)
    book.put(source, table(3).encode(), before)
    book.reload(0.0)
    book.put(source, table(3, first="2").encode(), after)
    assert book.reload(1.0).result == result


def test_the_tables_own_version_is_believed_before_the_servers_date() -> None:
    source = PriceSource("https://h/p", fetched=True)
    book = PriceBook([source], builtin=False)
    book.put(source, table(3, "2026-11-19").encode(), 2.0)
    book.reload(0.0)
    book.put(source, table(3, "2026-11-20").encode(), 1.0)
    assert book.reload(1.0).result == "changed"


@given(texts=st.lists(st.text(alphabet="v0123456789.-:TZ x", max_size=40), min_size=2))
def test_any_versions_of_a_kind_have_an_order(texts: list[str]) -> None:
    found = [known for text in texts if (known := order(text)) is not None]
    found.sort()
    assert all(one <= other for one, other in itertools.pairwise(found))


def gpt_4o(dollars: str) -> str:
    return (
        "genai-cost: 1\nproviders:\n  openai:\n    models:\n      gpt-4o:\n        rows:\n"
        f"          - prices:\n              input: {dollars}\n"
    )


@pytest.mark.parametrize(
    ("dollars", "good"),
    [
        pytest.param("0.0000025", False, id="per-token"),
        pytest.param("0.0025", False, id="per-thousand"),
        pytest.param("2500", False, id="thousandfold"),
        pytest.param("0.00125", False, id="per-thousand-and-half-off"),
        pytest.param("0", True, id="free"),
        pytest.param("0.05", True, id="a-fiftieth"),
        pytest.param("100", True, id="fortyfold"),
        pytest.param("2.25", True, id="a-discount"),
    ],
)
def test_a_price_a_thousandfold_off_is_refused_with_its_line(
    tmp_path: Path,
    dollars: str,
    good: bool,  # noqa: FBT001
) -> None:
    edited = Edited(tmp_path / "p", builtin=True)
    _, problems = edited.write(gpt_4o(dollars))
    assert (not problems) is good
    if not good:
        (line,) = problems
        place = "p:8: providers.openai.models.gpt-4o.rows.0.prices.input: input is"
        assert line.startswith(str(tmp_path / place))
        assert "accept_implausible: true" in line
        assert "than the built-in 2.5 USD per million" in line


def test_an_implausible_price_on_purpose_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.write_text(gpt_4o("2500"))
    book = PriceBook([PriceSource(str(path), guards=Guards(accept_implausible=True))])
    outcome = book.reload(0.0)
    assert outcome.problems == ()
    assert ["is the unit right?" in line for line in outcome.warnings] == [True, False]
    quote = book.current.quote(Question("gpt-4o", provider="openai"), {"input": 1_000_000}, 0)
    assert not isinstance(quote, NotPriced)
    assert quote.atto_usd == 2500 * 10**18


def test_in_a_table_that_others_publish_the_model_alone_is_left_out(tmp_path: Path) -> None:
    """LiteLLM once had a price a thousandfold too high; the other thousands were right."""
    path = tmp_path / "p"
    path.write_text(
        '{"gpt-4o": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2.5e-3},'
        ' "gpt-4o-mini": {"litellm_provider": "openai", "mode": "chat",'
        ' "input_cost_per_token": 1e-6}}'
    )
    edited = Edited(path, builtin=True)
    result, problems = edited.write(path.read_text())
    assert (result, problems) == ("changed", ())
    assert edited.dollars("gpt-4o-mini", "openai") == 1
    assert edited.dollars("gpt-4o", "openai") in range(2, 6), "as the built-in table has it"


@pytest.mark.parametrize(
    ("provider", "model", "words"),
    [
        pytest.param("opeanai", "x", "did you mean 'openai'?", id="provider"),
        pytest.param("openai", "gpt4o", "did you mean 'gpt-4o', which is known?", id="hyphen"),
        pytest.param("openai", "GPT_4o", "did you mean 'gpt-4o', which is known?", id="case"),
        pytest.param("openai", "gpt-4o", "", id="known"),
        pytest.param("openai", "GPT-4o", "", id="known-in-capitals"),
        pytest.param("openai", "our-own-model", "", id="own"),
        pytest.param("our-own-gateway", "gpt4o", "", id="own-provider"),
    ],
)
def test_a_name_that_is_nearly_known_is_a_warning(
    tmp_path: Path, provider: str, model: str, words: str
) -> None:
    path = tmp_path / "p"
    path.write_text(
        f"genai-cost: 1\nproviders: {{{provider}: {{models: {{{model}: {{prices: {{input: 2}}}}}}}}}}\n"
    )
    outcome = PriceBook([PriceSource(str(path))]).reload(0.0)
    assert outcome.good
    told = [words in line for line in outcome.warnings if "did you mean" in line]
    assert told == ([True] if words else [])
