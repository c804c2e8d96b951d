"""What the service block joins: ids, pipelines, listeners, pages."""

from __future__ import annotations

import pytest

from processor.settings import MetricsPage
from tests.settings.texts import WHOLE, cost, problem, problems, read, with_

PIPELINE = "traces: {receivers: [otlp], processors: [genai_cost], exporters: [otlp_grpc]}"


@pytest.mark.parametrize(
    ("pipeline", "words"),
    [
        pytest.param(
            "traces: {receivers: [otlp], processors: [genai_cost, batch], exporters: [otlp_grpc]}",
            "traces.processors: names `batch`, which `processors` does not define; "
            "define it there: `batch: {}`",
            id="undefined-processor",
        ),
        pytest.param(
            "traces: {receivers: [otlp], processors: [genai_cost], exporters: []}",
            "traces.exporters: has no exporters; write `exporters: [...]`",
            id="no-exporters",
        ),
        pytest.param(
            "traces: {processors: [genai_cost], exporters: [otlp_grpc]}",
            "traces: has no receivers; write `receivers: [...]`",
            id="no-receivers",
        ),
        pytest.param(
            "traces: {receivers: [otlp], processors: [genai_cost], exporters: [otlp_grpc, otlp_grpc]}",
            "traces.exporters: names `otlp_grpc` twice; write it once",
            id="twice",
        ),
        pytest.param(
            PIPELINE + "\n    trace: {}",
            "trace: is not a signal of this service; did you mean `traces`?",
            id="misspelt-signal",
        ),
        pytest.param(
            PIPELINE + "\n    profiles: {}",
            "profiles: is not a signal of this service; pipelines here: traces, metrics, logs",
            id="profiles",
        ),
        pytest.param(
            PIPELINE + "\n    traces/2: {receivers: [otlp], exporters: [otlp_grpc]}",
            "traces/2: a second pipeline waits for a later release; "
            "list all its exporters in `traces`",
            id="second-pipeline",
        ),
        pytest.param(
            PIPELINE
            + "\n    logs: {receivers: [otlp], exporter: [otlp_grpc], exporters: [otlp_grpc]}",
            "logs.exporter: is not a known key; did you mean `exporters`?",
            id="unknown-key",
        ),
    ],
)
def test_wrong_pipelines(pipeline: str, words: str) -> None:
    assert problem(with_(PIPELINE, pipeline)).partition(": ")[2] == f"service.pipelines.{words}"


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        pytest.param(
            with_("processors: [genai_cost], ", "").replace("  genai_cost: {}\n", ""),
            "service.pipelines.traces: genai_cost is not in this pipeline, "
            "so spans pass without a cost",
            id="unpriced",
        ),
        pytest.param(
            with_("exporters:\n", "exporters:\n  debug:\n"),
            "exporters.debug: is defined but no pipeline or service uses it",
            id="unused-exporter",
        ),
        pytest.param(
            WHOLE + "extensions: {health_check: {}}\n",
            "extensions.health_check: is defined but no pipeline or service uses it",
            id="unused-extension",
        ),
        pytest.param(
            with_(
                PIPELINE,
                PIPELINE
                + "\n    logs: {receivers: [otlp], processors: [genai_cost], exporters: [otlp_grpc]}",
            ),
            "service.pipelines.logs.processors: genai_cost does nothing in the logs pipeline: "
            "its `sources` do not name it",
            id="genai-cost-in-logs",
        ),
        pytest.param(
            cost("{sources: [spans, metrics]}"),
            "service.pipelines: genai_cost.sources names metrics, but there is no metrics pipeline",
            id="a-source-without-a-pipeline",
        ),
    ],
)
def test_warnings(text: str, warning: str) -> None:
    (only,) = read(text).warnings
    assert only.partition(": ")[2] == warning


def test_a_pipeline_that_is_left_out_does_not_exist() -> None:
    settings = read(with_(PIPELINE, "logs: {receivers: [otlp], exporters: [otlp_grpc]}"))
    assert list(settings.pipelines) == ["logs"]
    assert not settings.prices_spans
    assert any("nothing is priced" in warning for warning in settings.warnings)


@pytest.mark.parametrize(
    ("endpoint", "setting"),
    [
        pytest.param("localhost:4317", "grpc", id="localhost"),
        pytest.param("127.0.0.1:4317", "grpc", id="ipv4"),
        pytest.param("[::1]:4317", "grpc", id="ipv6"),
        pytest.param("0.0.0.0:4318", "http", id="http-door"),
    ],
)
def test_a_next_hop_that_is_our_own_receiver(endpoint: str, setting: str) -> None:
    assert problem(with_("collector:4317", endpoint)) == (
        f"c.yaml:6: exporters.otlp_grpc.endpoint: {endpoint} is our own receiver "
        f"(receivers.otlp.protocols.{setting}.endpoint); write the address of the next hop"
    )


def test_two_listeners_on_one_port() -> None:
    assert problem(with_("http: {}", 'http: {endpoint: "0.0.0.0:8888"}')) == (
        "c.yaml:2: receivers.otlp.protocols.http.endpoint: 0.0.0.0:8888 is wanted by "
        "service.telemetry.metrics too; give one of them another port"
    )


@pytest.mark.parametrize(
    ("metrics", "page"),
    [
        pytest.param("{level: none}", None, id="off"),
        pytest.param("{readers: []}", None, id="no-readers"),
        pytest.param("{}", MetricsPage(), id="default"),
        pytest.param(
            "{address: '127.0.0.1:9'}", MetricsPage(host="127.0.0.1", port=9), id="address"
        ),
        pytest.param("{address: ':9'}", MetricsPage(host="", port=9), id="any"),
        pytest.param("{address: '[::1]:9'}", MetricsPage(host="::1", port=9), id="ipv6"),
        pytest.param(
            "{readers: [{pull: {exporter: {prometheus: {host: h, port: 9}}}}]}",
            MetricsPage(host="h", port=9),
            id="reader",
        ),
    ],
)
def test_our_metrics_page(metrics: str, page: MetricsPage | None) -> None:
    telemetry = read(WHOLE + f"  telemetry: {{metrics: {metrics}}}\n").telemetry
    assert telemetry.metrics == page


def test_an_ipv6_page_has_brackets() -> None:
    assert MetricsPage(host="::1", port=9).endpoint == "[::1]:9"


@pytest.mark.parametrize(
    ("telemetry", "words"),
    [
        pytest.param(
            "{logs: {level: loud}}",
            "logs.level: is `loud`; write debug, info, warn or error",
            id="level",
        ),
        pytest.param(
            "{logs: {encoding: xml}}",
            "logs.encoding: is `xml`; write console or json",
            id="encoding",
        ),
        pytest.param(
            "{metrics: {level: some}}",
            "metrics.level: is 'some'; write none, basic, normal or detailed",
            id="metrics-level",
        ),
        pytest.param(
            "{metrics: {readers: [{pull: {exporter: {otlp: {}}}}]}}",
            "metrics.readers[0].pull.exporter: has no `prometheus`; "
            "write {pull: {exporter: {prometheus: {port: 8888}}}}",
            id="reader",
        ),
    ],
)
def test_wrong_telemetry(telemetry: str, words: str) -> None:
    text = WHOLE + f"  telemetry: {telemetry}\n"
    assert f"c.yaml:10: service.telemetry.{words}" in problems(text)


@pytest.mark.parametrize(("level", "read_as"), [("WARN", "warning"), ("DEBUG", "debug")])
def test_log_levels_as_the_collector_writes_them(level: str, read_as: str) -> None:
    assert (
        read(WHOLE + f"  telemetry: {{logs: {{level: {level}}}}}\n").telemetry.log_level
        == read_as
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(
            with_("{grpc: {}, http: {}}", "{}"),
            "c.yaml:2: receivers.otlp.protocols: has no protocol; "
            "write `protocols: {grpc: {}, http: {}}` or one of them",
            id="no-protocol",
        ),
        pytest.param(
            with_("{grpc: {}, http: {}}", "{grcp: {}, http: {}}"),
            "c.yaml:2: receivers.otlp.protocols.grcp: is not a known key; did you mean `grpc`?",
            id="misspelt-protocol",
        ),
        pytest.param(
            with_("  otlp: {", "  otlp/2: {protocols: {grpc: {}}}\n  otlp: {"),
            "c.yaml:1: receivers: there is one otlp receiver; write all of it in one block",
            id="two-receivers",
        ),
        pytest.param(
            with_("  genai_cost: {}", "  genai_cost: {}\n  genai_cost/2: {}"),
            "c.yaml:5: processors.genai_cost/2: there is one genai_cost; write all of it in one block",
            id="two-processors",
        ),
        pytest.param(
            with_("service:\n", "sevrice: {}\nservice:\n"),
            "c.yaml:7: sevrice: is not a known key; did you mean `service`?",
            id="unknown-section",
        ),
        pytest.param(
            WHOLE + "  extensions: [health_check]\n",
            "c.yaml:10: service.extensions: names `health_check`, which `extensions` "
            "does not define; define it there: `health_check: {}`",
            id="undefined-extension",
        ),
        pytest.param(
            with_(
                "genai_cost: {}", "genai_cost: {}\n  memory_limiter: {limit_mib: 32}"
            ).replace("[genai_cost]", "[memory_limiter, genai_cost]"),
            "c.yaml:2: receivers.otlp.protocols.grpc.max_recv_msg_size_mib: one message may be "
            "larger than all bytes in flight; raise memory_limiter.limit_mib",
            id="limiter-below-a-message",
        ),
    ],
)
def test_wrong_sections(text: str, words: str) -> None:
    assert problem(text) == words


def test_a_protocol_without_a_value_listens_on_its_default() -> None:
    settings = read(with_("{grpc: {}, http: {}}", "{grpc: }"))
    assert settings.grpc is not None
    assert settings.grpc.endpoint == "localhost:4317"
    assert settings.http is None


@pytest.mark.parametrize(
    ("written", "seconds"),
    [pytest.param("0s", 0.0, id="none"), pytest.param("1m30s", 90.0, id="some")],
)
def test_how_long_it_serves_on_after_it_was_asked_to_stop(written: str, seconds: float) -> None:
    text = with_("service:\n", f"service:\n  shutdown_delay: {written}\n")
    assert read(text).shutdown_delay_s == seconds


@pytest.mark.parametrize(
    ("written", "words"),
    [
        pytest.param("5", "write a duration with its unit", id="no-unit"),
        pytest.param("2h", "write a duration from 0s to 3600s", id="too-long"),
    ],
)
def test_a_shutdown_delay_that_is_none(written: str, words: str) -> None:
    assert words in problem(with_("service:\n", f"service:\n  shutdown_delay: {written}\n"))


def test_a_misspelt_shutdown_delay_is_named() -> None:
    text = with_("service:\n", "service:\n  shutdown_delai: 5s\n")
    assert "did you mean `shutdown_delay`?" in problem(text)
