"""What carriers count and how their next hops do, added up for the one page.

Invariant: no counter ever goes back: what a carrier that is gone had counted stays in the sums.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from processor.forward.standing import Standing
from processor.telemetry import COUNTERS, GAUGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from processor.telemetry import CounterName, GaugeName, Telemetry

    Labelled = dict[tuple[str, ...], float]

NOT_ADDED: Final = frozenset({"process_uptime", "walk_compiled"})
NOTHING: Final[Mapping[tuple[str, ...], float]] = {}


class Sums:
    """By carrier what it said last, and what those said that are gone."""

    def __init__(self, own: Mapping[str, Standing]) -> None:
        """*own*: how this process's exporters stand."""
        self._own = own
        self._said: dict[int, dict[str, Labelled]] = {}
        self._gone: dict[str, Labelled] = {}
        self._standings: dict[int, dict[str, Standing]] = {}
        self.standings: dict[str, Standing] = {name: Standing() for name in own}
        """How each exporter does in all processes, by name."""

    def heard(self, carrier: int, news: bytes) -> None:
        """A carrier says where it stands."""
        told: dict[str, Any] = json.loads(news)
        said: dict[str, Labelled] = {}
        for name, labels, value in told["samples"]:
            said.setdefault(name, {})[tuple(labels)] = value
        self._said[carrier] = said
        self._standings[carrier] = {
            name: Standing(*each) for name, each in told["standings"].items()
        }
        self._join()

    def lost(self, carrier: int) -> None:
        """It is gone; what it counted is not."""
        for name, said in self._said.pop(carrier, {}).items():
            if name in COUNTERS:
                gone = self._gone.setdefault(name, {})
                for labels, value in said.items():
                    gone[labels] = gone.get(labels, 0) + value
        self._standings.pop(carrier, None)
        self._join()

    def samples(self, name: CounterName | GaugeName) -> Mapping[tuple[str, ...], float]:
        """The sum of all carriers, by labels."""
        found = [each[name] for each in (*self._said.values(), self._gone) if name in each]
        if not found:
            return NOTHING
        total: Labelled = {}
        for said in found:
            for labels, value in said.items():
                total[labels] = total.get(labels, 0) + value
        return total

    def _join(self) -> None:
        for name in self._own:
            of = [each[name] for each in self._standings.values() if name in each]
            self.standings[name] = joined([self._own[name], *of])


def joined(of: Iterable[Standing]) -> Standing:
    """Of several processes with one next hop: it refuses where it refuses any, and since the first did."""
    used = [one for one in of if one.state != "unused"]
    if not used:
        return next(iter(of))
    worst = [one for one in used if one.state == "refuses"] or used
    last = max(used, key=lambda one: one.refused_at_s)
    return Standing(
        worst[0].state,
        min(one.since_s for one in worst),
        last.last_refusal,
        last.refused_at_s,
        sum(one.in_flight for one in used),
    )


def news(telemetry: Telemetry, standings: Mapping[str, Standing]) -> bytes:
    """What a carrier says of itself."""
    counters = [(name, telemetry.counter(name)) for name in COUNTERS]
    gauges = [(name, telemetry.reading(name)) for name in GAUGES]
    samples = [
        (name, labels, value)
        for name, found in (*counters, *gauges)
        if name not in NOT_ADDED
        for labels, value in found
    ]
    told = {
        "samples": samples,
        "standings": {
            name: (
                one.state,
                one.since_s,
                one.last_refusal,
                one.refused_at_s,
                one.in_flight,
            )
            for name, one in standings.items()
        },
    }
    return json.dumps(told).encode()
