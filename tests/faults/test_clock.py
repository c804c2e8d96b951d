"""The wall clock jumps under load: a day on, a day back. No request is lost or waits for the difference.

The service's own clock is set by `clock.c`, loaded before the C library; the machine's stays as it is.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from tests.faults.standing import WAYS, Stand, Start, Way, answered, standing
from tests.faults.tally import tell

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.tally import Tally

HERE: Final = __file__.rpartition("/")[0]
DAY_S: Final = 86_400
JUMPS_S: Final = (DAY_S, 0, -DAY_S, 3_600, 0)


def settable(folder: Path) -> tuple[Path, Start]:
    """The file of a clock's seconds, and how to start a process that reads it."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("NO C COMPILER: the clock of a process is set by a library made with cc")
    library, file = folder / "clock.so", folder / "offset"
    made = [compiler, "-shared", "-fPIC", "-o", str(library), f"{HERE}/clock.c"]
    subprocess.run(made, check=True)  # noqa: S603
    put(file, 0)
    return file, Start(env={"LD_PRELOAD": str(library), "CLOCK_OFFSET": str(file)})


def put(file: Path, seconds: int) -> None:
    """Set the clock; in place, as the process has the file in its memory."""
    with file.open("r+b" if file.exists() else "wb") as out:
        out.write(seconds.to_bytes(8, "little", signed=True))


@pytest.mark.parametrize("way", WAYS[:3], ids=str)
async def test_a_clock_that_jumps(way: Way, tmp_path: Path) -> None:
    file, start = settable(tmp_path)

    async def jumps(stand: Stand, tally: Tally) -> None:
        for seconds in JUMPS_S:
            put(file, seconds)
            stand.refuse()  # what waits for its next try waits through the jump
            await answered(tally, 8)
            await stand.heal()
            await answered(tally, 8)

    async with standing(tmp_path, way, start=start) as stand:
        figures = await stand.under(jumps)
        tell(f"{way} clock jumps {JUMPS_S} s", figures)
        assert figures.sent == figures.accepted == figures.arrived
        assert await stand.child.stop() == 0
        assert "Traceback" not in stand.child.said()
