"""What a process keeps of the memory that requests took."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

HOLES = """
import asyncio, itertools, os
from pathlib import Path
from processor.life.process import keep_large_blocks

def resident_mib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") >> 20

async def main():
    keep_large_blocks(0.05)
    bodies, remembered = [], []
    for _ in range(100):
        bodies.append(b"x" * 1_400_000)
        remembered.append(b"y" * 10_000)
    full = resident_mib()
    bodies.clear()
    while resident_mib() > full - 100:
        await asyncio.sleep(0.01)

asyncio.run(asyncio.wait_for(main(), 30))
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="not glibc")
def test_holes_in_the_heap_go_back_to_the_kernel() -> None:
    subprocess.run([sys.executable, "-c", HOLES], check=True)  # noqa: S603 - our own words
