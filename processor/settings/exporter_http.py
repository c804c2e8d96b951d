"""The `otlp_http` exporter (or `otlphttp`): the Collector's keys, names and defaults.

Reads one block. Invariant: what comes out has a whole URL for each signal that can be sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from processor.settings.client_tls import client_tls
from processor.settings.delivery import delivery
from processor.settings.problems import Bad
from processor.settings.scalars import boolean, choice, duration, text, whole
from processor.settings.urls import headers, shown, url
from processor.settings.values import (
    ExporterSettings,
    Headers,
    HttpCompression,
    HttpDetails,
    HttpEncoding,
    Temporality,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.settings.block import Block
    from processor.settings.document import Node

PATHS: Final = {"traces": "/v1/traces", "metrics": "/v1/metrics", "logs": "/v1/logs"}
# As the Collector has them; of zstd what its own levels 1 to 11 come to.
_LEVELS: Final = {"gzip": (-1, 9), "zlib": (-1, 9), "deflate": (-1, 9), "zstd": (1, 19)}


def exporter_http(name: str, block: Block) -> ExporterSettings:
    """Read the block of one exporter."""
    base = block.take("endpoint", _base, "")
    urls = signal_urls(
        base, {signal: block.take(f"{signal}_endpoint", url, "") for signal in PATHS}
    )
    if not urls and not block.has("endpoint"):
        block.problem("has no endpoint; write `endpoint: https://host:4318`")
    retry, queue = delivery(block)
    compression: HttpCompression = block.take("compression", _compression, "gzip")
    secure = any(each.startswith("https:") for each in urls.values())
    tls = client_tls(block.block("tls"))
    proxy = block.take("proxy_url", _proxy, "")
    idle_s = block.take("idle_conn_timeout", duration(), 90.0)
    return ExporterSettings(
        name=name,
        kind="http",
        endpoint=shown(base or next(iter(urls.values()), "http://nowhere")),
        headers=block.take("headers", own_headers, {}),
        compression=compression,
        timeout_s=block.take("timeout", duration(low_s=0.001), 30.0),
        tls=tls._replace(insecure=not secure),
        retry_on_failure=retry,
        sending_queue=queue,
        temporality=block.take("temporality", choice(get_args(Temporality)), None),
        http=HttpDetails(
            urls=urls,
            encoding=block.take("encoding", choice(get_args(HttpEncoding)), "proto"),
            level=_level(block.block("compression_params"), compression),
            proxies=Headers(dict.fromkeys(urls.values(), proxy) if proxy else {}),
            max_connections=block.take("max_conns_per_host", whole(0, 100_000), 0),
            # 0 is "for ever" to a Collector: as long as the next hop keeps it.
            idle_s=0.0
            if block.take("disable_keep_alives", boolean, default=False)
            else idle_s or 86400.0,
        ),
        setting=f"{block.node.path}.endpoint",
    )


def signal_urls(base: str, own: Mapping[str, str]) -> dict[str, str]:
    """Where each signal goes: to its own URL as it stands, else to its path below the endpoint."""
    found = {
        signal: own.get(signal) or (f"{base.rstrip('/')}{path}" if base else "")
        for signal, path in PATHS.items()
    }
    return {signal: each for signal, each in found.items() if each}


def own_headers(node: Node) -> Mapping[str, str]:
    """Parse headers; those that say how a body is written are ours."""
    read = headers(node)
    for key in ("content-type", "content-encoding"):
        if key in read:
            raise Bad(f"`{key}` is written by the service itself; leave it out")
    return read


def _base(node: Node) -> str:
    read = url(node)
    if "?" in read:
        raise Bad(
            "has a query; write it on `traces_endpoint:` and the like, which are taken whole"
        )
    return read


def _proxy(node: Node) -> str:
    written = text(node)
    scheme, separator, rest = written.partition("://")
    if scheme not in {"http", "https"} or not separator or not rest.strip("/"):
        raise Bad("is no URL of a proxy; write http://host:port")
    return written


def _compression(node: Node) -> HttpCompression:
    written = text(node)
    if not written:
        return "none"
    if written in {"snappy", "x-snappy-framed", "lz4"}:
        raise Bad(f"is {written}, which is not here; write gzip or zstd")
    read: HttpCompression = choice(get_args(HttpCompression))(node)
    return read


def _level(block: Block, compression: HttpCompression) -> int | None:
    low, high = _LEVELS.get(compression, (0, 0))
    level = block.take("level", whole(low, high), None)
    block.end()
    return None if compression == "none" or level == -1 else level
