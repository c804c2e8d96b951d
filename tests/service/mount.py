"""A ConfigMap as the kubelet mounts it: files are links into `..data`, itself a link to a folder.

The kubelet never writes into a file: it makes a new folder beside the old one and renames a link.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Mount:
    """A mounted folder with one file."""

    folder: Path
    name: str = "pricing.yaml"
    _versions: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def file(self) -> Path:
        """The path that a configuration names."""
        return self.folder / self.name

    def put(self, text: str) -> None:
        """A new version, swapped in by one rename; the old one goes, as the kubelet has it."""
        data = self.folder / "..data"
        old = data.resolve() if data.is_symlink() else None
        new = self.folder / f"..2026_11_23_{next(self._versions)}"
        new.mkdir(parents=True)
        (new / self.name).write_text(text)
        (self.folder / "..data_tmp").symlink_to(new.name)
        (self.folder / "..data_tmp").rename(data)
        if not self.file.is_symlink():
            self.file.symlink_to(f"..data/{self.name}")
        if old is not None:
            shutil.rmtree(old)
