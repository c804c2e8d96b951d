"""A catalogue as a file of our own form: `genai-cost: 1`, one row a line, which reads back as the same catalogue.

Texts are quoted as JSON does it, which YAML reads; prices are exact decimals. Patterns of other forms have no
place in ours and are not written.
"""

from __future__ import annotations

import json
from decimal import Context
from typing import TYPE_CHECKING, Any

from pricing import rates
from pricing.formats.document import is_mapping
from pricing.rows import ALWAYS, instant_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pricing.layer import Catalogue
    from pricing.rows import Conditions, Entry, Fact, Multiplier, Row

_EXACT = Context(prec=60)


def text(layer: Catalogue) -> str:
    """The whole file; raises `RateError` for a price that has no decimal text."""
    content = document(layer)
    out = ["genai-cost: 1", f"version: {_quoted(content['version'])}", "providers:"]
    for provider, fields in content["providers"].items():
        out += [f"  {_quoted(provider)}:", "    models:"]
        for model, body in fields["models"].items():
            out.append(f"      {_quoted(model)}:")
            for key, value in body.items():
                out += _field(key, value)
    return "\n".join(out) + "\n"


def document(layer: Catalogue) -> dict[str, Any]:
    """The same as plain values, for JSON."""
    names: dict[tuple[str, str], list[str]] = {}
    for (provider, alias), model in sorted(layer.aliases().items()):
        names.setdefault((provider, model), []).append(alias)
    providers: dict[str, Any] = {}
    for key in sorted(layer.models()):
        entry = layer.entry(*key)
        if entry is not None:
            models = providers.setdefault(key[0], {"models": {}})["models"]
            models[key[1]] = _model(entry, names.get(key, []))
    return {"genai-cost": 1, "version": layer.version, "providers": providers}


def _field(key: str, value: Any) -> Iterator[str]:
    if key in {"rows", "multipliers"}:
        yield f"        {key}:"
        yield from (f"          - {_flow(item)}" for item in value)
    else:
        yield f"        {key}: {_flow(value)}"


def _flow(value: Any) -> str:
    if is_mapping(value):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _model(entry: Entry, aliases: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": entry.name,
        "mode": entry.mode,
        "whole": entry.whole,
        "graded": entry.graded,
        "aliases": list(aliases),
        "multipliers": [_multiplier(one) for one in entry.multipliers],
        "rows": [_row(row) for row in entry.rows],
    }
    return {key: value for key, value in found.items() if value}


def _row(row: Row) -> dict[str, Any]:
    return {
        **_period(row.since, row.until),
        **({"when": _when(row.when)} if row.when != ALWAYS else {}),
        "prices": {name: rates.text(name, rate) for name, rate in row.rates.items()},
        **({"source": row.source} if row.source else {}),
        **({"checked": row.checked} if row.checked else {}),
    }


def _period(since: int | None, until: int | None) -> dict[str, str]:
    bounds = {"from": since, "to": until}
    return {key: instant_text(at) for key, at in bounds.items() if at is not None}


def _when(when: Conditions) -> dict[str, Any]:
    found = _facts(when.facts)
    if when.context >= 0:
        found["context_over"] = when.context
    if when.hours is not None:
        found["hours"] = when.hours.text
    return found


def _facts(facts: Iterable[Fact]) -> dict[str, Any]:
    return {fact.name: _fact(fact) for fact in facts}


def _fact(fact: Fact) -> Any:
    if fact.name == "batch" and not fact.negated:
        return "true" in fact.values
    texts = [f"{'!' if fact.negated else ''}{value}" for value in sorted(fact.values)]
    return texts[0] if len(texts) == 1 else texts


def _multiplier(one: Multiplier) -> Mapping[str, Any]:
    factor = _EXACT.divide(_EXACT.create_decimal(one.numerator), one.denominator)
    return {
        "when": _facts(one.facts),
        "times": format(factor.normalize(), "f"),
        **_period(one.since, one.until),
    }
