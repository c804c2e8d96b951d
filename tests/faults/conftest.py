"""One attacked service for all that attack it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio

from tests.faults import hostile

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import pytest


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def target(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[hostile.Target]:
    """A service whose tests run on the module's loop."""
    async with hostile.target(tmp_path_factory.mktemp("hostile")) as opened:
        yield opened
