"""What is asked of a URL and what comes back, as values; loads nothing of HTTP."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.settings import TlsSettings


class Request(NamedTuple):
    """What to ask, and how much of an answer to take."""

    url: str
    headers: Mapping[str, str]
    tls: TlsSettings
    timeout_s: float
    max_bytes: int
    user_agent: str


class Validators(NamedTuple):
    """What the server called the copy we have; empty where it did not."""

    etag: str = ""
    modified: str = ""

    @property
    def dated_unix_s(self) -> float | None:
        """When the server says that it changed last; None where it says nothing that is a time."""
        try:
            return parsedate_to_datetime(self.modified).timestamp()
        except (ValueError, OverflowError):
            return None


class Answer(NamedTuple):
    """What came; `body` is None where the server says that our copy still holds."""

    body: bytes | None
    validators: Validators = Validators()
    media_type: str = ""
