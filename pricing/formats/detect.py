"""Which form a price source has: by its content, never by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pricing.formats import genai_cost, genai_prices, litellm, openlit
from pricing.formats.document import parse
from pricing.problems import PriceError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pricing.formats.document import Document
    from pricing.formats.loaded import Loaded

AUTO: Final = "auto"
READERS: Final[Mapping[str, Callable[[Document], Loaded]]] = {
    genai_cost.NAME: genai_cost.read,
    openlit.NAME: openlit.read,
    litellm.NAME: litellm.read,
    genai_prices.NAME: genai_prices.read,
}
FORMATS: Final = (AUTO, *READERS)


def read(data: bytes, name: str, form: str = AUTO) -> Loaded:
    """The prices in some bytes; `name` stands in messages; raises `PriceError`."""
    document = parse(data, name)
    if form not in FORMATS:
        raise PriceError([f"{name}: unknown format {form!r}{nearest(form, FORMATS)}"])
    form = detect(document.value) if form == AUTO else form
    if not form:
        raise PriceError(
            [f"{name}: no known price format; a file of ours begins with `genai-cost: 1`"]
        )
    if not isinstance(document.value, dict) and form != genai_prices.NAME:
        raise PriceError([f"{name}: needs to be a mapping, as {form} files are"])
    return READERS[form](document)


def detect(content: Any) -> str:
    """The name of the form; empty where it is none that we know."""
    if isinstance(content, list):
        items: list[Any] = content
        return genai_prices.NAME if items and all(_has(item, "models") for item in items) else ""
    if not isinstance(content, dict):
        return ""
    fields: dict[str, Any] = content
    if "genai-cost" in fields:
        return genai_cost.NAME
    if any(name in fields and isinstance(fields[name], dict) for name in openlit.MAPS) and not any(
        _has(item, "litellm_provider") for item in fields.values()
    ):
        return openlit.NAME
    if _has(fields, "models", "id") or isinstance(fields.get("providers"), list):
        return genai_prices.NAME
    if any(isinstance(item, dict) and litellm.is_entry(item) for item in fields.values()):
        return litellm.NAME
    return genai_cost.NAME if "providers" in fields else ""


def _has(item: Any, *keys: str) -> bool:
    return isinstance(item, dict) and all(key in item for key in keys)
