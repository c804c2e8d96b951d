"""What spans of one writer have in common: all they say but their numbers and their names.

Most spans of a writer differ only in how many tokens they count and what their answer was called.
All else that matters of a span is its shape, and what a shape means is worked out once
(`recognise.py`). Shapes are the nodes of a tree: each attribute leads from one to the next.
Invariant: never more shapes than `LIMIT` beside one root a writer, however strangers vary what they send.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from mypy_extensions import i64, mypyc_attr

from processor.wire.keys import filter_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from processor.dialects.recipe import Recipe

LIMIT: Final = 16_384
"""Shapes remembered; each holds at most `MAX_TOLD` bytes of a stranger's. Full, all go."""
MAX_TOLD: Final = 192
"""Longest attribute, key and value, that is part of a shape, in bytes."""
MIN_CUE: Final = 8
"""Fewer bytes are no cue: they are compared eight at a time."""
MAX_CUES: Final = 16
"""So often a shape learns another; where what comes next always differs, the last one stays."""

# What the value of an attribute is to a shape.
TELLS: Final = 1
"""Its whole text is part of the shape: an operation, a provider, a model."""
STANDS: Final = 2
"""Only that it stands there."""
COUNTS: Final = 3
"""A number; the shape knows whether it is 0."""
NAMES: Final = 4
"""What the answer is called."""
AT_LENGTH: Final = 5
"""No shape can hold it: the span is read the long way."""
ONLY_KEPT: Final = 6
"""Nothing but a dimension of the counters."""
COSTS: Final = 7
"""A cost that came with the span; the shape knows that it is there."""


@final
@mypyc_attr(acyclic=True)
class Key:
    """An attribute that somebody reads, and what its value is to a shape."""

    def __init__(self, text: str, role: i64, *, kept: bool) -> None:
        self.text: str = text
        self.role: i64 = role
        self.kept: bool = kept
        """Whether its value is also a dimension of the counters."""
        self.zero: Key | None = None
        """Of `COUNTS`: the step that is taken where the number is 0; None in that step itself."""


@final
@mypyc_attr(acyclic=True)
class Shape:
    """What a span has said so far, and what spans that said so mostly say next: the cue."""

    def __init__(self, counted: tuple[Key, ...]) -> None:
        self.counted: tuple[Key, ...] = counted
        """The keys of its numbers and costs in their order, zeros among them."""
        self.next: dict[object, Shape] = {}
        """By the next step: the bytes of an attribute that tells, or a `Key`."""
        self.recipe: Recipe | None = None
        """What it means; None as long as nobody worked it out."""
        self.cue: bytes = b""
        """How the next attribute begins or ends, up to its value; or all of one that tells."""
        self.cue_size: i64 = 0
        """Of `cue`; 0 as long as there is none."""
        self.cue_behind: bool = False
        """The cue ends the attribute: a Collector writes values before keys."""
        self.cue_key: Key | None = None
        """Whose value it is; None where the cue is a whole attribute."""
        self.cue_shape: Shape | None = None
        """Where a whole attribute leads, or a value that is no 0."""
        self.cues: i64 = 0
        """How many there were."""

    def expect(self, cue: bytes, key: Key, *, behind: bool) -> None:
        """What came is the next cue: all of an attribute but its value, which stands behind or before it."""
        self.cues += 1
        if len(cue) >= MIN_CUE:
            self.cue, self.cue_size, self.cue_behind = cue, len(cue), behind
            self.cue_key, self.cue_shape = key, None

    def expect_whole(self, cue: bytes, shape: Shape) -> None:
        """The same, of an attribute that tells."""
        self.cues += 1
        if len(cue) >= MIN_CUE:
            self.cue, self.cue_size, self.cue_behind = cue, len(cue), False
            self.cue_key, self.cue_shape = None, shape

    def forget(self) -> None:
        """Everything that spans said beyond this."""
        self.next.clear()
        self.cue_size, self.cue_key, self.cue_shape, self.cues = 0, None, None, 0


@final
class Ear:
    """The keys that one kind of writer is listened to for."""

    def __init__(self, roles: Mapping[str, int], kept: AbstractSet[str]) -> None:
        """`roles` maps a key to its role; `kept` are the dimensions."""
        keys = [
            Key(text, roles.get(text, ONLY_KEPT), kept=text in kept) for text in {*roles, *kept}
        ]
        for key in keys:
            if key.role == COUNTS:
                key.zero = Key(key.text, COUNTS, kept=False)
        self.keys: dict[bytes, Key] = {key.text.encode(): key for key in keys}
        self.filter: bytes = filter_of(self.keys)
        self.pairs: dict[bytes, Key] = {
            b"\n%c%b\x12" % (len(key), key): found
            for key, found in self.keys.items()
            if len(key) < 128
        }
        """By how an attribute begins, up to its value's tag: what an interpreter asks."""
        self.keeps_told: bool = any(key.kept and key.role == TELLS for key in keys)
        """Whether a dimension is also part of a shape."""


@final
class Shapes:
    """All shapes that are remembered: as many trees as there are writers."""

    def __init__(self) -> None:
        self._roots: list[Shape] = []
        self._size: int = 0

    def __len__(self) -> int:
        return len(self._roots) + self._size

    def root(self) -> Shape:
        """Where the spans of one more writer begin."""
        root = Shape(())
        self._roots.append(root)
        return root

    def after(self, shape: Shape, step: object) -> Shape:
        """A shape that was never seen: what was said so far, and this."""
        if self._size >= LIMIT:
            for root in self._roots:
                root.forget()
            self._size = 0
        self._size += 1
        counted = shape.counted
        if isinstance(step, Key) and step.role in (COUNTS, COSTS):
            counted = (*counted, step)
        found = shape.next[step] = Shape(counted)
        return found

    def clear(self) -> None:
        """Forget every writer."""
        self._roots.clear()
        self._size = 0
