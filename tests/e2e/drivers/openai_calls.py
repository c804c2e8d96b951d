"""An application that calls OpenAI in every way that is billed differently; run in an instrumented venv.

openai_calls.py PROVIDER_URL SETUP.py: the set-up is the user's own code, taken from
docs/instrumentations.md. Each call has a root span of its own, named as the call.
"""

# The client is in the driver's venv and in no other, so it has no types here.
# mypy: disable-error-code="import-not-found, attr-defined"
# pyright: reportMissingImports=false, reportMissingTypeStubs=false, reportAttributeAccessIssue=false
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

import asyncio
import runpy
import sys
from contextlib import suppress
from typing import Any

SAID: Any = [{"role": "user", "content": "Where is order 48213?"}]
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "order_status",
        "parameters": {"type": "object", "properties": {"order": {"type": "integer"}}},
    },
}


def main(base_url: str, setup: str) -> None:
    """Sets up as the document says, calls, and flushes as any program does at its end."""
    runpy.run_path(setup)
    import openai  # noqa: PLC0415  # after the set-up, as a user has it
    from opentelemetry import trace  # noqa: PLC0415

    client = openai.OpenAI(base_url=base_url, api_key="none", max_retries=0)
    tracer = trace.get_tracer("drive")
    for label, call in CALLS.items():
        with tracer.start_as_current_span(label), suppress(openai.RateLimitError):
            call(client.with_options(default_headers={"x-drive": label}))
    labelled = openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0)
    asyncio.run(asynchronously(labelled, tracer))
    trace.get_tracer_provider().shutdown()


def chat(client: Any, model: str = "gpt-4o") -> None:
    """A whole answer."""
    client.chat.completions.create(model=model, messages=SAID)


def stream(client: Any) -> None:
    """A stream that was asked for its usage."""
    for _ in client.chat.completions.create(
        model="gpt-4o",
        messages=SAID,
        stream=True,
        stream_options={"include_usage": True},
    ):
        pass


def stream_without_usage(client: Any) -> None:
    """A stream that was not: it is billed all the same."""
    for _ in client.chat.completions.create(model="gpt-4o", messages=SAID, stream=True):
        pass


def tool(client: Any) -> None:
    """Two calls: the model asks for a tool, and answers with its result."""
    asked = client.chat.completions.create(model="gpt-4o", messages=SAID, tools=[TOOL])
    message = asked.choices[0].message.model_dump(exclude_none=True)
    result = {"role": "tool", "tool_call_id": "call_1", "content": "shipped"}
    client.chat.completions.create(
        model="gpt-4o", messages=[*SAID, message, result], tools=[TOOL]
    )


def retried(client: Any) -> None:
    """The client's own second try: one call to it, two requests, one of them billed."""
    chat(client.with_options(max_retries=1))


def embed(client: Any) -> None:
    """Embeddings of two texts."""
    client.embeddings.create(model="text-embedding-3-small", input=["one", "two"])


def respond(client: Any) -> None:
    """The responses API."""
    client.responses.create(model="gpt-5-mini", input="Compare three warehouses.")


def stream_response(client: Any) -> None:
    """The responses API as a stream, which always ends with its usage."""
    for _ in client.responses.create(model="gpt-5-mini", input="And now?", stream=True):
        pass


async def asynchronously(client: Any, tracer: Any) -> None:
    """The same client's other half, several at once."""

    async def one(label: str) -> None:
        with tracer.start_as_current_span(label):
            await client.chat.completions.create(
                model="gpt-4o", messages=SAID, extra_headers={"x-drive": label}
            )

    async def streamed(label: str) -> None:
        with tracer.start_as_current_span(label):
            chunks = await client.chat.completions.create(
                model="gpt-4o",
                messages=SAID,
                stream=True,
                stream_options={"include_usage": True},
                extra_headers={"x-drive": label},
            )
            async for _ in chunks:
                pass

    await asyncio.gather(one("async"), one("async-cached"), streamed("async-stream"))


CALLS: Any = {
    "chat": chat,
    "cached": chat,
    "reasoning": lambda client: chat(client, "gpt-5-mini"),
    "stream": stream,
    "stream-cached": stream,
    "stream-without-usage": stream_without_usage,
    "tool": tool,
    "embeddings": embed,
    "responses": respond,
    "responses-cached-reasoning": respond,
    "responses-stream": stream_response,
    "refused": chat,
    "retried": retried,
    "inhouse": lambda client: chat(client, "inhouse-summary-7b"),
}

if __name__ == "__main__":
    main(*sys.argv[1:])
