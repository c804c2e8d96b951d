"""The Collector's `bearertokenauth` for receivers: one of some tokens, from the settings or a file.

Invariant: how long a comparison takes says nothing of how much of a token was right.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from processor.receive.watched import Unusable, Watched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from processor.settings.values import BearerTokens


class BearerGate:
    """Takes `<scheme> <token>`; the scheme in any case, as HTTP has it."""

    def __init__(
        self, settings: BearerTokens, *, on_look: Callable[[str], None] = lambda _: None
    ) -> None:
        self.header = settings.header.lower()
        self.challenge = f'{settings.scheme or "Bearer"} realm="genai-cost"'
        self._scheme = settings.scheme.lower()
        self._fixed = settings.tokens
        self.watched = Watched(
            settings.setting,
            [settings.filename] if settings.filename else [],
            self._digests,
            interval_s=settings.reload_interval_s,
            on_look=on_look,
        )

    async def admits(self, credential: str) -> bool:
        """Whether it is one of the tokens now."""
        if self._scheme:
            scheme, _, credential = credential.partition(" ")
            if scheme.lower() != self._scheme:
                return False
        # Who does not know a token cannot choose where its digest begins to differ.
        return _digest(credential.strip()) in self.watched.current

    def _digests(self, contents: Sequence[bytes]) -> frozenset[bytes]:
        tokens: list[str] = [*self._fixed]
        for text in contents:
            found = text.decode("utf-8", "replace").split("\n")
            tokens += [line.strip() for line in found if line.strip()]
        if not tokens:
            raise Unusable("there is no token; write one a line into the file")
        return frozenset(map(_digest, tokens))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
