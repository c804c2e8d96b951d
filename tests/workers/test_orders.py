"""What a worker is told is what the service was told, and its share of the bounds."""

from __future__ import annotations

from processor.model import Signal
from processor.receive.doors import Claims
from processor.receive.shared import Claim
from processor.settings.values import MIB
from processor.workers.orders import Orders, read, share_of, written
from tests.settings.texts import read as settings_of

TEXT = """\
receivers:
  otlp:
    protocols:
      grpc: {auth: {authenticator: bearertokenauth}, include_metadata: true}
      http: {}
processors:
  memory_limiter: {limit_mib: 320}
  genai_cost: {pricing: {aliases: {ours: openai/gpt-4o}}}
extensions:
  bearertokenauth: {token: secret}
  file_storage: {directory: /var/lib/queue}
exporters:
  otlp_grpc:
    endpoint: "collector:4317"
    headers: {x-tenant: shop}
    sending_queue: {storage: file_storage, queue_size: 999}
  otlp_http: {endpoint: "https://otlp.example.com"}
service:
  extensions: [bearertokenauth, file_storage]
  pipelines:
    traces:
      receivers: [otlp]
      processors: [memory_limiter, genai_cost]
      exporters: [otlp_grpc, otlp_http]
  workers: WORKERS
"""


def test_orders_arrive_as_they_were_written() -> None:
    settings = settings_of(TEXT.replace("WORKERS", "2"))
    claims = Claims(Claim(4317, ("127.0.0.1:4317", "[::1]:4317")))
    signals = frozenset([Signal.TRACES])
    orders = Orders(share_of(settings, 1), claims, signals, signals, "agent", 8.0)
    assert read(written(orders)) == orders
    assert "secret" not in repr(read(written(orders)))


def test_bounds_are_divided_and_files_are_apart() -> None:
    settings = settings_of(TEXT.replace("WORKERS", "4"))
    shares = [share_of(settings, place) for place in (1, 2, 3, 4)]
    assert {share.admission_bytes for share in shares} == {80 * MIB}
    queues = [share.exporters["otlp_grpc"].sending_queue for share in shares]
    assert {queue.queue_size for queue in queues} == {250}
    places = [queue.place.directory for queue in queues if queue.place is not None]
    assert places == [f"/var/lib/queue/worker-{place}" for place in (1, 2, 3, 4)]


def test_the_largest_message_is_taken_by_every_worker() -> None:
    settings = settings_of(TEXT.replace("WORKERS", "16"))
    assert share_of(settings, 1).admission_bytes == 64 * MIB
