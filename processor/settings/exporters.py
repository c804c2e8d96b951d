"""The next hops: `otlp_grpc` (or `otlp`) and `debug`.

Reads one block each. Invariant: an exporter that comes out says by itself how to reach its next hop;
the scheme of an endpoint is already told as TLS or none.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from processor.settings.block import Block
from processor.settings.endpoints import Target, target
from processor.settings.problems import Bad
from processor.settings.scalars import (
    boolean,
    choice,
    duration,
    number,
    text,
    whole,
    words_by_name,
)
from processor.settings.values import (
    Balancer,
    Compression,
    ExporterSettings,
    Headers,
    KeepaliveSettings,
    QueueSettings,
    RetrySettings,
    Temporality,
    TlsSettings,
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
    read = _debug(name, block) if kind == "debug" else _grpc(name, block)
    rules = extensions.header_rules(block.block("auth")) if kind != "debug" else ()
    block.end()
    return read._replace(header_rules=rules)


def _debug(name: str, block: Block) -> ExporterSettings:
    verbosity = block.take("verbosity", choice(("basic", "normal", "detailed")), "basic")
    return ExporterSettings(
        name=name,
        kind="debug",
        verbosity="normal" if verbosity == "normal" else "basic",
        setting=block.node.path,
    )


def _grpc(name: str, block: Block) -> ExporterSettings:
    place = block.take("endpoint", target, Target("", None))
    written = block.child("endpoint")
    if written is None or written.value is None:  # not there, or a variable that is not set
        block.problem("has no endpoint; write `endpoint: host:4317`")
    retry, queue = _retry(block.block("retry_on_failure")), _queue(block.block("sending_queue"))
    return ExporterSettings(
        name=name,
        kind="grpc",
        endpoint=place.address,
        headers=block.take("headers", headers, {}),
        compression=block.take("compression", _compression, "gzip"),
        # Every call has an end: 0, which is "none" to a Collector, is refused.
        timeout_s=block.take("timeout", duration(low_s=0.001), 5.0),
        tls=_tls(block.block("tls"), place.secure),
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


def readable_file(node: Node) -> str:
    """Parse the path of a file that can be read now."""
    path = text(node)
    try:
        with Path(path).open("rb") as file:
            file.read(1)
    except OSError as error:
        raise Bad(
            f"cannot read {path}: {error.strerror}; correct the path or its rights"
        ) from None
    return path


def _compression(node: Node) -> Compression:
    written = text(node)
    if not written:
        return "none"
    if written in {"snappy", "zstd", "zlib", "lz4"}:
        raise Bad(f"is {written}, which gRPC does not have here; write gzip or none")
    read: Compression = choice(get_args(Compression))(node)
    return read


def _tls(block: Block, secure: bool | None) -> TlsSettings:  # noqa: FBT001 - three answers, not two
    read = TlsSettings(
        insecure=block.take("insecure", boolean, default=False),
        ca_file=block.take("ca_file", readable_file, ""),
        cert_file=block.take("cert_file", readable_file, ""),
        key_file=block.take("key_file", readable_file, ""),
        server_name_override=block.take("server_name_override", text, ""),
    )
    if block.has("cert_file") != block.has("key_file"):
        block.problem("cert_file and key_file go together; write both or neither")
    block.end()
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


def _retry(block: Block) -> RetrySettings:
    default = RetrySettings()
    read = RetrySettings(
        enabled=block.take("enabled", boolean, default=False),
        initial_interval_s=block.take(
            "initial_interval", duration(), default.initial_interval_s
        ),
        randomization_factor=block.take("randomization_factor", number(0, 1), 0.5),
        multiplier=block.take("multiplier", number(1, 100), default.multiplier),
        max_interval_s=block.take("max_interval", duration(), default.max_interval_s),
        max_elapsed_time_s=block.take(
            "max_elapsed_time", duration(), default.max_elapsed_time_s
        ),
    )
    block.end()
    return read


def _queue(block: Block) -> QueueSettings:
    read = QueueSettings(
        enabled=block.take("enabled", boolean, default=False),
        num_consumers=block.take("num_consumers", whole(1, 10_000), 10),
        queue_size=block.take("queue_size", whole(1, 2**40), 1000),
        storage=block.take("storage", text, ""),
    )
    for key in ("sizer", "block_on_overflow", "wait_for_result", "batch"):
        block.child(key)
    block.end()
    return read
