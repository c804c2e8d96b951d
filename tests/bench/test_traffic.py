"""What the generator sends is what the benchmarks say: new each time, whole, and as many series as there are users."""

from __future__ import annotations

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.bench.traffic import WORKLOADS, Bodies, Workload
from tests.calls.turned import turned

SMALL = Workload("", 100, 0.5, 400)


def spans(bodies: Bodies) -> list[dict[str, str | int]]:
    """A fresh request's spans: ids and attributes."""
    sent = ExportTraceServiceRequest.FromString(bodies.fresh())
    return [
        {
            "trace": span.trace_id.hex(),
            "span": span.span_id.hex(),
            **{a.key: a.value.string_value or a.value.int_value for a in span.attributes},
        }
        for resource in sent.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


@pytest.mark.parametrize("written", [bytes, turned])
def test_no_two_requests_have_an_id_or_a_calls_counts_in_common(
    written: type[bytes],
) -> None:
    bodies = SMALL.bodies(written)
    first, second = (spans(bodies) for _ in range(2))
    assert len(first) == len(second) == SMALL.spans
    for key in ("trace", "span", "gen_ai.response.id"):
        seen = [span[key] for span in first + second if key in span]
        assert len(seen) == len(set(seen)) > 0, key
    counts = {
        (span["gen_ai.usage.input_tokens"], span["gen_ai.usage.output_tokens"])
        for span in first + second
        if "gen_ai.response.id" in span
    }
    assert len(counts) > 0.9 * SMALL.spans


def test_half_of_the_spans_are_calls() -> None:
    calls = sum("gen_ai.operation.name" in span for span in spans(WORKLOADS["a"].bodies()))
    assert 400 < calls < 600


def test_there_are_as_many_users_as_asked_for() -> None:
    bodies = SMALL._replace(share=1.0, users=250).bodies()
    users = {span["user.id"] for _ in range(4) for span in spans(bodies)}
    assert len(users) == 250
