"""Whose money it is: the resource of a span, and the dimensions its counters are split by.

A resource is read once for as long as it is remembered, not once a request: a pod sends the same
bytes all its life. The memos are bounded, since resources come from strangers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cachetools import LRUCache

from processor.model import Origin
from processor.wire.attributes import pairs
from processor.wire.fields import fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from processor.wire.fields import Value

# What of a resource its counters keep: nothing that names a pod, or every restart is a new series.
KEPT: Final = frozenset(
    {
        "service.name",
        "service.namespace",
        "service.version",
        "deployment.environment.name",
        "k8s.cluster.name",
        "k8s.namespace.name",
        "k8s.deployment.name",
        "k8s.statefulset.name",
        "k8s.daemonset.name",
        "k8s.cronjob.name",
        "k8s.job.name",
    }
)
OLD_ENVIRONMENT: Final = "deployment.environment"
MEMO_BYTES: Final = 8192
"""A longer resource or scope is read anew each time: 4,096 remembered ones stay under 32 MiB."""
MAX_LABEL: Final = 256
"""Longest label value kept, in characters; what is longer is cut."""


class Resource:
    """What is known of the sender of a span; the same object for as long as it is remembered."""

    __slots__ = ("dimensions", "origin")

    def __init__(self, origin: Origin, dimensions: tuple[str, ...]) -> None:
        self.origin = origin
        self.dimensions = dimensions
        """Values of the configured dimensions that it has; empty text where it has none."""


class Attribution:
    """Reads resources, scopes and dimensions."""

    def __init__(self, dimensions: Sequence[str], kept: frozenset[str] = KEPT) -> None:
        self._dimensions = tuple(dimensions)
        self.wanted = frozenset(dimensions)
        """Attributes of a span that are asked for; where it has none, its resource speaks."""
        self._kept = kept
        self._resources: LRUCache[bytes, Resource] = LRUCache(maxsize=4096)
        self._scopes: LRUCache[bytes, tuple[str, str]] = LRUCache(maxsize=1024)

    def resource(self, about: bytes) -> Resource:
        """The sender, from a Resource message's bytes."""
        known = self._resources.get(about)
        if known is None:
            known = self._read_resource(about)
            if len(about) <= MEMO_BYTES:
                self._resources[about] = known
        return known

    def scope(self, about: bytes) -> tuple[str, str]:
        """(name, version) from an InstrumentationScope message's bytes."""
        known = self._scopes.get(about)
        if known is None:
            known = read_scope(about)
            if len(about) <= MEMO_BYTES:
                self._scopes[about] = known
        return known

    def dimensions(
        self, attributes: Mapping[str, Value], resource: Resource
    ) -> tuple[str, ...]:
        """Values of the configured dimensions: the span's own, else its resource's."""
        if not self._dimensions:
            return ()
        return tuple(
            [
                label(attributes[name]) if name in attributes else inherited
                for name, inherited in zip(self._dimensions, resource.dimensions, strict=True)
            ]
        )

    def _read_resource(self, about: bytes) -> Resource:
        found: dict[str, str] = {}
        for key, value in pairs(about, 0, len(about), 1):  # attributes = 1
            if key in self._kept or key in self._dimensions or key == OLD_ENVIRONMENT:
                found.setdefault(key, label(value))
        environment = found.get("deployment.environment.name") or found.get(OLD_ENVIRONMENT, "")
        kept = {key: value for key, value in found.items() if key in self._kept}
        if environment:
            kept["deployment.environment.name"] = environment
        origin = Origin(kept.get("service.name", ""), environment, tuple(sorted(kept.items())))
        return Resource(origin, tuple(found.get(name, "") for name in self._dimensions))


def label(value: Value) -> str:
    """An attribute's value as a label: text, true and false, numbers; lists and maps are left out."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return ""
    return str(value)[:MAX_LABEL]


def read_scope(about: bytes) -> tuple[str, str]:
    """(name, version) of an InstrumentationScope."""
    name = version = ""
    for tag, start, end in fields(about, 0, len(about)):
        if tag == 0x0A:  # name = 1
            name = about[start:end].decode("utf-8", "replace")
        elif tag == 0x12:  # version = 2
            version = about[start:end].decode("utf-8", "replace")
    return name, version
