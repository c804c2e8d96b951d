"""How each hop is started: the bare one, ours, a Collector without and with prices; and how all of them are ended.

A hop is a name, what it needs to start on a port, and which transport it takes and sends by.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import yaml

from tests.bench.rules import transform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE: Final = Path(__file__).parent
TRANSPORTS: Final = ("grpc", "grpc+gzip", "http", "http+gzip")
PATIENCE_S: Final = 30


class Ports(NamedTuple):
    """Where a hop listens and where the next one does."""

    transport: str
    own: int
    next: int

    @property
    def protocol(self) -> str:
        """Without the compression."""
        return self.transport.partition("+")[0]

    @property
    def compression(self) -> str:
        return self.transport.partition("+")[2] or "none"


class Hop(NamedTuple):
    """A running one; its CPU is that of its process."""

    pid: int
    port: int


# The command of a hop that is to listen so, with a folder for its files.
Start = "Callable[[Ports, Path], list[str]]"


def bare(ports: Ports, _folder: Path) -> list[str]:
    """The floor: it forwards bytes."""
    script = str(HERE / "bare_hop.py")
    return [sys.executable, script, ports.transport, str(ports.own), str(ports.next)]


def ours(command: str, **more: Any) -> Callable[[Ports, Path], list[str]]:
    """The service with everything on that is on by default; `more` goes to `genai_cost`."""

    def start(ports: Ports, folder: Path) -> list[str]:
        file = _written(_around(ports, {"genai_cost": more}), folder)
        return [*command.split(), "run", "--config", file]

    return start


def collector(binary: str, *, priced: bool = False) -> Callable[[Ports, Path], list[str]]:
    """A Collector that acknowledges after the next hop did, as we do."""

    def start(ports: Ports, folder: Path) -> list[str]:
        config = _around(ports, {"transform": transform()} if priced else {})
        exporter = next(iter(config["exporters"].values()))
        exporter["sending_queue"] = exporter["retry_on_failure"] = {"enabled": False}
        page = config["service"]["telemetry"]["metrics"].pop("address")
        host, _, port = page.rpartition(":")
        pull = {"exporter": {"prometheus": {"host": host, "port": int(port)}}}
        config["service"]["telemetry"]["metrics"]["readers"] = [{"pull": pull}]
        return [binary, "--config", _written(config, folder)]

    return start


def _around(ports: Ports, processors: dict[str, Any]) -> dict[str, Any]:
    """A configuration of one pipeline of traces, in the shape that both read."""
    listens: dict[str, Any] = {"endpoint": f"127.0.0.1:{ports.own}"}
    if ports.protocol == "grpc":
        listens["max_recv_msg_size_mib"] = 64
        exporter, next_hop = "otlp_grpc", f"127.0.0.1:{ports.next}"
    else:
        exporter, next_hop = "otlp_http", f"http://127.0.0.1:{ports.next}"
    sends = {
        "endpoint": next_hop,
        "tls": {"insecure": True},
        "compression": ports.compression,
    }
    pipeline = {
        "receivers": ["otlp"],
        "processors": list(processors),
        "exporters": [exporter],
    }
    return {
        "receivers": {"otlp": {"protocols": {ports.protocol: listens}}},
        "processors": processors,
        "exporters": {exporter: sends},
        "service": {
            "pipelines": {"traces": pipeline},
            "telemetry": {"metrics": {"address": f"127.0.0.1:{free_port()}"}},
        },
    }


def _written(config: dict[str, Any], folder: Path) -> str:
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(config))
    return str(file)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Sink(NamedTuple):
    """The running next hop of all."""

    pid: int
    grpc: int
    http: int

    def port(self, transport: str) -> int:
        """Where it takes what comes by this transport."""
        return self.http if transport.startswith("http") else self.grpc


@contextlib.contextmanager
def sink() -> Iterator[Sink]:
    """The next hop, in a process of its own."""
    grpc_port, http_port = free_port(), free_port()
    command = [sys.executable, str(HERE / "sink.py"), str(grpc_port), str(http_port)]
    with _process(command, http_port) as pid:
        yield Sink(pid, grpc_port, http_port)


@contextlib.contextmanager
def running(
    start: Callable[[Ports, Path], list[str]], transport: str, next_port: int
) -> Iterator[Hop]:
    """A hop on a free port."""
    ports = Ports(transport, free_port(), next_port)
    with (
        tempfile.TemporaryDirectory() as folder,
        _process(start(ports, Path(folder)), ports.own) as pid,
    ):
        yield Hop(pid, ports.own)


@contextlib.contextmanager
def _process(command: list[str], port: int) -> Iterator[int]:
    """Starts a program, waits until it listens, and ends it by its id."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603
        try:
            if not _listens(process, port):
                log.seek(0)
                sys.exit(f"{command[0]} does not listen:\n{log.read().decode()}")
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_S)


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(0.05)
    return False
