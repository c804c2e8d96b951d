"""The form of a dialect: a table that says where an instrumentation writes what.

A dialect is data. A `Spec` names an attribute, or with `#` a place inside an attribute that holds
JSON: `langfuse.observation.usage_details#input`. In a list, `type=WORD` picks the maps that say so (in
upper case; `A|B` either, of names too, `A*` a beginning, `*` anything, `!=` those that don't, `a/b` b in
a), `n()` counts them; else its first is meant. `sum(a|b)` adds up the counts of a map whose names begin
so. `key#chars(other)` is a text's length, if `other` is there too. Of several specs the first that is
there counts.
Each table names the packages and versions it was read from (`read_from`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

from processor.dialects.reported import REPORTED_COST
from processor.dialects.texts import CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Mapping

Spec: TypeAlias = str


class Kind(Enum):
    """What a span that speaks of models is about."""

    INFERENCE = "inference"
    """One call to a model: what a provider bills."""
    AGGREGATE = "aggregate"
    """Something around calls: an agent, a workflow, a chain, a tool. What it counts, its calls count."""


BATCH: Final = "batch"
"""The calls of a whole batch at once: their sum at the price of batches."""

# What `gen_ai.operation.name` and its like may say of a call to a model, in lower case, and the
# operation we name it. Semantic conventions first; the rest is what dialects say for the same.
OPERATIONS: Final[Mapping[str, str]] = {
    "chat": "chat",
    "generate_content": "generate_content",
    "text_completion": "text_completion",
    "embeddings": "embeddings",
    "completion": "text_completion",
    "embedding": "embeddings",
    "image_generation": "image_generation",
    "image": "image_generation",
    "generate_image": "image_generation",
    "speech": "speech",
    "text_to_speech": "speech",
    "audio": "speech",
    "transcription": "transcription",
    "speech_to_text": "transcription",
    "audio_transcription": "transcription",
    "translation": "transcription",
    "rerank": "rerank",
    "reranker": "rerank",
    "ocr": "ocr",
    "moderation": "moderation",
    "video": "video_generation",
    "video_generation": "video_generation",
    "generate_video": "video_generation",
    BATCH: BATCH,
    "llm": "chat",
    "chat_model": "chat",
    "generation": "chat",
    "responses": "chat",
    "inference": "chat",
    "converse": "chat",
    "messages": "chat",
}

# Its members' calls are what is billed. Source: semantic-conventions-genai, gen-ai-agent-spans.md,
# and what Strands, LoongSuite, CrewAI and the AI SDK write.
AGGREGATES: Final[frozenset[str]] = frozenset(
    {
        "agent",
        "agent_step",
        "chain",
        "create_agent",
        "create_memory",
        "create_memory_store",
        "delete_memory",
        "delete_memory_store",
        "evaluator",
        "event",
        "execute_event_loop_cycle",
        "execute_task",
        "execute_tool",
        "fetch_response",
        "graph",
        "guardrail",
        "invoke_agent",
        "invoke_workflow",
        "parser",
        "plan",
        "prompt",
        "react_step",
        "retrieval",
        "retriever",
        "search_memory",
        "session",
        "span",
        "step",
        "task",
        "tool",
        "update_memory",
        "upsert_memory",
        "workflow",
    }
)

# Of those, what runs on behalf of a model: calls below it are not the call above it.
TOOLS: Final[frozenset[str]] = frozenset(
    {"ai.toolcall", "execute_tool", "mcp_tool_call", "tool", "tool_call"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Where one family of instrumentations writes what; every field is data."""

    name: str
    read_from: str
    """Packages and versions whose telemetry this table was read from."""
    scopes: tuple[str, ...] = ()
    """Beginnings of instrumentation scope names that speak it."""
    marks: tuple[Spec, ...] = ()
    """Attributes that only this dialect writes: they tell it where the scope does not."""
    operation: tuple[Spec, ...]
    operations: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further words for operations, lower case; an empty operation means an aggregate."""
    provider: tuple[Spec, ...] = ()
    address: tuple[Spec, ...] = ("server.address",)
    request_model: tuple[Spec, ...] = ()
    response_model: tuple[Spec, ...] = ()
    response_id: tuple[Spec, ...] = ()
    service_tier: tuple[Spec, ...] = ()
    region: tuple[Spec, ...] = ("cloud.region",)
    usage: Mapping[str, tuple[Spec, ...]]
    """Counts by class as the dialect says them: totals may hold their parts (see containment)."""
    reported_cost: tuple[Spec, ...] = ()
    unbilled: tuple[tuple[Spec, str], ...] = ()
    """What says that nobody billed the call: (attribute, its value in lower case), a cache's hit."""
    conditions: Mapping[str, tuple[Spec, ...]] = field(
        default_factory=dict[str, tuple[Spec, ...]]
    )
    """What a price can depend on beside counts: size, quality, ... Numbers are texts there."""
    batched: tuple[str, ...] = ()
    """Attributes that stand on a call that was one of a batch, whatever they say."""
    signs: tuple[tuple[Spec, str, str], ...] = ()
    """What says that a class was used without a count of it: (attribute, a word in it, the class)."""

    untrue: tuple[tuple[Spec, str], ...] = ()
    """What says that the counts are not the provider's: (attribute, a word in it)."""

    def costs(self) -> tuple[Spec, ...]:
        """Places where a cost may stand: its own, then those that others write on any span."""
        own = self.reported_cost
        return (*own, *[name for name in REPORTED_COST if name not in own])

    def telling(self) -> set[Spec]:
        """Places that say what a span is about: its operation, its models, its counts."""
        counts = (spec for specs in self.usage.values() for spec in specs)
        return {*self.operation, *self.request_model, *self.response_model, *counts}

    def told(self) -> list[Spec]:
        """Places whose texts say what a span is about."""
        conditions = (spec for specs in self.conditions.values() for spec in specs)
        return [
            *self.operation,
            *self.provider,
            *self.address,
            *self.request_model,
            *self.response_model,
            *self.service_tier,
            *self.region,
            *[spec for spec, _ in self.unbilled],
            *[spec for spec, _, _ in self.signs],
            *[spec for spec, _ in self.untrue],
            *conditions,
        ]

    def specs(self) -> set[Spec]:
        """Every place this dialect reads."""
        lists = (
            self.marks,
            self.told(),
            self.response_id,
            self.costs(),
            self.batched,
            *self.usage.values(),
        )
        return {spec for specs in lists for spec in specs}

    def attributes(self) -> set[str]:
        """Every attribute it reads."""
        places = [spec.partition("#") for spec in self.specs()]
        asked = [
            path[len(CHARACTERS) : -1] for _, _, path in places if path.startswith(CHARACTERS)
        ]
        return {*[key for key, _, _ in places], *asked}
