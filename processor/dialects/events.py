"""Which log records describe a call to a model, and in which dialect: by the event's name.

Data and one look-up. A record's name stands in its own field, in the older `event.name` attribute, or as
the whole of its body. Where no row speaks, a record is no business of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from processor.dialects.agents.claude_code import CLAUDE_CODE
from processor.dialects.agents.codex import CODEX
from processor.dialects.agents.gemini_cli import GEMINI_CLI
from processor.dialects.agents.qwen_code import QWEN_CODE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from processor.dialects.dialect import Dialect
    from processor.wire.fields import Value

NAME: Final = "event.name"
KIND: Final = "event.kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One kind of record that describes a call."""

    names: tuple[str, ...]
    short: tuple[str, ...] = ()
    """Names that mean it under the dialect's own scopes only; with none, every name means it there."""
    dialect: Dialect | None = None
    """None: it speaks as a span of the same scope does."""
    kind: str = ""
    """What `event.kind` has to say; empty where that does not matter."""
    in_its_span: bool = False
    """It is written within the span of the call itself, not within some span around it."""
    repeated_by: tuple[str, ...] = ()
    """Scopes that write it next to a fuller record of the same call."""


EVENTS: Final[tuple[Event, ...]] = (
    # semantic-conventions-genai, gen-ai-events.md; written by opentelemetry-instrumentation-genai-* 1.3b0
    # and openlit 1.45. Gemini CLI's own record of the same call is fuller: agents/gemini_cli.py.
    Event(
        names=("gen_ai.client.inference.operation.details",),
        in_its_span=True,
        repeated_by=("gemini-cli",),
    ),
    Event(
        names=("claude_code.api_request",),
        short=("api_request",),
        dialect=CLAUDE_CODE,
    ),
    Event(
        names=("codex.sse_event", "codex.websocket_event"),
        dialect=CODEX,
        kind="response.completed",
    ),
    Event(
        names=("gemini_cli.api_response",),
        short=("api_response",),
        dialect=GEMINI_CLI,
    ),
    Event(
        names=("qwen-code.api_response",),
        short=("api_response",),
        dialect=QWEN_CODE,
    ),
)

AGENTS: Final[tuple[Dialect, ...]] = tuple(
    event.dialect for event in EVENTS if event.dialect is not None
)
KEYS: Final = frozenset({NAME, KIND})
"""Attributes that `event_of` reads."""


def event_of(names: Iterable[str], scope: str, attributes: Mapping[str, Value]) -> Event | None:
    """The row for a record that calls itself by these names; None where it describes no call."""
    called = {*names, _text(attributes.get(NAME))} - {""}
    kind = _text(attributes.get(KIND))
    for event in EVENTS:
        if (not event.kind or event.kind == kind) and _means(event, called, scope):
            return event
    return None


def _means(event: Event, called: set[str], scope: str) -> bool:
    if not called.isdisjoint(event.names):
        return True
    if event.dialect is None or not scope.startswith(event.dialect.scopes):
        return False
    # Codex puts no name of its own on the record that has the counts.
    return not called.isdisjoint(event.short) if event.short else bool(event.kind)


def _text(value: Value | None) -> str:
    return value if isinstance(value, str) else ""
