"""The process: how the C library and Python's collector treat memory once everything is loaded.

Measured choices, not settings. Nothing here knows of telemetry.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
from typing import Final

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # malloc.h
ARENAS: Final = 2
"""One thread does most of the work, and the rest takes turns."""
LARGE_BLOCK_BYTES: Final = 32 * 1024 * 1024
"""The largest that glibc allows."""
KEPT_BYTES: Final = 128 * 1024 * 1024
"""Free memory on top of the heap that is kept for the next requests."""
GIVE_BACK_S: Final = 10.0
"""How often free memory goes back to the kernel: some 3 ms each time."""
GC_YOUNG, GC_MIDDLE, GC_OLD = 50_000, 50, 100


def share_arenas() -> None:
    """Before gRPC starts its threads: glibc would give each a heap of its own, with its own holes."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, ARENAS)


def keep_large_blocks(give_back_s: float = GIVE_BACK_S) -> None:
    """Let the C library keep the blocks that requests are copied into, for a while; from the event loop.

    glibc gives every block over 128 KiB back to the kernel and pays for its pages again with the next
    request: a third of a bare hop's CPU at 1.4 MB a request. Kept for good, such blocks are cut up by what is
    remembered of their requests, and the heap is mostly holes: those go back now and then. Other C libraries
    have no such switches.
    """
    library = ctypes.CDLL(None)
    mallopt, trim = (getattr(library, name, None) for name in ("mallopt", "malloc_trim"))
    if mallopt is None or trim is None:
        return
    mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
    loop = asyncio.get_running_loop()

    def give_back() -> None:
        trim(0)
        loop.call_later(give_back_s, give_back)

    loop.call_later(give_back_s, give_back)


def settle_garbage() -> None:
    """What is here now stays: never look at it again, and at the rest of it less often.

    A request makes some ten objects for each call and frees nearly all of them by counting; what is
    remembered forms no loops. So collections find next to nothing, and cost as much as they look at.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_YOUNG, GC_MIDDLE, GC_OLD)
