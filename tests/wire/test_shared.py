"""A claimed port is shared by our own processes, and by nobody else as long as the claim lasts."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from processor.errors import ConfigError
from processor.receive.listen import listen
from processor.receive.shared import claim, listen_beside

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTING = "receivers.otlp.protocols.http.endpoint"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_ours_share_it_and_others_do_not(host: str, stack: ExitStack) -> None:
    found, held = claim(f"{host}:0", SETTING)
    for each in held:
        stack.enter_context(each)
    for _ in range(2):  # before ours listen, and when they have ended
        with pytest.raises(ConfigError, match="is taken by another program"):
            listen(f"{host}:{found.port}", SETTING)
        with pytest.raises(ConfigError, match="is taken by another program"):
            claim(f"127.0.0.1:{found.port}", SETTING)
        with ExitStack() as ours:
            listeners = [
                ours.enter_context(listen_beside(address))
                for address in found.addresses
                for _ in range(2)
            ]
            for address in found.addresses:
                _reaches(address, listeners)
            with pytest.raises(ConfigError, match="is taken by another program"):
                claim(f"{host}:{found.port}", SETTING)
    for each in held:
        each.close()
    for each in listen(f"{host}:{found.port}", SETTING):
        each.close()


def _reaches(address: str, listeners: list[socket.socket]) -> None:
    """Every connection is taken by one of ours."""
    host, _, port = address.rpartition(":")
    for _ in range(16):
        with socket.create_connection((host.strip("[]"), int(port)), timeout=10):
            taken = 0
            while not taken:
                for listener in listeners:
                    try:
                        accepted, _ = listener.accept()
                    except BlockingIOError:
                        continue
                    accepted.close()
                    taken += 1
            assert taken == 1


def test_a_port_that_is_taken_is_not_claimed(stack: ExitStack) -> None:
    for each in listen("127.0.0.1:0", SETTING):
        stack.enter_context(each)
        port = each.getsockname()[1]
        with pytest.raises(ConfigError, match=f"localhost:{port} is taken"):
            claim(f"localhost:{port}", SETTING)
