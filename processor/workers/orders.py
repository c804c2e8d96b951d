"""What a carrier is told at its start: the settings as the service has them, and its share of them.

They go over the pair of sockets, pickled: from the process that started it, never the other way, and
never on a disk or a command line, for there are secrets in them.
"""

from __future__ import annotations

import copyreg
import pickle
from dataclasses import replace
from math import ceil
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from processor.queue.left import FOLDER
from processor.settings import PricingSettings
from processor.settings.values import MIB

if TYPE_CHECKING:
    from processor.model import Signal
    from processor.receive.doors import Claims
    from processor.settings import ExporterSettings, Settings


class Orders(NamedTuple):
    """Everything one carrier has to know."""

    settings: Settings
    claims: Claims
    priced_signals: frozenset[Signal]
    read_signals: frozenset[Signal]
    user_agent: str
    drain_s: float


def written(orders: Orders) -> bytes:
    """For the other end."""
    return pickle.dumps(orders)


def read(payload: bytes) -> Orders:
    """From the process that started this one."""
    return cast("Orders", pickle.loads(payload))  # noqa: S301 - nobody else has that end


def share_of(settings: Settings, place: int) -> Settings:
    """What the carrier at *place* (from 1 on) has of the settings: bounds divided, places of its own."""
    workers = settings.workers
    grpc, http = settings.grpc, settings.http
    largest = max(
        0 if grpc is None else grpc.max_recv_msg_size_mib * MIB,
        0 if http is None else http.max_request_body_size,
    )
    return replace(
        settings,
        pricing=PricingSettings(),  # the books'
        admission_bytes=min(
            settings.admission_bytes, max(settings.admission_bytes // workers, largest)
        ),
        exporters={
            name: _share(exporter, workers, place)
            for name, exporter in settings.exporters.items()
        },
    )


def _share(exporter: ExporterSettings, workers: int, place: int) -> ExporterSettings:
    queue = exporter.sending_queue
    storage = queue.place
    if storage is not None:
        folder = str(Path(storage.directory) / f"{FOLDER}{place}")
        storage = storage._replace(directory=folder, create_directory=True)
    size = ceil(queue.queue_size / workers)
    return exporter._replace(sending_queue=queue._replace(queue_size=size, place=storage))


def _plain(view: MappingProxyType[Any, Any]) -> tuple[type, tuple[dict[Any, Any]]]:
    return dict, (dict(view),)


copyreg.pickle(MappingProxyType, _plain)
