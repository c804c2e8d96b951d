"""The Collector's own components that people paste, and what does each one's job here.

Data only. Invariant: every entry ends the sentence "<component> is not part of this service; ...".
"""

from __future__ import annotations

from typing import Final

_BEFORE: Final = "leave it in the Collector in front"
_BEHIND: Final = "leave it in the Collector behind, which otlp_grpc sends to"
_SENDER: Final = "a Collector receives it and sends OTLP here"
_PAGE: Final = "the costs are on our Prometheus page (service.telemetry.metrics)"
_CONNECTS: Final = "connectors stay in a Collector; here pipelines end at exporters"

ELSEWHERE: Final[dict[str, dict[str, str]]] = {
    "receivers": {
        "jaeger": _SENDER,
        "zipkin": _SENDER,
        "kafka": _SENDER,
        "prometheus": _SENDER,
        "hostmetrics": _SENDER,
        "filelog": _SENDER,
        "file_log": _SENDER,
        "k8s_cluster": _SENDER,
        "kubeletstats": _SENDER,
        "datadog": _SENDER,
        "awsxray": _SENDER,
        "otlpjsonfile": "`genai-cost replay` is to read stored OTLP",
        "nop": "leave the pipeline out",
    },
    "processors": {
        "k8sattributes": f"{_BEFORE}; its attributes become metric labels by `dimensions`",
        "k8s_attributes": f"{_BEFORE}; its attributes become metric labels by `dimensions`",
        "resource": _BEFORE,
        "resourcedetection": _BEFORE,
        "attributes": f"{_BEHIND}: the cost is an attribute of the span by then",
        "transform": f"{_BEHIND}: the cost is an attribute of the span by then",
        "span": _BEHIND,
        "filter": f"{_BEHIND}: what is filtered in front is never counted",
        "redaction": _BEHIND,
        "tail_sampling": f"{_BEHIND}: costs are to be counted before sampling",
        "probabilistic_sampler": f"{_BEHIND}: costs are to be counted before sampling",
        "groupbytrace": _BEFORE,
        "groupbyattrs": _BEHIND,
        "cumulativetodelta": _BEHIND,
        "deltatocumulative": _BEHIND,
        "metricstransform": _BEHIND,
        "interval": "genai_cost.metrics.interval says how often derived metrics leave",
        "routing": _BEHIND,
    },
    "exporters": {
        "prometheus": _PAGE,
        "prometheusremotewrite": f"{_PAGE}, or {_BEHIND}",
        "kafka": _BEHIND,
        "zipkin": _BEHIND,
        "jaeger": "Jaeger takes OTLP: write otlp_grpc with its port 4317",
        "loki": "Loki takes OTLP over HTTP: a Collector behind sends it",
        "datadog": _BEHIND,
        "awsxray": _BEHIND,
        "awsemf": _BEHIND,
        "googlecloud": _BEHIND,
        "azuremonitor": _BEHIND,
        "elasticsearch": _BEHIND,
        "clickhouse": _BEHIND,
        "splunk_hec": _BEHIND,
        "signalfx": _BEHIND,
        "loadbalancing": "put it in the Collector in front: it sends each trace to one replica",
        "logging": "write debug",
        "nop": "write debug",
    },
    "extensions": {
        "healthcheckv2": "write health_check",
        "pprof": "leave it out",
        "zpages": "leave it out: our Prometheus page says what the service does",
        "memory_ballast": "leave it out",
        "oauth2client": "leave it in the Collector behind",
        "oidc": "leave it in the Collector in front",
        "k8s_observer": "leave it in a Collector",
        "opamp": "leave it out",
    },
    "connectors": {
        "spanmetrics": "genai_cost counts the money; for other metrics put it in a Collector behind",
        "span_metrics": "genai_cost counts the money; for other metrics put it in a Collector behind",
        "servicegraph": _CONNECTS,
        "count": _CONNECTS,
        "sum": _CONNECTS,
        "routing": _CONNECTS,
        "failover": _CONNECTS,
        "forward": _CONNECTS,
        "exceptions": _CONNECTS,
    },
}

# What there is, so that a near miss is named.
HERE: Final[dict[str, tuple[str, ...]]] = {
    "receivers": ("otlp",),
    "processors": ("genai_cost", "memory_limiter", "batch"),
    "exporters": ("otlp_grpc", "otlp_http", "debug", "file"),
    "extensions": (
        "health_check",
        "file_storage",
        "bearertokenauth",
        "basicauth",
        "headers_setter",
    ),
    "connectors": (),
}

# The Collector renamed some; both names are accepted.
SAME: Final[dict[str, str]] = {"otlp": "otlp_grpc", "otlphttp": "otlp_http"}
