"""Where providers' own answers say what was used: places inside JSON that instrumentations keep.

Data only: each function gives the specs by class under one place. Parts of totals alone; the totals
themselves hold different things with each provider, so a dialect names them itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.dialects.dialect import Spec

_DETAILS = ("prompt_tokens_details", "input_tokens_details")
_GIVEN = ("completion_tokens_details", "output_tokens_details")


def openai(at: Spec) -> dict[str, tuple[Spec, ...]]:
    """Chat completions, responses, images and transcriptions; `at` ends before `usage`'s members.

    Source: https://platform.openai.com/docs/api-reference
    """
    taken = [f"{at}{details}" for details in _DETAILS]
    given = [f"{at}{details}" for details in _GIVEN]
    return {
        "cache_read": tuple(f"{place}.cached_tokens" for place in taken),
        "cache_write": tuple(f"{place}.cache_write_tokens" for place in taken),
        "cache_write_12h": tuple(
            f"{place}.cache_write_tokens_details.ttl_12h_tokens" for place in taken
        ),
        "reasoning": tuple(f"{place}.reasoning_tokens" for place in given),
        "input_audio": tuple(
            f"{place}.audio_tokens" for place in (*taken, f"{at}input_token_details")
        ),
        "output_audio": tuple(f"{place}.audio_tokens" for place in given),
        "input_image": tuple(f"{place}.image_tokens" for place in taken),
        "output_image": tuple(f"{place}.image_tokens" for place in given),
        "audio_seconds": (f"{at}seconds",),
    }


def anthropic(at: Spec) -> dict[str, tuple[Spec, ...]]:
    """Messages. Source: https://platform.claude.com/docs/en/api/messages."""
    return {
        "cache_read": (f"{at}cache_read_input_tokens",),
        "cache_write": (f"{at}cache_creation_input_tokens",),
        "cache_write_1h": (f"{at}cache_creation.ephemeral_1h_input_tokens",),
        "searches": (f"{at}server_tool_use.web_search_requests",),
    }


def searches(at: Spec) -> tuple[Spec, ...]:
    """Web searches of an answer of the Responses API; opening a page found is no search, and free.

    Source: https://platform.openai.com/docs/guides/tools-web-search
    """
    return (f"{at}output.type=WEB_SEARCH_CALL.action/type!=OPEN_PAGE|FIND*.n()",)


def file_searches(at: Spec) -> tuple[Spec, ...]:
    """The same of file searches."""
    return (f"{at}output.type=FILE_SEARCH_CALL.n()",)


def search_size(asked: Spec, usage: Spec) -> tuple[Spec, ...]:
    """How much context a search gathers: as Perplexity says it was, then as it was asked for."""
    return (
        f"{usage}search_context_size",
        f"{asked}web_search_options.search_context_size",
        f"{asked}tools.type=WEB_SEARCH*.search_context_size",
    )


def perplexity(at: Spec) -> dict[str, tuple[Spec, ...]]:
    """Source: https://docs.perplexity.ai/api-reference."""
    return {"searches": (f"{at}num_search_queries",), "citation+": (f"{at}citation_tokens",)}


def gemini(at: Spec) -> dict[str, tuple[Spec, ...]]:
    """What generateContent answers, as the wire (`usageMetadata`) and the SDK (`usage_metadata`) spell it.

    Source: https://ai.google.dev/api/generate-content#UsageMetadata
    """
    wire, sdk = f"{at}usageMetadata.", f"{at}usage_metadata."
    parts = {
        "input": ("promptTokensDetails", "prompt_tokens_details"),
        "output": ("candidatesTokensDetails", "candidates_tokens_details"),
        "cache_read": ("cacheTokensDetails", "cache_tokens_details"),
    }
    named = {
        f"{whole}_{kind.lower()}": (
            f"{wire}{camel}.modality={kind}.tokenCount",
            f"{sdk}{snake}.modality={kind}.token_count",
        )
        for whole, (camel, snake) in parts.items()
        for kind in ("AUDIO", "IMAGE", "VIDEO")
    }
    return {
        "cache_read": (f"{wire}cachedContentTokenCount", f"{sdk}cached_content_token_count"),
        "reasoning": (f"{wire}thoughtsTokenCount", f"{sdk}thoughts_token_count"),
        "tool_input": (f"{wire}toolUsePromptTokenCount", f"{sdk}tool_use_prompt_token_count"),
        **named,
    }


def merged(*tables: Mapping[str, tuple[Spec, ...]]) -> dict[str, tuple[Spec, ...]]:
    """All specs by class, those of the first table first; each once."""
    found: dict[str, tuple[Spec, ...]] = {}
    for table in tables:
        for name, specs in table.items():
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), *specs)))
    return found
