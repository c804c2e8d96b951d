"""Who calls which model in the demo, and how: four services as one might find them in a company.

Each takes its clients from `Llm` and does a few requests of its users; a request is a server span
that knows the user, and the calls to models are below it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anthropic
import openai
from opentelemetry.baggage import set_baggage
from opentelemetry.context import attach, detach
from opentelemetry.trace import SpanKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.trace import Tracer

# Users of the demo: an id and what they pay for.
USERS = (("u-1001", "enterprise"), ("u-1002", "pro"), ("u-1003", "free"))
POLICY = "Answer in two sentences, quote the order number, never promise a refund. " * 90


@dataclass
class Llm:
    """Clients of the stand-in provider, and a tally of the calls that it answered."""

    base_url: str
    calls: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    def __post_init__(self) -> None:
        self._openai = openai.OpenAI(
            base_url=f"{self.base_url}/v1", api_key="demo", max_retries=0
        )
        self._anthropic = anthropic.Anthropic(
            base_url=self.base_url, api_key="demo", max_retries=0
        )

    def chat(self, model: str, question: str, *, refuse_once: str | None = None) -> None:
        """OpenAI chat completions with a long system prompt, most of which comes from the cache."""
        headers = {"x-demo-refuse-once": refuse_once} if refuse_once else None
        self._openai.chat.completions.create(
            model=model,
            messages=[
                {"role": "system", "content": POLICY},
                {"role": "user", "content": question},
            ],
            extra_headers=headers,
        )
        self.calls["openai", model] += 1

    def chat_with_retry(self, model: str, question: str, *, label: str) -> None:
        """The provider refuses the first try with 429: two spans, of which one was billed."""
        try:
            self.chat(model, question, refuse_once=label)
        except openai.RateLimitError:
            self.chat(model, question)

    def stream(self, model: str, question: str) -> None:
        """OpenAI chat completions as a stream with its usage at the end."""
        chunks = self._openai.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": question}],
            stream=True,
            stream_options={"include_usage": True},
        )
        for _ in chunks:
            pass
        self.calls["openai", model] += 1

    def reason(self, model: str, question: str) -> None:
        """OpenAI responses by a model that thinks before it answers."""
        self._openai.responses.create(
            model=model, input=question, instructions="Think it through."
        )
        self.calls["openai", model] += 1

    def embed(self, model: str, texts: list[str]) -> None:
        """OpenAI embeddings."""
        self._openai.embeddings.create(model=model, input=texts)
        self.calls["openai", model] += 1

    def message(self, model: str, question: str) -> None:
        """Anthropic messages with a cached system prompt."""
        self._anthropic.messages.create(
            model=model,
            max_tokens=1024,
            system=POLICY,
            messages=[{"role": "user", "content": question}],
        )
        self.calls["anthropic", model] += 1


def request(tracer: Tracer, turn: int, route: str, work: Callable[[], None]) -> None:
    """One request of a user: a server span, the work below it, and baggage that says who asks."""
    user, tier = USERS[turn % len(USERS)]
    token = attach(set_baggage("user.tier", tier, set_baggage("user.id", user)))
    try:
        with tracer.start_as_current_span(f"POST {route}", kind=SpanKind.SERVER):
            work()
    finally:
        detach(token)


def checkout(llm: Llm, tracer: Tracer) -> None:
    """A shop's assistant: a small model for small talk, a large one for orders, one refusal."""
    for turn in range(6):
        request(
            tracer,
            turn,
            "/assistant",
            lambda: llm.stream("gpt-4o-mini", "Do you ship to Norway?"),
        )
        request(
            tracer,
            turn,
            "/order",
            lambda: llm.chat(
                "gpt-4o", "Where is order 48213, and can it go to another address?"
            ),
        )
    request(
        tracer, 0, "/order", lambda: llm.chat_with_retry("gpt-4o", "And now?", label="order")
    )


def support(llm: Llm, tracer: Tracer) -> None:
    """A help desk on another provider: the router asks a small model, the answer a large one."""

    def answer() -> None:
        llm.message("claude-haiku-4-5", "Which team is this for?")
        llm.message("claude-sonnet-4-5", "My invoice shows the wrong address.")

    for turn in range(6):
        request(tracer, turn, "/ticket", answer)


def search(llm: Llm, tracer: Tracer) -> None:
    """An indexer: embeddings, and no user behind them."""
    for page in range(6):
        with tracer.start_as_current_span("index page"):
            llm.embed(
                "text-embedding-3-small",
                [f"Paragraph {n} of page {page}. " * 40 for n in range(8)],
            )


def research(llm: Llm, tracer: Tracer) -> None:
    """A prototype in staging: reasoning, and a model of the house's own that no table has."""
    for turn in range(4):
        request(
            tracer,
            turn,
            "/research",
            lambda: llm.reason("gpt-5-mini", "Compare three warehouses."),
        )
    for turn in range(2):
        request(
            tracer, turn, "/research", lambda: llm.chat("inhouse-summary-7b", "Sum that up.")
        )


SERVICES: tuple[tuple[str, str, Callable[[Llm, Tracer], None]], ...] = (
    ("checkout-assistant", "production", checkout),
    ("help-desk", "production", support),
    ("search-indexer", "production", search),
    ("research-agent", "staging", research),
)
