"""Attributes as Prometheus labels, by the rules of the Collector's translation from OTLP.

https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-attributes
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from processor.metrics.instruments import Attributes

_NOT_IN_A_NAME: Final = re.compile(r"[^a-zA-Z0-9_]")


def labels_text(attributes: Attributes) -> str:
    """What stands between the braces: sorted and escaped, the same text for the same labels.

    Two keys that become one name share it, values joined, or the page would say a label twice.
    """
    labels: dict[str, str] = {}
    for key, value in attributes:
        name = label_name(key)
        labels[name] = f"{labels[name]};{value}" if name in labels else value
    return ",".join(f'{name}="{escaped(value)}"' for name, value in sorted(labels.items()))


def label_name(key: str) -> str:
    """A key as a name."""
    name = _NOT_IN_A_NAME.sub("_", key)
    if name == "le":
        return "exported_le"  # the histogram's own
    return f"key_{name}" if name[:1].isdigit() else name


def escaped(value: str) -> str:
    """A value as it stands between quotes."""
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
