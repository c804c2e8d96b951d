"""What `quote` says: a cost with its parts and its row, or why there is none and what was meant."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import click

from pricing import NotPriced, Reason
from pricing.money import ATTO, to_text
from pricing.usage import TOKENS
from processor.cli.output import print_json, print_problems

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pricing import PriceTable, Question, Quote


class Why(NamedTuple):
    """What is said beside an amount."""

    multipliers: tuple[tuple[str, str], ...] = ()
    """The factor of token prices, and for which calls it is."""
    doubts: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, table: PriceTable, question: Question, usage: Mapping[str, int | Decimal], at: int
    ) -> Why:
        """Of a question that was answered."""
        from pricing import reasons  # noqa: PLC0415 - once there is an answer

        offer = table.find(question)
        if isinstance(offer, NotPriced):
            return cls()
        tokens = any(usage[name] for name in usage if name in TOKENS)
        times = reasons.factors(offer, at) if tokens else []
        return cls(
            tuple((reasons.factor(one), reasons.told(one.facts)) for one in times),
            tuple(reasons.doubts(offer, question, usage, at)),
        )


def tell(  # noqa: PLR0913 - an answer and what is said beside it
    model: str,
    answer: Quote,
    usage: Mapping[str, int | Decimal],
    table: PriceTable,
    why: Why,
    *,
    as_json: bool,
) -> None:
    """On stdout."""
    if as_json:
        print_json(_as_json(model, answer, usage, table, why))
    else:
        click.echo(_as_text(answer, usage, table, why))


def refuse(model: str, answer: NotPriced, table: PriceTable, *, as_json: bool) -> NoReturn:
    """Say that there is no cost, and end with 1."""
    if as_json:
        print_json(
            {
                "model": model,
                "provider": answer.provider,
                "status": str(answer.reason),
                "detail": answer.detail,
                **_second(answer),
                "did_you_mean": _near(model, answer, table),
                "version": table.version,
            }
        )
    detail = f": {answer.detail}" if answer.detail else ""
    near = _near(model, answer, table)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    if not answer.provider and table.alias_target(model, "", "") is None:
        hint = _hint(model, table) or hint
    print_problems([f"{model} is not priced: {answer.reason}{detail}{hint}"])
    sys.exit(1)


def _near(model: str, answer: NotPriced, table: PriceTable) -> list[str]:
    """Names like the model's or the provider's, where nobody lists what was asked for."""
    from pricing import suggest  # noqa: PLC0415 - only for an error

    if answer.reason is not Reason.UNKNOWN_MODEL:
        return []
    target = table.alias_target(model, "", answer.provider)
    if target is not None:
        return suggest.target(table, target, 3)
    sellers = suggest.providers(table, answer.provider)
    return [f"--provider {each}" for each in sellers] or suggest.models(
        table, model, answer.provider
    )


def _second(answer: Quote | NotPriced) -> dict[str, str]:
    """The amount in another currency, where there is one."""
    return (
        {"amount": answer.amount, "amount_currency": answer.currency} if answer.currency else {}
    )


def _hint(model: str, table: PriceTable) -> str:
    """Return who has a model of that name, where the name alone does not say."""
    name = model.strip().lower()
    found = sorted({provider for provider, known in table.models() if known.lower() == name})
    return f"; add --provider {' or '.join(found[:5])}" if found else ""


def _as_json(
    model: str,
    answer: Quote,
    usage: Mapping[str, int | Decimal],
    table: PriceTable,
    why: Why,
) -> dict[str, Any]:
    return {
        "model": model,
        "provider": answer.provider,
        "cost": answer.atto_usd / ATTO,
        "cost_usd": to_text(answer.atto_usd),
        "list_cost_usd": to_text(answer.list_atto_usd),
        "currency": "USD",
        **_second(answer),
        "parts": {
            name: {"quantity": _number(usage.get(name)), "cost_usd": to_text(atto)}
            for name, atto in answer.parts
        },
        "status": str(answer.status),
        "why": list(why.doubts),
        "multipliers": [{"times": times, "when": when} for times, when in why.multipliers],
        "row": answer.row,
        "match": answer.match,
        "version": table.version,
    }


def _as_text(
    answer: Quote, usage: Mapping[str, int | Decimal], table: PriceTable, why: Why
) -> str:
    total = f"${to_text(answer.atto_usd)}"
    width = max((len(to_text(atto)) for _, atto in answer.parts), default=0)
    parts = [
        f"  {name:<22} {usage.get(name, ''):>12}  ${to_text(atto):<{width}}".rstrip()
        for name, atto in answer.parts
    ]
    return "\n".join(
        [
            f"{click.style(total, bold=True)}  {answer.status}",
            *parts,
            *_beside(answer),
            *(f"  why      {line}" for line in why.doubts),
            *(f"  times    {times} on tokens, for {when}" for times, when in why.multipliers),
            f"  row      {answer.row}",
            f"  match    {answer.match}",
            f"  provider {answer.provider or '-'}",
            f"  prices   {table.version}",
        ]
    )


def _beside(answer: Quote) -> list[str]:
    """The list's amount and the second currency's, where they say something else."""
    lines: list[str] = []
    if answer.list_atto_usd != answer.atto_usd:
        lines.append(f"  list     ${to_text(answer.list_atto_usd)}")
    if answer.currency:
        lines.append(f"  amount   {answer.amount} {answer.currency}")
    return lines


def _number(quantity: int | Decimal | None) -> int | float | None:
    return float(quantity) if isinstance(quantity, Decimal) else quantity
