"""What published packages wrote, and how it reads: the files of cases/, a file a dialect.

Taken from captured telemetry held against the provider's own usage; JSON in attributes is cut down
to what is read. Genkit is from its documented form.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

FOLDER: Final = Path(__file__).with_name("cases")


class Case(NamedTuple):
    """One span's attributes and the reading of it, None where it describes no call."""

    dialect: str
    name: str
    read_from: str
    scope: str
    version: str
    attributes: dict[str, Any]
    reads: dict[str, Any] | None


def _cases() -> tuple[Case, ...]:
    return tuple(
        Case(path.stem, **case)
        for path in sorted(FOLDER.glob("*.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    )


CASES: Final = _cases()
