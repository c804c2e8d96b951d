"""The names under which each back end looks for a cost: what `enrich.conventions` chooses from.

Data only: which attribute says what of a bill, each with where that is known from. Invariant: no
form but the plain ones has a number under `gen_ai.usage.`, where back ends count tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

COST: Final = "gen_ai.usage.cost"
CURRENCY: Final = "gen_ai.usage.cost.currency"

_INPUT: Final = (
    *("input", "tool_input", "input_image", "input_video"),
    *("input_characters", "input_images", "input_video_seconds"),
)
_AUDIO: Final = ("input_audio", "audio_seconds")
_CACHE_READ: Final = (
    "cache_read",
    "cache_read_audio",
    "cache_read_image",
    "cache_read_video",
)
_CACHE_WRITE: Final = ("cache_write", "cache_write_1h", "cache_write_12h")
_ALL_INPUT: Final = (*_INPUT, *_AUDIO, *_CACHE_READ, *_CACHE_WRITE)
_REASONING: Final = ("reasoning",)
_OUTPUT: Final = (
    *("output", "citation", "output_image", "output_video"),
    *("output_characters", "images", "pixels", "video_seconds"),
)
_OUTPUT_AUDIO: Final = ("output_audio", "output_audio_seconds")
_ALL_OUTPUT: Final = (*_OUTPUT, *_OUTPUT_AUDIO, *_REASONING)


class Convention(NamedTuple):
    """One form of a cost on a span. All numbers are US dollars, as doubles."""

    name: str
    evidence: str
    """Package or program, version, document: where it is known from that this is read."""
    total: str
    """The attribute with the whole; within `text`, the member with it."""
    parts: Mapping[str, tuple[str, ...]]
    """Attributes (members) with parts, and the classes of usage whose costs each adds up."""
    currency: str = ""
    """An attribute that says `USD`."""
    source: str = ""
    """An attribute that says `local` of what was computed here, `provider` of what was charged."""
    text: str = ""
    """The attribute that holds all of it as one JSON text."""
    ends: tuple[str, ...] = ()
    """Further attributes that cannot stand beside it."""

    @property
    def stands_in(self) -> str:
        """The attribute that has the whole."""
        return self.text or self.total

    def written(self) -> frozenset[str]:
        """Every attribute that it writes or ends."""
        says = {self.text} if self.text else {self.total, *self.parts}
        return frozenset({*says, self.currency, self.source, *self.ends} - {""})


_ALL: Final = (
    Convention(
        name="default",
        evidence=(
            "openlit 1.45 and litellm 1.106 write it; Langfuse (OtelIngestionProcessor), SigNoz's "
            "overview, OpenLIT's platform, OneUptime, laminar read it"
        ),
        total=COST,
        parts={},
        # Where it says other money than dollars, which the number then is not in any more.
        ends=(CURRENCY,),
    ),
    Convention(
        name="semconv_draft",
        evidence=(
            "open-telemetry/semantic-conventions-genai pull request 443, head 972e9e2a: currency and "
            "source are required beside an amount. The parts of issue 484 are not written: they are "
            "numbers under gen_ai.usage., which Langfuse takes for tokens"
        ),
        total="gen_ai.usage.cost.amount",
        parts={},
        currency=CURRENCY,
        source="gen_ai.usage.cost.source",
        # A name cannot be a namespace too where attributes are objects (Elasticsearch, OpenSearch).
        ends=(
            COST,
            "gen_ai.usage.cost.input",
            "gen_ai.usage.cost.output",
            "gen_ai.usage.cost.cache_read",
            "gen_ai.usage.cost.cache_write",
            "gen_ai.usage.cost.reasoning",
            "gen_ai.usage.cost.tool",
        ),
    ),
    Convention(
        name="openinference",
        evidence=(
            "openinference-semantic-conventions 0.1.42 (SpanAttributes.LLM_COST_*; "
            "spec/semantic_conventions.md): prompt and completion are the whole of each side"
        ),
        total="llm.cost.total",
        parts={
            "llm.cost.prompt": _ALL_INPUT,
            "llm.cost.completion": _ALL_OUTPUT,
            "llm.cost.prompt_details.input": _INPUT,
            "llm.cost.prompt_details.cache_read": _CACHE_READ,
            "llm.cost.prompt_details.cache_write": _CACHE_WRITE,
            "llm.cost.prompt_details.audio": _AUDIO,
            "llm.cost.completion_details.output": _OUTPUT,
            "llm.cost.completion_details.reasoning": _REASONING,
            "llm.cost.completion_details.audio": _OUTPUT_AUDIO,
        },
        ends=("llm.cost.prompt_details.cache_input",),
    ),
    Convention(
        name="logfire",
        evidence=(
            "pydantic-ai 2.68 (models/instrumented.py) and logfire 5.2 set it as a float; Logfire's "
            "badge of spans above sums it"
        ),
        total="operation.cost",
        parts={},
    ),
    Convention(
        name="signoz",
        evidence=(
            "SigNoz/signoz-otel-collector processor/signozllmpricingprocessor (added by 797) writes, "
            "SigNoz/signoz telemetrytypes reads them; cost_input is without the cache"
        ),
        total="_signoz.gen_ai.total_cost",
        parts={
            "_signoz.gen_ai.cost_input": (*_INPUT, *_AUDIO),
            "_signoz.gen_ai.cost_output": _ALL_OUTPUT,
            "_signoz.gen_ai.cost_cache_read": _CACHE_READ,
            "_signoz.gen_ai.cost_cache_write": _CACHE_WRITE,
        },
    ),
    Convention(
        name="sentry",
        evidence=(
            "getsentry/sentry-conventions gen_ai.cost.* (double, US dollars; input and output are the "
            "whole of each side) as getsentry/relay's span AI module writes and Sentry sums them"
        ),
        total="gen_ai.cost.total_tokens",
        parts={
            "gen_ai.cost.input_tokens": _ALL_INPUT,
            "gen_ai.cost.output_tokens": _ALL_OUTPUT,
            "gen_ai.cost.cache_read.input_tokens": _CACHE_READ,
            "gen_ai.cost.cache_creation.input_tokens": _CACHE_WRITE,
            "gen_ai.cost.reasoning.output_tokens": _REASONING,
        },
    ),
    Convention(
        name="langfuse",
        evidence=(
            "langfuse/langfuse OtelIngestionProcessor reads the JSON text before gen_ai.usage.cost; "
            "members that stand beside each other, as langfuse 5.0.4's LangChain callback names them"
        ),
        text="langfuse.observation.cost_details",
        total="total",
        parts={
            "input": _INPUT,
            "input_audio": _AUDIO,
            "input_cache_read": _CACHE_READ,
            "input_cache_creation": _CACHE_WRITE,
            "output": _OUTPUT,
            "output_audio": _OUTPUT_AUDIO,
            "output_reasoning": _REASONING,
        },
    ),
)

CONVENTIONS: Final[Mapping[str, Convention]] = {each.name: each for each in _ALL}
