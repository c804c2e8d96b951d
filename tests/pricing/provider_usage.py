"""Each provider's own usage object as disjoint classes, by that provider's own rules.

For golden costs only: the service reads telemetry, not raw responses. What is inside what (traps 1
to 3): OpenAI's cache and reasoning inside, Anthropic's and Bedrock's cache outside, Gemini's
thoughts and tool prompt outside, xAI's and Perplexity's reasoning outside, Cohere's billed units.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Usage = dict[str, int | Decimal]
Raw = dict[str, Any]

# A speech or image model's whole output is of its modality; OpenAI does not split it then.
OUTPUT_MODALITY = {"gpt-4o-mini-tts": "output_audio", "gpt-image-1": "output_image"}


def read(provider: str, model: str, raw: Raw, extra: Raw) -> Usage:
    """Disjoint usage; empty where nothing was used."""
    if "billed_units" in raw:
        usage = _plain(raw["billed_units"])
    elif "promptTokenCount" in raw:
        usage = _gemini(raw)
    elif "inputTokens" in raw:
        usage = _bedrock(raw)
    elif provider == "anthropic":
        usage = _anthropic(raw)
    elif "prompt_tokens" in raw or "input_tokens" in raw or "total_tokens" in raw:
        usage = _openai(provider, model, raw)
    else:
        usage = _units(raw)
    for name in ("web_searches", "num_search_queries"):
        count = extra.get(name, raw.get(name))
        if count:
            usage["searches"] = count
    return usage


def _plain(raw: Raw) -> Usage:
    return {"input": raw.get("input_tokens", 0), "output": raw.get("output_tokens", 0)}


def _anthropic(raw: Raw) -> Usage:
    written = raw.get("cache_creation_input_tokens", 0)
    by_ttl = raw.get("cache_creation", {})
    hour = by_ttl.get("ephemeral_1h_input_tokens", 0)
    usage: Usage = {
        "input": raw["input_tokens"],
        "cache_read": raw.get("cache_read_input_tokens", 0),
        "cache_write": written - hour,
        "cache_write_1h": hour,
        "output": raw["output_tokens"],
    }
    searches = raw.get("server_tool_use", {}).get("web_search_requests", 0)
    return usage | ({"searches": searches} if searches else {})


def _bedrock(raw: Raw) -> Usage:
    return {
        "input": raw["inputTokens"],
        "cache_read": raw.get("cacheReadInputTokens", 0),
        "cache_write": raw.get("cacheWriteInputTokens", 0),
        "output": raw["outputTokens"],
    }


def _gemini(raw: Raw) -> Usage:
    prompt = _modalities(raw.get("promptTokensDetails"))
    cached = _modalities(raw.get("cacheTokensDetails"))
    made = _modalities(raw.get("candidatesTokensDetails"))
    whole_cache = raw.get("cachedContentTokenCount", 0)
    audio, cached_audio = prompt.get("AUDIO", 0), cached.get("AUDIO", 0)
    image = made.get("IMAGE", 0)
    return {
        "input": raw["promptTokenCount"] - whole_cache - (audio - cached_audio),
        "cache_read": whole_cache - cached_audio,
        "input_audio": audio - cached_audio,
        "cache_read_audio": cached_audio,
        "tool_input": raw.get("toolUsePromptTokenCount", 0),
        "output": raw.get("candidatesTokenCount", 0) - image,
        "output_image": image,
        "reasoning": raw.get("thoughtsTokenCount", 0),
    }


def _modalities(details: list[Raw] | None) -> dict[str, int]:
    return {item["modality"]: item["tokenCount"] for item in details or []}


def _openai(provider: str, model: str, raw: Raw) -> Usage:
    prompt: Any = raw.get("prompt_tokens", raw.get("input_tokens"))
    if prompt is None:  # embeddings: the total is the input
        return {"input": raw["total_tokens"]}
    output: Any = raw.get("completion_tokens", raw.get("output_tokens", 0))
    inside = _first(raw, "prompt_tokens_details", "input_tokens_details", "input_token_details")
    made = _first(
        raw, "completion_tokens_details", "output_tokens_details", "output_token_details"
    )
    kept = inside.get("cached_tokens_details", {})
    cached, cached_audio = inside.get("cached_tokens", 0), kept.get("audio_tokens", 0)
    cached_image = kept.get("image_tokens", 0)
    audio, image = inside.get("audio_tokens", 0), inside.get("image_tokens", 0)
    spoken, drawn = made.get("audio_tokens", 0), made.get("image_tokens", 0)
    reasoning: Any = made.get("reasoning_tokens", raw.get("reasoning_tokens", 0))
    outside = provider in {"x_ai", "perplexity"}
    usage: Usage = {
        "input": prompt - cached - (audio - cached_audio) - (image - cached_image),
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
    named = {
        "input_characters": "input_characters",
        "characters": "input_characters",
        "n": "images",
        "video_seconds": "video_seconds",
        "pages_processed": "pages",
        "duration": "audio_seconds",
    }
    return {
        named[key]: Decimal(str(count)) if isinstance(count, float) else count
        for key, count in raw.items()
        if key in named
    }
