"""The bill exam's price table and its truth: every call's classes cost what the provider billed.

What the telemetry shows is other rooms' work; here the true classes and ids meet the engine.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pricing import NotPriced, PriceBook, PriceSource, PriceTable, Question
from pricing.money import ATTO
from tests.pricing.tables import NOW

EXAM = Path(__file__).parents[3] / "shared" / "exam"
RENAMED: dict[str, str] = {
    "cache_write_5m": "cache_write",
    "cache_write_30m": "cache_write",
    "web_search": "searches",
    "audio_in": "input_audio",
    "audio_out": "output_audio",
    "image_in": "input_image",
    "image_out": "output_image",
    "audio_in_cached": "cache_read_audio",
    "characters": "input_characters",
    "seconds": "audio_seconds",
    "rerank": "rerank_units",
    "search_units": "rerank_units",
    "queries": "rerank_units",
}

pytestmark = pytest.mark.skipif(not EXAM.exists(), reason=f"no bill exam at {EXAM}")


@pytest.fixture(scope="module")
def prices() -> PriceTable:
    book = PriceBook([PriceSource(str(EXAM / "prices.json"))], builtin=False)
    outcome = book.reload(0.0)
    assert (outcome.result, outcome.warnings) == ("changed", ())
    return book.current


def _calls() -> list[dict[str, Any]]:
    truths = [json.loads(path.read_text()) for path in sorted(EXAM.glob("cases/*/truth.json"))]
    calls = [call for truth in truths for call in truth["calls"] if call["classes"]]
    unique = {
        json.dumps([call["provider"], call["row"], call["classes"], call["service_tier"]]): call
        for call in calls
    }
    return list(unique.values())


def _question(call: dict[str, Any]) -> Question:
    row: str = call["row"] or ""
    facts = (
        tuple(zip(("quality", "size"), row.split("/")[:2], strict=True))
        if row.count("/") == 2 and "-x-" in row
        else ()
    )
    return Question(
        call["model_answered"],
        request_model=call["model_requested"],
        provider=call["provider"],
        service_tier=call["service_tier"] or "",
        attributes=facts,
    )


def test_true_classes_cost_what_was_billed(prices: PriceTable) -> None:
    wrong = [f"{call['row']}: {said}" for call in _calls() if (said := _differs(call, prices))]
    assert not wrong, "\n".join(wrong)


def _differs(call: dict[str, Any], prices: PriceTable) -> str:
    """What is said of a call, where it is not the truth."""
    classes: dict[str, str] = call["classes"]
    usage = {RENAMED.get(name, name): Decimal(count) for name, count in classes.items()}
    answer = prices.quote(_question(call), usage, NOW)
    if isinstance(answer, NotPriced):
        return "" if call["cost"] is None else f"{answer}"
    cost = Decimal(answer.atto_usd) / ATTO
    exact = call["cost"] is not None and cost == Decimal(call["cost"])
    return "" if exact else f"{cost}, billed {call['cost']}: {answer}"
