"""A thousand connections, and senders that take their time, through the running service.

Everything accepted arrives, memory and open files are bounded and come back, and others are served
meanwhile. GENAI_COST_ROUNDS says how often each of the thousand sends (`make soak`: 20).
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest

from processor.errors import Code
from tests.doubles.ports import free_ports
from tests.doubles.sink import Sink
from tests.doubles.until import until
from tests.faults.crowd import SENDERS, SLOW, files_for_a_crowd, stalling
from tests.faults.measured import PEAK, forget_peak, mib, open_files
from tests.faults.standing import Way, configured, running
from tests.faults.tally import Tally, numbered, tell
from tests.service.child import Child, Ports, eventually

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from tests.faults.tally import Sending
    from tests.wire.senders import GrpcReply

ROUNDS: Final = int(os.environ.get("GENAI_COST_ROUNDS", "3"))  # noqa: TID251 - how long it runs
CONNECTIONS: Final = 1_000
MIB: Final = 2**20
BROKEN_MIB: Final = 32
BOUND_MIB: Final = 128
"""Of a thousand connections, at about 50 KiB each, and of the calls remembered."""
AGAIN_MIB: Final = 48
"""Of calls remembered, and of what allocators keep."""
SLOW_SENDERS: Final = 100 if ROUNDS < 10 else 500
"""That come to their end, and as many that do not."""
HTTP: Final = {"read_header_timeout": "5s", "read_timeout": "5s"}
AGE: Final = {"max_connection_age": "1s", "max_connection_age_grace": "10s"}
GRPC: Final = {"keepalive": {"server_parameters": AGE}}
"""Nothing else ends a call over gRPC whose sender stays connected and silent."""


@dataclass
class Crowded:
    """A service that many come to."""

    child: Child
    sink: Sink
    rest_mib: float
    rest_files: int

    @property
    def pid(self) -> int:
        """Of the service."""
        return self.child.process.pid

    def held(self) -> str:
        """What it holds now, for people."""
        return (
            f"memory {self.rest_mib:.0f} MiB before, {mib(self.pid, PEAK):.0f} at most, "
            f"{mib(self.pid):.0f} now; files {self.rest_files} before, {open_files(self.pid)} now"
        )

    async def lets_go(self) -> None:
        """Return once it has about as many files as at the beginning."""

        async def as_before() -> bool:
            return open_files(self.pid) <= self.rest_files + 8  # its next hop's come and go

        await eventually(as_before)


@asynccontextmanager
async def crowded(folder: Path, **doors: dict[str, Any]) -> AsyncGenerator[Crowded]:
    """Start it; *doors* are more of its receiver's settings."""
    files_for_a_crowd()
    ports = Ports(*free_ports(4))
    async with Sink() as sink:
        config = configured(folder, ports, sink.endpoint, Way(), timeout="60s")
        for name, more in doors.items():
            config["receivers"]["otlp"]["protocols"][name] |= more
        async with running(folder, ports, config) as child:
            async with SENDERS["grpc"](ports.grpc) as one, SENDERS["http"](ports.http) as two:
                for send in (one, two):  # what is made at the first request is there
                    assert (await send(numbered(1))).code is Code.OK
            pid = child.process.pid
            forget_peak(pid)
            yield Crowded(child, sink, mib(pid), open_files(pid))
            assert await child.stop() == 0
            assert "Traceback" not in child.said()


def port_of(child: Child, door: str) -> int:
    return child.ports.grpc if door == "grpc" else child.ports.http


@asynccontextmanager
async def others(child: Child, tally: Tally) -> AsyncGenerator[None]:
    """Two who send all the while, one at each door, on connections that were there before."""
    enough = asyncio.Event()

    async def keep_sending(send: Sending) -> None:
        while not enough.is_set():
            assert (await tally.send(send)).code is Code.OK

    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        for door, sender in SENDERS.items():
            send = await stack.enter_async_context(sender(port_of(child, door)))
            tasks.create_task(keep_sending(send))
        yield
        least = tally.heard + 10  # they are served to the last
        await until(lambda: tally.heard >= least)
        enough.set()


async def wave(crowd: Crowded, door: str, tally: Tally) -> int:
    """A thousand connect, send, and leave; how many files there were meanwhile."""

    async def some(send: Sending) -> None:
        for _ in range(ROUNDS):
            reply = await tally.send(send)
            assert reply.code is Code.OK, reply

    async with AsyncExitStack() as stack:
        port = port_of(crowd.child, door)
        sends = [
            await stack.enter_async_context(SENDERS[door](port)) for _ in range(CONNECTIONS)
        ]
        async with asyncio.TaskGroup() as tasks:
            for send in sends:
                tasks.create_task(some(send))
        files = open_files(crowd.pid)
    await crowd.lets_go()
    return files


@pytest.mark.parametrize("door", SENDERS)
async def test_a_thousand_connections(door: str, tmp_path: Path) -> None:
    """Twice: what the second thousand find is what the first have left."""
    meanwhile, peak_mib = Tally(), 0.0
    async with crowded(tmp_path) as crowd:
        for number in (1, 2):
            tally = Tally()
            async with others(crowd.child, meanwhile):
                files = await wave(crowd, door, tally)
            figures, beside = (each.figures(crowd.sink.taken) for each in (tally, meanwhile))
            what = f"1,000 connections, {door}, {number} of 2"
            tell(what, f"{figures}; others: {beside}; {files} files, {crowd.held()}")
            assert figures.sent == figures.accepted == figures.arrived == CONNECTIONS * ROUNDS
            assert beside.sent == beside.accepted == beside.arrived
            assert CONNECTIONS <= files - crowd.rest_files <= CONNECTIONS + 16
            before_mib, peak_mib = peak_mib or crowd.rest_mib, mib(crowd.pid, PEAK)
            assert peak_mib - before_mib < (BOUND_MIB if number == 1 else AGAIN_MIB)


@pytest.mark.parametrize("door", SLOW)
async def test_slow_senders(door: str, tmp_path: Path) -> None:
    """Who comes to the end is taken, however slowly; who does not is let go, and held nothing up."""
    slow, stuck, meanwhile = Tally(), Tally(), Tally()
    async with crowded(tmp_path, http=HTTP, grpc=GRPC) as crowd:
        port = port_of(crowd.child, door)
        async with others(crowd.child, meanwhile), asyncio.TaskGroup() as tasks:
            for tally, whole in ((slow, True), (stuck, False)):
                for _ in range(SLOW_SENDERS):
                    tasks.create_task(tally.send(SLOW[door](port, whole=whole)))
        await crowd.lets_go()
        done, never, beside = (
            each.figures(crowd.sink.taken) for each in (slow, stuck, meanwhile)
        )
        tell(f"slow senders, {door}", f"{done}; that never end: {never}; others: {beside}")
        tell(f"slow senders, {door}", crowd.held())
        assert done.sent == done.accepted == done.arrived == SLOW_SENDERS
        assert (never.sent, never.accepted, never.arrived) == (SLOW_SENDERS, 0, 0)
        assert beside.sent == beside.accepted == beside.arrived
        assert mib(crowd.pid, PEAK) - crowd.rest_mib < BOUND_MIB


async def send_once(port: int, body: bytes) -> GrpcReply:
    """On a connection of its own."""
    async with SENDERS["grpc"](port) as send:
        return await send(body)


async def test_messages_that_never_end_hold_what_was_sent_of_them(tmp_path: Path) -> None:
    """gRPC counts for nobody until a message is whole: so much is held, and let go with the connection."""
    halves = [bytes(BROKEN_MIB * MIB) for _ in range(4)]
    async with crowded(tmp_path, grpc=GRPC) as crowd:
        grpc = crowd.child.ports.grpc
        async with stalling(grpc, (BROKEN_MIB - 1) * MIB) as port, asyncio.TaskGroup() as tasks:
            sending = [tasks.create_task(send_once(port, body)) for body in halves]
        assert {each.result().code for each in sending} <= {Code.UNAVAILABLE, Code.CANCELLED}
        await crowd.lets_go()
        tell(f"{len(halves)} messages of {BROKEN_MIB} MiB that never end", crowd.held())
        most = len(halves) * BROKEN_MIB
        assert mib(crowd.pid, PEAK) - crowd.rest_mib < 1.5 * most + 32
        async with SENDERS["grpc"](grpc) as send:
            assert (await send(numbered(2))).code is Code.OK
