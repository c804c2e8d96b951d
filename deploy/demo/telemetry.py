"""How an application of the demo sends its spans: the OpenTelemetry SDK, as anybody sets it up.

One `TracerProvider` for each service, with the published instrumentations bound to it while that
service is at work. Nothing here knows what a call costs.
"""

# The SDK's own annotations are not complete, the instrumentation has no stubs.
# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false
from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from openinference.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
from opentelemetry.processor.baggage import ALLOW_ALL_BAGGAGE_KEYS, BaggageSpanProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from opentelemetry.trace import Tracer


@dataclass
class Sent:
    """What became of the spans that were handed to the exporter."""

    spans: int = 0
    refused: int = 0
    last: Sequence[ReadableSpan] = field(default_factory=tuple[ReadableSpan, ...])


class CountingExporter(SpanExporter):
    """OTLP over gRPC, and a note of what was taken."""

    def __init__(self, endpoint: str, sent: Sent) -> None:
        insecure = urlsplit(endpoint).scheme != "https"
        self._otlp = OTLPSpanExporter(endpoint=endpoint, insecure=insecure, timeout=5)
        self._sent = sent

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Sends a batch as it is."""
        result = self._otlp.export(spans)
        if result is SpanExportResult.SUCCESS:
            self._sent.spans += len(spans)
            self._sent.last = spans
        else:
            self._sent.refused += len(spans)
        return result

    def shutdown(self) -> None:
        """Closes the channel."""
        self._otlp.shutdown()


def send_again(endpoint: str, sent: Sent) -> None:
    """The last batch once more, as an SDK does when the answer got lost on the way."""
    exporter = OTLPSpanExporter(
        endpoint=endpoint, insecure=urlsplit(endpoint).scheme != "https"
    )
    exporter.export(sent.last)
    exporter.shutdown()


@contextmanager
def instrumented(
    service: str, environment: str, endpoint: str, sent: Sent
) -> Generator[Tracer]:
    """A service with its own resource; what is called inside the block is traced as its work."""
    resource = Resource.create(
        {"service.name": service, "deployment.environment.name": environment}
    )
    provider = TracerProvider(resource=resource)
    # What a request carries as baggage (the user and what they pay for) stands on all its spans.
    provider.add_span_processor(BaggageSpanProcessor(ALLOW_ALL_BAGGAGE_KEYS))
    provider.add_span_processor(BatchSpanProcessor(CountingExporter(endpoint, sent)))
    instrumentors = OpenAIInstrumentor(), AnthropicInstrumentor()
    for instrumentor in instrumentors:
        instrumentor.instrument(tracer_provider=provider)
    try:
        yield provider.get_tracer("demo")
    finally:
        for instrumentor in instrumentors:
            instrumentor.uninstrument()
        provider.shutdown()  # sends what is left
