"""Unix sockets at both doors: who may connect, what was left behind, what is somebody else's."""

from __future__ import annotations

import asyncio
import http.client
import socket
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from processor.errors import ConfigError
from processor.model import Signal
from processor.receive.admission import Admission
from processor.receive.grpc_server import GrpcDoor
from processor.receive.http_server import HttpDoor
from tests.doubles.intake import Echo
from tests.wire.hops import doors
from tests.wire.senders import PROTOBUF, grpc_sender_to

if TYPE_CHECKING:
    from pathlib import Path

DOORS = [pytest.param(GrpcDoor, id="grpc"), pytest.param(HttpDoor, id="http")]
Door = type[GrpcDoor | HttpDoor]


def post(path: str, body: bytes) -> bytes:
    connection = http.client.HTTPConnection("localhost")
    with closing(connection), closing(socket.socket(socket.AF_UNIX)) as sock:
        sock.connect(path)
        connection.sock = sock
        connection.request("POST", "/v1/traces", body, PROTOBUF)
        return connection.getresponse().read()


async def test_both_doors_are_open_to_owner_and_group(tmp_path: Path) -> None:
    paths = [tmp_path / "grpc.sock", tmp_path / "http.sock"]
    endpoints = (f"unix:{paths[0]}", f"unix:{paths[1]}")
    async with doors(Echo(), endpoints=endpoints) as door:
        async with grpc_sender_to(endpoints[0]) as sender:
            assert (await sender.send(b"spans")).body == b"spans"
        assert await asyncio.to_thread(post, str(paths[1]), b"spans") == b"spans"
        assert [stat.S_IMODE(path.stat().st_mode) for path in paths] == [0o660, 0o660]
        assert (door.grpc.address, door.http.address) == (
            ("gRPC", endpoints[0]),
            ("HTTP", endpoints[1]),
        )
    assert [path.exists() for path in paths] == [False, False]


@pytest.mark.parametrize("door", DOORS)
async def test_what_a_dead_service_left_is_taken_over(door: Door, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with closing(socket.socket(socket.AF_UNIX)) as dead:
        dead.bind(str(path))
    made = door(Echo(), Admission(), signals=[Signal.TRACES], endpoint=f"unix:{path}")
    async with made as opened:
        await opened.start()


@pytest.mark.parametrize("door", DOORS)
async def test_a_living_services_socket_is_left_alone(door: Door, tmp_path: Path) -> None:
    endpoint = f"unix:{tmp_path}/s"
    async with door(Echo(), Admission(), signals=[], endpoint=endpoint) as first:
        await first.start()
        second = door(Echo(), Admission(), signals=[], endpoint=endpoint, setting="a.setting")
        with pytest.raises(ConfigError, match=r"^a\.setting: .*/s .*taken by another program"):
            await second.__aenter__()
        assert (tmp_path / "s").exists()


@pytest.mark.parametrize("door", DOORS)
async def test_a_file_that_is_no_socket_is_left_alone(door: Door, tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    made = door(Echo(), Admission(), signals=[], endpoint=f"unix:{path}")
    with pytest.raises(ConfigError, match="a file is there that is no socket"):
        await made.__aenter__()
    assert path.read_text() == "data"


@pytest.mark.parametrize("door", DOORS)
async def test_a_folder_that_is_not_there_is_named(door: Door) -> None:
    made = door(Echo(), Admission(), signals=[], endpoint="unix:/nowhere/s")
    with pytest.raises(ConfigError, match=r"/nowhere/s cannot be listened on: No such file"):
        await made.__aenter__()
