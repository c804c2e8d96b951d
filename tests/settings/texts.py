"""Configurations for the tables of this folder, small and whole."""

from __future__ import annotations

from processor.settings import ConfigError, Settings, loads

WHOLE = """\
receivers:
  otlp: {protocols: {grpc: {}, http: {}}}
processors:
  genai_cost: {}
exporters:
  otlp_grpc: {endpoint: "collector:4317", tls: {insecure: true}}
service:
  pipelines:
    traces: {receivers: [otlp], processors: [genai_cost], exporters: [otlp_grpc]}
"""


def with_(old: str, new: str) -> str:
    """WHOLE with one piece of it replaced."""
    assert old in WHOLE
    return WHOLE.replace(old, new)


def cost(block: str) -> str:
    """WHOLE with this flow mapping for `genai_cost`."""
    return with_("genai_cost: {}", f"genai_cost: {block}")


def hop(more: str) -> str:
    """WHOLE with more keys on its exporter."""
    return with_("tls: {insecure: true}}", f"tls: {{insecure: true}}, {more}}}")


def read(text: str, **environ: str) -> Settings:
    return loads(text, "c.yaml", environ)


def problems(text: str, **environ: str) -> list[str]:
    """What is wrong with a text; fails where nothing is."""
    try:
        settings = read(text, **environ)
    except ConfigError as error:
        return error.problems
    msg = f"nothing is wrong with it: {settings}"
    raise AssertionError(msg)


def problem(text: str, **environ: str) -> str:
    """The one thing that is wrong with a text."""
    (only,) = problems(text, **environ)
    return only
