"""Files of users and passwords as `htpasswd` writes them: read, and one password checked.

Pure. Plain words, {SHA}, {SSHA} and bcrypt are taken; the others are refused by name, never skipped:
a user who cannot come in for an unsaid reason costs a night.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from importlib.util import find_spec
from typing import Final

from processor.receive.watched import Unusable

_BCRYPT: Final = ("$2a$", "$2b$", "$2y$")
_OTHERS: Final = {
    "$apr1$": "APR1 (MD5)",
    "$1$": "MD5",
    "$5$": "SHA-256 crypt",
    "$6$": "SHA-512 crypt",
    "$y$": "yescrypt",
}
MAX_USERS: Final = 10_000
# Each step of the cost doubles the time: 16 is seconds.
_BCRYPT_HASH: Final = re.compile(r"\$2[aby]\$(0[4-9]|1[0-6])\$[./A-Za-z0-9]{53}")


def users_in(text: str, what: str) -> dict[str, str]:
    """The hashes by user; raises `Unusable` with the line that is wrong."""
    users: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        user, colon, secret = entry.partition(":")
        if not (user and colon and secret):
            raise Unusable(f"{what}, line {number}: write user:password, as htpasswd does")
        _check(secret, f"{what}, line {number} ({ascii(user)[1:-1][:40]})")
        users[user] = secret
        if len(users) > MAX_USERS:
            raise Unusable(f"{what} has more than {MAX_USERS} users")
    return users


def is_slow(secret: str) -> bool:
    """Whether checking a password against it takes long enough for a thread."""
    return secret.startswith(_BCRYPT)


def matches(password: str, secret: str) -> bool:
    """Whether it is the password of that hash."""
    word = password.encode(errors="surrogatepass")
    if secret.startswith(_BCRYPT):
        import bcrypt  # noqa: PLC0415 - an extra, and only where a file has such hashes

        return bcrypt.checkpw(word[:72], secret.encode())  # as htpasswd cuts it
    if secret.startswith("{SHA}"):
        return hmac.compare_digest(_decoded(secret[5:]), hashlib.sha1(word).digest())  # noqa: S324
    if secret.startswith("{SSHA}"):
        digest = _decoded(secret[6:])
        salted = hashlib.sha1(word + digest[20:]).digest()  # noqa: S324 - the file's choice
        return hmac.compare_digest(digest[:20], salted)
    return hmac.compare_digest(word, secret.encode())


def _check(secret: str, where: str) -> None:
    if secret.startswith(_BCRYPT):
        if find_spec("bcrypt") is None:
            words = "bcrypt is not installed; pip install 'genai-cost-processor[auth]'"
            raise Unusable(f"{where}: {words}")
        if not _BCRYPT_HASH.fullmatch(secret):
            raise Unusable(
                f"{where}: is no bcrypt hash of cost 4 to 16; htpasswd -B writes one"
            )
    elif secret.startswith(("{SHA}", "{SSHA}")):
        digest = _decoded(secret.partition("}")[2])
        if len(digest) < 20 or (secret.startswith("{SHA}") and len(digest) > 20):
            raise Unusable(f"{where}: is no {secret.partition('}')[0]}}} hash")
    for prefix, name in _OTHERS.items():
        if secret.startswith(prefix):
            raise Unusable(f"{where}: {name} is not taken here; write it with htpasswd -B")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
