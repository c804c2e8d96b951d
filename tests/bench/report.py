"""Results as rows: printed beside each other for people, written as JSON for docs/performance.md."""

from __future__ import annotations

import json
import statistics
import tempfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tests.bench.sending import Measured

Row = dict[str, Any]


def row(transport: str, workload: str, hop: str, found: Sequence[Measured], rss: float) -> Row:
    """One hop under one workload; every round is kept."""
    each_us = [
        statistics.median(costs) for costs in zip(*(one.each_us for one in found), strict=True)
    ]
    return {
        "transport": transport,
        "workload": workload,
        "hop": hop,
        "us": [round(each.cpu_us, 3) for each in found],
        "each_us": [round(us, 2) for us in each_us],
        "rate": [round(each.rate) for each in found],
        "generator": round(statistics.median(each.generator for each in found), 2),
        "sink": round(statistics.median(each.sink for each in found), 2),
        "rss_mib": round(rss),
    }


def ratio(rows: Sequence[Row], name: str, against: str) -> float | None:
    """Medians of two hops of one workload, one over the other."""
    middle = {each["hop"]: statistics.median(each["us"]) for each in rows}
    return middle[name] / middle[against] if against in middle else None


def tell(title: str, rows: Sequence[Row]) -> None:
    """A table of one workload."""
    print(title)
    wide = max(len(each["hop"]) for each in rows)
    for each in rows:
        costs, rate = each["us"], statistics.median(each["rate"])
        line = f"  {each['hop']:{wide}} {statistics.median(costs):8.2f} us/span ({min(costs):.2f} to {max(costs):.2f})"
        if len(each["each_us"]) > 1:
            line += f"  = {' + '.join(f'{us:.2f}' for us in each['each_us'])}"
        for against in ("bare", "transform"):
            over = ratio(rows, each["hop"], against)
            line += f"  {over:5.2f}x {against}" if over else ""
        line += f"  {rate:9,.0f} spans/s; of a core: hop {rate * statistics.median(costs) / 1e6:.2f}, generator {each['generator']:.2f}, sink {each['sink']:.2f}"
        print(f"{line}; {each['rss_mib']} MiB", flush=True)


def write(file: Path | None, name: str, facts: dict[str, str], rows: Iterable[Row]) -> None:
    """Measures, and writes what came of it even if it breaks off."""
    kept: list[Row] = []
    try:
        kept.extend(rows)
    finally:
        if file is not None:
            _write(file, name, facts, kept)


def _write(file: Path, name: str, facts: dict[str, str], rows: Sequence[Row]) -> None:
    """Where it was measured, and one line a row, so that a change can be read."""
    lines = ",\n".join(f"  {json.dumps(each)}" for each in rows)
    text = f'{{"facts": {json.dumps(facts)},\n "{name}": [\n{lines}\n]}}\n'
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    print(f"written to {file}")


def folder() -> tempfile.TemporaryDirectory[str]:
    """A place for the files of a run, gone with it."""
    return tempfile.TemporaryDirectory(prefix="bench-")
