"""A thousand reloads under traffic: no request fails or mixes two tables, and nothing piles up.

The real book, watch, enricher and pipeline over a real file; only the next hop has no port.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from typing import TYPE_CHECKING, Self

from pricing import PriceBook, PriceSource
from processor.assembly import enricher
from processor.books import LocalBooks
from processor.calls import Memory
from processor.metrics import Ledger
from processor.model import Signal, Terms
from processor.pipeline import Pipeline
from processor.prices import PriceWatch
from processor.settings import EnrichSettings, Settings
from processor.telemetry import Telemetry
from tests.service.calls import COST, chat, sent, spans_of, values

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from pricing import PriceTable, ReloadOutcome
    from processor.model import Batch

RELOADS = 1000
WARM = 300
MODELS = [f"model-{i}" for i in range(3)]
TERMS = Terms(transport="grpc")
MEMORY_SPANS = 100
# The forms that other details remember are bounded, but a thousand tables do not reach the bound.
SETTINGS = Settings(enrich=EnrichSettings(detail="cost"))


def prices(dollars: int) -> str:
    """Every model at one price, so that a request that mixes two tables shows."""
    models = ", ".join(f"{model}: {{prices: {{input: {dollars}}}}}" for model in MODELS)
    return f"genai-cost: 1\nversion: '{dollars:06}'\nproviders: {{openai: {{models: {{{models}}}}}}}\n"


class Seen:
    """A next hop that looks at what it gets and keeps the costs alone."""

    def __init__(self) -> None:
        self.name = "seen"
        self.costs: list[float] = []
        self.mixed: list[object] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def send(self, batch: Batch, terms: Terms) -> bytes:
        del terms
        await asyncio.sleep(0)  # tables may change between a request's pricing and its counting
        found = {values(span).get(COST) for span in spans_of([batch.body])}
        if len(found) > 1:
            self.mixed.append(found)
        self.costs.append(float(str(found.pop())))
        return b""


class Service:
    """One file, one book, its watch, and the path of requests."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen = Seen()
        self.telemetry = Telemetry()
        self.ledger = Ledger(dimensions=SETTINGS.metrics.dimensions)
        self.book = PriceBook([PriceSource(str(path))], builtin=False)
        self.watch = PriceWatch(self.book, self.telemetry, self._tell, poll_s=3600)
        self.outcomes: dict[str, int] = {}
        self.tables: weakref.WeakSet[PriceTable] = weakref.WeakSet()
        self._told = asyncio.Event()
        books = LocalBooks(
            enricher=enricher(SETTINGS, Memory(MEMORY_SPANS)),
            book=self.book,
            ledger=self.ledger,
            telemetry=self.telemetry,
        )
        self.pipeline = Pipeline(books, {Signal.TRACES: self.seen}, self.telemetry)

    def _tell(self, outcome: ReloadOutcome) -> None:
        self.outcomes[outcome.result] = self.outcomes.get(outcome.result, 0) + 1
        self.tables.add(self.book.current)
        self._told.set()

    async def reprice(self, dollars: int) -> None:
        """A new file, taken up."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(prices(dollars))
        fresh.replace(self.path)
        self.watch.reload_soon()
        while not self.book.current.version.startswith(f"{dollars:06}"):
            await self._told.wait()
            self._told.clear()

    async def traffic(self, done: asyncio.Event) -> None:
        """Requests one after another, each with a span of every model and a million tokens."""
        while not done.is_set():
            spans = (chat(model, fresh=1_000_000, output=0) for model in MODELS)
            await self.pipeline.export(Signal.TRACES, sent(*spans), TERMS)
            await asyncio.sleep(0.001)  # the reading thread gets its turn


def blocks() -> int:
    gc.collect()
    return sys.getallocatedblocks()


async def test_a_thousand_reloads_under_traffic(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("CRITICAL", "genai_cost")  # the lines that pytest keeps would pile up
    path = tmp_path / "prices.yaml"
    path.write_text(prices(1))
    service = Service(path)
    service.watch.start()
    stopping, done = asyncio.Event(), asyncio.Event()
    settled = 0
    async with asyncio.timeout(120), asyncio.TaskGroup() as tasks:
        tasks.create_task(service.watch.run(stopping))
        senders = [tasks.create_task(service.traffic(done)) for _ in range(2)]
        for number in range(2, RELOADS + 2):
            await service.reprice(number)
            if number == WARM:
                settled = blocks() - len(service.seen.costs)
        grown = blocks() - len(service.seen.costs) - settled
        done.set()
        await asyncio.gather(*senders)
        stopping.set()
    assert service.outcomes["changed"] == RELOADS + 1
    assert set(service.outcomes) <= {"changed", "unchanged"}
    assert service.seen.mixed == []
    costs = service.seen.costs
    assert costs == sorted(costs), "no request went back to an older table"
    assert len(set(costs)) > RELOADS / 4, "requests and reloads took turns"
    assert service.telemetry.counter("pricing_faults") == [((), 0)]
    spent = sum(account.atto_usd for account in service.ledger.accounts)
    assert spent == sum(int(cost) for cost in costs) * len(MODELS) * 10**18
    assert grown < 5 * (RELOADS - WARM), f"{grown} blocks more after {RELOADS - WARM} reloads"
    gc.collect()
    assert len(service.tables) <= 2, "tables that nobody uses are gone"
