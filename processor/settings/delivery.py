"""What an exporter does about a next hop that does not take data: try again, keep it meanwhile.

Reads `retry_on_failure` and `sending_queue`, the Collector's own keys and defaults, but that both are
off unless they are written: the sender has the data and hears what became of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from processor.settings.scalars import boolean, choice, duration, number, text, whole
from processor.settings.values import QueueSettings, RetrySettings, Sizer

if TYPE_CHECKING:
    from processor.settings.block import Block


def delivery(block: Block) -> tuple[RetrySettings, QueueSettings]:
    """Both of an exporter. Behind a queue nobody else tries again; before what lasts, without end."""
    queued = queue(block.block("sending_queue"))
    written = block.child("retry_on_failure")
    default = RetrySettings(
        enabled=queued.enabled or (written is not None and isinstance(written.value, dict))
    )
    if queued.enabled and queued.storage:
        default = default._replace(max_elapsed_time_s=0.0)
    return retry(block.block("retry_on_failure"), default), queued


def retry(block: Block, default: RetrySettings) -> RetrySettings:
    """Read `retry_on_failure`; what it does not say is as in *default*."""
    read = RetrySettings(
        enabled=block.take("enabled", boolean, default.enabled),
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


def queue(block: Block) -> QueueSettings:
    """Read `sending_queue`; who writes about one wants one, as in a Collector."""
    read = QueueSettings(
        enabled=block.take("enabled", boolean, default=bool(block.names)),
        num_consumers=block.take("num_consumers", whole(1, 10_000), 10),
        queue_size=block.take("queue_size", whole(1, 2**40), 1000),
        sizer=block.take("sizer", choice(get_args(Sizer)), "requests"),
        block_on_overflow=block.take("block_on_overflow", boolean, default=False),
        wait_for_result=block.take("wait_for_result", boolean, default=False),
        storage=block.take("storage", text, ""),
    )
    if read.enabled and not read.storage:
        block.warning(
            "acknowledges before the next hop has the data, so what waits in memory is lost if this "
            "process dies; `storage: file_storage` keeps it"
        )
    block.end()
    return read
