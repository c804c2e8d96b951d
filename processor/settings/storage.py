"""The `file_storage` extension, and the queues that are kept in it.

Invariant: a queue that names a storage has one that the service starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.settings.problems import Bad, nearest
from processor.settings.scalars import boolean, text
from processor.settings.values import StorageSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.settings.block import Block
    from processor.settings.document import Node
    from processor.settings.values import ExporterSettings

KIND: Final = "extensions.file_storage"


def file_storage(block: Block) -> StorageSettings:
    """Read the extension's block."""
    default = StorageSettings()
    read = StorageSettings(
        directory=block.take("directory", _directory, default.directory),
        create_directory=block.take("create_directory", boolean, default.create_directory),
        fsync=block.take("fsync", boolean, default.fsync),
        setting=f"{block.node.path}.directory",
    )
    if not read.fsync:
        block.warning(
            "with `fsync: false` a machine that loses power loses what was acknowledged last",
            "fsync",
        )
    return read


def with_storage(
    exporters: Mapping[str, ExporterSettings],
    storages: Mapping[str, StorageSettings],
    block: Block,
) -> dict[str, ExporterSettings]:
    """Let every queue know its place; a name that is none is a problem of its exporter."""
    placed: dict[str, ExporterSettings] = {}
    for component, exporter in exporters.items():
        queue = exporter.sending_queue
        place = storages.get(queue.storage)
        if queue.storage and place is None:
            near = nearest(queue.storage, list(storages))
            hint = f"did you mean `{near}`?" if near else "define it, and name it there"
            words = (
                f"`sending_queue.storage: {queue.storage}` is not in service.extensions; {hint}"
            )
            block.problem(words, component)
        placed[component] = exporter._replace(sending_queue=queue._replace(place=place))
    return placed


def _directory(node: Node) -> str:
    path = text(node)
    if not path.startswith("/"):
        raise Bad(f"is {path!a}; write an absolute path")
    return path
