"""tokencost's model_prices.json: LiteLLM's map as it was on the day of a release, without its sample.

The same keys mean the same; an early release names no provider, and then the model's name says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pricing.formats import litellm
from pricing.formats.document import is_mapping

if TYPE_CHECKING:
    from pricing.formats.document import Document
    from pricing.formats.loaded import Loaded

NAME: Final = "tokencost"


def read(document: Document) -> Loaded:
    """The prices in a document of this form; raises `PriceError`."""
    return litellm.read(document, NAME)


def is_map(fields: dict[str, Any]) -> bool:
    """Whether a map of LiteLLM's keys is tokencost's: no sample, and `max_tokens` in most entries.

    LiteLLM's own file always has its `sample_spec`; of the two readers either gives the same prices.
    """
    entries = [item for item in fields.values() if is_mapping(item) and litellm.is_entry(item)]
    limits = sum("max_tokens" in item for item in entries)
    return "sample_spec" not in fields and 2 * limits > len(entries) > 0
