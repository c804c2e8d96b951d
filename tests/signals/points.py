"""Metrics requests from plain values, and a meter to take them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from pricing import PriceBook
from processor.attribution import Attribution
from processor.calls.window import Window
from processor.metered.meter import HOLD_NS, Meter
from processor.metrics import Ledger
from processor.telemetry import Telemetry
from tests.calls.traffic import END_NS, put
from tests.pricing.tables import table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pricing import PriceTable
    from processor.wire.fields import Value

START_NS: Final = END_NS - 3600 * 10**9
"""When the meter began to watch."""
HISTOGRAM: Final = "gen_ai.client.token.usage"
CLAUDE: Final = "claude_code.token.usage"

TABLE: Final = table("""\
genai-cost: 1
providers:
  openai:
    models:
      plain: {prices: {input: 2, output: 10}}
      cached: {prices: {input: 2, cache_read: 0.2, output: 10}}
      gpt-5: {prices: {input: 2, cache_read: 0.2, output: 10}}
      long:
        rows:
          - {prices: {input: 2, output: 10}}
          - {when: {context_over: 200000}, prices: {input: 4, output: 20}}
  anthropic:
    models:
      claude-sonnet-4-5:
        prices: {input: 3, cache_read: 0.3, cache_write: 3.75, output: 15}
  gcp.gemini:
    models:
      gemini-2.5-pro: {prices: {input: 1.25, cache_read: 0.125, output: 10}}
""")


@dataclass(frozen=True, kw_only=True)
class Said:
    """One point: `value` tokens of `kind`, as of `at_s` seconds after the meter began."""

    value: float
    kind: str = "input"
    model: str = "plain"
    at_s: int = 60
    start_s: int = 1
    delta: bool = False
    metric: str = HISTOGRAM
    scope: str = "app"
    service: str = "shop"
    more: Mapping[str, Value] = field(default_factory=dict[str, "Value"])
    flags: int = 0


def request(*said: Said) -> bytes:
    """Each point in a resource, scope and metric of its own."""
    made = ExportMetricsServiceRequest()
    for each in said:
        resource = made.resource_metrics.add()
        put(resource.resource.attributes, "service.name", each.service)
        scope = resource.scope_metrics.add()
        scope.scope.name = each.scope
        metric = scope.metrics.add(name=each.metric)
        whole = each.metric not in {HISTOGRAM, "codex.turn.token_usage"}
        data = metric.sum if whole else metric.histogram
        data.aggregation_temporality = 1 if each.delta else 2  # type: ignore[assignment]
        point: Any = data.data_points.add(
            start_time_unix_nano=START_NS + each.start_s * 10**9,
            time_unix_nano=START_NS + each.at_s * 10**9,
            flags=each.flags,
        )
        if whole:
            point.as_int = int(each.value)
        else:
            point.sum, point.count = each.value, 3
        for key, value in {**_about(each), **each.more}.items():
            put(point.attributes, key, value)
    return made.SerializeToString()


def _about(said: Said) -> dict[str, Value]:
    if said.metric == HISTOGRAM:
        return {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": said.model,
            "gen_ai.token.type": said.kind,
        }
    by = "token_type" if said.metric.startswith("codex") else "type"
    return {"model": said.model, by: said.kind}


class Metered:
    """A meter with its books."""

    def __init__(self, prices: PriceTable = TABLE, *, since_ns: int = START_NS) -> None:
        self.book = PriceBook([], builtin=False)
        self.book.current = prices
        self.ledger = Ledger()
        self.telemetry = Telemetry()
        self.seen = Window(1000)
        self.since_ns = since_ns
        self.meter = self.metered_into(self.ledger)

    def metered_into(self, ledger: Ledger) -> Meter:
        """A meter that writes to these books."""
        return Meter(
            attribution=Attribution(()),
            seen=self.seen,
            book=self.book,
            ledger=ledger,
            telemetry=self.telemetry,
            now_ns=self.since_ns,
        )

    def take(self, *said: Said, at_s: int = 60) -> None:
        """One request that arrives."""
        now_ns = START_NS + at_s * 10**9
        self.meter.take(self.meter.read(request(*said)), now_ns)

    def release(self, *, at_s: int = 60) -> None:
        """All that waits is counted."""
        self.meter.release(START_NS + at_s * 10**9 + HOLD_NS, everything=True)

    def came_to(self, *said: Said) -> int:
        """Atto-dollars, once all of it is counted."""
        self.take(*said)
        self.release()
        return self.spent

    @property
    def spent(self) -> int:
        """Atto-dollars that were counted."""
        return sum(account.apart or 0 for account in self.ledger.accounts)

    @property
    def tokens(self) -> dict[str, int]:
        """Tokens that were counted, by class."""
        found: dict[str, int] = {}
        for account in self.ledger.accounts:
            for name, count in account.tokens.items():
                found[name] = found.get(name, 0) + count
        return found

    @property
    def statuses(self) -> dict[str, int]:
        """What became of each amount."""
        return {labels[0]: total for labels, total in self._counted() if total}

    def _counted(self) -> list[tuple[tuple[str, ...], int]]:
        return [(k, int(n)) for k, n in self.telemetry.counter("metered_usage")]
