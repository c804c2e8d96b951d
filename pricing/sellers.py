"""Whose rows may answer a question, in order: the seller is part of the price.

Address before grammar before name before model text (trap 19). A seller without a row of its own
answers nothing, but for the documented pairs of `SAME_LIST`, and then the match says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pricing.providers import (
    GATEWAYS,
    canonical,
    from_address,
    from_grammar,
    from_model,
    from_prefix,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pricing.answers import Question

# Sellers whose price list is another's, one hop: Azure's global deployments cost what OpenAI lists.
# https://azure.microsoft.com/pricing/details/cognitive-services/openai-service/
SAME_LIST: Final[Mapping[str, tuple[str, ...]]] = {
    "azure.ai.openai": ("azure.ai.inference", "openai"),
    "azure.ai.inference": ("azure.ai.openai", "openai"),
}


# Vendors whose clients and protocols also reach the clouds; a cloud's way to write ids then tells
# more than their name. Not so for resellers: Oracle writes `meta.llama-...` as Amazon does.
SPOKEN: Final = frozenset(
    {
        "openai",
        "anthropic",
        "cohere",
        "mistral_ai",
        "ai21",
        "deepseek",
        "gcp.gemini",
        "amazon_nova",
    }
)


class Seller(NamedTuple):
    """A provider to ask, and what led to it where the call did not name it."""

    provider: str
    how: tuple[str, ...] = ()


def sellers(question: Question, addressed: str = "") -> Iterator[Seller]:
    """Providers to ask, in order; `addressed` is whom the operator placed behind the address."""
    named = canonical(question.provider) if question.provider else ""
    if question.endpoint and not addressed:
        addressed = from_address(question.endpoint)
    written = ""
    if named in GATEWAYS or named in SPOKEN:
        written = from_grammar(question.model) or from_grammar(question.request_model)
    primary = addressed or written or ("" if named in GATEWAYS else named)
    if primary:
        yield Seller(primary)
        for other in SAME_LIST.get(primary, ()):
            yield Seller(other, (f"list_of:{other}",))
        if primary == written == "aws.bedrock" and not addressed:
            yield Seller("oci", ("inferred",))  # Oracle writes ids as Amazon does
        # Any seller is spoken to with OpenAI's client; its own address would say who it is not.
        if primary != "openai" or addressed:
            return
    for model in (question.model, question.request_model):
        prefixed, _ = from_prefix(model)
        if prefixed and prefixed != primary:
            yield Seller(prefixed, ("prefix",))
            return
    coined = "" if primary else from_model(question.model) or from_model(question.request_model)
    if coined:
        yield Seller(coined, ("inferred",))


def prefixes(question: Question) -> Iterator[Seller]:
    """Sellers that only a price file may know, by the model's prefix: `acme/llama` at a gateway."""
    named = canonical(question.provider) if question.provider else ""
    if from_address(question.endpoint) or (named not in GATEWAYS and named != "openai"):
        return
    for model in (question.model, question.request_model):
        prefix, slash, rest = model.partition("/")
        if slash and rest and prefix.strip():
            yield Seller(canonical(prefix), ("prefix",))
