"""The short way through a span says what the long way says, whatever was heard before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from processor.dialects import DIALECTS, Reading, Recogniser
from processor.dialects.hear import MAX_STEPS, Heard, hear
from processor.dialects.hear_lean import hear_lean
from processor.dialects.recognise import MEMO_LIMIT, MEMO_TEXT
from processor.dialects.reported import KEYS as REPORTER_KEYS
from processor.dialects.reported import REPORTED_COST
from processor.dialects.shapes import LIMIT
from processor.wire.keys import KeyTable
from processor.wire.splice import varint
from processor.wire.walk import read, scan
from tests.calls.traffic import put
from tests.calls.turned import turned
from tests.dialects.cases import CASES, Case

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processor.dialects.shapes import Ear, Shape
    from processor.wire.fields import Value
    from processor.wire.walk import SpanView

    Way = Callable[[bytes, SpanView, Ear, Heard, Shape], bool]

KEYS = KeyTable(Recogniser(DIALECTS).keys(), Recogniser(DIALECTS).marks())
PLACED = frozenset(REPORTED_COST)
NUMBERS = st.one_of(
    st.sampled_from([0, 1, 7, 10**12, 10**12 + 1, -1, 0.0, 12.0, 0.5, "12", "", True]),
    st.integers(0, 5000),
)
CHAT: dict[str, Value] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.id": "chatcmpl-0123456789",
    "gen_ai.usage.input_tokens": 1420,
    "gen_ai.usage.output_tokens": 380,
}


def told(reading: Reading | None) -> object:
    """Everything that a reading says; why it is impossible is told one way only."""
    if reading is None:
        return None
    return _subject(reading), _rest(reading)


def _subject(reading: Reading) -> object:
    subject = reading.subject
    return (
        *(subject.dialect, subject.provider, subject.request_model, subject.response_model),
        *(subject.address, subject.service_tier, subject.region, subject.conditions),
    )


def _rest(reading: Reading) -> object:
    return (
        *(reading.kind, reading.operation, reading.usage, bool(reading.impossible)),
        *(reading.response_id, reading.reported_under, reading.reported_usd),
        reading.charged,
    )


def body_of(attributes: Mapping[str, Any]) -> bytes:
    made = ExportTraceServiceRequest()
    span = (
        made.resource_spans.add()
        .scope_spans.add()
        .spans.add(
            trace_id=bytes(range(16)),
            span_id=b"a span's",
            parent_span_id=b"a parent",
            name="call",
            kind=Span.SPAN_KIND_CLIENT,
            start_time_unix_nano=1_795_000_000_000_000_001,
            end_time_unix_nano=1_795_000_000_000_000_002,
        )
    )
    for key, value in attributes.items():
        put(span.attributes, key, value)
    return made.SerializeToString()


class Ways:
    """Both ways through spans of one writer, by one recogniser that keeps its past."""

    def __init__(self, scope: str, version: str = "") -> None:
        self.recogniser = Recogniser(DIALECTS)
        self.heard = Heard(self.recogniser.shapes)
        self.writer = self.recogniser.writer(scope, version)
        self.short = 0
        """Spans that took the short way."""

    def agree(self, attributes: Mapping[str, Any]) -> None:
        self.agree_on(body_of(attributes))

    def agree_on(self, body: bytes) -> None:
        """As an SDK writes them, and as a Collector does."""
        self._agree_on(turned(body))
        self._agree_on(body)

    def _agree_on(self, body: bytes) -> None:
        for view in scan(body, KEYS).views:
            for way in (hear, hear_lean):  # which the other one has to have led before
                self._agree_on_span(body, view, way)

    def _agree_on_span(self, body: bytes, view: SpanView, way: Way) -> None:
        assert self.writer.root is not None
        heard = self.heard
        understood = way(body, view, self.writer.ear, heard, self.writer.root)
        cuts, ids = view.places, ids_of(view)
        read(body, view, KEYS, PLACED)
        at_length = self.recogniser.read(view.attributes, self.writer)
        if not understood:
            return
        assert ids == ids_of(view)
        recipe = heard.shape.recipe
        if recipe is None:
            self.recogniser.learn(heard.shape, view.attributes, self.writer)
            recipe = heard.shape.recipe
        assert recipe is not None
        if recipe.pattern is None:
            assert at_length is None
        elif (short := self.recogniser.short(heard, recipe)) is not None:
            assert told(short) == told(at_length)
            assert cuts == view.places
            self.short += way is hear


def ids_of(view: SpanView) -> object:
    """What a span's head says."""
    return view.trace_id, view.span_id, view.parent_id, view.start_ns, view.end_ns


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{case.dialect}: {case.name}") for case in CASES]
)
@settings(deadline=None, max_examples=25)
@given(st.data())
def test_both_ways_agree(case: Case, data: st.DataObject) -> None:
    ways = Ways(case.scope, case.version)
    counts = [
        key
        for key, value in case.attributes.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    ]
    ways.agree(case.attributes)
    for _ in range(4):
        attributes = dict(case.attributes)
        for key in data.draw(st.sets(st.sampled_from(counts))) if counts else ():
            attributes[key] = data.draw(NUMBERS)
        for key in data.draw(st.sets(st.sampled_from(sorted(attributes)), max_size=2)):
            del attributes[key]
        pairs = list(attributes.items())
        ways.agree(dict(data.draw(st.permutations(pairs))))


MONEY = st.sampled_from(["USD", "EUR", "provider", "local"])
WANTED = sorted(key.decode() for key in KEYS.wanted)


@settings(deadline=None, max_examples=400)
@example([{"mlflow.spanType": "chat"}], "app")
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(WANTED),
            st.one_of(
                NUMBERS, st.sampled_from(["chat", "openai", "gpt-4o", "tool", "{}"]), MONEY
            ),
            max_size=8,
        ),
        max_size=6,
    ),
    st.sampled_from(["app", "openlit.x", "openinference.instrumentation.openai", "litellm"]),
)
def test_both_ways_agree_on_what_nobody_writes(spans: list[dict[str, Any]], scope: str) -> None:
    ways = Ways(scope)
    for attributes in (CHAT, *spans, *spans):
        ways.agree({**CHAT, **attributes})
        ways.agree(attributes)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(sorted({*REPORTED_COST, *REPORTER_KEYS})),
            st.one_of(st.sampled_from([0, 0.0, 0.5, 1e9, -0.0, -1, "0.5", "", True]), MONEY),
            max_size=4,
        ),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from(["app", "openlit.x", "openinference.x", "litellm", "agentgateway"]),
    st.sampled_from(["openai", "openrouter"]),
)
def test_both_ways_agree_on_what_a_call_cost(
    costs: list[dict[str, Any]], scope: str, provider: str
) -> None:
    ways = Ways(scope)
    for attributes in (*costs, *costs):
        ways.agree({**CHAT, "gen_ai.provider.name": provider, **attributes})


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({}, id="the-plainest"),
        pytest.param({"gen_ai.usage.cache_read.input_tokens": 1024}, id="cached"),
        pytest.param({"gen_ai.usage.reasoning_tokens": 300}, id="thoughts"),
        pytest.param({"gen_ai.usage.total_tokens": 1800}, id="a-total"),
        pytest.param({"gen_ai.usage.cached_tokens": 0}, id="a-zero"),
        pytest.param({"gen_ai.usage.prompt_tokens": 9}, id="an-old-name-beside-the-new"),
        pytest.param({"gen_ai.usage.cost": 0.5}, id="a-cost"),
        pytest.param({"gen_ai.usage.cost": 0}, id="no-cost-as-openlit-says-it"),
        pytest.param(
            {"gen_ai.usage.cost": 0.5, "gen_ai.usage.cost.currency": "USD"}, id="in-dollars"
        ),
        pytest.param({"operation.cost": 0.5, "gen_ai.usage.cost": 0.25}, id="two-costs"),
        pytest.param({"operation.cost": 0.5, "gen_ai.usage.cost.source": "provider"}),
    ],
)
@pytest.mark.parametrize(
    "scope", ["app", "openlit.otel.x", "opentelemetry.instrumentation.openai"]
)
def test_ordinary_spans_take_the_short_way(scope: str, more: dict[str, Value]) -> None:
    ways = Ways(scope)
    for number in (2000, 3000, 4000):
        ways.agree({**CHAT, **more, "gen_ai.usage.input_tokens": number})
    assert ways.short == 6


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"gen_ai.usage.cost": "0.5"}, id="a-cost-as-text"),
        pytest.param({"gen_ai.usage.cost": -0.5}, id="a-cost-below-0"),
        pytest.param(
            {"gen_ai.usage.cost": 0.5, "gen_ai.usage.cost.currency": "EUR"}, id="in-euros"
        ),
        pytest.param({"metadata.user_api_key_hash": "88dc28"}, id="a-key-to-bill"),
        pytest.param({"gen_ai.usage.input_tokens": "1420"}, id="a-number-as-text"),
        pytest.param({"gen_ai.usage.input_tokens": 10**13}, id="absurd"),
        pytest.param({"gen_ai.usage.cache_read.input_tokens": 1420}, id="nothing-left"),
        pytest.param({"gen_ai.request.model": "m" * 300}, id="long"),
    ],
)
def test_what_is_out_of_the_ordinary_takes_the_long_way(more: dict[str, Value]) -> None:
    ways = Ways("app")
    for _ in range(3):
        ways.agree({**CHAT, **more})
    assert ways.short == 0


def test_a_tag_that_is_written_longer_than_it_is_begins_no_head() -> None:
    """Its value ends where the ids of a Collector's span might begin, and they are no ids."""
    attributes = ExportTraceServiceRequest.FromString(body_of(CHAT))
    span = attributes.resource_spans[0].scope_spans[0].spans[0]
    tail = b"\x08\x01\x7a\x17abcde\x0a\x10" + bytes(range(16))  # span_id as a number, a status
    payload = Span(attributes=span.attributes).SerializeToString()
    payload += b"\xc1\x00" + bytes(7) + b"\x12" + tail
    for _ in range(3):
        body = payload
        for tag in b"\x12\x12\x0a":
            body = bytes([tag]) + varint(len(body)) + body
        Ways("app").agree_on(body)


def test_shapes_are_bounded_however_long_a_root_is_held() -> None:
    ways = Ways("app")
    root = ways.writer.root
    assert root is not None
    for n in range(3 * LIMIT):
        ways.recogniser.shapes.after(root, b"%d" % n)
        assert len(root.next) <= LIMIT
    ways.agree(CHAT)
    ways.agree(CHAT)
    assert ways.short == 4


def test_writers_are_forgotten_with_their_shapes() -> None:
    recogniser = Recogniser(DIALECTS)
    for n in range(MEMO_LIMIT + 10):
        recogniser.writer(f"scope {n}", "")
    assert len(recogniser.shapes) <= MEMO_LIMIT


def test_a_writer_with_a_long_name_is_read_the_long_way_and_not_remembered() -> None:
    recogniser = Recogniser(DIALECTS)
    for n in range(3):
        assert recogniser.writer("s" * MEMO_TEXT + str(n), "").root is None
    assert len(recogniser.shapes) == 0


def test_a_span_that_says_too_much_makes_no_shapes_without_end() -> None:
    pairs = [("gen_ai.usage.input_tokens", 7)] * 5000
    made = ExportTraceServiceRequest()
    span = made.resource_spans.add().scope_spans.add().spans.add()
    for key, value in pairs:
        put(span.attributes, key, value)
    recogniser = Recogniser(DIALECTS)
    writer = recogniser.writer("app", "")
    assert writer.root is not None
    body = made.SerializeToString()
    (view,) = scan(body, KEYS).views
    assert not hear(body, view, writer.ear, Heard(recogniser.shapes), writer.root)
    assert len(recogniser.shapes) <= MAX_STEPS + 1


@pytest.mark.parametrize(
    ("scope", "key", "attributes"),
    [
        pytest.param(
            "ai",
            "ai.usage.inputTokenDetails.noCacheTokens",
            {
                "ai.operationId": "ai.generateText.doGenerate",
                "gen_ai.system": "anthropic",
                "gen_ai.request.model": "claude-sonnet-4-5",
                "ai.usage.inputTokens": 2000,
                "ai.usage.cachedInputTokens": 1000,
            },
            id="who-counts-how",
        ),
        pytest.param(
            "app",
            "traceloop.entity.path",
            {**CHAT, "gen_ai.openai.api_base": "https://openrouter.ai/api/v1"},
            id="whose-dialect",
        ),
    ],
)
def test_an_attribute_without_a_value_stands_for_nothing(
    scope: str, key: str, attributes: dict[str, Value]
) -> None:
    """Whoever comes first must not decide what the others mean."""
    empty = ExportTraceServiceRequest.FromString(body_of(attributes))
    spoilt = empty.resource_spans[0].scope_spans[0].spans[0].attributes.add(key=key)
    spoilt.value.SetInParent()
    ways = Ways(scope)
    for _ in range(2):
        ways.agree_on(empty.SerializeToString())
        ways.agree({**attributes, key: 1000})


@pytest.mark.parametrize("writer", [bytes, turned], ids=["an SDK", "a Collector"])
def test_an_interpreter_begins_no_span_anew_whose_like_it_heard(
    monkeypatch: pytest.MonkeyPatch, writer: Callable[[bytes], bytes]
) -> None:
    ways = Ways("app")
    made = ExportTraceServiceRequest()
    span = (
        made.resource_spans.add()
        .scope_spans.add()
        .spans.add(
            trace_id=b"t" * 16,
            span_id=b"s" * 8,
            parent_span_id=b"p" * 8,
            name="chat",
            kind=3,
            start_time_unix_nano=7,
            end_time_unix_nano=9,
        )
    )
    for key, value in (*CHAT.items(), ("gen_ai.input.messages", "x" * 300), ("other", 300)):
        put(span.attributes, key, value)
    ways.agree_on(made.SerializeToString())
    monkeypatch.setattr("processor.dialects.hear_lean.hear", None)
    body = writer(made.SerializeToString())
    (view,) = scan(body, KEYS).views
    assert ways.writer.root is not None
    assert hear_lean(body, view, ways.writer.ear, ways.heard, ways.writer.root)
    assert ids_of(view) == (b"t" * 16, b"s" * 8, b"p" * 8, 7, 9)
    assert ways.heard.numbers == [1420, 380]
    assert ways.heard.name == "chatcmpl-0123456789"


@pytest.mark.parametrize(
    "key", ["user.tier", "gen_ai.request.model", "gen_ai.usage.input_tokens"]
)
def test_a_dimension_is_kept_by_whichever_short_way(key: str) -> None:
    said = {**CHAT, "user.tier": "gold"}
    recogniser = Recogniser(DIALECTS, kept={key})
    writer = recogniser.writer("app", "")
    heard = Heard(recogniser.shapes)
    assert writer.root is not None
    for body in (body_of(said), turned(body_of(said))):
        for way in (hear, hear_lean, hear_lean):
            (view,) = scan(body, KEYS).views
            if way(body, view, writer.ear, heard, writer.root):
                assert heard.kept == {key: said[key]}
            else:
                assert body != body_of(said)
