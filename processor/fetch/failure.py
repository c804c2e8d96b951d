"""How a fetch can end: a closed set, for the metric; and the error that says what to mend."""

from __future__ import annotations

from enum import StrEnum


class Ending(StrEnum):
    """The outcome of one fetch."""

    FETCHED = "fetched"
    NOT_MODIFIED = "not_modified"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TLS = "tls"
    DENIED = "denied"
    GONE = "gone"
    STATUS = "status"
    REDIRECT = "redirect"
    TOO_LARGE = "too_large"
    BROKEN = "broken"


class FetchError(Exception):
    """No new content; the words end the sentence `URL: ...` and say how to mend it."""

    def __init__(self, ending: Ending, words: str, retry_after_s: float = 0.0) -> None:
        super().__init__(words)
        self.ending = ending
        self.words = words
        self.retry_after_s = retry_after_s
        """What the server asked to wait; 0 where it did not."""
