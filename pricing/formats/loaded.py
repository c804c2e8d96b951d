"""What reading a price source gives, and the collector its readers share.

A reader never stops at the first problem: it notes each with its place and goes on; a source with a
problem gives no layer at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from pricing.layer import Catalogue
from pricing.problems import SHOWN, PriceError
from pricing.rates import RateError, rate
from pricing.rows import FACTS, Entry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from pricing.formats.clauses import Pattern
    from pricing.formats.document import Document, Path
    from pricing.rates import Rate
    from pricing.rows import Multiplier, Row


MAX_ROWS: Final = 1000
"""Of one model; a price that changes weekly for ten years has half of them."""

# Problems or warnings of one file: then it is refused, and further warnings are not looked for.
_MOST: Final = 1000

Period = tuple[int | None, int | None]
"""From and until, Unix ns; None is open."""
_Term = TypeVar("_Term", "Row", "Multiplier")


class Loaded(NamedTuple):
    """A source that can be used; `warnings` say what in it was passed over and why."""

    layer: Catalogue
    warnings: tuple[str, ...]
    format: str


class Gathering:
    """Entries, aliases, problems and warnings while a source is read."""

    def __init__(self, document: Document, *, graded: bool = False) -> None:
        """`graded`: the form has words for thresholds and hours (`Entry.graded`)."""
        self.document = document
        self._graded = graded
        self.problems: list[str] = []
        self.warnings: list[str] = []
        self._full: set[tuple[str, str]] = set()
        self._entries: dict[tuple[str, str], Entry] = {}
        self._aliases: dict[tuple[str, str], str] = {}
        self._alias_paths: dict[tuple[str, str], Path] = {}
        self._dated: dict[tuple[str, str], list[tuple[str, Period, Path]]] = {}
        self._endpoints: list[tuple[str, str]] = []
        self._patterns: dict[str, list[Pattern]] = {}

    def problem(self, path: Path, message: str) -> None:
        """Notes something that makes the source unusable."""
        self.problems.append(f"{self.document.place(path)}: {message}")
        if len(self.problems) >= _MOST:
            self._refuse()

    def warn(self, path: Path, message: str) -> None:
        """Notes something passed over."""
        if not self.may_warn:
            return
        self.warnings.append(f"{self.document.name}: {'.'.join(map(str, path))}: {message}")

    @property
    def may_warn(self) -> bool:
        """Whether a further warning would be kept; finding its words may cost time."""
        return len(self.warnings) < _MOST

    def rate(self, path: Path, name: str, amount: Decimal, per: int = 1) -> Rate | None:
        """A rate, or a problem."""
        try:
            return rate(name, amount, per)
        except RateError as bad:
            self.problem(path, str(bad))
            return None

    def entry(  # noqa: PLR0913  the parts of an entry, by name
        self,
        provider: str,
        model: str,
        rows: Sequence[Row],
        *,
        path: Path | None = None,
        mode: str = "",
        name: str = "",
        multipliers: Sequence[Multiplier] = (),
        whole: bool = False,
        graded: bool = False,
    ) -> None:
        """Adds rows of a model; several of one source are joined in their order.

        `path` is where they stand in a file that people write: an implausible price is a mistake there.
        In a table that others publish its model is left to the layers below.
        """
        rows = [_in_order(row) for row in rows]
        key = (provider, model.strip().lower())
        if not self._plausible(key, rows, path):
            return
        known = self._entries.get(key)
        if known is not None:
            rows = (*known.rows, *rows)
            multipliers = (*known.multipliers, *multipliers)
            mode, name = known.mode or mode, known.name or name
        if len(rows) > MAX_ROWS:
            if key not in self._full:
                words = f"has more than {MAX_ROWS:,} rows; leave out what is long past"
                self.problem(path or key, words)
            self._full.add(key)
            return
        graded = graded or self._graded
        self._entries[key] = Entry(
            key[0], key[1], tuple(rows), mode, name, tuple(multipliers), whole, graded
        )

    def _plausible(self, key: tuple[str, str], rows: Sequence[Row], path: Path | None) -> bool:
        """Whether rows may be taken; what may not is a problem or, in others' tables, left out."""
        limits = self.document.limits
        if limits is None:
            return True
        for i, row in enumerate(rows):
            for name, price in row.rates.items():
                words = limits.objection(*key, name, price)
                if not words:
                    self._doubt(key, path, i, name, price)
                    continue
                if limits.accepting:
                    self.warn(path or key, words)
                elif path is None:
                    self.warn(key, f"left out: {words}")
                    return False
                else:
                    self.problem(self._price(path, i, name), words)
        return True

    def _doubt(
        self, key: tuple[str, str], path: Path | None, row: int, name: str, price: Rate
    ) -> None:
        """Tells what may be meant and likely is not; in a file that people write."""
        limits = self.document.limits
        if path is not None and limits is not None and self.may_warn:
            words = limits.doubt(*key, name, price)
            if words:
                self.warn(self._price(path, row, name), words)

    def _price(self, path: Path, row: int, name: str) -> Path:
        """Where a price stands in a model: under `prices`, or under one of its `rows`."""
        dated = (*path, "rows", row, "prices", name)
        return dated if self.document.has(dated) else (*path, "prices", name)

    def alias(self, provider: str, name: str, model: str, path: Path = ()) -> None:
        """Adds another id of a model."""
        key, target = (provider, name.strip().lower()), model.strip().lower()
        known = self._aliases.get(key)
        if known is not None and known != target:
            self.problem(path, f"{name!r} is an alias of {known!r} already")
        self._aliases[key] = target
        self._alias_paths[key] = path

    def dated_alias(
        self, provider: str, name: str, model: str, period: Period, path: Path
    ) -> None:
        """Adds an id that means a model of this source for a time (trap 7)."""
        key = (provider, name.strip().lower())
        self._dated.setdefault(key, []).append((model.strip().lower(), period, path))

    def endpoint(self, pattern: str, provider: str) -> None:
        """Adds a server address behind which a provider stands."""
        self._endpoints.append((pattern, provider))

    def pattern(self, provider: str, pattern: Pattern) -> None:
        """Adds an open-ended match; of several that take a name the first decides."""
        self._patterns.setdefault(provider, []).append(pattern)

    def has(self, provider: str, name: str) -> bool:
        """Whether an id or alias is taken."""
        key = (provider, name.strip().lower())
        return key in self._entries or key in self._aliases

    def finish(self, form: str, version: str = "") -> Loaded:
        """The source, or a `PriceError` with everything that is wrong with it."""
        for key, targets in self._dated.items():
            self._moving(key, targets)
        for key, target in self._aliases.items():
            if key in self._entries and key[1] != target:
                self.problem(
                    self._alias_paths[key], f"{key[1]!r} is a model of its own, not an alias"
                )
        if not self._entries and not self._aliases and not self.problems:
            self.problem((), f"no priced model in it (read as {form})")
        if self.problems:
            self._refuse()
        return Loaded(
            Catalogue(
                self._entries, self._aliases, version, self._patterns, tuple(self._endpoints)
            ),
            tuple(self.warnings),
            form,
        )

    def _refuse(self) -> None:
        more = len(self.problems) - SHOWN
        tail = [f"{self.document.name}: and {more} more problems"] if more > 0 else []
        raise PriceError([*self.problems[:SHOWN], *tail])

    def _moving(self, key: tuple[str, str], targets: list[tuple[str, Period, Path]]) -> None:
        """A dated alias is a model whose rows are its targets', each cut to its time."""
        rows: list[Row] = []
        times: list[Multiplier] = []
        for target, period, path in targets:
            meant = self._entries.get((key[0], target))
            if key in self._entries or key in self._aliases or meant is None:
                self.problem(path, f"{key[1]!r} is a model or an undated alias already")
                return
            rows += [cut for row in meant.rows if (cut := _cut(row, period)) is not None]
            times += [kept for m in meant.multipliers if (kept := _cut(m, period)) is not None]
        mode = self._entries[key[0], targets[0][0]].mode
        self._entries[key] = Entry(*key, tuple(rows), mode, "", tuple(times))


def _cut(term: _Term, period: Period) -> _Term | None:
    """A row or multiplier within a period; None where they have no moment in common."""
    since = max((t for t in (term.since, period[0]) if t is not None), default=None)
    until = min((t for t in (term.until, period[1]) if t is not None), default=None)
    if since is not None and until is not None and until <= since:
        return None
    return term._replace(since=since, until=until)


def _in_order(row: Row) -> Row:
    """The row with its facts in the one order in which they are compared and written."""
    facts = tuple(sorted(row.when.facts, key=lambda fact: FACTS.index(fact.name)))
    return row if facts == row.when.facts else row._replace(when=row.when._replace(facts=facts))
