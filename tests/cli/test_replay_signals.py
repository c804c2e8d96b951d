"""What replay makes of logs, metrics, and of what a service stamped before; what it says of the rest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from processor.cli import main
from processor.model import Signal
from processor.stored.signal import signal_of
from processor.wire.otlp_json import text_of, to_json
from tests.cli.stored import REQUESTS, lines, request, spans, stream
from tests.cli.test_replay import bodies
from tests.cli.texts import CONFIG, PRICES
from tests.signals import logged, points

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

RECORDS = logged.request(logged.details(response__id="one"), logged.details(response__id="two"))
POINTS = points.request(
    points.Said(value=1000, model="our-model"),
    points.Said(value=100, kind="output", model="our-model"),
)
COST = "gen_ai.usage.cost"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "prices.yaml").write_text(PRICES)
    file = tmp_path / "config.yaml"
    file.write_text(CONFIG % (tmp_path / "prices.yaml"))
    return file


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["replay", *map(str, arguments)])


def answer(*arguments: str | Path) -> Any:
    ran = call(*arguments, "--json")
    assert ran.exit_code == 0, ran.stderr
    return json.loads(ran.stdout)


def as_line(body: bytes, signal: Signal) -> bytes:
    return text_of(to_json(body, signal)) + b"\n"


@pytest.mark.parametrize("write", ["json", "protobuf"])
def test_log_records_are_priced_where_they_are_asked_for(
    write: str, tmp_path: Path, config: Path
) -> None:
    came, left = tmp_path / "came", tmp_path / "left"
    came.write_bytes(as_line(RECORDS, Signal.LOGS) if write == "json" else stream([RECORDS]))
    told = answer(came, "-o", left, "--sources", "spans,logs", "--config", config)
    assert told["totals"]["log_records"] == told["totals"]["priced"] == 2
    (body,) = bodies(left)
    costs = [float(stamp[COST]) for stamp in logged.written(body)]
    assert sum(costs) == pytest.approx(float(told["totals"]["cost_usd"]), rel=1e-12)
    # the same by the configuration's own word
    text = config.read_text().replace(
        "genai_cost: {", "genai_cost: {sources: [spans, logs], "
    ) + ("    logs: {receivers: [otlp], processors: [genai_cost], exporters: [debug]}\n")
    config.write_text(text)
    assert answer(came, "--config", config)["totals"]["cost"] == told["totals"]["cost"]
    passed = call(came, "--sources", "spans", "--config", config)
    assert "2 items passed unpriced (there were log records); --sources" in passed.stdout
    assert "$" not in passed.stdout


@pytest.mark.parametrize("write", ["json", "protobuf"])
def test_usage_in_metrics_is_priced_where_it_is_asked_for(
    write: str, tmp_path: Path, config: Path
) -> None:
    came, left = tmp_path / "came", tmp_path / "left"
    came.write_bytes(as_line(POINTS, Signal.METRICS) if write == "json" else stream([POINTS]))
    told = answer(came, came, "--sources", "metrics", "--config", config)
    assert told["totals"]["cost_usd"] == "0.00013"  # 1000 x 0.1 + 100 x 0.3, once
    assert (told["totals"]["calls"], told["totals"]["metric_points"]) == (0, 4)
    call(came, "-o", left, "--sources", "metrics", "--config", config)
    assert left.read_bytes() == came.read_bytes()
    passed = call(came, "--config", config)
    assert "2 items passed unpriced (there were metric points)" in passed.stdout


def test_a_call_that_spans_describe_is_not_counted_again_in_metrics(
    tmp_path: Path, config: Path
) -> None:
    came = tmp_path / "came"
    came.write_bytes(lines([request(1, "our-model")]) + as_line(POINTS, Signal.METRICS))
    both = answer(came, "--sources", "spans,metrics", "--config", config)["totals"]
    assert both["cost_usd"] == answer(came, "--config", config)["totals"]["cost_usd"]


@pytest.mark.parametrize(
    ("body", "signal"),
    [
        pytest.param(REQUESTS[0], Signal.TRACES, id="spans"),
        pytest.param(RECORDS, Signal.LOGS, id="records"),
        pytest.param(POINTS, Signal.METRICS, id="points"),
        pytest.param(b"", Signal.TRACES, id="nothing"),
        pytest.param(b"\x0a\x05abc", Signal.TRACES, id="rubbish"),
    ],
)
def test_protobuf_tells_its_signal(body: bytes, signal: Signal) -> None:
    assert signal_of(body) is signal


@pytest.mark.parametrize("write", [lines, stream], ids=["lines", "stream"])
def test_what_a_service_stamped_is_said_and_can_be_priced_anew(
    write: Any, tmp_path: Path, config: Path
) -> None:
    came, stamped, anew = (tmp_path / name for name in ("came", "stamped", "anew"))
    came.write_bytes(write([*REQUESTS, request(9, "nobody-knows")]))
    first = answer(came, "-o", stamped, "--config", config)["totals"]
    ran = call(stamped, "--config", config)
    assert "4 of them were stamped by a service before and passed as they are" in ran.stdout
    assert "$" not in ran.stdout
    again = answer(stamped, "-o", anew, "--restamp", "--config", config)["totals"]
    assert again == {**first, "stamped": 4}
    assert bodies(anew) == bodies(stamped)
    (tmp_path / "prices.yaml").write_text(PRICES.replace("2.50", "5"))
    dearer = answer(stamped, "-o", anew, "--restamp", "--config", config)["totals"]
    assert dearer["cost_usd"] == "0.0153"  # 3 x (1000 x 5 + 10 x 10) / 1M
    assert [each.get(COST) for body in bodies(anew) for each in spans(body)] == [
        0.0051, 0.0051, 0.0051, None,
    ]  # fmt: skip


def test_stamped_log_records_are_priced_anew_too(tmp_path: Path, config: Path) -> None:
    came, stamped, anew = (tmp_path / name for name in ("came", "stamped", "anew"))
    came.write_bytes(stream([RECORDS]))
    asked = ("--sources", "logs", "--config", config)
    first = answer(came, "-o", stamped, *asked)["totals"]
    assert answer(stamped, *asked)["totals"]["stamped"] == 2
    assert answer(stamped, "-o", anew, "--restamp", *asked)["totals"] == {**first, "stamped": 2}
    assert bodies(anew) == bodies(stamped)


def test_an_estimate_that_was_replaced_is_one_again(tmp_path: Path, config: Path) -> None:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415
        ExportTraceServiceRequest,
    )

    made = ExportTraceServiceRequest.FromString(REQUESTS[0])
    pair = made.resource_spans[0].scope_spans[0].spans[0].attributes.add()
    pair.key, pair.value.double_value = COST, 0.5
    came, stamped, anew = (tmp_path / name for name in ("came", "stamped", "anew"))
    came.write_bytes(stream([made.SerializeToString()]))
    answer(came, "-o", stamped, "--config", config)
    answer(stamped, "-o", anew, "--restamp", "--config", config)
    (before,), (after,) = (spans(bodies(file)[0]) for file in (stamped, anew))
    assert before == after
    assert after["genai_cost.reported"] == 0.5


def test_the_summary_names_the_encoding_that_was_written(tmp_path: Path, config: Path) -> None:
    came, left = tmp_path / "came", tmp_path / "left"
    came.write_bytes(lines(REQUESTS))
    ran = call(
        came, "-o", left, "--encoding", "proto", "--compress", "zstd", "--config", config
    )
    assert f"{left}: length-delimited messages, zstd, priced by " in ran.stdout


def test_nothing_read_is_no_amount(tmp_path: Path, config: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    ran = call(empty, "--config", config)
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert ran.stderr == f"warning: {empty}: is empty\n"
    ran = call(tmp_path / "missing", "--config", config)
    assert (ran.exit_code, ran.stdout) == (1, "")
    told = json.loads(call(empty, "--json", "--config", config).stdout)
    assert (told["totals"]["cost_usd"], told["totals"]["cost"]) == (None, None)


def test_an_unknown_source_is_a_wrong_call() -> None:
    ran = call("x", "--sources", "spans,logz")
    assert ran.exit_code == 2
    assert "'logz' is none of spans, logs, metrics" in ran.stderr
