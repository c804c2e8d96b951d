"""Golden costs: raw usage objects of providers in, exact dollars out.

`python -m tests.pricing.golden_runner [FILE]` prints the cases that differ and a line
`N/M exact`; exit 1 if one differs. Cases about what is counted, not priced, are played by the
rules that their context names; prices, contracts and rates that a context brings are the operator's.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from pricing import NotPriced, PriceBook, PriceTable, Quote
from pricing.money import ATTO
from pricing.rows import instant
from tests.pricing import golden_context
from tests.pricing.provider_usage import read

DEFAULT = Path(__file__).parents[3] / "shared" / "golden" / "costs.jsonl"
# Rests on a reading that the vendor's page does not settle (golden/README.md).
UNSETTLED = frozenset({"openai-batch-cached-keeps-standard"})

Case = dict[str, Any]


class Verdict(NamedTuple):
    """One case: whether it is exact, and what was said."""

    name: str
    exact: bool
    said: str


def cases(path: Path) -> list[Case]:
    """The cases in a file of golden costs."""
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def judge(case: Case, table: PriceTable) -> Verdict:
    """Prices a case and compares: relative tolerance 1e-9, and never a price where none should be."""
    context = case["context"]
    wanted, status = case["expected_usd"], case["expected_status"]
    told = _told(context)
    if told is not None:
        return Verdict(case["id"], told == (status, wanted and Decimal(wanted)), f"{told}")
    answer = answered(case, table)
    cost = _cost(answer, case.get("currency") or "USD")
    if cost is None:
        return Verdict(case["id"], status != "priced", f"{answer}")
    cost *= context.get("repeat", 1)
    said = f"{cost} by {answer}, wanted {wanted} {status}"
    listed = context.get("list_usd")
    if listed is not None and isinstance(answer, Quote):
        told_list = Decimal(answer.list_atto_usd) / ATTO
        if not _close(told_list, Decimal(listed)):
            return Verdict(case["id"], exact=False, said=f"{said}, list {told_list}")
    return Verdict(case["id"], status == "priced" and _close(cost, Decimal(wanted)), said)


def answered(case: Case, table: PriceTable) -> Quote | NotPriced:
    """What a table says of a case, on the terms that its context brings."""
    question = golden_context.question(case)
    raw: Case = case["usage"]
    usage = read(question.provider, case["model"], raw, case["context"]) if raw else {}
    own = golden_context.on_its_terms(table, case["context"])
    return own.quote(question, usage, instant(case["timestamp"]))


def _cost(answer: Quote | NotPriced, currency: str) -> Decimal | None:
    """The amount in the currency that a case is in; None where there is none."""
    if currency != "USD":
        return Decimal(answer.amount) if answer.currency == currency else None
    return None if isinstance(answer, NotPriced) else Decimal(answer.atto_usd) / ATTO


def _close(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= abs(other) * Decimal("1e-9")


def _told(context: Case) -> tuple[str, Decimal | None] | None:
    """What the counting rooms decide before a price is asked for."""
    if context.get("reported_cost") is not None:
        return "priced", Decimal(context["reported_cost"])
    if context.get("gateway_cache_hit"):
        return "priced", Decimal(0)
    if context.get("children_priced") or context.get("parent_of_same_call"):
        return "skipped", None
    return None


def say(line: str) -> None:
    """A line for people."""
    sys.stdout.write(f"{line}\n")


def main(arguments: list[str]) -> int:
    """Prints what differs and the count."""
    path = Path(arguments[0]) if arguments else DEFAULT
    if not path.exists():
        say(
            f"SKIPPED: no golden costs at {path}; they come with the shared folder beside the checkout"
        )
        return 0
    book = PriceBook()
    outcome = book.reload(0.0)
    for problem in outcome.problems:
        say(problem)
    verdicts = [judge(case, book.current) for case in cases(path)]
    for verdict in verdicts:
        if not verdict.exact:
            say(f"WRONG: {verdict.name}: {verdict.said}")
    say(f"{sum(verdict.exact for verdict in verdicts)}/{len(verdicts)} exact")
    return int(any(not v.exact and v.name not in UNSETTLED for v in verdicts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
