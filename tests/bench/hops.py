"""How each hop is started: the bare one, ours, a Collector without and with prices.

A hop is a name, what it needs to start on a port, and which transport it takes and sends by.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import yaml

from tests.bench.rules import transform
from tests.doubles.ports import free_ports

HERE: Final = Path(__file__).parent
_BATCHES: Final = {
    "block_on_overflow": True,
    "batch": {"flush_timeout": "200ms", "min_size": 1000, "max_size": 8192},
}
TOGETHER: Final = {
    "wait_for_result": True,
    "batch": {"flush_timeout": "20ms", "min_size": 40},
}
"""Four small requests leave as one, and each is answered after the next hop did: as many as are outstanding."""
TRANSPORTS: Final = ("grpc", "grpc+gzip", "http", "http+gzip")


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


class Start(Protocol):
    """The command of a hop that is to listen so, with a folder for its files."""

    def __call__(self, ports: Ports, folder: Path, /) -> list[str]: ...


def bare(ports: Ports, _folder: Path) -> list[str]:
    """The floor: it forwards bytes."""
    script = str(HERE / "bare_hop.py")
    return [sys.executable, script, ports.transport, str(ports.own), str(ports.next)]


def ours(
    command: str, *, idle: int = 0, workers: int = 1, together: bool = False, **more: Any
) -> Start:
    """The service with everything on that is on by default; `more` goes to `genai_cost`.

    `idle` exporters wait for logs that never come. `together`: small requests leave in batches.
    """

    def start(ports: Ports, folder: Path) -> list[str]:
        config = _around(ports, {"genai_cost": more})
        config["service"]["workers"] = workers
        (kind, sends), *_ = config["exporters"].items()
        if together:
            sends["sending_queue"] = TOGETHER
        waiting = [f"{kind}/idle-{number}" for number in range(idle)]
        if waiting:
            config["exporters"].update((name, dict(sends)) for name in waiting)
            config["service"]["pipelines"]["logs"] = {
                "receivers": ["otlp"],
                "exporters": waiting,
            }
        return [*command.split(), "run", "--config", _written(config, folder)]

    return start


def collector(
    binary: str,
    *,
    priced: bool = False,
    batched: bool = False,
    together: bool = False,
    back: tuple[int, int] | None = None,
) -> Start:
    """A Collector that acknowledges after the next hop did, as we do.

    Unless it is `batched`: then it makes requests of 1,000 spans, as the README says. `together`: small requests leave in
    batches. With `back` its next hop sends to the first of these ports, and it sends that on to the second.
    """

    def start(ports: Ports, folder: Path) -> list[str]:
        config = _around(ports, {"transform": transform()} if priced else {})
        if back:
            _and_back(config, _around(Ports(ports.transport, *back), {}))
        for exporter in config["exporters"].values():
            exporter["retry_on_failure"] = {"enabled": False}
            exporter["sending_queue"] = _BATCHES if batched else {"enabled": False}
            if together:
                exporter["sending_queue"] = TOGETHER
        page = config["service"]["telemetry"]["metrics"].pop("address")
        host, _, port = page.rpartition(":")
        pull = {"exporter": {"prometheus": {"host": host, "port": int(port)}}}
        config["service"]["telemetry"]["metrics"]["readers"] = [{"pull": pull}]
        return [binary, "--config", _written(config, folder)]

    return start


def _and_back(config: dict[str, Any], second: dict[str, Any]) -> None:
    """A second pipeline beside the first."""
    for part in ("receivers", "exporters"):
        config[part].update((f"{name}/back", each) for name, each in second[part].items())
    pipeline = second["service"]["pipelines"]["traces"]
    named = {key: [f"{name}/back" for name in names] for key, names in pipeline.items()}
    config["service"]["pipelines"]["traces/back"] = named


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
        "timeout": "60s",  # a large request may take long where all hops share few cores
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
            "telemetry": {"metrics": {"address": f"127.0.0.1:{free_ports(1)[0]}"}},
        },
    }


def _written(config: dict[str, Any], folder: Path) -> str:
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(config))
    return str(file)
