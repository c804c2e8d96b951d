"""Counts that an instrumentation made up from the texts because the provider sent none.

Nothing on the span says so, but the texts stand beside the counts, and a guess can be made again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from processor.dialects.texts import Texts
    from processor.dialects.usage import Count
    from processor.wire.attributes import Nested

OUT: Final = "gen_ai.output.messages"
IN: Final = "gen_ai.input.messages"
LOOKED_INTO: Final = frozenset({IN, OUT})
"""Attributes that hold the texts."""
GUESSERS: Final = frozenset({"openlit"})
"""Dialects that guess; looked into where the scope names them: a mark alone is not worth the reading."""
MAX_GUESSED: Final = 1 << 16
"""Most tokens that are looked into: a longer text is not worth its reading."""


def made_up(dialect: str, counts: Mapping[str, Count], texts: Texts) -> bool:
    """Whether both counts are what a writer of this scope's dialect makes of the texts alone."""
    if dialect not in GUESSERS:
        return False
    given = counts.get("output", 0)
    return (
        0 < given <= MAX_GUESSED
        and counts.get("input", 0) <= MAX_GUESSED
        and _halved(texts, OUT, given, named=False)
        and _halved(texts, IN, counts.get("input", 0), named=True)
    )


def _halved(texts: Texts, key: str, count: Count, *, named: bool) -> bool:
    """Openlit 1.45.0, `general_tokens`: a token for every two characters, rounded up."""
    messages = texts.value(f"{key}#")
    if not isinstance(messages, list):
        return False
    said = "\n".join(_plain(messages, named=named))
    return bool(said) and (len(said) + 1) // 2 == count


def _plain(messages: list[Nested], *, named: bool) -> Iterator[str]:
    """The messages as openlit's `format_content` writes them: `role: text`, one a line."""
    for message in messages:
        if not isinstance(message, dict):
            continue
        parts = message.get("parts")
        said = "".join(
            str(part.get("content", ""))
            for part in (parts if isinstance(parts, list) else ())
            if isinstance(part, dict) and part.get("type") == "text"
        )
        role = message.get("role")
        yield f"{role}: {said}" if named and isinstance(role, str) else said
