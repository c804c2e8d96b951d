"""The `debug` exporter: prints a line for each call to a model, takes everything, keeps nothing.

A line holds names, counts and money, never a prompt; `detailed` prints whole requests beside them, and
those hold prompts. What strangers wrote is made printable first.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

from processor.model import PRICED

if TYPE_CHECKING:
    from collections.abc import Callable

    from processor.model import Batch, Charge, Terms

NOTICE: Final = (
    "{name}: prints each priced call, acknowledges everything and keeps nothing; "
    "configure an exporter to keep your telemetry"
)
_ATTO_DIGITS: Final = 18
_NS_PER_MS: Final = 1_000_000


class DebugExporter:
    """Acknowledges everything; *write* takes each line, without its end."""

    def __init__(
        self,
        name: str,
        write: Callable[[str], object],
        *,
        detailed: bool = False,
        announced: bool = False,
    ) -> None:
        """`announced`: that nothing is kept was said by another process."""
        self.name = name
        self._detailed = detailed
        self._write = write
        self._said = announced

    async def __aenter__(self) -> Self:
        if not self._said:
            self._write(NOTICE.format(name=self.name))
            self._said = True
        return self

    async def __aexit__(self, *_: object) -> None:
        """Have nothing to close."""

    async def send(self, batch: Batch, terms: Terms) -> bytes:  # noqa: ARG002 - as NextHop has it
        """Print the batch's charges and take it."""
        if self._detailed:
            self._write(whole(batch))
        for charge in batch.charges:
            self._write(line(charge))
        return b""


def line(charge: Charge) -> str:
    """Return the charge as one line of printable text."""
    labels = charge.labels
    words = [
        _time(charge.end_unix_ns),
        labels.origin.service_name or "-",
        labels.provider or "-",
        labels.response_model or labels.request_model or "-",
        *(f"{kind}={count}" for kind, count in charge.tokens),
        f"${usd(charge.atto_usd)}" if charge.status in PRICED else "$-",
        charge.status,
        charge.row,
    ]
    return " ".join(_printable(word) for word in words if word)


def whole(batch: Batch) -> str:
    """Return the request as OTLP/JSON for people."""
    import json  # noqa: PLC0415 - where it is asked for

    from processor.wire import otlp_json  # noqa: PLC0415
    from processor.wire.fields import Malformed  # noqa: PLC0415

    try:  # ASCII alone: nothing in it can move a terminal's cursor
        return json.dumps(otlp_json.to_json(batch.body, batch.signal), indent=2)
    except Malformed as problem:
        return f"a {batch.signal} request of {len(batch.body)} bytes that cannot be read: {problem}"


def usd(atto_usd: int) -> str:
    """Return the amount as an exact decimal, without trailing zeros."""
    sign = "-" if atto_usd < 0 else ""
    whole, atto = divmod(abs(atto_usd), 10**_ATTO_DIGITS)
    fraction = f"{atto:0{_ATTO_DIGITS}d}".rstrip("0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def _time(unix_ns: int) -> str:
    milliseconds = unix_ns // _NS_PER_MS
    try:
        instant = datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    except (OverflowError, ValueError):  # a stranger's clock
        return f"{unix_ns}ns"
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _printable(text: str) -> str:
    """Escape what could move a terminal's cursor or fake a second line."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else f"\\u{ord(character):04x}"
        for character in text
    )
