"""The golden corpus: whole requests in, stamps and sums out, as files that can be read in a diff.

`<dialect>/<case>/` holds `request.json` (OTLP/JSON, as an instrumentation sent it), `billed.json` (what
the provider charged: by hand, never rewritten), `spans.expected.json`, `metrics.expected.json` and
`NOTE.md`. All are priced by `prices.json` beside them, which never follows the built-in table.
"""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf.json_format import MessageToJson, ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from pricing import PriceBook, PriceSource
from pricing.money import ATTO
from processor.assembly import enricher
from processor.calls import Memory
from processor.metrics import Ledger
from processor.settings import Settings
from tests.service.calls import ours

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.proto.trace.v1.trace_pb2 import Span

    from pricing import PriceTable
    from processor.metrics.account import Account

HERE: Final = Path(__file__).parent
PRICES: Final = HERE / "prices.json"
CASES: Final = sorted(path.parent for path in HERE.glob("*/*/request.json"))
NOW_NS: Final = 1_790_000_000_000_000_000
_IDS: Final = {"traceId", "spanId", "parentSpanId"}


class Played(NamedTuple):
    """One case after pricing."""

    came: ExportTraceServiceRequest
    left: ExportTraceServiceRequest
    spans: list[dict[str, Any]]
    metrics: list[dict[str, Any]]

    def costs(self) -> dict[str, float]:
        """What is on each priced span, by its id."""
        cost = "gen_ai.usage.cost"
        return {one["span"]: one[cost] for one in self.spans if cost in one}


def name_of(case: Path) -> str:
    """`dialect/case`."""
    return f"{case.parent.name}/{case.name}"


def frozen_prices() -> PriceTable:
    """The table that the corpus is priced with."""
    book = PriceBook([PriceSource(str(PRICES), "litellm")], builtin=False)
    outcome = book.reload(0)
    assert outcome.result == "changed", outcome.problems
    return book.current


def play(case: Path, table: PriceTable) -> Played:
    """The case's request through the pure part of the path, into books of its own."""
    came = request_of((case / "request.json").read_text())
    settings = Settings()
    enriched = enricher(settings, Memory()).enrich(came.SerializeToString(), table, NOW_NS)
    left = ExportTraceServiceRequest.FromString(enriched.body)
    ledger = Ledger(dimensions=settings.metrics.dimensions, instance_id="golden")
    ledger.add(enriched.charges, NOW_NS)
    stamped = [_span(one) for one in spans_of(left) if ours(one)]
    return Played(came, left, stamped, [_series(one) for one in ledger.accounts])


def spans_of(request: ExportTraceServiceRequest) -> list[Span]:
    """All spans of a request, in order."""
    return [
        one
        for group in request.resource_spans
        for within in group.scope_spans
        for one in within.spans
    ]


def request_of(text: str) -> ExportTraceServiceRequest:
    """A request from OTLP/JSON."""

    def bytes_of(name: str) -> str:
        return base64.b64encode(bytes.fromhex(name)).decode()

    return ParseDict(_with_ids(text, bytes_of), ExportTraceServiceRequest())


def text_of(request: ExportTraceServiceRequest) -> str:
    """OTLP/JSON of a request: ids in hex, enumerations as numbers."""

    def hex_of(name: str) -> str:
        return base64.b64decode(name).hex()

    return dumped(_with_ids(MessageToJson(request, use_integers_for_enums=True), hex_of))


def dumped(value: object) -> str:
    """As it stands in a file."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _with_ids(text: str, change: Callable[[str], str]) -> dict[str, Any]:
    """JSON read with every id changed: protobuf's own mapping has them in base64."""

    def hook(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {key: change(value) if key in _IDS else value for key, value in pairs}

    read: dict[str, Any] = json.loads(text, object_pairs_hook=hook)
    return read


def _span(one: Span) -> dict[str, Any]:
    return {"span": one.span_id.hex(), "name": one.name} | dict(sorted(ours(one).items()))


def _series(account: Account) -> dict[str, Any]:
    totals = account.totals()
    return {
        "attributes": dict(account.attributes),
        "resource": dict(account.resource),
        "usd": format(Decimal(totals.atto_usd) / ATTO, "f"),
        "tokens": dict(totals.tokens),
        "spans": {str(status): count for status, count in totals.spans.items()},
    }
