"""Medians of the price engine: `python -m tests.bench.pricing`. Prints; gates nothing."""

from __future__ import annotations

import statistics
import sys
import time
import tracemalloc
from functools import partial
from typing import TYPE_CHECKING

from pricing import Offer, PriceBook, PriceTable, Question, compact
from pricing.book import BUILTIN
from pricing.formats import detect

if TYPE_CHECKING:
    from collections.abc import Callable

USAGE = {"input": 1420, "cache_read": 800, "output": 380, "reasoning": 120}
AT = 1_795_435_200 * 10**9
SIZES = (100, 5_000, 100_000)


def median_us(work: Callable[[], object], rounds: int = 9, each: int = 20_000) -> float:
    """Microseconds of CPU of one call, the median of rounds."""
    took: list[float] = []
    for _ in range(rounds):
        begin = time.process_time()
        for _ in range(each):
            work()
        took.append((time.process_time() - begin) / each * 1e6)
    return statistics.median(took)


def show(name: str, value: float, unit: str) -> None:
    """One line."""
    sys.stdout.write(f"{name:48} {value:10.3f} {unit}\n")


def synthetic(count: int) -> PriceTable:
    """A table of so many flat models."""
    body = "\n".join(f"      m-{i}: {{prices: {{input: 1, output: 2}}}}" for i in range(count))
    source = f"genai-cost: 1\nproviders:\n  openai:\n    models:\n{body}\n"
    return PriceTable((detect.read(source.encode(), "made").layer,), "made")


def loading() -> None:
    """The built-in table: time and memory, then every row decoded."""
    data = BUILTIN.read_bytes()
    show("built-in table, load", median_us(lambda: compact.load(data), each=20) / 1000, "ms")
    layer = compact.load(data)
    begin = time.process_time()
    count = sum(layer.entry(*key) is not None for key in layer.models())
    show(
        f"built-in table, all {count} models decoded",
        (time.process_time() - begin) * 1000,
        "ms",
    )
    tracemalloc.start()
    layer = compact.load(data)
    show("built-in table, held after load", tracemalloc.get_traced_memory()[0] / 2**20, "MiB")
    for key in layer.models():
        layer.entry(*key)
    show(
        "built-in table, held once all are decoded",
        tracemalloc.get_traced_memory()[0] / 2**20,
        "MiB",
    )
    tracemalloc.stop()


def answering() -> None:
    """Warm and cold answers of the built-in table."""
    book = PriceBook()
    book.reload(0.0)
    for model in ("gpt-4o", "gpt-5.6-sol", "claude-sonnet-4-5-20250929"):
        question = Question(model, provider="anthropic" if "claude" in model else "openai")
        offer = book.current.find(question)
        if isinstance(offer, Offer):
            show(
                f"{model}, charge of 4 classes",
                median_us(partial(offer.charge, USAGE, AT)),
                "us",
            )
        show(f"{model}, warm find", median_us(partial(book.current.find, question)), "us")
        show(
            f"{model}, cold find",
            median_us(partial(book.current.search, question), each=500),
            "us",
        )


def growing() -> None:
    """The warm cost does not grow with the table."""
    for size in SIZES:
        table = synthetic(size)
        question = Question(f"m-{size // 2}", provider="openai")
        show(
            f"{size} models, warm quote",
            median_us(partial(table.quote, question, USAGE, AT)),
            "us",
        )
        show(
            f"{size} models, cold find",
            median_us(partial(table.search, question), each=500),
            "us",
        )


if __name__ == "__main__":
    loading()
    answering()
    growing()
