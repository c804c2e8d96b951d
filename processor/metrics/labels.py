"""Attributes as Prometheus labels, by the rules of the Collector's translation from OTLP.

https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-attributes
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from processor.metrics.instruments import Attributes

PromLabels: TypeAlias = dict[str, str]

_NOT_IN_A_NAME: Final = re.compile(r"[^a-zA-Z0-9_]")


def labels_of(attributes: Attributes) -> PromLabels:
    """Attributes as labels; two keys that become one share it, as in the Collector's translation."""
    labels: PromLabels = {}
    for key, value in attributes:
        name = label_name(key)
        labels[name] = f"{labels[name]};{value}" if name in labels else value
    return labels


def label_name(key: str) -> str:
    """An attribute's key as a label's name, by the rules of the Collector's translation."""
    name = _NOT_IN_A_NAME.sub("_", key)
    if name == "le":
        return "exported_le"  # the histogram's own
    return f"key_{name}" if name[:1].isdigit() else name
