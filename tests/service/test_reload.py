"""Prices change under traffic: between two requests, without a failed one, and never for the worse."""

from __future__ import annotations

import signal
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.doubles.until import until
from tests.service.calls import COST, PRICES, chat, repriced, sent
from tests.service.child import PATIENCE_S, eventually, hop, logged
from tests.service.mount import Mount

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.service.child import Hop

RELOADS = "genai_cost_pricing_reloads_total"
SUCCESS = "genai_cost_pricing_last_reload_success"
BROKEN = PRICES.replace("input: 2.50", "input: [two")
HALF = PRICES[: PRICES.index("gpt-4o-mini") + 4]


@dataclass
class Traffic:
    """Requests one after another until it is enough; every one has to succeed."""

    hop: Hop
    costs: list[float] = field(default_factory=list[float])
    counted: list[float] = field(default_factory=list[float])

    async def call(self) -> float:
        """One call to a model, a million tokens in: what it cost, in dollars."""
        (stamp,) = await self.hop.stamps(sent(chat(fresh=1_000_000, output=0)))
        self.costs.append(float(stamp[COST]))
        return self.costs[-1]

    async def until(self, usd: float) -> None:
        """Call until calls cost so much, and a few times more."""

        async def look() -> bool:
            if len(self.costs) % 10 == 0:
                await self.look_at_counter()
            return await self.call() == usd

        await eventually(look)
        for _ in range(5):
            assert await self.call() == usd
        await self.look_at_counter()

    async def look_at_counter(self) -> None:
        """Note what the counter says."""
        page = await self.hop.child.page()
        self.counted.append(page.total("gen_ai_usage_cost_total") or 0)

    def in_order(self) -> list[float]:
        """The different costs, if none ever came back; the counter never went down."""
        changes = [cost for cost, _ in groupby(self.costs)]
        assert self.counted == sorted(self.counted)
        assert self.counted[-1] == pytest.approx(sum(self.costs), rel=1e-12)
        return changes


def overwrite(path: Path, text: str) -> None:
    """As `cp` or an editor without a temporary file does it."""
    path.write_text(text)


def rename_over(path: Path, text: str) -> None:
    """As careful programs do it."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.rename(path)


@pytest.mark.parametrize("replace", [overwrite, rename_over])
async def test_a_file_replaced_under_traffic_takes_effect_between_two_requests(
    tmp_path: Path, replace: Callable[[Path, str], None]
) -> None:
    async with hop(tmp_path) as service:
        traffic = Traffic(service)
        await traffic.until(2.5)
        replace(service.prices, repriced("1.75"))
        await traffic.until(1.75)
        replace(service.prices, repriced("3"))
        await traffic.until(3)
        assert traffic.in_order() == [2.5, 1.75, 3]
        page = await service.child.page()
        assert page.total(RELOADS, outcome="changed") == 3
        assert page.total("genai_cost_receiver_refused_spans_total") in {None, 0}


async def test_a_config_map_swapped_under_traffic(tmp_path: Path) -> None:
    mount = Mount(tmp_path / "mounted")
    mount.put(PRICES)
    async with hop(tmp_path, mount.file) as service:
        traffic = Traffic(service)
        await traffic.until(2.5)
        for usd in ("1.75", "3"):
            mount.put(repriced(usd))
            await traffic.until(float(usd))
        assert traffic.in_order() == [2.5, 1.75, 3]
        page = await service.child.page()
        assert (page.total(RELOADS, outcome="kept"), page.total(SUCCESS)) == (None, 1)


Put = tuple["Hop", "Callable[[str], None]"]


@asynccontextmanager
async def by_mount(folder: Path) -> AsyncGenerator[Put]:
    mount = Mount(folder / "mounted")
    mount.put(PRICES)
    async with hop(folder, mount.file) as service:
        yield service, mount.put


@asynccontextmanager
async def by_file(folder: Path) -> AsyncGenerator[Put]:
    async with hop(folder) as service:
        yield service, lambda text: rename_over(service.prices, text)


@pytest.mark.parametrize("kept_in", [by_file, by_mount])
@pytest.mark.parametrize(
    ("bad", "word"),
    [
        pytest.param(BROKEN, "YAML", id="no-yaml"),
        pytest.param(HALF, "YAML", id="half-written"),
        pytest.param(PRICES.replace("input: 2.50", "inptu: 2.50"), "inptu", id="a-slip"),
        pytest.param("", "empty", id="empty"),
    ],
)
async def test_a_broken_file_keeps_the_prices_and_says_so_until_it_is_mended(
    tmp_path: Path,
    kept_in: Callable[[Path], AbstractAsyncContextManager[Put]],
    bad: str,
    word: str,
) -> None:
    async with kept_in(tmp_path) as (service, put):
        child, traffic = service.child, Traffic(service)
        await traffic.until(2.5)
        put(bad)
        await logged(child, "prices kept as they were")
        said = [line for line in child.said().splitlines() if "prices kept" in line]
        assert len(said) == 1, "once is enough"
        assert str(service.prices) in said[0]
        assert word in said[0]
        page = await child.page()
        assert (page.total(SUCCESS), page.total(RELOADS, outcome="kept")) == (0, 1)
        await traffic.until(2.5)
        put(repriced("4"))
        await traffic.until(4)
        page = await child.page()
        assert (page.total(SUCCESS), page.total(RELOADS, outcome="kept")) == (1, 1)
        assert traffic.in_order() == [2.5, 4]


async def test_hangup_reads_the_prices_again_and_tells_what_came_of_it(tmp_path: Path) -> None:
    async with hop(tmp_path) as service:
        for times in (1, 2):
            service.child.signal(signal.SIGHUP)

            async def told(times: int = times) -> bool:
                page = await service.child.page()
                return page.total(RELOADS, outcome="unchanged") == times

            await eventually(told)
        service.prices.unlink()
        service.child.signal(signal.SIGHUP)
        await until(lambda: "prices kept" in service.child.said(), within_s=PATIENCE_S)
        assert await Traffic(service).call() == 2.5


async def test_hangup_takes_over_the_terms_and_names_what_waits_for_a_restart(
    tmp_path: Path,
) -> None:
    async with hop(tmp_path) as service:
        child, traffic = service.child, Traffic(service)
        await traffic.until(2.5)
        file = tmp_path / "config.yaml"
        config = yaml.safe_load(file.read_text())
        processor = config["processors"]["genai_cost"]

        def hang_up() -> None:
            file.write_text(yaml.safe_dump(config))
            child.signal(signal.SIGHUP)

        processor["pricing"]["adjustments"] = [{"multiplier": 0.5}]
        hang_up()
        await traffic.until(1.25)
        assert "after a restart" not in child.said()
        processor["pricing"]["adjustments"] = [{"multiplier": "half"}]
        hang_up()
        await logged(child, "configuration kept as it was")
        assert await traffic.call() == 1.25
        processor["pricing"]["adjustments"] = []
        processor["metrics"]["interval"] = "200ms"
        hang_up()
        await traffic.until(2.5)
        (told,) = [line for line in child.said().splitlines() if "after a restart" in line]
        assert told.endswith("processors.genai_cost.metrics")
        assert [cost for cost, _ in groupby(traffic.costs)] == [2.5, 1.25, 2.5]


async def test_a_file_that_is_bad_from_the_start_is_named_and_telemetry_flows(
    tmp_path: Path,
) -> None:
    async with hop(tmp_path, BROKEN) as service:
        said = service.child.said()
        assert f"{service.prices}:" in said
        assert "WITHOUT" in said
        (stamp,) = await service.stamps(sent(chat()))
        assert stamp["genai_cost.status"] == "unknown_model"
        assert COST not in stamp
        assert (await service.child.page()).total(SUCCESS) == 0
        rename_over(service.prices, PRICES)

        async def mended() -> bool:
            return (await service.child.page()).total(SUCCESS) == 1

        await eventually(mended)
        assert await Traffic(service).call() == 2.5


async def test_a_price_that_comes_after_its_calls_is_counted_late(tmp_path: Path) -> None:
    new = PRICES + "      gpt-new: {prices: {input: 4, output: 8}}\n"
    async with hop(tmp_path) as service:
        (stamp,) = await service.stamps(sent(chat("gpt-new", fresh=1_000_000, output=0)))
        assert stamp["genai_cost.status"] == "unknown_model"
        rename_over(service.prices, new)

        async def caught_up() -> bool:
            page = await service.child.page()
            late = page.total("genai_cost_late_total", genai_cost_status="unknown_model")
            return late == 4

        await eventually(caught_up)
        page = await service.child.page()
        assert page.total("gen_ai_usage_cost_total", gen_ai_request_model="gpt-new") == 4
        assert page.total("genai_cost_spans_total", gen_ai_request_model="gpt-new") == 1
        assert (
            "1 calls that came before their price are counted now: $4" in service.child.said()
        )
