"""Rows only ever gain an end date: the tables as they are, held against an earlier state of them.

The earlier state is a `builtin.json`: of a commit, of a release, or of a file. What may differ is named by day in
`history.yaml` and `corrections.yaml`; an entry of an earlier day than the state excuses nothing.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pricing import compact
from pricing.rows import Row, instant_text, row_id
from pricing.tables.making import history
from pricing.tables.making.yaml_text import parse_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pricing.compact import CompactLayer

CORRECTIONS: Final = Path(__file__).with_name("corrections.yaml")
PREVIOUS: Final = "previous"
_NAME: Final = "builtin.json"


def state(directory: Path, reference: str) -> CompactLayer:
    """The tables of a file, a commit, or `previous`: the commit before the last that changed them.

    Raises LookupError with the remedy where there is no such state.
    """
    if Path(reference).is_file():
        return compact.load(Path(reference).read_bytes())
    try:
        commit = _before_the_last(directory) if reference == PREVIOUS else reference
        return compact.load(_git(directory, "show", f"{commit}:./{_NAME}"))
    except (OSError, subprocess.CalledProcessError) as problem:
        raise LookupError(
            f"{reference} is no file and git has no {_NAME} of it here; a shallow clone needs "
            "`git fetch --unshallow` or --depth 2"
        ) from problem


def _before_the_last(directory: Path) -> str:
    """HEAD where the tables differ from it, else the parent of the last commit that touched them."""
    if _git(directory, "status", "--porcelain", "--", _NAME).strip():
        return "HEAD"
    last = _git(directory, "log", "-1", "--format=%H", "--", _NAME).decode().strip()
    return f"{last}^"


def _git(directory: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(directory), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603


def lost(earlier: CompactLayer, now: CompactLayer, name: str) -> Iterator[str]:
    """Rows and names of an earlier state that are gone or say something else; a line for each."""
    excused = excuses(earlier.version)
    for provider, model in earlier.models():
        known = earlier.entry(provider, model)
        target = now.resolve(provider, model)
        found = now.entry(provider, target) if target is not None else None
        if (provider, model) in excused or known is None:
            continue
        for row in known.rows:
            problem = _problem(row, found.rows if found is not None else ())
            if problem:
                yield f"{row_id(provider, model, row)}: in {name} {problem}"
    for (provider, alias), model in earlier.aliases().items():
        if now.resolve(provider, alias) is None:
            yield f"{provider}/{alias}: in {name} a name of {model}, now of nothing"


def excuses(version: str) -> frozenset[tuple[str, str]]:
    """Models whose rows of that version may differ: their history or a correction came later."""
    told = [(one.provider, one.model.lower()) for one in history.told() if one.on >= version]
    return corrected(version).union(told)


def corrected(version: str) -> frozenset[tuple[str, str]]:
    """Models whose rows of that version were wrong, by provider and lowercase id."""
    content = parse_text(CORRECTIONS.read_text(encoding="utf-8"))
    return frozenset(
        (item["provider"], model.lower())
        for item in content["corrections"]
        if item["on"] >= version and item["reason"]
        for model in item["models"]
    )


def _problem(row: Row, rows: tuple[Row, ...]) -> str:
    same = [other for other in rows if (other.when, other.since) == (row.when, row.since)]
    if not same:
        return "" if any(_tells(other, row) for other in rows) else "and not any more"
    if not _says(same[0], row):
        return "with other prices"
    if row.until is not None and same[0].until != row.until:
        ends = "never" if same[0].until is None else instant_text(same[0].until)
        return f"ended {instant_text(row.until)}, now {ends}"
    return ""


def _says(row: Row, other: Row) -> bool:
    return set(other.rates.items()) <= set(row.rates.items())


def _tells(row: Row, other: Row) -> bool:
    """Whether a longer row of the same condition and prices covers it."""
    begins = row.since is None or (other.since is not None and row.since <= other.since)
    ends = row.until is None or (other.until is not None and other.until <= row.until)
    return row.when == other.when and _says(row, other) and begins and ends
