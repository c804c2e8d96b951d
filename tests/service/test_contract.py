"""The contract's own configuration, as it stands there, starts the service: URL source and all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from processor.settings import loads
from tests.doubles.ports import free_ports
from tests.doubles.sink import Sink
from tests.doubles.until import until
from tests.doubles.web import conditional, web
from tests.e2e.conftest import GENAI_COST
from tests.service.calls import COST, PRICES, chat, repriced, sent
from tests.service.child import Child, Hop, Ports, logged, started
from tests.wire.senders import grpc_sender

if TYPE_CHECKING:
    import pytest

# Section 3 of the contract, word for word.
CONTRACT = Path(__file__).with_name("contract.yaml").read_text()


def moved(folder: Path, ports: Ports, next_hop: str, url: str) -> str:
    """The same with its addresses moved: ports that are free, a file of ours, a URL of loopback."""
    places = {
        "localhost:4317": f"127.0.0.1:{ports.grpc}",
        "localhost:4318": f"127.0.0.1:{ports.http}",
        "localhost:13133": f"127.0.0.1:{ports.health}",
        "host: localhost, port: 8888": f"host: 127.0.0.1, port: {ports.page}",
        "collector:4317": next_hop,
        "/etc/genai-cost/pricing.yaml": str(folder / "pricing.yaml"),
        "https://internal.example.com/llm-pricing.json": url,
    }
    text = CONTRACT
    for old, new in places.items():
        assert len(re.findall(re.escape(old), text)) == 1, old
        text = text.replace(old, new)
    return text


def test_it_is_read_with_nothing_but_what_is_worth_a_warning() -> None:
    settings = loads(CONTRACT, "contract.yaml", {"PRICES_TOKEN": "t0ken", "HOME": "/home/u"})
    file, url = settings.pricing.sources
    assert (file.file, file.url) == ("/etc/genai-cost/pricing.yaml", "")
    assert url.url == "https://internal.example.com/llm-pricing.json"
    assert url.refresh_interval_s == 600
    assert dict(url.headers) == {"authorization": "Bearer t0ken"}
    assert settings.pricing.cache_directory == "/home/u/.cache/genai-cost"
    assert settings.warnings == ()


async def test_it_starts_prices_and_says_what_it_misses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody answers at the URL, and that hinders nothing."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PRICES_TOKEN", "s3cr3t-t0ken")
    (tmp_path / "pricing.yaml").write_text(PRICES)
    *four, nobody = free_ports(5)
    ports = Ports(*four)
    async with Sink() as sink:
        path = tmp_path / "config.yaml"
        url = f"https://127.0.0.1:{nobody}/llm-pricing.json"
        path.write_text(moved(tmp_path, ports, sink.endpoint, url))
        argv = [str(GENAI_COST), "run", "--config", str(path)]
        async with started(tmp_path, ports, argv) as child, grpc_sender(ports.grpc) as sender:
            hop = Hop(child, sink, sender, tmp_path / "pricing.yaml")
            (stamp,) = await hop.stamps(sent(chat()))
            assert stamp[COST] == 0.00735
            await logged(child, "cannot be reached (Connection refused)")
            said = child.said()
            assert "prices are WITHOUT it" in said
            assert "s3cr3t-t0ken" not in said
            page = await child.page()
            assert page.total("genai_cost_pricing_last_reload_success") == 0
            assert page.total("genai_cost_pricing_fetches_total", outcome="unreachable") == 1
            assert await child.stop() == 0


async def test_prices_of_the_url_win_and_a_restart_without_network_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second service cannot reach the server that the first one asked."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PRICES_TOKEN", "s3cr3t-t0ken")
    (tmp_path / "pricing.yaml").write_text(PRICES)
    config = tmp_path / "config.yaml"
    argv = [str(GENAI_COST), "run", "--config", str(config)]
    async with Sink() as sink:
        async with web() as server:
            url = server.at(conditional(repriced("5").encode(), '"v1"'), "/llm-pricing.json")
            ports = Ports(*free_ports(4))
            config.write_text(moved(tmp_path, ports, sink.endpoint, url))
            async with started(tmp_path, ports, argv) as child:
                await until(lambda: any((tmp_path / "cache").rglob("*.prices")), within_s=20)
                assert await priced(child, ports, sink) == 5.0
            assert server.heard[0].headers["authorization"] == "Bearer s3cr3t-t0ken"
        ports = Ports(*free_ports(4))
        config.write_text(moved(tmp_path, ports, sink.endpoint, url))
        async with started(tmp_path, ports, argv) as child:
            assert await priced(child, ports, sink) == 5.0, (
                "from the copy, before anything else"
            )
            await logged(child, "with its last good copy")
            page = await child.page()
            assert page.total("genai_cost_pricing_last_reload_success") == 0, (
                "a copy is no answer"
            )
            assert page.total("genai_cost_pricing_source_success") == 1, "the file's"
            assert "s3cr3t" not in child.said()


async def priced(child: Child, ports: Ports, sink: Sink) -> float:
    """What a million tokens cost now, in dollars."""
    async with grpc_sender(ports.grpc) as sender:
        hop = Hop(child, sink, sender, Path())
        (stamp,) = await hop.stamps(sent(chat(fresh=1_000_000, output=0)))
    return float(stamp[COST])
