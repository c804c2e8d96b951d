"""The client examples of docs/price-service.md against the real service, and what the page shows."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.service.child import hop

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "price-service"
PROTO = ROOT / "proto_gen"
SHOWN = (ROOT / "docs" / "price-service.md").read_text()
PRICES = """\
genai-cost: 1
providers:
  openai:
    models:
      gpt-4o: {prices: {input: 2.50, output: 10}}
"""
ASKED = ("gpt-4o", "input=1420", "output=380")


async def run(
    folder: Path, *argv: str, env: Mapping[str, str] | None = None, within_s: float = 60
) -> tuple[int, str, str]:
    """Exit status, stdout and stderr."""
    environment = {**os.environ, **(env or {})}  # noqa: TID251
    process = await asyncio.create_subprocess_exec(
        *argv,
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), within_s)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return process.returncode or 0, out.decode(), err.decode()


def shown() -> str:
    return SHOWN.partition("```text\n")[2].partition("```")[0]


async def test_python(tmp_path: Path) -> None:
    client = tmp_path / "client"
    shutil.copytree(EXAMPLES, client, ignore=shutil.ignore_patterns("node_modules"))
    shutil.copy(PROTO / "price_service_pb2.py", client)  # what protoc makes of the same file
    async with hop(tmp_path, PRICES) as running:
        address = f"127.0.0.1:{running.child.ports.grpc}"
        # 200 ms is right for a gateway and wrong for a busy machine.
        source = (client / "quote.py").read_text()
        (client / "quote.py").write_text(source.replace("timeout=0.2", "timeout=20"))
        assert await run(client, sys.executable, "quote.py", address, *ASKED) == (
            0,
            shown(),
            "",
        )
        code, out, _ = await run(
            client, sys.executable, "quote.py", address, "nobody", "input=1"
        )
        assert (code, out.split(":")[:2]) == (1, ["nobody has no price", " unknown_model"])
        code, _, err = await run(
            client, sys.executable, "quote.py", address, "gpt-4o", "inptu=1"
        )
        assert code == 2
        assert err.startswith("INVALID_ARGUMENT: usage[inptu]: 'inptu' is no usage class")


async def test_python_without_arguments_says_how_it_is_called(tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "quote.py", tmp_path)
    shutil.copy(PROTO / "price_service_pb2.py", tmp_path)
    for argv in ((), ("localhost:4317",)):
        code, out, err = await run(tmp_path, sys.executable, "quote.py", *argv)
        assert (code, out) == (2, "")
        assert err.startswith("usage: python quote.py HOST:PORT MODEL")


async def test_node(tmp_path: Path) -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("NOT RUN: the Node.js example needs node and npm, which are not here")
    client = tmp_path / "client"
    shutil.copytree(EXAMPLES, client, ignore=shutil.ignore_patterns("node_modules"))
    code, _, err = await run(client, npm, "install", "--no-audit", "--no-fund", within_s=300)
    if code:
        pytest.skip(f"NOT RUN: npm cannot fetch what the Node.js example needs: {err[-200:]}")
    env = {"PRICE_SERVICE_PROTO": str(PROTO / "price_service.proto")}
    code, out, err = await run(client, node, "quote.mjs", env=env)
    assert (code, out) == (2, "")
    assert err.startswith("usage: node quote.mjs HOST:PORT MODEL")
    async with hop(tmp_path, PRICES) as running:
        address = f"127.0.0.1:{running.child.ports.grpc}"

        async def ask(*argv: str) -> tuple[int, str, str]:
            return await run(client, node, "quote.mjs", address, *argv, env=env)

        assert await ask(*ASKED) == (0, shown(), "")
        code, out, _ = await ask("nobody", "input=1")
        assert (code, out.split(":")[:2]) == (1, ["nobody has no price", " unknown_model"])
        code, _, err = await ask("gpt-4o", "inptu=1")
        assert (code, err.split(":")[:2]) == (2, ["INVALID_ARGUMENT", " usage[inptu]"])
        process = await asyncio.create_subprocess_exec(
            node, "quote.mjs", address, *ASKED, "--watch",
            cwd=client, env={**os.environ, **env}, stdout=asyncio.subprocess.PIPE,  # noqa: TID251
        )  # fmt: skip
        assert process.stdout is not None
        lines = [await process.stdout.readline() for _ in range(4)]
        assert lines[3].startswith(b"prices are ")
        assert await running.child.stop() == 0
        assert await process.wait() == 0


def test_the_page_shows_what_the_examples_need() -> None:
    package = json.loads((EXAMPLES / "package.json").read_text())
    assert set(package["dependencies"]) == {"@grpc/grpc-js", "@grpc/proto-loader"}
    assert "node quote.mjs localhost:4317 " + " ".join(ASKED) in SHOWN
    assert "python quote.py localhost:4317 " + " ".join(ASKED) in SHOWN
