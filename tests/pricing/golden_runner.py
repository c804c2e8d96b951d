"""Golden costs: raw usage objects of providers in, exact dollars out.

`python -m tests.pricing.golden_runner [FILE]` prints the cases that differ and a line
`N/M exact`; exit 1 if one differs. Cases about what is counted, not priced, are played by the
rules that their context names.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from pricing import NotPriced, PriceBook, PriceTable, Question, Quote
from pricing.money import ATTO
from pricing.providers import canonical
from tests.pricing.provider_usage import read

DEFAULT = Path(__file__).parents[3] / "shared" / "golden" / "costs.jsonl"
# Rests on a reading that the vendor's page does not settle (golden/README.md).
UNSETTLED = frozenset({"openai-batch-cached-keeps-standard"})
# Wait for the adjustments and currencies of a later release.
LATER = ("custom_table", "adjustment")

Case = dict[str, Any]


class Verdict(NamedTuple):
    """One case: whether it is exact, and what was said."""

    name: str
    exact: bool
    said: str
    later: bool = False


def cases(path: Path) -> list[Case]:
    """The cases in a file of golden costs."""
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def judge(case: Case, table: PriceTable) -> Verdict:
    """Prices a case and compares: relative tolerance 1e-9, and never a price where none should be."""
    context = case["context"]
    later = any(key in context for key in LATER)
    wanted, status = case["expected_usd"], case["expected_status"]
    told = _told(context)
    if told is not None:
        return Verdict(
            case["id"], told == (status, wanted and Decimal(wanted)), f"{told}", later
        )
    answer = _answer(case, table)
    if isinstance(answer, NotPriced):
        return Verdict(
            case["id"], status != "priced", f"{answer.reason}: {answer.detail}", later
        )
    cost = Decimal(answer.atto_usd * context.get("repeat", 1)) / ATTO
    exact = status == "priced" and abs(cost - Decimal(wanted)) <= abs(
        Decimal(wanted)
    ) * Decimal("1e-9")
    said = f"{cost} by {answer.row} ({answer.match}, {answer.status}), wanted {wanted} {status}"
    return Verdict(case["id"], exact, f"{said}: {dict(answer.parts)}", later)


def _told(context: Case) -> tuple[str, Decimal | None] | None:
    """What the counting rooms decide before a price is asked for."""
    if context.get("reported_cost") is not None:
        return "priced", Decimal(context["reported_cost"])
    if context.get("gateway_cache_hit"):
        return "priced", Decimal(0)
    if context.get("children_priced") or context.get("parent_of_same_call"):
        return "skipped", None
    return None


def _answer(case: Case, table: PriceTable) -> Quote | NotPriced:
    context, raw = case["context"], case["usage"]
    provider = canonical(case["provider"])
    attributes = {
        name: str(raw[name]) for name in ("size", "quality", "resolution") if name in raw
    }
    if "azure.deployment_type" in context:
        attributes["deployment_type"] = context["azure.deployment_type"]
    question = Question(
        context.get("gen_ai.response.model", case["model"]),
        request_model=context.get("gen_ai.request.model", ""),
        provider=provider,
        operation=context.get("gen_ai.operation.name", "chat"),
        endpoint=context.get("server_address", context.get("server.address", "")),
        service_tier=context.get("service_tier", ""),
        batch=context.get("processing") == "batch",
        region=context.get("cloud.region", context.get("zone", "")),
        attributes=tuple(sorted(attributes.items())),
    )
    usage = read(provider, case["model"], raw, context) if raw else {}
    at = datetime.fromisoformat(case["timestamp"])
    return table.quote(question, usage, int(at.timestamp()) * 10**9)


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
            mark = "waits for a later release" if verdict.later else "WRONG"
            say(f"{mark}: {verdict.name}: {verdict.said}")
    say(f"{sum(verdict.exact for verdict in verdicts)}/{len(verdicts)} exact")
    blocking = (v for v in verdicts if not v.exact and not v.later and v.name not in UNSETTLED)
    return int(any(True for _ in blocking))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
