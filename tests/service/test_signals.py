"""Log records and metrics through the real service: priced, counted once, refused as traces are."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from processor.errors import Code
from processor.model import Signal
from tests.doubles.sink import Failure
from tests.service.calls import GPT_4O_USD, chat, ours, put, sent, spans_of
from tests.service.child import Hop, hop
from tests.service.points import points
from tests.signals.logged import DETAILS, written
from tests.signals.points import HISTOGRAM, START_NS, Said
from tests.signals.points import request as metrics

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from opentelemetry.proto.trace.v1.trace_pb2 import Span

pytestmark = pytest.mark.asyncio(loop_scope="session")
START_S = START_NS // 10**9
NO_REQUEST = b"\x0a\x05ab"
ALL = ["spans", "logs", "metrics"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def wide(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Hop]:
    """A service that bills what any signal describes."""
    async with hop(tmp_path_factory.mktemp("signals"), sources=ALL) as opened:
        yield opened


def logged(span: Span, service: str) -> bytes:
    """The conventions' record of the call that a span describes, written in that span."""
    made = ExportLogsServiceRequest()
    resource = made.resource_logs.add()
    put(resource.resource.attributes, "service.name", service)
    record = resource.scope_logs.add().log_records.add(
        time_unix_nano=span.end_time_unix_nano,
        trace_id=span.trace_id,
        span_id=span.span_id,
        event_name=DETAILS,
    )
    record.attributes.extend(span.attributes)
    return made.SerializeToString()


async def spent(where: Hop, service: str) -> float | None:
    page = await where.child.page()
    return page.total("gen_ai_usage_cost_total", service_name=service)


async def test_a_call_that_only_a_record_describes(wide: Hop) -> None:
    body = logged(chat(), "logs-alone")
    for _ in range(3):
        assert (await wide.send(body, Signal.LOGS)).code is Code.OK
    assert len(set(wide.bodies(Signal.LOGS))) == 1
    (said,) = written(wide.bodies(Signal.LOGS)[-1])
    assert said["gen_ai.usage.cost"] == GPT_4O_USD
    assert said["genai_cost.status"] == "priced"
    assert await spent(wide, "logs-alone") == GPT_4O_USD


@pytest.mark.parametrize("first", [Signal.TRACES, Signal.LOGS])
async def test_a_call_in_both_signals_counts_once(wide: Hop, first: Signal) -> None:
    service, call = f"first-{first}", chat()
    bodies = {
        Signal.TRACES: sent(call, resource={"service.name": service}),
        Signal.LOGS: logged(call, service),
    }
    for signal in sorted(bodies, key=lambda signal: signal is not first):
        assert (await wide.send(bodies[signal], signal)).code is Code.OK
    (span,) = spans_of(wide.bodies()[-1:])
    (record,) = written(wide.bodies(Signal.LOGS)[-1])
    statuses = {
        Signal.TRACES: ours(span)["genai_cost.status"],
        Signal.LOGS: record["genai_cost.status"],
    }
    assert statuses.pop(first) == "priced"
    assert list(statuses.values()) == ["duplicate"]
    assert await spent(wide, service) == GPT_4O_USD


async def test_a_refused_record_counts_when_it_is_taken(wide: Hop) -> None:
    body = logged(chat(), "refused-logs")
    wide.sink.failure = Failure(Code.UNAVAILABLE, "later")
    assert (await wide.send(body, Signal.LOGS)).code is Code.UNAVAILABLE
    assert await spent(wide, "refused-logs") is None
    wide.sink.failure = None
    assert (await wide.send(body, Signal.LOGS)).code is Code.OK
    assert await spent(wide, "refused-logs") == GPT_4O_USD


@pytest.mark.parametrize("signal", [Signal.LOGS, Signal.METRICS])
async def test_what_is_no_request_is_refused(wide: Hop, signal: Signal) -> None:
    reply = await wide.send(NO_REQUEST, signal)
    assert reply.code is Code.INVALID_ARGUMENT


async def test_without_the_source_records_pass_as_they_are(running: Hop) -> None:
    body = logged(chat(), "spans-alone")
    assert (await running.send(body, Signal.LOGS)).code is Code.OK
    assert running.bodies(Signal.LOGS)[-1] == body
    assert await spent(running, "spans-alone") is None


async def test_usage_that_only_metrics_report_is_counted_at_the_end(tmp_path: Path) -> None:
    async with hop(tmp_path, sources=ALL) as opened:
        now_s = time.time_ns() // 10**9 + 1
        start_s = now_s - START_S
        usage = [
            Said(value=value, kind=kind, model="gpt-4o", start_s=start_s, at_s=start_s + 9)
            for kind, value in (("input", 1420.0), ("output", 380.0))
        ]
        body = metrics(*usage)
        for _ in range(2):
            assert (await opened.send(body, Signal.METRICS)).code is Code.OK
        assert opened.bodies(Signal.METRICS).count(body) == 2
        assert HISTOGRAM.encode() in body
        assert await opened.child.stop() == 0
        cost = points(opened.bodies(Signal.METRICS), "gen_ai.usage.cost")
        assert cost[-1].value == GPT_4O_USD
        assert cost[-1].attributes["gen_ai.request.model"] == "gpt-4o"
        assert cost[-1].resource["service.name"] == "shop"
