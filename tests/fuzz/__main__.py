"""`make fuzz`: bytes that atheris thinks of, held to the promises; ends by itself.

Starts from the cases of each dialect and the bill exam, keeps what reaches new lines, and leaves
what broke a promise as `broken-*` in the corpus's folder: `make fuzz ARGS=FILE` runs that alone.
"""

# atheris is in the venv of the fuzzing and in no other.
# mypy: disable-error-code="import-not-found, import-untyped"
# pyright: reportMissingImports=false, reportMissingModuleSource=false
# pyright: reportAttributeAccessIssue=false, reportUnknownMemberType=false
from __future__ import annotations

import argparse
import hashlib
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import atheris

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
LONGEST: Final = 32 * 1024
PAST: Final = 64
"""Requests that one enricher hears before a new one takes its place."""


def main() -> None:
    """Fuzzes for the time that was asked for; exits with libFuzzer's status."""
    asked = _arguments()
    sys.path.insert(0, str(ROOT))
    with atheris.instrument_imports(include=["processor", "pricing"]):
        from tests.calls.traffic import enricher  # noqa: PLC0415
        from tests.fuzz.promises import keep  # noqa: PLC0415
    logging.disable()
    heard: list[int] = []
    enriching = [enricher()]

    def target(data: bytes) -> None:
        heard.append(len(data))
        if len(heard) > PAST:
            heard.clear()
            enriching[0] = enricher()
        keep(data, enriching[0])

    limits = [
        f"-max_len={LONGEST}",
        "-timeout=20",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    if asked.file:
        atheris.Setup([sys.argv[0], *limits, str(asked.file)], target)
    else:
        seeds = _seeds(asked.corpus, asked.exam)
        print(f"fuzz: {seeds} seeds, {asked.seconds} s", flush=True)
        limits += [
            f"-max_total_time={asked.seconds}",
            f"-artifact_prefix={asked.corpus}/broken-",
        ]
        atheris.Setup([sys.argv[0], *limits, str(asked.corpus / "kept")], target)
    atheris.Fuzz()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--corpus", type=Path, required=True, help="what is kept between runs")
    parser.add_argument(
        "--exam", type=Path, required=True, help="the bill exam, if it is there"
    )
    parser.add_argument("file", type=Path, nargs="?", help="bytes of an earlier run")
    return parser.parse_args()


def _seeds(corpus: Path, exam: Path) -> int:
    """Puts the seeds where atheris looks; how many there are."""
    kept = corpus / "kept"
    kept.mkdir(parents=True, exist_ok=True)
    count = 0
    for body in _known(exam):
        if len(body) <= LONGEST:
            (kept / hashlib.sha256(body).hexdigest()[:16]).write_bytes(body)
            count += 1
    return count


def _known(exam: Path) -> Iterator[bytes]:
    """Spans of published instrumentations: each dialect's cases, and the exam's requests by resource."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415
        ExportTraceServiceRequest,
    )

    from tests.calls.traffic import Said, request  # noqa: PLC0415
    from tests.dialects.cases import CASES  # noqa: PLC0415

    for case in CASES:
        yield request(Said(span_id=b"12345678", attributes=case.attributes, scope=case.scope))
    for path in sorted(exam.glob("cases/*/traces-*.pb")):
        for resource in ExportTraceServiceRequest.FromString(path.read_bytes()).resource_spans:
            yield ExportTraceServiceRequest(resource_spans=[resource]).SerializeToString()


if __name__ == "__main__":
    main()
