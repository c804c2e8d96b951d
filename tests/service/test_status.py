"""`/statusz` of a running service, over HTTP: everything true, nothing secret, every word escaped."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from processor.errors import Code
from tests.doubles.ports import free_ports
from tests.doubles.sink import Failure, Sink
from tests.service.calls import PRICES, chat, sent
from tests.service.child import (
    Child,
    Ports,
    command,
    configuration,
    hop,
    logged,
    started,
)
from tests.wire.senders import grpc_sender, post

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "s3cr3t-of-the-house"  # noqa: S105 - looked for, and not found
NASTY = "<script>alert('x')</script>&\""


async def told(child: Child) -> dict[str, Any]:
    """What the page says to a program."""
    status, body = await child.get(child.ports.page, "/statusz?format=json")
    assert status == 200
    read: dict[str, Any] = json.loads(body)
    return read


async def test_it_says_what_the_service_is_doing(tmp_path: Path) -> None:
    async with hop(tmp_path) as service:
        assert (await service.send(sent(chat()))).code is Code.OK
        assert (await service.send(sent(chat(model="nobody-sells")))).code is Code.OK
        page = await told(service.child)
    assert page["service"]["state"] == "ready"
    assert page["service"]["uptime_s"] > 0
    assert page["service"]["resident_bytes"] > 2**20
    assert page["prices"]["good"] is True
    assert page["prices"]["rows"] > 0
    (source,) = page["price_sources"]
    assert (source["source"], source["outcome"]) == (str(service.prices), "changed")
    assert source["error"] == ""
    doors = {door["door"]: door for door in page["doors"]}
    assert doors["OTLP/gRPC"]["endpoint"] == f"127.0.0.1:{service.child.ports.grpc}"
    assert {door["tls"] for door in doors.values()} == {"none"}
    (next_hop,) = page["next_hops"]
    assert next_hop["endpoint"] == service.sink.endpoint
    assert next_hop["state"] == "takes"
    assert next_hop["sent"] >= 2
    assert next_hop["queue"] is None
    assert page["memory"]["calls_remembered"] >= 2
    assert page["memory"]["in_flight_bytes"] == 0
    assert page["models_without_price"] == [
        {"model": "nobody-sells", "provider": "openai", "status": "unknown_model", "calls": 1}
    ]
    assert page["warnings_and_errors"] == []


async def test_a_refusing_next_hop_is_on_the_page_until_it_takes_again(tmp_path: Path) -> None:
    async with hop(tmp_path, metrics={"interval": "1h"}) as service:
        service.sink.failure = Failure(Code.UNAVAILABLE, "full up")
        for _ in range(3):
            assert (await service.send(sent(chat()))).code is Code.UNAVAILABLE
        page = await told(service.child)
        (next_hop,) = page["next_hops"]
        assert (next_hop["state"], next_hop["failed"]) == ("refuses", 3)
        assert next_hop["last_refusal"] == "UNAVAILABLE: full up"
        (event,) = page["warnings_and_errors"]
        assert (event["level"], event["count"]) == ("error", 1)
        assert "otlp_grpc refuses" in event["message"]
        service.sink.failure = None
        assert (await service.send(sent(chat()))).code is Code.OK
        (next_hop,) = (await told(service.child))["next_hops"]
    assert (next_hop["state"], next_hop["sent"]) == ("takes", 1)
    assert next_hop["last_refusal"] == "UNAVAILABLE: full up"


async def test_bad_prices_and_a_queue_are_on_the_page(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        child, sink, prices = await _with_secrets(stack, tmp_path)
        sink.hold()
        async with grpc_sender(child.ports.grpc) as sender:
            headers = (("authorization", f"Bearer {SECRET}"),)
            for _ in range(3):
                reply = await sender.send(sent(chat()), headers=headers)
                assert reply.code is Code.OK
        prices.write_text("genai-cost: 1\nproviders: 7\n")
        await logged(child, "prices kept as they were")
        page = await told(child)
        sink.release()
    (source,) = page["price_sources"]
    assert (source["outcome"], source["good"]) == ("kept", False)
    assert source["error"].startswith(str(prices))
    assert page["prices"]["good"] is False
    (next_hop,) = page["next_hops"]
    assert (next_hop["queue"], next_hop["queue_capacity"]) == (3, 1000)
    assert (next_hop["queue_unit"], next_hop["queue_in"]) == ("requests", "memory")
    grpc, *_ = page["doors"]
    assert grpc["auth"] == "bearer token"


async def test_no_secret_is_on_the_page(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        child, _, _ = await _with_secrets(stack, tmp_path)
        async with grpc_sender(child.ports.grpc) as sender:
            headers = (("authorization", f"Bearer {SECRET}"),)
            assert (await sender.send(sent(chat()), headers=headers)).code is Code.OK
        for path in ("/statusz", "/statusz?format=json"):
            status, body = await child.get(child.ports.page, path)
            assert status == 200
            assert "otlp_grpc" in body
            assert SECRET not in body


async def _with_secrets(stack: AsyncExitStack, folder: Path) -> tuple[Child, Sink, Path]:
    """A service with a queue in memory and a secret wherever there may be one."""
    ports, prices = Ports(*free_ports(4)), folder / "prices.yaml"
    prices.write_text(PRICES)
    sink = await stack.enter_async_context(Sink())
    config = configuration(ports, sink.endpoint, prices, metrics={"interval": "1h"})
    config["extensions"]["bearertokenauth"] = {"token": SECRET}
    doors = config["receivers"]["otlp"]["protocols"]
    doors["grpc"]["auth"] = {"authenticator": "bearertokenauth"}
    config["service"]["extensions"].append("bearertokenauth")
    config["exporters"]["otlp_grpc"] |= {
        "headers": {"x-api-key": SECRET},
        "sending_queue": {"enabled": True},
    }
    child = await stack.enter_async_context(started(folder, ports, command(folder, config)))
    return child, sink, prices


class Seen(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.words: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words.append(data)


async def test_for_people_it_is_one_page_without_anything_from_elsewhere(
    tmp_path: Path,
) -> None:
    """Whatever a model is called: words from outside are words, never markup."""
    async with hop(tmp_path) as service:
        assert (await service.send(sent(chat(model=NASTY)))).code is Code.OK
        reply = await post(service.child.ports.page, path="/statusz", method="GET", headers={})
    assert reply.status == 200
    headers = {name.lower(): value for name, value in reply.headers.items()}
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    seen = Seen()
    seen.feed(reply.body.decode())
    assert NASTY in seen.words
    assert seen.tags.isdisjoint({"script", "link", "img", "iframe"})
    assert seen.attributes.isdisjoint({"src", "onclick", "onload"})
    assert "color-scheme: light dark" in reply.body.decode()


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        pytest.param("/statusz", "", "text/html", id="nothing-said"),
        pytest.param("/statusz", "application/json", "application/json", id="a-program"),
        pytest.param("/statusz", "text/html,application/json;q=0.9", "text/html", id="browser"),
        pytest.param(
            "/statusz?format=json", "text/html", "application/json", id="address-wins"
        ),
        pytest.param("/statusz?format=html", "application/json", "text/html", id="either-way"),
    ],
)
@pytest.mark.asyncio(loop_scope="session")
async def test_programs_are_answered_in_json(
    running: Any, path: str, accept: str, kind: str
) -> None:
    headers = {"accept": accept} if accept else {}
    reply = await post(running.child.ports.page, path=path, method="GET", headers=headers)
    assert dict(reply.headers)["content-type"].startswith(kind)
    assert (reply.body[:1] == b"{") is (kind == "application/json")


@pytest.mark.asyncio(loop_scope="session")
async def test_it_is_only_read(running: Any) -> None:
    reply = await post(running.child.ports.page, path="/statusz", method="POST", headers={})
    assert reply.status == 405
    assert (await running.child.get(running.child.ports.page, "/metrics"))[0] == 200
