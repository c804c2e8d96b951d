"""A configuration read again while the service runs: what of it needs a restart.

The operator's terms (aliases, adjustments, currency) take effect at once and are not looked at here.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.settings.values import PricingSettings, Settings

# Where a field of `Settings` stands in a file; those that are not here stand under the processor.
_PLACES: Final[Mapping[str, str]] = {
    "grpc": "receivers",
    "http": "receivers",
    "exporters": "exporters",
    "pipelines": "service.pipelines",
    "prices_spans": "service.pipelines",
    "health": "extensions",
    "telemetry": "service.telemetry",
    "workers": "service.workers",
    "shutdown_delay_s": "service.shutdown_delay",
    "admission_bytes": "processors.memory_limiter",
}
# They say nothing of what the service does.
_WORDS: Final = frozenset({"warnings", "origin"})


def needs_restart(running: Settings, fresh: Settings) -> list[str]:
    """The places in the file that differ and cannot be taken over while the service runs."""
    differing = {
        _PLACES.get(one.name, f"processors.genai_cost.{one.name}")
        for one in fields(running)
        if one.name not in {"pricing", *_WORDS}
        and getattr(running, one.name) != getattr(fresh, one.name)
    }
    if _without_terms(running.pricing) != _without_terms(fresh.pricing):
        differing.add(
            "processors.genai_cost.pricing (but its aliases, adjustments and currency)"
        )
    return sorted(differing)


def _without_terms(pricing: PricingSettings) -> PricingSettings:
    nothing = type(pricing)()
    return pricing._replace(aliases=nothing.aliases, terms=nothing.terms)
