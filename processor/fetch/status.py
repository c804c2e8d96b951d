"""What an HTTP status other than success means for who has to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.fetch.failure import Ending, FetchError

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_RETRY_AFTER_S: Final = 3600.0


def refusal(status: int, headers: Mapping[str, str], *, with_headers: bool) -> FetchError:
    """The error for an answer that has no prices in it."""
    wait_s = _seconds(headers.get("retry-after", ""))
    if status in {401, 403}:
        hint = (
            "the `headers:` of this source are not accepted: look at the token"
            if with_headers
            else "write `headers: {authorization: ...}`"
        )
        return FetchError(Ending.DENIED, f"answers {status}; {hint}", wait_s)
    if status in {404, 410}:
        return FetchError(Ending.GONE, f"answers {status}: nothing is there; correct the URL")
    if status == 304:
        return FetchError(
            Ending.STATUS,
            "answers 304 though it was not asked what is new; look at caches between",
        )
    return FetchError(Ending.STATUS, f"answers {status}; look at the server behind it", wait_s)


def _seconds(text: str) -> float:
    """What `Retry-After` asks for in seconds; 0 for a date or nonsense: our own pauses do then."""
    digits = text.strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        return 0.0
    return min(float(digits), MOST_RETRY_AFTER_S)
