"""The `file` exporter: each request a line of OTLP/JSON, or a record of protobuf, as a Collector writes them.

A request is acknowledged once its record is with the operating system. What cannot be written, a full
disk for one, is a refusal that senders may try again; the file never holds half a record for it.
"""

from __future__ import annotations

import asyncio
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from processor.errors import Code, ConfigError, Refusal
from processor.forward.rotated import RotatedFile
from processor.wire.fields import Malformed

if TYPE_CHECKING:
    from processor.model import Batch, Terms
    from processor.settings.values import FileDetails

_SIZE: Final = struct.Struct(">I")


class FileExporter:
    """One file for every pipeline that names it, written by one thread."""

    def __init__(self, name: str, details: FileDetails, *, setting: str = "") -> None:
        self.name = name
        self._details = details
        self._setting = setting or f"exporters.{name}.path"
        self._users = 0
        self._file: RotatedFile | None = None
        self._thread: ThreadPoolExecutor | None = None

    async def __aenter__(self) -> Self:
        self._users += 1
        if self._users > 1:
            return self
        details = self._details
        path = Path(details.path)
        try:
            if details.create_directory:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._file = RotatedFile(path, details.rotation, append=details.append)
        except OSError as error:
            words = f"cannot write to {path}: {error.strerror}; correct the path or its rights"
            raise ConfigError([f"{self._setting}: {words}"]) from None
        self._thread = ThreadPoolExecutor(1, f"file {self.name}")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._users -= 1
        if self._users or self._file is None or self._thread is None:
            return
        await asyncio.to_thread(self._thread.shutdown)
        self._file.close()

    async def send(self, batch: Batch, terms: Terms) -> bytes:  # noqa: ARG002 - as NextHop has it
        """Write the request, or raise the refusal that says why not."""
        assert self._thread is not None  # noqa: S101 - entered
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, self._write, batch)
        except Malformed as problem:
            words = f"this request cannot be read, so it cannot be written as JSON: {problem}"
            raise Refusal(Code.INVALID_ARGUMENT, words) from None
        except OSError as error:
            words = f"cannot write to {self._details.path}: {error.strerror or error}"
            raise Refusal(Code.UNAVAILABLE, words) from None
        return b""

    def _write(self, batch: Batch) -> None:
        assert self._file is not None  # noqa: S101 - entered
        self._file.write(record(batch, self._details))


def record(batch: Batch, details: FileDetails) -> bytes:
    """The request as it stands in the file; raises `Malformed` where JSON cannot say it."""
    body = batch.body
    if details.format == "json":
        from processor.wire import otlp_json  # noqa: PLC0415 - where JSON is written

        body = otlp_json.text_of(otlp_json.to_json(body, batch.signal))
        if not details.compression:
            return body + b"\n"
    if details.compression:
        import zstandard  # noqa: PLC0415 - where it is asked for

        body = zstandard.ZstdCompressor().compress(body)
    return _SIZE.pack(len(body)) + body
