"""TLS on both doors, with real clients: replaced under traffic, kept where bad, mutual where asked."""

# grpc's stubs leave the message types of its generics open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest
import trustme
import urllib3
from cryptography.hazmat.primitives import serialization as pem

from processor.errors import ConfigError
from processor.model import GRPC_METHOD, Signal
from processor.receive.tls import certificates
from processor.settings.values import ServerTls
from tests.doubles.intake import Echo
from tests.doubles.until import until
from tests.wire.hops import doors
from tests.wire.senders import PROTOBUF

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from processor.receive.tls import Certificate
    from processor.receive.watched import Watched
    from tests.wire.hops import Doors


class Files:
    """A CA and the files that an operator names in `tls`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = trustme.CA()
        self.seen: list[str] = []
        self.tls = ServerTls(
            str(folder / "tls.crt"), str(folder / "tls.key"), setting="receivers.otlp.tls"
        )
        self.issue()

    def issue(self, ca: trustme.CA | None = None) -> None:
        """Put a new certificate and its key in place."""
        made = (ca or self.ca).issue_cert("localhost", "127.0.0.1")
        Path(self.tls.cert_file).write_bytes(b"".join(p.bytes() for p in made.cert_chain_pems))
        made.private_key_pem.write_to_path(self.tls.key_file)

    def for_clients_of(self, ca: trustme.CA) -> None:
        path = self.folder / "clients.pem"
        ca.cert_pem.write_to_path(str(path))
        self.tls = self.tls._replace(client_ca_file=str(path))

    def read(self) -> Watched[Certificate]:
        return certificates(self.tls, on_look=self.seen.append)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


class Client:
    """Speaks to both doors on new connections, trusting one CA; maybe with a certificate of its own."""

    def __init__(self, ca: trustme.CA, own: trustme.LeafCert | None = None) -> None:
        self._roots = ca.cert_pem.bytes()
        self._own = own
        self.context = ssl.create_default_context(cadata=self._roots.decode())
        if own is not None:
            own.configure_cert(self.context)

    async def by_grpc(self, port: int, body: bytes = b"spans") -> bytes:
        key = self._own.private_key_pem.bytes() if self._own else None
        chain = b"".join(p.bytes() for p in self._own.cert_chain_pems) if self._own else None
        credentials = grpc.ssl_channel_credentials(self._roots, key, chain)
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)]
        async with grpc.aio.secure_channel(
            f"localhost:{port}", credentials, options
        ) as channel:
            call: Any = channel.unary_unary(GRPC_METHOD[Signal.TRACES], None, None)
            answer: bytes = await call(body, timeout=5)
            return answer

    async def by_http(self, port: int, body: bytes = b"spans") -> bytes:
        def ask() -> bytes:
            with urllib3.PoolManager(
                ssl_context=self.context, retries=False, timeout=5
            ) as pool:
                url = f"https://localhost:{port}/v1/traces"
                return pool.request("POST", url, body=body, headers=PROTOBUF).data

        return await asyncio.to_thread(ask)

    async def by_both(self, door: Doors) -> list[bytes]:
        return [await self.by_grpc(door.grpc.port), await self.by_http(door.http.port)]


@asynccontextmanager
async def secured(
    watched: Watched[Certificate], *, mutual: bool = False
) -> AsyncGenerator[Doors]:
    async with doors(Echo(), tls=watched, mutual_tls=mutual) as door:
        yield door


REFUSED = (grpc.aio.AioRpcError, urllib3.exceptions.HTTPError)


async def refused_by_both(client: Client, door: Doors) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as by_grpc:
        await client.by_grpc(door.grpc.port)
    assert by_grpc.value.code() is grpc.StatusCode.UNAVAILABLE
    with pytest.raises(urllib3.exceptions.HTTPError):
        await client.by_http(door.http.port)


async def test_both_doors_speak_tls_and_nothing_else(files: Files) -> None:
    async with secured(files.read()) as door:
        assert await Client(files.ca).by_both(door) == [b"spans", b"spans"]
        await refused_by_both(Client(trustme.CA()), door)
        with pytest.raises(urllib3.exceptions.HTTPError):
            await asyncio.to_thread(
                urllib3.request, "POST", f"http://localhost:{door.http.port}/", retries=False
            )


async def test_a_new_certificate_holds_from_the_next_handshake_on(files: Files) -> None:
    watched = files.read()
    other = trustme.CA()
    async with secured(watched) as door:
        await Client(files.ca).by_both(door)
        files.issue(other)
        watched.look()
        for _ in range(2):  # both handshakes after a change, not the first alone
            assert await Client(other).by_both(door) == [b"spans", b"spans"]
        await refused_by_both(Client(files.ca), door)
    assert files.seen == ["changed"]


async def test_certificates_replaced_under_traffic_cost_no_request(files: Files) -> None:
    watched = files.read()
    client = Client(files.ca)
    stop = asyncio.Event()
    counts = [0, 0]

    async def keep_asking(door: Doors, which: int) -> None:
        ask, port = (
            (client.by_grpc, door.grpc.port) if which == 0 else (client.by_http, door.http.port)
        )
        while not stop.is_set():
            assert await ask(port, b"spans") == b"spans"
            counts[which] += 1

    def reached(least: int) -> bool:
        return sum(counts) >= least

    async with secured(watched) as door, asyncio.TaskGroup() as tasks:
        for which in (0, 1):
            tasks.create_task(keep_asking(door, which))
        for _ in range(20):
            before = sum(counts)
            files.issue()
            await asyncio.to_thread(watched.look)
            await until(partial(reached, before + 4))
        stop.set()
    assert files.seen == ["changed"] * 20


def garbage(files: Files) -> None:
    Path(files.tls.cert_file).write_text("no certificate")


def gone(files: Files) -> None:
    Path(files.tls.key_file).unlink()


def half(files: Files) -> None:
    key = Path(files.tls.key_file).read_bytes()
    files.issue()
    Path(files.tls.key_file).write_bytes(key)


def without_ca(files: Files) -> None:
    Path(files.tls.client_ca_file).write_text("-----BEGIN CERTIFICATE-----\nrubbish")


@pytest.mark.parametrize("spoil", [garbage, gone, half, without_ca])
async def test_a_bad_one_is_said_once_and_the_old_one_stays(
    files: Files, spoil: Any, caplog: pytest.LogCaptureFixture
) -> None:
    files.for_clients_of(files.ca)
    watched = files.read()
    client = Client(files.ca, files.ca.issue_cert("sender@example.com"))
    async with secured(watched, mutual=True) as door:
        spoil(files)
        for _ in range(3):
            watched.look()
        assert await client.by_both(door) == [b"spans", b"spans"]
        said = [
            r for r in caplog.records if r.levelno == logging.ERROR and r.name == "genai_cost"
        ]
        assert len(said) == 1
        assert "receivers.otlp.tls: " in said[0].getMessage()
        assert str(files.folder) in said[0].getMessage()
        files.issue()
        files.for_clients_of(files.ca)
        watched.look()
        assert await client.by_both(door) == [b"spans", b"spans"]
    assert files.seen == ["kept", "changed"]


async def test_mutual_tls_refuses_who_has_no_certificate_or_a_strangers(files: Files) -> None:
    clients = trustme.CA()
    files.for_clients_of(clients)
    async with secured(files.read(), mutual=True) as door:
        known = Client(files.ca, clients.issue_cert("sender@example.com"))
        assert await known.by_both(door) == [b"spans", b"spans"]
        await refused_by_both(Client(files.ca), door)
        await refused_by_both(Client(files.ca, trustme.CA().issue_cert("a@example.com")), door)


async def test_cas_of_clients_may_be_replaced(files: Files) -> None:
    first, second = trustme.CA(), trustme.CA()
    files.for_clients_of(first)
    watched = files.read()
    old, new = (Client(files.ca, ca.issue_cert("a@example.com")) for ca in (first, second))
    async with secured(watched, mutual=True) as door:
        assert await old.by_both(door) == [b"spans", b"spans"]
        files.for_clients_of(second)
        watched.look()
        assert await new.by_both(door) == [b"spans", b"spans"]
        await refused_by_both(old, door)


async def test_versions_of_tls_are_bounded(files: Files) -> None:
    files.tls = files.tls._replace(min_version="1.3")
    client = Client(files.ca)
    async with secured(files.read()) as door:
        assert await client.by_http(door.http.port) == b"spans"
        client.context.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(urllib3.exceptions.HTTPError):
            await client.by_http(door.http.port)


@pytest.mark.parametrize("spoil", [garbage, gone, half, without_ca])
def test_what_cannot_be_used_at_start_is_an_error_with_its_setting(
    files: Files, spoil: Any
) -> None:
    files.for_clients_of(files.ca)
    spoil(files)
    with pytest.raises(ConfigError, match=r"^receivers\.otlp\.tls: .*" + str(files.folder)):
        files.read()


def test_a_key_with_a_password_is_refused_without_asking_for_it(files: Files) -> None:
    path = Path(files.tls.key_file)
    key = pem.load_pem_private_key(path.read_bytes(), None)
    form, lock = pem.PrivateFormat.PKCS8, pem.BestAvailableEncryption(b"secret")
    path.write_bytes(key.private_bytes(pem.Encoding.PEM, form, lock))
    with pytest.raises(ConfigError, match="keys with a password are not taken"):
        files.read()


async def test_files_are_looked_at_by_themselves(files: Files) -> None:
    files.tls = files.tls._replace(reload_interval_s=0.01)
    watched = files.read()
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(watched.watch(stopping))
        files.issue()
        await until(lambda: "changed" in files.seen)
        stopping.set()
