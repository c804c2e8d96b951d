"""The walk twice: as it is installed (compiled where that worked), and from its source.

On a machine without a C compiler both are the same interpreted code.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import processor.wire.walk as installed

if TYPE_CHECKING:
    from types import ModuleType

SOURCE = Path(installed.__file__).with_name("walk.py")


def _interpreted() -> ModuleType:
    spec = importlib.util.spec_from_file_location("walk_from_source", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TWINS: tuple[ModuleType, ...] = (installed, _interpreted())
IDS = ("as installed", "from source")
