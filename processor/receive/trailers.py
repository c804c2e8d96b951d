"""A refusal as gRPC trailers, cut to what every client can take.

gRPC's own C core accepts 8 KiB of metadata with a call unless told otherwise, and turns anything
larger into RESOURCE_EXHAUSTED: an answer that is too long would change from "later" to "never".
Invariant: code and delay always arrive; words and details give way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

DETAILS_KEY: Final = "grpc-status-details-bin"

_MAX_WORDS_BYTES: Final = 2500
_MAX_DETAILS_BYTES: Final = 3000
# Percent-encoding as gRPC does it in `grpc-message`: printable ASCII but `%` stays one byte.
_PLAIN: Final = frozenset(chr(code) for code in range(0x20, 0x7F)) - {"%"}


def words_for(refusal: Refusal) -> str:
    """Return the message, cut at the end where it would not fit."""
    text = refusal.message.encode(errors="replace").decode()
    if 3 * len(text.encode()) <= _MAX_WORDS_BYTES:
        return text
    size = 0
    for index, character in enumerate(text):
        size += 1 if character in _PLAIN else 3 * len(character.encode())
        if size > _MAX_WORDS_BYTES:
            return f"{text[:index]}..."
    return text


def details_for(refusal: Refusal) -> Sequence[tuple[str, bytes]]:
    """Return the trailer with `google.rpc.Status`: theirs as it came, ours where a delay needs one."""
    if not refusal.status_details and refusal.retry_after_s is None:
        return ()
    details = refusal.status()
    if len(details) > _MAX_DETAILS_BYTES:
        # Built anew, shorter: the delay is what a sender acts on.
        words = refusal.message.encode(errors="replace")[:500].decode(errors="ignore")
        details = Refusal(refusal.code, words, retry_after_s=refusal.retry_after_s).status()
    return ((DETAILS_KEY, details),)
