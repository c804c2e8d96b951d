"""The price book: sources in, the current table out; reload is build, check, swap.

A bad source changes nothing: its last good copy stays and the outcome says what is wrong. Content
decides, by digest. Files are read here and only here; no network, no clocks, no waiting.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from pricing import compact
from pricing.changes import Changes, changes
from pricing.guards import DEFAULT, Guards, Held, objections
from pricing.problems import PriceError
from pricing.table import PriceTable
from pricing.terms import NO_TERMS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pricing.layer import Catalogue, Layer
    from pricing.plausible import Limits
    from pricing.terms import Terms

BUILTIN: Final = Path(__file__).with_name("tables") / "builtin.json"
_MAX_BYTES: Final = 64 * 1024 * 1024
_TRIES: Final = 3


class PriceSource(NamedTuple):
    """Where prices come from, and the form they are in (`auto`: by their content)."""

    path: str
    """A file; of what is fetched its name in messages, without secrets."""
    format: str = "auto"
    fetched: bool = False
    """Somebody else fetches it and hands it in with `PriceBook.put`; no file is read."""
    guards: Guards = DEFAULT


Result = Literal["changed", "unchanged", "partial", "kept"]


class SourceOutcome(NamedTuple):
    """What became of one source."""

    name: str
    result: Literal["changed", "unchanged", "kept", "missing"]
    """`kept`: what it holds now is bad, the last good copy stays, if there is one. `missing`: it is
    fetched, and never was."""
    version: str = ""
    rows: int = 0
    """Of the copy in use."""
    digest: str = ""
    """SHA-256 of the copy in use, in hex; empty where there is none."""
    changes: Changes = Changes()


class ReloadOutcome(NamedTuple):
    """What became of a reload, for the log line and the metric."""

    result: Result
    """`partial`: some sources took effect, others were kept as they were; the problems say which."""
    version: str
    problems: tuple[str, ...] = ()
    """Why last good copies were kept; a line each, with file, line or path, and remedy."""
    warnings: tuple[str, ...] = ()
    models: int = 0
    rows: int = 0
    at_unix_s: float = 0.0
    sources: tuple[SourceOutcome, ...] = ()

    @property
    def good(self) -> bool:
        """Whether every source is in use, as it is now."""
        return not self.problems and all(one.result != "missing" for one in self.sources)


Judge = Callable[["PriceSource", bytes, bool], "tuple[Catalogue, tuple[str, ...]]"]
"""Gives the layer and the warnings in some bytes, whose prices may be compared with the built-in ones;
raises `PriceError` and nothing else."""


class _Read(NamedTuple):
    digest: str
    layer: Layer
    warnings: tuple[str, ...]
    dated_unix_s: float | None = None

    @property
    def held(self) -> Held:
        return Held(self.layer, self.dated_unix_s)


class _Agreed(NamedTuple):
    """What the operator says beside the files."""

    aliases: Mapping[str, str]
    terms: Terms


class _Handed(NamedTuple):
    data: bytes
    dated_unix_s: float | None


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
        self._agreed = _Agreed(dict(aliases or {}), terms)
        self._good: dict[PriceSource, _Read] = {}
        self._bad: dict[PriceSource, tuple[str, tuple[str, ...]]] = {}
        self._stack: tuple[tuple[str, ...], _Agreed] | None = None
        self._seen: dict[PriceSource, str] = {}
        self._handed: dict[PriceSource, _Handed] = {}
        self._reloading = threading.Lock()
        self.current = PriceTable((), "none")
        self.judge: Judge = judged_here
        """Who reads what a source holds."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files to watch."""
        return tuple(Path(source.path) for source in self.sources if not source.fetched)

    def put(self, source: PriceSource, data: bytes, dated_unix_s: float | None = None) -> None:
        """Hands in what was fetched for a source; the next `reload` judges it. From any thread.

        `dated_unix_s` is when its server says that it changed last.
        """
        self._handed[source] = _Handed(data, dated_unix_s)

    def agree(self, aliases: Mapping[str, str], terms: Terms) -> None:
        """Other names and terms of the operator's, from the next `reload` on. From any thread."""
        self._agreed = _Agreed(dict(aliases), terms)

    def has(self, source: PriceSource) -> bool:
        """Whether a good copy of a source is in use."""
        return source in self._good

    def reload(self, now_unix_s: float) -> ReloadOutcome:
        """Looks at every source again; never raises for what is in them."""
        with self._reloading:
            problems: list[str] = []
            outcomes = [self._look(source, problems) for source in self.sources]
            layers = self._builtin_layers(problems)
            layers += [self._good[source] for source in self.sources if source in self._good]
            agreed = self._agreed
            stack = tuple(read.digest for read in layers), agreed
            first, swapped = self._stack is None, stack != self._stack
            if swapped:
                self._stack = stack
                self.current = PriceTable(
                    tuple(read.layer for read in layers),
                    _version(layers, agreed.aliases, agreed.terms),
                    agreed.aliases,
                    agreed.terms,
                )
            result: Result = "changed" if swapped else "unchanged"
            if problems:
                result = "partial" if swapped and (layers or not first) else "kept"
            table = self.current
            return ReloadOutcome(
                result,
                table.version,
                tuple(problems),
                tuple(line for read in layers for line in read.warnings)
                + self._doubts(now_unix_s),
                table.models_count,
                table.rows_count,
                now_unix_s,
                tuple(outcomes),
            )

    def _doubts(self, now_unix_s: float) -> tuple[str, ...]:
        """What of the operator's terms and files cannot be meant so, in the table as it is."""
        if not (self._good or self.current.terms.adjustments or self.current.aliases):
            return ()
        from pricing.misgivings import misgivings  # noqa: PLC0415  the built-in table alone needs none

        return tuple(misgivings(self.current, int(now_unix_s * 10**9)))

    def stale(self) -> bool:
        """Whether a source holds something else than at the last reload, good or bad."""
        return bool(self._handed) or any(
            not source.fetched and _digest_of(source.path) != self._seen.get(source)
            for source in self.sources
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

    def _look(self, source: PriceSource, problems: list[str]) -> SourceOutcome:
        """One source: read, judged, and taken if it is good."""
        before, found = self._good.get(source), self._problems(source)
        problems.extend(found)
        good = self._good.get(source)
        if good is None:
            return SourceOutcome(source.path, "kept" if found else "missing")
        changed = before is None or before.digest != good.digest
        result: Literal["changed", "unchanged", "kept"] = "changed" if changed else "unchanged"
        return SourceOutcome(
            source.path,
            "kept" if found else result,
            good.layer.version,
            good.layer.rows,
            good.digest,
            changes(before and before.layer, good.layer) if changed else Changes(),
        )

    def _problems(self, source: PriceSource) -> tuple[str, ...]:
        """What is wrong with a source now; where nothing is, it is the good copy from here on."""
        dated = None
        if source.fetched:
            handed = self._handed.pop(source, None)
            if handed is None:
                return self._bad.get(source, ("", ()))[1]
            data, dated = handed
        else:
            try:
                data = read_file(source.path)
            except OSError as problem:
                self._seen[source] = _unreadable(problem)
                return (told(source.path, problem),)
        digest = self._seen[source] = hashlib.sha256(data).hexdigest()
        known_bad = self._bad.get(source)
        if known_bad is not None and known_bad[0] == digest:
            return known_bad[1]
        good = self._good.get(source)
        try:
            if good is None or good.digest != digest:
                self._good[source] = self._judged(source, data, digest, dated)
            elif dated is not None:
                self._good[source] = good._replace(dated_unix_s=dated)
        except PriceError as bad:
            self._bad[source] = digest, bad.problems
            return bad.problems
        self._bad.pop(source, None)
        return ()

    def _judged(
        self, source: PriceSource, data: bytes, digest: str, dated: float | None
    ) -> _Read:
        """The layer in some bytes; raises `PriceError` and nothing else."""
        read = _Read(digest, *self.judge(source, data, self._builtin), dated)
        before = self._good.get(source)
        if before is not None:
            wrong = objections(source.path, before.held, read.held, source.guards)
            if wrong:
                raise PriceError(wrong)
        return read


def limits_of_builtin(guards: Guards = DEFAULT) -> Limits:
    """What prices are compared with: the built-in table, in a copy that is dropped afterwards."""
    from pricing.plausible import Limits  # noqa: PLC0415  the built-in table alone needs none

    return Limits(
        lambda: compact.load(BUILTIN.read_bytes()), accepting=guards.accept_implausible
    )


def judged_here(
    source: PriceSource,
    data: bytes,
    builtin: bool,  # noqa: FBT001 - as a `Judge` is asked
) -> tuple[Catalogue, tuple[str, ...]]:
    """Reads in the thread that asks."""
    return judged(source, data, limits_of_builtin(source.guards) if builtin else None)


def judged(
    source: PriceSource, data: bytes, limits: Limits | None
) -> tuple[Catalogue, tuple[str, ...]]:
    """The layer and the warnings in some bytes; raises `PriceError` and nothing else."""
    from pricing.formats import detect  # noqa: PLC0415  the built-in table alone needs none

    try:
        loaded = detect.read(data, source.path, source.format, limits)
    except PriceError:
        raise
    except Exception as fault:  # noqa: BLE001 - whatever it holds, the last good copy stays
        words = (
            f"{source.path}: cannot be read ({type(fault).__name__}); please report this file"
        )
        raise PriceError([words]) from None
    return loaded.layer, loaded.warnings


_REMEDIES: Final[Mapping[int, str]] = {
    errno.ENOENT: "write it, or correct the path",
    errno.EACCES: "let the service's user read it",
    errno.EPERM: "let the service's user read it",
    errno.EISDIR: "name a file in it",
    errno.ELOOP: "let the symbolic link lead to a file",
    errno.EINVAL: "write a regular file there",
    errno.EFBIG: "no price table is; correct the path",
    errno.EAGAIN: "it is read again in a moment",
}


def told(path: str, problem: OSError) -> str:
    """A file that cannot be read, in words."""
    remedy = _REMEDIES.get(problem.errno or 0, "look at the disk it is on")
    return f"{path}: {problem.strerror or problem}; {remedy}"


def read_file(path: str, most_bytes: int = _MAX_BYTES) -> bytes:
    """The bytes of a regular file of bounded size, as they stood at one moment; raises OSError."""
    for _ in range(_TRIES):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a FIFO must not hold us
        with os.fdopen(descriptor, "rb") as file:
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode):
                raise OSError(errno.EINVAL, "not a regular file")
            data = file.read(most_bytes + 1)
            after = os.fstat(descriptor)
        if len(data) > most_bytes:
            raise OSError(errno.EFBIG, f"larger than {most_bytes >> 20} MiB")
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
            return data
    raise OSError(errno.EAGAIN, "is written while it is read")


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
