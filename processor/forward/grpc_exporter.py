"""OTLP over gRPC to the next hop: the batch's bytes as they are, on one channel.

Nothing is retried here: the sender has the data and hears what the next hop said, in its own code,
words and details. Invariant: no call outlives the sender's deadline.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from typing import TYPE_CHECKING, Any, Final, Self

import grpc.aio

from processor.errors import ConfigError, Refusal
from processor.forward.grpc_channel import GrpcTarget, open_channel, raw_call
from processor.forward.replaced import Files, Renewal, files_of
from processor.forward.time_left import time_left
from processor.model import GRPC_METHOD, Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from processor.forward.grpc_channel import Call
    from processor.model import Batch, Terms

    Headers = tuple[tuple[str, str], ...]

logger = logging.getLogger("genai_cost")

DEFAULT_TIMEOUT_S: Final = 5.0  # the Collector's
LONGEST_CALL_S: Final = 60.0
"""What calls over an old connection get to finish."""
_DETAILS_KEY: Final = "grpc-status-details-bin"
_KEY_CHARACTERS: Final = frozenset("0123456789abcdefghijklmnopqrstuvwxyz_-.")


class GrpcExporter:
    """One next hop. Entering opens the channel, which connects when first used.

    Pipelines may share it: it is open from the first entering until the last leaving.
    """

    def __init__(  # noqa: PLR0913 - one argument for each thing an operator can set
        self,
        name: str,
        target: GrpcTarget,
        *,
        headers: Iterable[tuple[str, str]] = (),
        timeout_s: float = DEFAULT_TIMEOUT_S,
        wait_for_ready: bool = False,
        credentials: Callable[[], Mapping[str, str]] = dict,
        setting: str = "",
        renewal: Renewal | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._target = target
        self._setting = setting or f"exporters.{name}"
        self._headers = _metadata(headers, f"{self._setting}.headers")
        self._timeout_s = timeout_s or math.inf  # 0 waits as long as the sender does
        self._wait_for_ready = wait_for_ready
        self._credentials = credentials
        tls = target.tls
        files = () if target.insecure else files_of(tls)
        self._files = Files(
            files, renewal or Renewal(), every_s=tls.reload_interval_s, clock=clock
        )
        self._clock = clock
        self._users = 0
        self._channel: grpc.aio.Channel | None = None
        self._calls: dict[Signal, Call] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._users += 1
        if self._users > 1:
            return self
        self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._users -= 1
        if self._channel is not None and not self._users:
            await asyncio.gather(self._channel.close(None), *self._closing)

    def _open(self) -> None:
        channel = open_channel(self._target, self._setting)
        calls = {signal: raw_call(channel, method) for signal, method in GRPC_METHOD.items()}
        self._channel, self._calls = channel, calls

    def _renew(self) -> None:
        """Go on over a new connection with the certificates as they are now; old calls finish."""
        old = self._channel
        try:
            self._open()
        except ConfigError as error:
            logger.error("%s: the certificates in use stay: %s", self.name, error)  # noqa: TRY400
            return
        logger.info("%s: certificates read again", self.name)
        if old is not None:
            closing = asyncio.ensure_future(old.close(LONGEST_CALL_S))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def send(self, batch: Batch, terms: Terms) -> bytes:
        """Return what the next hop answered, or raise its refusal in kind."""
        timeout_s = time_left(terms.deadline, self._clock(), self._timeout_s)
        if self._files.replaced():
            self._renew()
        metadata = (*self._headers, *self._credentials().items(), *terms.metadata)
        try:
            return await self._calls[batch.signal](
                batch.body,
                timeout=None if timeout_s == math.inf else timeout_s,
                metadata=metadata,
                wait_for_ready=self._wait_for_ready,
            )
        except grpc.aio.AioRpcError as error:
            raise _refusal(error) from None


def _refusal(error: grpc.aio.AioRpcError) -> Refusal:
    trailers: Any = error.trailing_metadata() or ()
    details = next((value for key, value in trailers if key == _DETAILS_KEY), b"")
    return Refusal.relayed(error.code(), error.details() or "", details)


def _metadata(headers: Iterable[tuple[str, str]], setting: str) -> Headers:
    """Lower the names; what gRPC cannot send is an error now, not at the first request."""
    metadata = tuple((name.lower(), value) for name, value in headers)
    problems = [
        f"{setting}: {name!r} cannot be sent over gRPC (plain ASCII names and values only)"
        for name, value in metadata
        if not (name and _KEY_CHARACTERS.issuperset(name) and not name.endswith("-bin"))
        or not (value.isascii() and (value.isprintable()))
    ]
    if problems:
        raise ConfigError(problems)
    return metadata
