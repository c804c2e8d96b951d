"""What counting costs: microseconds per charge, and what reading 2,000 label sets takes.

    python tests/bench/ledger.py

Medians and minima of one run on one machine; the ratios mean something, the figures do not travel.
Label sets are fresh objects for every charge, as the pipeline makes them.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import TYPE_CHECKING

from processor.metrics import Ledger, OtlpView, Page
from processor.metrics.page import SCRAPER
from processor.model import Charge, Labels, Origin, Source, Status
from processor.telemetry import Telemetry

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 15
NOW = 1_800_000_000 * 10**9
RESOURCE = tuple((f"k8s.part{n}.name", f"value-{n}") for n in range(8))
ORIGINS = [Origin(f"service-{n}", "production", RESOURCE) for n in range(10)]
CLASSES = ("input", "cache_read", "output")
COUNTS = [1420, 900, 380]


def fresh(text: str, n: int) -> str:
    """A string of its own, as one decoded from the wire is."""
    return f"{text}-{n}"


def charges(count: int, *, label_sets: int) -> list[Charge]:
    """Charges spread evenly over so many label sets."""
    return [
        Charge(
            Labels(
                ORIGINS[n % len(ORIGINS)],
                fresh("chat", 0),
                fresh("openai", 0),
                fresh("gpt", n % label_sets),
                fresh("gpt-2026", n % label_sets),
                Source.COMPUTED,
                (fresh("tier", 0),),
            ),
            Status.PRICED,
            7_350_000_000_000_000 + n,
            CLASSES,
            COUNTS,
            NOW,
            b"",
            b"",
        )
        for n in range(count)
    ]


def measured(name: str, unit: str, scale: float, work: Callable[[], object]) -> None:
    """Print median and minimum of one piece of work."""
    took: list[float] = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        took.append((time.perf_counter() - begun) * scale)
    print(f"{name:<52} {statistics.median(took):9.3f} {min(took):9.3f} {unit}")


def adding(label_sets: int) -> None:
    ledger, some = Ledger(dimensions=("user.tier",)), charges(20_000, label_sets=label_sets)
    measured(
        f"add, {label_sets} label sets",
        "us/charge",
        1e6 / len(some),
        lambda: ledger.add(some, NOW),
    )


def counting() -> None:
    telemetry = Telemetry()

    def count() -> None:
        for _ in range(10_000):
            telemetry.count("receiver_accepted_spans", 5, "otlp", "grpc")

    measured("telemetry.count with two labels", "us/call", 100, count)


def exposing(label_sets: int) -> None:
    ledger = Ledger(dimensions=("user.tier",), instance_id="bench")
    ledger.add(charges(label_sets, label_sets=label_sets), NOW)
    view = OtlpView(ledger, version="0")
    page = Page(ledger, Telemetry(), hold_s=15, costs=True)
    headers = {SCRAPER: "10"}

    def export() -> None:
        for request in view.requests(NOW):
            view.taken(request)

    def first() -> None:
        next(view.requests(NOW))

    export()
    measured(f"OTLP, {label_sets} label sets, all requests", "ms", 1e3, export)
    measured(f"OTLP, {label_sets} label sets, reading and first request", "ms", 1e3, first)
    page.answer(headers, 0)
    measured(
        f"page, {label_sets} label sets, reading", "ms", 1e3, lambda: page.read(headers, 20)
    )
    measured(
        f"page, {label_sets} label sets, whole", "ms", 1e3, lambda: page.answer(headers, 20)
    )


def main() -> None:
    print(f"Python {sys.version.split()[0]}, {ROUNDS} rounds")
    print(f"{'':<52} {'median':>9} {'min':>9}")
    for label_sets in (10, 1000):
        adding(label_sets)
    counting()
    for label_sets in (50, 1990):
        exposing(label_sets)


if __name__ == "__main__":
    main()
