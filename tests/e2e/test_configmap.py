"""Prices in a Kubernetes ConfigMap, edited while the sidecar runs: the very YAML of `deploy/kubernetes`.

The kubelet never writes into a mounted file: it makes a new folder beside the old one and turns the
link `..data` to it in one step. That is done here under traffic.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.doubles.ports import free_ports
from tests.e2e.conftest import (
    GENAI_COST,
    eventually,
    get,
    llm_span,
    request_of,
    send,
    values_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.conftest import Program, Sink

SIDECAR = Path(__file__).parents[2] / "deploy" / "kubernetes" / "sidecar.yaml"


def config_map(name: str) -> dict[str, str]:
    documents: Iterator[Any] = yaml.safe_load_all(SIDECAR.read_text())
    return next(one["data"] for one in documents if one["metadata"]["name"] == name)


@dataclass
class Mount:
    """A mounted ConfigMap as the kubelet keeps it."""

    folder: Path
    versions: Iterator[int]

    def put(self, files: dict[str, str]) -> None:
        """Writes a new version beside the old one and swaps the link."""
        data = self.folder / "..data"
        old = data.resolve() if data.is_symlink() else None
        new = self.folder / f"..2026_{next(self.versions)}"
        new.mkdir()
        for name, text in files.items():
            (new / name).write_text(text)
        (self.folder / "..data_tmp").symlink_to(new.name)
        (self.folder / "..data_tmp").rename(data)
        for name in files:
            if not (self.folder / name).is_symlink():
                (self.folder / name).symlink_to(f"..data/{name}")
        if old is not None:
            shutil.rmtree(old)


@dataclass
class Sidecar:
    """The service with the mounted prices, and a client."""

    program: Program
    sink: Sink
    mount: Mount
    door: int
    page: str
    serials: Iterator[int]

    def cost(self) -> float:
        """What a call costs now; fails if the export does."""
        send(self.door, request_of(llm_span(next(self.serials), fresh=1_000_000, output=0)))
        return float(values_of(self.sink.spans()[-1])["gen_ai.usage.cost"])


@pytest.fixture
def sidecar(sink: Sink, start: Callable[..., Program], tmp_path: Path) -> Sidecar:
    (tmp_path / "prices").mkdir()
    mount = Mount(tmp_path / "prices", count(1))
    mount.put(config_map("genai-cost-prices"))
    door, health, page = free_ports(3)
    text = config_map("genai-cost-config")["config.yaml"]
    for there, here in {
        "localhost:14317": f"127.0.0.1:{door}",
        ":14133": f":{health}",
        ":18888": f":{page}",
        "otel-gateway.observability:4317": f"127.0.0.1:{sink.port}",
        "/etc/genai-cost/prices": str(mount.folder),
    }.items():
        assert there in text
        text = text.replace(there, here)
    config = tmp_path / "config.yaml"
    config.write_text(text)
    env = dict(os.environ) | {"POD_IP": "127.0.0.1"}  # noqa: TID251  # what the downward API does
    program = start(GENAI_COST, "run", "--config", config, env=env)
    eventually(
        lambda: get(f"http://127.0.0.1:{health}/"), f"the service to be ready: {program.said()}"
    )
    return Sidecar(program, sink, mount, door, f"http://127.0.0.1:{page}/metrics", count(1))


def repriced(text: str) -> dict[str, str]:
    original = config_map("genai-cost-prices")["pricing.yaml"]
    assert "input: 2.25" in original
    return {"pricing.yaml": original.replace("input: 2.25", text)}


def test_an_edited_config_map_takes_effect_between_two_requests(sidecar: Sidecar) -> None:
    assert sidecar.cost() == 2.25
    sidecar.mount.put(repriced("input: 1.75"))
    seen = [2.25]

    def changed() -> bool:
        seen.append(sidecar.cost())
        return seen[-1] == 1.75

    eventually(changed, f"the new price: {sidecar.program.said()}")
    seen.extend(sidecar.cost() for _ in range(5))
    assert seen == sorted(seen, reverse=True), "a price went back"
    assert set(seen) == {2.25, 1.75}


def test_a_broken_edit_keeps_the_prices_and_is_told(sidecar: Sidecar) -> None:
    sidecar.mount.put(repriced("input: [two"))
    eventually(lambda: "pricing.yaml" in sidecar.program.said(), "the log to name the file")
    assert sidecar.cost() == 2.25
    sidecar.mount.put(repriced("input: 3"))
    eventually(lambda: sidecar.cost() == 3, "the mended file to count")
    assert sidecar.program.stop() == 0
