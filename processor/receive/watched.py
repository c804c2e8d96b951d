"""Looking at files again and again: certificates and credentials that somebody replaces.

Content decides, not time: a ConfigMap's link that moves counts, a touched file does not. Invariant:
what cannot be used changes nothing, and is said once for as long as it stays the same.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from processor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

logger = logging.getLogger("genai_cost")

T = TypeVar("T")
MAX_FILE_BYTES: Final = 16 * 1024 * 1024


class Unusable(Exception):  # noqa: N818 - it is what the files are, not what we did
    """What the files hold cannot be used; says which and why."""


class Watched(Generic[T]):
    """What some files hold, made anew when they change; `current` is always the last good one."""

    def __init__(
        self,
        what: str,
        paths: Sequence[str],
        make: Callable[[Sequence[bytes]], T],
        *,
        interval_s: float,
        on_look: Callable[[str], None] = lambda _: None,
    ) -> None:
        """*make* turns the files' contents into the thing or raises `Unusable`; *what* is for people."""
        self._what = what
        self._paths = paths
        self._make = make
        self._interval_s = interval_s
        self._on_look = on_look
        self._said = ""
        try:
            self._seen, contents = self._read()
            self.current = make(contents)
        except Unusable as bad:
            raise ConfigError([f"{what}: {bad}"]) from None

    def look(self) -> None:
        """Take what is new and good; keep what there is otherwise."""
        try:
            seen, contents = self._read()
            if seen == self._seen:
                self._said = ""
                return
            self.current = self._make(contents)
        except Unusable as bad:
            if str(bad) != self._said:
                self._said = str(bad)
                logger.error("%s: %s; what was in use before stays in use", self._what, bad)  # noqa: TRY400
                self._on_look("kept")
            return
        self._seen, self._said = seen, ""
        logger.info("%s: it has changed and was read again", self._what)
        self._on_look("changed")

    async def watch(self, stopping: asyncio.Event) -> None:
        """Look every now and then until the end."""
        while self._interval_s and not stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), self._interval_s)
                return
            await asyncio.to_thread(self.look)

    def _read(self) -> tuple[bytes, list[bytes]]:
        """The digest of all files, and what is in each."""
        contents: list[bytes] = []
        digest = hashlib.sha256()
        for path in self._paths:
            try:
                with Path(path).open("rb") as file:
                    contents.append(file.read(MAX_FILE_BYTES))
            except OSError as error:
                raise Unusable(f"cannot read {path}: {error.strerror}") from None
            digest.update(hashlib.sha256(contents[-1]).digest())
        return digest.digest(), contents
