"""genai-prices and LiteLLM on the same cases: what each answers, and how long one call takes.

A script for an interpreter that has them (`pip install genai-prices litellm`), reading cases with disjoint
usage as JSON lines from standard input and writing one JSON object. Each gets the usage in the form
that it asks for, the tier, batch and place in the words it knows. Fees for tools are outside the two functions
of LiteLLM that are called here.
"""

from __future__ import annotations

import json
import logging
import os
import statistics
import sys
import time
from datetime import datetime
from importlib import import_module, metadata
from typing import Any

Case = dict[str, Any]

_PROVIDERS = {
    "aws.bedrock": ("aws", "bedrock"),
    "azure": ("azure", "azure"),
    "azure.ai.openai": ("azure", "azure"),
    "google": ("google", "gemini"),
    "gcp.vertex_ai": ("google", "vertex_ai"),
    "x-ai": ("x-ai", "xai"),
    "litellm": ("litellm", None),
}


def genai_prices() -> Any:
    """Its calculator over one of our cases."""
    peer: Any = import_module("genai_prices")

    def price(case: Case) -> float:
        classes = case["classes"]

        def total(*names: str) -> Any:
            return sum(classes.get(name, 0) for name in names) or None

        usage = peer.Usage(
            input_tokens=total(*(n for n in classes if _is_prompt(n))),
            output_tokens=total(*(n for n in classes if _is_answer(n))),
            cache_read_tokens=total(*(n for n in classes if n.startswith("cache_read"))),
            cache_write_tokens=total("cache_write", "cache_write_1h"),
            cache_write_1h_tokens=total("cache_write_1h"),
            input_audio_tokens=total("input_audio", "cache_read_audio"),
            cache_audio_read_tokens=total("cache_read_audio"),
            input_image_tokens=total("input_image", "cache_read_image"),
            cache_image_read_tokens=total("cache_read_image"),
            output_audio_tokens=total("output_audio"),
            output_image_tokens=total("output_image"),
            output_reasoning_tokens=total("reasoning"),
            output_citation_tokens=total("citation"),
            web_searches=total("searches"),
            audio_seconds=total("audio_seconds"),
            input_document_pages=total("pages"),
        )
        context = {"processing": "batch"} if case["batch"] else {}
        if case["tier"]:
            context["service_tier"] = case["tier"]
        found = peer.calc_price(
            usage,
            case["model"],
            provider_id=_PROVIDERS.get(case["provider"], (case["provider"],))[0],
            genai_request_timestamp=datetime.fromisoformat(case["timestamp"]),
            price_context=context,
        )
        return float(found.total_price)

    return price


def litellm() -> Any:
    """Its calculator over one of our cases."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # noqa: TID251  its setting, not ours
    peer: Any = import_module("litellm")
    batch: Any = import_module("litellm.cost_calculator")
    types: Any = import_module("litellm.types.utils")

    logging.disable(logging.CRITICAL)

    def price(case: Case) -> float:
        classes = case["classes"]
        prompt = sum(n for name, n in classes.items() if _is_prompt(name))
        answer = sum(n for name, n in classes.items() if _is_answer(name))
        cached = sum(n for name, n in classes.items() if name.startswith("cache_read"))
        written = classes.get("cache_write", 0) + classes.get("cache_write_1h", 0)
        hour = classes.get("cache_write_1h", 0)
        usage = types.Usage(
            prompt_tokens=prompt,
            completion_tokens=answer,
            total_tokens=prompt + answer,
            prompt_tokens_details={
                "cached_tokens": cached,
                "cache_creation_tokens": written,
                "cache_creation_token_details": {
                    "ephemeral_5m_input_tokens": written - hour,
                    "ephemeral_1h_input_tokens": hour,
                },
                "audio_tokens": classes.get("input_audio", 0),
                "image_tokens": classes.get("input_image", 0),
                "web_search_requests": classes.get("searches"),
            },
            completion_tokens_details={
                "reasoning_tokens": classes.get("reasoning", 0),
                "audio_tokens": classes.get("output_audio", 0),
                "image_tokens": classes.get("output_image", 0),
            },
            cache_read_input_tokens=cached,
            cache_creation_input_tokens=written,
            **({"inference_geo": case["region"]} if case["region"] else {}),
        )
        seller = _PROVIDERS.get(case["provider"], (None, case["provider"]))[1]
        if case["batch"]:
            return float(sum(batch.batch_cost_calculator(usage, case["model"], seller)))
        seconds = classes.get("audio_seconds", 0)
        sides = peer.cost_per_token(
            model=case["model"],
            custom_llm_provider=seller,
            usage_object=usage,
            service_tier=case["tier"] or None,
            region_name=case["region"] or None,
            data_residency=case["region"] or None,
            prompt_characters=classes.get("input_characters"),
            audio_transcription_file_duration=float(seconds),
            call_type="transcription" if seconds else "completion",
        )
        return float(sum(sides))

    return price


def _is_prompt(name: str) -> bool:
    return name.startswith(
        ("input", "cache_read", "cache_write", "tool_input")
    ) and not name.endswith(("characters", "images", "seconds"))


def _is_answer(name: str) -> bool:
    return name in {"output", "reasoning", "citation", "output_audio", "output_image"}


def judged(price: Any, cases: list[Case]) -> dict[str, Any]:
    """How many a peer gets right, and its microseconds a call over those that it answers."""
    right, took, missed = 0, list[float](), list[str]()
    for case in cases:
        try:
            answer = price(case)
        except Exception:  # noqa: BLE001 - whatever it raises: it has no price
            answer = None
        wanted = case["wanted"]
        good = (
            answer is None
            if wanted is None
            else answer is not None and _close(answer, float(wanted))
        )
        right += good
        if not good:
            missed.append(case["id"])
        if answer is not None:
            took.append(_timed(price, case))
    return {
        "right": right,
        "of": len(cases),
        "answered": len(took),
        "us": statistics.median(took) if took else None,
        "missed": missed,
    }


def _close(answer: float, wanted: float) -> bool:
    return abs(answer - wanted) <= abs(wanted) * 1e-9


def _timed(price: Any, case: Case) -> float:
    rounds = 30
    begin = time.process_time()
    for _ in range(rounds):
        price(case)
    return (time.process_time() - begin) / rounds * 1e6


def main() -> None:
    """One object: a peer's name and version to what it did, or why it was left out."""
    cases = [json.loads(line) for line in sys.stdin]
    made: dict[str, Any] = {}
    for name, load in (("genai-prices", genai_prices), ("litellm", litellm)):
        try:
            made[f"{name} {metadata.version(name)}"] = judged(load(), cases)
        except ImportError as absent:
            made[name] = {"skipped": f"{absent}"}
    sys.stdout.write(json.dumps(made))


if __name__ == "__main__":
    main()
