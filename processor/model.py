"""The nouns that travel between the rooms.

Values only: nothing here waits, opens, reads settings or knows a byte of OTLP.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, final

from mypy_extensions import mypyc_attr

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from pricing import Question


NO_UNITS: Final[Mapping[str, int | Decimal]] = {}
"""Of most calls; nobody adds to it."""


class Signal(StrEnum):
    """One of OTLP's three signals; the value is the name of its pipeline."""

    TRACES = "traces"
    METRICS = "metrics"
    LOGS = "logs"


GRPC_METHOD: Final[Mapping[Signal, str]] = {
    Signal.TRACES: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    Signal.METRICS: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    Signal.LOGS: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
}
HTTP_PATH: Final[Mapping[Signal, str]] = {
    Signal.TRACES: "/v1/traces",
    Signal.METRICS: "/v1/metrics",
    Signal.LOGS: "/v1/logs",
}


ITEMS: Final[Mapping[Signal, Literal["spans", "metric_points", "log_records"]]] = {
    Signal.TRACES: "spans",
    Signal.METRICS: "metric_points",
    Signal.LOGS: "log_records",
}
"""What the Collector's own metrics count of each signal."""


class Status(StrEnum):
    """`genai_cost.status`: what became of a span that describes a call to a model (contract 4)."""

    PRICED = "priced"
    PRICED_LOWER_BOUND = "priced_lower_bound"
    PRICED_FALLBACK = "priced_fallback"
    UNKNOWN_MODEL = "unknown_model"
    NO_PRICE_AT_TIME = "no_price_at_time"
    NO_USAGE = "no_usage"
    IMPOSSIBLE_USAGE = "impossible_usage"
    UNSUPPORTED_UNIT = "unsupported_unit"
    NOT_BILLABLE = "not_billable"
    AGGREGATE = "aggregate"
    DUPLICATE = "duplicate"
    INTERNAL_ERROR = "internal_error"


PRICED: Final = frozenset({Status.PRICED, Status.PRICED_LOWER_BOUND, Status.PRICED_FALLBACK})


class Source(StrEnum):
    """`genai_cost.source`: where the cost on the span comes from (contract 4)."""

    COMPUTED = "computed"
    REPORTED = "reported"
    CONVERTED = "converted"


class Origin(NamedTuple):
    """Whose telemetry it is: the part of a span's resource that its counters keep."""

    service_name: str
    environment: str
    resource: tuple[tuple[str, str], ...]
    """Kept resource attributes, sorted by key; the metric's own resource is made of them."""


@final
@mypyc_attr(acyclic=True)
class Labels:
    """The label set of a charge: equal labels are one series. Hashed once, compared by value."""

    def __init__(  # noqa: PLR0913, PLR0917 - one argument for each label
        self,
        origin: Origin,
        operation: str,
        provider: str,
        request_model: str,
        response_model: str,
        source: str,
        dimensions: tuple[str, ...],
    ) -> None:
        self.origin: Origin = origin
        self.operation: str = operation
        self.provider: str = provider
        self.request_model: str = request_model
        self.response_model: str = response_model
        self.source: str = source
        """A `Source`, or empty where there is no cost."""
        self.dimensions: tuple[str, ...] = dimensions
        """Values of `metrics.dimensions`, in their order; empty text where absent."""
        self._values: tuple[object, ...] = (
            origin,
            operation,
            provider,
            request_model,
            response_model,
            source,
            dimensions,
        )
        self._hash: int = hash(self._values)
        self.account: object = None
        """A ledger's account of this set, kept so that it need not be looked up for every charge."""

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Labels) and self._values == other._values


@final
@mypyc_attr(acyclic=True)
class Unpriced:
    """What a call without a price was about and used: enough to price it once there is one."""

    def __init__(
        self, question: Question, usage: Mapping[str, int | Decimal], version: str
    ) -> None:
        self.question: Question = question
        self.usage: Mapping[str, int | Decimal] = usage
        self.version: str = version
        """Of the table that had no price for it."""


@final
@mypyc_attr(acyclic=True)
class Charge:
    """What one span adds to the counters once the next hop has answered for its request."""

    def __init__(  # noqa: PLR0913, PLR0917 - one argument for each thing it says
        self,
        labels: Labels,
        status: Status,
        atto_usd: int,
        classes: tuple[str, ...],
        counts: list[int],
        end_unix_ns: int,
        trace_id: bytes,
        span_id: bytes,
        row: str = "",
    ) -> None:
        self.labels: Labels = labels
        self.status: Status = status
        self.atto_usd: int = atto_usd
        """Exact cost in 10**-18 US dollars; 0 where there is none."""
        self.classes: tuple[str, ...] = classes
        self.counts: list[int] = counts
        """Disjoint token counts by class, as charged; empty for a duplicate or an aggregate."""
        self.end_unix_ns: int = end_unix_ns
        self.trace_id: bytes = trace_id
        self.span_id: bytes = span_id
        self.row: str = row
        """The price row used, for people; empty where none was."""
        self.unpriced: Unpriced | None = None
        """Of a billed call whose price is not known yet."""
        self.units: Mapping[str, int | Decimal] = NO_UNITS
        """By class, what is counted and is no token: searches, images, seconds; mostly nothing."""

    @property
    def tokens(self) -> tuple[tuple[str, int], ...]:
        """The counts with their classes."""
        return tuple(zip(self.classes, self.counts, strict=True))


@dataclass(slots=True)
class Batch:
    """One request on its way to the next hop."""

    signal: Signal
    body: bytes
    charges: list[Charge] = field(default_factory=list[Charge])
    """Of a traces request: its recognised spans, first-time ones only. For `debug` to print."""
    items: int = 0
    """Spans, metric points or log records in it; 0 where nobody counted."""
    divisible: bool = False
    """Whether it is several requests in one, which are sent apart where something in it is refused for good."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the sender wants of a request beside its bytes."""

    deadline: float | None = None
    """When the sender stops waiting, on the clock of `time.monotonic`; None if it did not say."""
    metadata: tuple[tuple[str, str], ...] = ()
    """Headers of the sender that the next hop is to see (`include_metadata`)."""
    transport: str = ""
    """The door it came through, for the service's own metrics: grpc or http."""
