"""A book whose one source is a URL, followed by the real watch."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from pricing import NotPriced, PriceBook, PriceSource, Question, ReloadOutcome
from processor.fetch.asking import Request
from processor.fetch.followed import Followed
from processor.prices import PriceWatch
from processor.settings import TlsSettings
from processor.telemetry import Telemetry
from tests.doubles.until import until

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

QUESTION = Question("gpt-4o", provider="openai")
SECRET = "Bearer hush-hush"  # noqa: S105
NAME = "the url"
TIMEOUT_S = 120.0
"""Of one request: more than any test waits, so that only what is cut fails."""


def prices(dollars: object, more: str = "") -> bytes:
    return (
        f"genai-cost: 1\n{more}providers: {{openai: {{models: "
        f"{{gpt-4o: {{prices: {{input: {dollars}}}}}}}}}}}\n"
    ).encode()


class Following:
    """One run of the watch; another one over the same folder is a restart."""

    def __init__(self, url: str, folder: Path, *, interval_s: float, ca: str = "") -> None:
        self.source = PriceSource(NAME, fetched=True)
        self.book = PriceBook([self.source], builtin=False)
        self.telemetry = Telemetry()
        self.outcomes: list[ReloadOutcome] = []
        request = Request(
            url, {"authorization": SECRET}, TlsSettings(ca_file=ca), TIMEOUT_S, 100_000, "test"
        )
        followed = Followed(self.source, request, interval_s, str(folder))
        self.watch = PriceWatch(
            self.book, self.telemetry, self.outcomes.append, followed=[followed], poll_s=0.05
        )

    @property
    def dollars(self) -> int | None:
        """Of a million tokens."""
        quote = self.book.current.quote(QUESTION, {"input": 1_000_000}, 0)
        return None if isinstance(quote, NotPriced) else quote.atto_usd // 10**18

    def looks(self, outcome: str) -> int:
        """How many looks ended so."""
        found = self.telemetry.counter("pricing_fetches")
        return int(sum(n for labels, n in found if labels == (NAME, outcome)))

    def told(self) -> bool:
        """Whether the table in use was told of: a table is there a moment before its metrics are."""
        return bool(self.outcomes) and self.outcomes[-1].version == self.book.current.version

    async def costs(self, dollars: int) -> None:
        await until(lambda: self.dollars == dollars and self.told())

    async def looked(self, outcome: str, times: int = 1) -> None:
        await until(lambda: self.looks(outcome) >= times)


@asynccontextmanager
async def following(
    url: str, folder: Path, *, interval_s: float = 3600.0, ca: str = ""
) -> AsyncGenerator[Following]:
    made = Following(url, folder, interval_s=interval_s, ca=ca)
    made.watch.start()
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(made.watch.run(stopping))
        try:
            yield made
        finally:
            stopping.set()
