"""What the service counts about itself: every name is one of a closed type, with what to do about it.

Names are the Collector's where it has them, shown as `genai_cost_<name>` on the Prometheus page (a
counter gets `_total`, as everywhere). Plain numbers only: how they are shown is `processor.metrics`.
Invariant: however strange the labels, never more than `MAX_SERIES` of them are kept.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias, cast, get_args

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CounterName = Literal[
    "receiver_accepted_spans",
    "receiver_refused_spans",
    "receiver_failed_spans",
    "receiver_accepted_metric_points",
    "receiver_refused_metric_points",
    "receiver_failed_metric_points",
    "receiver_accepted_log_records",
    "receiver_refused_log_records",
    "receiver_failed_log_records",
    "receiver_requests",
    "receiver_in_flight_refused_requests",
    "receiver_file_reloads",
    "exporter_sent_spans",
    "exporter_send_failed_spans",
    "exporter_sent_metric_points",
    "exporter_send_failed_metric_points",
    "exporter_sent_log_records",
    "exporter_send_failed_log_records",
    "exporter_enqueue_failed_spans",
    "exporter_enqueue_failed_metric_points",
    "exporter_enqueue_failed_log_records",
    "processor_incoming_items",
    "processor_outgoing_items",
    "pricing_reloads",
    "pricing_fetches",
    "pricing_faults",
    "walk_faults",
    "duplicates",
    "metered_usage",
    "calls_unpriced_forgotten",
    "metrics_exports",
    "metrics_overflowed_spans",
    "price_service_refused_requests",
    "process_cpu_seconds",
    "process_uptime",
]
GaugeName = Literal[
    "receiver_in_flight_bytes",
    "receiver_in_flight_bytes_capacity",
    "exporter_in_flight_requests",
    "exporter_queue_size",
    "exporter_queue_capacity",
    "pricing_rows",
    "pricing_age_seconds",
    "pricing_last_reload_success",
    "pricing_last_reload_timestamp_seconds",
    "pricing_source_rows",
    "pricing_source_success",
    "pricing_source_current_timestamp_seconds",
    "pricing_source_version",
    "calls_remembered",
    "calls_unpriced",
    "metrics_label_sets",
    "walk_compiled",
    "process_memory_rss",
    "process_open_fds",
    "process_max_fds",
]
InfoName = Literal["build", "pricing"]
Name: TypeAlias = CounterName | GaugeName | InfoName

PREFIX: Final = "genai_cost_"
MAX_SERIES: Final = 1000
"""Label sets of all names together; what comes after is counted with `SURPLUS` for its labels."""
SURPLUS: Final = "other"


class About(NamedTuple):
    """What a name means and what to do about it; both are printed in the operator's guide."""

    help: str
    remedy: str
    labels: tuple[str, ...] = ()


_RECEIVER: Final = ("receiver", "transport")
_EXPORTER: Final = ("exporter",)
_ITEMS: Final = ("processor", "otel_signal")

_SOURCE: Final = ("source",)

_NOTHING: Final = "Nothing: this is the traffic."
_REFUSED: Final = (
    "Compare with the exporter's failures: the next hop's refusals come back here. Without those: "
    "a full sending_queue (exporter_enqueue_failed), or bytes that are no OTLP."
)
_FAILED: Final = "Look for an error in the log of this service: the fault is ours. Report it."
_SEND_FAILED: Final = (
    "Look at the next hop. Senders were told and try again where that can help, so nothing is lost "
    "as long as they do."
)

_ENQUEUE_FAILED: Final = (
    "The queue is full or its disk is: the log says which. Senders were told and may try again. Look "
    "at the next hop; raise queue_size or free the disk."
)


def _of_signal(items: str) -> dict[str, About]:
    """The counters that exist for each signal."""
    words = items.replace("_", " ")
    return {
        f"receiver_accepted_{items}": About(
            f"Number of {words} that the next hop took.", _NOTHING, _RECEIVER
        ),
        f"receiver_refused_{items}": About(
            f"Number of {words} that were refused, by us or by the next hop.",
            _REFUSED,
            _RECEIVER,
        ),
        f"receiver_failed_{items}": About(
            f"Number of {words} that were lost to a fault inside this service.",
            _FAILED,
            _RECEIVER,
        ),
        f"exporter_sent_{items}": About(
            f"Number of {words} taken by the next hop.", _NOTHING, _EXPORTER
        ),
        f"exporter_send_failed_{items}": About(
            f"Number of {words} that the next hop did not take.", _SEND_FAILED, _EXPORTER
        ),
        f"exporter_enqueue_failed_{items}": About(
            f"Number of {words} that the sending_queue did not take.",
            _ENQUEUE_FAILED,
            _EXPORTER,
        ),
    }


ABOUT: Final = cast(
    "Mapping[Name, About]",
    {
        **_of_signal("spans"),
        **_of_signal("metric_points"),
        **_of_signal("log_records"),
        "receiver_requests": About(
            "Number of requests by how they ended: success, refused, failure.",
            "As for refused and failed spans.",
            (*_RECEIVER, "outcome"),
        ),
        "receiver_in_flight_refused_requests": About(
            "Number of requests refused before they were read, since too many bytes were in flight.",
            "Senders try again. If it goes on: the next hop is slow, or there is too little of us; raise "
            "memory_limiter's limit_mib or add replicas.",
        ),
        "receiver_file_reloads": About(
            "Number of times that certificates or credentials were found changed: changed (in use), "
            "or kept (what is new is bad, what was there before stays in use).",
            "On kept: the log names the file and what is wrong with it.",
            ("setting", "outcome"),
        ),
        "processor_incoming_items": About("Number of items handed in.", _NOTHING, _ITEMS),
        "processor_outgoing_items": About(
            "Number of items handed on.",
            "It equals the incoming ones: nothing is ever dropped. A difference is a fault of ours.",
            _ITEMS,
        ),
        "pricing_reloads": About(
            "Number of reloads of the prices: changed, unchanged, kept (what is new was bad), or "
            "partial (some sources changed, others were kept).",
            "On kept and partial: the log says what is wrong where; the last good prices hold.",
            ("outcome",),
        ),
        "pricing_fetches": About(
            "Number of looks at a price source's URL by how they ended: fetched, not_modified, or what "
            "went wrong.",
            "If neither fetched nor not_modified grows: the log says what to mend. The last good copy "
            "holds meanwhile.",
            (*_SOURCE, "outcome"),
        ),
        "pricing_faults": About(
            "Number of requests that left unpriced because of a fault in pricing.",
            "The log of this service says which; report it. Telemetry went on untouched.",
        ),
        "walk_faults": About(
            "Number of requests whose bytes could not be read as traces.",
            "A sender writes broken OTLP: the refused requests name it.",
        ),
        "duplicates": About(
            "Number of spans not billed because another one described the same call.",
            "Nothing; if it rises with a deployment, two instrumentations watch the same client.",
        ),
        "metered_usage": About(
            "Number of amounts of usage that metrics reported, by what became of them: a status of "
            "`genai_cost.status`; duplicate where spans or log records of the same calls are seen.",
            "On unknown_model: add the model to a price file; what was reported before is not priced.",
            ("status",),
        ),
        "calls_unpriced_forgotten": About(
            "Number of calls without a price that later ones pushed out of what is remembered.",
            "Bring their price sooner: should it come, these calls are not in genai_cost.late.",
        ),
        "metrics_exports": About(
            "Number of exports of the derived metrics: sent, failed.",
            "On failed: look at the next hop of the metrics pipeline. The sums are cumulative, "
            "so the next export makes up for it.",
            (*_EXPORTER, "outcome"),
        ),
        "metrics_overflowed_spans": About(
            "Number of spans counted under otel.metric.overflow because of the cardinality limit.",
            "Take the dimension with too many values out of metrics.dimensions, or raise "
            "metrics.cardinality_limit. Totals are exact all the same.",
        ),
        "price_service_refused_requests": About(
            "Number of questions to the price service that got no answer: invalid, too_large, busy (their "
            "share of time is used up), stale_page, watchers (too many), fault.",
            "On busy: ask less or add replicas. On invalid and too_large: a client is at fault, the answer "
            "tells it how. On fault: look for an error in the log of this service, and report it.",
            ("reason",),
        ),
        "process_cpu_seconds": About(
            "Total CPU user and system time in seconds.",
            "At a whole core per worker, add replicas or workers.",
        ),
        "process_uptime": About(
            "Uptime of the process in seconds.", "A fall is a restart: look for the reason."
        ),
        "receiver_in_flight_bytes": About(
            "Bytes of the requests being worked on.",
            "Near its capacity the next hop is slow, or there is too little of us.",
        ),
        "receiver_in_flight_bytes_capacity": About(
            "Bytes of requests that may be worked on at once: memory_limiter's limit_mib.",
            "Nothing. Resident memory may rise by about this much under load.",
        ),
        "exporter_in_flight_requests": About(
            "Number of requests waiting for the next hop.",
            "If it only grows, the next hop does not answer.",
            _EXPORTER,
        ),
        "exporter_queue_size": About(
            "What waits in the sending_queue, in units of its sizer.",
            "From 60 % of its capacity on, the next hop is too slow or away.",
            _EXPORTER,
        ),
        "exporter_queue_capacity": About(
            "What the sending_queue holds at most, in units of its sizer.",
            "Nothing.",
            _EXPORTER,
        ),
        "pricing_rows": About(
            "Number of rows in the price table in use.",
            "A sudden fall: compare the files the table was made of; the log names its version.",
        ),
        "pricing_age_seconds": About(
            "Seconds since the price table in use was built.",
            "If it should have been renewed since, look at the reloads.",
        ),
        "pricing_last_reload_success": About(
            "1 if every source of prices is in use as it is now, 0 if one was kept as it was, is missing, "
            "or gave nothing when it was last asked.",
            "On 0: the log says what is wrong with which source; `genai-cost validate` says all.",
        ),
        "pricing_last_reload_timestamp_seconds": About(
            "Unix time of the last reload of the prices.", "Nothing."
        ),
        "pricing_source_rows": About(
            "Number of rows of each price source that are in use.",
            "0 is a source that is missing. A fall: the log of that reload names what went.",
            _SOURCE,
        ),
        "pricing_source_success": About(
            "1 if a price source is in use as it is now, 0 if an earlier copy is, or none, or if its "
            "server gave nothing when it was last asked.",
            "On 0: the log says what is wrong with it and how to mend it.",
            _SOURCE,
        ),
        "pricing_source_current_timestamp_seconds": About(
            "Unix time when a price source was last found to be what is in use: read, or confirmed by "
            "its server; of an earlier run's copy when that was written; 0 before any.",
            "For a URL, time() minus this far above its refresh_interval: look at its fetches. A file "
            "is looked at when it changes.",
            _SOURCE,
        ),
        "pricing_source_version": About(
            "1, with the version that a price source gives itself.",
            "Compare it between replicas.",
            (*_SOURCE, "version"),
        ),
        "calls_remembered": About(
            "Number of spans and calls remembered so that none is billed twice.",
            "At its bound the oldest are forgotten, and a late retry may count twice.",
        ),
        "calls_unpriced": About(
            "Number of calls that are remembered because they have no price yet.",
            "Add their models to a price file: genai_cost_spans_total by genai_cost_status names them.",
        ),
        "metrics_label_sets": About(
            "Number of label sets the derived metrics have.",
            "Near metrics.cardinality_limit, look at metrics.dimensions.",
        ),
        "walk_compiled": About(
            "1 if the walk over the bytes runs compiled, 0 if interpreted.",
            "On 0 where speed matters: install a C compiler, then install again.",
        ),
        "process_memory_rss": About(
            "Resident memory in bytes.", "Steady growth under even load is a leak: report it."
        ),
        "process_open_fds": About(
            "Number of open file descriptors: connections, files, queues.",
            "Near process_max_fds senders can't connect: raise the limit, or let senders share connections.",
        ),
        "process_max_fds": About("Number of file descriptors that it may have.", "Nothing."),
        "build": About("The version of this service.", "Nothing."),
        "pricing": About("The price table in use.", "Nothing."),
    },
)

COUNTERS: Final[tuple[CounterName, ...]] = get_args(CounterName)
GAUGES: Final[tuple[GaugeName, ...]] = get_args(GaugeName)
INFOS: Final[tuple[InfoName, ...]] = get_args(InfoName)

Samples: TypeAlias = list[tuple[tuple[str, ...], float]]
Beside: TypeAlias = "Callable[[CounterName | GaugeName], Mapping[tuple[str, ...], float]]"


class Telemetry:
    """All of them in one place. Used from the event loop alone."""

    def __init__(self) -> None:
        self._totals: dict[tuple[CounterName, tuple[str, ...]], int] = {}
        self._gauges: dict[tuple[GaugeName, tuple[str, ...]], float] = {}
        self._infos: dict[InfoName, dict[str, str]] = {}
        self._watched: dict[CounterName | GaugeName, Callable[[], float]] = {}
        self._beside: Beside | None = None
        started = time.monotonic()
        self.watch("process_uptime", lambda: time.monotonic() - started)
        self.watch("process_cpu_seconds", time.process_time)
        self.watch("process_memory_rss", resident_bytes)
        self.watch("process_open_fds", open_files)
        self.watch("process_max_fds", most_files)

    def count(self, name: CounterName, n: int = 1, *values: str) -> None:
        """Add *n*; *values* are those of the name's labels, in order. 0 makes a series known."""
        try:
            self._totals[name, values] += n
        except KeyError:
            key = (name, self._admitted(name, values, len(self._totals)))
            self._totals[key] = self._totals.get(key, 0) + n

    def gauge(self, name: GaugeName, value: float, *values: str) -> None:
        """Set what is true now."""
        key = (name, values)
        if key not in self._gauges:
            key = (name, self._admitted(name, values, len(self._gauges)))
        self._gauges[key] = value

    def forget(self, name: GaugeName, *first: str) -> None:
        """Drop the series of a gauge whose labels begin so: what they said is over."""
        for key in [key for key in self._gauges if key[0] == name]:
            if key[1][: len(first)] == first:
                del self._gauges[key]

    def info(self, name: InfoName, **facts: str) -> None:
        """Say facts that have no number; replaces those said before."""
        self._infos[name] = facts

    def watch(self, name: CounterName | GaugeName, read: Callable[[], float]) -> None:
        """Ask *read* whenever somebody looks, instead of being told."""
        self._watched[name] = read

    def beside(self, others: Beside) -> None:
        """Add what other processes of this service say whenever somebody looks."""
        self._beside = others

    def counter(self, name: CounterName) -> Samples:
        """All series of a counter; one without labels is 0 before it is first counted."""
        found = self._with_others(name, self._totals)
        return found or ([] if ABOUT[name].labels else [((), 0)])

    def reading(self, name: GaugeName) -> Samples:
        """All series of a gauge; none before it is first set."""
        return self._with_others(name, self._gauges)

    def _with_others(self, name: CounterName | GaugeName, kept: Mapping[Any, float]) -> Samples:
        found: Samples = [(key[1], value) for key, value in kept.items() if key[0] == name]
        if name in self._watched:
            found = [((), self._watched[name]())]
        if self._beside is None:
            return found
        sums = dict(self._beside(name))
        for labels, value in found:
            sums[labels] = sums.get(labels, 0) + value
        return list(sums.items())

    def facts(self, name: InfoName) -> Mapping[str, str]:
        """What was said last; empty before."""
        return self._infos.get(name, {})

    @staticmethod
    def _admitted(name: Name, values: tuple[str, ...], kept: int) -> tuple[str, ...]:
        """The labels a new series gets; raises for a number of them that is not the name's."""
        labels = ABOUT[name].labels
        if len(values) != len(labels):
            raise ValueError(f"{name} has the labels {labels}, not {values}")
        return values if kept < MAX_SERIES or not labels else (SURPLUS,) * len(labels)


def resident_bytes() -> int:
    """Resident memory of this process; its peak where the system does not tell the present."""
    import resource  # noqa: PLC0415 - only when somebody looks

    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * resource.getpagesize()


def open_files() -> int:
    """File descriptors of this process; 0 where the system does not tell."""
    for place in (Path("/proc/self/fd"), Path("/dev/fd")):
        try:
            return sum(1 for _ in place.iterdir()) - 1  # that of the look itself
        except OSError:
            continue
    return 0


def most_files() -> int:
    """File descriptors that this process may have."""
    import resource  # noqa: PLC0415 - only when somebody looks

    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
