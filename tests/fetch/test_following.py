"""A URL is followed: it takes effect, fails, comes back, and a restart without network has its copy."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from processor.fetch import cached
from processor.fetch.asking import Validators
from tests.doubles.until import until
from tests.doubles.web import Behaviour, conditional, raw, reply, silent, web
from tests.fetch.certificates import Authority
from tests.fetch.following import NAME, TIMEOUT_S, Following, following, prices

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def said(caplog: pytest.LogCaptureFixture, words: str) -> list[str]:
    assert "hush" not in caplog.text
    return [line for line in caplog.messages if words in line]


@pytest.fixture(autouse=True)
def info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")


async def test_it_takes_effect_and_is_asked_conditionally_from_then_on(tmp_path: Path) -> None:
    async with web() as server:
        url = server.at(conditional(prices(2), '"a"'))
        async with following(url, tmp_path, interval_s=0.01) as run:
            assert run.dollars is None, "the start waits for nobody"
            await run.costs(2)
            await run.looked("not_modified", 2)
            server.at(conditional(prices(3), '"b"'))
            await run.costs(3)
            assert run.outcomes[-1].good
            assert {o.result for o in run.outcomes} <= {"changed"}
    assert server.heard[1].headers["if-none-match"] == '"a"'


async def test_a_restart_without_network_has_the_last_good_copy(tmp_path: Path) -> None:
    async with web() as server:
        url = server.at(conditional(prices(2), '"a"', "Mon, 23 Nov 2026 10:00:00 GMT"))
        async with following(url, tmp_path) as run:
            await run.costs(2)
            await until(lambda: any(tmp_path.glob("*.prices")))
    async with following(url, tmp_path) as run:
        assert run.dollars == 2, "before anything is asked"
        assert run.outcomes[0].good
        await run.looked("unreachable")
        assert run.dollars == 2


async def test_a_restart_asks_with_the_validators_of_the_copy(tmp_path: Path) -> None:
    async with web() as server:
        url = server.at(conditional(prices(2), '"a"'))
        async with following(url, tmp_path) as run:
            await run.costs(2)
            await until(lambda: any(tmp_path.glob("*.prices")))
        async with following(url, tmp_path) as run:
            await run.looked("not_modified")
            assert run.dollars == 2
    assert server.heard[-1].headers["if-none-match"] == '"a"'


async def test_the_copy_is_private_and_tells_no_secret(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    async with web() as server:
        url = server.at(reply("200 OK", prices(2)), "/p?sig=hush")
        async with following(url, folder) as run:
            await run.costs(2)
            await until(lambda: folder.exists() and any(folder.glob("*.prices")))
    (file,) = folder.iterdir()
    assert b"hush" not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda data: data[:-1],
    "flipped": lambda data: data[:-3] + b"!" + data[-2:],
    "empty": lambda _: b"",
    "no-head": lambda data: data.partition(b"\n")[2],
    "no-body": lambda data: data.partition(b"\n")[0],
    "a-list": lambda _: b"[]\n",
    "deep": lambda _: b"[" * 100_000,
    "other-form": lambda data: data.replace(
        b'"genai-cost-fetched": 1', b'"genai-cost-fetched": 2'
    ),
    "nul": lambda data: b"\0" * len(data),
}


@pytest.mark.parametrize("how", SPOILT)
async def test_a_damaged_copy_is_as_good_as_none(
    tmp_path: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with web() as server:
        url = server.at(silent)
        path = cached.place(str(tmp_path), url)
        cached.save(path, cached.Copy(prices(2), Validators('"a"', "")))
        path.write_bytes(SPOILT[how](path.read_bytes()))
        async with following(url, tmp_path) as run:
            assert run.dollars is None
            assert said(caplog, "cannot be used (damaged)")
            server.at(reply("200 OK", prices(3)))


@pytest.mark.parametrize("how", ["folder", "fifo", "loop"])
async def test_a_copy_that_is_no_file_hinders_nothing(tmp_path: Path, how: str) -> None:
    async with web() as server:
        url = server.at(reply("200 OK", prices(3)))
        path = cached.place(str(tmp_path), url)
        make: dict[str, Callable[[], None]] = {
            "folder": path.mkdir,
            "fifo": lambda: os.mkfifo(path),
            "loop": lambda: path.symlink_to(path),
        }
        make[how]()
        async with following(url, tmp_path) as run:
            await run.costs(3)


async def test_a_folder_that_cannot_be_written_is_a_warning_and_no_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    async with web() as server:
        url = server.at(reply("200 OK", prices(2)))
        async with following(url, tmp_path / "file", interval_s=0.01) as run:
            await run.costs(2)
            await run.looked("fetched", 3)
    assert len(said(caplog, "no copy can be kept in")) == 1


GONE: list[Behaviour] = [
    reply("404 Gone"),
    reply("401 No"),
    reply("500 No"),
    raw(b""),
    reply("302 Go", location="/prices"),
]


@pytest.mark.parametrize("behaviour", GONE, ids=["404", "401", "500", "hangs-up", "loop"])
async def test_gone_for_good_keeps_the_last_good_prices_and_is_said_once(
    tmp_path: Path, behaviour: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    async with web() as server:
        url = server.at(reply("200 OK", prices(2)))
        async with following(url, tmp_path, interval_s=0.01) as run:
            await run.costs(2)
            server.at(behaviour)
            await until(lambda: bool(said(caplog, "with its last good copy")))
            times = len(server.heard)
            await until(lambda: len(server.heard) >= times + 3)
            assert run.dollars == 2
            assert len(said(caplog, "with its last good copy")) == 1
            assert success(run) == (0.0, 0.0), "of the last attempt"
            name = run.book.sources[0].path
            assert run.watch.trouble(name)
            server.at(reply("200 OK", prices(3)))
            await run.costs(3)
            await until(lambda: bool(said(caplog, "answers again")))
            await until(lambda: success(run) == (1.0, 1.0))
            assert run.watch.trouble(name) == ""


async def test_success_is_that_of_the_last_attempt_also_where_nothing_is_new(
    tmp_path: Path,
) -> None:
    async with web() as server:
        url = server.at(conditional(prices(2), '"a"'))
        async with following(url, tmp_path, interval_s=0.01) as run:
            await run.looked("not_modified")
            await until(lambda: success(run) == (1.0, 1.0))
            server.at(reply("500 No"))
            await until(lambda: success(run) == (0.0, 0.0))
            server.at(conditional(prices(2), '"a"'))
            await until(lambda: success(run) == (1.0, 1.0))


async def test_never_there_is_missing_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with web() as server:
        url = server.at(reply("404 Gone"))
        async with following(url, tmp_path, interval_s=0.01) as run:
            await run.looked("gone", 3)
            assert len(said(caplog, "WITHOUT it")) == 1
            assert run.telemetry.reading("pricing_last_reload_success") == [((), 0.0)]
            server.at(reply("200 OK", prices(2)))
            await run.costs(2)
            await until(
                lambda: run.telemetry.reading("pricing_last_reload_success") == [((), 1.0)]
            )


WRONG = [
    pytest.param(b"<!doctype html><title>Log in</title>", id="a-web-page"),
    pytest.param(b"", id="empty"),
    pytest.param(b"\xff\xfe\x00", id="no-text"),
    pytest.param(prices(-1), id="negative"),
    pytest.param(prices("2e9"), id="absurd"),
    pytest.param(prices(2).replace(b"input", b"inptu"), id="a-slip"),
    pytest.param(b"{}", id="no-prices"),
    pytest.param(b"[" * 50_000, id="deep"),
    pytest.param(json.dumps({"message": "unauthorised"}).encode(), id="an-error-with-200"),
]


@pytest.mark.parametrize("body", WRONG)
async def test_wrong_content_is_never_used_and_never_kept(
    tmp_path: Path, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with web() as server:
        url = server.at(conditional(prices(2), '"good"'))
        async with following(url, tmp_path, interval_s=0.01) as run:
            await run.costs(2)
            await until(lambda: any(tmp_path.glob("*.prices")))
            server.at(conditional(body, '"bad"'))
            await until(lambda: bool(run.outcomes) and run.outcomes[-1].result == "kept")
            await run.looked("not_modified")
            assert run.dollars == 2
            assert run.outcomes[-1].problems[0].startswith(NAME)
            assert len(said(caplog, f"prices kept as they were: {NAME}")) >= 1
        server.at(silent)
        async with following(url, tmp_path) as run:
            assert run.dollars == 2, "what was kept is what was good"


async def test_a_hangup_looks_at_once(tmp_path: Path) -> None:
    async with web() as server:
        url = server.at(reply("200 OK", prices(2)))
        async with following(url, tmp_path) as run:
            await run.costs(2)
            server.at(reply("200 OK", prices(3)))
            run.watch.reload_soon()
            await run.costs(3)


async def test_a_server_that_says_nothing_does_not_hold_the_end_open(tmp_path: Path) -> None:
    async with web() as server:
        async with asyncio.timeout(TIMEOUT_S / 2):
            async with following(server.at(silent), tmp_path):
                await until(lambda: bool(server.heard))


async def test_over_tls_with_a_private_ca(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    async with web(ca.server("localhost")) as server:
        url = server.at(conditional(prices(2), '"a"'))
        async with following(url, tmp_path / "kept", interval_s=0.01, ca=ca.file) as run:
            await run.costs(2)
            await run.looked("not_modified")


def age(run: Following) -> float:
    ((_, seen),) = run.telemetry.reading("pricing_source_current_timestamp_seconds")
    return seen


def success(run: Following) -> tuple[float, float]:
    ((_, one),) = run.telemetry.reading("pricing_source_success")
    ((_, whole),) = run.telemetry.reading("pricing_last_reload_success")
    return one, whole


async def test_a_304_for_what_was_refused_makes_nothing_current(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with web() as server:
        url = server.at(conditional(prices(2), '"a"'))
        async with following(url, tmp_path, interval_s=0.01) as run:
            await run.costs(2)
            server.at(conditional(prices(-1), '"bad"'))
            await until(lambda: success(run) == (0.0, 0.0))
            seen = age(run)
            await run.looked("not_modified", run.looks("not_modified") + 3)
            assert age(run) == seen
            server.at(conditional(prices(2), '"a"'))
            await until(lambda: bool(said(caplog, f"{NAME} is good again")))
            await until(lambda: success(run) == (1.0, 1.0))
            await until(lambda: age(run) > seen)


async def test_a_copy_of_an_earlier_run_is_told_from_what_the_server_has(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with web() as server:
        url = server.at(conditional(prices(2), '"a"'))
        path = cached.place(str(tmp_path), url)
        cached.save(path, cached.Copy(prices(2), Validators('"a"', "")))
        os.utime(path, (1_700_000_000, 1_700_000_000))
        server.at(reply("500 No"))
        async with following(url, tmp_path, interval_s=0.01) as run:
            assert said(caplog, "2023-11-14T22:13:20+00:00")
            await run.looked("status")
            assert run.dollars == 2
            assert (success(run), age(run)) == ((0.0, 0.0), 1_700_000_000)
            server.at(conditional(prices(2), '"a"'))
            await until(lambda: success(run) == (1.0, 1.0))
            assert age(run) > 1_700_000_000


async def test_what_was_asked_for_is_told_after_the_server_was_asked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with web() as server:
        url = server.at(reply("200 OK", prices(-1)))
        async with following(url, tmp_path) as run:
            await until(lambda: len(said(caplog, "prices kept as they were")) == 1)
            server.at(reply("200 OK", prices(2)))
            run.watch.reload_soon()
            await until(lambda: bool(said(caplog, "prices are unchanged")))
            assert run.dollars == 2
            assert len(said(caplog, "prices kept as they were")) == 1
