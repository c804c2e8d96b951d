"""`sending_queue` and the `file_storage` it may name."""

from __future__ import annotations

import pytest

from processor.settings import (
    BatchSettings,
    ConfigError,
    QueueSettings,
    Settings,
    StorageSettings,
    loads,
)

WHOLE = """
receivers: {{otlp: {{protocols: {{grpc: {{}}}}}}}}
exporters:
  otlp_grpc:
    endpoint: "next:4317"
    {exporter}
extensions: {{{extensions}}}
service:
  extensions: [{started}]
  pipelines: {{traces: {{receivers: [otlp], exporters: [otlp_grpc]}}}}
"""


def read(exporter: str, extensions: str = "", started: str = "") -> Settings:
    text = WHOLE.format(exporter=exporter, extensions=extensions, started=started)
    return loads(text, "here.yaml", {})


@pytest.mark.parametrize(
    ("written", "queue"),
    [
        pytest.param("", QueueSettings(), id="none is off"),
        pytest.param("sending_queue: {}", QueueSettings(), id="nothing said is off"),
        pytest.param(
            "sending_queue: {enabled: false, queue_size: 9}",
            QueueSettings(queue_size=9),
            id="off is off",
        ),
        pytest.param(
            "sending_queue: {queue_size: 5000}",
            QueueSettings(enabled=True, queue_size=5000),
            id="who writes about one has one",
        ),
        pytest.param(
            "sending_queue: {sizer: bytes, queue_size: 1000000, num_consumers: 3,"
            " block_on_overflow: true, wait_for_result: true}",
            QueueSettings(
                enabled=True,
                num_consumers=3,
                queue_size=1_000_000,
                sizer="bytes",
                block_on_overflow=True,
                wait_for_result=True,
            ),
            id="all of it",
        ),
        pytest.param(
            "sending_queue: {batch: {}}",
            QueueSettings(enabled=True, batch=BatchSettings()),
            id="batches by default",
        ),
        pytest.param(
            "sending_queue: {batch: }",
            QueueSettings(enabled=True, batch=BatchSettings()),
            id="batches with nothing said of them, as in a Collector",
        ),
        pytest.param(
            "sending_queue: {batch: {flush_timeout: 5ms, min_size: 100, max_size: 200}}",
            QueueSettings(enabled=True, batch=BatchSettings(0.005, 100, 200)),
            id="batches as told",
        ),
        pytest.param(
            "sending_queue: {sizer: bytes, queue_size: 9000, batch: {}}",
            QueueSettings(
                enabled=True, sizer="bytes", queue_size=9000, batch=BatchSettings(sizer="bytes")
            ),
            id="batches in units of the queue",
        ),
        pytest.param(
            "sending_queue: {sizer: bytes, queue_size: 9, batch: {sizer: items}}",
            QueueSettings(enabled=True, sizer="bytes", queue_size=9, batch=BatchSettings()),
            id="batches in units of their own",
        ),
        pytest.param(
            "sending_queue: {batch: {enabled: false}}",
            QueueSettings(enabled=True),
            id="batches that are off",
        ),
    ],
)
def test_a_queue_as_it_is_written(written: str, queue: QueueSettings) -> None:
    assert read(written).exporters["otlp_grpc"].sending_queue == queue


def test_a_queue_in_memory_says_what_that_means() -> None:
    warnings = read("sending_queue: {enabled: true}").warnings
    assert any("lost if this process dies" in warning for warning in warnings)


def test_a_queue_whose_senders_wait_loses_nothing_in_silence() -> None:
    warnings = read("sending_queue: {wait_for_result: true}").warnings
    assert not any("lost if this process dies" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("min_size: 9, max_size: 8", "batch.max_size: max_size 8 is less than min_size 9"),
        (
            "flush_timeout: 0s",
            "batch.flush_timeout: is 0s; write a duration from 0.001s to 60s",
        ),
        ("sizer: requests", "batch.sizer: is `requests`; write one of items, bytes"),
        ("min_sise: 9", "batch.min_sise: is not a known key; did you mean `min_size`?"),
        (
            "min_size: 9",
            "batch.min_size: min_size 9 is more than queue_size 8, the whole queue",
        ),
    ],
)
def test_batches_that_cannot_be(written: str, words: str) -> None:
    with pytest.raises(ConfigError) as problem:
        read(f"sending_queue: {{sizer: items, queue_size: 8, batch: {{{written}}}}}")
    assert f"sending_queue.{words}" in str(problem.value)


def test_batches_misspelled_are_found() -> None:
    with pytest.raises(ConfigError, match="did you mean `batch`"):
        read("sending_queue: {bacth: {}}")


def test_what_a_collector_would_keep_apart_is_apart_anyway() -> None:
    warnings = read("sending_queue: {batch: {partition: {metadata_keys: [x-tenant]}}}").warnings
    assert any("with other headers is never in one batch" in warning for warning in warnings)


def test_a_queue_finds_its_storage() -> None:
    settings = read(
        "sending_queue: {storage: file_storage/a}",
        "file_storage/a: {directory: /data/q, fsync: false, timeout: 1s}",
        "file_storage/a",
    )
    place = settings.exporters["otlp_grpc"].sending_queue.place
    assert place == StorageSettings(
        "/data/q", fsync=False, setting="extensions.file_storage/a.directory"
    )
    assert not any("lost if this process dies" in warning for warning in settings.warnings)
    assert any("loses power" in warning for warning in settings.warnings)


@pytest.mark.parametrize(
    ("written", "enabled", "max_elapsed_time_s"),
    [
        pytest.param("", False, 300.0, id="without a queue the sender tries again"),
        pytest.param("sending_queue: {enabled: true}", True, 300.0, id="behind memory"),
        pytest.param(
            "sending_queue: {storage: file_storage}", True, 0.0, id="what lasts, lasts"
        ),
        pytest.param(
            "sending_queue: {wait_for_result: true}", False, 300.0, id="whose senders hear it"
        ),
        pytest.param(
            "sending_queue: {wait_for_result: true, storage: file_storage}",
            True,
            0.0,
            id="what lasts may be of an earlier run, whose senders were told yes",
        ),
        pytest.param(
            "sending_queue: {wait_for_result: true}\n    retry_on_failure: {enabled: true}",
            True,
            300.0,
            id="whose senders wait for it",
        ),
    ],
)
def test_behind_a_queue_it_is_tried_again(
    written: str, *, enabled: bool, max_elapsed_time_s: float
) -> None:
    retry = (
        read(written, "file_storage: {}", "file_storage")
        .exporters["otlp_grpc"]
        .retry_on_failure
    )
    assert (retry.enabled, retry.max_elapsed_time_s) == (enabled, max_elapsed_time_s)


@pytest.mark.parametrize(
    ("extensions", "started", "words"),
    [
        pytest.param("", "", "is not in service.extensions; define it", id="not there"),
        pytest.param(
            "file_storages: {}", "", "extensions.file_storages: is not part", id="unknown type"
        ),
        pytest.param("file_storage: {}", "", "is not in service.extensions", id="not started"),
        pytest.param(
            "file_storage/b: {}", "file_storage/b", "did you mean `file_storage/b`", id="near"
        ),
        pytest.param(
            "file_storage: {directory: here}",
            "file_storage",
            "write an absolute path",
            id="path",
        ),
    ],
)
def test_a_storage_that_is_none(extensions: str, started: str, words: str) -> None:
    with pytest.raises(ConfigError) as problem:
        read("sending_queue: {storage: file_storage}", extensions, started)
    assert words in str(problem.value)
