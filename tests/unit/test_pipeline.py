"""The whole path with a next hop that does as it is told: what is forwarded, and when it counts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NoReturn, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import PriceBook
from processor.books import LocalBooks
from processor.errors import Code, Refusal
from processor.metrics import Ledger
from processor.model import Signal, Status, Terms
from processor.pipeline import Pipeline
from processor.telemetry import Telemetry
from tests.calls.traffic import CALL_ATTO, LAW, TABLE, call, enricher, ours, request
from tests.doubles.hop import Hop

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pricing import PriceTable
    from processor.enrich import Enriched, Enricher
    from processor.model import Charge
    from processor.telemetry import CounterName

TERMS = Terms(transport="grpc")
NO_REQUEST = b"\x0a\x05ab"  # five bytes announced, two there
# A field nobody knows, nested more deeply than our walk follows, though protobuf does.
ODD = b"\x1b" * 70 + b"\x1c" * 70


class Faulty:
    """An enricher with a fault."""

    def enrich(self, body: bytes, table: PriceTable, now_unix_ns: int) -> Enriched:
        raise ZeroDivisionError(f"{len(body)} {table.version} {now_unix_ns}")


class Torn:
    """Books that cannot be written to."""

    def add(self, charges: Iterable[Charge], now_unix_ns: int) -> NoReturn:
        raise ZeroDivisionError(f"{list(charges)} {now_unix_ns}")


class Path:
    """A pipeline and all that a test looks at."""

    def __init__(
        self,
        hop: Hop,
        *,
        enriching: Enricher | None = None,
        ledger: Ledger | None = None,
        signals: Iterable[Signal] = Signal,
    ) -> None:
        self.hop = hop
        self.ledger = Ledger() if ledger is None else ledger
        self.telemetry = Telemetry()
        book = PriceBook([], builtin=False)
        book.current = TABLE
        books = LocalBooks(
            enricher=enricher() if enriching is None else enriching,
            book=book,
            ledger=self.ledger,
            telemetry=self.telemetry,
        )
        self.pipeline = Pipeline(books, dict.fromkeys(signals, hop), self.telemetry)

    async def export(self, body: bytes, signal: Signal = Signal.TRACES) -> bytes:
        return await self.pipeline.export(signal, body, TERMS)

    @property
    def spent(self) -> int:
        """What was counted, in atto-dollars."""
        return sum(account.atto_usd for account in self.ledger.accounts)

    @property
    def forwarded(self) -> list[bytes]:
        return [batch.body for batch in self.hop.batches]

    def count(self, name: CounterName) -> float:
        return sum(total for _, total in self.telemetry.counter(name))


@pytest.fixture
def hop() -> Hop:
    return Hop(answer=b"\x0a\x00")


async def test_what_is_accepted_is_priced_and_counted(hop: Hop) -> None:
    path = Path(hop)
    assert await path.export(request(call())) == hop.answer
    assert ours(path.forwarded[0])["status"] == "priced"
    assert path.spent == CALL_ATTO
    assert path.ledger.counted(Status.PRICED) == 1
    assert path.count("receiver_accepted_spans") == 1


async def test_requests_and_items_are_counted_as_a_collector_counts_them(hop: Hop) -> None:
    path = Path(hop)
    await path.export(request(call()))
    hop.fails_with = Refusal(Code.UNAVAILABLE, "full")
    with pytest.raises(Refusal):
        await path.export(request(call()))
    hop.fails_with = asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        await path.export(request(call()))
    assert path.telemetry.counter("receiver_requests") == [
        (("otlp", "grpc", "success"), 1),
        (("otlp", "grpc", "refused"), 1),
        (("otlp", "grpc", "failure"), 1),
    ]
    passed = [(("genai_cost", "traces"), 3)]
    assert path.telemetry.counter("processor_incoming_items") == passed
    assert path.telemetry.counter("processor_outgoing_items") == passed


async def test_nothing_is_counted_before_the_next_hop_has_answered(hop: Hop) -> None:
    hop.gate = asyncio.Event()
    path = Path(hop)
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(5):
        tasks.create_task(path.export(request(call())))
        await hop.asked.wait()
        assert path.spent == 0
        hop.gate.set()
    assert path.spent == CALL_ATTO


async def test_the_next_hop_sees_the_charges_of_the_request(hop: Hop) -> None:
    await Path(hop).export(request(call()))
    (batch,) = hop.batches
    assert [charge.atto_usd for charge in batch.charges] == [CALL_ATTO]
    assert (batch.signal, batch.items) == (Signal.TRACES, 1)


RETRYABLE = [
    Refusal(Code.UNAVAILABLE, "full"),
    Refusal(Code.RESOURCE_EXHAUSTED, "", retry_after_s=1),
]
PERMANENT = [
    Refusal(Code.INVALID_ARGUMENT, "no"),
    Refusal(Code.RESOURCE_EXHAUSTED, "too large"),
]


@pytest.mark.parametrize("refusal", RETRYABLE, ids=lambda refusal: refusal.code.name)
async def test_what_may_be_tried_again_counts_when_it_is_taken(
    hop: Hop, refusal: Refusal
) -> None:
    hop.fails_with = refusal
    path = Path(hop)
    for _ in range(3):
        with pytest.raises(Refusal) as caught:
            await path.export(request(call()))
        assert caught.value is refusal
    assert path.spent == 0
    hop.fails_with = None
    await path.export(request(call()))
    assert path.spent == CALL_ATTO
    assert len(set(path.forwarded)) == 1, "it was stamped the same every time"
    assert path.count("receiver_refused_spans") == 3


@pytest.mark.parametrize("refusal", PERMANENT, ids=lambda refusal: refusal.code.name)
async def test_what_is_refused_for_good_counts_since_the_money_was_spent(
    hop: Hop, refusal: Refusal
) -> None:
    hop.fails_with = refusal
    path = Path(hop)
    with pytest.raises(Refusal) as caught:
        await path.export(request(call()))
    assert caught.value is refusal
    assert path.spent == CALL_ATTO
    hop.fails_with = None
    await path.export(request(call()))
    assert path.spent == CALL_ATTO


async def test_what_fails_otherwise_is_not_counted(hop: Hop) -> None:
    """Nobody answered for it: a sender that was cut off will send it again."""
    hop.fails_with = asyncio.CancelledError()
    path = Path(hop)
    with pytest.raises(asyncio.CancelledError):
        await path.export(request(call()))
    assert path.spent == 0
    assert path.count("receiver_failed_spans") == 1
    hop.fails_with = None
    await path.export(request(call()))
    assert path.spent == CALL_ATTO


async def test_a_request_sent_twice_at_the_same_time_counts_once(hop: Hop) -> None:
    """A sender that lost patience sends again while the first is still on its way."""
    hop.gate = asyncio.Event()
    path = Path(hop)
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(5):
        for _ in range(2):
            hop.asked.clear()
            tasks.create_task(path.export(request(call())))
            await hop.asked.wait()
        hop.gate.set()
    assert path.spent == CALL_ATTO
    assert path.ledger.counted(Status.PRICED) == 1


@given(answers=st.lists(st.sampled_from(["take", "later", "never"]), min_size=1, max_size=6))
@LAW
def test_a_request_counts_at_the_first_answer_for_good(answers: list[str]) -> None:
    asyncio.run(_counts_once(answers))


async def _counts_once(answers: list[str]) -> None:
    refusals = {"take": None, "later": RETRYABLE[0], "never": PERMANENT[0]}
    hop = Hop()
    path = Path(hop)
    for n, answer in enumerate(answers):
        hop.fails_with = refusals[answer]
        if hop.fails_with is None:
            await path.export(request(call()))
        else:
            with pytest.raises(Refusal):
                await path.export(request(call()))
        settled = any(each != "later" for each in answers[: n + 1])
        assert path.spent == (CALL_ATTO if settled else 0)


async def test_what_is_no_request_is_refused_and_not_forwarded(hop: Hop) -> None:
    path = Path(hop)
    with pytest.raises(Refusal, match="no ExportTraceServiceRequest") as caught:
        await path.export(NO_REQUEST)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert not caught.value.retryable
    assert hop.batches == []
    assert path.count("walk_faults") == 1


async def test_what_only_we_cannot_read_goes_on_as_it_came(hop: Hop) -> None:
    """Protobuf's own judgement decides what is refused."""
    path = Path(hop)
    body = request(call()) + ODD
    await path.export(body)
    assert path.forwarded == [body]
    assert path.count("walk_faults") == 1
    assert path.count("pricing_faults") == 0


@pytest.mark.parametrize("signal", [Signal.METRICS, Signal.LOGS])
@pytest.mark.parametrize("body", [NO_REQUEST, ODD, b"", b"\xff"], ids=repr)
async def test_metrics_and_logs_go_on_as_they_came_whatever_they_are(
    hop: Hop, signal: Signal, body: bytes
) -> None:
    path = Path(hop)
    assert await path.export(body, signal) == hop.answer
    assert path.forwarded == [body]
    assert path.spent == 0


async def test_a_fault_in_pricing_sends_the_request_on_as_it_came(
    hop: Hop, caplog: pytest.LogCaptureFixture
) -> None:
    path = Path(hop, enriching=cast("Enricher", Faulty()))
    body = request(call())
    assert await path.export(body) == hop.answer
    assert path.forwarded == [body]
    assert path.count("pricing_faults") == 1
    assert "unpriced because of a fault" in caplog.text


async def test_a_fault_in_the_books_is_no_answer_to_the_sender(
    hop: Hop, caplog: pytest.LogCaptureFixture
) -> None:
    """The next hop has it: a sender that was told otherwise would send it again."""
    path = Path(hop, ledger=cast("Ledger", Torn()))
    assert await path.export(request(call())) == hop.answer
    assert path.count("pricing_faults") == 1
    assert "ZeroDivisionError" in caplog.text


async def test_nor_does_it_hide_the_next_hops_own(hop: Hop) -> None:
    hop.fails_with = PERMANENT[0]
    path = Path(hop, ledger=cast("Ledger", Torn()))
    with pytest.raises(Refusal) as caught:
        await path.export(request(call()))
    assert caught.value is PERMANENT[0]


@pytest.mark.parametrize("missing", list(Signal))
async def test_a_signal_without_a_pipeline_is_refused(hop: Hop, missing: Signal) -> None:
    path = Path(hop, signals=[signal for signal in Signal if signal is not missing])
    with pytest.raises(Refusal, match=f"service.pipelines.{missing}") as caught:
        await path.export(b"", missing)
    assert caught.value.code is Code.UNIMPLEMENTED
    assert hop.batches == []


async def test_a_request_without_calls_leaves_as_the_very_bytes(hop: Hop) -> None:
    path = Path(hop)
    body = request(
        call(gen_ai__operation__name="invoke_agent", gen_ai__usage__input_tokens="x")
    )
    plain = body.replace(b"gen_ai.", b"other__")
    await path.export(plain)
    assert path.hop.batches[0].body is plain
    assert path.ledger.accounts == []


async def test_traces_without_a_processor_go_on_unpriced(hop: Hop) -> None:
    telemetry, ledger = Telemetry(), Ledger()
    books = LocalBooks(
        enricher=None,
        book=PriceBook([], builtin=False),
        ledger=ledger,
        telemetry=telemetry,
    )
    pipeline = Pipeline(books, {Signal.TRACES: hop}, telemetry)
    body = request(call())
    await pipeline.export(Signal.TRACES, body, TERMS)
    assert hop.batches[0].body is body
    assert hop.batches[0].items == 1
    assert ledger.accounts == []
