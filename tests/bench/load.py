"""Requests as real traffic varies: many models, ids, services, usages; ordinary spans among them.

Only for benchmarks: what it makes is plausible, not captured.
"""

from __future__ import annotations

import random
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

Models = tuple[tuple[str, str, str], ...]
MODELS: Final[Models] = (
    ("openai", "gpt-4o", "gpt-4o-2024-08-06"),
    ("openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
    ("openai", "gpt-4.1", "gpt-4.1-2025-04-14"),
    ("openai", "gpt-5-mini", "gpt-5-mini-2025-08-07"),
    ("openai", "o4-mini", "o4-mini-2025-04-16"),
    ("anthropic", "claude-sonnet-4-5", "claude-sonnet-4-5-20250929"),
    ("anthropic", "claude-haiku-4-5", "claude-haiku-4-5-20251001"),
    ("gcp.gemini", "gemini-2.5-flash", "gemini-2.5-flash"),
    ("gcp.gemini", "gemini-2.5-pro", "gemini-2.5-pro"),
    ("mistral_ai", "mistral-large-2411", "mistral-large-2411"),
)
# Writers whose input count has what was read from a cache in it, as ten rules of a Collector must assume.
SCOPES: Final = ("openai", "anthropic", "google_genai", "vertexai", "langchain")
MARK: Final = b"\xfe" * 8
SPAN_MARK: Final = b"\xfd" * 4
TEXT_MARK: Final = b"f" * 16
USER_MARK: Final = b"u-########"
START_NS: Final = 1_795_000_000_000_000_000


def fresh(body: bytes, number: int) -> bytes:
    """The same request with ids of traces, spans and answers that were never sent before."""
    new = number.to_bytes(8, "big")
    body = body.replace(MARK, new).replace(SPAN_MARK, new[4:])
    return body.replace(TEXT_MARK, new.hex().encode())


def request(
    spans: int, gen_ai_share: float, message_bytes: int, seed: int, *, users: bool = False
) -> bytes:
    """One ExportTraceServiceRequest of five services, about twelve attributes a span.

    With `users` one service calls one model for many users, so that a benchmark says how many series there are.
    """
    draw = random.Random(seed)  # noqa: S311 - traffic, not secrets
    made = ExportTraceServiceRequest()
    services = 5 if spans >= 50 and not users else 1
    models = MODELS[:1] if users else MODELS
    words = [_word(draw) for _ in range(2000)]
    for number in range(services):
        resource = made.resource_spans.add()
        name = "service-0" if users else f"service-{(services * seed + number) % 40}"
        _text(resource.resource.attributes.add(), "service.name", name)
        _text(resource.resource.attributes.add(), "deployment.environment.name", "production")
        scope = resource.scope_spans.add()
        scope.scope.name = f"opentelemetry.instrumentation.genai.{draw.choice(SCOPES)}"
        scope.scope.version = "1.3b0"
        for _ in range(spans // services):
            said = (
                _text_of(words, draw, message_bytes) if draw.random() < gen_ai_share else None
            )
            _span(scope.spans.add(), draw, said, models)
            if users:
                _text(scope.spans[-1].attributes.add(), "user.id", USER_MARK.decode())
    return made.SerializeToString()


def _word(draw: random.Random) -> str:
    return "".join(draw.choices("etaoinshrdlucmfw", k=draw.randrange(2, 11)))


def _text_of(words: list[str], draw: random.Random, size: int) -> tuple[str, str]:
    """What is asked and what is answered, in JSON as instrumentations write it; together of about this size."""
    half = size // 2 - 60
    said = " ".join(draw.choices(words, k=size // 5))
    start = '[{"role":"user","parts":[{"type":"text","content":"'
    return f'{start}{said[:half]}"}}]}}]', f'{start}{said[-half:]}"}}]}}]'


def _span(
    span: Span, draw: random.Random, said: tuple[str, str] | None, models: Models
) -> None:
    """A call to a model where something was said, else an ordinary span."""
    span.trace_id = MARK + draw.randbytes(8)
    span.span_id = SPAN_MARK + draw.randbytes(4)
    span.parent_span_id = SPAN_MARK + draw.randbytes(4)
    span.kind = Span.SPAN_KIND_CLIENT
    span.start_time_unix_nano = START_NS + draw.randrange(10**12)
    span.end_time_unix_nano = span.start_time_unix_nano + draw.randrange(10**9)
    if said is None:
        _ordinary(span, draw)
    else:
        _call(span, draw, said, models)


def _call(span: Span, draw: random.Random, said: tuple[str, str], models: Models) -> None:
    provider, asked, answered = draw.choice(models)
    span.name = f"chat {asked}"
    read = draw.choice((0, 0, 512, 1024))
    for key, text in (
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", provider),
        ("gen_ai.request.model", asked),
        ("gen_ai.response.model", answered),
        ("gen_ai.response.id", f"chatcmpl-{TEXT_MARK.decode()}{draw.randbytes(8).hex()}"),
        ("gen_ai.input.messages", said[0]),
        ("gen_ai.output.messages", said[1]),
        ("gen_ai.response.finish_reasons", "stop"),
    ):
        _text(span.attributes.add(), key, text)
    for key, number in (
        ("gen_ai.usage.input_tokens", read + draw.randrange(150, 4000)),
        ("gen_ai.usage.output_tokens", draw.randrange(130, 900)),
        ("gen_ai.usage.cache_read.input_tokens", read),
        ("gen_ai.request.max_tokens", 1024),
    ):
        pair = span.attributes.add()
        pair.key = key
        pair.value.int_value = number


def _ordinary(span: Span, draw: random.Random) -> None:
    path = f"/v1/orders/{draw.randrange(10**6)}"
    span.name = "GET /v1/orders/{id}"
    for key, text in (
        ("http.request.method", "GET"),
        ("url.full", f"https://shop.example.com{path}?expand=items"),
        ("url.path", path),
        ("url.scheme", "https"),
        ("server.address", "shop.example.com"),
        ("network.protocol.version", "1.1"),
        ("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64)"),
        ("client.address", "192.0.2.7"),
        ("thread.name", f"worker-{draw.randrange(16)}"),
    ):
        _text(span.attributes.add(), key, text)
    for key, number in (
        ("http.response.status_code", 200),
        ("server.port", 443),
        ("thread.id", draw.randrange(99)),
    ):
        pair = span.attributes.add()
        pair.key = key
        pair.value.int_value = number


def _text(pair: object, key: str, text: str) -> None:
    pair.key = key  # type: ignore[attr-defined]
    pair.value.string_value = text  # type: ignore[attr-defined]
