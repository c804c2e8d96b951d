"""Why an answer is what it is, for people: what multiplied it, what was doubtful, which condition was not met.

Words beside an answer that is there already, never a part of it; on no path of a span.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pricing.rows import FACTS, instant_text, value
from pricing.usage import CLASSES, TOKENS

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from pricing.answers import Question
    from pricing.charge import Offer
    from pricing.plan import Plan
    from pricing.rows import Fact, Multiplier, Row


def lacking(rows: Iterable[Row], facts: Mapping[str, str], classes: Container[str] = ()) -> str:
    """What a call would have to say for the nearest of some rows to hold: each fact with its values.

    `classes`: only rows that price one of them count; all of them where it is empty.
    """
    unmet = [
        {fact.name: fact.values for fact in row.when.facts if not fact.holds(facts)}
        for row in rows
        if not classes or any(name in classes for name in row.rates)
    ]
    nearest = min(map(len, unmet), default=0)
    values: dict[str, set[str]] = {}
    for each in unmet if nearest else ():
        for name, texts in each.items() if len(each) == nearest else ():
            values.setdefault(name, set()).update(texts)
    return " and ".join(
        f"{name} ({', '.join(sorted(values[name]))})" for name in FACTS if name in values
    )


def factors(offer: Offer, at_unix_ns: int) -> list[Multiplier]:
    """The published multipliers on a call's token prices, in force at an instant."""
    return [
        each
        for each in offer.basis.multipliers
        if (each.since is None or each.since <= at_unix_ns)
        and (each.until is None or at_unix_ns < each.until)
    ]


def told(facts: Iterable[Fact]) -> str:
    """Conditions in words, as the ids of rows have them."""
    return ", ".join(
        f"{'not ' if fact.negated else ''}{fact.name}={'|'.join(sorted(fact.values))}"
        for fact in facts
    )


def period(term: Multiplier) -> str:
    """From when to when, in words; empty: always."""
    since = "" if term.since is None else f"from {instant_text(term.since)}"
    until = "" if term.until is None else f"to {instant_text(term.until)}"
    return " ".join(filter(None, (since, until)))


def doubts(
    offer: Offer, question: Question, usage: Mapping[str, int | Decimal], at_unix_ns: int
) -> list[str]:
    """A line for each thing that keeps an answer from being plainly `priced`."""
    plan = offer.plan_at(usage, at_unix_ns)
    if plan is None:
        return []
    lines = [
        line for name in usage if usage[name] for line in _of_class(name, plan, offer, question)
    ]
    lines += [f"some {name} were used and not counted" for name in question.missing]
    if usage.get("output"):
        lines += [
            f"nothing is said of {' or '.join(counts)}, which this model charges for"
            for counts in plan.unsaid
            if not any(counted in usage for counted in counts)
        ]
    lists = [step for step in offer.match.split("+") if step.startswith("list_of:")]
    lines += [f"by the list of {step.partition(':')[2]}, who sells it too" for step in lists]
    return list(dict.fromkeys(lines))


def _of_class(name: str, plan: Plan, offer: Offer, question: Question) -> Iterator[str]:
    found = plan.source(name)
    if found is None:
        if name not in CLASSES or not CLASSES[name].optional:
            yield f"{name} has no price in {plan.row}"
        return
    lender, row = found
    if lender != name and not CLASSES[name].ordinary:
        yield f"{name} has no price of its own: charged at that of {lender}"
    if name not in TOKENS:
        return
    terms = told(row.when.facts)
    charged = f"charged at that for {terms}" if terms else "charged at the standard one"
    met = {fact.name for fact in row.when.facts}
    met |= {fact.name for term in offer.basis.multipliers for fact in term.facts}
    for fact, asked in _served(question):
        if fact not in met and row.when.served < offer.basis.served:
            yield f"no price of {lender} is for {fact}={asked}: {charged}"
    if row.when.context < plan.context:
        yield f"no price of {lender} is for more than {plan.context:,} tokens: {charged}"


def _served(question: Question) -> Iterator[tuple[str, str]]:
    """How the call was served out of the ordinary, as it says itself."""
    said = {"service_tier": question.service_tier, **dict(question.attributes)}
    for name in ("service_tier", "speed"):
        asked = value(name, said.get(name, ""))
        if asked != "standard" and asked not in {"batch", "batches"}:
            yield name, asked
    if question.batch or value("service_tier", question.service_tier) in {"batch", "batches"}:
        yield "batch", "true"


def factor(term: Multiplier) -> str:
    """The factor itself, as a price file has it."""
    return format((Decimal(term.numerator) / term.denominator).normalize(), "f")
