"""Single values: durations, sizes, numbers, endpoints, and what is said about the wrong ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from processor.conventions import CONVENTIONS
from tests.settings.texts import WHOLE, cost, hop, problem, read, with_

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("15s", 15.0, id="seconds"),
        pytest.param("1m30s", 90.0, id="compound"),
        pytest.param("500ms", 0.5, id="milliseconds"),
        pytest.param("1.5s", 1.5, id="fraction"),
        pytest.param("1h", 3600.0, id="hour"),
        pytest.param("${env:UNSET:-3s}", 3.0, id="from-a-default"),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert read(cost(f"{{metrics: {{interval: '{text}'}}}}")).metrics.interval_s == seconds


@pytest.mark.parametrize("text", ["15", "15 s", "s", "1d", "-1s", "true", "[1s]", "1s1"])
def test_what_is_no_duration(text: str) -> None:
    words = problem(cost(f"{{metrics: {{interval: {text}}}}}"))
    assert words.endswith("; write a duration with its unit: 5s, 1m30s, 500ms")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param("64MiB", 64 * 2**20, id="mib"),
        pytest.param("20 MB", 20_000_000, id="mb"),
        pytest.param("4194304", 4194304, id="bytes"),
        pytest.param("1.5kib", 1536, id="fraction"),
    ],
)
def test_sizes(text: str, count: int) -> None:
    http = read(with_("http: {}", f"http: {{max_request_body_size: {text}}}")).http
    assert http is not None
    assert http.max_request_body_size == count


@pytest.mark.parametrize("text", ["64 apples", "-1", "true", "[]", "1e3"])
def test_what_is_no_size(text: str) -> None:
    assert "such as 64MiB" in problem(
        with_("http: {}", f"http: {{max_request_body_size: {text}}}")
    )


@pytest.mark.parametrize(
    ("block", "words"),
    [
        pytest.param(
            "{metrics: {cardinality_limit: many}}",
            "metrics.cardinality_limit: is `many`; write a whole number from 1 to 10000000",
            id="number",
        ),
        pytest.param(
            "{pricing: {builtin: yes}}",
            "pricing.builtin: is `yes`; write true or false",
            id="boolean",
        ),
        pytest.param(
            "{enrich: {detail: part}}",
            "enrich.detail: is `part`; write one of cost, parts, full (did you mean parts?)",
            id="choice",
        ),
        pytest.param(
            "{metrics: {prometheus: maybe}}",
            "metrics.prometheus: is `maybe`; write on, off or auto",
            id="on-off-auto",
        ),
        pytest.param(
            "{metrics: {dimensions: [a, b, a]}}",
            "metrics.dimensions: names a twice; write it once",
            id="twice",
        ),
        pytest.param(
            "{metrics: {dimensions: {a: b}}}",
            "metrics.dimensions: is not a list; write [a, b]",
            id="no-list",
        ),
        pytest.param(
            "{metrics: {dimensions: ['']}}",
            "metrics.dimensions: is empty; write a name or leave it out",
            id="empty-name",
        ),
        pytest.param(
            "{metrics: 7}",
            "metrics: is not a mapping; write `key: value` lines under it",
            id="no-mapping",
        ),
        pytest.param(
            "{pricing: {aliases: {my-gpt: ''}}}",
            "pricing.aliases: `my-gpt` stands for nothing; write `my-gpt: provider/model`",
            id="alias",
        ),
        pytest.param(
            "{pricing: {sources: [{format: auto}]}}",
            "pricing.sources[0]: has to have either `file:` or `url:`; write one of them",
            id="source-without-file",
        ),
        pytest.param(
            "{pricing: {sources: prices.yaml}}",
            "pricing.sources: is not a list; write `- file: PATH` lines under it",
            id="source-list",
        ),
        pytest.param(
            "{pricing: {sources: [{file: p.json, format: openllit}]}}",
            "pricing.sources[0].format: is `openllit`; write one of auto, genai-cost, openlit, "
            "litellm, genai-prices, tokencost (did you mean openlit?)",
            id="source-format",
        ),
    ],
)
def test_wrong_values_of_genai_cost(block: str, words: str) -> None:
    assert problem(cost(block)) == f"c.yaml:4: processors.genai_cost.{words}"


@pytest.mark.parametrize(
    ("written", "value"),
    [("on", "on"), ("off", "off"), ("true", "on"), ("false", "off"), ("auto", "auto")],
)
def test_prometheus_is_on_off_or_auto(written: str, value: str) -> None:
    assert read(cost(f"{{metrics: {{prometheus: {written}}}}}")).metrics.prometheus == value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("default", ("default",)),
        ("[semconv_draft]", ("semconv_draft",)),
        ("[default, openinference, logfire]", ("default", "openinference", "logfire")),
        ("[langfuse, semconv_draft]", ("langfuse", "semconv_draft")),
    ],
)
def test_conventions_are_one_or_several(written: str, value: tuple[str, ...]) -> None:
    assert read(cost(f"{{enrich: {{conventions: {written}}}}}")).enrich.conventions == value


@pytest.mark.parametrize(
    ("written", "words"),
    [
        pytest.param("[]", "is empty; write [default]", id="none"),
        pytest.param("[logfire, logfire]", "names logfire twice", id="twice"),
        pytest.param("[default, semconv_draft]", "write one of them", id="what-clashes"),
        pytest.param("[openinfernce]", "openinference", id="misspelt"),
    ],
)
def test_conventions_that_cannot_be(written: str, words: str) -> None:
    assert words in problem(cost(f"{{enrich: {{conventions: {written}}}}}"))


def test_every_convention_that_can_be_chosen_is_in_the_table() -> None:
    for name in CONVENTIONS:
        if name != "default":
            assert read(cost(f"{{enrich: {{conventions: {name}}}}}")).enrich.conventions == (
                name,
            )


def test_aliases_dimensions_and_choices_are_taken() -> None:
    settings = read(
        cost(
            "{pricing: {aliases: {my-gpt: azure.ai.openai/gpt-4o}}, "
            "enrich: {existing_cost: keep, detail: full}, metrics: {dimensions: user.id}}"
        )
    )
    assert dict(settings.pricing.aliases) == {"my-gpt": "azure.ai.openai/gpt-4o"}
    assert (settings.enrich.existing_cost, settings.enrich.detail) == ("keep", "full")
    assert settings.metrics.dimensions == ("user.id",)


@pytest.mark.parametrize(
    ("endpoint", "address", "insecure"),
    [
        pytest.param("c:4317", "c:4317", False, id="secure-as-in-the-collector"),
        pytest.param("http://c:4317", "c:4317", True, id="http-is-plain"),
        pytest.param("https://c:443/", "c:443", False, id="https-is-tls"),
        pytest.param("dns:///c:4317", "c:4317", False, id="dns-resolver"),
        pytest.param("[2001:db8::1]:4317", "[2001:db8::1]:4317", False, id="ipv6"),
    ],
)
def test_endpoints_of_next_hops(endpoint: str, address: str, *, insecure: bool) -> None:
    text = with_('"collector:4317", tls: {insecure: true}', f'"{endpoint}"')
    hop = read(text).exporters["otlp_grpc"]
    assert (hop.endpoint, hop.tls.insecure) == (address, insecure)


def test_https_overrides_insecure() -> None:
    assert (
        not read(with_("collector:4317", "https://c:443")).exporters["otlp_grpc"].tls.insecure
    )


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        pytest.param("c", "is `c`; the port is missing, write c:4317", id="no-port"),
        pytest.param("c:0", "has the port 0; write one from 1 to 65535", id="port-0"),
        pytest.param(
            "c:65536", "has the port 65536; write one from 1 to 65535", id="port-range"
        ),
        pytest.param(
            "c:4317/v1",
            "is `c:4317/v1`; a gRPC endpoint has no path, write host:port",
            id="path",
        ),
        pytest.param(
            "::1:4317",
            "is `::1:4317`; an IPv6 address stands in brackets: [::1]:4317",
            id="ipv6",
        ),
        pytest.param(
            "ftp://c:1", "has the scheme ftp; write host:port, http:// or https://", id="scheme"
        ),
        pytest.param(
            "unix:///run/x.sock",
            "unix sockets wait for a later release; write host:port",
            id="unix",
        ),
    ],
)
def test_wrong_endpoints_of_next_hops(endpoint: str, words: str) -> None:
    text = with_("collector:4317", endpoint)
    assert problem(text) == f"c.yaml:6: exporters.otlp_grpc.endpoint: {words}"


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        pytest.param(
            "http://localhost:1",
            "is `http://localhost:1`; a receiver's endpoint has no scheme, write host:port",
            id="scheme",
        ),
        pytest.param(
            "/run/x.sock",
            "is a path; write `transport: unix` beside it, or unix:/path",
            id="unix",
        ),
        pytest.param(
            "localhost:99999", "has the port 99999; write one from 0 to 65535", id="port"
        ),
    ],
)
def test_wrong_endpoints_to_listen_on(endpoint: str, words: str) -> None:
    text = with_("grpc: {}", f'grpc: {{endpoint: "{endpoint}"}}')
    assert problem(text) == f"c.yaml:2: receivers.otlp.protocols.grpc.endpoint: {words}"


@pytest.mark.parametrize("endpoint", ["0.0.0.0:4317", ":4317", "[::1]:4317", "127.0.0.1:0"])
def test_endpoints_to_listen_on(endpoint: str) -> None:
    grpc = read(with_("grpc: {}", f'grpc: {{endpoint: "{endpoint}"}}')).grpc
    assert grpc is not None
    assert grpc.endpoint == endpoint


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        pytest.param(
            "compression: zstd",
            "compression: is zstd, which gRPC does not have here; write gzip or none",
            id="compression",
        ),
        pytest.param(
            "timeout: 0s",
            "timeout: is 0s; write a duration from 0.001s to 3.16224e+07s",
            id="timeout",
        ),
        pytest.param(
            "balancer_name: random",
            "balancer_name: is `random`; write one of round_robin, pick_first",
            id="balancer",
        ),
        pytest.param(
            'headers: {"a b": c}',
            "headers: `a b` cannot be the name of a gRPC header; use a-z 0-9 _ - .",
            id="header-name",
        ),
        pytest.param(
            'headers: {a: "é"}',
            "headers: the value of `a` cannot be sent over gRPC; use printable ASCII",
            id="header-value",
        ),
        pytest.param(
            "retry_on_failure: {multiplier: x, enabled: false}",
            "retry_on_failure.multiplier: is `x`; write a number from 1 to 100",
            id="retry",
        ),
    ],
)
def test_wrong_values_of_an_exporter(keys: str, words: str) -> None:
    assert problem(hop(keys)) == f"c.yaml:6: exporters.otlp_grpc.{words}"


def test_tls_files_are_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    text = with_("{insecure: true}", f"{{ca_file: {file}}}")
    assert problem(text) == (
        f"c.yaml:6: exporters.otlp_grpc.tls.ca_file: cannot read {file}: "
        "No such file or directory; correct the path or its rights"
    )
    file.write_text("certificate")
    assert read(text).exporters["otlp_grpc"].tls.ca_file == str(file)
    text = with_("{insecure: true}", f"{{cert_file: {file}}}")
    assert problem(text).endswith("cert_file and key_file go together; write both or neither")


@pytest.mark.parametrize("empty", ["compression: ''", "compression: none"])
def test_compression_can_be_none(empty: str) -> None:
    assert read(hop(empty)).exporters["otlp_grpc"].compression == "none"


def test_the_collectors_compression_is_the_default() -> None:
    assert read(WHOLE).exporters["otlp_grpc"].compression == "gzip"


def test_aggregates_without_calls_are_billed_where_asked_for_alone() -> None:
    assert read(WHOLE).counting.orphan_aggregates == "ignore"
    asked = read(cost("{counting: {orphan_aggregates: bill, wait: 30s}}"))
    assert (*asked.counting,) == ("bill", 30.0)
    assert asked.warnings == ()
    for_nothing = read(cost("{counting: {wait: 30s}}"))
    assert "write `orphan_aggregates: bill` with it" in for_nothing.warnings[0]
    assert "write one of ignore, bill" in problem(
        cost("{counting: {orphan_aggregates: sometimes}}")
    )


def test_roll_ups_are_written_where_asked_for_alone() -> None:
    assert not read(WHOLE).enrich.subtree
    assert read(cost("{enrich: {subtree: true}}")).enrich.subtree
