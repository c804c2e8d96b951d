"""Files of every form with one part of another shape: a table, or problems with places; never a fault.

What a reader did not think of ends as `cannot be read (AttributeError)`, which helps nobody: no mutation
may come to that.
"""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing import PriceSource
from pricing.book import judged
from pricing.formats.document import parse
from pricing.problems import PriceError
from tests.pricing.test_formats import LITELLM, OPENLIT

GENAI_PRICES = [
    {
        "id": "demo",
        "name": "Demo",
        "api_pattern": "x",
        "models": [
            {
                "id": "demo-1",
                "match": {"or": [{"equals": "demo-1"}, {"starts_with": "demo-1-"}]},
                "prices": [
                    {
                        "prices": {
                            "input_mtok": {"base": 1, "tiers": [{"start": 9, "price": 2}]}
                        }
                    },
                    {"constraint": {"start_date": "2026-09-01"}, "prices": {"input_mtok": 2}},
                    {
                        "constraint": {"start_time": "22:00", "end_time": "06:00"},
                        "prices": {"input_mtok": 0.5},
                    },
                ],
                "price_variants": [
                    {
                        "when": {"processing": "batch"},
                        "constraint": {"start_date": "2026-09-01"},
                        "prices": {"input_mtok": 1.5},
                    }
                ],
            }
        ],
    }
]
OURS = {
    "genai-cost": 1,
    "version": "v",
    "checked": "2026-11-01",
    "providers": {
        "ours": {
            "name": "Ours",
            "endpoints": ["*.example.com"],
            "currency": "EUR",
            "models": {
                "m": {
                    "mode": "chat",
                    "aliases": ["a", {"name": "b", "from": "2026-01-01", "to": "2026-02-01"}],
                    "rows": [
                        {
                            "from": "2026-01-01",
                            "when": {
                                "service_tier": ["flex"],
                                "batch": True,
                                "hours": "01:00-02:00",
                                "context_over": 9,
                                "context_basis": "prompt",
                            },
                            "prices": {"input": 1, "images": "0.04 per image"},
                        }
                    ],
                    "multipliers": [{"times": 1.1, "when": {"region": "eu"}}],
                }
            },
        }
    },
}
FORMS: dict[str, Any] = {
    "genai-cost": OURS,
    "genai-prices": GENAI_PRICES,
    "litellm": json.loads(LITELLM),
    "openlit": json.loads(OPENLIT),
    "tokencost": {k: v for k, v in json.loads(LITELLM).items() if k != "sample_spec"},
}
ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        1,
        10**25,
        1.5,
        "",
        "x",
        "1",
        "!",
        "22:00",
        "12:34-56:78",
        "2026-01-01",
    ),
    *(
        [],
        [1],
        ["x"],
        [None],
        [[]],
        [{}],
        {},
        {"x": 1},
        {"1": []},
        {"windows": [{"hours_utc": 5}]},
    ),
    *(
        "1e-999999999",
        "9" * 200,
        "\u0663",
        "a-b",
        "Mon 01:00-02:00 Nowhere/Zone",
        "(" * 9,
        "../x/y",
    ),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    for key in inside(value):
        found += places(value[key], (*path, key))
    return found


def inside(value: Any) -> list[Any]:
    """The keys of what a map or a list holds."""
    if isinstance(value, list):
        return list(range(len(value)))
    return list(value) if isinstance(value, dict) else []


def changed(content: Any, path: tuple[Any, ...], odd: Any, *, rename: bool) -> Any:
    """The content with another value at a place, or another name for it."""
    if not path:
        return odd
    made = deepcopy(content)
    holder = made
    for part in path[:-1]:
        holder = holder[part]
    if rename and isinstance(holder, dict):
        holder[str(odd)] = holder.pop(path[-1])
    else:
        holder[path[-1]] = odd
    return made


def said(content: Any, form: str) -> tuple[str, ...]:
    try:
        judged(PriceSource("f", form), json.dumps(content).encode(), None)
    except PriceError as bad:
        return bad.problems
    return ()


@pytest.mark.parametrize("form", FORMS)
def test_every_part_with_every_odd_value(form: str) -> None:
    content = FORMS[form]
    faults = {
        (path, json.dumps(odd)): line
        for path in places(content)
        for odd in ODD
        for line in said(changed(content, path, odd, rename=False), form)
        if "please report" in line
    }
    assert faults == {}


anything = st.recursive(
    st.sampled_from([odd for odd in ODD if not isinstance(odd, list | dict)])
    | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_several_parts_at_once_and_other_names(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(sorted(FORMS)))
    content = FORMS[form]
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(places(content)))
        content = changed(content, path, data.draw(anything), rename=data.draw(st.booleans()))
    named = data.draw(st.sampled_from(["auto", form]))
    assert [line for line in said(content, named) if "please report" in line] == []


def test_a_number_beyond_all_numbers_is_text_to_be_refused() -> None:
    assert parse(b'{"a": 1e99999999999999999999}', "f").value == {"a": "1e99999999999999999999"}
