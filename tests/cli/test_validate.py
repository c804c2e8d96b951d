"""`genai-cost validate`: configuration and price files, told apart by content."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from processor.cli import main
from tests.cli.texts import BROKEN_PRICES, CONFIG, PRICES
from tests.doubles.ports import free_ports
from tests.doubles.web import reply, web

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["validate", *map(str, arguments)])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    prices, config = tmp_path / "prices.yaml", tmp_path / "config.yaml"
    prices.write_text(PRICES)
    config.write_text(CONFIG % prices)
    return config, prices


def test_good_files_are_named_with_their_kind(files: tuple[Path, Path]) -> None:
    config, prices = files
    ran = call(config, prices)
    assert ran.exit_code == 0
    assert ran.stdout == f"{config}: good (config)\n{prices}: good (prices)\n"


def test_all_problems_of_all_files_at_once(files: tuple[Path, Path]) -> None:
    config, prices = files
    prices.write_text(BROKEN_PRICES)
    config.write_text(
        (CONFIG % prices).replace("grpc: {}", "grcp: {}").replace("debug:", "debugx:")
    )
    ran = call(config, prices)
    assert ran.exit_code == 1
    assert ran.stdout == ""
    lines = ran.stderr.splitlines()
    assert all(line.startswith("error: ") for line in lines)
    assert any("did you mean `grpc`?" in line for line in lines)
    assert any("did you mean `debug`?" in line for line in lines)
    assert any("outputx" in line for line in lines)
    assert any("cheap" in line for line in lines)


def test_a_configuration_is_checked_with_its_price_files(files: tuple[Path, Path]) -> None:
    config, prices = files
    prices.write_text(BROKEN_PRICES)
    assert call(config).exit_code == 1


def test_a_price_file_that_is_not_there_is_a_problem(files: tuple[Path, Path]) -> None:
    config, prices = files
    prices.unlink()
    ran = call(config)
    assert ran.exit_code == 1
    assert f"error: {prices}: No such file or directory; write it, or correct" in ran.stderr


def test_every_missing_price_file_is_named_at_once(files: tuple[Path, Path]) -> None:
    config, prices = files
    more = f"[{{file: {prices}}}, {{file: {prices}.a}}, {{file: {prices}.b}}]"
    config.write_text((CONFIG % prices).replace(f"[{{file: {prices}}}]", more))
    ran = call(config)
    assert ran.exit_code == 1
    assert ran.stderr.count("No such file or directory") == 2


def test_an_implausible_price_is_a_problem(tmp_path: Path) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text(PRICES_OF_GPT_4O % "0.0000025")
    ran = call(prices)
    assert ran.exit_code == 1
    assert f"{prices}:5: providers.openai.models.gpt-4o.prices.input: input is" in ran.stderr
    assert "times less than the built-in" in ran.stderr


PRICES_OF_GPT_4O = """\
genai-cost: 1
providers:
  openai:
    models:
      gpt-4o: {prices: {input: %s}}
"""


def test_a_url_is_named_and_not_fetched(files: tuple[Path, Path]) -> None:
    config, prices = files
    url = "https://127.0.0.1:1/table.json?sig=hush"
    config.write_text((CONFIG % prices).replace(f"{{file: {prices}}}", f"{{url: '{url}'}}"))
    ran = call(config)
    assert ran.exit_code == 0
    assert (
        "127.0.0.1:1/table.json?... (sources[0]) is not fetched; `--fetch` does" in ran.stderr
    )
    assert "hush" not in ran.stderr


def test_a_url_that_is_to_be_fetched_and_is_not_there(files: tuple[Path, Path]) -> None:
    config, prices = files
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}/table.json?sig=hush"
    config.write_text((CONFIG % prices).replace(f"{{file: {prices}}}", f"{{url: '{url}'}}"))
    ran = call("--fetch", config)
    assert ran.exit_code == 1
    assert "cannot be reached (Connection refused)" in ran.stderr
    assert "hush" not in ran.stderr


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        pytest.param(PRICES, 0, "good (config)", id="good"),
        pytest.param(BROKEN_PRICES, 1, "outputx", id="bad"),
        pytest.param("<html>", 1, "no known price format", id="a-web-page"),
    ],
)
async def test_a_url_is_fetched_and_checked(
    files: tuple[Path, Path], body: str, code: int, words: str
) -> None:
    config, prices = files
    async with web() as server:
        url = server.at(reply("200 OK", body.encode()))
        text = (CONFIG % prices).replace(f"{{file: {prices}}}", f"{{url: '{url}'}}")
        config.write_text(text)
        ran = await asyncio.to_thread(call, "--fetch", config)
    assert ran.exit_code == code, ran.output
    assert words in ran.stdout + ran.stderr


def test_json(files: tuple[Path, Path]) -> None:
    config, prices = files
    ran = call("--json", config, prices, prices.with_name("gone"))
    assert ran.exit_code == 1
    found = json.loads(ran.stdout)
    assert found["ok"] is False
    assert [(one["kind"], len(one["problems"])) for one in found["files"]] == [
        ("config", 0),
        ("prices", 0),
        ("unknown", 1),
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("service: {}\n", "config", id="section"),
        pytest.param('{"exporters": {}}', "config", id="json-section"),
        pytest.param("# a comment\n\nreceivers:\n  otlp:", "config", id="after-a-comment"),
        pytest.param(
            '{"chat": {"gpt-4o": {"input": 0.0025, "output": 0.01}}}', "prices", id="openlit"
        ),
        pytest.param(PRICES, "prices", id="ours"),
        pytest.param("hello", "prices", id="neither"),
    ],
)
def test_content_says_what_a_file_is(text: str, kind: str, tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text(text)
    assert json.loads(call("--json", file).stdout)["files"][0]["kind"] == kind


def test_no_file_is_a_wrong_call() -> None:
    ran = call()
    assert ran.exit_code == 2
    assert "Missing argument 'FILE...'" in ran.stderr


def test_terms_are_held_against_the_prices_they_are_for(files: tuple[Path, Path]) -> None:
    config, prices = files
    prices.write_text(
        "genai-cost: 1\nproviders: {acme: {currency: EUR, models: {house: {prices: {input: 1}}}}}"
    )
    rules = "adjustments: [{provider: acmee, multiplier: 0.9}]"
    config.write_text((CONFIG % prices).replace("sources:", f"{rules}, sources:"))
    ran = call(config)
    assert ran.exit_code == 0
    told = ran.stdout + ran.stderr
    assert "pricing.adjustments[0].provider: `acmee` sells nothing" in told
    assert "did you mean `acme`?" in told
    assert "EUR has no rate for now: calls of acme are no_price_at_time" in told


def test_an_alias_of_what_no_table_has_is_told(files: tuple[Path, Path]) -> None:
    config, prices = files
    config.write_text(
        (CONFIG % prices).replace("sources:", "aliases: {chat: openai/our-modle}, sources:")
    )
    told = call(config).stderr
    assert "pricing.aliases.chat: no table has `openai/our-modle`; did you mean" in told
    assert "`openai/our-model`?" in told
    ran = CliRunner().invoke(main, ["quote", "chat", "--input", "1", "--config", str(config)])
    assert ran.exit_code == 1
    assert "chat is an alias of openai/our-modle, which no table has" in ran.stderr
    assert "did you mean openai/our-model?" in ran.stderr


def test_problems_of_the_file_hide_none_of_its_prices_aliases_and_conventions(
    files: tuple[Path, Path],
) -> None:
    config, prices = files
    prices.unlink()
    enrich = "enrich: {conventions: [default, semconv_draft, lagnfuse]}, pricing:"
    config.write_text(
        (CONFIG % prices)
        .replace("grpc: {}", "grcp: {}")
        .replace("pricing:", enrich)
        .replace("sources:", "aliases: {chat: openai/our-modle, talk: ' '}, sources:")
    )
    ran = call(config)
    assert ran.exit_code == 1
    for words in (
        "did you mean `grpc`?",
        f"{prices}: No such file",
        "lagnfuse",
        "has both default and semconv_draft",
        "`talk` stands for nothing",
    ):
        assert words in ran.stderr
