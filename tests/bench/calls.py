"""What recognising and counting once cost: microseconds a span, bytes a remembered call.

    python -m tests.bench.calls

CPU of this process, the median of some rounds on one machine: the ratios mean something, the figures
do not travel. Every request has ids that were never sent before. "Other spans" are those of requests
without a gen_ai span: before anything is remembered, and with calls of other traces in memory, whose
ancestors may yet be among them.
"""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc
from typing import TYPE_CHECKING, Final

from pricing import PriceBook
from processor.attribution import Attribution
from processor.billing import Biller
from processor.calls import Memory
from processor.calls.links import links
from processor.calls.settle import settle
from processor.calls.subtree import Subtree
from processor.enrich import Enriched, Enricher
from processor.stamp import Stamper
from processor.wire.fields import COMPILED
from processor.wire.walk import scan
from tests.bench.load import fresh, request

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS: Final = 60
SPANS: Final = 1000
AT_NS: Final = 10**18
REMEMBERED: Final = 30_000


class Bench:
    """An enricher with its parts in reach."""

    def __init__(self, subtree: Subtree | None = None) -> None:
        book = PriceBook()
        book.reload(0.0)
        self.table = book.current
        self.memory = Memory()
        biller = Biller(Stamper("parts"), "replace_estimates")
        self.enricher = Enricher(biller, Attribution([]), self.memory, None, subtree)

    def whole(self, body: bytes) -> None:
        self.enricher.enrich(body, self.table, AT_NS).counted()

    def recognise(self, body: bytes) -> None:
        found = scan(body, self.enricher.keys)
        self.enricher.recognise(body, found, Enriched(body), [])

    def count_once(self, body: bytes) -> float:
        """Seconds for it alone; recognising before it, and billing after it, are not counted."""
        found = scan(body, self.enricher.keys)
        candidates = self.enricher.recognise(body, found, Enriched(body), [])
        begun = time.process_time()
        settle(candidates, self.memory, links(body, found, candidates, self.memory))
        took = time.process_time() - begun
        self.enricher.billed(candidates, Enriched(body), self.table, AT_NS)
        return took


def timed(work: Callable[[bytes], object], body: bytes) -> float:
    """Seconds of CPU."""
    begun = time.process_time()
    work(body)
    return time.process_time() - begun


def median_us(
    work: Callable[[bytes], float], share: float, spans: int, first: int = 0
) -> float:
    """Microseconds a span of those that count."""
    bodies = [request(SPANS, share, 1500, seed) for seed in range(4)]
    took = [
        work(fresh(bodies[n % len(bodies)], first + n + 1)) * 1e6 / spans for n in range(ROUNDS)
    ]
    return statistics.median(took[ROUNDS // 4 :])


def bytes_a_call(subtree: Subtree | None = None) -> float:
    """Memory that a few requests leave behind, by the call."""
    bench = Bench(subtree)
    bodies = [request(SPANS, 1.0, 0, seed) for seed in range(4)]
    bench.whole(fresh(bodies[0], 1))  # what is made once
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for n in range(REMEMBERED // SPANS):
        bench.whole(fresh(bodies[n % 4], n + 2))
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return grown / REMEMBERED


def say(what: str, number: float, unit: str) -> None:
    print(f"{what:<64} {number:9.3f} {unit}")


def main() -> None:
    """Print everything."""
    print("compiled" if COMPILED else "interpreted")
    gc.freeze()
    bench = Bench()
    other = "us/other span"
    say(
        "other spans, nothing remembered: all",
        median_us(lambda body: timed(bench.whole, body), 0.0, SPANS),
        other,
    )
    gen_ai = "us/gen_ai span"
    say(
        "recognise (scan and read)",
        median_us(lambda body: timed(bench.recognise, body), 1.0, SPANS),
        gen_ai,
    )
    say("count once", median_us(bench.count_once, 1.0, SPANS), gen_ai)
    say(
        "everything, billing and splicing too",
        median_us(lambda body: timed(bench.whole, body), 1.0, SPANS, 1000),
        gen_ai,
    )
    say(
        "other spans, calls of other traces remembered: all",
        median_us(lambda body: timed(bench.whole, body), 0.0, SPANS, 2000),
        other,
    )
    say("memory", bytes_a_call(), "bytes/remembered call")
    say("memory, with enrich.subtree", bytes_a_call(Subtree()), "bytes/remembered call")
    bench = Bench(Subtree())
    say(
        "everything, with enrich.subtree",
        median_us(lambda body: timed(bench.whole, body), 1.0, SPANS, 3000),
        gen_ai,
    )


if __name__ == "__main__":
    main()
