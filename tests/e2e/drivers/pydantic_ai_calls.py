"""An application whose agents are pydantic-ai's; run in the venv of that driver.

pydantic_ai_calls.py PROVIDER_URL SETUP.py: the set-up is the user's own code, taken from
docs/instrumentations.md. Each agent run has a root span of its own, named as the call.
"""

# The framework is in the driver's venv and in no other, so it has no types here.
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

QUESTION = "Where is order 48213?"


async def main(base_url: str, setup: str) -> None:
    """Sets up as the document says, calls, and flushes as any program does at its end."""
    runpy.run_path(setup)
    from openai import AsyncOpenAI  # noqa: PLC0415  # after the set-up, as a user has it
    from opentelemetry import trace  # noqa: PLC0415
    from pydantic_ai.exceptions import ModelHTTPError  # noqa: PLC0415
    from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415

    tracer = trace.get_tracer("drive")
    for label, call in CALLS.items():
        client = AsyncOpenAI(
            base_url=base_url,
            api_key="none",
            max_retries=1 if label == "retried" else 0,
            default_headers={"x-drive": label},
        )
        with tracer.start_as_current_span(label), suppress(ModelHTTPError):
            await call(OpenAIProvider(openai_client=client))
    trace.get_tracer_provider().shutdown()


async def chat(provider: Any, model: str = "gpt-4o") -> None:
    """A whole answer by an agent."""
    from pydantic_ai import Agent  # noqa: PLC0415
    from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415

    await Agent(OpenAIChatModel(model, provider=provider)).run(QUESTION)


async def reasoning(provider: Any) -> None:
    """A model that thinks first."""
    await chat(provider, "gpt-5-mini")


async def stream(provider: Any) -> None:
    """A stream, for which pydantic-ai asks for the usage by itself."""
    from pydantic_ai import Agent  # noqa: PLC0415
    from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415

    agent = Agent(OpenAIChatModel("gpt-4o", provider=provider))
    async with agent.run_stream(QUESTION) as result:
        async for _ in result.stream_text():
            pass


async def tool(provider: Any) -> None:
    """Two calls in one run: the agent's own span repeats their sum."""
    from pydantic_ai import Agent  # noqa: PLC0415
    from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415

    agent = Agent(OpenAIChatModel("gpt-4o", provider=provider))

    def order_status(order: int) -> str:
        return f"{order} is shipped"

    agent.tool_plain(order_status)
    await agent.run(QUESTION)


async def respond(provider: Any) -> None:
    """The responses API."""
    from pydantic_ai import Agent  # noqa: PLC0415
    from pydantic_ai.models.openai import OpenAIResponsesModel  # noqa: PLC0415

    await Agent(OpenAIResponsesModel("gpt-5-mini", provider=provider)).run(QUESTION)


async def embed(provider: Any) -> None:
    """Embeddings of two texts."""
    from pydantic_ai import Embedder  # noqa: PLC0415
    from pydantic_ai.embeddings.openai import OpenAIEmbeddingModel  # noqa: PLC0415

    model = OpenAIEmbeddingModel("text-embedding-3-small", provider=provider)
    await Embedder(model).embed_documents(["one", "two"])


CALLS: Any = {
    "chat": chat,
    "cached": chat,
    "reasoning": reasoning,
    "stream": stream,
    "stream-cached": stream,
    "tool": tool,
    "embeddings": embed,
    "responses": respond,
    "responses-cached-reasoning": respond,
    "refused": chat,
    "retried": chat,
    "inhouse": lambda provider: chat(provider, "inhouse-summary-7b"),
}

if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
