"""Hops and their sink as processes: started on free ports, waited for, and ended by their ids."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.bench.hops import HERE, Ports
from tests.doubles.ports import free_ports

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.bench.hops import Start

PATIENCE_S: Final = 30


class Hop(NamedTuple):
    """A running one; its CPU is that of its process, and in its folder is what it says (`log`)."""

    pid: int
    port: int
    folder: Path


class Sink(NamedTuple):
    """The running next hop of all."""

    pid: int
    grpc: int
    http: int

    def port(self, transport: str) -> int:
        """Where it takes what comes by this transport."""
        return self.http if transport.startswith("http") else self.grpc


@contextlib.contextmanager
def sink() -> Generator[Sink]:
    """The next hop, in a process of its own."""
    grpc_port, http_port = free_ports(2)
    command = [sys.executable, str(HERE / "sink.py"), str(grpc_port), str(http_port)]
    with _process(command, http_port, Path(os.devnull)) as pid:
        yield Sink(pid, grpc_port, http_port)


@contextlib.contextmanager
def running(start: Start, transport: str, next_port: int) -> Generator[Hop]:
    """A hop on a free port."""
    (own,) = free_ports(1)
    ports = Ports(transport, own, next_port)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _process(start(ports, folder), ports.own, folder / "log") as pid:
            yield Hop(pid, ports.own, folder)


@contextlib.contextmanager
def _process(command: list[str], port: int, log: Path) -> Generator[int]:
    """Starts a program, waits until it listens, and ends it by its id."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=_environment())  # noqa: S603
        try:
            if not _listens(process, port):
                sys.exit(f"{' '.join(command)} does not listen:\n{log.read_text()}")
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_S)


def _environment() -> dict[str, str]:
    """Without what would make a hop another one: sources instead of what is installed, settings of somebody's shell."""
    strange = ("PYTHONPATH", "PYTHONHOME", "OTEL_", "GO")
    return {k: v for k, v in os.environ.items() if not k.startswith(strange)}  # noqa: TID251


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(0.05)
    return False
