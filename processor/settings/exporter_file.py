"""The `file` exporter: the Collector's keys, names and defaults.

Reads one block; nothing is opened here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from processor.settings.delivery import delivery
from processor.settings.scalars import boolean, choice, name, whole
from processor.settings.values import ExporterSettings, FileDetails, RotationSettings

if TYPE_CHECKING:
    from processor.settings.block import Block


def exporter_file(component: str, block: Block) -> ExporterSettings:
    """Read the block of one exporter."""
    path = block.take("path", name, "")
    if not path and not block.has("path"):
        block.problem("has no path; write `path: /var/lib/genai-cost/otlp.jsonl`")
    rotation = _rotation(block.block("rotation")) if block.has("rotation") else None
    append = block.take("append", boolean, default=False)
    compression = block.take("compression", choice(("", "none", "zstd")), "")
    if append and (rotation is not None or compression == "zstd"):
        block.problem(
            "goes with neither rotation nor compression; leave one of them out", "append"
        )
    retry, queue = delivery(block)
    return ExporterSettings(
        name=component,
        kind="file",
        compression="zstd" if compression == "zstd" else "none",
        retry_on_failure=retry,
        sending_queue=queue,
        file=FileDetails(
            path=path,
            format="proto"
            if block.take("format", choice(("json", "proto")), "json") == "proto"
            else "json",
            append=append,
            compression="zstd" if compression == "zstd" else "",
            rotation=rotation,
            create_directory=block.take("create_directory", boolean, default=False),
        ),
        setting=f"{block.node.path}.path",
    )


def _rotation(block: Block) -> RotationSettings:
    default = RotationSettings()
    read = RotationSettings(
        max_bytes=block.take("max_megabytes", whole(0, 2**20), 0) * 1024 * 1024
        or default.max_bytes,
        max_days=block.take("max_days", whole(0, 36_500), default.max_days),
        max_backups=block.take("max_backups", whole(0, 1_000_000), default.max_backups),
        localtime=block.take("localtime", boolean, default=False),
    )
    block.end()
    return read
