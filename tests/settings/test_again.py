"""A configuration read again: what differs is named by its place, what takes effect at once is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pricing.terms import Terms
from processor.settings import Settings
from processor.settings.again import needs_restart
from processor.settings.values import MetricsSettings, PricingSettings, SourceSettings

HERE = Settings()
BUT = "processors.genai_cost.pricing (but its aliases, adjustments and currency)"


@pytest.mark.parametrize(
    ("fresh", "places"),
    [
        pytest.param(Settings(), [], id="the-same"),
        pytest.param(Settings(warnings=("w",), origin="o"), [], id="words"),
        pytest.param(
            Settings(pricing=PricingSettings(aliases={"a": "b"}, terms=Terms(currency="EUR"))),
            [],
            id="terms",
        ),
        pytest.param(
            Settings(pricing=PricingSettings(sources=(SourceSettings(file="/p.yaml"),))),
            [BUT],
            id="sources",
        ),
        pytest.param(
            replace(HERE, grpc=None, http=None, metrics=MetricsSettings(interval_s=1.0)),
            ["processors.genai_cost.metrics", "receivers"],
            id="several-once-each",
        ),
        pytest.param(
            replace(HERE, shutdown_delay_s=5.0), ["service.shutdown_delay"], id="the-delay"
        ),
    ],
)
def test_what_needs_a_restart(fresh: Settings, places: list[str]) -> None:
    assert needs_restart(HERE, fresh) == places
