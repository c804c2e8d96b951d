"""What senders send is in no line of the log, at any level, whatever becomes of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from processor.errors import Code
from tests.doubles.ports import free_ports
from tests.doubles.sink import Failure, Sink
from tests.service.calls import PRICES, chat, sent
from tests.service.child import Ports, command, configuration, started
from tests.wire.senders import PROTOBUF, grpc_sender, post

if TYPE_CHECKING:
    from pathlib import Path

MARK: Final = "the-patients-name"
JSON: Final = {"content-type": "application/json"}


def bodies() -> list[bytes]:
    """Priced, without a price, impossible, cut off, no OTLP at all: the mark is in each of them."""
    calls = [
        chat(more={"gen_ai.input.messages": MARK, "user.id": MARK, MARK: 1}),
        chat(MARK, more={"gen_ai.response.model": MARK}),
        chat(more={"gen_ai.usage.output_tokens.x": MARK}, fresh=-5),
    ]
    for call in calls:
        call.name = MARK
        call.status.message = MARK
    whole = [sent(call, resource={"service.name": MARK}) for call in calls]
    return [*whole, whole[0][:-3], MARK.encode()]


async def test_nothing_that_was_sent_is_in_the_log(tmp_path: Path) -> None:
    ports = Ports(*free_ports(4))
    (tmp_path / "prices.yaml").write_text(PRICES)
    async with Sink() as sink:
        config = configuration(ports, sink.endpoint, tmp_path / "prices.yaml")
        config["service"]["telemetry"]["logs"] = {"level": "debug"}
        async with started(tmp_path, ports, command(tmp_path, config)) as child:
            async with grpc_sender(ports.grpc) as sender:
                for failure in (None, Failure(Code.UNAVAILABLE, "full"), Failure(Code.UNKNOWN)):
                    sink.failure = failure
                    for body in bodies():
                        await sender.send(body, headers=(("x-tenant", MARK),))
                        await post(ports.http, body, headers={**PROTOBUF, "x-tenant": MARK})
                        text = json.dumps({"resourceSpans": [{"scopeSpans": MARK}]}).encode()
                        await post(ports.http, text, headers=JSON)
            assert await child.stop() == 0
            assert "refuses" in child.said()
            assert MARK not in child.said()
