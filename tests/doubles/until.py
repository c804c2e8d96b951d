"""Waiting for what has no event of its own.

The bound is there for what never comes; a slow machine does not reach it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


async def until(
    condition: Callable[[], bool], *, within_s: float = 60.0, every_s: float = 0.001
) -> None:
    """Return as soon as the condition holds; TimeoutError if it does not in time.

    A condition that is dear is asked less often, or nothing else on the loop gets on.
    """
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - the thing watched tells nobody
            await asyncio.sleep(every_s)
