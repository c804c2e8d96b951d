"""The rows of a price table a page at a time, each page a few milliseconds of work.

A page looks at a bounded number of models, so that a filter that finds nothing costs no more than one
that finds all. A token is good for the table it was made from; after a reload one begins again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from pricing.difference import prices_of
from pricing.listing import conditions
from pricing.rows import row_id
from processor.errors import Code
from processor.price_questions import BadRequest

if TYPE_CHECKING:
    from pricing import PriceTable
    from pricing.listing import Wanted
    from pricing.rows import Entry, Row

PAGE: Final = 100
MAX_PAGE: Final = 500
MAX_READ: Final = 100
"""Models whose rows are read for one page: some milliseconds where they are read for the first time."""
MAX_SCANNED: Final = 5000
"""Models whose names are looked at for one page."""


class Pages:
    """The sorted names of a table's models, listed once for each table."""

    def __init__(self) -> None:
        self._table: PriceTable | None = None
        self._models: list[tuple[str, str]] = []
        self._listing = asyncio.Lock()

    async def names(self, table: PriceTable) -> list[tuple[str, str]]:
        """Provider and model of each entry."""
        async with self._listing:
            if table is not self._table:
                # The built-in table is decoded for it: some ten milliseconds that spans need not wait.
                models = await asyncio.to_thread(lambda: list(table.models()))
                self._table, self._models = table, models
            return self._models


def page(table: PriceTable, models: list[tuple[str, str]], wanted: Wanted, wish: Any) -> Any:
    """The page that a ListPricesRequest asks for; raises `BadRequest`."""
    from proto_gen import price_service_pb2 as messages  # noqa: PLC0415 - protobuf, once asked

    at, skip = _begin(wish.page_token, table)
    size = min(wish.page_size or PAGE, MAX_PAGE)
    rows: list[Any] = []
    read, last = 0, min(len(models), at + MAX_SCANNED)
    while at < last and len(rows) < size and read < MAX_READ:
        if wanted.has_model(*models[at]):
            read += 1
            found = _rows(table, models[at], wanted)
            part = found[skip : skip + size - len(rows)]
            rows += (_message(messages, *each) for each in part)
            skip += len(part)
            if skip < len(found):
                break
        at, skip = at + 1, 0
    token = f"{at}.{skip}.{table.version}" if at < len(models) else ""
    return messages.ListPricesResponse(
        rows=rows, next_page_token=token, table_version=table.version
    )


def _begin(token: str, table: PriceTable) -> tuple[int, int]:
    """Where the page begins: a model, and its rows that were on the page before."""
    if not token:
        return 0, 0
    model, _, rest = token.partition(".")
    skip, _, version = rest.partition(".")
    if not (model + skip).isdecimal() or not (model and skip) or len(model + skip) > 18:
        raise BadRequest("page_token: is none of ours; send next_page_token as it came")
    if version != table.version:
        words = "page_token: prices were reloaded since the page before; begin again without it"
        raise BadRequest(words, "stale_page", Code.ABORTED)
    return int(model), int(skip)


def _rows(table: PriceTable, name: tuple[str, str], wanted: Wanted) -> list[tuple[Entry, Row]]:
    entry = table.entry(*name)
    if entry is None:
        return []
    return [(entry, row) for row in entry.rows if wanted.has_row(row)]


def _message(messages: Any, entry: Entry, row: Row) -> Any:
    return messages.PriceRow(
        provider=entry.provider,
        model=entry.model,
        row=row_id(entry.provider, entry.model, row),
        mode=entry.mode,
        from_unix_nano=row.since,
        to_unix_nano=row.until,
        when=conditions(entry, row),
        prices=prices_of(row),
        source=row.source,
        checked=row.checked,
    )
