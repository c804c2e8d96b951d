"""Component ids: `type` or `type/name`, which types there are, and who is defined but not used.

Invariant: an id that comes out of `defined` has a type that this service has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from processor.settings.components import ELSEWHERE, HERE, SAME
from processor.settings.problems import nearest
from processor.settings.waiting import WAITING

if TYPE_CHECKING:
    from processor.settings.block import Block
    from processor.settings.document import Node


def type_of(section: str, component: str) -> str:
    """Return the type of an id, by its present name."""
    kind = component.partition("/")[0].strip()
    return SAME.get(kind, kind) if section == "exporters" else kind


def defined(block: Block, section: str) -> dict[str, tuple[str, Node]]:
    """Return the section's components that we have, `id -> (type, node)`; report the others."""
    found: dict[str, tuple[str, Node]] = {}
    for component, node in block.entries():
        kind = type_of(section, component)
        waits = WAITING.get(f"{section}.{kind}")
        if waits is not None:
            block.problem(f"waits for a later release; {waits.meanwhile}", component)
        elif kind in HERE[section]:
            found[component] = (kind, node)
        else:
            block.problem(_stranger(section, kind), component)
    return found


def _stranger(section: str, kind: str) -> str:
    if kind in ELSEWHERE[section]:
        return f"is not part of this service; {ELSEWHERE[section][kind]}"
    near = nearest(kind, HERE[section])
    known = ", ".join(HERE[section]) or "none"
    hint = f"did you mean `{near}`?" if near else f"{section} here: {known}"
    return f"is not part of this service; {hint}"
