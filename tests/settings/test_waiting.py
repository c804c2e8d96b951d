"""What waits for a later release is refused in one line; what asks for nothing is accepted."""

from __future__ import annotations

import pytest

from processor.settings.components import ELSEWHERE, HERE
from processor.settings.waiting import WAITING, WITHOUT_EFFECT, asks_for_something
from tests.settings.texts import WHOLE, cost, hop, problem, read, with_


def grpc(keys: str) -> str:
    return with_("grpc: {}", f"grpc: {{{keys}}}")


def http(keys: str) -> str:
    return with_("http: {}", f"http: {{{keys}}}")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        pytest.param(http("cors: {allowed_origins: ['*']}"), "protocols.http.cors", id="cors"),
        pytest.param(
            cost(
                "{pricing: {sources: [{url: 'https://x/y', tls: {insecure_skip_verify: true}}]}}"
            ),
            "sources[0].tls.insecure_skip_verify",
            id="source-skip-verify",
        ),
        pytest.param(
            cost("{pricing: {sources: [{url: 'https://x/y', proxy_url: 'http://p:3128'}]}}"),
            "sources[0].proxy_url",
            id="source-proxy",
        ),
        pytest.param(
            cost("{attribution: {inherit: [user.id, team]}}"),
            "attribution.inherit",
            id="inherit",
        ),
        pytest.param(cost("{attribution: {wait: 1m}}"), "attribution.wait", id="wait"),
        pytest.param(
            cost("{attribution: {inherit: , wait: 1m}}"),
            "attribution.wait",
            id="wait-by-default",
        ),
        pytest.param(
            cost("{metrics: {application_cost: drop}}"), "application_cost", id="drop"
        ),
        pytest.param(
            WHOLE + "  telemetry: {metrics: {readers: [{periodic: {exporter: {otlp: {}}}}]}}\n",
            "readers[0].periodic",
            id="periodic-reader",
        ),
    ],
)
def test_what_is_not_built_yet_is_refused(text: str, path: str) -> None:
    words = problem(text)
    place, _, rest = words.partition(": waits for a later release; ")
    assert place.endswith(path)
    assert rest.startswith("meanwhile ")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(hop("sending_queue: {enabled: false, queue_size: 9}"), id="queue-off"),
        pytest.param(hop("retry_on_failure: {enabled: false}"), id="retry-off"),
        pytest.param(hop("wait_for_ready: false"), id="wait-for-ready"),
        pytest.param(cost("{metrics: {temporality: cumulative}}"), id="cumulative"),
        pytest.param(cost("{pricing: {currency: {code: USD}, aliases: {}}}"), id="currency"),
        pytest.param(cost("{pricing: {currency: , adjustments: []}}"), id="adjustments"),
        pytest.param(
            cost("{enrich: {conventions: [default]}, sources: [spans]}"), id="default"
        ),
        pytest.param(cost("{enrich: {conventions: [signoz, logfire]}}"), id="conventions"),
        pytest.param(cost("{metrics: {application_cost: keep}}"), id="keep"),
        pytest.param(
            cost(
                "{attribution: {inherit: [user.id, user.tier, session.id, gen_ai.conversation.id],"
                " wait: 2m}}"
            ),
            id="attribution",
        ),
        pytest.param(cost("{attribution: {inherit: []}}"), id="no-inheriting"),
        pytest.param(
            cost("{attribution: {inherit: [user.id, user.tier]}}"), id="less-inheriting"
        ),
        pytest.param(cost("{attribution: {inherit: [], wait: 2s}}"), id="nothing-to-wait-for"),
        pytest.param(grpc("tls: , include_metadata: false, transport: tcp"), id="receiver"),
        pytest.param(http("traces_url_path: /v1/traces"), id="url-path"),
        pytest.param(WHOLE + "  workers: 1\n", id="one-worker"),
    ],
)
def test_what_asks_for_nothing_is_accepted(text: str) -> None:
    assert read(text).warnings == ()


@pytest.mark.parametrize("key", [key for key, row in WAITING.items() if not row.only])
@pytest.mark.parametrize("value", [None, False, "", [], {}, {"enabled": False}], ids=repr)
def test_empty_values_never_ask(key: str, value: object) -> None:
    assert not asks_for_something(WAITING[key], value)


@pytest.mark.parametrize("key", sorted(WAITING))
def test_every_row_says_what_to_do_meanwhile(key: str) -> None:
    row = WAITING[key]
    assert row.meanwhile.startswith("meanwhile ")
    assert not row.meanwhile.endswith(".")
    assert key not in WITHOUT_EFFECT


@pytest.mark.parametrize(
    ("section", "component"),
    [(section, component) for section, table in ELSEWHERE.items() for component in table],
)
def test_a_component_we_do_not_have_is_refused_with_what_does_its_job(
    section: str, component: str
) -> None:
    extra = f"{section}: {{{component}/x: {{a: 1}}}}\n"
    if f"{section}:\n" in WHOLE:
        text = with_(f"{section}:\n", f"{section}:\n  {component}/x: {{a: 1}}\n")
    else:
        text = WHOLE + extra
    assert problem(text).endswith(
        f"{section}.{component}/x: is not part of this service; {ELSEWHERE[section][component]}"
    )


def test_no_component_is_both_here_and_elsewhere() -> None:
    for section, here in HERE.items():
        assert not set(here) & ELSEWHERE[section].keys()


@pytest.mark.parametrize(
    ("component", "words"),
    [
        pytest.param("otlp_grcp", "did you mean `otlp_grpc`?", id="near"),
        pytest.param(
            "carrier_pigeon",
            "exporters here: otlp_grpc, otlp_http, debug, file",
            id="far",
        ),
    ],
)
def test_a_component_nobody_knows(component: str, words: str) -> None:
    text = with_("exporters:\n", f"exporters:\n  {component}: {{}}\n")
    assert problem(text) == (
        f"c.yaml:6: exporters.{component}: is not part of this service; {words}"
    )
