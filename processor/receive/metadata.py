"""Headers of a sender that the next hop is to see: the ones asked for, bounded.

Invariant: what is passed on can be sent over gRPC and over HTTP, and is no more than `MAX_BYTES`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.errors import Code, Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

MAX_BYTES: Final = 4096
"""Of names and values together; gRPC servers take 8 KiB of all headers unless told otherwise."""


def passed_on(
    sent: Iterable[tuple[str, str]], names: Collection[str]
) -> tuple[tuple[str, str], ...]:
    """Return the pairs with one of these names; raises `Refusal` for what cannot be passed on."""
    found = tuple(pair for pair in sent if pair[0] in names)
    size = 0
    for name, value in found:
        size += len(name) + len(value)
        if not (value.isascii() and value.isprintable()):
            words = f"the header {name} is to be passed on and is not printable ASCII"
            raise Refusal(Code.INVALID_ARGUMENT, words)
    if size > MAX_BYTES:
        words = f"the headers that are to be passed on are larger than {MAX_BYTES} bytes"
        raise Refusal(Code.INVALID_ARGUMENT, words)
    return found
