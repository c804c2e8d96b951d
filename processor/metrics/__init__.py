"""What is counted of the calls, and how it leaves: as OTLP, and as a page for Prometheus.

Neither OTLP's classes nor prometheus_client are imported before something is exposed.
"""

from processor.metrics.exporter import MetricsExporter
from processor.metrics.ledger import Ledger
from processor.metrics.otlp import OtlpView
from processor.metrics.page import Page

__all__ = ["Ledger", "MetricsExporter", "OtlpView", "Page"]
