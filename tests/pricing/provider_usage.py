"""Each provider's own usage object as disjoint classes, by that provider's own rules.

For golden costs only: the service reads telemetry, not raw responses. What is inside what (traps 1
to 3): OpenAI's cache, cache writes and reasoning inside, Anthropic's and Bedrock's cache outside,
Gemini's thoughts and tool prompt outside, the reasoning of xAI's and Perplexity's chat outside,
Cohere's billed units.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Usage = dict[str, int | Decimal]
Raw = dict[str, Any]

# A speech or image model's whole output is of its modality; OpenAI does not split it then.
OUTPUT_MODALITY = {"gpt-4o-mini-tts": "output_audio", "gpt-image-1": "output_image"}
# Calls that no usage object counts, by whatever name a case gives them.
COUNTED = {
    "searches": ("web_searches", "web_search_calls", "num_search_queries", "search_queries"),
    "file_searches": ("file_searches", "file_search_calls"),
    "maps_searches": ("maps_searches", "maps_queries", "google_maps_queries"),
    "code_sessions": ("code_sessions", "code_interpreter_sessions", "containers"),
    "requests": ("requests",),
    "messages": ("text_messages", "input_text_messages"),
}
UNITS = {
    "input_characters": "input_characters",
    "characters": "input_characters",
    "billed_characters": "input_characters",
    "n": "images",
    "images": "images",
    "num_images": "images",
    "pixels": "pixels",
    "video_seconds": "video_seconds",
    "pages": "pages",
    "pages_processed": "pages",
    "duration": "audio_seconds",
    "seconds": "audio_seconds",
    "audio_seconds": "audio_seconds",
    "prompt_audio_seconds": "audio_seconds",
    "duration_seconds": "audio_seconds",
    "billable_audio_seconds": "audio_seconds",
    "search_units": "rerank_units",
    "queries": "rerank_units",
}


def read(provider: str, model: str, raw: Raw, extra: Raw) -> Usage:
    """Disjoint usage; empty where nothing was used."""
    usage = _tokens(provider, model, raw)
    usage |= {name: count for name, count in _units(raw).items() if name not in usage}
    for name, keys in COUNTED.items():
        counts = [told[key] for told in (extra, raw) for key in keys if told.get(key)]
        if counts:
            usage[name] = counts[0]
    return usage


def _tokens(provider: str, model: str, raw: Raw) -> Usage:
    if "billed_units" in raw:
        billed: Raw = raw["billed_units"]
        made = {"input": billed.get("input_tokens"), "output": billed.get("output_tokens")}
        return {name: n for name, n in made.items() if n is not None} | _units(billed)
    if "promptTokenCount" in raw:
        return _gemini(raw)
    if "inputTokens" in raw:
        return _bedrock(raw)
    if "cache_creation_input_tokens" in raw or (
        provider == "anthropic" and "input_tokens" in raw
    ):
        parts: list[Raw] = raw.get("iterations") or [raw]
        return _summed([_anthropic(part) for part in parts], raw)
    if "prompt_tokens" in raw or "input_tokens" in raw or "total_tokens" in raw:
        return _openai(provider, model, raw)
    return {}


def _summed(parts: list[Usage], raw: Raw) -> Usage:
    usage: Usage = {}
    for part in parts:
        for name, count in part.items():
            usage[name] = usage.get(name, 0) + count
    searches = raw.get("server_tool_use", {}).get("web_search_requests", 0)
    return usage | ({"searches": searches} if searches else {})


def _anthropic(raw: Raw) -> Usage:
    by_ttl: Raw = raw.get("cache_creation") or {}
    hour: int = by_ttl.get("ephemeral_1h_input_tokens", 0)
    short: int = by_ttl.get("ephemeral_5m_input_tokens", 0)
    written: int = raw.get("cache_creation_input_tokens") or hour + short
    return {
        "input": raw.get("input_tokens", 0),
        "cache_read": raw.get("cache_read_input_tokens") or 0,
        "cache_write": written - hour,
        "cache_write_1h": hour,
        "output": raw.get("output_tokens", 0),
    }


def _bedrock(raw: Raw) -> Usage:
    details: list[Raw] = raw.get("cacheDetails") or []
    hour = sum(each["inputTokens"] for each in details if each.get("ttl") == "1h")
    return {
        "input": raw["inputTokens"],
        "cache_read": raw.get("cacheReadInputTokens", 0),
        "cache_write": raw.get("cacheWriteInputTokens", 0) - hour,
        "cache_write_1h": hour,
        "output": raw.get("outputTokens", 0),
    }


def _gemini(raw: Raw) -> Usage:
    prompt = _modalities(raw.get("promptTokensDetails"))
    cached = _modalities(raw.get("cacheTokensDetails"))
    made = _modalities(raw.get("candidatesTokensDetails"))
    usage: Usage = {"tool_input": raw.get("toolUsePromptTokenCount", 0)}
    fresh, kept = raw["promptTokenCount"], raw.get("cachedContentTokenCount", 0)
    drawn = raw.get("candidatesTokenCount", 0)
    fresh -= kept
    for modality in ("audio", "image", "video"):
        once = cached.get(modality, 0)
        usage[f"cache_read_{modality}"] = once
        usage[f"input_{modality}"] = prompt.get(modality, 0) - once
        usage[f"output_{modality}"] = made.get(modality, 0)
        fresh -= prompt.get(modality, 0) - once
        kept -= once
        drawn -= made.get(modality, 0)
    thoughts = raw.get("thoughtsTokenCount", 0)
    return usage | {"input": fresh, "cache_read": kept, "output": drawn, "reasoning": thoughts}


def _modalities(details: list[Raw] | None) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in details or []:
        # A page of a document is billed as the image that it is read as.
        modality = item["modality"].lower().replace("document", "image")
        found[modality] = found.get(modality, 0) + item["tokenCount"]
    return found


def _openai(provider: str, model: str, raw: Raw) -> Usage:
    prompt: Any = raw.get("prompt_tokens", raw.get("input_tokens"))
    if prompt is None:  # embeddings: the total is the input
        return {"input": raw["total_tokens"]}
    output: Any = raw.get("completion_tokens", raw.get("output_tokens", 0))
    inside = _first(raw, "prompt_tokens_details", "input_tokens_details", "input_token_details")
    made = _first(
        raw, "completion_tokens_details", "output_tokens_details", "output_token_details"
    )
    kept: Raw = inside.get("cached_tokens_details") or {}
    cached = inside.get("cached_tokens", inside.get("cache_read_input_tokens", 0))
    cached = cached or raw.get("prompt_cache_hit_tokens", 0) or raw.get("cached_tokens", 0)
    cached_audio, cached_image = kept.get("audio_tokens", 0), kept.get("image_tokens", 0)
    written = inside.get("cache_write_tokens", 0)
    audio, image = inside.get("audio_tokens", 0), inside.get("image_tokens", 0)
    spoken, drawn = made.get("audio_tokens", 0), made.get("image_tokens", 0)
    reasoning: Any = made.get("reasoning_tokens", raw.get("reasoning_tokens", 0))
    # Of their chat alone: their responses have it inside, as everybody's.
    outside = provider in {"x_ai", "perplexity"} and "prompt_tokens" in raw
    usage: Usage = {
        "input": prompt - cached - written - (audio - cached_audio) - (image - cached_image),
        "cache_read": cached - cached_audio - cached_image,
        "input_audio": audio - cached_audio,
        "cache_read_audio": cached_audio,
        "input_image": image - cached_image,
        "cache_read_image": cached_image,
        "output": output - spoken - drawn - (0 if outside else reasoning),
        "output_audio": spoken,
        "output_image": drawn,
        "reasoning": reasoning,
    }
    if written:
        usage["cache_write"] = written
    if raw.get("citation_tokens"):
        usage["citation"] = raw["citation_tokens"]
    modality = OUTPUT_MODALITY.get(model)
    if modality and not made:
        usage[modality], usage["output"] = usage["output"], 0
    return usage


def _first(raw: Raw, *names: str) -> Raw:
    found: Raw = next((raw[name] for name in names if raw.get(name)), dict[str, Any]())
    return found


def _units(raw: Raw) -> Usage:
    return {
        UNITS[key]: Decimal(str(count)) if isinstance(count, float) else count
        for key, count in raw.items()
        if key in UNITS and isinstance(count, int | float)
    }
