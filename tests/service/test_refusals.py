"""The next hop's answer, through the whole service: in kind, and counted as what it was.

Every code through both doors is in tests/wire/test_in_kind.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from processor.errors import Code
from tests.doubles.rpc_status import Status, delay_s
from tests.doubles.sink import Failure
from tests.service.calls import chat, sent
from tests.wire.senders import GrpcReply, post
from tests.wire.test_in_kind import FACES, WORDS, delayed

if TYPE_CHECKING:
    from tests.service.child import Hop

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("code", FACES, ids=lambda code: str(code.name).lower())
async def test_a_refusal_of_priced_spans_goes_up_as_it_came(running: Hop, code: Code) -> None:
    running.sink.failure = Failure(code, WORDS)
    body = sent(chat())
    assert await running.send(body) == GrpcReply(code, WORDS)
    by_http = await post(running.child.ports.http, body)
    assert by_http.status == FACES[code][0]
    assert Status.FromString(by_http.body) == Status(code=code.value[0], message=WORDS)


async def test_a_delay_goes_up_with_it(running: Hop) -> None:
    running.sink.failure = Failure(Code.UNAVAILABLE, "full", delayed(Code.UNAVAILABLE, 9))
    reply = await running.send(sent(chat()))
    assert (reply.code, delay_s(reply.details)) == (Code.UNAVAILABLE, 9)
    by_http = await post(running.child.ports.http, sent(chat()))
    assert (by_http.status, by_http.headers["retry-after"]) == (503, "9")


async def test_a_partial_success_goes_up_and_its_call_counts(running: Hop) -> None:
    partial = ExportTraceServiceResponse()
    partial.partial_success.rejected_spans = 1
    partial.partial_success.error_message = "one was too old"
    running.sink.response = partial.SerializeToString()
    reply = await running.send(sent(chat(), resource={"service.name": "partly"}))
    assert reply == GrpcReply(Code.OK, body=partial.SerializeToString())
    page = await running.child.page()
    assert page.total("genai_cost_spans_total", service_name="partly") == 1


@pytest.mark.parametrize(
    ("code", "counts"),
    [
        pytest.param(Code.INVALID_ARGUMENT, 1, id="for-good"),
        pytest.param(Code.UNAVAILABLE, None, id="for-now"),
    ],
)
async def test_what_is_refused_for_good_is_spent_all_the_same(
    running: Hop, code: Code, counts: float | None
) -> None:
    running.sink.failure = Failure(code)
    shop = f"refused-{code.name}"
    body = sent(chat(), resource={"service.name": shop})
    assert (await running.send(body)).code is code
    page = await running.child.page()
    assert page.total("genai_cost_spans_total", service_name=shop) == counts
    running.sink.failure = None
    assert (await running.send(body)).code is Code.OK
    page = await running.child.page()
    assert page.total("genai_cost_spans_total", service_name=shop) == 1
