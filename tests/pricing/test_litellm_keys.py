"""Every price key of LiteLLM's map: it moves a price, or it is named with the reason why it cannot.

`litellm_price_keys.txt` has the keys of litellm 1.109.1 (its sample's included). Where a litellm is
installed, or GENAI_COST_WHEELS names a folder with its wheel, the file itself is walked as well.
"""

from __future__ import annotations

import json
import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pricing.formats import detect
from pricing.formats.document import is_mapping
from pricing.formats.litellm_keys import MODES, NOT_FROM_A_CALL, is_named, is_price, why_not
from pricing.tables.making import fetch

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = Path(__file__).with_name("litellm_price_keys.txt").read_text().split()
# Numbers that are limits, not money.
LIMITS = re.compile(
    r"(max|min)_.*|.*_tokens|[rt]p[md]|output_vector_size|token_count_framing|.*_(mb|hours|length|prompt|query|chunk)"
)
_SHAPES: Mapping[str, tuple[Any, Any]] = {
    "tiered_pricing": (
        [{"range": [0, 1000], "input_cost_per_token": 1e-06}],
        [{"range": [0, 1000], "input_cost_per_token": 2e-06}],
    ),
    "off_peak_pricing": (
        {"windows": [{"hours_utc": "01:00-04:00"}], "input_cost_per_token": 1e-07},
        {"windows": [{"hours_utc": "01:00-04:00"}], "input_cost_per_token": 2e-07},
    ),
    "provider_specific_entry": ({"us": 1.1}, {"us": 1.2}),
    "search_context_cost_per_query": (
        {"search_context_size_medium": 0.01},
        {"search_context_size_medium": 0.02},
    ),
}


def read(mode: str, key: str, value: Any) -> list[Any]:
    """All rows and multipliers of a model that has one key beside an ordinary price."""
    entry = {"litellm_provider": "openai", "mode": mode, key: value}
    if mode in {"chat", "responses", "realtime"}:
        entry.setdefault("input_cost_per_token", 5e-06)
    content = json.dumps({"sample_spec": {}, "m": entry, "n": {"input_cost_per_token": 1e-06}})
    layer = detect.read(content.encode(), "map.json", "litellm").layer
    found = layer.entry("openai", "m")
    return [found.rows, found.multipliers] if found else []


def values(key: str) -> tuple[Any, Any]:
    if key in _SHAPES:
        return _SHAPES[key]
    return (1.1, 1.2) if "multiplier" in key else (1e-06, 2e-06)


@pytest.mark.parametrize("key", KEYS)
def test_a_key_moves_a_price_or_says_why_not(key: str) -> None:
    one, other = values(key)
    moved = [mode for mode in MODES if read(mode, key, one) != read(mode, key, other)]
    assert is_named(key)
    assert bool(moved) is not bool(why_not(key))


def test_every_reason_is_for_a_key_that_is_or_was_published() -> None:
    older = {"output_db_cost_per_token"}
    assert {key for key in NOT_FROM_A_CALL if key not in KEYS} <= older


def test_a_key_that_nobody_knows_is_said_aloud() -> None:
    content = {
        "m": {"litellm_provider": "openai", "input_cost_per_token": 1e-06, "dream_cost": 1}
    }
    loaded = detect.read(json.dumps(content).encode(), "map.json")
    assert not is_named("dream_cost")
    assert any("dream_cost" in warning for warning in loaded.warnings)


def installed() -> bytes | None:
    wheels = os.environ.get("GENAI_COST_WHEELS")  # noqa: TID251  a test's own switch
    if wheels:
        return fetch.content(Path(wheels), fetch.LITELLM)
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        return None
    return (Path(spec.origin).parent / Path(fetch.LITELLM.member).name).read_bytes()


def test_the_map_itself_has_no_key_without_a_name() -> None:
    content = installed()
    if content is None:
        pytest.skip("no litellm here; GENAI_COST_WHEELS=DIR names a folder with its wheel")
    entries: list[dict[str, Any]] = [e for e in json.loads(content).values() if is_mapping(e)]
    unnamed = {key for entry in entries for key in entry if is_price(key) and not is_named(key)}
    numbers = {
        key
        for entry in entries
        for key, value in entry.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and not is_price(key)
    }
    assert unnamed == set()
    assert {key for key in numbers if not LIMITS.fullmatch(key)} == set()


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        pytest.param(
            "cache_read_input_token_cots", "cache_read_input_token_cost", id="no-cost"
        ),
        pytest.param("input_cost_per_tokn", "input_cost_per_token", id="a-letter-lost"),
        pytest.param("ouput_cost_per_token_batches", "output_cost_per_token", id="with-a-tier"),
        pytest.param("output_cots_per_token", "output_cost_per_token", id="turned-around"),
    ],
)
def test_a_misspelled_price_leaves_its_model_to_the_layers_below(key: str, meant: str) -> None:
    ordinary = {"litellm_provider": "openai", "input_cost_per_image": 1e-06, "mode": "chat"}
    content = {"sample_spec": {}, "m": {**ordinary, key: 1e-7}, "n": ordinary}
    loaded = detect.read(json.dumps(content).encode(), "map.json", "litellm")
    assert loaded.layer.entry("openai", "m") is None
    assert loaded.layer.entry("openai", "n") is not None
    assert f"map.json: m.{key}: left out: unknown price key; did you mean {meant!r}?" in (
        loaded.warnings
    )


@pytest.mark.parametrize("key", ["max_output_tokens", "input_cost_per_page", "supports_vision"])
def test_what_is_no_slip_leaves_its_model(key: str) -> None:
    content = {"n": {"litellm_provider": "openai", "input_cost_per_token": 1e-06, key: 7}}
    assert detect.read(json.dumps(content).encode(), "f", "litellm").layer.entry("openai", "n")
