"""What several processes count is one number on the page, and it never goes back."""

from __future__ import annotations

from processor.forward.standing import Standing
from processor.telemetry import Telemetry
from processor.workers.sums import Sums, joined, news

OTLP = ("otlp", "grpc")


def carrier(spans: int, in_flight: float) -> Telemetry:
    made = Telemetry()
    made.count("receiver_accepted_spans", spans, *OTLP)
    made.gauge("exporter_in_flight_requests", in_flight, "otlp_grpc")
    return made


def accepted(telemetry: Telemetry) -> dict[tuple[str, ...], float]:
    return dict(telemetry.counter("receiver_accepted_spans"))


def test_counters_are_added_up_and_stay_when_a_carrier_is_gone() -> None:
    sums, page = Sums({}), Telemetry()
    page.beside(sums.samples)
    page.count("receiver_accepted_spans", 1, "otlp", "http")
    for place, spans in ((1, 10), (2, 20), (1, 12)):
        sums.heard(place, news(carrier(spans, 3), {}))
    assert accepted(page) == {OTLP: 32, ("otlp", "http"): 1}
    sums.lost(1)
    sums.lost(1)
    assert accepted(page) == {OTLP: 32, ("otlp", "http"): 1}
    sums.heard(1, news(carrier(5, 0), {}))
    assert accepted(page) == {OTLP: 37, ("otlp", "http"): 1}


def test_gauges_are_of_those_that_live() -> None:
    sums, page = Sums({}), Telemetry()
    page.beside(sums.samples)
    for place in (1, 2):
        sums.heard(place, news(carrier(0, 3), {}))
    assert page.reading("exporter_in_flight_requests") == [(("otlp_grpc",), 6)]
    sums.lost(2)
    assert page.reading("exporter_in_flight_requests") == [(("otlp_grpc",), 3)]
    (_, seconds) = page.counter("process_uptime")[0]
    assert seconds < sum(each[1] for each in page.counter("process_cpu_seconds")) + 3600


def test_a_next_hop_refuses_where_it_refuses_any_of_them() -> None:
    unused, takes = Standing(), Standing("takes", 5.0, "", 0.0, 2)
    refuses = Standing("refuses", 9.0, "UNAVAILABLE: full", 9.5, 1)
    assert joined([unused, unused]) == unused
    assert joined([unused, takes]) == takes
    assert joined([unused, takes, refuses]) == Standing(
        "refuses", 9.0, "UNAVAILABLE: full", 9.5, 3
    )


def test_the_status_page_sees_every_process() -> None:
    sums = Sums({"otlp_grpc": Standing()})
    sums.heard(1, news(Telemetry(), {"otlp_grpc": Standing("takes", 1.0, "", 0.0, 4)}))
    assert sums.standings["otlp_grpc"].in_flight == 4
    sums.lost(1)
    assert sums.standings["otlp_grpc"].state == "unused"
