"""The last good copy of a fetched source on disk, so that a restart without network has it.

One file a URL, named by its digest: a line about the copy, then the copy. Written whole beside and
renamed over; a copy that is not exactly what was written is as good as none.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from pricing.book import read_file
from processor.fetch.asking import Validators

FORMAT: Final = 1
_MAX_HEAD: Final = 8192


class Copy(NamedTuple):
    """What was fetched, and what the server called it."""

    body: bytes
    validators: Validators
    kept_unix_s: float = 0.0
    """When it was written; of a copy that was loaded."""


def digest_of(body: bytes) -> str:
    """SHA-256 in hex, as the book names what it took."""
    return hashlib.sha256(body).hexdigest()


def place(folder: str, url: str) -> Path:
    """The file of a URL; its name tells nothing of a secret in it."""
    return Path(folder) / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.prices"


def load(path: Path, most_bytes: int) -> Copy | None:
    """The copy; None where there is none. Raises OSError, or ValueError where it is damaged."""
    try:
        data = read_file(str(path), most_bytes + _MAX_HEAD)
        kept_unix_s = path.stat().st_mtime
    except FileNotFoundError:
        return None
    line, _, body = data.partition(b"\n")
    try:
        about = json.loads(line)
        good = about["genai-cost-fetched"] == FORMAT
        good = good and about["sha256"] == digest_of(body)
        validators = Validators(str(about["etag"]), str(about["modified"]))
    except (KeyError, TypeError, ValueError, RecursionError):
        good, validators = False, Validators()
    if not good:
        raise ValueError("damaged")
    return Copy(body, validators, kept_unix_s)


def save(path: Path, copy: Copy) -> None:
    """Write it so that a reader finds the old copy or the new one, whole; raises OSError."""
    about = {
        "genai-cost-fetched": FORMAT,
        "etag": copy.validators.etag,
        "modified": copy.validators.modified,
        "sha256": digest_of(copy.body),
    }
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, fresh = tempfile.mkstemp(prefix=".fresh-", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(json.dumps(about).encode() + b"\n")
            file.write(copy.body)
            file.flush()
            os.fsync(file.fileno())
        Path(fresh).replace(path)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise
