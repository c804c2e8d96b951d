"""YAML in which every scalar stays the text that was written: a price is never a float on its way."""

from __future__ import annotations

from typing import Any

import yaml


def parse_text(text: str) -> Any:
    """YAML in which every scalar is text."""
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    return yaml.load(text, Loader=loader)  # noqa: S506 - the base loader makes text only
