"""A queue whose disk is full: refused aloud, nothing acknowledged is lost, and it goes on by itself.

Nobody makes room here: what the next hop takes leaves the queue, and its room is used again.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from processor.errors import Code
from tests.doubles.rpc_status import delay_s
from tests.doubles.until import until
from tests.faults.standing import PATIENCE_S, Start, Way, standing
from tests.faults.tally import Tally, tell

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.standing import Stand

MOUNT: Final = 'mount -t tmpfs -o size={}m tmpfs "$0"; {}exec "$@"'
FILL: Final = 'head -c {} /dev/zero >"$0/other"; '
FULL: Final[dict[str, tuple[str, ...]]] = {
    "a-file-system-of-2-mib": ("unshare", "-rm", "sh", "-c", MOUNT.format(2, "")),
    "3-mib-half-of-it-others": (
        "unshare", "-rm", "sh", "-c", MOUNT.format(3, FILL.format(1_500_000)),
    ),
    # Neither free room nor its end can be asked for here: writing fails, that is all.
    "files-of-1-mib": ("sh", "-c", 'ulimit -f 2048; exec "$@"'),
}  # fmt: skip


def mounts() -> bool:
    """Whether an ordinary user may mount something of their own here."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    trying = [unshare, "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(trying, check=False, capture_output=True).returncode == 0  # noqa: S603


def before(full: str, folder: Path) -> Start:
    """What makes the disk of the queue in *folder* a small one."""
    by = FULL[full]
    if by[0] == "unshare" and not mounts():
        pytest.skip("NO SMALL FILE SYSTEM: unshare may not mount one here")
    queue = folder / "queue"
    queue.mkdir()
    return Start((*by, str(queue)))


async def fill(stand: Stand, tally: Tally) -> None:
    """Send until it is refused."""
    reply = await tally.send(stand.send)
    while reply.code is Code.OK:
        reply = await tally.send(stand.send)
    assert (reply.code, delay_s(reply.details)) == (Code.UNAVAILABLE, 5)
    assert "the sending_queue cannot be written" in reply.message


@pytest.mark.parametrize("full", FULL)
async def test_a_full_disk(full: str, tmp_path: Path) -> None:
    tally = Tally(text_bytes=10_000)
    async with standing(
        tmp_path, Way("disk"), away=True, start=before(full, tmp_path)
    ) as stand:
        await fill(stand, tally)
        await stand.heal()
        await until(lambda: not tally.figures(stand.sink.taken).lost, within_s=PATIENCE_S)
        async with asyncio.timeout(PATIENCE_S):
            for _ in range(10):
                await tally.send_until_taken(stand.send)
        await until(lambda: not tally.figures(stand.sink.taken).lost, within_s=PATIENCE_S)
        figures = tally.figures(stand.sink.taken)
        tell(f"disk full: {full}", figures)
        assert figures.accepted == figures.arrived == figures.sent - 1
        assert await stand.child.stop() == 0
