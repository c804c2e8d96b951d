"""LiteLLM's price keys: which usage class, above which context, in which tier.

`input_cost_per_token_above_272k_tokens_batches` is the class input, above 272,000, in batch. Keys of
other shapes have their own rules in `litellm_units`; what is left over is listed, never guessed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pricing.tables.making.rows import Price, When, ordered

if TYPE_CHECKING:
    from collections.abc import Mapping

_CLASS: Final[Mapping[str, str]] = {
    "input_cost_per_token": "input",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
    "cache_creation_input_token_cost_above_12hr": "cache_write_12h",
    "output_cost_per_token": "output",
    "output_cost_per_reasoning_token": "reasoning",
    "citation_cost_per_token": "citation",
    "input_cost_per_audio_token": "input_audio",
    "cache_read_input_audio_token_cost": "cache_read_audio",
    "output_cost_per_audio_token": "output_audio",
    "input_cost_per_image_token": "input_image",
    "cache_read_input_image_token_cost": "cache_read_image",
    "output_cost_per_image_token": "output_image",
    "input_cost_per_video_token": "input_video",
    "output_cost_per_video_token": "output_video",
}
_TIERS: Final = ("batches", "priority", "flex", "balanced", "ultrafast")
_KEY: Final = re.compile(
    r"(?P<name>.+?)(?:_above_(?P<context>\d+)k_tokens)?(?:_(?P<tier>" + "|".join(_TIERS) + "))?"
)


def token_price_key(key: str) -> tuple[str, When] | None:
    """Class and condition of a price per token, or None for a key of another kind."""
    found = _KEY.fullmatch(key)
    if found is None or found["name"] not in _CLASS:
        return None
    pairs: list[tuple[str, str]] = []
    if found["context"]:
        pairs.append(("context_over", str(int(found["context"]) * 1000)))
    if found["tier"] == "batches":
        pairs.append(("batch", "true"))
    elif found["tier"]:
        pairs.append(("service_tier", found["tier"]))
    return _CLASS[found["name"]], ordered(pairs)


def tidy(classes: dict[str, Price], standard: Mapping[str, Price]) -> None:
    """Drop prices that say no more than their parent does, or that nobody is ever charged."""
    if "cache_write" not in standard:
        classes.pop(
            "cache_write", None
        )  # Gemini's long prompts: the read price under a wrong key
    for name, parent in (
        ("reasoning", "output"),
        ("input_image", "input"),
        ("input_video", "input"),
    ):
        if name in classes and parent in classes and classes[name].same(classes[parent]):
            del classes[name]
    for name in ("cache_read", "output_image", "output_audio", "input_audio"):
        if name in classes and classes[name].amount == 0:
            del classes[name]  # a zero beside a price: not filled in, rather than free
    write = classes.get("cache_write")
    if write is not None and write.amount == 0 and classes.get("input", write).amount > 0:
        del classes["cache_write"]  # "no fee for writing": such a token is charged as input
    if write is not None and "input" in classes and write.amount > 10 * classes["input"].amount:
        classes.pop("cache_write", None)  # a price per hour of storage
