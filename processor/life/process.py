"""The process: how the C library and Python's collector treat memory once everything is loaded.

Measured choices, not settings. Nothing here knows of telemetry.
"""

from __future__ import annotations

import ctypes
import gc
from typing import Final

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h
LARGE_BLOCK_BYTES: Final = 32 * 1024 * 1024
"""The largest that glibc allows."""
KEPT_BYTES: Final = 256 * 1024 * 1024
"""Free memory on top of the heap that is kept for the next requests."""
GC_YOUNG, GC_MIDDLE, GC_OLD = 50_000, 50, 100


def keep_large_blocks() -> None:
    """Let the C library keep the blocks that requests are copied into.

    glibc gives every block over 128 KiB back to the kernel and pays for its pages again with the next
    request: a third of a bare hop's CPU at 1.4 MB a request. Other C libraries have no such switch.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)


def settle_garbage() -> None:
    """What is here now stays: never look at it again, and at the rest of it less often.

    A request makes some ten objects for each call and frees nearly all of them by counting; what is
    remembered forms no loops. So collections find next to nothing, and cost as much as they look at.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_YOUNG, GC_MIDDLE, GC_OLD)
