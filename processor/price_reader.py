"""Large price files are read by a process of their own, so that requests do not wait for it.

It lives as long as one file takes, gives way to whatever else wants a processor, and goes first when
memory is short. Where there can be none, this process reads, as it does at start and what is small.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pricing
from pricing import PriceError
from pricing.apart import answered, question, together
from pricing.book import judged_here

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pricing import PriceSource
    from pricing.apart import Head, Piece
    from pricing.layer import Catalogue

logger = logging.getLogger("genai_cost")

SMALL_BYTES: Final = 16 * 1024
"""Read sooner than a process starts."""
PATIENCE_S: Final = 60.0
_GIVE_WAY_S: Final = 0.001
_MOST_BYTES: Final = 4 * 1024**3
"""Of its addresses; far above what the largest file takes."""
_NO_MEMORY: Final = (
    "what read it was killed, as the kernel does when memory is short; give it more memory, or split the "
    "file, and change it (it is read again when it is another one)"
)
_WORK: Final = """
import os, resource, sys
from contextlib import suppress
with suppress(OSError):
    os.nice(10)
with suppress(OSError, ValueError):
    resource.setrlimit(resource.RLIMIT_AS, ({most}, {most}))
with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
    file.write("1000")
sys.path.insert(0, {root!r})
from pricing.apart import main
main()
"""


class PriceReader:
    """A `pricing.book.Judge`. `close` ends what it reads, and it reads nothing any more."""

    def __init__(
        self,
        *,
        python: str = sys.executable,
        small_bytes: int = SMALL_BYTES,
        patience_s: float = PATIENCE_S,
    ) -> None:
        root = str(Path(pricing.__file__).parent.parent)
        self._command = [python, "-P", "-c", _WORK.format(most=_MOST_BYTES, root=root)]
        self._small_bytes = small_bytes
        self._patience_s = patience_s
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None

    def __call__(
        self,
        source: PriceSource,
        data: bytes,
        builtin: bool,  # noqa: FBT001 - as a `Judge` is asked
    ) -> tuple[Catalogue, tuple[str, ...]]:
        """The layer and the warnings; raises `PriceError`."""
        if len(data) <= self._small_bytes:
            return judged_here(source, data, builtin)
        try:
            return self._read_apart(source, question(source, data, builtin=builtin))
        except PriceError:
            raise
        except Exception as problem:  # noqa: BLE001 - whatever came instead of an answer
            if self._closed:
                words = f"{source.path}: not read any more, since this service stops"
                raise PriceError([words]) from None
            why = problem if isinstance(problem, OSError) else "it gave no whole answer"
            words = "%s is read by this process, not by one of its own: %s"
            logger.warning(words, source.path, why)
        return judged_here(source, data, builtin)

    def close(self) -> None:
        """From any thread."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()

    def _read_apart(
        self, source: PriceSource, asked: bytes
    ) -> tuple[Catalogue, tuple[str, ...]]:
        """As the other process has it; raises `PriceError`, or something else if there is no answer."""
        with _started(self._command) as process:
            late = threading.Timer(self._patience_s, process.kill)
            late.start()
            self._process = process
            try:
                if self._closed:
                    process.kill()
                return together(_slowly(process, asked))
            except (OSError, EOFError):
                late_or_closed = late.finished.is_set() or self._closed
                if process.wait() == -signal.SIGKILL and not late_or_closed:
                    raise PriceError([f"{source.path}: {_NO_MEMORY}"]) from None
                raise
            finally:
                self._process = None
                late.cancel()
                process.kill()


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    """In a session of its own, since what a terminal sends is for the service."""
    return subprocess.Popen(  # noqa: S603 - this Python and our own words
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _slowly(process: subprocess.Popen[bytes], asked: bytes) -> Iterator[Head | Piece]:
    """The parts of the answer, with room for requests between them."""
    assert process.stdin is not None  # noqa: S101 - both are pipes
    assert process.stdout is not None  # noqa: S101
    with contextlib.closing(process.stdin) as stdin:
        stdin.write(asked)
    for part in answered(process.stdout):
        yield part
        time.sleep(_GIVE_WAY_S)
