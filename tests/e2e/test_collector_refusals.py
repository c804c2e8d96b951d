"""What a Collector refuses travels up through the service as it would have without it.

One Collector behind: it takes traces and passes on what the sink says of them, refuses metrics for want
of memory, and has a queue for logs that nobody empties. Asked directly and through the service, at
either door, with either protocol behind, and with a Collector in front.
"""

from __future__ import annotations

import re
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest
import pytest_asyncio

from processor.errors import RETRYABLE, Code
from processor.model import HTTP_PATH, Signal
from tests.doubles.ports import free_ports
from tests.doubles.rpc_status import Status, delay_s
from tests.doubles.sink import Failure, Sink
from tests.e2e.conftest import from_environment
from tests.e2e.sandwich import ALONE, GRPC, HTTP, CollectorFile, Way, between
from tests.e2e.shapes import each_field
from tests.service.child import Ports, eventually
from tests.wire.senders import HttpReply, grpc_sender, post
from tests.wire.test_in_kind import FACES, RETRY_LATER, WORDS, delayed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

pytestmark = pytest.mark.asyncio(loop_scope="session")
BODIES: Final = {signal: each_field(signal).SerializeToString() for signal in Signal}
LITTLE: Final = {"check_interval": "100ms", "limit_mib": 2, "spike_limit_mib": 1}
FULL: Final = {
    "sending_queue": {"enabled": True, "queue_size": 1, "num_consumers": 1},
    "retry_on_failure": {"enabled": True, "max_elapsed_time": "0s"},
}
BEHIND: Final = {"grpc": GRPC, "http": HTTP}
PROTOBUF: Final = {"content-type": "application/x-protobuf"}


class Heard(NamedTuple):
    """What a sender hears: code over gRPC, status over HTTP."""

    answer: Code | int
    words: str
    delay_s: float | None
    details: list[bytes]
    """What stands beside code and words: over gRPC a status without details is left out."""

    @property
    def may_try_again(self) -> bool:
        """As the specification has it for this protocol."""
        if isinstance(self.answer, int):
            return self.answer in RETRY_LATER
        exhausted = self.answer is Code.RESOURCE_EXHAUSTED and self.delay_s is not None
        return exhausted or self.answer in RETRYABLE

    def elsewhere(self) -> Heard:
        """Without the port that a Collector's HTTP exporter puts into its words."""
        return self._replace(words=re.sub(r"127\.0\.0\.1:\d+", "there", self.words))


class Door(NamedTuple):
    """Where one hop listens."""

    grpc: int
    http: int

    async def ask(self, by: str, signal: Signal) -> Heard:
        """One request by this protocol."""
        if by == "http":
            return over_http(await self._post(signal))
        async with grpc_sender(self.grpc) as sender:
            reply = await sender.send(BODIES[signal], signal=signal)
        delay = delay_s(reply.details) if reply.details else None
        return Heard(reply.code, reply.message, delay, details_of(reply.details))

    async def _post(self, signal: Signal) -> HttpReply:
        return await post(self.http, BODIES[signal], path=HTTP_PATH[signal], headers=PROTOBUF)


def details_of(status: bytes) -> list[bytes]:
    return [one.SerializeToString() for one in Status.FromString(status).details]


def over_http(reply: HttpReply) -> Heard:
    assert reply.headers["content-type"] == "application/x-protobuf"
    wait = reply.headers.get("retry-after")
    assert reply.status != 200, "nobody refused it"
    delay = None if wait is None else float(wait)
    words = Status.FromString(reply.body).message
    return Heard(reply.status, words, delay, details_of(reply.body))


@dataclass
class Refusing:
    """The Collector behind, and every door that leads to it."""

    sink: Sink
    direct: Door
    through: dict[str, Door]
    fronts: dict[str, tuple[Door, Door]]
    """By protocol, a Collector's doors in front of the one behind: without the service, and with it."""


def both(door: Door, folder: Path) -> dict[str, object]:
    """A receiver with both protocols."""
    protocols = [GRPC.receiver(door.grpc, folder), HTTP.receiver(door.http, folder)]
    return {"protocols": protocols[0]["protocols"] | protocols[1]["protocols"]}


def refusing_file(health: int, door: Door, sink: int, dead: int, folder: Path) -> CollectorFile:
    made = CollectorFile(health)
    made.pipe("end", both(door, folder), GRPC.kind, GRPC.exporter(sink, folder, **ALONE))
    made.config["processors"]["memory_limiter"] = LITTLE
    made.config["exporters"]["otlp_grpc/dead"] = GRPC.exporter(dead, folder, **FULL)
    pipelines = made.config["service"]["pipelines"]
    pipelines["metrics/end"]["processors"] = ["memory_limiter"]
    pipelines["logs/end"]["exporters"] = ["otlp_grpc/dead"]
    return made


def port_of(door: Door, way: Way) -> int:
    return door.grpc if way is GRPC else door.http


@asynccontextmanager
async def opened(binary: Path, folder: Path) -> AsyncGenerator[Refusing]:
    ports = iter(free_ports(30))

    def door() -> Door:
        return Door(next(ports), next(ports))

    async with Sink() as sink, AsyncExitStack() as stack:
        direct = door()
        behind = refusing_file(next(ports), direct, sink.port, next(ports), folder)
        await stack.enter_async_context(behind.running(binary, folder / "behind"))
        front = CollectorFile(next(ports))
        hops = Refusing(sink, direct, {}, {})
        for name, way in BEHIND.items():
            through = hops.through[name] = door()
            middle = Ports(through.grpc, through.http, next(ports), next(ports))
            exporters = {way.kind: way.exporter(port_of(direct, way), folder, **ALONE)}
            receiver = both(through, folder)
            await stack.enter_async_context(between(folder / name, middle, receiver, exporters))
            hops.fronts[name] = door(), door()
            for entry, to in zip(hops.fronts[name], (direct, through), strict=True):
                out = way.exporter(port_of(to, way), folder, **ALONE)
                front.pipe(f"to-{entry.grpc}", both(entry, folder), way.kind, out)
        await stack.enter_async_context(front.running(binary, folder / "front"))
        yield hops


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hops(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Refusing]:
    binary = from_environment("GENAI_COST_OTELCOL")
    if not binary:
        pytest.skip("NO COLLECTOR: `make e2e` builds one and sets GENAI_COST_OTELCOL")
    async with opened(Path(binary), tmp_path_factory.mktemp("refusing")) as hops:
        for signal in (Signal.METRICS, Signal.LOGS):  # until there is no memory, and no room

            async def refused(signal: Signal = signal) -> bool:
                return (await hops.direct.ask("grpc", signal)).answer is not Code.OK

            await eventually(refused)
        yield hops


EITHER_DOOR = pytest.mark.parametrize("by", ["grpc", "http"])
EITHER_BEHIND = pytest.mark.parametrize("behind", list(BEHIND))


@EITHER_DOOR
@EITHER_BEHIND
@pytest.mark.parametrize(
    ("signal", "words"),
    [
        pytest.param(
            Signal.METRICS, "data refused due to high memory usage", id="memory-limiter"
        ),
        pytest.param(Signal.LOGS, "sending queue is full", id="full-queue"),
    ],
)
async def test_a_collectors_own_refusal_is_the_senders(
    hops: Refusing, signal: Signal, words: str, by: str, behind: str
) -> None:
    direct = await hops.direct.ask(by, signal)
    assert direct[:2] == (Code.UNAVAILABLE if by == "grpc" else 503, words)
    assert await hops.through[behind].ask(by, signal) == direct
    without, with_service = [await door.ask(by, signal) for door in hops.fronts[behind]]
    assert words in without.words
    assert with_service.elsewhere() == without.elsewhere()


# Over gRPC a sender may not try again without a delay, over HTTP it always may. A Collector says 429 of
# both over HTTP, RESOURCE_EXHAUSTED over gRPC; the service says of the first what is final over HTTP too, and
# of the second what is not final over gRPC.
EXHAUSTED: Final[dict[tuple[str, str], Code | int]] = {
    ("grpc", "grpc"): Code.RESOURCE_EXHAUSTED,
    ("http", "grpc"): 413,
    ("grpc", "http"): Code.UNAVAILABLE,
    ("http", "http"): 429,
}


@EITHER_DOOR
@EITHER_BEHIND
@pytest.mark.parametrize("delay", [False, True], ids=["no-delay", "delay"])
@pytest.mark.parametrize("code", FACES, ids=lambda code: code.name.lower())
async def test_what_a_collector_passes_up_goes_on_up(
    hops: Refusing, code: Code, by: str, behind: str, *, delay: bool
) -> None:
    hops.sink.failure = Failure(code, WORDS, delayed(code) if delay else b"")
    try:
        direct = await hops.direct.ask(by, Signal.TRACES)
        through = await hops.through[behind].ask(by, Signal.TRACES)
        asked_so = await hops.direct.ask(behind, Signal.TRACES)
    finally:
        hops.sink.failure = None
    assert WORDS in direct.words
    assert through.may_try_again == asked_so.may_try_again
    if code is Code.RESOURCE_EXHAUSTED and not delay:
        assert through == direct._replace(answer=EXHAUSTED[by, behind])
    else:
        assert through == direct
