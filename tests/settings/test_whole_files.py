"""Whole configurations: the contract's, an exam's, a pasted Collector's, and none at all."""

from __future__ import annotations

import pytest

from processor.settings import (
    ExporterSettings,
    GrpcServer,
    HealthServer,
    HttpServer,
    MetricsPage,
    Settings,
    SourceSettings,
    TlsSettings,
    load,
)
from tests.settings.texts import WHOLE, problems, read

CONTRACT = """\
receivers:
  otlp:
    protocols:
      grpc: {endpoint: "localhost:4317", max_recv_msg_size_mib: 64}
      http: {endpoint: "localhost:4318"}
processors:
  genai_cost:
    pricing:
      builtin: true
      sources:
        - file: /etc/genai-cost/pricing.yaml
          format: auto
      aliases: {}
      adjustments: []
      currency: {code: USD}
    enrich:
      existing_cost: replace_estimates
      detail: parts
      conventions: [default]
    sources: [spans]
    attribution:
      inherit: [user.id, user.tier, session.id, gen_ai.conversation.id]
      wait: 2m
    metrics:
      interval: 15s
      temporality: cumulative
      dimensions: [user.tier]
      cardinality_limit: 2000
      prometheus: auto
exporters:
  otlp_grpc: {endpoint: "collector:4317", tls: {insecure: true}}
extensions:
  health_check: {endpoint: "localhost:13133"}
service:
  extensions: [health_check]
  pipelines:
    traces:  {receivers: [otlp], processors: [genai_cost], exporters: [otlp_grpc]}
    metrics: {receivers: [otlp], exporters: [otlp_grpc]}
    logs:    {receivers: [otlp], exporters: [otlp_grpc]}
  telemetry:
    metrics:
      readers: [{pull: {exporter: {prometheus: {host: localhost, port: 8888}}}}]
    logs: {level: info, encoding: console}
  workers: 1
"""
URL_SOURCE = """\
        - url: https://internal.example.com/llm-pricing.json
          refresh_interval: 10m
          headers: {authorization: "Bearer ${env:PRICES_TOKEN}"}
"""
EXAM = """\
receivers: {otlp: {protocols: {grpc: {endpoint: '127.0.0.1:14317', max_recv_msg_size_mib: 64}}}}
processors:
  genai_cost:
    pricing: {builtin: false, sources: [{file: prices.json, format: litellm}]}
    attribution: {inherit: [], wait: 2s}
    metrics: {interval: 1s, temporality: cumulative, dimensions: [exam.case], cardinality_limit: 20000}
exporters: {otlp: {endpoint: '127.0.0.1:24317', tls: {insecure: true}}}
service:
  extensions: [health_check]
  pipelines:
    traces: {receivers: [otlp], processors: [genai_cost], exporters: [otlp]}
    metrics: {receivers: [otlp], exporters: [otlp]}
    logs: {receivers: [otlp], exporters: [otlp]}
  telemetry: {metrics: {address: '127.0.0.1:18888'}, logs: {level: info}}
extensions: {health_check: {endpoint: '127.0.0.1:23133'}}
"""
PASTED = """\
receivers:
  otlp:
    protocols:
      grpc: {endpoint: "0.0.0.0:4317", read_buffer_size: 524288, transport: tcp}
      http: {endpoint: "0.0.0.0:4318", include_metadata: false}
processors:
  memory_limiter: {check_interval: 1s, limit_mib: 512, spike_limit_mib: 128}
  batch: {send_batch_size: 8192}
  genai_cost:
exporters:
  otlp/backend:
    endpoint: https://backend.example.com:443
    headers: {X-Scope-OrgID: 7}
    compression: gzip
    timeout: 10s
    keepalive: {time: 30s, timeout: 5s, permit_without_stream: true}
    sending_queue: {enabled: false, num_consumers: 10}
    retry_on_failure: {enabled: false, max_elapsed_time: 0s}
  debug: {verbosity: normal}
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [memory_limiter, batch, genai_cost]
      exporters: [otlp/backend, debug]
"""


def test_the_contracts_file_is_the_defaults_and_a_next_hop() -> None:
    settings = read(CONTRACT)
    hop = ExporterSettings(
        name="otlp_grpc",
        kind="grpc",
        endpoint="collector:4317",
        tls=TlsSettings(insecure=True),
        setting="exporters.otlp_grpc.endpoint",
    )
    source = SourceSettings(file="/etc/genai-cost/pricing.yaml")
    expected = Settings(
        pricing=Settings().pricing._replace(sources=(source,)),
        exporters={"otlp_grpc": hop},
        pipelines=dict.fromkeys(("traces", "metrics", "logs"), ("otlp_grpc",)),
        origin="c.yaml",
    )
    assert settings == expected


def test_the_contracts_price_source_with_a_url_is_read_too() -> None:
    text = CONTRACT.replace("      aliases: {}\n", URL_SOURCE + "      aliases: {}\n")
    settings = read(text, PRICES_TOKEN="t", HOME="/home/u")  # noqa: S106
    assert settings.pricing.sources[1] == SourceSettings(
        url="https://internal.example.com/llm-pricing.json",
        refresh_interval_s=600.0,
        headers={"authorization": "Bearer t"},
    )
    assert settings.warnings == ()


def test_the_exams_file_loads() -> None:
    settings = read(EXAM)
    assert settings.grpc == GrpcServer(endpoint="127.0.0.1:14317")
    assert settings.http is None
    assert not settings.pricing.builtin
    assert settings.pricing.sources == (SourceSettings(file="prices.json", format="litellm"),)
    assert settings.attribution.inherit == ()
    assert settings.metrics.dimensions == ("exam.case",)
    assert settings.exporters["otlp"].tls.insecure
    assert settings.health == HealthServer(endpoint="127.0.0.1:23133")
    assert settings.telemetry.metrics == MetricsPage(host="127.0.0.1", port=18888)
    assert settings.warnings == ()


def test_a_pasted_collector_file_loads_with_warnings() -> None:
    settings = read(PASTED)
    hop = settings.exporters["otlp/backend"]
    assert (hop.endpoint, hop.tls.insecure) == ("backend.example.com:443", False)
    assert dict(hop.headers) == {"x-scope-orgid": "7"}
    assert hop.keepalive is not None
    assert hop.keepalive.time_s == 30.0
    assert settings.pipelines == {"traces": ("otlp/backend", "debug")}
    assert settings.admission_bytes == 512 * 1024 * 1024
    assert settings.health is None
    assert settings.prices_spans
    assert [warning.partition(" ")[2].partition(":")[0] for warning in settings.warnings] == [
        "receivers.otlp.protocols.grpc.read_buffer_size",
        "processors.memory_limiter.check_interval",
        "processors.memory_limiter.spike_limit_mib",
        "processors.batch",
        "processors.batch.send_batch_size",
    ]


def test_without_a_file_every_signal_is_printed() -> None:
    settings = load(None, {})
    assert settings.grpc == GrpcServer()
    assert settings.http == HttpServer()
    assert settings.health == HealthServer()
    assert settings.telemetry.metrics == MetricsPage(host="localhost", port=8888)
    assert [exporter.kind for exporter in settings.exporters.values()] == ["debug"]
    assert settings.pipelines == dict.fromkeys(("traces", "metrics", "logs"), ("debug",))


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        read(WHOLE).workers = 2  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def test_secrets_are_not_in_the_repr() -> None:
    text = WHOLE.replace("tls: {insecure: true}", "headers: {authorization: hush}")
    assert "hush" not in repr(read(text))
    assert "authorization" in repr(read(text))


def test_all_problems_are_told_at_once_by_line() -> None:
    text = """\
receivers: {otlp: {protocols: {grpc: {endpoint: localhost}}}}
processors: {genai_cost: {metrics: {intervals: 15s}}}
exporters: {otlp_grpc: {endpoint: "c:4317", timeout: 5}}
service:
  pipelines: {traces: {receivers: [otlp], processors: [genai_cost], exporters: [otlp_grcp]}}
"""
    places = [line.partition(": is ")[0].partition(": names ")[0] for line in problems(text)]
    assert places == [
        "c.yaml:1: receivers.otlp.protocols.grpc.endpoint",
        "c.yaml:2: processors.genai_cost.metrics.intervals",
        "c.yaml:3: exporters.otlp_grpc.timeout",
        "c.yaml:5: service.pipelines.traces.exporters",
    ]
