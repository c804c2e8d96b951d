"""Noticing that files were replaced: certificates, tokens.

Looks at no content. Invariant: a replacement is noticed once, at most `every_s` late, or at once after
somebody asked for it (SIGHUP).
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from processor.settings import TlsSettings

LOOK_EVERY_S: Final = 10.0


class Renewal:
    """Asks everybody who holds files to look again."""

    def __init__(self) -> None:
        self.asked = 0

    def ask(self) -> None:
        """From now on nobody trusts what they read."""
        self.asked += 1


def files_of(tls: TlsSettings) -> tuple[str, ...]:
    """The files whose replacement matters to a connection."""
    return tuple(path for path in (tls.ca_file, tls.cert_file, tls.key_file) if path)


class Files:
    """Some files, as they were when last looked at. A symlink swapped (Kubernetes) is a replacement."""

    def __init__(
        self,
        paths: Sequence[str],
        renewal: Renewal,
        *,
        every_s: float = LOOK_EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._paths = paths
        self._renewal = renewal
        self._every_s = every_s
        self._clock = clock
        self._asked = renewal.asked
        self._looked_at = clock()
        self._seen = self._look()

    def replaced(self) -> bool:
        """Whether one of them is another than when this was last asked; cheap between looks."""
        if not self._paths:
            return False
        asked = self._renewal.asked != self._asked
        if not asked and self._clock() - self._looked_at < self._every_s:
            return False
        self._asked, self._looked_at = self._renewal.asked, self._clock()
        seen = self._look()
        if not asked and seen == self._seen:
            return False
        self._seen = seen
        return True

    def _look(self) -> tuple[tuple[int, ...], ...]:
        return tuple(_mark(path) for path in self._paths)


def _mark(path: str) -> tuple[int, ...]:
    try:
        found = Path(path).stat()
    except OSError:  # between two of its versions, or gone: what was read holds
        return ()
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size
