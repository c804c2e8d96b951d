"""The price service on a real gRPC server: answers, refusals, pages, news, and its modesty."""

# grpc's stubs leave the message types of its generics open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportPrivateUsage=false
from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import NotPriced, PriceBook, PriceSource, Question
from pricing.money import to_text
from pricing.usage import CLASSES
from processor.price_gate import CALL_S, REASONS, Budget, Pauses, Refused, Watchers
from processor.price_questions import MAX_TEXT
from processor.price_service import (
    MAX_MESSAGE_BYTES,
    MEMO_BYTES,
    NAME,
    REFUSED,
    PriceService,
)
from processor.receive.grpc_server import KEEPALIVE
from processor.telemetry import Telemetry
from proto_gen import price_service_pb2 as messages
from tests.cli.texts import PRICES
from tests.doubles.until import until
from tests.service.calls import PRICES as SERVICE_PRICES
from tests.service.child import hop

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

NOW = 1_790_000_000_000_000_000
EOF: Any = getattr(grpc.aio, "EOF")  # noqa: B009 - the stubs forgot it
ANSWERS: dict[str, Any] = {
    "Quote": messages.QuoteResponse,
    "ListPrices": messages.ListPricesResponse,
}


class Client:
    """Calls as any client makes them."""

    def __init__(self, channel: grpc.aio.Channel, target: str = "") -> None:
        self._channel = channel
        self.target = target

    async def raw(self, method: str, request: bytes) -> Any:
        channel: Any = self._channel  # the stubs ask for serializers
        answer: bytes = await channel.unary_unary(f"/{NAME}/{method}")(request)
        return ANSWERS[method].FromString(answer)

    async def quote(self, **fields: Any) -> Any:
        return await self.raw("Quote", messages.QuoteRequest(**fields).SerializeToString())

    async def rows(self, **fields: Any) -> Any:
        request = messages.ListPricesRequest(**fields)
        return await self.raw("ListPrices", request.SerializeToString())

    def watch(self) -> Any:
        channel: Any = self._channel
        return channel.unary_stream(f"/{NAME}/WatchTable")(b"")

    async def refused(self, method: str, request: bytes) -> tuple[grpc.StatusCode, str]:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await self.raw(method, request)
        return error.value.code(), error.value.details() or ""


def rewrite(file: Path, text: str) -> None:
    file.write_text(text)


def book_of(*files: Path, builtin: bool = False) -> PriceBook:
    book = PriceBook([PriceSource(str(file)) for file in files], builtin=builtin)
    book.reload(0)
    return book


@asynccontextmanager
async def serving(
    book: PriceBook, options: Any = (), **given: Any
) -> AsyncGenerator[tuple[Client, PriceService]]:
    served = PriceService(book, now_unix_ns=lambda: NOW, **given)
    server = grpc.aio.server(handlers=[served.service], options=options)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Client(channel, f"127.0.0.1:{port}"), served
        served.stop()
    await server.stop(None)


class Line:
    """Carries bytes both ways until it is cut; then they are lost, and nobody is told."""

    def __init__(self, target: str) -> None:
        self._host, _, self._port = target.rpartition(":")
        self.target = ""
        self.is_cut = False
        self.met = self.carried = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.met += 1
        there, on = await asyncio.open_connection(self._host, int(self._port))
        self.writers += (writer, on)
        await asyncio.gather(self._carry(reader, on), self._carry(there, writer))
        self.carried += 1

    def close(self) -> None:
        for writer in self.writers:
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if not self.is_cut:
                    writer.write(data)
                    await writer.drain()


@asynccontextmanager
async def line_to(client: Client) -> AsyncGenerator[Line]:
    line = Line(client.target)
    async with await asyncio.start_server(line.meet, "127.0.0.1", 0) as listening:
        line.target = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield line
        line.close()
        await until(lambda: line.carried == line.met)


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    file = tmp_path / "prices.yaml"
    file.write_text(PRICES)
    return file


async def test_a_quote(prices: Path) -> None:
    async with serving(book_of(prices)) as (client, _):
        answer = await client.quote(
            model="our-model", provider="OpenAI", usage={"output": 10, "input": 3}
        )
    assert answer.status == "priced"
    assert (answer.cost_usd, answer.cost) == ("0.0000033", 3.3e-06)
    assert [(part.usage_class, part.cost_usd) for part in answer.parts] == [
        ("input", "0.0000003"),
        ("output", "0.000003"),
    ]
    assert answer.row == "openai/our-model"
    assert (answer.match, answer.provider) == ("exact", "openai")
    assert answer.table_version.startswith("unnamed+sha256:")


@pytest.mark.parametrize(
    ("at", "cost"),
    [(0, "4"), (NOW, "4"), (1_700_000_000 * 10**9, "5")],
    ids=["now", "at", "then"],
)
async def test_a_price_is_that_of_its_time(at: int, cost: str, prices: Path) -> None:
    async with serving(book_of(prices)) as (client, _):
        answer = await client.quote(
            model="dated", provider="openai", usage={"input": 1_000_000}, time_unix_nano=at
        )
    assert answer.cost_usd == cost


@pytest.mark.parametrize(
    ("fields", "status", "detail"),
    [
        (
            {"model": "nobody", "usage": {"input": 1}},
            "unknown_model",
            "no provider lists nobody",
        ),
        ({"model": "gpt-4o"}, "no_usage", "nothing was counted"),
        (
            {"model": "gpt-4o", "usage": {"pages": 1}},
            "unsupported_unit",
            "does not price pages",
        ),
    ],
    ids=["model", "usage", "unit"],
)
async def test_no_price_is_an_answer(
    fields: dict[str, Any], status: str, detail: str, prices: Path
) -> None:
    async with serving(book_of(prices)) as (client, _):
        answer = await client.quote(**fields)
    assert answer.status == status
    assert detail in answer.detail
    assert not answer.HasField("cost")
    assert answer.cost_usd == ""


usages = st.dictionaries(
    st.sampled_from([name for name, kind in CLASSES.items() if kind.unit != "second"]),
    st.integers(0, 10**9),
    min_size=1,
    max_size=5,
)


@given(usages, st.sampled_from(["gpt-4o", "claude-sonnet-4-5", "gemini-2.5-pro", "dall-e-3"]))
def test_it_says_what_the_engine_says(usage: dict[str, int], model: str) -> None:
    book = book_of(builtin=True)
    served = PriceService(book, now_unix_ns=lambda: NOW)
    request = messages.QuoteRequest(model=model, usage=usage)
    answer = served._quoted(request.SerializeToString())
    ours = book.current.quote(
        Question(model), {n: usage[n] for n in CLASSES if n in usage}, NOW
    )
    if isinstance(ours, NotPriced):
        assert (answer.status, answer.cost_usd) == (ours.reason, "")
        return
    assert (answer.status, answer.cost_usd) == (ours.status, to_text(ours.atto_usd))
    assert sum(Decimal(part.cost_usd) for part in answer.parts) == Decimal(answer.cost_usd)


async def test_fractions_of_seconds_are_read_as_their_decimals(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(
        "genai-cost: 1\nproviders: {openai: {models: {whisper-1: "
        "{mode: transcription, prices: {audio_seconds: 0.1 per second}}}}}\n"
    )
    async with serving(book_of(file)) as (client, _):
        answer = await client.quote(
            model="whisper-1", operation="transcription", usage={"audio_seconds": 0.1}
        )
    assert answer.cost_usd == "0.01"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"usage": {"input": 1}}, "model: is empty"),
        ({"model": "m" * 1025}, f"model: is longer than {MAX_TEXT}"),
        ({"model": "m", "region": "r" * 1025}, "region: is longer than"),
        ({"model": "m", "usage": {"inptu": 1}}, "usage[inptu]: 'inptu' is no usage class"),
        ({"model": "m", "usage": {"input": -1}}, "usage[input]: -1.0 is no count from 0 to"),
        ({"model": "m", "usage": {"input": float("nan")}}, "usage[input]: nan is no count"),
        ({"model": "m", "usage": {"input": float("inf")}}, "usage[input]: inf is no count"),
        ({"model": "m", "usage": {"input": 1e16}}, "usage[input]: 1e+16 is no count"),
        ({"model": "m", "usage": {"input": 1.5}}, "usage[input]: 1.5 is not whole, as tokens"),
        ({"model": "m", "attributes": {"a" * 2000: ""}}, "is longer than 1024"),
        ({"model": "m", "attributes": {"reigon": "us"}}, "did you mean 'region'?"),
        (
            {"model": "m", "attributes": {"batch": "maybe"}},
            "attributes[batch]: is true or false",
        ),
        ({"model": "m", "attributes": {str(n): "" for n in range(65)}}, "attributes: has 65"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_question_that_makes_no_sense_names_its_field(
    fields: dict[str, Any], words: str, prices: Path
) -> None:
    async with serving(book_of(prices)) as (client, _):
        code, details = await client.refused(
            "Quote", messages.QuoteRequest(**fields).SerializeToString()
        )
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert words in details


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"page_size": -1}, "page_size: -1"),
        ({"usage_class": "inputs"}, "usage_class: 'inputs' is no usage class"),
        ({"page_token": "x"}, "page_token: is none of ours"),
        ({"page_token": "-1.0.v"}, "page_token: is none of ours"),
        ({"page_token": f"{'9' * 40}.0.v"}, "page_token: is none of ours"),
    ],
    ids=str,
)
async def test_a_page_that_makes_no_sense_names_its_field(
    fields: dict[str, Any], words: str, prices: Path
) -> None:
    async with serving(book_of(prices)) as (client, _):
        code, details = await client.refused(
            "ListPrices", messages.ListPricesRequest(**fields).SerializeToString()
        )
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert words in details


@pytest.mark.parametrize("method", ANSWERS)
async def test_what_is_no_request_is_refused(method: str, prices: Path) -> None:
    async with serving(book_of(prices)) as (client, _):
        code, details = await client.refused(method, b"\xff\xff")
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        assert "is the client's .proto ours?" in details
        code, details = await client.refused(method, b"\x00" * (MAX_MESSAGE_BYTES + 1))
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert f"larger than {MAX_MESSAGE_BYTES}" in details


async def pages(client: Client, **fields: Any) -> list[Any]:
    found: list[Any] = [await client.rows(**fields)]
    while found[-1].next_page_token:
        found.append(await client.rows(**fields, page_token=found[-1].next_page_token))
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 100])
async def test_pages_together_are_all_rows_once(size: int, prices: Path) -> None:
    async with serving(book_of(prices)) as (client, _):
        found = await pages(client, page_size=size, history=True)
    assert all(len(page.rows) <= size for page in found)
    rows = [row.row for page in found for row in page.rows]
    assert rows == [
        "openai/dated",
        "openai/dated@2025-01-01",
        "openai/gpt-4o",
        "openai/our-model",
    ]


async def test_the_whole_built_in_table_in_pages() -> None:
    book = book_of(builtin=True)
    async with serving(book, budget=Budget(share=1e9)) as (client, _):
        found = await pages(client, page_size=10_000, history=True)
    assert max(len(page.rows) for page in found) <= 500
    assert sum(len(page.rows) for page in found) == book.current.rows_count


async def test_what_a_row_says(prices: Path) -> None:
    async with serving(book_of(prices)) as (client, _):
        (page,) = await pages(client, model="dated", provider="OpenAI", history=True)
        (now,) = await pages(client, model="openai/da*")
        (none,) = await pages(client, usage_class="images")
    first, second = page.rows
    assert (first.provider, first.model, dict(first.prices)) == (
        "openai",
        "dated",
        {"input": "5"},
    )
    assert not first.HasField("from_unix_nano")
    assert first.to_unix_nano == second.from_unix_nano == 1_735_689_600 * 10**9
    assert [row.row for row in now.rows] == ["openai/dated@2025-01-01"]
    assert list(none.rows) == []


async def test_a_token_does_not_outlive_its_table(prices: Path) -> None:
    book = book_of(prices)
    async with serving(book) as (client, _):
        token = (await client.rows(page_size=1)).next_page_token
        rewrite(prices, PRICES.replace("2.50", "2.75"))
        book.reload(0)
        code, details = await client.refused(
            "ListPrices", messages.ListPricesRequest(page_token=token).SerializeToString()
        )
    assert code is grpc.StatusCode.ABORTED
    assert "begin again" in details


async def test_news_of_the_table_come_at_once_and_with_each_change(prices: Path) -> None:
    book = book_of(prices)
    async with serving(book) as (client, served):
        watch = client.watch()
        first = messages.Table.FromString(await watch.read())
        assert (first.version, first.models, first.rows) == (book.current.version, 3, 4)
        served.reloaded()  # nothing changed: nothing is told
        rewrite(prices, PRICES.replace("2.50", "2.75"))
        book.reload(0)
        served.reloaded()
        second = messages.Table.FromString(await watch.read())
        assert second.version == book.current.version != first.version
        served.stop()
        assert await watch.read() is EOF
        assert len(served.watchers) == 0


async def test_too_many_watchers_are_refused_and_places_come_free(prices: Path) -> None:
    async with serving(book_of(prices), watchers=Watchers(2)) as (client, served):
        watches = [client.watch() for _ in range(2)]
        for watch in watches:
            await watch.read()
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.watch().read()
        assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "2 are watching already" in (error.value.details() or "")
        watches[0].cancel()
        await until(lambda: len(served.watchers) == 1)
        assert await client.watch().read()


async def test_one_address_does_not_take_every_place(prices: Path) -> None:
    async with serving(book_of(prices), watchers=Watchers(9, limit_of_one=1)) as (client, _):
        watch = client.watch()
        await watch.read()
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.watch().read()
        assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "1 are watching from this address already" in (error.value.details() or "")


def test_addresses_are_counted_apart_and_forgotten() -> None:
    watchers = Watchers(9, limit_of_one=1)
    with watchers.place("ipv4:192.0.2.1:1"), watchers.place("ipv6:%5B2001:db8::1%5D:1"):
        with (
            pytest.raises(Refused, match="from this address"),
            watchers.place("ipv4:192.0.2.1:2"),
        ):
            pass
        assert len(watchers) == 2
    assert len(watchers) == 0
    with watchers.place("ipv4:192.0.2.1:3"):
        pass


async def test_a_watch_ends_after_its_time_and_its_place_is_free(prices: Path) -> None:
    async with serving(book_of(prices), watch_s=0) as (client, served):
        watch = client.watch()
        assert await watch.read()
        assert await watch.read() is EOF
        assert len(served.watchers) == 0


async def test_a_watcher_that_vanished_without_a_word_gives_its_place_back(
    prices: Path,
) -> None:
    """Its machine is gone: nothing is closed, and nothing answers any more."""
    quick = [(name, min(value, 300)) for name, value in KEEPALIVE]
    async with (
        serving(book_of(prices), options=quick) as (client, served),
        line_to(client) as line,
        grpc.aio.insecure_channel(line.target) as channel,
    ):
        watch = Client(channel, line.target).watch()
        assert await watch.read()
        assert len(served.watchers) == 1
        line.is_cut = True
        await until(lambda: len(served.watchers) == 0)


async def test_questions_get_their_share_of_time_and_no_more(prices: Path) -> None:
    now = 0.0
    budget = Budget(share=0.5, burst_s=1.0, clock=lambda: now, spent=lambda: now)
    async with serving(book_of(prices), budget=budget) as (client, _):
        question = messages.QuoteRequest(model="gpt-4o", usage={"input": 1}).SerializeToString()
        with budget.work():
            now += (
                4.0  # one second was saved, so three are owed; two of them are earned meanwhile
            )
        code, details = await client.refused("Quote", question)
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "spans come first" in details
        now += 1.9
        await client.refused("Quote", question)
        now += 0.2
        assert (await client.raw("Quote", question)).status == "priced"


async def test_strangers_questions_push_out_nothing_that_spans_asked(prices: Path) -> None:
    book = book_of(prices)
    async with serving(book, budget=Budget(share=1e9)) as (client, served):
        for number in range(1100):
            await client.quote(model=f"m{number}", usage={"input": 1})
        assert book.current.remembered == 0
        assert len(served._found) <= 1024


async def test_long_questions_are_answered_and_not_remembered(prices: Path) -> None:
    async with serving(book_of(prices)) as (client, served):
        await client.quote(model="gpt-4o", usage={"input": 1}, region="r" * MEMO_BYTES)
        assert not served._found
        await client.quote(model="gpt-4o", usage={"input": 1})
        assert len(served._found) == 1


@pytest.mark.parametrize(
    ("given", "request_", "reason"),
    [
        ({}, b"\xff", "invalid"),
        ({}, b"\x00" * (MAX_MESSAGE_BYTES + 1), "too_large"),
        ({"budget": Budget(share=0, burst_s=0)}, b"", "busy"),
    ],
    ids=["invalid", "too_large", "busy"],
)
async def test_refusals_are_counted_by_reason(
    given: dict[str, Any], request_: bytes, reason: str, prices: Path
) -> None:
    telemetry = Telemetry()
    async with serving(book_of(prices), telemetry=telemetry, **given) as (client, _):
        await client.refused("Quote", request_)
    counted = dict(telemetry.counter(REFUSED))
    assert {labels[0]: n for labels, n in counted.items()} == {
        each: int(each == reason) for each in REASONS
    }


async def test_refusals_wait_and_the_waiting_is_bounded() -> None:
    pauses = Pauses(pause_s=3600, limit=2)
    async with asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(pauses.pause()) for _ in range(2)]
        await until(lambda: pauses.held == 2)
        await pauses.pause()  # no room: at once
        for task in waiting:
            task.cancel()
    assert pauses.held == 0


async def test_a_flood_takes_its_share_of_time_and_not_more(prices: Path) -> None:
    """However many ask at once: time spent is what was saved, what came back, and one answer over."""
    now = 0.0
    book = book_of(prices)

    def clock() -> float:
        nonlocal now
        now += 0.001
        return now

    budget = Budget(share=0.2, burst_s=0.1, clock=clock, spent=clock)
    pauses = Pauses(pause_s=0)
    async with serving(book, budget=budget, pauses=pauses) as (client, _):
        question = messages.QuoteRequest(model="gpt-4o", usage={"input": 1}).SerializeToString()
        ended = await asyncio.gather(
            *(client.raw("Quote", question) for _ in range(1000)), return_exceptions=True
        )
    refused = [each for each in ended if isinstance(each, grpc.aio.AioRpcError)]
    assert {each.code() for each in refused} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    answered = len(ended) - len(refused)
    each_s = 0.001 + CALL_S
    assert 0 < answered * each_s <= 0.1 + 0.2 * now + each_s


async def test_beside_the_spans_of_the_real_service(tmp_path: Path) -> None:
    """One port for both; a reload is news; stopping ends the watches and is quick."""
    async with hop(tmp_path) as running:
        target = f"127.0.0.1:{running.child.ports.grpc}"
        async with grpc.aio.insecure_channel(target) as channel:
            client = Client(channel)
            answer = await client.quote(model="nobody", usage={"input": 1})
            assert answer.status == "unknown_model"
            watch = client.watch()
            first = messages.Table.FromString(await watch.read())
            assert first.version == answer.table_version
            rewrite(running.prices, SERVICE_PRICES + "# another digest\n")
            second = messages.Table.FromString(await asyncio.wait_for(watch.read(), 20))
            assert second.version != first.version
            assert await running.child.stop() == 0
            assert await watch.read() is EOF
