"""The price book: sources in, the current table out; reload is build, check, swap.

A bad source changes nothing: the last good table stays and the outcome says what is wrong. Content
decides, by digest. Reading happens here and only here; no clocks, no threads, no waiting.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from pricing import compact
from pricing.problems import PriceError
from pricing.table import PriceTable
from pricing.terms import NO_TERMS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pricing.layer import Layer
    from pricing.terms import Terms

BUILTIN: Final = Path(__file__).with_name("tables") / "builtin.json"
_MAX_BYTES: Final = 64 * 1024 * 1024


class PriceSource(NamedTuple):
    """A file of prices, and the form it is in (`auto`: by its content)."""

    path: str
    format: str = "auto"


class ReloadOutcome(NamedTuple):
    """What became of a reload, for the log line and the metric."""

    result: Literal["changed", "unchanged", "kept"]
    version: str
    problems: tuple[str, ...] = ()
    """Why the last good table was kept; a line each, with file, line or path, and remedy."""
    warnings: tuple[str, ...] = ()
    models: int = 0
    rows: int = 0
    at_unix_s: float = 0.0


class _Read(NamedTuple):
    digest: str
    layer: Layer
    warnings: tuple[str, ...]


class PriceBook:
    """Holds the current table; `current` is one reference, swapped whole."""

    def __init__(
        self,
        sources: Sequence[PriceSource] = (),
        *,
        builtin: bool = True,
        aliases: Mapping[str, str] | None = None,
        terms: Terms = NO_TERMS,
    ) -> None:
        """Later sources win over earlier ones; nothing is read before the first `reload`."""
        self.sources = tuple(sources)
        self._builtin = builtin
        self._aliases = dict(aliases or {})
        self._terms = terms
        self._good: dict[PriceSource, _Read] = {}
        self._bad: dict[PriceSource, tuple[str, tuple[str, ...]]] = {}
        self._loaded = False
        self._seen: dict[PriceSource, str] = {}
        self._reloading = threading.Lock()
        self.current = PriceTable((), "none")

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files to watch."""
        return tuple(Path(source.path) for source in self.sources)

    def reload(self, now_unix_s: float) -> ReloadOutcome:
        """Reads every source again; never raises for what is in them."""
        with self._reloading:
            problems: list[str] = []
            reads = [self._read(source, problems) for source in self.sources]
            layers = self._builtin_layers(problems)
            good = [read for read in reads if read is not None]
            if problems:
                if (
                    not self._loaded
                ):  # there is no last good table yet: what can be read must do
                    self.current = self._stacked(layers + good)
                return self._outcome("kept", now_unix_s, problems)
            fresh = dict(zip(self.sources, good, strict=True))
            if self._loaded and fresh == self._good:
                return self._outcome("unchanged", now_unix_s)
            self._good, self._loaded = fresh, True
            self.current = self._stacked(layers + good)
            return self._outcome("changed", now_unix_s)

    def _stacked(self, layers: list[_Read]) -> PriceTable:
        table = tuple(read.layer for read in layers)
        version = _version(layers, self._aliases, self._terms)
        return PriceTable(table, version, self._aliases, self._terms)

    def stale(self) -> bool:
        """Whether a source holds something else than at the last reload, good or bad."""
        return any(_digest_of(source.path) != self._seen.get(source) for source in self.sources)

    def _outcome(
        self,
        result: Literal["changed", "unchanged", "kept"],
        now: float,
        problems: Sequence[str] = (),
    ) -> ReloadOutcome:
        warnings = tuple(line for read in self._good.values() for line in read.warnings)
        table = self.current
        return ReloadOutcome(
            result,
            table.version,
            tuple(problems),
            warnings,
            table.models_count,
            table.rows_count,
            now,
        )

    def _builtin_layers(self, problems: list[str]) -> list[_Read]:
        if not self._builtin:
            return []
        try:
            return [_builtin(BUILTIN)]
        except (OSError, ValueError) as problem:
            problems.append(
                f"{BUILTIN}: the built-in table is missing or broken ({problem}); install again"
            )
            return []

    def _read(self, source: PriceSource, problems: list[str]) -> _Read | None:
        from pricing.formats import detect  # noqa: PLC0415  the built-in table alone needs none

        try:
            data = read_file(source.path)
        except OSError as problem:
            self._seen[source] = _unreadable(problem)
            problems.append(f"{source.path}: {problem.strerror or problem}")
            return None
        digest = self._seen[source] = hashlib.sha256(data).hexdigest()
        good = self._good.get(source)
        if good is not None and good.digest == digest:
            return good
        known_bad = self._bad.get(source)
        if known_bad is not None and known_bad[0] == digest:
            problems.extend(known_bad[1])
            return None
        try:
            loaded = detect.read(data, source.path, source.format)
        except PriceError as bad:
            self._bad[source] = digest, bad.problems
            problems.extend(bad.problems)
            return None
        except Exception as fault:  # noqa: BLE001 - whatever a file holds, the last good table stays
            words = f"{source.path}: cannot be read ({type(fault).__name__}); please report this file"
            self._bad[source] = digest, (words,)
            problems.append(words)
            return None
        self._bad.pop(source, None)
        return _Read(digest, loaded.layer, loaded.warnings)


def read_file(path: str) -> bytes:
    """The bytes of a regular file of bounded size, read once; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a FIFO must not hold us
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise OSError(errno.EFBIG, f"larger than {_MAX_BYTES >> 20} MiB")
    return data


@cache
def _builtin(path: Path) -> _Read:
    data = path.read_bytes()
    return _Read(hashlib.sha256(data).hexdigest(), compact.load(data), ())


def _digest_of(path: str) -> str:
    try:
        return hashlib.sha256(read_file(path)).hexdigest()
    except OSError as problem:
        return _unreadable(problem)


def _unreadable(problem: OSError) -> str:
    return f"unreadable: {problem.errno}"


def _version(reads: Sequence[_Read], aliases: Mapping[str, str], terms: Terms) -> str:
    """The newest layer's own version, and a digest of everything that decides a price."""
    human = next(
        (read.layer.version for read in reversed(reads) if read.layer.version), "unnamed"
    )
    parts = [read.digest for read in reads] + [f"{k}={v}" for k, v in sorted(aliases.items())]
    if terms != NO_TERMS:
        parts.append(_spelled(terms))
    return f"{human}+sha256:{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:16]}"


def _spelled(terms: Terms) -> str:
    """Text that is the same for the same terms, in every process: sets have no order of their own."""
    rules = [
        {
            **rule._asdict(),
            "classes": sorted(rule.classes),
            "facts": [(fact.name, sorted(fact.values), fact.negated) for fact in rule.facts],
        }
        for rule in terms.adjustments
    ]
    return repr((rules, terms.rates, terms.currency))
