"""`disagreements.yaml`: where sources differ, what was taken, and the class of reason."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from pricing.tables.making.decimals import text
from pricing.tables.making.emit import scalar
from pricing.tables.making.rows import TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pricing.tables.making.compiling import Compiled
    from pricing.tables.making.merge import Disagreement
    from pricing.tables.making.museum import Difference
    from pricing.tables.making.rows import Price, When

_HEAD: Final = """\
# Where two sources have a price and differ: both values, the one that was taken, and why.
# Made by `make prices`; the rules are pricing/tables/making/verdicts.py. USD per million tokens
# where no unit is named.
agreeing: {agreeing}
disagreeing: {disagreeing}
"""


def record(compiled: Compiled) -> str:
    """The whole file, by reason."""
    by_reason: dict[str, list[Disagreement]] = defaultdict(list)
    for found in compiled.disagreements:
        by_reason[found.reason].append(found)
    out = [_HEAD.format(agreeing=compiled.agreeing, disagreeing=len(compiled.disagreements))]
    out.append("rulings:\n")
    ruled = (
        "  - {" + ", ".join(f"{key}: {scalar(value)}" for key, value in ruling.items()) + "}\n"
        for ruling in compiled.ruled
    )
    out += dict.fromkeys(ruled)
    out.append("left_out:\n")
    for row in compiled.left_out:
        out.append(
            f"  - {{provider: {scalar(row.provider)}, model: {scalar(row.model)}, {_when(row.condition)}"
            f"source: {row.source}, reason: {scalar(row.reason)}}}\n"
        )
    out.append("reasons:\n")
    for reason, cases in sorted(by_reason.items()):
        out += [
            f"  - reason: {scalar(reason)}\n",
            f"    taken: {cases[0].chosen}\n",
            "    cases:\n",
        ]
        out += _cases(cases)
    out += _since(compiled.since)
    return "".join(out)


def _since(found: Iterable[Difference]) -> list[str]:
    """The map of August 2025 beside the tables on its own day."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for one in found:
        by_reason[one.reason].append(
            f"      - {{provider: {scalar(one.provider)}, model: {scalar(one.model)}, class: {one.name}, "
            f"tokencost: {one.then}, tables: {one.taken}}}\n"
        )
    out = ["since_august_2025:\n"]
    for reason, cases in sorted(by_reason.items()):
        out += [f"  - reason: {scalar(reason)}\n", "    cases:\n", *cases]
    return out


def _cases(cases: Iterable[Disagreement]) -> list[str]:
    def key(case: Disagreement) -> tuple[object, ...]:
        return (case.provider, case.model, case.condition, case.name)

    return [
        f"      - {{provider: {scalar(case.provider)}, model: {scalar(case.model)}, {_when(case.condition)}"
        f"class: {case.name}, litellm: {_price(case.litellm)}, "
        f"genai-prices: {_price(case.genai_prices)}, taken: {case.chosen}}}\n"
        for case in sorted(cases, key=key)
    ]


def _when(condition: When) -> str:
    if not condition:
        return ""
    pairs = ", ".join(f"{name}: {scalar(value)}" for name, value in condition)
    return f"when: {{{pairs}}}, "


def _price(price: Price) -> str:
    return text(price.amount) + ("" if price.unit == TOKENS else f" per {price.unit}")
