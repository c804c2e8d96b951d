"""OTLP over gRPC to the next hop: the batch's bytes as they are, on one channel.

Nothing is retried here: the sender has the data and hears what the next hop said, in its own code,
words and details. Invariant: no call outlives the sender's deadline.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, Final, Self

import grpc.aio

from processor.errors import ConfigError, Refusal
from processor.forward.grpc_channel import GrpcTarget, open_channel, raw_call
from processor.forward.time_left import time_left
from processor.model import GRPC_METHOD, Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from processor.forward.grpc_channel import Call
    from processor.model import Batch, Terms

    Headers = tuple[tuple[str, str], ...]

DEFAULT_TIMEOUT_S: Final = 5.0  # the Collector's
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
        setting: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._target = target
        self._setting = setting or f"exporters.{name}"
        self._headers = _metadata(headers, f"{self._setting}.headers")
        self._timeout_s = timeout_s or math.inf  # 0 waits as long as the sender does
        self._wait_for_ready = wait_for_ready
        self._clock = clock
        self._users = 0
        self._channel: grpc.aio.Channel | None = None
        self._calls: dict[Signal, Call] = {}

    async def __aenter__(self) -> Self:
        self._users += 1
        if self._users > 1:
            return self
        self._channel = open_channel(self._target, self._setting)
        for signal, method in GRPC_METHOD.items():
            self._calls[signal] = raw_call(self._channel, method)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._users -= 1
        if self._channel is not None and not self._users:
            await self._channel.close(None)

    async def send(self, batch: Batch, terms: Terms) -> bytes:
        """Return what the next hop answered, or raise its refusal in kind."""
        timeout_s = time_left(terms.deadline, self._clock(), self._timeout_s)
        metadata = (*self._headers, *terms.metadata)
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
