"""One web address that is followed: what it last answered, what is kept, what went wrong how often.

Blocking methods are for a thread, one at a time. Invariant: only what the book took is kept on disk.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

from processor.fetch import cached, pauses
from processor.fetch.asking import Answer, Request, Validators
from processor.fetch.failure import Ending, FetchError

if TYPE_CHECKING:
    from pricing import PriceSource


class Fresh(NamedTuple):
    """Content for the book."""

    body: bytes
    dated_unix_s: float | None


class Looked(NamedTuple):
    """What one look gave."""

    ending: Ending
    fresh: Fresh | None
    words: str
    """What went wrong, for the log; empty where nothing did."""
    pause_s: float
    """Until the next look."""


class Followed:
    """A source of the book that is fetched."""

    def __init__(
        self, source: PriceSource, request: Request, interval_s: float, folder: str
    ) -> None:
        """Stores; nothing is asked or read."""
        self.source = source
        self.folder = folder
        self.copied_unix_s = 0.0
        """When the copy was written that `kept` gave; 0 where it gave none."""
        self._request = request
        self._interval_s = interval_s
        self._path = cached.place(folder, request.url)
        self._have = Validators()
        self._failures = 0
        self._unkept: tuple[str, cached.Copy] | None = None

    @property
    def patience_s(self) -> float:
        """After which a look that is not back hangs where no time limit reaches: in a name look-up."""
        return self._request.timeout_s + 5

    def stuck(self) -> Looked:
        """What to say of a look that hangs."""
        words = "gives no answer at all; look at DNS and the network of this machine"
        return Looked(Ending.TIMEOUT, None, words, 0)

    def kept(self) -> Fresh | None:
        """The last good copy of an earlier run, if there is one; raises OSError or ValueError."""
        copy = cached.load(self._path, self._request.max_bytes)
        if copy is None:
            return None
        self._have = copy.validators
        self.copied_unix_s = copy.kept_unix_s
        return Fresh(copy.body, copy.validators.dated_unix_s)

    def look(self) -> Looked:
        """Ask once what is new; raises nothing."""
        from processor.fetch.request import get  # noqa: PLC0415 - 70 ms of HTTP, after the start

        chance = random.random()  # noqa: S311 - spreads load, keeps no secret
        try:
            answer = get(self._request, self._have)
        except FetchError as failed:
            self._failures += 1
            pause_s = pauses.after_failure(
                self._failures, self._interval_s, failed.retry_after_s, chance
            )
            return Looked(failed.ending, None, failed.words, pause_s)
        self._failures = 0
        pause_s = pauses.after_success(self._interval_s, chance)
        if answer.body is None:
            return Looked(Ending.NOT_MODIFIED, None, "", pause_s)
        return Looked(Ending.FETCHED, self._took(answer, answer.body), "", pause_s)

    def keep(self, digest: str) -> None:
        """Write what was fetched, if it is what the book now uses; raises OSError."""
        unkept, self._unkept = self._unkept, None
        if unkept is not None and unkept[0] == digest:
            cached.save(self._path, unkept[1])

    def _took(self, answer: Answer, body: bytes) -> Fresh:
        self._have = answer.validators
        self._unkept = cached.digest_of(body), cached.Copy(body, answer.validators)
        return Fresh(body, answer.validators.dated_unix_s)
