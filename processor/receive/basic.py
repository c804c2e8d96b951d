"""The Collector's `basicauth` for receivers: users and passwords of an htpasswd file or inline.

What was checked once is remembered by its digest, in bounds, until the file changes: a bcrypt hash
takes a tenth of a second on purpose. Invariant: slow checks run one at a time, in a thread.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Final

from processor.errors import Code, Refusal
from processor.receive.htpasswd import is_slow, matches, users_in
from processor.receive.watched import Unusable, Watched

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from processor.settings.values import Passwords

_MEMO_LIMIT: Final = 1024
_MOST_WAITING: Final = 64


class BasicGate:
    """Takes `Basic` with a user and a password that belong together."""

    def __init__(
        self, settings: Passwords, *, on_look: Callable[[str], None] = lambda _: None
    ) -> None:
        self.header = "authorization"
        self.challenge = 'Basic realm="genai-cost", charset="UTF-8"'
        self._inline = settings.inline
        self._file = settings.file
        self._memo: dict[bytes, bool] = {}
        self._of: Mapping[str, str] | None = None
        """The users whose answers are in the memo."""
        self._one = asyncio.Lock()
        self._waiting = 0
        self.watched = Watched(
            settings.setting,
            [settings.file] if settings.file else [],
            self._users,
            interval_s=settings.reload_interval_s,
            on_look=on_look,
        )

    @property
    def remembered(self) -> int:
        """How many answers are remembered."""
        return len(self._memo)

    async def admits(self, credential: str) -> bool:
        """Whether user and password belong together now."""
        users = self.watched.current
        if self._of is not users:
            self._of, self._memo = users, {}
        digest = hashlib.sha256(credential.encode(errors="surrogatepass")).digest()
        known = self._memo.get(digest)
        if known is not None:
            return known
        answer = await self._asked(credential, users)
        if len(self._memo) >= _MEMO_LIMIT:
            self._memo.clear()
        if self._of is users:
            self._memo[digest] = answer
        return answer

    async def _asked(self, credential: str, users: Mapping[str, str]) -> bool:
        pair = _pair(credential)
        if pair is None:
            return False
        user, password = pair
        # Somebody's hash stands in for an unknown user's, so that the time tells nothing.
        secret = users.get(user) or next(iter(users.values()))
        return await self._matches(password, secret) and user in users

    async def _matches(self, password: str, secret: str) -> bool:
        if not is_slow(secret):
            return matches(password, secret)
        if self._waiting >= _MOST_WAITING:
            words = "too many passwords are being checked, try later"
            raise Refusal(Code.UNAVAILABLE, words, retry_after_s=1.0)
        self._waiting += 1
        try:
            async with self._one:
                return await asyncio.to_thread(matches, password, secret)
        finally:
            self._waiting -= 1

    def _users(self, contents: Sequence[bytes]) -> Mapping[str, str]:
        users: dict[str, str] = {}
        for text in contents:
            users |= users_in(text.decode("utf-8", "replace"), self._file)
        users |= users_in(self._inline, "inline")  # it wins, as the Collector has it
        if not users:
            raise Unusable("there is no user; htpasswd -B -c FILE USER writes one")
        return users


def _pair(credential: str) -> tuple[str, str] | None:
    scheme, _, encoded = credential.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    user, colon, password = text.partition(":")
    return (user, password) if colon else None
