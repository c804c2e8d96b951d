"""The `file` exporter's block."""

from __future__ import annotations

import pytest

from processor.settings.values import MIB, FileDetails, RotationSettings
from tests.settings.test_exporter_http import GRPC
from tests.settings.texts import problem, read, with_


def file(block: str) -> str:
    """A whole file whose exporter this is."""
    return with_(GRPC, f"file: {block}").replace("[otlp_grpc]", "[file]")


@pytest.mark.parametrize(
    ("block", "details"),
    [
        ("{path: /x}", FileDetails("/x")),
        ("{path: /x, rotation: }", FileDetails("/x", rotation=RotationSettings())),
        (
            "{path: /x, rotation: {max_megabytes: 5, max_days: 3, max_backups: 2, localtime: true}}",
            FileDetails("/x", rotation=RotationSettings(5 * MIB, 3, 2, localtime=True)),
        ),
        (
            "{path: /x, format: proto, compression: zstd, create_directory: true}",
            FileDetails("/x", "proto", compression="zstd", create_directory=True),
        ),
        ("{path: /x, append: true}", FileDetails("/x", append=True)),
    ],
)
def test_the_collectors_keys(block: str, details: FileDetails) -> None:
    settings = read(file(block))
    assert settings.exporters["file"].file == details
    assert settings.warnings == ()


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("{}", "has no path"),
        ("{path: /x, format: xml}", "json, proto"),
        ("{path: /x, append: true, rotation: {}}", "goes with neither"),
        ("{path: /x, append: true, compression: zstd}", "goes with neither"),
        ("{path: /x, group_by: {enabled: true}}", "waits for a later release"),
    ],
)
def test_what_cannot_be_used_is_one_line(block: str, words: str) -> None:
    assert words in problem(file(block))


def test_two_exporters_do_not_write_to_one_file() -> None:
    text = with_(GRPC, "file: {path: /x}\n  file/2: {path: /x}")
    text = text.replace("[otlp_grpc]", "[file, file/2]")
    assert (
        problem(text) == "c.yaml:5: exporters: two of them write to /x; give each its own file"
    )
