"""The service's own metrics: a closed set of names, each explained, never too many labels."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import processor.telemetry
from processor.telemetry import (
    ABOUT,
    COUNTERS,
    GAUGES,
    INFOS,
    MAX_SERIES,
    SURPLUS,
    Name,
    Telemetry,
)

NAMES: list[Name] = [*COUNTERS, *GAUGES, *INFOS]


def test_every_name_is_explained_and_nothing_else_is() -> None:
    assert set(ABOUT) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_explanation_has_a_meaning_and_a_remedy(name: Name) -> None:
    assert re.fullmatch(r"\S.*\.", ABOUT[name].help)
    assert re.fullmatch(r"\S.*\.", ABOUT[name].remedy)


def test_a_name_is_a_counter_or_a_gauge() -> None:
    assert len(set(NAMES)) == len(NAMES)


def test_counts_add_up_by_label() -> None:
    telemetry = Telemetry()
    telemetry.count("receiver_accepted_spans", 5, "otlp", "grpc")
    telemetry.count("receiver_accepted_spans", 2, "otlp", "grpc")
    telemetry.count("receiver_accepted_spans", 1, "otlp", "http")
    assert telemetry.counter("receiver_accepted_spans") == [
        (("otlp", "grpc"), 7),
        (("otlp", "http"), 1),
    ]


def test_a_counter_without_labels_is_0_from_the_start() -> None:
    assert Telemetry().counter("walk_faults") == [((), 0)]


def test_a_counter_with_labels_is_0_once_its_labels_are_known() -> None:
    telemetry = Telemetry()
    assert telemetry.counter("pricing_reloads") == []
    telemetry.count("pricing_reloads", 0, "kept")
    assert telemetry.counter("pricing_reloads") == [(("kept",), 0)]


def test_labels_must_be_the_names_own() -> None:
    with pytest.raises(ValueError, match="has the labels"):
        Telemetry().count("receiver_accepted_spans", 1, "otlp")


def test_surplus_labels_share_one_series_and_lose_nothing() -> None:
    telemetry = Telemetry()
    for n in range(MAX_SERIES + 50):
        telemetry.count("exporter_sent_spans", 1, f"exporter-{n}")
    found = dict(telemetry.counter("exporter_sent_spans"))
    assert found[(SURPLUS,)] == 50
    assert sum(found.values()) == MAX_SERIES + 50


def test_a_gauge_is_what_was_said_last() -> None:
    telemetry = Telemetry()
    assert telemetry.reading("pricing_rows") == []
    telemetry.gauge("pricing_rows", 3)
    telemetry.gauge("pricing_rows", 4)
    assert telemetry.reading("pricing_rows") == [((), 4)]


def test_what_is_watched_is_asked_when_somebody_looks() -> None:
    telemetry, remembered = Telemetry(), [1]
    telemetry.watch("calls_remembered", lambda: len(remembered))
    remembered.append(2)
    assert telemetry.reading("calls_remembered") == [((), 2)]


def test_facts_replace_those_before() -> None:
    telemetry = Telemetry()
    telemetry.info("pricing", version="a")
    telemetry.info("pricing", version="b")
    assert telemetry.facts("pricing") == {"version": "b"}


def test_the_process_is_read_from_the_system() -> None:
    telemetry = Telemetry()
    (_, memory), (_, cpu) = (
        *telemetry.reading("process_memory_rss"),
        *telemetry.counter("process_cpu_seconds"),
    )
    assert memory > 2**20
    assert cpu > 0


def test_every_name_is_written_somewhere() -> None:
    """A name that nobody counts would promise what never comes; those of each signal are put together."""
    root = Path(processor.__file__).parent
    code = "".join(
        path.read_text() for path in root.rglob("*.py") if path.name != "telemetry.py"
    )
    together = re.compile(
        r"(receiver_(accepted|refused|failed)|exporter_(sent|send_failed|enqueue_failed))_"
        r"(spans|metric_points|log_records)"
    )
    watched = Path(processor.telemetry.__file__).read_text()
    unknown = [
        name
        for name in NAMES
        if not together.fullmatch(name)
        and f'"{name}"' not in code
        and f'self.watch("{name}"' not in watched
    ]
    assert unknown == []


def test_open_files_are_those_of_this_process(tmp_path: Path) -> None:
    telemetry = Telemetry()
    ((_, before),) = telemetry.reading("process_open_fds")
    with (tmp_path / "one").open("w"):
        assert telemetry.reading("process_open_fds") == [((), before + 1)]
    ((_, most),) = telemetry.reading("process_max_fds")
    assert before < most
