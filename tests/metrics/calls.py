"""Charges for tests, short to write."""

from __future__ import annotations

from hypothesis import settings

from processor.model import Charge, Labels, Origin, Source, Status

LAW = settings(deadline=None, max_examples=50)
"""A law is about values; how long a busy machine takes for an example says nothing."""

NOW = 1_800_000_000_000_000_000
S = 10**9
USD = 10**18

SHOP = Origin(
    "shop",
    "production",
    (("deployment.environment.name", "production"), ("service.name", "shop")),
)


def labels(
    model: str = "gpt-4o",
    *,
    origin: Origin = SHOP,
    response_model: str = "gpt-4o-2024-08-06",
    source: str = Source.COMPUTED,
    dimensions: tuple[str, ...] = (),
) -> Labels:
    return Labels(origin, "chat", "openai", model, response_model, source, dimensions)


def charge(
    of: Labels | None = None,
    *,
    usd: str = "0.00735",
    status: Status = Status.PRICED,
    tokens: tuple[tuple[str, int], ...] = (("input", 1420), ("output", 380)),
) -> Charge:
    whole, _, part = usd.partition(".")
    atto_usd = int(whole + part.ljust(18, "0"))
    classes, counts = tuple(name for name, _ in tokens), [count for _, count in tokens]
    return Charge(of or labels(), status, atto_usd, classes, counts, NOW, b"", b"")


def unpriced(status: Status = Status.UNKNOWN_MODEL, model: str = "nobody-sells-it") -> Charge:
    return charge(labels(model, response_model="", source=""), usd="0", status=status)
