"""`genai-cost run` without a file, on other ports than everybody's: its four ports are arguments.

Everything but those is what the environment and the embedded defaults give.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from processor import logs
from processor.service import run
from processor.settings import load


def main(grpc: str, http: str, health: str, page: str) -> int:
    """Serve; the exit status."""
    settings = load(None)
    telemetry = settings.telemetry
    assert settings.grpc is not None
    assert settings.http is not None
    assert settings.health is not None
    assert telemetry.metrics is not None
    logs.set_up(telemetry.log_level, telemetry.log_encoding)
    page_there = telemetry.metrics._replace(port=int(page))
    return run(
        replace(
            settings,
            grpc=settings.grpc._replace(endpoint=f"localhost:{grpc}"),
            http=settings.http._replace(endpoint=f"localhost:{http}"),
            health=settings.health._replace(endpoint=f"localhost:{health}"),
            telemetry=telemetry._replace(metrics=page_there),
        )
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
