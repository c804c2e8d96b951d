"""OpenLIT's pricing.json, as it is published, and its short form `{input, output}`.

USD per 1,000 tokens, per image by quality and size, per 1,000 characters or per second. It names no
providers, so its prices are for whoever serves a model of that name. Both forms may be mixed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pricing.decimals import bounded
from pricing.formats.document import is_mapping
from pricing.formats.loaded import Gathering, Loaded
from pricing.layer import ANY
from pricing.problems import nearest
from pricing.rows import Conditions, Fact, Row, value

if TYPE_CHECKING:
    from pricing.formats.document import Document, Path
    from pricing.rates import Rate

NAME: Final = "openlit"
MAPS: Final = ("chat", "embeddings", "images", "audio")
_CHAT: Final = {
    "promptPrice": "input",
    "completionPrice": "output",
    "cacheReadPrice": "cache_read",
    "cacheCreationPrice": "cache_write",
    "input": "input",
    "output": "output",
    "cacheRead": "cache_read",
    "cacheCreation": "cache_write",
    "cache_read": "cache_read",
    "cache_write": "cache_write",
    "reasoningPrice": "reasoning",
}
# Its one audio number means two units; the name of the model says which (trap 16).
_HEARD: Final = ("whisper", "transcribe", "stt", "nova-", "scribe")


def read(document: Document) -> Loaded:
    """The prices in a document of this form; raises `PriceError`."""
    found = Gathering(document)
    for name, models in document.value.items():
        if name not in MAPS:
            found.problem((name,), f"unknown key {name!r}{nearest(name, MAPS)}")
        elif not is_mapping(models):
            found.problem((name,), "needs to be a mapping of models")
        else:
            for model, content in models.items():
                _READERS[name](found, (name, model), model, content)
    return found.finish(NAME)


def _chat(found: Gathering, path: Path, model: str, content: Any) -> None:
    if not is_mapping(content):
        found.problem(path, f"needs prices such as {', '.join(list(_CHAT)[:4])}")
        return
    rates: dict[str, Rate] = {}
    for key, amount in content.items():
        if key not in _CHAT:
            found.problem((*path, key), f"unknown key {key!r}{nearest(key, _CHAT)}")
            continue
        made = _rate(found, (*path, key), _CHAT[key], amount, 1000)
        if made is not None:
            rates[_CHAT[key]] = made
    if not content:
        found.problem(path, "names no price")
    elif rates:
        found.entry(ANY, model, [Row(rates, source=NAME)], mode="chat")


def _embedding(found: Gathering, path: Path, model: str, content: Any) -> None:
    made = _rate(found, path, "input", content, 1000)
    if made is not None:
        found.entry(ANY, model, [Row({"input": made}, source=NAME)], mode="embedding")


def _image(found: Gathering, path: Path, model: str, content: Any) -> None:
    if not is_mapping(content):
        found.problem(path, "needs prices by quality and size")
        return
    for quality, sizes in content.items():
        if not is_mapping(sizes):
            found.problem((*path, quality), "needs prices by size")
            continue
        for size, amount in sizes.items():
            made = _rate(found, (*path, quality, size), "images", amount, 1)
            facts = tuple(
                Fact(name, frozenset({value(name, text)}))
                for name, text in (("quality", quality), ("size", size))
            )
            if made is not None:
                row = Row({"images": made}, when=Conditions(facts), source=NAME)
                found.entry(ANY, model, [row], mode="image")


def _audio(found: Gathering, path: Path, model: str, content: Any) -> None:
    heard = any(word in model.lower() for word in _HEARD)
    name, per = ("audio_seconds", 1) if heard else ("input_characters", 1000)
    made = _rate(found, path, name, content, per)
    if made is not None:
        mode = "transcription" if heard else "speech"
        found.entry(ANY, model, [Row({name: made}, source=NAME)], mode=mode)


def _rate(found: Gathering, path: Path, name: str, amount: Any, per: int) -> Rate | None:
    number = bounded(amount)
    if number is None:
        found.problem(path, f"{amount!r} is not a price")
        return None
    return found.rate(path, name, number, per)


_READERS: Final = {"chat": _chat, "embeddings": _embedding, "images": _image, "audio": _audio}
