"""That nobody is measured doing nothing: the same request through each hop, and what came of it.

Ours and the transform processor have to write the same costs; the others none.
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from math import isclose
from typing import TYPE_CHECKING, Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.bench.sending import last_taken, senders

if TYPE_CHECKING:
    from tests.bench.running import Sink

COST: Final = "gen_ai.usage.cost"
PATIENCE_S: Final = 5.0
OPERATION: Final = "gen_ai.operation.name"


def costs(body: bytes) -> dict[bytes, float | None]:
    """Of each span that is a call to a model, by its id."""
    found: dict[bytes, float | None] = {}
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                said = {pair.key: pair.value for pair in span.attributes}
                if OPERATION in said:
                    cost = said.get(COST)
                    found[span.span_id] = cost.double_value if cost else None
    return found


def through(transport: str, port: int, sink: Sink, body: bytes) -> dict[bytes, float | None]:
    """What became of a request on its way through a hop, which may let it wait for others a while."""
    sent = costs(body)
    with ExitStack() as stack:
        senders(transport, port, 1, stack)[0](body)
    taken, until = costs(last_taken(sink)), time.monotonic() + PATIENCE_S
    while taken.keys() != sent.keys() and time.monotonic() < until:
        time.sleep(0.05)
        taken = costs(last_taken(sink))
    return taken


def compare(found: dict[str, dict[bytes, float | None]], pricing: set[str], calls: int) -> str:
    """Ends the run unless all that price wrote the same, and the others nothing; else says what was compared."""
    agreed: dict[bytes, float | None] | None = None
    for name, by_span in found.items():
        priced = {span: cost for span, cost in by_span.items() if cost}
        if len(by_span) != calls or len(priced) != (calls if name in pricing else 0):
            sys.exit(f"{name}: {len(priced)} of {len(by_span)} calls have a cost, {calls} sent")
        if name not in pricing:
            continue
        agreed = agreed or by_span
        for span, cost in priced.items():
            if not isclose(cost, agreed[span] or 0, rel_tol=1e-9):
                sys.exit(f"{name}: span {span.hex()} costs {cost}, elsewhere {agreed[span]}")
    return (
        f"the same {calls} costs from {', '.join(n for n in found if n in pricing) or 'none'}"
    )
