"""Which proxy a URL is asked through, by the variables that everybody knows.

`HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in either case; no proxy can reach our own loopback. Pure:
the environment is handed in. gRPC reads them by itself.
"""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from processor.settings.values import Headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.settings.values import ExporterSettings, Settings


def with_proxies(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """Settings whose HTTP exporters know their proxy; one that is written wins."""
    exporters = {name: _with(each, environ) for name, each in settings.exporters.items()}
    return replace(settings, exporters=exporters)


def proxy_of(url: str, environ: Mapping[str, str]) -> str:
    """The proxy for *url*; empty text for none."""
    said = {key.lower(): value for key, value in environ.items() if key.isupper()}
    said |= {key: value for key, value in environ.items() if key.islower() and value}
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    found = said.get(f"{parts.scheme}_proxy", "")
    if not found or host == "localhost" or host.startswith("127.") or host == "::1":
        return ""
    netloc = parts.netloc.rpartition("@")[2].lower()
    if any(
        _covers(each.strip().lower(), host, netloc)
        for each in said.get("no_proxy", "").split(",")
    ):
        return ""
    return found if "://" in found else f"http://{found}"


def _covers(rule: str, host: str, netloc: str) -> bool:
    """Whether one entry of `NO_PROXY` means the host: all, an address or net, a domain and what is below."""
    if not rule:
        return False
    if rule in {"*", host, netloc}:
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host) in ipaddress.ip_network(rule, strict=False)
    return host.endswith(f".{rule.removeprefix('*').removeprefix('.')}")


def _with(exporter: ExporterSettings, environ: Mapping[str, str]) -> ExporterSettings:
    details = exporter.http
    if details is None or details.proxies:
        return exporter
    found = {url: proxy_of(url, environ) for url in details.urls.values()}
    proxies = Headers({url: proxy for url, proxy in found.items() if proxy})
    return exporter._replace(http=details._replace(proxies=proxies))
