"""The documents keep their word: their commands run and print what they show, their files are valid.

In a `console` block a line after `$ ` is a command and the lines below it what it prints; `...` stands
for anything. What needs a running service or a terminal is run by the end-to-end tests instead.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from processor.settings.load import load, loads
from tests.docs.tables import renewed

if TYPE_CHECKING:
    from processor.settings import Settings

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# Shown in a document, run elsewhere: by `.ci/run`, or in tests/e2e against a running service.
RUN_ELSEWHERE = ("make run", "make demo", "curl -s localhost:8888/metrics")


@dataclass(frozen=True)
class Shown:
    """A command of a document and what it is shown to print."""

    document: Path
    command: str
    output: str

    def __str__(self) -> str:
        return f"{self.document.name}: {self.command}"


def blocks(document: Path, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(document.read_text()) if kind == language]


def commands(document: Path) -> list[Shown]:
    found = [
        part.partition("\n")
        for block in blocks(document, "console")
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    ]
    return [Shown(document, command, output) for command, _, output in found]


SHOWN = [one for document in DOCUMENTS for one in commands(document)]
OURS = [one for one in SHOWN if one.command.startswith("genai-cost ")]


def as_pattern(output: str) -> str:
    """The shown output with `...` for anything."""
    return ".*".join(re.escape(part) for part in output.strip().split("..."))


@pytest.mark.parametrize("shown", OURS, ids=str)
def test_a_shown_command_prints_what_is_shown(shown: Shown, kept: Path) -> None:
    """`> file` keeps what it prints for the commands below it."""
    command, _, file = shown.command.partition(" > ")
    program, *arguments = shlex.split(command)
    named = [str(kept / each) if (kept / each).exists() else each for each in arguments]
    ran = subprocess.run(  # noqa: S603
        [str(BIN / program), *named],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if file:
        (kept / file).write_text(ran.stdout)
    printed = ((not file) * ran.stdout + ran.stderr).strip()
    assert re.fullmatch(as_pattern(shown.output), printed, re.DOTALL), printed


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files that shown commands leave for those below them."""
    return tmp_path_factory.mktemp("shown")


def test_every_other_shown_command_is_known_to_run_elsewhere() -> None:
    others = [
        str(one)
        for one in SHOWN
        if one not in OURS and not one.command.startswith(RUN_ELSEWHERE)
    ]
    assert others == []


def yaml_blocks() -> list[object]:
    """Our configuration and price files as the documents show them; a Collector's own are not ours."""
    found: list[object] = []
    for document in DOCUMENTS:
        for number, text in enumerate(blocks(document, "yaml")):
            if text.startswith(("genai-cost: 1", "# genai-cost")):
                found.append(pytest.param(text, id=f"{document.name}-{number}"))
    return found


SHOWN_PRICES = "genai-cost: 1\nproviders: {ours: {models: {m: {prices: {input: 1}}}}}\n"


@pytest.mark.parametrize("text", yaml_blocks())
def test_a_shown_file_is_valid(text: str, tmp_path: Path) -> None:
    path = tmp_path / "shown.yaml"
    path.write_text(text)
    for named in re.findall(r"file: ([\w.-]+\.yaml)", text):  # it is shown elsewhere
        (tmp_path / named).write_text(SHOWN_PRICES)
    ran = subprocess.run(  # noqa: S603
        [str(BIN / "genai-cost"), "validate", str(path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


SKELETON = """
receivers: {otlp: {protocols: {grpc: {}}}}
exporters: {debug: {}}
service: {pipelines: {traces: {receivers: [otlp], processors: [genai_cost], exporters: [debug]}}}
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, id=f"{document.name}-{number}")
        for document in DOCUMENTS
        for number, text in enumerate(blocks(document, "yaml"))
        if text.startswith("processors:\n  genai_cost:") and "service:" not in text
    ],
)
def test_a_shown_block_of_the_processor_is_good_by_itself(text: str) -> None:
    assert loads(text + SKELETON, "shown.yaml", {}).prices_spans


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_and_named_file_exists(document: Path) -> None:
    text = document.read_text()
    linked = [target for target in re.findall(r"\]\(([^)#]+)", text) if "://" not in target]
    missing = [target for target in linked if not (document.parent / target).exists()]
    assert missing == []


def test_make_targets_of_the_documents_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = {
        target
        for document in DOCUMENTS
        for target in re.findall(r"`make ([a-z0-9-]+)", document.read_text())
    }
    assert {name for name in named if f"\n{name}:" not in makefile} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_tables_made_from_the_code_are_fresh(document: Path) -> None:
    assert document.read_text() == renewed(document.read_text()), "run `make docs`"


SHORT = """
receivers: {otlp: {protocols: {grpc: , http: }}}
processors: {genai_cost: }
exporters: {otlp_grpc: {endpoint: "collector:4317"}}
extensions: {health_check: }
service:
  extensions: [health_check]
  pipelines:
    traces: {receivers: [otlp], processors: [genai_cost], exporters: [otlp_grpc]}
    metrics: {receivers: [otlp], exporters: [otlp_grpc]}
    logs: {receivers: [otlp], exporters: [otlp_grpc]}
"""


def test_the_defaults_in_the_readme_are_the_defaults(tmp_path: Path) -> None:
    """A file that spells them all out means the same as one that leaves them all out."""
    (long,) = [text for text in blocks(ROOT / "README.md", "yaml") if "every setting" in text]
    read: list[Settings] = []
    for name, text in {"long": long, "short": SHORT}.items():
        path = tmp_path / name
        path.write_text(text)
        read.append(replace(load(path, {}), origin=""))
    assert read[0] == read[1]
