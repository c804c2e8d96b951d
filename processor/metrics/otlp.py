"""The ledger as OTLP: requests for one next hop, and what that hop has been told.

A reading is a copy taken in one step; its requests are then built one at a time, so that the event
loop gets a turn between them. Nothing here sends: whoever does says what was taken. Invariant: a
cumulative series was taken as 0 before anything else of it is said, and its start never moves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from processor.metrics.totals import NOTHING, Totals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from processor.metrics.account import Account
    from processor.metrics.ledger import Ledger, Model
    from processor.metrics.otlp_draft import Draft, Encoded

Temporality: TypeAlias = Literal["cumulative", "delta"]

MAX_REQUEST_BYTES: Final = 512 * 1024
"""An eighth of what a Collector takes by default, so that one is built in about 10 ms."""
_UNTOLD: Final = (NOTHING, 0)


class Line(NamedTuple):
    """What is said of one label set at one time."""

    account: Account
    said: Totals
    """The numbers that are sent."""
    known: Totals
    """What the next hop knows of the ledger once it took them."""
    start_unix_ns: int


class Request(NamedTuple):
    """One request to be sent, and what it says."""

    body: bytes
    lines: tuple[Line, ...]
    unix_ns: int
    debut: bool
    """Whether something is said as 0 whose value is withheld until the next time."""


class OtlpView:
    """The ledger as one next hop sees it; every hop has a view of its own."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        version: str,
        temporality: Temporality = "cumulative",
        max_request_bytes: int = MAX_REQUEST_BYTES,
    ) -> None:
        self._ledger = ledger
        self._version = version
        self._delta = temporality == "delta"
        self._max_request_bytes = max_request_bytes
        self._told: dict[int, tuple[Totals, int]] = {}
        self._encoded: dict[int, Encoded] = {}

    def requests(self, now_unix_ns: int) -> Iterator[Request]:
        """What there is to say now; call `taken` with each that the next hop took."""
        lines = [self._line(account) for account in self._ledger.accounts]
        spoken = [line for line in lines if line.said != NOTHING]
        return self._built(spoken, self._ledger.models(), now_unix_ns)

    def taken(self, request: Request) -> None:
        """Remember that the next hop knows what *request* says."""
        for line in request.lines:
            self._told[line.account.number] = (line.known, request.unix_ns)

    def _line(self, account: Account) -> Line:
        known = account.totals()
        told, told_unix_ns = self._told.get(account.number, _UNTOLD)
        if self._delta:
            start_unix_ns = told_unix_ns or account.start_unix_ns
            return Line(account, known.since(told), known, start_unix_ns)
        said = known if told.holds(known) else known.shown(told.series())
        return Line(account, said, known, account.start_unix_ns)

    def _built(
        self, lines: list[Line], models: list[Model], now_unix_ns: int
    ) -> Iterator[Request]:
        draft, said = self._draft(), list[Line]()
        for line in lines:
            self._say(draft, line, now_unix_ns)
            said.append(line)
            if draft.size >= self._max_request_bytes:
                yield self._request(draft, said, now_unix_ns)
                draft, said = self._draft(), []
        for model in models:
            draft.first_seen(self._ledger.resource, model, now_unix_ns)
            if draft.size >= self._max_request_bytes:
                yield self._request(draft, said, now_unix_ns)
                draft, said = self._draft(), []
        if draft.size:
            yield self._request(draft, said, now_unix_ns)

    def _say(self, draft: Draft, line: Line, now_unix_ns: int) -> None:
        account = line.account
        encoded = self._encoded.get(account.number)
        if encoded is None:
            encoded = self._encoded[account.number] = draft.encode(account.attributes)
        draft.say(account.resource, encoded, line.said, (line.start_unix_ns, now_unix_ns))

    def _request(self, draft: Draft, said: list[Line], now_unix_ns: int) -> Request:
        debut = not self._delta and any(line.said != line.known for line in said)
        return Request(draft.body(), tuple(said), now_unix_ns, debut)

    def _draft(self) -> Draft:
        from processor.metrics.otlp_draft import Draft  # noqa: PLC0415 - 20 ms, at first export

        return Draft(version=self._version, delta=self._delta)
