"""Which form a price source has: by its content, never by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pricing.formats import genai_cost, genai_prices, litellm, openlit, tokencost
from pricing.formats.document import is_list, is_mapping, parse
from pricing.problems import PriceError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pricing.formats.document import Document
    from pricing.formats.loaded import Loaded
    from pricing.plausible import Limits

AUTO: Final = "auto"
READERS: Final[Mapping[str, Callable[[Document], Loaded]]] = {
    genai_cost.NAME: genai_cost.read,
    openlit.NAME: openlit.read,
    litellm.NAME: litellm.read,
    genai_prices.NAME: genai_prices.read,
    tokencost.NAME: tokencost.read,
}
FORMATS: Final = (AUTO, *READERS)


def read(data: bytes, name: str, form: str = AUTO, limits: Limits | None = None) -> Loaded:
    """The prices in some bytes; `name` stands in messages; raises `PriceError`."""
    document = parse(data, name)
    document.limits = limits
    if form not in FORMATS:
        raise PriceError([f"{name}: unknown format {form!r}{nearest(form, FORMATS)}"])
    form = detect(document.value) if form == AUTO else form
    if not form:
        raise PriceError(
            [f"{name}: no known price format; a file of ours begins with `genai-cost: 1`"]
        )
    if not is_mapping(document.value) and form != genai_prices.NAME:
        raise PriceError([f"{name}: needs to be a mapping, as {form} files are"])
    return READERS[form](document)


def detect(content: Any) -> str:
    """The name of the form; empty where it is none that we know."""
    if is_list(content):
        return (
            genai_prices.NAME
            if content and all(_has(item, "models") for item in content)
            else ""
        )
    if not is_mapping(content):
        return ""
    return next((form for form, looks_so in _LOOKS if looks_so(content)), "")


def _is_openlit(fields: dict[str, Any]) -> bool:
    maps = any(is_mapping(fields.get(name)) for name in openlit.MAPS)
    return maps and not any(_has(item, "litellm_provider") for item in fields.values())


def _is_genai_prices(fields: dict[str, Any]) -> bool:
    return _has(fields, "models", "id") or is_list(fields.get("providers"))


def _is_litellm(fields: dict[str, Any]) -> bool:
    return any(is_mapping(item) and litellm.is_entry(item) for item in fields.values())


_LOOKS: Final[tuple[tuple[str, Callable[[dict[str, Any]], bool]], ...]] = (
    (genai_cost.NAME, lambda fields: "genai-cost" in fields),
    (openlit.NAME, _is_openlit),
    (genai_prices.NAME, _is_genai_prices),
    (tokencost.NAME, tokencost.is_map),
    (litellm.NAME, _is_litellm),
    (genai_cost.NAME, lambda fields: "providers" in fields),
)


def _has(item: Any, *keys: str) -> bool:
    return is_mapping(item) and all(key in item for key in keys)
