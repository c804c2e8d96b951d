"""One running service for the tests that leave nothing behind in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio

from processor.model import Signal
from tests.service.child import Hop, hop

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import pytest


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_hop(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Hop]:
    """A service with both its ends; whose tests run on the session's loop."""
    async with hop(tmp_path_factory.mktemp("service")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def running(shared_hop: Hop) -> AsyncGenerator[Hop]:
    """The same, with a next hop that has seen nothing and takes everything."""
    sink = shared_hop.sink
    sink.arrivals.clear()
    yield shared_hop
    sink.failure, sink.response = None, b""
    assert shared_hop.child.process.poll() is None, shared_hop.child.said()
    assert {each.signal for each in sink.arrivals} <= set(Signal)
