"""`load`: a file or the environment in, one frozen `Settings` out, or every problem at once.

The one place that opens the configuration. Invariant: no port is opened and no name looked up.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from processor.settings.problems import ConfigError, Report

MAX_BYTES: Final = 1024 * 1024

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.settings.values import Settings


def load(path: str | Path | None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of the file at *path*, or of the environment alone.

    Raises `ConfigError` with all problems, each `file:line: path.to.key: what; how to mend it`.
    """
    if path is None:
        from processor.settings.otel_environment import settings_from  # noqa: PLC0415 - not for a file

        report = Report("")
        return _finished(settings_from(environ, report), environ, report)
    return loads(read_text(path), str(path), environ)


def loads(text: str, origin: str, environ: Mapping[str, str]) -> Settings:
    """Return the settings of a file's *text*; *origin* is its name in messages."""
    from processor.settings.config import settings_of  # noqa: PLC0415 - 10 ms, only for a file
    from processor.settings.document import parse  # noqa: PLC0415
    from processor.settings.urls import with_cache_directory  # noqa: PLC0415

    report = Report(origin)
    root = parse(text, environ, report)
    if root is None:
        raise ConfigError(report.problems)
    if root.value is None:
        report.problem(1, "", "is empty; leave --config out for the embedded defaults")
        raise ConfigError(report.problems)
    settings = with_cache_directory(settings_of(root, report), environ)
    return _finished(settings, environ, report)


def read_text(path: str | Path) -> str:
    """Return the text of a configuration file, or raise `ConfigError`."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror or error}"]) from None
    if len(content) > MAX_BYTES:
        raise ConfigError([f"{path}: is larger than 1 MiB; a configuration never is"])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{path}:{line}: is not UTF-8 text; save it as UTF-8"]) from None


def _finished(settings: Settings, environ: Mapping[str, str], report: Report) -> Settings:
    if report.found:
        raise ConfigError(report.problems, replace(settings, warnings=report.warnings))
    if any(each.http for each in settings.exporters.values()):
        from processor.settings.proxies import with_proxies  # noqa: PLC0415 - for HTTP alone

        settings = with_proxies(settings, environ)
    return replace(settings, warnings=report.warnings)
