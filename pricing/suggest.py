"""The names nearest to one that nobody lists: for people's errors, never for a price.

Looks through the whole table, so it belongs on the way to an error message and nowhere else.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from pricing.compact import CompactLayer
from pricing.providers import canonical, from_model, known

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pricing.table import PriceTable

_LIKE = 0.7


def models(table: PriceTable, model: str, provider: str = "", count: int = 3) -> list[str]:
    """Ids like `model`, nearest first: of `provider` where it has some, else as `provider/id`.

    Of several sellers it is the one whose name for it is, where the name tells.
    """
    name = model.strip().lower()[:200]
    if not name:
        return []
    own = nearest(name, (each for seller, each in table.models() if seller == provider), count)
    if own:
        return own
    bare = name.rpartition("/")[2]
    sellers: dict[str, str] = {}
    for seller, listed in table.models():
        if listed not in sellers or seller == from_model(listed):
            sellers[listed] = seller
    return [f"{sellers[each]}/{each}" for each in nearest(bare, sellers, count)]


def target(table: PriceTable, name: str, count: int = 1) -> list[str]:
    """Names like what an alias stands for, `provider/id` or an id, in the form it has."""
    prefix, slash, rest = name.partition("/")
    if slash and any(seller == canonical(prefix) for seller, _ in table.models()):
        return [
            each if "/" in each and "/" not in rest else f"{prefix}/{each}"
            for each in models(table, rest, canonical(prefix), count)
        ]
    return models(table, name, "", count)


def providers(table: PriceTable, provider: str, count: int = 3) -> list[str]:
    """Sellers like one that has no row; empty where it has some."""
    asked = canonical(provider)
    sellers = {seller for seller, _ in table.models()}
    if not asked or asked in sellers or known(asked):
        return []
    return nearest(asked, sellers, count)


def seller(table: PriceTable, model: str) -> str:
    """The only provider of the operator's own files that lists a model; empty: none, or several."""
    name = model.strip().lower()
    own = [layer for layer in table.layers if not isinstance(layer, CompactLayer)]
    providers = {each for layer in own for each, _ in layer.models()}
    found = {
        each
        for each in providers
        if any(layer.resolve(each, name) is not None for layer in own)
    }
    return next(iter(found)) if len(found) == 1 else ""


def nearest(name: str, names: Iterable[str], count: int) -> list[str]:
    """The names most like one, best first; none that is not much like it."""
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(name)
    scored: list[tuple[float, str]] = []
    for each in dict.fromkeys(names):
        matcher.set_seq1(each)
        if matcher.real_quick_ratio() >= _LIKE and matcher.quick_ratio() >= _LIKE:
            ratio = matcher.ratio()
            if ratio >= _LIKE:
                scored.append((-ratio, each))
    return [each for _, each in sorted(scored)[:count]]
