"""Where a call was served, as far as it decides the price: an id, an address or the caller tells it.

What says where the model ran comes before what says where its caller ran: an ARN's or a path's own
region, the server address, Anthropic's `inference_geo`, and last `cloud.region`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pricing.patterns import Pattern
from pricing.providers import bare_host, remembered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pricing.answers import Question

GEO: Final = "inference_geo"
_UNTOLD: Final = frozenset({"not_available", "none", "null"})

_AWS: Final = r"(?:us|eu|ap|ca|sa|me|af|il|mx|cn)-(?:[a-z]+-)?[a-z]+-\d"
_GCP: Final = r"[a-z]+-[a-z]+\d+|us|eu|global"
_ARN: Final = Pattern(rf"(?:[a-z_/]+/)?arn:[a-z-]+:bedrock:({_AWS}):.*")
_ROUTE: Final = Pattern(rf"(?:[a-z_]+/){{0,3}}({_AWS})/.+")
_LOCATION: Final = Pattern(rf"projects/[^/]+/locations/({_GCP})/.+")
_AWS_HOST: Final = Pattern(rf"\b({_AWS})\b")
_GCP_HOST: Final = Pattern(rf"({_GCP})-aiplatform\.")
_RESIDENT: Final = Pattern(r"(us|eu|in|jp|ca|kr|sg|au|gb|ae)\.api\.openai\.com")
# Addresses that serve from anywhere, at the price without a surcharge.
_WORLDWIDE: Final = Pattern(r"api\.openai\.com|aiplatform\.(?:googleapis\.com|.*goog)")
# How clouds write regions: a caller that runs in another cloud tells nothing of where the model ran.
_WRITTEN: Final[Mapping[str, Pattern]] = {
    "aws.bedrock": Pattern(rf"{_AWS}|us-gov|us|eu|apac|global"),
    "gcp.vertex_ai": Pattern(_GCP),
}


def region_of(question: Question, provider: str) -> str:
    """The region that a provider's price may depend on; empty where nothing tells it."""
    for model in (question.model, question.request_model):
        told = from_id(model, provider)
        if told:
            return told
    told = from_address(question.endpoint) or _geo(question)
    if told:
        return told
    region = question.region.strip().lower()
    form = _WRITTEN.get(provider)
    return region if form is None or form.fullmatch(region) else ""


def from_id(model: str, provider: str) -> str:
    """The region that a Bedrock ARN or route, or a Vertex AI path, names; empty where none does."""
    text = model.strip().lower()
    patterns = {"aws.bedrock": (_ARN, _ROUTE), "gcp.vertex_ai": (_LOCATION,)}
    for pattern in patterns.get(provider, ()):
        match = pattern.fullmatch(text)
        if match is not None:
            return match[1]
    return ""


@remembered
def from_address(host: str) -> str:
    """The cloud region or residency that a server address names; empty where it names none."""
    bare = bare_host(host)
    if not bare:
        return ""
    for pattern in (_RESIDENT, _GCP_HOST):
        match = pattern.match(bare)
        if match is not None:
            return match[1]
    if _WORLDWIDE.fullmatch(bare):
        return "global"
    match = _AWS_HOST.search(bare) if "amazonaws" in bare or bare.endswith("api.aws") else None
    return match[1] if match else ""


def _geo(question: Question) -> str:
    told = dict(question.attributes).get(GEO, "").strip().lower()
    return "" if told in _UNTOLD else told
