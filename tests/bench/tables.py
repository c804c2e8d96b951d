"""Price tables of any size, as somebody with many models of their own would have them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def table(file: Path, rows: int, version: str) -> None:
    """A file of our own form with so many rows, put in place as a whole."""
    models = {
        f"in-house-{number:06}": {
            "prices": {
                "input": f"{1 + number % 97 / 100:.2f}",
                "output": f"{4 + number % 89 / 100:.2f}",
            }
        }
        for number in range(rows)
    }
    made = {"genai-cost": 1, "version": version, "providers": {"openai": {"models": models}}}
    new = file.with_suffix(".new")
    new.write_text(json.dumps(made))
    new.replace(file)
