"""Which known id a misspelt one stands for: a slip in one word, every digit the same, or punctuation alone.

For warnings about files that people write. Ids that differ in a number, a short word or a whole word are other
models, whether known yet or not. Bounded: an id is held only against those that share all its other words.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORDS: Final = re.compile(r"[a-z]+|[0-9]+")
_SHORTEST: Final = 4
"""Letters of the longer of two words that are one letter apart: below it they are two words."""
_MOST_WORDS: Final = 12
_MOST_HELD: Final = 64
"""So many words in one place of otherwise equal ids are looked at."""
_Place = tuple[int, tuple[str, ...]]


class Spelling:
    """The ids of one seller, ready for questions; about a microsecond each to build and to ask."""

    def __init__(self, models: Iterable[str]) -> None:
        self._letters: dict[str, str] = {}
        self._places: dict[_Place, dict[str, str]] = {}
        for model in models:
            words = _words(model)
            self._letters.setdefault("".join(words), model)
            for place, word in _places(words):
                self._places.setdefault(place, {}).setdefault(word, model)

    def meant(self, model: str) -> str:
        """The id that this one likely is; itself where it is known, empty where none is like it."""
        words = _words(model)
        same = self._letters.get("".join(words))
        if same is not None:
            return same
        for place, word in _places(words):
            known = self._places.get(place, {})
            for like in list(known)[:_MOST_HELD]:
                if _slipped(word, like):
                    return known[like]
        return ""


def _words(model: str) -> tuple[str, ...]:
    return tuple(_WORDS.findall(model.lower()))


def _places(words: tuple[str, ...]) -> list[tuple[_Place, str]]:
    if len(words) > _MOST_WORDS:
        return []
    return [
        ((i, (*words[:i], *words[i + 1 :])), word)
        for i, word in enumerate(words)
        if word.isalpha() and len(word) > 1
    ]


def _slipped(word: str, known: str) -> bool:
    """Whether a word is a known one with two letters swapped, one left out, or one doubled."""
    if len(word) == len(known):
        apart = [
            i for i, pair in enumerate(zip(word, known, strict=True)) if pair[0] != pair[1]
        ]
        if len(apart) != 2 or len(word) <= 2:
            return False
        i, j = apart
        return j == i + 1 and word[i] == known[j] and word[j] == known[i]
    longer, shorter = (word, known) if len(word) > len(known) else (known, word)
    if len(longer) != len(shorter) + 1 or len(longer) < _SHORTEST:
        return False
    i = next((i for i, letter in enumerate(shorter) if letter != longer[i]), len(shorter))
    if longer[:i] + longer[i + 1 :] != shorter:
        return False
    if longer is known:  # an `x` more at the end is another model: glm-4.5-airx
        return i < len(shorter)
    return any(a == b for a, b in pairwise(word))
