"""The walk twice: as it is installed (compiled where that worked), and from its source.

On a machine without a C compiler both are the same interpreted code.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import processor.wire.walk as installed

if TYPE_CHECKING:
    from types import ModuleType

FOLDER = Path(installed.__file__).parent
PARTS = ("fields", "lookout", "keys", "walk")
"""In the order of their imports; what one imports of another comes from source too."""


def _interpreted() -> ModuleType:
    made: dict[str, ModuleType] = {}
    for part in PARTS:
        name = f"processor.wire.{part}"
        spec = importlib.util.spec_from_file_location(name, FOLDER / f"{part}.py")
        assert spec is not None
        assert spec.loader is not None
        made[name] = importlib.util.module_from_spec(spec)
        with patch.dict(sys.modules, made):
            spec.loader.exec_module(made[name])
    return made["processor.wire.walk"]


TWINS: tuple[ModuleType, ...] = (installed, _interpreted())
IDS = ("as installed", "from source")
