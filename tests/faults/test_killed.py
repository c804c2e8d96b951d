"""The service is killed, and with a queue that lasts nothing that it acknowledged is lost.

GENAI_COST_KILLS says how often (`make soak`: 200). A killed process does not lose what the kernel has
of its files, so that the disk had it before the sender heard so is seen in a trace of its system calls.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import signal
import subprocess
import time
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final

import pytest

from processor.errors import Code
from tests.doubles.ports import free_ports
from tests.doubles.sink import Failure, Sink
from tests.doubles.until import until
from tests.faults.standing import PATIENCE_S, Way, configured
from tests.faults.tally import Tally, numbered, tell
from tests.service.child import Child, Ports, command, started
from tests.wire.senders import grpc_sender

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator
    from pathlib import Path

KILLS: Final = int(os.environ.get("GENAI_COST_KILLS", "5"))  # noqa: TID251 - how long a test runs
SENDERS: Final = 8


@asynccontextmanager
async def running(folder: Path, ports: Ports, endpoint: str) -> AsyncGenerator[Child]:
    """A service whose queue is on disk, before this next hop."""
    config = configured(folder, ports, endpoint, Way("disk"), timeout="2s")
    async with started(folder, ports, command(folder, config)) as child:
        yield child


async def send_until_killed(tally: Tally, port: int, killed: asyncio.Event) -> None:
    async with grpc_sender(port) as sender:
        while not killed.is_set():
            await tally.send(sender.send)


async def killed_once(
    folder: Path, ports: Ports, sink: Sink, tally: Tally, after_s: float
) -> None:
    killed = asyncio.Event()
    async with running(folder, ports, sink.endpoint) as child, asyncio.TaskGroup() as tasks:
        for _ in range(SENDERS):
            tasks.create_task(send_until_killed(tally, ports.grpc, killed))
        await asyncio.sleep(after_s)  # a random moment is the point
        child.signal(signal.SIGKILL)
        await child.ended()
        killed.set()


async def test_what_was_acknowledged_arrives_however_often_it_is_killed(
    tmp_path: Path,
) -> None:
    ports, tally, chance = Ports(*free_ports(4)), Tally(), random.Random(KILLS)  # noqa: S311
    async with Sink() as sink:
        for kill in range(KILLS):
            sink.failure = Failure(Code.UNAVAILABLE, "not now") if kill % 3 == 2 else None
            await killed_once(tmp_path, ports, sink, tally, chance.uniform(0.0, 0.4))
            if kill % 10 == 9:
                waiting = f"{tally.figures(sink.taken)}, if what is on disk yet counts as lost"
                tell(f"{kill + 1} of {KILLS} kills", waiting)
        sink.failure = None
        async with running(tmp_path, ports, sink.endpoint):
            await until(
                lambda: not tally.figures(sink.taken).lost, within_s=PATIENCE_S, every_s=0.5
            )
        figures = tally.figures(sink.taken)
    tell(f"{KILLS} kills", figures)
    assert figures.accepted > KILLS
    assert not figures.lost


async def test_a_next_hop_that_is_away_for_all_of_a_run_gets_it_from_the_next(
    tmp_path: Path,
) -> None:
    ports, tally = Ports(*free_ports(4)), Tally()
    nobody = f"127.0.0.1:{free_ports(1)[0]}"
    async with running(tmp_path, ports, nobody) as child, grpc_sender(ports.grpc) as sender:
        for _ in range(30):
            await tally.send(sender.send)
        page = await child.page()
        assert page.total("genai_cost_exporter_queue_size") == 30
        assert page.total("genai_cost_receiver_accepted_spans_total") == 30
        assert await child.stop() == 0
        assert "30 requests wait on disk for the next start" in child.said()
    async with Sink() as sink, running(tmp_path, ports, sink.endpoint):
        await until(lambda: len(sink.taken) >= 30, within_s=PATIENCE_S)
        figures = tally.figures(sink.taken)
    assert (figures.accepted, figures.arrived, figures.duplicated, figures.lost) == (
        30,
        30,
        0,
        0,
    )


async def test_the_disk_has_it_before_the_sender_hears(tmp_path: Path) -> None:
    """Between sending a request and its answer an fsync of the queue's log begins and ends."""
    strace = shutil.which("strace")
    if strace is None or not can_trace(strace):
        pytest.skip(
            "NO STRACE: install strace, and allow ptrace, to see fsync before the answer"
        )
    ports, trace = Ports(*free_ports(4)), tmp_path / "trace"
    waits: list[tuple[float, float]] = []
    async with Sink() as sink, running(tmp_path, ports, sink.endpoint) as child:
        with traced(strace, child.process.pid, trace) as ready:
            await asyncio.to_thread(ready)
            async with grpc_sender(ports.grpc) as sender:
                for number in range(5):
                    asked_at = time.time()  # noqa: TID251 - the clock of strace
                    assert (await sender.send(numbered(number))).code is Code.OK
                    answered_at = time.time()  # noqa: TID251
                    waits.append((asked_at, answered_at))
    synced = list(fsyncs(trace.read_text().splitlines()))
    for asked_at, answered_at in waits:
        assert any(asked_at < start and end < answered_at for start, end in synced), synced


@contextmanager
def traced(strace: str, pid: int, trace: Path) -> Generator[Callable[[], object]]:
    """Has the fsyncs of a process written down; yields what waits until that has begun."""
    argv = [strace, "-f", "-y", "-ttt", "-T", "-e", "trace=fsync,fdatasync"]
    with subprocess.Popen(  # noqa: S603
        [*argv, "-o", str(trace), "-p", str(pid)], stderr=subprocess.PIPE
    ) as tracer:
        assert tracer.stderr is not None
        yield tracer.stderr.readline  # "Process N attached"
        tracer.terminate()


def can_trace(strace: str) -> bool:
    return subprocess.run([strace, "-o", os.devnull, "true"], check=False).returncode == 0  # noqa: S603


CALL: Final = re.compile(r"(\d+) +([\d.]+) f(?:data)?sync\(\d+<(.*?)>(.*)")
REST: Final = re.compile(r"(\d+) +([\d.]+) <\.\.\. f(?:data)?sync resumed>")
LASTED: Final = re.compile(r"<([\d.]+)>$")


def fsyncs(lines: Iterable[str]) -> Iterator[tuple[float, float]]:
    """When each fsync of the queue's log began and ended, as strace has it."""
    begun: dict[str, float] = {}
    for line in lines:
        call, rest = CALL.match(line), REST.match(line)
        if call and call[3].endswith(".queue-wal"):
            lasted = LASTED.search(call[4])
            if lasted:
                yield float(call[2]), float(call[2]) + float(lasted[1])
            else:  # another thread's call stands between its beginning and its end
                begun[call[1]] = float(call[2])
        elif rest and rest[1] in begun:
            yield begun.pop(rest[1]), float(rest[2])
