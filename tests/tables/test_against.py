"""No row is lost between two states of the tables; what may differ is named, and for its day alone."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from pricing import compact
from pricing.formats import detect
from pricing.tables.making import against, history
from tests.tables.test_files import HERE

if TYPE_CHECKING:
    from pathlib import Path

    from pricing.compact import CompactLayer

ROWS = """
        - {to: 2025-01-01, prices: {input: 2, output: 8}}
        - {from: 2025-01-01, prices: {input: 1, output: 4}}
        - {when: {batch: true}, prices: {input: 0.5}}
"""


def state(
    rows: str = ROWS, aliases: str = "[other]", version: str = "2026-11-23"
) -> CompactLayer:
    text = (
        f"genai-cost: 1\nversion: '{version}'\nproviders:\n  demo:\n    models:\n      m:\n"
        f"        aliases: {aliases}\n        rows:{rows}"
    )
    return compact.load(compact.dump(detect.read(text.encode(), "t.yaml").layer))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param(ROWS, "", id="the-same"),
        pytest.param(
            ROWS.replace("{input: 0.5}", "{input: 0.5, output: 2}"), "", id="a-class-more"
        ),
        pytest.param(
            ROWS.replace("{from: 2025-01-01,", "{from: 2025-01-01, to: 2026-12-01,")
            + "        - {from: 2026-12-01, prices: {input: 3, output: 9}}\n",
            "",
            id="an-end-date-and-a-successor",
        ),
        pytest.param(
            ROWS.replace("        - {when: {batch: true}, prices: {input: 0.5}}\n", ""),
            "not any more",
            id="gone",
        ),
        pytest.param(
            ROWS.replace("output: 8", "output: 80"), "other prices", id="another-price"
        ),
        pytest.param(ROWS.replace("2025-01-01", "2025-02-01"), "not any more", id="moved"),
        pytest.param(ROWS.replace("to: 2025-01-01, ", ""), "now never", id="an-end-taken-back"),
        pytest.param(
            ROWS.replace("to: 2025-01-01", "to: 2024-12-01"),
            "ended 2025-01-01",
            id="an-end-moved",
        ),
    ],
)
def test_rows_only_ever_gain_an_end_date(rows: str, words: str) -> None:
    found = list(against.lost(state(), state(rows), "before"))
    assert bool(found) is bool(words)
    assert not found or any(words in line for line in found)


def test_a_name_is_not_lost_either() -> None:
    assert list(against.lost(state(), state(aliases="[]"), "before")) == [
        "demo/other: in before a name of m, now of nothing"
    ]


def test_a_correction_excuses_tables_up_to_its_day_and_none_later() -> None:
    key = ("anthropic", "claude-instant-1.2")
    assert key in against.excuses("2026-11-23")
    assert key not in against.excuses("2026-11-24")


def git(directory: Path, *arguments: str) -> None:
    name = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    command = ["git", "-C", str(directory), *name, *arguments]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603


def test_the_state_before_the_last_change_is_found(tmp_path: Path) -> None:
    table = tmp_path / "builtin.json"
    git(tmp_path, "init", "-q")
    for version in ("2026-01-01", "2026-01-08"):
        text = f"genai-cost: 1\nversion: '{version}'\nproviders: {{p: {{models: {{m: {{prices: {{input: 1}}}}}}}}}}"
        table.write_bytes(compact.dump(detect.read(text.encode(), "t").layer))
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-qm", version)
    (tmp_path / "else").write_text("x")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "something else")
    assert against.state(tmp_path, "previous").version == "2026-01-01"
    assert against.state(tmp_path, "HEAD").version == "2026-01-08"
    table.write_bytes(b"edited")
    assert against.state(tmp_path, "previous").version == "2026-01-08"
    with pytest.raises(LookupError, match="unshallow"):
        against.state(tmp_path, "v9.9.9")


def test_the_history_is_in_the_tables_as_it_is_written() -> None:
    layer = compact.load((HERE / "builtin.json").read_bytes())
    for one in history.told():
        name = layer.resolve(one.provider, one.model.lower())
        assert name is not None, one
        entry = layer.entry(one.provider, name)
        assert entry is not None
        assert (
            sum(row.until is not None for row in entry.rows)
            >= len({(p.start, p.end) for p in one.periods}) - 1
        )
