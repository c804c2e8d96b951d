"""A service that is attacked: it refuses, stays within its memory, and serves the next request.

The bound is what the documents promise: bytes in flight, and as much again for what is made of them.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from processor.errors import Code
from processor.receive.admission import DEFAULT_LIMIT_BYTES
from tests.faults.measured import PEAK, forget_peak, mib, open_files
from tests.faults.tally import Tally, tell
from tests.service.calls import chat, sent
from tests.service.child import Hop, eventually, hop
from tests.wire.senders import grpc_sender, post

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

IN_FLIGHT_MIB: Final = DEFAULT_LIMIT_BYTES / 2**20


@dataclass
class Target:
    """The service and its next hop."""

    hop: Hop

    @property
    def pid(self) -> int:
        """Of the service."""
        return self.hop.child.process.pid

    @property
    def grpc(self) -> int:
        """Its gRPC port."""
        return self.hop.child.ports.grpc

    @property
    def http(self) -> int:
        """Its HTTP port."""
        return self.hop.child.ports.http

    async def serves(self) -> int:
        """It takes a request at each door, on new connections; how often it asked to come again.

        While an attacker's calls wait to be begun, gRPC cancels some of others: that may be tried again.
        """
        tally = Tally()
        async with grpc_sender(self.grpc) as sender:
            reply = await tally.send_until_taken(sender.send)
            assert reply.code is Code.OK, reply
        assert (await post(self.http, sent(chat()))).status == 200
        return tally.heard - 1

    @asynccontextmanager
    async def stays_well(self, what: str, bound_mib: float) -> AsyncGenerator[Tally]:
        """It serves while and after something is done to it, within so much more memory than at rest."""
        await self.serves()
        forget_peak(self.pid)
        rest_mib, files, tally = mib(self.pid), open_files(self.pid), Tally()
        yield tally
        later = await self.serves()
        peak_mib = mib(self.pid, PEAK)
        refused = ", ".join(f"{n} {code}" for code, n in tally.refused.items())
        tell(
            what,
            f"{tally.heard} answers ({refused or 'none refused'}), memory {rest_mib:.0f} MiB before, "
            f"{peak_mib:.0f} at most, {mib(self.pid):.0f} after; others were asked {later} times to come again",
        )
        assert peak_mib - rest_mib <= bound_mib

        async def let_go() -> bool:
            return open_files(self.pid) <= files + 8  # the next hop's connections come and go

        await eventually(let_go)
        assert "Traceback" not in self.hop.child.said()


@asynccontextmanager
async def target(folder: Path) -> AsyncGenerator[Target]:
    """Start it."""
    async with hop(folder, exporter_timeout="60s") as opened:  # 64 MiB on a slow machine
        yield Target(opened)
        assert await opened.child.stop() == 0
