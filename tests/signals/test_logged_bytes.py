"""What leaves of a logs request: the very bytes, or the same records with a stamp on some of them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs

from processor.wire.attributes import double_attribute, string_attribute
from processor.wire.fields import Malformed
from processor.wire.records import for_records
from tests.calls.traffic import CALL, COST, TABLE, put
from tests.signals.logged import DETAILS, Both, details, request
from tests.walk.requests import any_values, key_values, texts, unknown_fields

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

thorough = settings(
    deadline=None,
    max_examples=80,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _record(
    attributes: list[KeyValue],
    ids: tuple[bytes, bytes],
    body: AnyValue,
    *,
    call: bool,
    by_attribute: bool,
) -> LogRecord:
    made = LogRecord(trace_id=ids[0], span_id=ids[1], body=body, attributes=attributes)
    if call:
        for key, value in CALL.items():
            put(made.attributes, key, value)
        if by_attribute:
            put(made.attributes, "event.name", DETAILS)
        else:
            made.event_name = DETAILS
    return made


def _unknown(message: Any, extra: bytes) -> Any:
    message.MergeFromString(extra)
    return message


foreign = key_values.filter(
    lambda kv: not kv.key.startswith(("gen_ai.", "genai_cost.", "llm."))
)
records = st.builds(
    _unknown,
    st.builds(
        _record,
        st.lists(foreign, max_size=4),
        st.tuples(st.binary(max_size=16), st.binary(max_size=8)),
        any_values,
        call=st.booleans(),
        by_attribute=st.booleans(),
    ),
    unknown_fields,
)


def _scope(name: str, logs: list[LogRecord]) -> ScopeLogs:
    made = ScopeLogs(log_records=logs)
    made.scope.name = name
    return made


scopes = st.builds(
    _unknown, st.builds(_scope, texts, st.lists(records, max_size=3)), unknown_fields
)
resources = st.builds(
    _unknown,
    st.builds(ResourceLogs, scope_logs=st.lists(scopes, max_size=2), schema_url=texts),
    unknown_fields,
)
requests = st.builds(
    _unknown,
    st.builds(ExportLogsServiceRequest, resource_logs=st.lists(resources, max_size=2)),
    unknown_fields,
)


def each_record(request: ExportLogsServiceRequest) -> list[LogRecord]:
    return [
        record
        for resource in request.resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    ]


@given(request=requests)
@thorough
def test_but_for_our_attributes_everything_is_as_it_came(
    request: ExportLogsServiceRequest,
) -> None:
    body = request.SerializeToString()
    came = ExportLogsServiceRequest.FromString(body)
    left = ExportLogsServiceRequest.FromString(Both(TABLE).logs.enrich(body, TABLE, 1).body)
    for record in each_record(left):
        ours = [kv for kv in record.attributes if kv.key.startswith((COST, "genai_cost."))]
        said = {kv.key: kv.value.string_value for kv in record.attributes}
        names = {record.event_name, said.get("event.name")}
        assert bool(ours) == (DETAILS in names)
        kept = [kv for kv in record.attributes if kv not in ours]
        del record.attributes[:]
        record.attributes.extend(kept)
    assert left.SerializeToString(deterministic=True) == came.SerializeToString(
        deterministic=True
    )


@given(body=st.binary(max_size=200))
@thorough
def test_any_bytes_are_taken_or_malformed(body: bytes) -> None:
    with suppress(Malformed):
        assert Both(TABLE).logs.enrich(body, TABLE, 1).body == body


@given(request=requests, at=st.integers(0, 10_000), to=st.integers(0, 255))
@thorough
def test_damaged_bytes_are_taken_or_malformed(
    request: ExportLogsServiceRequest, at: int, to: int
) -> None:
    body = bytearray(request.SerializeToString())
    if not body:
        return
    body[at % len(body)] = to
    with suppress(Malformed):
        Both(TABLE).logs.enrich(bytes(body), TABLE, 1)


def test_what_is_replaced_stands_once() -> None:
    left = Both(TABLE).logged(details(gen_ai__usage__cost=3.0))
    (record,) = each_record(ExportLogsServiceRequest.FromString(left))
    keys = [kv.key for kv in record.attributes]
    assert keys.count(COST) == 1
    assert "genai_cost.reported" in keys


def test_a_prompt_full_of_names_is_only_a_prompt() -> None:
    prompt = f"{DETAILS} gen_ai.request.model event.name claude_code.api_request"
    message = ExportLogsServiceRequest()
    record = message.resource_logs.add().scope_logs.add().log_records.add()
    record.body.string_value = prompt
    put(record.attributes, "gen_ai.request.model", "gpt-4o")
    body = message.SerializeToString()
    assert Both(TABLE).logs.enrich(body, TABLE, 1).body is body


@pytest.mark.parametrize("text", ["", "x", "y" * 200, "z" * 20_000])
def test_a_stamp_for_records_says_the_same(text: str) -> None:
    stamp = double_attribute(b"gen_ai.usage.cost", 0.5) + string_attribute(b"note", text)
    turned = for_records(stamp)
    assert len(turned) == len(stamp)
    record = LogRecord.FromString(turned)
    assert [kv.key for kv in record.attributes] == ["gen_ai.usage.cost", "note"]
    assert record.attributes[0].value.double_value == 0.5
    assert record.attributes[1].value.string_value == text


def test_without_calls_the_very_bytes_leave() -> None:
    body = request()
    enriched = Both(TABLE).logs.enrich(body, TABLE, 1)
    assert enriched.body is body
