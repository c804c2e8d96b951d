"""What the built-in table costs at start, beside `import grpc`: `python -m tests.bench.table_load`. Prints; gates nothing.

Each figure is a fresh process: modules and file, from nothing to a table that answers.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

ROUNDS = 9
WORK = {
    "import grpc": "import grpc",
    "import grpc, google.protobuf, yaml": "import grpc, google.protobuf, yaml",
    "the table: modules and file": (
        "from pathlib import Path; from pricing import compact; "
        "compact.load(Path('pricing/tables/builtin.json').read_bytes())"
    ),
    "the table: its first answer": (
        "from pricing import PriceBook, Question; book = PriceBook(); book.reload(0.0); "
        "book.current.quote(Question('gpt-4o', provider='openai'), {'input': 1}, 1795435200 * 10**9)"
    ),
    "the file alone, modules there": "",
}
_ALONE = (
    "import time; from pathlib import Path; from pricing import compact; begin = time.perf_counter(); "
    "compact.load(Path('pricing/tables/builtin.json').read_bytes()); print(time.perf_counter() - begin)"
)
_TIMED = "import time; begin = time.perf_counter(); {}; print(time.perf_counter() - begin)"


def median_ms(work: str) -> float:
    """Milliseconds of a piece of work, the median of fresh processes."""
    code = _TIMED.format(work) if work else _ALONE
    command = [sys.executable, "-c", code]
    took = [
        float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603
        for _ in range(ROUNDS)
    ]
    return statistics.median(took) * 1000


if __name__ == "__main__":
    for name, work in WORK.items():
        print(f"{name:40} {median_ms(work):8.1f} ms")
