"""A price file is followed through every way that files change; nothing of it ever raises."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from pricing import NotPriced, PriceBook, PriceSource, Question, ReloadOutcome
from processor.prices import PriceWatch
from processor.telemetry import Telemetry

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from pathlib import Path

QUESTION = Question("gpt-4o", provider="openai")


def prices(dollars: str) -> str:
    return f"genai-cost: 1\nproviders: {{openai: {{models: {{gpt-4o: {{prices: {{input: {dollars}}}}}}}}}}}\n"


def cost(book: PriceBook) -> int | None:
    """Atto-dollars of a million tokens, shown as dollars."""
    quote = book.current.quote(QUESTION, {"input": 1_000_000}, 0)
    return None if isinstance(quote, NotPriced) else quote.atto_usd // 10**18


class Watched:
    """A running watch that can be waited on."""

    def __init__(self, book: PriceBook) -> None:
        self.book = book
        self.outcomes: list[ReloadOutcome] = []
        self._told = asyncio.Event()
        self.telemetry = Telemetry()
        self.watch = PriceWatch(book, self.telemetry, self._tell, poll_s=0.2)

    def _tell(self, outcome: ReloadOutcome) -> None:
        self.outcomes.append(outcome)
        self._told.set()

    async def until(self, met: Callable[[], bool]) -> None:
        """Waits for outcomes until a condition holds."""
        async with asyncio.timeout(10):
            while not met():
                await self._told.wait()
                self._told.clear()


@asynccontextmanager
async def watched(path: Path) -> AsyncGenerator[Watched]:
    book = PriceBook([PriceSource(str(path))], builtin=False)
    book.reload(0.0)
    running = Watched(book)
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(running.watch.run(stopping))
        await asyncio.sleep(0)
        yield running
        stopping.set()


def overwrite(path: Path, text: str) -> None:
    path.write_text(text)


def rename_over(path: Path, text: str) -> None:
    """As editors and careful writers do."""
    fresh = path.with_name(".fresh")
    fresh.write_text(text)
    fresh.replace(path)


def delete_and_write(path: Path, text: str) -> None:
    path.unlink()
    path.write_text(text)


@pytest.mark.parametrize("change", [overwrite, rename_over, delete_and_write])
async def test_a_changed_file_takes_effect(
    tmp_path: Path, change: Callable[[Path, str], None]
) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(prices("2"))
    async with watched(path) as running:
        change(path, prices("3"))
        await running.until(lambda: cost(running.book) == 3)


def project(folder: Path, version: str, text: str) -> None:
    """What the kubelet does: a new directory, a new symlink, one rename."""
    (folder / version).mkdir()
    (folder / version / "prices.yaml").write_text(text)
    (folder / "..data_tmp").symlink_to(version)
    (folder / "..data_tmp").replace(folder / "..data")


async def test_a_configmap_swap_takes_effect(tmp_path: Path) -> None:
    project(tmp_path, "..1", prices("2"))
    (tmp_path / "prices.yaml").symlink_to("..data/prices.yaml")
    async with watched(tmp_path / "prices.yaml") as running:
        project(tmp_path, "..2", prices("3"))
        await running.until(lambda: cost(running.book) == 3)


async def test_a_file_that_appears_late_takes_effect(tmp_path: Path) -> None:
    path = tmp_path / "not-yet" / "prices.yaml"
    async with watched(path) as running:
        path.parent.mkdir()
        path.write_text(prices("3"))
        await running.until(lambda: cost(running.book) == 3)


@pytest.mark.parametrize(
    "bad", [prices("-1"), "genai-cost: 1\nprovders: {}\n", "\x00", "{", "", "[" * 10_000]
)
async def test_a_broken_file_keeps_the_last_good_prices_and_says_so(
    tmp_path: Path, bad: str
) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(prices("2"))
    async with watched(path) as running:
        rename_over(path, bad)
        await running.until(lambda: bool(running.outcomes))
        outcome = running.outcomes[-1]
        assert (outcome.result, bool(outcome.problems), cost(running.book)) == ("kept", True, 2)
        rename_over(path, prices("3"))
        await running.until(lambda: cost(running.book) == 3)


async def test_a_vanished_file_keeps_the_last_good_prices(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(prices("2"))
    async with watched(path) as running:
        path.unlink()
        await running.until(lambda: bool(running.outcomes))
        assert (running.outcomes[-1].result, cost(running.book)) == ("kept", 2)


async def test_a_request_to_reload_is_always_answered(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(prices("2"))
    async with watched(path) as running:
        running.watch.reload_soon()
        await running.until(lambda: bool(running.outcomes))
        assert running.outcomes[-1].result == "unchanged"
        assert running.telemetry.counter("pricing_reloads") == [(("unchanged",), 1)]


def test_a_broken_file_at_start_is_named_and_the_others_price(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(prices("2"))
    bad.write_text(prices("-1"))
    paths = (good, bad, tmp_path / "none")
    book = PriceBook([PriceSource(str(path)) for path in paths], builtin=False)
    outcomes: list[ReloadOutcome] = []
    telemetry = Telemetry()
    PriceWatch(book, telemetry, outcomes.append).start()
    assert [line.removeprefix(f"{tmp_path}/") for line in outcomes[0].problems] == [
        "bad.yaml:2: providers.openai.models.gpt-4o.prices.input: -1 is negative",
        "none: No such file or directory; write it, or correct the path",
    ]
    assert telemetry.reading("pricing_last_reload_success") == [((), 0.0)]
    assert cost(book) == 2


async def test_a_reload_says_what_changed_and_an_asked_one_that_nothing_did(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    path = tmp_path / "prices.yaml"
    path.write_text(prices("2"))
    async with watched(path) as running:
        rename_over(path, prices("3"))
        await running.until(lambda: cost(running.book) == 3)
        assert f"{path}: 1 row changed (openai/gpt-4o)" in caplog.messages
        rename_over(
            path, prices("3").replace("gpt-4o:", "gpt-5: {prices: {input: 1}}, gpt-4o:")
        )
        await running.until(lambda: len(running.outcomes) == 2)
        assert f"{path}: 1 row added (openai/gpt-5)" in caplog.messages
        running.watch.reload_soon()
        await running.until(lambda: len(running.outcomes) == 3)
        assert caplog.messages[-1] == f"prices are unchanged: {running.book.current.version}"
        version = running.telemetry.reading("pricing_source_version")
        assert version == [((str(path), ""), 1)]
        assert running.telemetry.reading("pricing_source_rows") == [((str(path),), 2)]
        path.unlink()
        await running.until(lambda: running.outcomes[-1].result == "kept")
        assert running.telemetry.reading("pricing_source_success") == [((str(path),), 0.0)]
