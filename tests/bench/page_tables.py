"""What stands between the marks of docs/performance.md, table by table, made from rows of results."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tests.bench.report import Row

Found = "dict[str, list[Row]]"
WORDS: Final = {
    "bare": "bare hop",
    "compiled": "**genai-cost, compiled**",
    "interpreted": "genai-cost, interpreted",
    "collector": "Collector, passing through",
    "transform": "Collector, transform processor with ten prices",
    "compiled+batch": "**genai-cost, compiled**, in batches",
    "transform+batch": "Collector, ten prices, in batches",
    "direct": "no hop at all",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def number(value: float) -> str:
    """Three digits that count."""
    return (
        f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    )


def spread(values: Sequence[float]) -> str:
    """The median, and between what."""
    return f"{number(median(values))} ({number(min(values))} to {number(max(values))})"


def machine(found: dict[str, list[Row]]) -> str:
    """What was the same in all runs once, what was not with all its values."""
    facts = found["facts"]
    said = {
        key: sorted({each[key] for each in facts if each[key] != "none"}) for key in facts[0]
    }
    return "".join(f"- {key}: {', '.join(values)}\n" for key, values in said.items())


def _hops(
    found: dict[str, list[Row]], transport: str, written: str, kind: str = "hops"
) -> dict[tuple[str, str], Row]:
    return {
        (row["hop"], row["workload"]): row
        for row in found.get(kind, [])
        if (row["transport"], row["written"]) == (transport, written)
    }


def costs(
    transport: str, written: str = "sdk", kind: str = "hops"
) -> Callable[[dict[str, list[Row]]], str]:
    """µs a span of every hop, then ours as ratios."""

    def made(found: dict[str, list[Row]]) -> str:
        rows = _hops(found, transport, written, kind)
        names, keys = (
            dict.fromkeys(hop for hop, _ in rows),
            dict.fromkeys(key for _, key in rows),
        )
        lines = [
            [WORDS[name], *(spread(rows[name, key]["us"]) for key in keys)] for name in names
        ]
        for name in ("compiled", "interpreted", "compiled+batch"):
            for against in ("transform", "transform+batch", "bare"):
                if name in names and against in names:
                    over = (_over(rows, key, name, against) for key in keys)
                    lines.append([f"{WORDS[name]} / {WORDS[against]}", *over])
        return table([f"µs of CPU a span, {transport}", *keys], lines)

    return made


def _over(rows: dict[tuple[str, str], Row], key: str, name: str, against: str) -> str:
    return f"{median(rows[name, key]['us']) / median(rows[against, key]['us']):.2f}x"


def rates(found: dict[str, list[Row]]) -> str:
    """Spans a second, with what of a core hop, generator and sink took meanwhile."""
    lines: list[list[str]] = []
    rows = _hops(found, "grpc", "sdk")
    keys = dict.fromkeys(key for _, key in rows)
    for name in dict.fromkeys(hop for hop, _ in rows):
        cells: list[str] = []
        for row in (rows[name, key] for key in keys):
            rate = median(row["rate"])
            busy = rate * median(row["us"]) / 1e6
            cells.append(
                f"{number(rate / 1000)} ({busy:.2f}, {row['generator']:.2f}, {row['sink']:.2f})"
            )
        lines.append([WORDS[name], *cells])
    return table(["1,000 spans a second (hop, generator, sink: of a core)", *keys], lines)


def latency(found: dict[str, list[Row]]) -> str:
    lines: list[list[str]] = []
    rows = [row for row in found.get("latency", []) if "rows" not in row]
    for row in rows:
        floor = next(r for r in rows if (r["hop"], r["workload"]) == ("bare", row["workload"]))
        cells = [row["workload"], WORDS[row["hop"]], f"{row['requests_per_s']:.0f}"]
        for share in ("p50", "p99"):
            over = median(row[share]) / median(floor[share])
            cells += [spread(row[share]), f"{over:.2f}x"]
        lines.append(cells)
    head = ["workload", "hop", "requests a second", "p50, ms", "/ bare", "p99, ms", "/ bare"]
    return table(head, lines)


def reload(found: dict[str, list[Row]]) -> str:
    rows = [row for row in found.get("latency", []) if "rows" in row]
    if not rows:
        return ""
    before = next(row for row in rows if row["hop"] == "without")
    lines: list[list[str]] = []
    for row in rows:
        over = [
            f"{median(row[share]) / median(before[share]):.2f}x" for share in ("p50", "p99")
        ]
        how = f"{row['hop']}, {row['reload_s']} s each" if "reload_s" in row else row["hop"]
        lines.append([how, spread(row["p50"]), over[0], spread(row["p99"]), over[1]])
    return table(["reload", "p50, ms", "/ without", "p99, ms", "/ without"], lines)


def memory(found: dict[str, list[Row]]) -> str:
    lines: list[list[str]] = []
    for row in found.get("memory", []):
        seen = row["rss_mib"]
        minutes = (len(seen) - 1) // 6
        told = [f"{seen[min(6 * each, len(seen) - 1)]}" for each in (0, minutes // 2, minutes)]
        lines.append(
            [
                WORDS[row["hop"]],
                row["workload"],
                f"{row['spans_per_s']:,}",
                *told,
                str(max(seen)),
            ]
        )
    head = [
        "MiB resident",
        "workload",
        "spans a second",
        "at start",
        "half way",
        "at the end",
        "at most",
    ]
    return table(head, lines)


def pipelines(found: dict[str, list[Row]]) -> str:
    rows = {(row["hop"], row["workload"]): row for row in found.get("pipelines", [])}
    keys = dict.fromkeys(key for _, key in rows)

    def cell(row: Row) -> str:
        parts = " + ".join(number(us) for us in row["each_us"])
        return spread(row["us"]) + (f" = {parts}" if len(row["each_us"]) > 1 else "")

    lines = [
        [name, *(cell(rows[name, key]) if (name, key) in rows else "" for key in keys)]
        for name in dict.fromkeys(n for n, _ in rows)
    ]
    return table(["µs of CPU a span, all processes", *keys], lines)


def growth(curve: str) -> Callable[[dict[str, list[Row]]], str]:
    """One curve in numbers."""

    def made(found: dict[str, list[Row]]) -> str:
        rows = [row for row in found.get("growth", []) if row["curve"] == curve]
        points: dict[int, dict[str, Any]] = {}
        for row in rows:
            points.setdefault(row["x"], {})[row["hop"]] = row
        names = dict.fromkeys(row["hop"] for row in rows)
        lines = [
            [f"{x:,}", *(spread(of[n]["us"]) for n in names), str(of["compiled"]["rss_mib"])]
            for x, of in points.items()
        ]
        return table([curve, *(f"{WORDS[n]}, µs" for n in names), "MiB, genai-cost"], lines)

    return made


TABLES: Final[dict[str, Callable[[dict[str, list[Row]]], str]]] = {
    "machine": machine,
    "grpc": costs("grpc"),
    "grpc-written-by-collector": costs("grpc", "collector"),
    "together": costs("grpc", kind="together"),
    "grpc+gzip": costs("grpc+gzip"),
    "http": costs("http"),
    "http+gzip": costs("http+gzip"),
    "rates": rates,
    "latency": latency,
    "reload": reload,
    "memory": memory,
    "pipelines": pipelines,
    **{
        f"growth-{name}": growth(name)
        for name in ("size", "rows", "series", "calls", "idle", "past")
    },
}
