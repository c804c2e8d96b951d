"""What an exporter does about a next hop that does not take data: try again, keep it meanwhile.

Reads `retry_on_failure` and `sending_queue`, the Collector's own keys and defaults, but that both are
off unless they are written: the sender has the data and hears what became of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from processor.settings.scalars import boolean, choice, duration, number, text, whole
from processor.settings.values import (
    BatchSettings,
    BatchSizer,
    QueueSettings,
    RetrySettings,
    Sizer,
)

if TYPE_CHECKING:
    from processor.settings.block import Block

DEFAULT: Final = BatchSettings()
LONGEST_WAIT_S: Final = 60.0
"""Of a request for others to go with it: a sender that waits for its result gives up by then."""


def delivery(block: Block) -> tuple[RetrySettings, QueueSettings]:
    """Both of an exporter. What a queue has acknowledged nobody else tries again; what lasts, without end."""
    queued = queue(block.block("sending_queue"))
    written = block.child("retry_on_failure")
    # On disk there may be requests of an earlier run, whose senders were told that they are taken.
    keeps_alone = queued.enabled and (bool(queued.storage) or not queued.wait_for_result)
    default = RetrySettings(
        enabled=keeps_alone or (written is not None and isinstance(written.value, dict))
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
    """Read `sending_queue`; who writes about one, or about batches, wants them, as in a Collector."""
    sizer = block.take("sizer", choice(get_args(Sizer)), None)
    size = block.take("queue_size", whole(1, 2**40), 1000)
    batches = block.block("batch")
    read = QueueSettings(
        enabled=block.take("enabled", boolean, default=bool(block.names)),
        num_consumers=block.take("num_consumers", whole(1, 10_000), 10),
        queue_size=size,
        sizer=sizer or "requests",
        block_on_overflow=block.take("block_on_overflow", boolean, default=False),
        wait_for_result=block.take("wait_for_result", boolean, default=False),
        batch=batch(batches, sizer, size) if block.has("batch") else None,
        storage=block.take("storage", text, ""),
    )
    if read.enabled and not (read.storage or read.wait_for_result):
        block.warning(
            "acknowledges before the next hop has the data, so what waits in memory is lost if this "
            "process dies; `storage: file_storage` keeps it"
        )
    block.end()
    return read


def batch(block: Block, sizer: Sizer | None, queue_size: int) -> BatchSettings | None:
    """Read `sending_queue.batch`; its sizes are in the queue's own units unless those are requests."""
    inherited: BatchSizer = "bytes" if sizer == "bytes" else "items"
    enabled = block.take("enabled", boolean, default=True)
    read = BatchSettings(
        flush_timeout_s=block.take(
            "flush_timeout", duration(0.001, LONGEST_WAIT_S), DEFAULT.flush_timeout_s
        ),
        min_size=block.take("min_size", whole(0, 2**40), DEFAULT.min_size),
        max_size=block.take("max_size", whole(0, 2**40), DEFAULT.max_size),
        sizer=block.take("sizer", choice(get_args(BatchSizer)), inherited),
    )
    if 0 < read.max_size < read.min_size:
        words = f"max_size {read.max_size} is less than min_size {read.min_size}; write a larger one"
        block.problem(words, "max_size")
    if read.sizer == sizer and read.min_size > queue_size:
        words = (
            f"min_size {read.min_size} is more than queue_size {queue_size}, the whole queue; "
            "write a smaller one, or a larger queue"
        )
        block.problem(words, "min_size")
    block.end()
    return read if enabled else None
