"""Medians of the price engine: `python -m tests.bench.pricing [--peers PYTHON]`. Prints; gates nothing.

PYTHON is an interpreter that has the extra `bench` (genai-prices, LiteLLM; this one where none is named);
they run on the same cases in the same run. Sizes are of a process of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import tracemalloc
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing import (
    Adjustment,
    Exchange,
    NotPriced,
    Offer,
    PriceBook,
    PriceTable,
    Question,
    Terms,
    charge,
    compact,
)
from pricing.book import BUILTIN
from pricing.formats import detect
from pricing.rows import instant
from tests.pricing import golden_context, golden_runner
from tests.pricing.provider_usage import read

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
    """The warm cost does not grow with the table; a process of its own holds each."""
    for size in SIZES:
        code = f"from tests.bench.pricing import grown; grown({size})"
        subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603


def grown(size: int) -> None:
    """Load, memory, warm and cold at one size, in a fresh process."""
    before = _resident_mib()
    begin = time.process_time()
    table = synthetic(size)
    show(f"{size} rows, read from YAML", time.process_time() - begin, "s")
    show(f"{size} rows, resident", _resident_mib() - before, "MiB")
    layer = table.layers[0]
    data = compact.dump(layer)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    show(f"{size} rows, load of the compact form", _once_ms(lambda: compact.load(data)), "ms")
    question = Question(f"m-{size // 2}", provider="openai")
    show(f"{size} rows, warm quote", median_us(partial(table.quote, question, USAGE, AT)), "us")
    show(f"{size} rows, cold find", median_us(partial(table.search, question), each=500), "us")


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _once_ms(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return (time.process_time() - begin) * 1000


def agreed() -> None:
    """What a contract and a second currency cost on top."""
    book = PriceBook()
    book.reload(0.0)
    rates = (Exchange("EUR", 27, 25),)
    question = Question("gpt-4o", provider="openai")
    for name, terms in (
        ("no terms", Terms()),
        ("terms for others", Terms((Adjustment(("groq",), numerator=9, denominator=10),))),
        ("a discount", Terms((Adjustment(("openai",), numerator=9, denominator=10),))),
        ("a second currency", Terms((), rates, "EUR")),
    ):
        table = PriceTable(book.current.layers, "t", None, terms)
        work = partial(table.quote, question, USAGE, AT)
        show(f"gpt-4o, warm quote, {name}", median_us(work), "us")


def beside(peers: str) -> None:
    """Ours, genai-prices and LiteLLM on the golden cases: time a call, and how many are right."""
    if not golden_runner.DEFAULT.exists():
        sys.stdout.write(f"SKIPPED beside others: no golden costs at {golden_runner.DEFAULT}\n")
        return
    book = PriceBook()
    book.reload(0.0)
    asked = [case for case in golden_runner.cases(golden_runner.DEFAULT) if _is_a_price(case)]
    plain = [_plain(case) for case in asked]
    right = sum(golden_runner.judge(case, book.current).exact for case in asked)
    took = [_ours(case, book.current) for case in asked]
    _say("ours", {"right": right, "of": len(asked), "us": statistics.median(took)})
    script = Path(__file__).with_name("peers.py")
    told = subprocess.run(  # noqa: S603
        [peers, str(script)],
        input="\n".join(json.dumps(case, default=float) for case in plain),
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode:
        sys.stdout.write(f"SKIPPED the others: {peers} says {told.stderr.strip()[-200:]}\n")
        return
    for name, result in json.loads(told.stdout.rpartition("\n")[2]).items():
        _say(name, result)


def _is_a_price(case: dict[str, Any]) -> bool:
    """Whether it is a price that is asked for, by what a table knows: no rule of counting, no contract."""
    ruled = ("reported_cost", "gateway_cache_hit", "children_priced", "parent_of_same_call")
    own = ("custom_table", "adjustment", "repeat", "llm_calls")
    return not any(key in case["context"] for key in (*ruled, *own))


def _plain(case: dict[str, Any]) -> dict[str, Any]:
    question = golden_context.question(case)
    return {
        "id": case["id"],
        "provider": case["provider"],
        "model": case["model"],
        "timestamp": case["timestamp"],
        "wanted": case["expected_usd"],
        "tier": question.service_tier,
        "batch": question.batch,
        "region": question.region or ("eu" if question.endpoint.startswith("eu.") else ""),
        "classes": read(question.provider, case["model"], case["usage"], case["context"])
        if case["usage"]
        else {},
    }


def _ours(case: dict[str, Any], table: PriceTable) -> float:
    question, at = golden_context.question(case), instant(case["timestamp"])
    usage = (
        read(question.provider, case["model"], case["usage"], case["context"])
        if case["usage"]
        else {}
    )
    if isinstance(table.quote(question, usage, at), NotPriced):
        return 0.0
    return median_us(partial(table.quote, question, usage, at), rounds=3, each=300)


def _say(name: str, result: dict[str, Any]) -> None:
    if "skipped" in result:
        sys.stdout.write(
            f"SKIPPED {name}: {result['skipped']}; install it, or name --peers PYTHON\n"
        )
        return
    line = f"{name:24} {result['right']:3}/{result['of']} right  {result['us']:10.2f} us a call"
    sys.stdout.write(f"{line}\n")
    if result.get("missed"):
        sys.stdout.write(f"  not right: {', '.join(result['missed'])}\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", default=sys.executable)
    options = parser.parse_args()
    compiled = not str(charge.__file__).endswith(".py")
    sys.stdout.write(f"the charge is {'compiled' if compiled else 'interpreted'}\n")
    loading()
    answering()
    agreed()
    growing()
    beside(options.peers)
