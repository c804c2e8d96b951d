"""OTLP over HTTP to the next hop: protobuf as it is or JSON, packed, on connections that are kept.

No redirect is followed and no cookie kept: what is sent goes to the endpoint and nowhere else.
Invariant: no request outlives the sender's deadline, and of an answer at most 64 KiB are read.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from processor.errors import Code, Refusal
from processor.forward.client_tls import context
from processor.forward.http_answer import (
    JSON,
    MAX_BYTES,
    PROTOBUF,
    Said,
    Unreadable,
    refusal,
    success,
)
from processor.forward.packing import APART_BYTES, packed
from processor.forward.replaced import Files, Renewal, files_of
from processor.forward.time_left import time_left
from processor.settings import ConfigError, TlsSettings

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, Callable, Mapping

    import aiohttp

    from processor.model import Batch, Signal, Terms
    from processor.settings.values import HttpCompression, HttpEncoding

logger = logging.getLogger("genai_cost")

DEFAULT_TIMEOUT_S: Final = 30.0  # the Collector's
_PIECE_BYTES: Final = 256 * 1024
_OURS: Final = frozenset(
    {"content-type", "content-encoding", "content-length", "accept-encoding"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpTarget:
    """Where an OTLP/HTTP next hop is and how it is spoken to; defaults are the Collector's."""

    urls: Mapping[Signal, str]
    encoding: HttpEncoding = "proto"
    compression: HttpCompression = "gzip"
    level: int | None = None
    """Of compression; None for the library's own."""
    tls: TlsSettings = field(default_factory=TlsSettings)
    proxies: Mapping[str, str] = field(default_factory=dict[str, str])
    """By URL, where it is asked through one."""
    max_connections: int = 0
    """At once; 0 for as many as there are requests, whose bytes admission bounds."""
    idle_s: float = 90.0
    """How long a connection at rest is kept; 0 closes each after its request."""
    user_agent: str = "genai-cost-processor"


class HttpExporter:
    """One next hop. Pipelines may share it: it is open from the first entering to the last leaving."""

    def __init__(  # noqa: PLR0913 - one argument for each thing an operator can set
        self,
        name: str,
        target: HttpTarget,
        *,
        headers: Mapping[str, str] | None = None,
        credentials: Callable[[], Mapping[str, str]] = dict,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        setting: str = "",
        renewal: Renewal | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._target = target
        self._setting = f"{setting or f'exporters.{name}'}.tls"
        self._headers = {key.lower(): value for key, value in (headers or {}).items()}
        self._credentials = credentials
        self._timeout_s = timeout_s or math.inf  # 0 waits as long as the sender does
        self._files = Files(
            files_of(target.tls),
            renewal or Renewal(),
            every_s=target.tls.reload_interval_s,
            clock=clock,
        )
        self._clock = clock
        self._users = 0
        self._session: aiohttp.ClientSession | None = None
        self._tls: ssl.SSLContext | None = None
        self._unreadable_said = False

    async def __aenter__(self) -> Self:
        self._users += 1
        if self._users > 1:
            return self
        import aiohttp  # noqa: PLC0415 - 150 ms, only where an exporter speaks HTTP

        target = self._target
        if any(url.startswith("https:") for url in target.urls.values()):
            self._tls = context(target.tls, self._setting)
        connector = aiohttp.TCPConnector(
            limit=target.max_connections,
            force_close=not target.idle_s,
            keepalive_timeout=target.idle_s or None,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            raise_for_status=False,
            skip_auto_headers=("accept", "accept-encoding"),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._users -= 1
        if self._session is not None and not self._users:
            await self._session.close()

    async def send(self, batch: Batch, terms: Terms) -> bytes:
        """Return what the next hop answered as protobuf, or raise its refusal in kind."""
        left_s = time_left(terms.deadline, self._clock(), self._timeout_s)
        url = self._target.urls[batch.signal]
        try:
            async with asyncio.timeout(None if left_s == math.inf else left_s):
                said = await self._ask(url, await self._body(batch), terms)
        except TimeoutError:
            raise Refusal(
                Code.DEADLINE_EXCEEDED, f"no answer from {_shown(url)} in time"
            ) from None
        except _failures() as error:
            words = f"cannot reach {_shown(url)}: {_why(error)}"
            raise Refusal(Code.UNAVAILABLE, words) from None
        if not 200 <= said.status < 300:
            raise refusal(said, _shown(url), time.time_ns() / 1e9)
        try:
            return success(said, batch.signal)
        except Unreadable as problem:
            self._say_unreadable(url, problem)
            return b""

    async def _body(self, batch: Batch) -> bytes:
        body = batch.body
        if self._target.encoding == "json":
            large = len(body) > APART_BYTES
            body = await asyncio.to_thread(_json, batch) if large else _json(batch)
        return await packed(body, self._target.compression, self._target.level)

    async def _ask(self, url: str, body: bytes, terms: Terms) -> Said:
        from yarl import URL  # noqa: PLC0415 - it came with aiohttp

        assert self._session is not None  # noqa: S101 - entered
        target, secure = self._target, url.startswith("https:")
        async with self._session.post(
            URL(url, encoded=True),
            data=body if len(body) <= _PIECE_BYTES else _pieces(body),
            headers=self._all_headers(terms, len(body)),
            allow_redirects=False,
            proxy=target.proxies.get(url),
            ssl=self._context() if secure else True,
            server_hostname=(target.tls.server_name_override or None) if secure else None,
        ) as response:
            headers = {key.lower(): value for key, value in response.headers.items()}
            body = await _beginning(response)
            return Said(response.status, headers, body[:MAX_BYTES], len(body) > MAX_BYTES)

    def _all_headers(self, terms: Terms, length: int) -> dict[str, str]:
        """Ours over the operator's over the sender's."""
        target = self._target
        headers = {key: value for key, value in terms.metadata if key not in _OURS}
        headers |= {"user-agent": target.user_agent} | self._headers
        headers.update(self._credentials())
        headers["content-type"] = JSON if target.encoding == "json" else PROTOBUF
        headers["content-length"] = str(length)
        if target.compression != "none":
            headers["content-encoding"] = target.compression
        return headers

    def _context(self) -> ssl.SSLContext:
        """The TLS of a new connection, with the certificates as they are now."""
        if self._tls is None or self._files.replaced():
            try:
                self._tls = context(self._target.tls, self._setting)
                logger.info("%s: certificates read again", self.name)
            except ConfigError as error:
                logger.error("%s: the certificates in use stay: %s", self.name, error)  # noqa: TRY400
        assert self._tls is not None  # noqa: S101 - entered
        return self._tls

    def _say_unreadable(self, url: str, problem: Unreadable) -> None:
        if not self._unreadable_said:
            self._unreadable_said = True
            words = "%s: %s takes data with an answer that is no OTLP (%s); is this the right endpoint?"
            logger.warning(words, self.name, _shown(url), str(problem)[:200])


def _json(batch: Batch) -> bytes:
    from processor.wire import otlp_json  # noqa: PLC0415 - where JSON is spoken
    from processor.wire.fields import Malformed  # noqa: PLC0415

    try:
        return otlp_json.text_of(otlp_json.to_json(batch.body, batch.signal))
    except Malformed as problem:
        words = f"this request cannot be read, so it cannot be sent as JSON: {problem}"
        raise Refusal(Code.INVALID_ARGUMENT, words) from None


async def _pieces(body: bytes) -> AsyncGenerator[bytes]:
    """A large body in pieces, so that the event loop gets a turn between them."""
    for at in range(0, len(body), _PIECE_BYTES):
        yield body[at : at + _PIECE_BYTES]


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """The body as far as we read, and a byte more where there is more of it."""
    parts, left = list[bytes](), MAX_BYTES + 1
    while left and (part := await response.content.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _failures() -> tuple[type[Exception], ...]:
    import aiohttp  # noqa: PLC0415 - loaded by now

    return aiohttp.ClientError, OSError


def _why(error: Exception) -> str:
    inner: Any = getattr(error, "os_error", None) or getattr(error, "certificate_error", None)
    words = str(inner or error) or type(error).__name__
    return words[:500]


def _shown(url: str) -> str:
    """A URL for people: no query, which may be a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
