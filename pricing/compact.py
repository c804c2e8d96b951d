"""The built-in table on disk and in memory: one provider a line, decoded at first use.

Written only by `dump` from rows that were validated, read by `load` without validation; the same
rows give the same bytes. Loading splits lines; a provider's line is parsed when it is first asked
for, a model's rows when that model is.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pricing import hours, rates
from pricing.rows import ALWAYS, Conditions, Entry, Fact, Multiplier, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pricing.layer import Catalogue

FORMAT: Final = 1
_ROW_DEFAULTS: Final[list[Any]] = [None, None, None, None, [], -1, None, "prompt"]


class CompactLayer:
    """The built-in table as a layer."""

    def __init__(
        self,
        version: str,
        lines: Mapping[str, bytes],
        count: int,
        rows: int,
        licences: Mapping[str, str] | None = None,
    ) -> None:
        self.version = version
        self.licences = licences or {}
        """Of the sources that rows name, each without its version."""
        self.count = count
        self.rows = rows
        self.endpoints: tuple[tuple[str, str], ...] = ()
        self._lines = lines
        self._parsed: dict[str, dict[str, Any]] = {}
        self._entries: dict[tuple[str, str], Entry] = {}

    def resolve(self, provider: str, name: str) -> str | None:
        """The model that a provider's id or alias names."""
        listed = self._provider(provider)
        if listed is None:
            return None
        return name if name in listed["models"] else listed["aliases"].get(name)

    def matching(self, provider: str, name: str) -> str | None:  # noqa: ARG002  as every layer
        """No model: the build lists every id."""
        return None

    def entry(self, provider: str, model: str) -> Entry | None:
        """The model's rows, decoded once."""
        found = self._entries.get((provider, model))
        if found is None:
            listed = self._provider(provider)
            plain = listed["models"].get(model) if listed is not None else None
            if listed is None or plain is None:
                return None
            found = _entry(provider, model, plain, listed["sources"])
            self._entries[provider, model] = found
        return found

    def models(self) -> Iterator[tuple[str, str]]:
        """Every (provider, model)."""
        for provider in self._lines:
            listed = self._provider(provider)
            for model in listed["models"] if listed is not None else ():
                yield provider, model

    def models_of(self, provider: str) -> Iterator[str]:
        """The models of one provider."""
        listed = self._provider(provider)
        return iter(listed["models"] if listed is not None else ())

    def aliases(self) -> Mapping[tuple[str, str], str]:
        """Every (provider, alias) and the model it names."""
        return {
            (provider, alias): model
            for provider in self._lines
            for alias, model in (self._provider(provider) or {"aliases": {}})["aliases"].items()
        }

    def _provider(self, provider: str) -> dict[str, Any] | None:
        listed = self._parsed.get(provider)
        if listed is None:
            line = self._lines.get(provider)
            if line is None:
                return None
            listed = self._parsed[provider] = json.loads(line)
        return listed


def load(data: bytes) -> CompactLayer:
    """The layer in the bytes of a built-in table; raises ValueError if they are something else."""
    head, _, body = data.partition(b"\n")
    try:
        header = json.loads(head)
        if header["genai-cost-compact"] != FORMAT:
            _refuse(f"it is of form {header['genai-cost-compact']}, not {FORMAT}")
        lines = dict(zip(header["providers"], body.splitlines(), strict=True))
    except (KeyError, TypeError, ValueError) as problem:
        raise ValueError(f"not a compact price table: {problem}") from problem
    models = header["models"]
    rows, licences = header.get("rows", models), header.get("licences")
    layer = CompactLayer(header["version"], lines, models, rows, licences)
    layer.endpoints = tuple((pattern, name) for pattern, name in header.get("endpoints", ()))
    return layer


def dump(
    layer: Catalogue, version: str = "", licences: Mapping[str, str] | None = None
) -> bytes:
    """The compact form of a layer; deterministic, sorted, one provider a line."""
    grouped: dict[str, dict[str, Entry]] = {}
    for provider, model in sorted(layer.models()):
        entry = layer.entry(provider, model)
        if entry is not None:
            grouped.setdefault(provider, {})[model] = entry
    aliases: dict[str, dict[str, str]] = {}
    for (provider, alias), model in sorted(layer.aliases().items()):
        aliases.setdefault(provider, {})[alias] = model
        grouped.setdefault(provider, {})
    names = sorted(grouped)
    header: dict[str, Any] = {
        "genai-cost-compact": FORMAT,
        "version": version or layer.version,
        "rows": layer.rows,
        "models": sum(len(entries) for entries in grouped.values()),
        "licences": dict(licences or {}),
        "providers": names,
    }
    if layer.endpoints:
        header["endpoints"] = layer.endpoints
    lines = [_line(grouped[name].values(), aliases.get(name, {})) for name in names]
    return "\n".join([_json(header), *lines, ""]).encode()


def _line(entries: Iterable[Entry], aliases: Mapping[str, str]) -> str:
    entries = list(entries)
    sources = sorted({(row.source, row.checked) for entry in entries for row in entry.rows})
    numbers = {source: i for i, source in enumerate(sources)}
    models = {entry.model: _plain(entry, numbers) for entry in entries}
    return _json({"sources": sources, "aliases": dict(aliases), "models": models})


def _plain(entry: Entry, numbers: Mapping[tuple[str, str], int]) -> list[Any]:
    rows = [
        [
            {name: rates.text(name, rate) for name, rate in row.rates.items()},
            numbers[row.source, row.checked],
            row.since,
            row.until,
            _facts(row.when.facts),
            row.when.context,
            row.when.hours.text if row.when.hours is not None else None,
            row.when.basis,
        ]
        for row in entry.rows
    ]
    trimmed = [_trim(row, _ROW_DEFAULTS) for row in rows]
    times = [
        [_facts(m.facts), m.numerator, m.denominator, m.since, m.until]
        for m in entry.multipliers
    ]
    return _trim([trimmed, entry.mode, entry.name, times], [None, "", "", []])


def _facts(facts: tuple[Fact, ...]) -> list[Any]:
    return [[fact.name, sorted(fact.values), int(fact.negated)] for fact in facts]


def _trim(values: list[Any], defaults: list[Any]) -> list[Any]:
    while values and values[-1] == defaults[len(values) - 1]:
        values = values[:-1]
    return values


def _entry(provider: str, model: str, plain: list[Any], sources: list[list[str]]) -> Entry:
    rows, mode, name, times = _padded(plain, [None, "", "", []])
    return Entry(
        provider,
        model,
        tuple(_row(row, sources) for row in rows),
        mode,
        name,
        tuple(Multiplier(_fact_tuple(t[0]), *t[1:]) for t in times),
    )


def _row(plain: list[Any], sources: list[list[str]]) -> Row:
    prices, number, since, until, facts, context, windows, basis = _padded(plain, _ROW_DEFAULTS)
    when = ALWAYS
    if facts or context >= 0 or windows:
        when = Conditions(
            _fact_tuple(facts), context, hours.parse(windows) if windows else None, basis
        )
    made = {key: rates.parse(key, text) for key, text in prices.items()}
    source, checked = sources[int(number)]
    return Row(made, since, until, when, source, checked)


def _padded(values: list[Any], defaults: list[Any]) -> list[Any]:
    return values + defaults[len(values) :]


def _refuse(message: str) -> None:
    raise ValueError(message)


def _fact_tuple(plain: list[Any]) -> tuple[Fact, ...]:
    return tuple(
        Fact(name, frozenset(values), bool(negated)) for name, values, negated in plain
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
