"""The price table: an immutable stack of layers, and the memo of what it was asked.

Built whole, then swapped in; a request holds one table from its first span to its last. Answers
depend on the question alone, never on what was asked before.
"""

from __future__ import annotations

import threading
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from pricing.answers import NotPriced, Question, Quote, Reason
from pricing.charge import Offer
from pricing.layer import ANY
from pricing.match import candidates, refines, speaks_for
from pricing.plan import FALLBACK, Basis
from pricing.providers import MAX_TEXT, canonical
from pricing.reasons import lacking
from pricing.regions import region_of
from pricing.rows import SERVED, value
from pricing.sellers import Seller, prefixes, sellers
from pricing.stacking import over
from pricing.terms import NO_TERMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal

    from pricing.layer import Layer
    from pricing.match import Candidate
    from pricing.rows import Entry, Row
    from pricing.terms import Terms

MEMO_LIMIT: Final = 2048
# Sums over calls are no prompt: no context threshold may fire on them (trap 25).
_AGGREGATES: Final = frozenset(
    {"invoke_agent", "create_agent", "invoke_workflow", "chain", "agent", "batch"}
)
_TOO_LONG: Final = NotPriced(Reason.UNKNOWN_MODEL, "no model's id is that long")


class PriceTable:
    """Everything that is known of prices at one moment; never changes."""

    def __init__(
        self,
        layers: tuple[Layer, ...],
        version: str,
        aliases: Mapping[str, str] | None = None,
        terms: Terms = NO_TERMS,
    ) -> None:
        """Later layers win over earlier ones, row by row; operator's `aliases` over all."""
        self.version = version
        self.terms = terms
        """Of the operator; they say too whether a question has to name service or environment."""
        self._asks_service = terms.asks_service()
        self._asks_environment = terms.asks_environment()
        self._endpoints = tuple(pair for layer in layers[::-1] for pair in layer.endpoints)
        self.models_count = sum(layer.count for layer in layers)
        self.rows_count = sum(layer.rows for layer in layers)
        """Of all layers; what several have is counted each time."""
        self._layers = layers[::-1]
        self._aliases = {name.lower(): target for name, target in (aliases or {}).items()}
        self._memo: dict[Question, Offer | NotPriced] = {}
        self._memo_lock = threading.Lock()

    def find(self, question: Question) -> Offer | NotPriced:
        """The rows that answer a question; independent of usage and time."""
        if question.service or question.environment:
            question = self._needed(question)
        answer = self._memo.get(question)
        if answer is None:
            if sum(map(len, question[:2])) > 2 * MAX_TEXT:
                return _TOO_LONG
            answer = self.search(question)
            with self._memo_lock:
                if len(self._memo) >= MEMO_LIMIT:  # model names come from strangers
                    del self._memo[next(iter(self._memo))]
                self._memo[question] = answer
        return answer

    def _needed(self, question: Question) -> Question:
        """Without what no adjustment asks for, so that the memo does not fill with it."""
        return question._replace(
            service=question.service if self._asks_service else "",
            environment=question.environment if self._asks_environment else "",
        )

    def quote(
        self, question: Question, usage: Mapping[str, int | Decimal], at_unix_ns: int
    ) -> Quote | NotPriced:
        """The cost of one call."""
        offer = self.find(question)
        return offer if isinstance(offer, NotPriced) else offer.charge(usage, at_unix_ns)

    @property
    def remembered(self) -> int:
        """How many answers the memo holds."""
        return len(self._memo)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The sources, first to last."""
        return self._layers[::-1]

    @property
    def aliases(self) -> Mapping[str, str]:
        """What the operator's names stand for; lowercase."""
        return self._aliases

    def entry(self, provider: str, model: str) -> Entry | None:
        """The rows of a model by its id, those of later layers over those of earlier ones."""
        found: Entry | None = None
        for layer in self.layers:
            entry = layer.entry(provider, model) or layer.entry(ANY, model)
            if entry is not None:
                found = entry if found is None else over(entry, found)
        return found

    def models(self) -> Iterator[tuple[str, str]]:
        """Every (provider, model) that has rows, sorted."""
        return iter(sorted({key for layer in self._layers for key in layer.models()}))

    def __repr__(self) -> str:
        return f"PriceTable({self.version!r}, {len(self._layers)} layers)"

    def search(self, question: Question) -> Offer | NotPriced:
        """The same without the memo."""
        tried = list(sellers(question, self._addressed(question.endpoint)))
        for seller in (*tried, *prefixes(question)):
            found = self._listed(self._answered(question, seller), seller)
            if found is not None:
                entry, how = found
                return self._offer(question, entry, how or ("exact",), seller)
        if not tried:
            found = self._listed(self._answered(question, Seller(ANY)), Seller(ANY))
            if found is not None:
                return self._offer(question, found[0], found[1] or ("exact",), Seller(""))
        asked = " or ".join(
            dict.fromkeys(filter(None, (question.model, question.request_model)))
        )
        provider = tried[0].provider if tried else ""
        detail = f"no provider lists {asked or 'it'}"
        if provider:
            detail = f"{provider} lists no {asked or 'model'}"
        for name in (question.model, question.request_model):
            target = self.alias_target(name, question.endpoint, provider) if name else None
            if target is not None:
                detail = f"{name} is an alias of {target}, which no table has"
        return NotPriced(Reason.UNKNOWN_MODEL, detail, provider)

    def _addressed(self, endpoint: str) -> str:
        """Whom a price file places behind an address, port or not; empty: nobody."""
        if not self._endpoints or not endpoint:
            return ""
        address = value("endpoint", endpoint).partition("/")[0]
        for pattern, provider in self._endpoints:
            if any(fnmatchcase(text, pattern) for text in (address, _without_port(address))):
                return provider
        return ""

    def _offer(
        self, question: Question, entry: Entry, how: tuple[str, ...], seller: Seller
    ) -> Offer | NotPriced:
        facts = _facts(question, seller.provider or entry.provider)
        provider = seller.provider if entry.provider == ANY else entry.provider
        rows = tuple(row for row in entry.ranked() if _holds(row, facts, question))
        if not rows:
            wanted = ", ".join(f"{name}={text}" for name, text in sorted(facts.items()) if text)
            needs = lacking(entry.rows, facts)
            detail = f"no row of {entry.model} is for {wanted}{needs and f'; its rows ask for {needs}'}"
            return NotPriced(Reason.UNSUPPORTED_UNIT, detail, seller.provider)
        multipliers = tuple(
            m for m in entry.multipliers if all(f.holds(facts) for f in m.facts)
        )
        asked = {name for name in SERVED if facts.get(name) not in {None, "standard", "false"}}
        asked -= {fact.name for multiplier in multipliers for fact in multiplier.facts}
        aggregate = question.operation in _AGGREGATES
        terms = self.terms._replace(
            adjustments=tuple(
                rule
                for rule in self.terms.adjustments
                if rule.holds(question, seller.provider or provider, entry.model, facts)
            )
        )
        return Offer(
            Basis(
                entry,
                rows,
                multipliers,
                match="+".join(how),
                provider=provider,
                served=len(asked),
                missing=(*question.missing, "requests") if aggregate else question.missing,
                doubt=FALLBACK if any(step.startswith("list_of:") for step in how) else 0,
                terms=terms,
                aggregate=aggregate,
            )
        )

    def _answered(self, question: Question, seller: Seller) -> Question:
        """Without the request's id where another model answered: it would lend a sibling's price.

        A name that the operator gave a meaning speaks for whatever answers to it.
        """
        response, request = question.model, question.request_model
        if not request or request == response or refines(request, response):
            return question
        if speaks_for(request, response, seller.provider):
            return question
        if self._aliased(request, question, seller) is not None:
            return question
        return question._replace(request_model="")

    def _listed(
        self, question: Question, seller: Seller
    ) -> tuple[Entry, tuple[str, ...]] | None:
        response, request = question.model, question.request_model
        order = [(response, ()), (request, ("request_model",))]
        if refines(request, response):
            order.reverse()
        for model, how in order:
            if not model:
                continue
            aliased = self._aliased(model, question, seller)
            if aliased is not None:
                return aliased
            found = self._named(seller.provider, candidates(model, seller.provider))
            if found is not None:
                entry, steps = found
                return entry, tuple(dict.fromkeys((*how, *steps, *seller.how)))
        return self._matching(order, seller)

    def _matching(
        self, order: list[tuple[str, tuple[str, ...]]], seller: Seller
    ) -> tuple[Entry, tuple[str, ...]] | None:
        """By a source's open-ended matches; only for names that no source lists."""
        for layer in self._layers:
            for model, how in order:
                for candidate in candidates(model, seller.provider) if model else ():
                    found = layer.matching(seller.provider, candidate.model)
                    entry = None if found is None else self.entry(seller.provider, found)
                    if entry is not None:
                        return entry, (*how, *candidate.how, "pattern", *seller.how)
        return None

    def _aliased(
        self, model: str, question: Question, seller: Seller
    ) -> tuple[Entry, tuple[str, ...]] | None:
        """What the operator says the name stands for: by resource, by provider, or anywhere."""
        target = self.alias_target(model, question.endpoint, seller.provider)
        return None if target is None else self._target(target, seller.provider)

    def alias_target(self, model: str, endpoint: str, provider: str) -> str | None:
        """What the operator says a name stands for, whether a table has that or not."""
        if not self._aliases:
            return None
        name = model.strip().lower()
        for key in (f"{endpoint.lower()}/{name}", f"{provider}/{name}", name):
            if key in self._aliases:
                return self._aliases[key]
        return None

    def has_target(self, alias: str) -> bool:
        """Whether somebody lists what one of the operator's names stands for."""
        target = self._aliases[alias]
        if any(self._target(target, name) for name in ("", canonical(alias.partition("/")[0]))):
            return True
        return any(
            self._target(target, name) for name in {seller for seller, _ in self.models()}
        )

    def _target(self, target: str, provider: str) -> tuple[Entry, tuple[str, ...]] | None:
        question = Question(target, provider=provider)
        prefix, slash, rest = target.partition("/")
        for name, text in ((provider, target), (canonical(prefix), rest if slash else "")):
            found = self._named(name, candidates(text, name)) if text else None
            if found is not None:
                return found[0], tuple(dict.fromkeys(("alias", *found[1])))
        for seller in sellers(question):
            found = self._named(seller.provider, candidates(target, seller.provider))
            if found is not None:
                return found[0], tuple(dict.fromkeys(("alias", *found[1], *seller.how)))
        return None

    def _named(
        self, provider: str, names: Iterable[Candidate]
    ) -> tuple[Entry, tuple[str, ...]] | None:
        """An entry by id or alias, and how: the last layer that knows one of the names says which.

        So what an operator says of a model holds for its dated snapshots too, though an earlier
        layer lists those by themselves.
        """
        for layer in self._layers:
            for name, how in names:
                model = layer.resolve(provider, name) or layer.resolve(ANY, name)
                found = None if model is None else self.entry(provider, model)
                if found is not None:
                    return found, how if model == name else (*how, "alias")
        return None


def _facts(question: Question, provider: str) -> dict[str, str]:
    facts = {name: value(name, text) for name, text in question.attributes}
    tier = value("service_tier", question.service_tier)
    facts["service_tier"] = "standard" if tier == "batch" else tier
    facts["batch"] = "true" if question.batch or tier in {"batch", "batches"} else "false"
    facts["region"] = value("region", region_of(question, provider))
    facts["endpoint"] = _without_port(value("endpoint", question.endpoint).partition("/")[0])
    return facts


def _without_port(address: str) -> str:
    host, colon, port = address.rpartition(":")
    return host if colon and port.isdigit() else address


def _holds(row: Row, facts: Mapping[str, str], question: Question) -> bool:
    if row.when.context >= 0 and question.operation in _AGGREGATES:
        return False
    return all(fact.holds(facts) for fact in row.when.facts)
