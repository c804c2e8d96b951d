"""`make demo`: a minute in the life of a company's LLM calls, sent to a running genai-cost.

Real client libraries, real instrumentations and the real OpenTelemetry SDK; only the provider is a
stand-in on this machine. Sends a bounded number of calls, then says where to look.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from urllib.parse import urlsplit

SUMMARY = "Sends a bounded number of calls to models, as spans, to a running genai-cost."
METRICS = "http://localhost:8888/metrics"


def main() -> int:
    """Sends the traffic once; 1 if nobody listens or spans were refused."""
    arguments = _arguments()
    problem = _nobody_listens(arguments.endpoint)
    if problem:
        print(problem, file=sys.stderr)
        return 1
    _stay_on_this_machine()
    return _send(arguments.endpoint, arguments.metrics)


def _arguments() -> argparse.Namespace:
    configured = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317")  # noqa: TID251  # a program of its own
    parser = argparse.ArgumentParser(prog="make demo", description=SUMMARY)
    parser.add_argument(
        "--endpoint", default=configured, help="OTLP/gRPC (default: %(default)s)"
    )
    parser.add_argument(
        "--metrics", default=METRICS, help="page to point at (default: %(default)s)"
    )
    return parser.parse_args()


def _nobody_listens(endpoint: str) -> str | None:
    """What to tell a user whose service does not answer."""
    address = urlsplit(endpoint)
    try:
        socket.create_connection(
            (address.hostname or "localhost", address.port or 4317), timeout=3
        ).close()
    except (OSError, ValueError) as problem:
        return (
            f"demo: nothing takes OTLP at {endpoint} ({problem}).\n"
            "Start the service in another terminal with `make run`, or name its address:\n"
            "    OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:14317 make demo"
        )
    return None


def _stay_on_this_machine() -> None:
    """The stand-in is on loopback; a proxy of the environment could not reach it."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:  # noqa: TID251  # a program of its own
        del os.environ[name]  # noqa: TID251


def _send(endpoint: str, metrics: str) -> int:
    # Imported late: the SDK and two client libraries take a second, a wrong address should not.
    from provider import stand_in  # noqa: PLC0415
    from telemetry import Sent, instrumented, send_again  # noqa: PLC0415
    from traffic import SERVICES, Llm  # noqa: PLC0415

    sent = Sent()
    with stand_in() as base_url:
        llm = Llm(base_url)
        for service, environment, work in SERVICES:
            with instrumented(service, environment, endpoint, sent) as tracer:
                work(llm, tracer)
            print(f"demo: {service} ({environment}) done", flush=True)
    send_again(endpoint, sent)
    _report(dict(llm.calls), sent.spans, len(sent.last), sent.refused, metrics)
    return 1 if sent.refused else 0


def _report(
    calls: dict[tuple[str, str], int], spans: int, again: int, refused: int, metrics: str
) -> None:
    print(
        f"\n{sum(calls.values())} calls were answered; {spans} spans sent, {again} of them twice, {refused} refused.\n"
    )
    for (provider, model), count in sorted(calls.items()):
        print(f"  {count:3} x {provider:10} {model}")
    print(
        "\nWhat they cost:\n"
        f"  curl -s {metrics} | grep ^gen_ai_usage_cost_total\n"
        "What has no price (a model of the house's own, a refused try), and is not counted as 0:\n"
        f"  curl -s {metrics} | grep ^genai_cost_spans_total"
    )


if __name__ == "__main__":
    sys.exit(main())
