"""What the built-in table costs at start, beside `import grpc`: `python -m tests.bench.table_load [ROUNDS]`.

Each figure is a fresh process, from nothing to a table that answers; the rounds alternate, so that
what else the machine does meets all alike. Modules come from their bytecode, as installed ones do:
it is kept apart, whatever PYTHONDONTWRITEBYTECODE says here. Prints; gates nothing.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from typing import Final

ROUNDS: Final = 15
YARDSTICK: Final = "import grpc"
_FROM_NOTHING: Final = (
    "import time; begin = time.perf_counter(); {}; print(time.perf_counter() - begin)"
)
_BUILTIN: Final = "compact.load(Path('pricing/tables/builtin.json').read_bytes())"
_ANSWER: Final = (
    "book = PriceBook(); book.reload(0.0); "
    "book.current.quote(Question('gpt-4o', provider='openai'), {'input': 1}, 1795435200 * 10**9)"
)
WORK: Final = {
    YARDSTICK: _FROM_NOTHING.format("import grpc"),
    "import grpc, google.protobuf, yaml": _FROM_NOTHING.format(
        "import grpc, google.protobuf, yaml"
    ),
    "the table: modules and file": _FROM_NOTHING.format(
        f"from pathlib import Path; from pricing import compact; {_BUILTIN}"
    ),
    "the table: its first answer": _FROM_NOTHING.format(
        f"from pricing import PriceBook, Question; {_ANSWER}"
    ),
    "the file alone, modules there": (
        f"from pathlib import Path; from pricing import compact; {_FROM_NOTHING.format(_BUILTIN)}"
    ),
}


def took_ms(code: str, bytecode: str) -> float:
    """Milliseconds that a piece of work measured of itself in a process of its own."""
    off = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": bytecode}
    env = os.environ | off  # noqa: TID251 - for a child
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=env
    )
    return float(done.stdout) * 1000


def measure(rounds: int) -> dict[str, list[float]]:
    """Every figure of every round, sorted; one round before them writes the bytecode."""
    with tempfile.TemporaryDirectory() as bytecode:
        rows = [
            {name: took_ms(code, bytecode) for name, code in WORK.items()}
            for _ in range(rounds + 1)
        ][1:]
    return {name: sorted(row[name] for row in rows) for name in WORK}


if __name__ == "__main__":
    figures = measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
    yardstick = statistics.median(figures[YARDSTICK])
    print(f"{'ms':40} {'median':>8} {'least':>8} {'most':>8}  to `{YARDSTICK}`")
    for name, ms in figures.items():
        middle = statistics.median(ms)
        print(f"{name:40} {middle:8.1f} {ms[0]:8.1f} {ms[-1]:8.1f} {middle / yardstick:6.2f}x")
