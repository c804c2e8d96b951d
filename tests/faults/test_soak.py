"""The service at half of its capacity for MINUTES: memory and open files stay as they are.

What it remembers so that no call counts twice is bounded, and full before the measuring begins: half as many
calls again as it has room for pass first (with less than a minute to run, a few seconds' worth). Capacity is what
senders that never pause get through it just before. A line of figures each minute, in the short form each second.
"""

from __future__ import annotations

import asyncio
import os
import statistics
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

from processor.calls.memory import CAPACITY
from processor.errors import Code
from tests.doubles.ports import free_ports
from tests.doubles.sink import Sink
from tests.faults.measured import mib, open_files
from tests.faults.standing import Way, configured, running
from tests.faults.tally import Figures, Tally, tell
from tests.service.child import Ports
from tests.wire.senders import GrpcSender, grpc_sender

if TYPE_CHECKING:
    from pathlib import Path

    from tests.service.child import Child

MINUTES: Final = float(os.environ.get("MINUTES", "0.05"))  # noqa: TID251 - how long it runs
LONG: Final = MINUTES >= 1
SENDERS: Final = 4
CAPACITY_S: Final = 20.0 if LONG else 1.0
"""For which its capacity is looked at."""
WARM_CALLS: Final = 3 * CAPACITY // 2 if LONG else 0
WARM_S: Final = 10.0
LINES: Final = max(3, round(MINUTES))
FLAT_MIB: Final = 6
"""Between the first and the last third of the lines, once all memories are full."""
GROWS_MIB: Final = 40
"""In the short form, while they fill."""
REMEMBERED: Final = "genai_cost_calls_remembered"


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


async def warm(child: Child, sink: Sink) -> None:
    """Until its memories are full; what they take is told on the way."""
    calls = 0
    while calls < WARM_CALLS:
        calls += (await load(child.ports.grpc, sink, WARM_S)).accepted
        tell(f"warming, {calls} calls", f"{mib(child.process.pid):.1f} MiB")


async def measure(child: Child, sink: Sink, per_s: float) -> list[float]:
    """The load for MINUTES; resident memory at the end of each line."""
    pid, files, found = child.process.pid, open_files(child.process.pid), list[float]()
    for line in range(LINES):
        figures = await load(child.ports.grpc, sink, 60 * MINUTES / LINES, per_s)
        found.append(mib(pid))
        remembered = (await child.page()).total(REMEMBERED) or 0
        now = f"{found[-1]:.1f} MiB, {open_files(pid)} files, {remembered:.0f} calls remembered"
        tell(f"{line + 1} of {LINES}", f"{figures}; {now}")
        assert figures.sent == figures.accepted == figures.arrived
        assert not figures.duplicated
        assert open_files(pid) <= files + SENDERS  # who has just left may not be noticed yet
    return found


async def test_half_of_capacity_leaves_memory_and_files_as_they_are(tmp_path: Path) -> None:
    ports = Ports(*free_ports(4))
    async with Sink() as sink:
        config = configured(tmp_path, ports, sink.endpoint, Way(), timeout="10s")
        async with running(tmp_path, ports, config) as child:
            await warm(child, sink)
            per_s = (await load(ports.grpc, sink, CAPACITY_S)).sent / CAPACITY_S
            tell("capacity with these senders", f"{per_s:.0f} requests a second")
            before_mib = mib(child.process.pid)
            found = await measure(child, sink, per_s / 2)
            third = -(-LINES // 3)
            first, last = (statistics.mean(some) for some in (found[:third], found[-third:]))
            told = f"{before_mib:.1f} MiB before, {first:.1f} in the first third, {last:.1f} in the last"
            tell(f"{MINUTES:g} minutes at half of capacity", told)
            assert last - first < (FLAT_MIB if LONG else GROWS_MIB)
            assert await child.stop() == 0
