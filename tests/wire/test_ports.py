"""Ports: all of an endpoint or nothing, and the error names the setting to change."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from processor.errors import ConfigError
from processor.model import Signal
from processor.receive.admission import Admission
from processor.receive.grpc_server import GrpcDoor
from processor.receive.http_server import HttpDoor
from processor.receive.listen import listen, port_of
from tests.doubles.intake import Echo

DOORS = [
    pytest.param(GrpcDoor, "receivers.otlp.protocols.grpc.endpoint", id="grpc"),
    pytest.param(HttpDoor, "receivers.otlp.protocols.http.endpoint", id="http"),
]
HALVES = [
    pytest.param("127.0.0.1", "::1", id="ipv4"),
    pytest.param("::1", "127.0.0.1", id="ipv6"),
]


@pytest.mark.parametrize(("taken", "other"), HALVES)
@pytest.mark.parametrize(("door", "setting"), DOORS)
async def test_half_of_localhost_is_not_enough(
    door: type[GrpcDoor | HttpDoor], setting: str, taken: str, other: str
) -> None:
    (neighbour,) = listen(f"[{taken}]:0", "a neighbour")
    with closing(neighbour):
        endpoint = f"localhost:{port_of([neighbour])}"
        unopened = door(Echo(), Admission(), signals=[Signal.TRACES], endpoint=endpoint)
        with pytest.raises(ConfigError, match=f"^{setting}: {endpoint} is taken"):
            await unopened.__aenter__()
        for listener in listen(f"[{other}]:{port_of([neighbour])}", "nothing was kept"):
            listener.close()


@pytest.mark.parametrize(("door", "setting"), DOORS)
async def test_two_services_never_share_a_port(
    door: type[GrpcDoor | HttpDoor], setting: str
) -> None:
    async with door(Echo(), Admission(), signals=[], endpoint="localhost:0") as first:
        await first.start()
        endpoint = f"127.0.0.1:{first.port}"
        second = door(Echo(), Admission(), signals=[], endpoint=endpoint)
        with pytest.raises(ConfigError, match=f"^{setting}: "):
            await second.__aenter__()


@pytest.mark.parametrize(("door", "setting"), DOORS)
async def test_a_neighbour_willing_to_share_is_not_shared_with(
    door: type[GrpcDoor | HttpDoor], setting: str
) -> None:
    with closing(socket.socket()) as neighbour:
        neighbour.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        neighbour.bind(("127.0.0.1", 0))
        neighbour.listen()
        endpoint = f"localhost:{port_of([neighbour])}"
        with pytest.raises(ConfigError, match=f"^{setting}: "):
            await door(Echo(), Admission(), signals=[], endpoint=endpoint).__aenter__()


@pytest.mark.parametrize(("door", "setting"), DOORS)
async def test_a_port_is_free_again_once_its_door_is_closed(
    door: type[GrpcDoor | HttpDoor], setting: str
) -> None:
    async with door(Echo(), Admission(), signals=[], endpoint="localhost:0") as first:
        await first.start()
    for listener in listen(f"localhost:{first.port}", setting):
        listener.close()


@pytest.mark.parametrize(
    ("endpoint", "problem"),
    [
        ("4317", "is not host:port"),
        ("localhost:otlp", "is not host:port"),
        ("localhost:65536", "is not host:port"),
        ("nowhere.invalid:4317", "cannot be listened on"),
        ("192.0.2.1:4317", "is not an address of this machine"),
    ],
)
def test_an_endpoint_that_cannot_be_is_named_with_its_setting(
    endpoint: str, problem: str
) -> None:
    with pytest.raises(ConfigError, match=f"^a.setting: .*{problem}"):
        listen(endpoint, "a.setting")
