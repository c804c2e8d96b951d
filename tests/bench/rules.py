"""The ten models' prices as a Collector's user would write them: statements for the transform processor.

They are made from our own table, so that both sides are asked for the same amounts and the answers can be compared.
"""

from __future__ import annotations

from typing import Any, Final

from pricing import PriceBook, Question, Quote
from tests.bench.load import MODELS, START_NS

_SPAN: Final = 'span.attributes["{}"]'
_READ: Final = _SPAN.format("gen_ai.usage.cache_read.input_tokens")
_INPUT: Final = _SPAN.format("gen_ai.usage.input_tokens")
_OUTPUT: Final = _SPAN.format("gen_ai.usage.output_tokens")
_CLASSES: Final = ("input", "cache_read", "output")


def transform() -> dict[str, Any]:
    """The processor's configuration; spans without an operation are not tried at all."""
    return {
        "error_mode": "ignore",
        "trace_statements": [
            {
                "context": "span",
                "conditions": [_SPAN.format("gen_ai.operation.name") + " != nil"],
                "statements": _statements(),
            }
        ],
    }


def _statements() -> list[str]:
    book = PriceBook()
    book.reload(START_NS / 1e9)
    made: list[str] = []
    for provider, asked, answered in MODELS:
        question = Question(model=answered, request_model=asked, provider=provider)
        fresh, read, out = (_usd(book, question, name) for name in _CLASSES)
        made.append(
            f"set({_SPAN.format('gen_ai.usage.cost')}, "
            f"({_INPUT} - {_READ}) * {fresh} + {_READ} * {read} + {_OUTPUT} * {out}) "
            f'where {_SPAN.format("gen_ai.response.model")} == "{answered}"'
        )
    return made


def _usd(book: PriceBook, question: Question, usage_class: str) -> str:
    """Dollars for a token, as decimal text; a price for input holds where a class has none."""
    quote = book.current.quote(question, {usage_class: 1}, START_NS)
    if not isinstance(quote, Quote):
        raise TypeError(f"{question.model} is not priced: {quote}")
    return f"{quote.atto_usd / 10**18:.18f}".rstrip("0")
