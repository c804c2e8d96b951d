"""CPU per span of a running hop: the bare one, ours compiled, ours interpreted, in turn in one run.

    python -m tests.bench.hop [--compiled GENAI_COST] [--interpreted GENAI_COST] [--rounds 5]

CPU is user + system of the hop's own process, from the operating system. No compression on either
side; the answer is given after the next hop's. Only ratios within one run mean anything.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownLambdaType=false, reportDeprecated=false

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING, Final

import grpc
import yaml

from tests.bench.load import fresh, request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE: Final = Path(__file__).parent
EXPORT: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
BIG: Final = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
WORKLOADS: Final = {
    "a: 1,000 spans, half gen_ai, 1.5 KB": (1000, 0.5, 1500),
    "d: 1,000 spans, no gen_ai": (1000, 0.0, 0),
    "b: 1,000 spans, all gen_ai, 6 KB": (1000, 1.0, 6000),
    "c: 1,000 spans, 2 % gen_ai": (1000, 0.02, 1500),
    "e: 10 spans, half gen_ai": (10, 0.5, 1500),
}
TICK: Final = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """A next hop that takes everything."""
    server = grpc.server(futures.ThreadPoolExecutor(4), options=BIG)
    handler = grpc.unary_unary_rpc_method_handler(lambda _body, _context: b"")
    _, service, method = EXPORT.split("/")
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, {method: handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield port
    server.stop(None)


def config(port: int, next_port: int) -> str:
    pipeline = {"receivers": ["otlp"], "processors": ["genai_cost"], "exporters": ["otlp_grpc"]}
    return yaml.safe_dump(
        {
            "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": f"127.0.0.1:{port}"}}}},
            "processors": {"genai_cost": {}},
            "exporters": {
                "otlp_grpc": {
                    "endpoint": f"127.0.0.1:{next_port}",
                    "tls": {"insecure": True},
                    "compression": "none",
                }
            },
            "service": {
                "pipelines": {"traces": pipeline},
                "telemetry": {"metrics": {"address": f"127.0.0.1:{free_port()}"}},
            },
        }
    )


@contextlib.contextmanager
def running(start: Callable[[int, Path], list[str]]) -> Iterator[tuple[int, int]]:
    """(pid, port) of a hop; ended by its id."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        with log.open("wb") as out:
            process = subprocess.Popen(start(port, Path(folder)), stdout=out, stderr=out)  # noqa: S603
        try:
            grpc.channel_ready_future(grpc.insecure_channel(f"127.0.0.1:{port}")).result(30)
            yield process.pid, port
        except grpc.FutureTimeoutError:
            sys.exit(f"the hop does not listen:\n{log.read_text()}")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def rss_mib(pid: int) -> float:
    return (
        int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        * os.sysconf("SC_PAGESIZE")
        / 2**20
    )


def cost_per_span(
    pid: int, port: int, bodies: list[bytes], spans: int, seconds: float
) -> float:
    """µs of CPU per span over a while of requests, four at a time."""
    channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=BIG)
    send = channel.unary_unary(EXPORT, None, None)
    for body in bodies[:2]:
        send(body, timeout=30)
    before, sent, index, end = cpu_s(pid), 0, time.time_ns(), time.monotonic() + seconds
    while time.monotonic() < end:
        batch = [fresh(bodies[(index + i) % len(bodies)], index + i) for i in range(4)]
        calls = [send.future(body, timeout=60) for body in batch]
        for call in calls:
            call.result()
        index, sent = index + 4, sent + 4 * spans
    channel.close()
    return (cpu_s(pid) - before) / sent * 1e6


def ours(command: str, next_port: int) -> Callable[[int, Path], list[str]]:
    """How the service is started on a port."""

    def start(port: int, folder: Path) -> list[str]:
        file = folder / "config.yaml"
        file.write_text(config(port, next_port))
        return [*command.split(), "run", "--config", str(file)]

    return start


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compiled", default=".venv/bin/genai-cost")
    parser.add_argument("--interpreted", default="")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--workloads", default="ad")
    return parser.parse_args()


def report(title: str, found: dict[str, list[float]]) -> None:
    floor = statistics.median(found["bare"])
    print(title)
    for name, costs in found.items():
        middle = statistics.median(costs)
        print(
            f"  {name:12} {middle:8.2f} us/span ({min(costs):.2f} to {max(costs):.2f})"
            f"  {middle / floor:5.2f}x of the bare hop",
            flush=True,
        )


def main() -> None:
    asked = arguments()
    with sink() as next_port, contextlib.ExitStack() as stack:
        bare = [sys.executable, str(HERE / "bare_hop.py")]
        hops = {
            "bare": stack.enter_context(
                running(lambda port, _folder: [*bare, str(port), str(next_port)])
            )
        }
        for name, command in (("compiled", asked.compiled), ("interpreted", asked.interpreted)):
            if command:
                hops[name] = stack.enter_context(running(ours(command, next_port)))
        for title, (spans, share, size) in WORKLOADS.items():
            if title[0] not in asked.workloads:
                continue
            found: dict[str, list[float]] = {name: [] for name in hops}
            for turn in range(asked.rounds):
                count = 100 if spans < 100 else 8
                bodies = [request(spans, share, size, turn * 1000 + n) for n in range(count)]
                for name, (pid, port) in hops.items():
                    found[name].append(cost_per_span(pid, port, bodies, spans, asked.seconds))
            report(title, found)
        for name, (pid, _) in hops.items():
            print(f"resident {name}: {rss_mib(pid):.0f} MiB")


if __name__ == "__main__":
    main()
