"""The derived metrics by name, and what a point carries: the contract's section 5 as data.

Both expositions read these tables, so that a query works the same over OTLP and on the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processor.model import Labels

ATTO: Final = 10**18
"""Atto-dollars in a dollar. `int / int` rounds once, so the double is the nearest there is."""


class Instrument(NamedTuple):
    """One metric's name, unit and meaning."""

    name: str
    unit: str
    help: str


COST: Final = Instrument("gen_ai.usage.cost", "{USD}", "Cost of calls to models in US dollars.")
TOKENS: Final = Instrument(
    "genai_cost.tokens", "{token}", "Tokens by class; the classes are disjoint."
)
REQUEST_COST: Final = Instrument(
    "genai_cost.request.cost", "{USD}", "Cost of one call in US dollars."
)
SPANS: Final = Instrument(
    "genai_cost.spans", "{span}", "Recognised spans by what became of them."
)
LATE: Final = Instrument(
    "genai_cost.late",
    "{USD}",
    "Of the cost, what was added when a price came after its calls, by why they had none.",
)
FIRST_SEEN: Final = Instrument(
    "genai_cost.model.first_seen",
    "s",
    "Unix time of the first call to a model since the start.",
)

TOKEN_CLASS: Final = "genai_cost.token.class"  # noqa: S105 - no password
STATUS: Final = "genai_cost.status"
OVERFLOW: Final = "otel.metric.overflow"
"""https://opentelemetry.io/docs/specs/otel/metrics/sdk/#overflow-attribute"""

# Three to a decade would cost half as many lines again on the page; calls cost from a thousandth
# of a cent (an embedding) to tens of dollars (a long agent turn on a large model).
BOUNDS_USD: Final = (
    *(0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03),
    *(0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0),
)
BOUNDS_ATTO: Final = tuple(
    mantissa * 10**power for power in range(13, 21) for mantissa in (1, 3)
)[:-1]

_FIXED: Final = (
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "genai_cost.source",
    "service.name",
    "deployment.environment.name",
)
_INSTANCE: Final = "genai_cost.instance.id"
_RESERVED: Final = frozenset({*_FIXED, _INSTANCE, TOKEN_CLASS, STATUS, OVERFLOW})

Attributes = tuple[tuple[str, str], ...]


def call_attributes(labels: Labels, dimensions: Sequence[str], instance_id: str) -> Attributes:
    """What the points of a label set carry; empty values are left out, no key comes twice."""
    origin = labels.origin
    values = (
        labels.operation,
        labels.provider,
        labels.request_model,
        labels.response_model,
        str(labels.source),
        origin.service_name,
        origin.environment,
    )
    split = dict(zip(dimensions, labels.dimensions, strict=True))
    further = [(key, value) for key, value in split.items() if key not in _RESERVED]
    fixed = zip(_FIXED, values, strict=True)
    return tuple(
        (key, clean(value))
        for key, value in (*fixed, *further, (_INSTANCE, instance_id))
        if value
    )


def model_attributes(labels: Labels, instance_id: str) -> Attributes:
    """What the point of a model carries; nothing where no model is named."""
    if not (labels.request_model or labels.response_model):
        return ()
    pairs = (
        ("gen_ai.provider.name", labels.provider),
        ("gen_ai.request.model", labels.request_model),
        ("gen_ai.response.model", labels.response_model),
        (_INSTANCE, instance_id),
    )
    return tuple((key, clean(value)) for key, value in pairs if value)


def own_resource(instance_id: str) -> Attributes:
    """The resource of what is nobody's: overflow and models; it keeps replicas apart."""
    return (("service.instance.id", instance_id), ("service.name", "genai-cost-processor"))


def clean(text: str) -> str:
    """Text that can be encoded: one lone surrogate would cost the whole page or export."""
    return text.encode("utf-8", "replace").decode("utf-8")
