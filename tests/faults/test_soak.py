"""The service at half of its capacity for MINUTES: memory and open files stay as they are.

Capacity is what senders that never pause get through it just before. A line of figures each minute, and in
the short form of the suite each second.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

from processor.calls.memory import CAPACITY
from processor.errors import Code
from tests.doubles.sink import Sink
from tests.e2e.conftest import free_ports
from tests.faults.measured import mib, open_files
from tests.faults.standing import Way, configured, running
from tests.faults.tally import Figures, Tally, tell
from tests.service.child import Ports
from tests.wire.senders import GrpcSender, grpc_sender

if TYPE_CHECKING:
    from pathlib import Path

MINUTES: Final = float(os.environ.get("MINUTES", "0.05"))  # noqa: TID251 - how long it runs
SENDERS: Final = 4
WARM_S: Final = min(20.0, 20.0 * MINUTES)
"""Until its memories are as full as they get in so short a time, and its capacity is known."""
GROWS_MIB: Final = 80
"""The calls remembered so that none counts twice are about 50 MiB (`processor/calls/memory.py`), and full
after 65,536 calls: at a few hundred a second within four minutes."""
FLAT_MIB: Final = 16
"""Once they are full: what allocators keep."""
REMEMBERED: Final = "genai_cost_calls_remembered"


LINES: Final = max(3, round(MINUTES))


async def send(tally: Tally, sender: GrpcSender, for_s: float, per_s: float = 0.0) -> None:
    """Send for so long, so many a second; without a rate each as soon as the one before is answered."""
    loop = asyncio.get_running_loop()
    begun, sent = loop.time(), 0
    while (now := loop.time()) < begun + for_s:
        if per_s:
            await asyncio.sleep(max(0.0, begun + sent / per_s - now))
        reply = await tally.send(sender.send)
        assert reply.code is Code.OK, reply
        sent += 1


async def load(port: int, sink: Sink, for_s: float, per_s: float = 0.0) -> Figures:
    """All senders for so long, each on a connection of its own; what came of it, which is then forgotten."""
    tally = Tally()
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        for _ in range(SENDERS):
            sender = await stack.enter_async_context(grpc_sender(port))
            tasks.create_task(send(tally, sender, for_s, per_s / SENDERS))
        # What was taken is counted by number; a long run keeps nothing else of it.
    figures = tally.figures(sink.taken)
    sink.taken.clear()
    sink.arrivals.clear()
    return figures


async def test_half_of_capacity_leaves_memory_and_files_as_they_are(tmp_path: Path) -> None:
    ports = Ports(*free_ports(4))
    async with Sink() as sink:
        config = configured(tmp_path, ports, sink.endpoint, Way(), timeout="10s")
        async with running(tmp_path, ports, config) as child:
            pid = child.process.pid
            per_s = (await load(ports.grpc, sink, WARM_S)).sent / WARM_S
            tell("capacity with these senders", f"{per_s:.0f} requests a second")
            await load(ports.grpc, sink, WARM_S, per_s / 2)
            before_mib, files = mib(pid), open_files(pid)
            full_mib = 0.0
            for line in range(LINES):
                figures = await load(ports.grpc, sink, 60 * MINUTES / LINES, per_s / 2)
                remembered = (await child.page()).total(REMEMBERED) or 0
                if remembered >= CAPACITY and not full_mib:
                    full_mib = mib(pid)
                now = (
                    f"{mib(pid):.1f} MiB (first {before_mib:.1f}), {open_files(pid)} files, "
                    f"{remembered:.0f} calls remembered"
                )
                tell(f"{line + 1} of {LINES}", f"{figures}; {now}")
                assert figures.sent == figures.accepted == figures.arrived
                assert not figures.duplicated
            assert mib(pid) - before_mib < GROWS_MIB
            assert (
                open_files(pid) <= files + SENDERS
            )  # who has just left may not be noticed yet
            assert await child.stop() == 0
