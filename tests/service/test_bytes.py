"""What leaves is what came: byte for byte where nothing is priced, field for field where something is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from processor.model import HTTP_PATH, Signal
from tests.service.calls import (
    COST,
    GPT_4O_USD,
    chat,
    ours,
    put,
    request,
    sent,
    span,
    values,
    without_ours,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.service.child import Hop

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Legal and as no library writes it: a length in three bytes, field 999, an empty group, and last the
# schema's first field again.
ODD: Final = b"\xba\x3e\x83\x80\x00odd\xc3\x38\xc4\x38\x0a\x00"


def strange(level: str) -> bytes:
    """Field 999 of a message, with words that say where it stands."""
    text = f"unknown to the schema, in {level}".encode()
    return b"\xba\x3e" + bytes([len(text)]) + text


def traces() -> bytes:
    web = span("GET /", {"http.request.method": "GET", "url.path": "/gen_ai.usage.cost"})
    return sent(web, span("INSERT", {"db.system.name": "postgresql"})) + ODD


def metrics() -> bytes:
    made = ExportMetricsServiceRequest()
    point = (
        made.resource_metrics.add()
        .scope_metrics.add()
        .metrics.add(name=COST)
        .sum.data_points.add(as_double=1.5)
    )
    put(point.attributes, "gen_ai.request.model", "gpt-4o")
    return made.SerializeToString() + ODD


def logs() -> bytes:
    made = ExportLogsServiceRequest()
    record = made.resource_logs.add().scope_logs.add().log_records.add()
    record.event_name = "gen_ai.client.inference.operation.details"
    for key, value in values(chat()).items():
        put(record.attributes, key, value)
    return made.SerializeToString() + ODD


@pytest.mark.parametrize("door", ["grpc", "http"])
@pytest.mark.parametrize(
    ("signal", "body"),
    [
        pytest.param(Signal.TRACES, traces, id="traces-without-calls"),
        pytest.param(Signal.TRACES, bytes, id="nothing-at-all"),
        pytest.param(Signal.METRICS, metrics, id="metrics"),
        pytest.param(Signal.LOGS, logs, id="logs"),
    ],
)
async def test_a_request_without_calls_leaves_as_the_very_bytes(
    running: Hop, signal: Signal, body: Callable[[], bytes], door: str
) -> None:
    came = body()
    if door == "grpc":
        assert (await running.send(came, signal)).code.name == "OK"
    else:
        assert await running.post(came, HTTP_PATH[signal]) == 200
    assert came in running.bodies(signal)


@pytest.mark.parametrize("came", [b"\x0a\x05short", b"\xff\xff\xff", b"\x0a\x02\x12\x7f"])
async def test_what_is_no_request_is_refused_and_not_sent_on(running: Hop, came: bytes) -> None:
    assert (await running.send(came)).code.name == "INVALID_ARGUMENT"
    assert await running.post(came) == 400
    assert running.bodies() == []


LEVELS: Final[dict[str, Callable[[ExportTraceServiceRequest], Any]]] = {
    "request": lambda message: message,
    "resource_spans": lambda message: message.resource_spans[0],
    "resource": lambda message: message.resource_spans[0].resource,
    "scope_spans": lambda message: message.resource_spans[0].scope_spans[0],
    "scope": lambda message: message.resource_spans[0].scope_spans[0].scope,
    "span": lambda message: message.resource_spans[0].scope_spans[0].spans[0],
    "attribute": lambda message: _call(message).attributes[0],
    "value": lambda message: _call(message).attributes[0].value,
    "event": lambda message: _call(message).events[0],
    "event-attribute": lambda message: _call(message).events[0].attributes[0],
    "link": lambda message: _call(message).links[0],
    "status": lambda message: _call(message).status,
}


def _call(message: ExportTraceServiceRequest) -> Any:
    return message.resource_spans[0].scope_spans[0].spans[0]


def rich() -> ExportTraceServiceRequest:
    """A call with everything that a span can have, beside a span that is none."""
    call = chat(more={"app.note": "kept"})
    call.trace_state = "a=b"
    call.flags = 257
    call.dropped_attributes_count = 3
    put(call.events.add(name="gen_ai.choice").attributes, "index", 0)
    call.links.add(trace_id=b"l" * 16, span_id=b"l" * 8, trace_state="c=d", flags=1)
    call.status.message = "fine"
    message = request(call, span("GET /", {"http.request.method": "GET"}), scope="shop.llm")
    message.resource_spans[0].schema_url = "https://opentelemetry.io/schemas/1.37.0"
    message.resource_spans[0].scope_spans[
        0
    ].schema_url = "https://opentelemetry.io/schemas/1.36.0"
    return message


@pytest.mark.parametrize("door", ["grpc", "http"])
async def test_fields_unknown_to_the_schema_stay_at_every_level(
    running: Hop, door: str
) -> None:
    message = rich()
    for level, at in LEVELS.items():
        at(message).MergeFromString(strange(level))
    came = message.SerializeToString()
    if door == "grpc":
        assert (await running.send(came)).code.name == "OK"
    else:
        assert await running.post(came) == 200
    (left,) = running.bodies()
    assert left != came
    assert {level: left.count(strange(level)) for level in LEVELS} == dict.fromkeys(LEVELS, 1)
    after = ExportTraceServiceRequest.FromString(left)
    assert values(_call(after))[COST] == GPT_4O_USD
    assert without_ours(left).SerializeToString(deterministic=True) == (
        message.SerializeToString(deterministic=True)
    )


def attribute(key: str, **value: Any) -> bytes:
    """An attribute as it stands in a span: field 9 and its length before it."""
    pair = KeyValue(key=key, value=AnyValue(**value)).SerializeToString()
    return b"\x4a" + bytes([len(pair)]) + pair


IN_A_PROMPT: Final = b"".join(
    [
        attribute(COST, double_value=999.0),
        attribute("gen_ai.request.model", string_value="gpt-4o-mini"),
        attribute("gen_ai.usage.input_tokens", int_value=7),
        attribute("genai_cost.status", string_value="priced"),
    ]
)


@pytest.mark.parametrize(
    "put_in",
    [
        pytest.param({"gen_ai.input.messages": IN_A_PROMPT.decode("latin-1")}, id="text"),
        pytest.param({"gen_ai.input.messages": IN_A_PROMPT}, id="bytes"),
        pytest.param({IN_A_PROMPT.decode("ascii", "ignore"): "x"}, id="key"),
    ],
)
async def test_attribute_like_bytes_in_a_prompt_are_not_attributes(
    running: Hop, put_in: dict[str, str | bytes]
) -> None:
    call = chat(more=put_in)
    (after,) = await running.priced(sent(call))
    assert ours(after)[COST] == GPT_4O_USD
    assert ours(after)["genai_cost.input"] == 0.00355
    assert {key: values(after)[key] for key in put_in} == put_in
    assert "genai_cost.reported" not in values(after)


async def test_a_prompt_without_a_call_is_nobodys_business(running: Hop) -> None:
    """The bytes of a whole call inside the text of a span that is none."""
    text = chat().SerializeToString()
    came = sent(span("save", {"document": text, "title": text.decode("latin-1")}))
    await running.send(came)
    assert running.bodies() == [came]
