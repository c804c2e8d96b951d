"""A queue whose disk is full: refused aloud, nothing acknowledged is lost, and it goes on once there is room."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from processor.errors import Code
from tests.doubles.rpc_status import delay_s
from tests.doubles.until import until
from tests.faults.standing import PATIENCE_S, Start, Way, standing
from tests.faults.tally import Tally, tell

FULL: Final[dict[str, tuple[str, ...]]] = {
    "a-file-system-of-3-mib": (
        "unshare",
        "-rm",
        "sh",
        "-c",
        'mount -t tmpfs -o size=3m tmpfs "$0"; head -c 1500000 /dev/zero >"$0/other"; exec "$@"',
    ),
}


def mounts() -> bool:
    """Whether an ordinary user may mount something of their own here."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    trying = [unshare, "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(trying, check=False, capture_output=True).returncode == 0  # noqa: S603


@pytest.mark.parametrize("full", FULL)
async def test_a_full_disk(full: str, tmp_path: Path) -> None:
    tally, by = Tally(), FULL[full]
    (tmp_path / "queue").mkdir()
    if by[0] == "unshare":
        if not mounts():
            pytest.skip("NO SMALL FILE SYSTEM: unshare may not mount one here")
        by = (*by, str(tmp_path / "queue"))
    async with standing(tmp_path, Way("disk"), away=True, start=Start(by)) as stand:
        reply = await tally.send(stand.send)
        while reply.code is Code.OK:
            reply = await tally.send(stand.send)
        assert (reply.code, delay_s(reply.details)) == (Code.UNAVAILABLE, 5)
        assert "the sending_queue cannot be written" in reply.message
        await stand.heal()
        await until(lambda: not tally.figures(stand.sink.taken).lost, within_s=PATIENCE_S)
        if by[0] == "unshare":  # somebody makes room
            other = Path(f"/proc/{stand.child.process.pid}/root{tmp_path}/queue/other")
            await asyncio.to_thread(other.unlink)
        async with asyncio.timeout(PATIENCE_S):
            for _ in range(10):
                await tally.send_until_taken(stand.send)
        await until(lambda: not tally.figures(stand.sink.taken).lost, within_s=PATIENCE_S)
        figures = tally.figures(stand.sink.taken)
        tell(f"disk full: {full}", figures)
        assert figures.accepted == figures.arrived == figures.sent - 1
        assert await stand.child.stop() == 0
