"""Sending: every interval, never in the way, everything said at the end."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from processor.metrics import Ledger, MetricsExporter, OtlpView, exporter
from processor.telemetry import Telemetry
from tests.metrics.calls import NOW, charge

if TYPE_CHECKING:
    import pytest


class NextHop:
    """Remembers what it took; refuses when told to; never answers when told to."""

    def __init__(self) -> None:
        self.taken: list[ExportMetricsServiceRequest] = []
        self.refuses = False
        self.hangs = False
        self.asked = asyncio.Event()

    async def send(self, body: bytes) -> None:
        self.asked.set()
        if self.hangs:
            await asyncio.Event().wait()
        if self.refuses:
            raise ConnectionError("nobody there")
        self.taken.append(ExportMetricsServiceRequest.FromString(body))

    def cost(self) -> list[tuple[int, float]]:
        """(time, value) of the cost, as they arrived."""
        return [
            (point.time_unix_nano, point.as_double)
            for request in self.taken
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == "gen_ai.usage.cost"
            for point in metric.sum.data_points
        ]


class Bench:
    """A ledger with one call, its exporter, and what it sends to."""

    def __init__(self, *, interval_s: float = 3600.0) -> None:
        self.hop = NextHop()
        self.ledger = Ledger()
        self.ledger.add([charge()], NOW)
        self.telemetry = Telemetry()
        self.exporter = MetricsExporter(
            OtlpView(self.ledger, version="0"),
            self.hop.send,
            self.telemetry,
            name="otlp_grpc",
            interval_s=interval_s,
            clock_unix_ns=lambda: NOW,
        )

    def exports(self) -> dict[str, float]:
        return {values[1]: n for values, n in self.telemetry.counter("metrics_exports")}


async def test_the_flush_says_the_0_and_then_the_value_at_a_later_time() -> None:
    bench = Bench()
    await bench.exporter.flush()
    (zero_at, zero), (value_at, value) = bench.hop.cost()
    assert (zero, value) == (0.0, 0.00735)
    assert value_at - zero_at >= 1_000_000


async def test_the_flush_says_once_what_is_known_already() -> None:
    bench = Bench()
    await bench.exporter.export()
    await bench.exporter.flush()
    assert [value for _, value in bench.hop.cost()] == [0.0, 0.00735]


async def test_run_exports_every_interval_and_flushes_at_the_end() -> None:
    bench, stopping = Bench(interval_s=0.001), asyncio.Event()
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(bench.exporter.run(stopping))
        await bench.hop.asked.wait()
        bench.ledger.add([charge()], NOW)
        stopping.set()
    assert bench.hop.cost()[0][1] == 0.0
    assert bench.hop.cost()[-1][1] == 0.0147


async def test_stopping_does_not_wait_for_the_interval() -> None:
    bench, stopping = Bench(interval_s=3600), asyncio.Event()
    stopping.set()
    async with asyncio.timeout(10):
        await bench.exporter.run(stopping)
    assert [value for _, value in bench.hop.cost()] == [0.0, 0.00735]


async def test_a_failure_is_logged_once_counted_each_time_and_made_up_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    bench = Bench()
    bench.hop.refuses = True
    for _ in range(3):
        await bench.exporter.export()
    bench.hop.refuses = False
    for _ in range(2):
        await bench.exporter.export()
    assert bench.exports() == {"failed": 3, "sent": 2}
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "nobody there" in caplog.text
    assert [value for _, value in bench.hop.cost()] == [0.0, 0.00735]


async def test_a_next_hop_that_never_answers_does_not_hold_the_end_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporter, "FLUSH_TIMEOUT_S", 0.01)
    bench = Bench()
    bench.hop.hangs = True
    async with asyncio.timeout(10):
        await bench.exporter.flush()
    assert bench.exports() == {"failed": 1}
