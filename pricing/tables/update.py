"""`make prices-update`: the newest releases of the sources, a rebuild, its check, and what changed.

Everything stays in the working tree as a diff to be read; nothing is committed. Exit 0 when the check passes,
1 with what wants a look. `--wheels DIR` keeps the downloads; `--offline` takes what is there already.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pricing import compact
from pricing.tables.making import changes, fetch

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE: Final = Path(__file__).parent
_WHEEL: Final = re.compile(r"([a-z0-9_]+)-(\d+(?:\.\d+)+)-.*\.whl")


def main(arguments: list[str] | None = None) -> int:
    """Update; 1 when the check found something."""
    parser = argparse.ArgumentParser(
        prog="python -m pricing.tables.update", description=__doc__
    )
    parser.add_argument("--wheels", type=Path, help="a directory that has, or gets, the wheels")
    parser.add_argument("--offline", action="store_true", help="download nothing")
    parser.add_argument("--today", default=datetime.now(UTC).date().isoformat())
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        wheels: Path = options.wheels or Path(temporary)
        if not options.offline:
            _download(wheels)
        found = newest(wheels)
        pins = {package.name: package.version for package in fetch.PACKAGES if package.living}
        releases = ", ".join(f"{name} {found.get(name, pin)}" for name, pin in pins.items())
        if all(_order(found.get(name, pin)) <= _order(pin) for name, pin in pins.items()):
            print(f"nothing newer than {releases}")
            return 0
        return _update(wheels, {**pins, **found}, options.today, releases)


def _update(wheels: Path, versions: Mapping[str, str], day: str, releases: str) -> int:
    table = HERE / "builtin.json"
    before = compact.load(table.read_bytes())
    fetch.PINS.write_text(
        moved(fetch.PINS.read_text(encoding="utf-8"), versions, day), encoding="utf-8"
    )
    # The pins are read once a process: the build and the check are processes of their own.
    _run("pricing.tables.build", "--wheels", str(wheels))
    section = changes.section(day, releases, before, compact.load(table.read_bytes()))
    changes.put_first(HERE / "CHANGES.md", section)
    print(section)
    code = _run(
        "pricing.tables.check", "--wheels", str(wheels), "--against", "HEAD", check=False
    )
    print("read the diff: git diff -- pricing/tables ':!pricing/tables/builtin.json'")
    return code


def _run(module: str, *arguments: str, check: bool = True) -> int:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, check=check).returncode  # noqa: S603 - our own modules


def _download(wheels: Path) -> None:
    """The newest release of each living source, beside those that are pinned."""
    names = [package.name for package in fetch.PACKAGES if package.living]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(wheels), *names]
    subprocess.run(command, check=True)  # noqa: S603 - our own names


def newest(wheels: Path) -> dict[str, str]:
    """The highest version of each living source that a directory has."""
    found: dict[str, str] = {}
    living = {
        package.name.replace("-", "_"): package.name
        for package in fetch.PACKAGES
        if package.living
    }
    for path in wheels.glob("*.whl"):
        match = _WHEEL.fullmatch(path.name)
        name = living.get(match[1]) if match is not None else None
        if match is not None and name is not None:
            found[name] = max(found.get(name, "0"), match[2], key=_order)
    return found


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def moved(pins: str, versions: Mapping[str, str], day: str) -> str:
    """The text of `pins.yaml` with other releases, taken on a day."""
    for name, version in versions.items():
        line = f"  {name}: {{version: {version}, checked: {day}}}"
        pins = re.sub(rf"^  {re.escape(name)}: .*$", line, pins, flags=re.MULTILINE)
    return pins


if __name__ == "__main__":
    sys.exit(main())
