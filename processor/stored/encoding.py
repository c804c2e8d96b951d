"""How OTLP lies in a file, told by its content and never by its name.

JSON lines and length-delimited protobuf are what the Collector's file exporter writes (there each
message may be a zstd frame of its own); one JSON document or one protobuf message is what people save.
Invariant: the first bytes of these forms exclude each other, so nothing is guessed.
https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/fileexporter
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Framing = Literal["lines", "document", "message", "stream"]
Compression = Literal["none", "gzip", "zstd"]

MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024
"""Longest line or message, unpacked: what the service itself takes."""
GZIP: Final = b"\x1f\x8b"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
_BLANK: Final = b" \t\r\n\xef\xbb\xbf"
_CONTROL: Final = frozenset(range(32)) - frozenset(b"\t\r\n")


class Encoding(NamedTuple):
    """The form of a file; each message says for itself whether it is JSON."""

    framing: Framing
    compression: Compression = "none"

    def __str__(self) -> str:
        packed = "" if self.compression == "none" else f", {self.compression}"
        return f"{_WORDS[self.framing]}{packed}"


_WORDS: Final = {
    "lines": "JSON lines",
    "document": "one JSON document",
    "message": "one protobuf message",
    "stream": "length-delimited messages",
}


class NotOtlp(ValueError):  # noqa: N818 - it is what the file is, not what we did
    """A file that is in none of the forms."""


def compression_of(head: bytes) -> Compression:
    """How the whole file is packed, by its first bytes."""
    if head.startswith(GZIP):
        return "gzip"
    return "zstd" if head.startswith(ZSTD) else "none"


def framing_of(head: bytes) -> Framing:
    """How messages follow each other, by the first bytes unpacked; raises `NotOtlp`.

    A size of up to 64 MiB begins with a byte from 0 to 4, which no protobuf request begins with; a
    protobuf request begins with its field 1 (a line feed's byte) and always holds control characters,
    which JSON after a line feed must not.
    """
    text = head.lstrip(_BLANK)
    if not text or (text[:1] in {b"{", b"["} and _is_text(head)):
        return "document" if _goes_on(text) else "lines"
    if head[0] <= 4:
        return "stream"
    if head[0] == 0x0A:
        return "message"
    raise NotOtlp(
        f"is no stored OTLP that we know: it begins with {head[:8]!r}; JSON begins with {{, "
        "one protobuf message with 0x0a, a stream of them with a size of 4 bytes"
    )


def _is_text(head: bytes) -> bool:
    """Whether these are lines of JSON; a line of rubbish among them costs itself alone.

    What begins with a line feed could be a protobuf request, and has to be clean.
    """
    if head[0] == 0x0A:
        return _CONTROL.isdisjoint(head)
    return any(
        line[:1] in {b"{", b"["} and _CONTROL.isdisjoint(line)
        for line in head.lstrip(_BLANK).split(b"\n")
    )


def _goes_on(text: bytes) -> bool:
    """Whether the first line of some JSON is only the beginning of its document."""
    line, newline, _ = text.partition(b"\n")
    return bool(newline) and line.rstrip()[-1:] in {b"{", b"[", b",", b":"}
