"""What an exporter says to prove who it is: a bearer token, or a user with a password.

Read from files where those are named, and again once they were replaced. Invariant: what a header cannot
carry is an error at start, and later keeps what was read before.
"""

from __future__ import annotations

import base64
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from processor.errors import ConfigError
from processor.forward.replaced import Files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.forward.replaced import Renewal
    from processor.settings.values import ClientAuth

logger = logging.getLogger("genai_cost")

LOOK_EVERY_S: Final = 1.0
MAX_BYTES: Final = 64 * 1024


class Credentials:
    """Call it for the headers of a request."""

    def __init__(self, auth: ClientAuth, renewal: Renewal) -> None:
        self._auth = auth
        paths = [path for path in (auth.username_file, auth.secret_file) if path]
        self._files = Files(paths, renewal, every_s=LOOK_EVERY_S)
        self._headers = headers_of(auth)

    def __call__(self) -> Mapping[str, str]:
        """The headers as the files have them now, in lower case."""
        if self._files.replaced():
            try:
                self._headers = headers_of(self._auth)
            except ConfigError as error:
                logger.error("what was read before stays: %s", error)  # noqa: TRY400
        return self._headers


def headers_of(auth: ClientAuth) -> Mapping[str, str]:
    """The header that says it; raises `ConfigError`."""
    secret = _read(auth.secret_file, auth) if auth.secret_file else auth.secret
    if auth.kind == "bearer":
        value = f"{auth.scheme} {secret}" if auth.scheme else secret
    else:
        user = _read(auth.username_file, auth) if auth.username_file else auth.username
        value = f"Basic {base64.b64encode(f'{user}:{secret}'.encode()).decode()}"
    if not secret or not (value.isascii() and value.isprintable()):
        where = auth.secret_file or "what is written there"
        words = f"{where} holds nothing that a header can carry; write it on one line"
        raise ConfigError([f"{auth.setting}: {words}"])
    return {auth.header.lower(): value}


def _read(path: str, auth: ClientAuth) -> str:
    """The file without the blanks around it, as a Collector reads it."""
    try:
        with Path(path).open("rb") as file:
            return file.read(MAX_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is no text"
        raise ConfigError([f"{auth.setting}: cannot read {path}: {why}"]) from None
