"""`genai-cost run`, as far as the command itself goes: exit status, and a start that fails."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.cli.texts import CONFIG, PRICES

if TYPE_CHECKING:
    from pathlib import Path

PAGES = "  telemetry: {metrics: {level: none}}\n"


def test_a_port_that_is_taken_is_named_with_its_setting(tmp_path: Path) -> None:
    prices, config = tmp_path / "prices.yaml", tmp_path / "config.yaml"
    prices.write_text(PRICES)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        endpoint = f"127.0.0.1:{taken.getsockname()[1]}"
        text = (CONFIG % prices).replace("grpc: {}", f'grpc: {{endpoint: "{endpoint}"}}')
        config.write_text(text + PAGES)
        ran = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "processor", "run", "--config", str(config)],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert ran.returncode == 1
    (error,) = [line for line in ran.stderr.splitlines() if line.startswith("error: ")]
    assert error.startswith(
        f"error: receivers.otlp.protocols.grpc.endpoint: {endpoint} is taken"
    )
