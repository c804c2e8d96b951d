"""What stands around a golden case's usage: the question it asks, and the operator's own terms.

A context is written by whoever wrote the case, in the words of providers, telemetry or people; each
key that tells something about the price is read here, in every spelling that is likely.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, cast

from pricing import Adjustment, Exchange, PriceTable, Question, Terms
from pricing.formats import detect
from pricing.providers import canonical
from pricing.rates import parse
from pricing.rows import instant

Case = dict[str, Any]

_MODEL = ("gen_ai.response.model", "response_model")
_REQUEST = ("gen_ai.request.model", "request_model", "requested_model", "deployment")
_ADDRESS = ("server_address", "server.address", "base_url", "api_base", "endpoint", "host")
_REGION = (
    "cloud.region",
    "inference_geo",
    "zone",
    "region",
    "location",
    "gcp.location",
    "aws.region",
    "data_zone",
    "residency",
)
_TIER = ("service_tier", "served_service_tier", "gen_ai.openai.response.service_tier", "tier")
_ALIASES = (
    "aliases",
    "alias",
    "alias_map",
    "operator_aliases",
    "operator_alias",
    "deployments",
)
_ADJUSTMENTS = ("adjustment", "adjustments")
_RATES = ("fx", "fx_rates", "fx_rate", "exchange_rates", "rates")
_FACTS = (
    "size",
    "quality",
    "resolution",
    "steps",
    "style",
    "speed",
    "search_context_size",
    "thinking",
    "voice",
    "mode",
    "audio",
)


def question(case: Case) -> Question:
    """What a case asks, its usage aside."""
    context, raw = case["context"], case["usage"]
    attributes = {
        name: str(told[name]) for told in (raw, context) for name in _FACTS if name in told
    }
    for key in ("azure.deployment_type", "deployment_type"):
        if key in context:
            attributes["deployment_type"] = context[key]
    return Question(
        _first(context, _MODEL) or case["model"],
        request_model=_first(context, _REQUEST),
        provider=canonical(case["provider"]),
        operation=context.get("gen_ai.operation.name", context.get("operation", "chat")),
        endpoint=_first(context, _ADDRESS),
        service_tier=_first(context, _TIER),
        batch=context.get("processing") == "batch" or context.get("batch") is True,
        region=_first(context, _REGION) or str(raw.get("inference_geo") or ""),
        attributes=tuple(sorted(attributes.items())),
        service=_first(context, ("service.name", "service")),
        environment=_first(context, ("deployment.environment.name", "environment")),
    )


def on_its_terms(table: PriceTable, context: Case) -> PriceTable:
    """The table under the prices, aliases, contract and rates of exchange that a context brings."""
    layers = table.layers
    if "custom_table" in context:
        layers = (*layers, detect.read(_price_file(context["custom_table"]), "context").layer)
    aliases = next(
        (context[key] for key in _ALIASES if isinstance(context.get(key), dict)),
        dict[str, str](),
    )
    terms = Terms(tuple(_adjustments(context)), tuple(_rates(context)))
    if layers == table.layers and not aliases and terms == Terms():
        return table
    return PriceTable(layers, table.version, aliases, terms)


def _first(context: Case, keys: tuple[str, ...]) -> str:
    found = next((context[key] for key in keys if context.get(key)), "")
    return found if isinstance(found, str) else ""


def _price_file(listed: dict[str, Case]) -> bytes:
    """`provider/model: {currency, input, output}` as a price file; amounts are per million tokens."""
    providers: Case = {}
    for name, prices in listed.items():
        provider, _, model = name.partition("/")
        currency = prices.get("currency", "USD")
        entry = {
            "currency": currency,
            "prices": {key: str(text) for key, text in prices.items() if key != "currency"},
        }
        providers.setdefault(provider, {"models": {}})["models"][model] = entry
    return json.dumps({"genai-cost": 1, "providers": providers}).encode()


def _adjustments(context: Case) -> list[Adjustment]:
    return [_adjustment(rule) for rule in _listed(context, _ADJUSTMENTS)]


def _listed(context: Case, keys: tuple[str, ...]) -> list[Case]:
    """The list under the first key that is there; one thing alone is a list of one."""
    found: Any = next((context[key] for key in keys if key in context), None)
    if found is None:
        return []
    alone: list[Case] = [found] if isinstance(found, dict) else list(found)
    return alone


def _adjustment(rule: Case) -> Adjustment:
    factor = Decimal(str(rule.get("multiplier", rule.get("factor", 1)))).as_integer_ratio()
    fixed = rule.get("fixed", rule.get("fixed_usd"))
    own: Case = rule.get("prices") or rule.get("override") or {}
    return Adjustment(
        providers=_names(rule.get("provider"), canonical),
        models=_names(rule.get("model")),
        services=_names(rule.get("service")),
        environments=_names(rule.get("environment")),
        since=_moment(rule, ("from", "valid_from")),
        until=_moment(rule, ("to", "valid_to")),
        numerator=factor[0],
        denominator=factor[1],
        classes=frozenset(rule.get("classes", ())),
        prices=tuple((name, parse(name, str(text))) for name, text in own.items()),
        fixed=None if fixed is None else parse("requests", f"{fixed} per request"),
    )


def _names(value: Any, spell: Any = str.lower) -> tuple[str, ...]:
    return tuple(spell(each) for each in ([value] if isinstance(value, str) else value or ()))


def _rates(context: Case) -> list[Exchange]:
    """`{EUR: 1.08}`, or `{EUR: [{from, usd}, ...]}`, or a list of `{currency, from, usd}`."""
    written: list[Case] = []
    for each in _listed(context, _RATES):
        written += [each] if "currency" in each else _by_code(each)
    begun = [(_moment(each, ("from", "date", "valid_from")), each) for each in written]
    begun.sort(key=lambda pair: pair[0] or 0)
    made: list[Exchange] = []
    for i, (since, each) in enumerate(begun):
        later = [s for s, other in begun[i + 1 :] if other.get("currency") == each["currency"]]
        worth = Decimal(str(each.get("usd", each.get("rate")))).as_integer_ratio()
        made.append(Exchange(each["currency"], *worth, since, later[0] if later else None))
    return made


def _by_code(rates: Case) -> list[Case]:
    made: list[Case] = []
    for code, worth in rates.items():
        several: list[Any] = [*worth] if isinstance(worth, list) else [worth]
        made += [_worth(each, code) for each in several]
    return made


def _worth(rate: Any, code: str) -> Case:
    told = cast("Case", rate) if isinstance(rate, dict) else {"usd": rate}
    return told | {"currency": code}


def _moment(rule: Case, keys: tuple[str, ...]) -> int | None:
    text = _first(rule, keys)
    return instant(text) if text else None
