"""The configuration in the Collector's shape: `load` reads it once into one frozen `Settings`.

The only reader of files and of the environment. Invariant: what `load` returns is complete and
checked; what cannot be used is one `ConfigError` with every problem in it.
"""

from __future__ import annotations

from processor.settings.load import load, loads
from processor.settings.problems import ConfigError
from processor.settings.values import (
    MIB,
    AttributionSettings,
    BatchSettings,
    EnrichSettings,
    ExporterSettings,
    GrpcServer,
    HealthServer,
    HttpServer,
    KeepaliveSettings,
    MetricsPage,
    MetricsSettings,
    PricingSettings,
    QueueSettings,
    RetrySettings,
    Settings,
    SourceSettings,
    StorageSettings,
    TelemetrySettings,
    TlsSettings,
)

__all__ = [
    "MIB",
    "AttributionSettings",
    "BatchSettings",
    "ConfigError",
    "EnrichSettings",
    "ExporterSettings",
    "GrpcServer",
    "HealthServer",
    "HttpServer",
    "KeepaliveSettings",
    "MetricsPage",
    "MetricsSettings",
    "PricingSettings",
    "QueueSettings",
    "RetrySettings",
    "Settings",
    "SourceSettings",
    "StorageSettings",
    "TelemetrySettings",
    "TlsSettings",
    "load",
    "loads",
]
