"""`workers: 2`: two processes at the doors, one that keeps the books, and nothing else is different."""

# grpc's stubs leave the message types of its generics open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
from __future__ import annotations

import asyncio
import json
import os
import signal
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest

from processor.errors import Code
from processor.model import Signal
from processor.workers.carriers import MOST_ENDS
from tests.doubles.ports import free_ports
from tests.doubles.sink import Failure, Sink
from tests.doubles.until import until
from tests.service.calls import COST, GPT_4O_USD, PRICES, chat, ours, repriced, sent, spans_of
from tests.service.child import Hop, Ports, command, configuration, eventually, logged, started
from tests.service.points import points
from tests.wire.senders import GrpcSender, grpc_sender

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence
    from pathlib import Path

    from opentelemetry.proto.trace.v1.trace_pb2 import Span


SPENT = "gen_ai_usage_cost_total"
TAKEN = "genai_cost_receiver_accepted_spans_total"
SERVING = b"\x08\x01"


@asynccontextmanager
async def shared(
    folder: Path, more: Mapping[str, Any] | None = None, **genai_cost: Any
) -> AsyncGenerator[Hop]:
    """A service with two workers, and both its ends; *more* is for its `service` block."""
    prices = folder / "prices.yaml"
    prices.write_text(PRICES)
    ports = Ports(*free_ports(4))
    async with Sink() as sink:
        config = configuration(ports, sink.endpoint, prices, **genai_cost)
        config["service"] |= {"workers": 2} | dict(more or {})
        async with (
            started(folder, ports, command(folder, config)) as child,
            grpc_sender(ports.grpc) as sender,
        ):
            yield Hop(child, sink, sender, prices)


@asynccontextmanager
async def senders(service: Hop, number: int = 8) -> AsyncGenerator[list[GrpcSender]]:
    """So many connections: each goes to the one worker or the other."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(grpc_sender(service.child.ports.grpc))
            for _ in range(number)
        ]


async def status_of(service: Hop) -> dict[str, Any]:
    _, text = await service.child.get(service.child.ports.page, "/statusz?format=json")
    told: dict[str, Any] = json.loads(text)
    return told


async def pids_of(service: Hop) -> list[int]:
    pids: str = (await status_of(service))["service"]["worker_pids"]
    return [int(pid) for pid in pids.split(", ")]


async def spent(service: Hop, calls: int) -> None:
    """Return once the page says that so many calls were paid for; fails where it says more."""

    async def look() -> bool:
        total = (await service.child.page()).total(SPENT) or 0
        assert total < (calls + 0.5) * GPT_4O_USD
        return total == pytest.approx(calls * GPT_4O_USD)

    await eventually(look)


async def test_calls_over_many_connections_are_counted_exactly(tmp_path: Path) -> None:
    """Over both doors, and one page has it all."""
    async with shared(tmp_path) as service, senders(service) as many:
        replies = await asyncio.gather(
            *(sender.send(sent(chat(), chat())) for sender in many * 5)
        )
        assert {reply.code for reply in replies} == {Code.OK}
        posts = await asyncio.gather(*(service.post(sent(chat())) for _ in range(10)))
        assert set(posts) == {200}
        await spent(service, 90)
        assert all(COST in ours(one) for one in spans_of(service.bodies()))

        async def taken() -> bool:
            page = await service.child.page()
            total = page.total(TAKEN, transport="grpc"), page.total(TAKEN, transport="http")
            return total == (80, 10)

        await eventually(taken)
        (hop,) = (await status_of(service))["next_hops"]
        assert hop["state"] == "takes"
        assert hop["sent"] >= 90  # and the metrics made of them


async def test_a_call_sent_again_over_another_connection_counts_once(tmp_path: Path) -> None:
    """It is stamped as it was the first time, though prices are others by then, for all workers at once."""
    async with shared(tmp_path) as service, senders(service) as many:
        body = sent(chat(), chat())
        await many[0].send(body)
        service.prices.write_text(repriced("99"))
        await logged(service.child, "prices.yaml: 1 row")
        replies = await asyncio.gather(*(sender.send(body) for sender in many))
        assert {reply.code for reply in replies} == {Code.OK}
        first, *others = [[ours(one) for one in spans_of([body])] for body in service.bodies()]
        assert others == [first] * len(many)
        await asyncio.gather(*(sender.send(sent(chat())) for sender in many))
        dear = [ours(one)[COST] for one in spans_of(service.bodies()[-len(many) :])]
        assert dear == [pytest.approx(1420 * 99e-6 + 380 * 10e-6)] * len(many)

        async def counted() -> bool:
            total = (await service.child.page()).total(SPENT)
            return total == pytest.approx(2 * GPT_4O_USD + len(many) * 0.14438)

        await eventually(counted)


async def test_relations_are_seen_across_connections(tmp_path: Path) -> None:
    """A parent's call told again by its child, one answer told by two services: each is billed once."""
    async with shared(tmp_path) as service, senders(service, 6) as many:
        for number in range(0, 6, 2):
            call = chat()
            below = _below(call)
            twin = chat(more={"gen_ai.response.id": "chatcmpl-told-by-two-services"})
            await many[number].send(sent(below))
            await many[number + 1].send(sent(call))
            await many[number].send(sent(twin))
        statuses = [ours(one)["genai_cost.status"] for one in spans_of(service.bodies())]
        assert statuses == [
            "priced",
            "duplicate",
            "priced",
            *["priced", "duplicate", "duplicate"] * 2,
        ]
        await spent(service, 4)


def _below(call: Span) -> Span:
    """The same call, as a library below tells it."""
    made = chat()
    made.trace_id, made.parent_span_id = call.trace_id, call.span_id
    return made


async def test_refusals_travel_in_kind_and_are_counted_as_such(tmp_path: Path) -> None:
    async with shared(tmp_path) as service, senders(service, 4) as many:
        body = sent(chat())
        service.sink.failure = Failure(Code.UNAVAILABLE, "full")
        replies = await asyncio.gather(*(sender.send(body) for sender in many))
        assert {reply.code for reply in replies} == {Code.UNAVAILABLE}
        await spent(service, 0)
        service.sink.failure = None
        await many[0].send(body)
        await spent(service, 1)
        broken = await many[1].send(b"\x0a\xff")
        assert broken.code is Code.INVALID_ARGUMENT


async def test_a_worker_killed_under_load_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Its senders send again; what it had counted stays, what it had under way counts once."""
    async with shared(tmp_path) as service:
        pids = await pids_of(service)
        seen: list[tuple[float, float]] = []
        async with asyncio.TaskGroup() as tasks:
            for number in range(6):
                tasks.create_task(_stubborn(service, 20, number))
            for pid in pids:
                before = len(service.sink.arrivals)
                await until(lambda: len(service.sink.arrivals) >= before + 15)  # noqa: B023 - awaited here
                seen.append(await _counted(service))
                os.kill(pid, signal.SIGKILL)
                await logged(service.child, f"(pid {pid}) ended with SIGKILL")
        await spent(service, 120)
        seen.append(await _counted(service))
        for counter in zip(*seen, strict=True):
            assert list(counter) == sorted(counter)

        async def back() -> bool:
            return len(set(await pids_of(service)) - set(pids)) == 2

        await eventually(back)
        by_id: dict[bytes, set[str]] = {}
        for one in spans_of(service.bodies()):
            by_id.setdefault(one.span_id, set()).add(str(sorted(ours(one).items())))
        assert len(by_id) == 120
        assert all(len(stamps) == 1 for stamps in by_id.values())


async def _counted(service: Hop) -> tuple[float, float]:
    """What the page says was spent, and how many spans were taken."""
    page = await service.child.page()
    return page.total(SPENT) or 0, page.total(TAKEN) or 0


async def _stubborn(service: Hop, requests: int, number: int) -> None:
    """Sends each request until it is taken, on a fresh connection after each failure."""
    stack = AsyncExitStack()
    sender = await stack.enter_async_context(grpc_sender(service.child.ports.grpc))
    for _ in range(requests):
        body = sent(chat(), resource={"service.name": f"shop-{number}"})
        while (await sender.send(body)).code is not Code.OK:
            await stack.aclose()
            sender = await stack.enter_async_context(grpc_sender(service.child.ports.grpc))
    await stack.aclose()


async def test_a_stop_under_load_loses_nothing(tmp_path: Path) -> None:
    """As with one process: answered, counted, the last metrics left, and the exit status is 0."""
    async with (
        shared(tmp_path, metrics={"interval": "1h"}) as service,
        senders(service) as many,
    ):
        service.sink.hold()
        async with asyncio.TaskGroup() as tasks:
            replies = [tasks.create_task(sender.send(sent(chat()))) for sender in many]
            posts = [tasks.create_task(service.post(sent(chat()))) for _ in range(4)]
            await service.sink.reach(waiting=12)
            service.child.signal(signal.SIGTERM)
            await logged(service.child, "stopping")
            status = await service.child.get(service.child.ports.health)
            assert status == (503, '{"status":"stopping"}\n')
            service.sink.release()
        assert {reply.result().code for reply in replies} == {Code.OK}
        assert {post.result() for post in posts} == {200}
        assert await service.child.ended() == 0
        cost = points(service.bodies(Signal.METRICS), COST)
        assert [point.value for point in cost] == [0, pytest.approx(12 * GPT_4O_USD)]
        assert "Traceback" not in service.child.said()


async def test_signals_of_a_terminal_end_no_worker_early(tmp_path: Path) -> None:
    async with shared(tmp_path) as service:
        pids = await pids_of(service)
        for pid in pids:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                os.kill(pid, number)
        await service.send(sent(chat()))
        assert await pids_of(service) == pids
        service.child.signal(signal.SIGINT)
        assert await service.child.ended() == 0
        assert "started again" not in service.child.said()
        await _all_gone(pids)


async def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    async with shared(tmp_path) as service:
        pids = await pids_of(service)
        service.child.signal(signal.SIGKILL)
        await service.child.ended()
        await _all_gone(pids)


async def _all_gone(pids: Sequence[int]) -> None:
    async def look() -> bool:
        return not any(_lives(pid) for pid in pids)

    await eventually(look)


def _lives(pid: int) -> bool:
    """Whether it runs; one that ended and that nobody waited for does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - a path is no help here
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_second_service_on_the_same_ports_says_so(tmp_path: Path, workers: int) -> None:
    """Whatever it has itself; and the first one goes on."""
    async with shared(tmp_path) as service:
        folder = tmp_path / "second"
        folder.mkdir()
        mine = service.child.ports
        config = configuration(
            Ports(mine.grpc, *free_ports(3)), service.sink.endpoint, service.prices
        )
        config["service"]["workers"] = workers
        async with started(folder, mine, command(folder, config), ready=False) as second:
            assert await second.ended() == 1
            words = f"127.0.0.1:{mine.grpc} is taken by another program"
            assert words in second.said()
        assert (await service.send(sent(chat()))).code is Code.OK


async def test_questions_about_prices_go_through_every_worker(tmp_path: Path) -> None:
    """An answer, a refusal, news; and health, which each worker answers by itself."""
    from proto_gen import price_service_pb2 as messages  # noqa: PLC0415 - for this test alone

    service_name = "/genai_cost.v1.PriceService"
    question = messages.QuoteRequest(model="gpt-4o", usage={"input": 1420, "output": 380})
    async with shared(tmp_path) as service, AsyncExitStack() as stack:
        for number in range(6):
            channel: Any = await stack.enter_async_context(_channel(service, number))
            answer = await channel.unary_unary(f"{service_name}/Quote")(
                question.SerializeToString()
            )
            assert messages.QuoteResponse.FromString(answer).cost == GPT_4O_USD
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await channel.unary_unary(f"{service_name}/ListPrices")(b"\xff")
            assert refused.value.code() is Code.INVALID_ARGUMENT
            health = await channel.unary_unary("/grpc.health.v1.Health/Check")(b"")
            assert health == SERVING
            watch = channel.unary_stream(f"{service_name}/WatchTable")(b"")
            assert messages.Table.FromString(await watch.read()).models == 2
            if number == 5:
                service.prices.write_text(repriced("99"))
                assert messages.Table.FromString(await watch.read()).version


@asynccontextmanager
async def _channel(service: Hop, number: int) -> AsyncGenerator[grpc.aio.Channel]:
    options = (("grpc.use_local_subchannel_pool", 1), ("number", number))
    async with grpc.aio.insecure_channel(
        f"127.0.0.1:{service.child.ports.grpc}", options=options
    ) as channel:
        yield channel


async def test_what_workers_queued_on_disk_is_sent_by_one_process(tmp_path: Path) -> None:
    """Each has a queue of its own; with fewer of them none is forgotten."""
    prices = tmp_path / "prices.yaml"
    prices.write_text(PRICES)
    ports = Ports(*free_ports(4))
    async with Sink() as sink:
        config = configuration(ports, sink.endpoint, prices)
        storage = {"directory": str(tmp_path / "queue"), "create_directory": True}
        config["extensions"]["file_storage"] = storage
        config["service"]["extensions"].append("file_storage")
        config["exporters"]["otlp_grpc"]["sending_queue"] = {"storage": "file_storage"}
        config["service"]["workers"] = 3
        sink.failure = Failure(Code.UNAVAILABLE, "away")
        async with started(tmp_path, ports, command(tmp_path, config)) as child:
            service = Hop(child, sink, GrpcSender(grpc.aio.insecure_channel("")), prices)
            async with senders(service, 12) as many:
                replies = await asyncio.gather(*(each.send(sent(chat())) for each in many))
            assert {reply.code for reply in replies} == {Code.OK}
            await spent(service, 12)
            assert await child.stop() == 0
        sink.failure = None
        config["service"]["workers"] = 1
        async with started(tmp_path, ports, command(tmp_path, config)) as child:
            service = Hop(child, sink, GrpcSender(grpc.aio.insecure_channel("")), prices)
            await until(lambda: len(list(spans_of(service.bodies()))) >= 12)
            assert await child.stop() == 0
        assert all(COST in ours(one) for one in spans_of(service.bodies()))


async def test_calls_are_printed_by_whoever_carries_them(tmp_path: Path) -> None:
    """Once each, and that nothing is kept is said once."""
    ports = Ports(*free_ports(4))
    (tmp_path / "prices.yaml").write_text(PRICES)
    config = configuration(ports, "127.0.0.1:1", tmp_path / "prices.yaml")
    config["exporters"] = {"debug": {}}
    for pipeline in config["service"]["pipelines"].values():
        pipeline["exporters"] = ["debug"]
    config["service"]["workers"] = 2
    async with (
        started(tmp_path, ports, command(tmp_path, config)) as child,
        AsyncExitStack() as stack,
    ):
        for _ in range(6):
            sender = await stack.enter_async_context(grpc_sender(ports.grpc))
            await sender.send(sent(chat()))
        await until(
            lambda: child.said().count("gpt-4o input=1420 output=380 $0.00735 priced") == 6
        )
        assert child.said().count("keeps nothing") == 1


async def test_what_a_worker_cannot_open_is_said_before_anything_serves(tmp_path: Path) -> None:
    ports = Ports(*free_ports(4))
    (tmp_path / "prices.yaml").write_text(PRICES)
    (tmp_path / "tls.crt").write_text("rubbish")
    config = configuration(ports, "127.0.0.1:1", tmp_path / "prices.yaml")
    files = dict.fromkeys(("cert_file", "key_file"), str(tmp_path / "tls.crt"))
    config["receivers"]["otlp"]["protocols"]["grpc"]["tls"] = files
    config["service"]["workers"] = 2
    argv = command(tmp_path, config)
    async with started(tmp_path, ports, argv, ready=False) as child:
        assert await child.ended() == 1
        assert "receivers.otlp.protocols.grpc.tls" in child.said()
        assert "Traceback" not in child.said()


async def test_a_service_whose_workers_keep_ending_ends(tmp_path: Path) -> None:
    """It says so, and does not pretend that all went well."""
    async with shared(tmp_path) as service:

        async def end_them() -> bool:
            status, text = await service.child.get(
                service.child.ports.page, "/statusz?format=json"
            )
            pids: str = json.loads(text)["service"]["worker_pids"] if status else ""
            for pid in filter(None, pids.split(", ")):
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            return service.child.process.poll() is not None

        await eventually(end_them)
        assert await service.child.ended() == 1
        said = service.child.said()
        assert said.count("ended with SIGKILL") > MOST_ENDS
        assert "too often: stopping" in said
