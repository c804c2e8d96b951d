"""The next hops: `otlp_grpc` (or `otlp`) and `debug`; the others have files of their own.

Reads one block each. Invariant: an exporter that comes out says by itself how to reach its next hop;
the scheme of an endpoint is already told as TLS or none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from processor.settings.block import Block
from processor.settings.client_tls import client_tls
from processor.settings.delivery import delivery
from processor.settings.endpoints import Target, target
from processor.settings.exporter_file import exporter_file
from processor.settings.exporter_http import exporter_http
from processor.settings.problems import Bad
from processor.settings.scalars import (
    boolean,
    choice,
    duration,
    text,
    words_by_name,
)
from processor.settings.values import (
    Balancer,
    Compression,
    ExporterSettings,
    Headers,
    KeepaliveSettings,
    Temporality,
    TlsSettings,
    Verbosity,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.settings.document import Node
    from processor.settings.extensions import Extensions
    from processor.settings.problems import Report

_HEADER_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-.")


def exporter(
    name: str, kind: str, node: Node, report: Report, extensions: Extensions
) -> ExporterSettings:
    """Read the block of one exporter of a type that we have."""
    block = Block(node, report, f"exporters.{kind}")
    match kind:
        case "debug":
            read = _debug(name, block)
        case "otlp_http":
            read = exporter_http(name, block)
        case "file":
            read = exporter_file(name, block)
        case _:
            read = _grpc(name, block)
    if kind in {"otlp_grpc", "otlp_http"}:
        auth, rules = extensions.on_the_way_out(block.block("auth"))
        read = read._replace(auth=auth, header_rules=rules)
    block.end()
    return read


def _debug(name: str, block: Block) -> ExporterSettings:
    verbosity: Verbosity = block.take("verbosity", choice(get_args(Verbosity)), "basic")
    return ExporterSettings(
        name=name,
        kind="debug",
        verbosity=verbosity,
        setting=block.node.path,
    )


def _grpc(name: str, block: Block) -> ExporterSettings:
    place = block.take("endpoint", target, Target("", None))
    written = block.child("endpoint")
    if written is None or written.value is None:  # not there, or a variable that is not set
        block.problem("has no endpoint; write `endpoint: host:4317`")
    retry, queue = delivery(block)
    return ExporterSettings(
        name=name,
        kind="grpc",
        endpoint=place.address,
        headers=block.take("headers", headers, {}),
        compression=block.take("compression", _compression, "gzip"),
        # Every call has an end: 0, which is "none" to a Collector, is refused.
        timeout_s=block.take("timeout", duration(low_s=0.001), 5.0),
        tls=_tls(block.block("tls"), place.secure),
        wait_for_ready=block.take("wait_for_ready", boolean, default=False),
        retry_on_failure=retry,
        sending_queue=queue,
        keepalive=_keepalive(block.block("keepalive")) if block.has("keepalive") else None,
        balancer_name=block.take("balancer_name", choice(get_args(Balancer)), "round_robin"),
        authority=block.take("authority", text, ""),
        temporality=block.take("temporality", choice(get_args(Temporality)), None),
        setting=f"{block.node.path}.endpoint",
    )


def headers(node: Node) -> Mapping[str, str]:
    """Parse headers for gRPC: names in lower case, plain ASCII on both sides."""
    read = {key.lower(): value for key, value in words_by_name(node).items()}
    for key, value in read.items():
        if not key or not _HEADER_CHARACTERS.issuperset(key) or key.endswith("-bin"):
            raise Bad(
                f"`{ascii(key)[1:-1]}` cannot be the name of a gRPC header; use a-z 0-9 _ - ."
            )
        if not (value.isascii() and value.isprintable()):
            raise Bad(f"the value of `{key}` cannot be sent over gRPC; use printable ASCII")
    return Headers(read)


def _compression(node: Node) -> Compression:
    written = text(node)
    if not written:
        return "none"
    if written in {"snappy", "zstd", "zlib", "lz4"}:
        raise Bad(f"is {written}, which gRPC does not have here; write gzip or none")
    read: Compression = choice(get_args(Compression))(node)
    return read


def _tls(block: Block, secure: bool | None) -> TlsSettings:  # noqa: FBT001 - three answers, not two
    read = client_tls(block)
    if read.insecure_skip_verify and not read.insecure:
        words = (
            "cannot be had over gRPC here; write `ca_file:` with the next hop's certificate or its "
            "CA's, and `server_name_override:` where the name differs"
        )
        block.problem(words, "insecure_skip_verify")
    for key in ("min_version", "max_version"):
        if block.has(key) and (read.min_version, read.max_version) != ("1.2", ""):
            block.problem(
                "cannot be chosen over gRPC here, which speaks 1.2 and 1.3; leave it out", key
            )
    return _as_scheme_says(read, secure)


def _as_scheme_says(tls: TlsSettings, secure: bool | None) -> TlsSettings:  # noqa: FBT001 - as above
    """Let `https://` mean TLS whatever else is written, and `http://` plain text (the Collector)."""
    if secure is None or secure is not tls.insecure:
        return tls
    return tls._replace(insecure=not secure)


def _keepalive(block: Block) -> KeepaliveSettings:
    read = KeepaliveSettings(
        time_s=block.take("time", duration(low_s=1.0), 10.0),
        timeout_s=block.take("timeout", duration(low_s=0.1), 10.0),
        permit_without_stream=block.take("permit_without_stream", boolean, default=False),
    )
    block.end()
    return read
