"""Rows only ever gain an end date."""

from hypothesis import given
from hypothesis import strategies as st

from pricing.tables.making import checks
from pricing.tables.making.keeping import keep
from pricing.tables.making.lines import Line, Sheet

TODAY = "2026-11-30"


def line(price: str, start: str = "", end: str = "", **when: str) -> Line:
    return Line(
        start=start,
        end=end,
        when=tuple(when.items()),
        prices=(("input", price),),
        source="s",
        checked=TODAY,
    )


def tables(*lines: Line, model: str = "m") -> dict[str, dict[str, Sheet]]:
    return {"p": {model: Sheet(model, "chat", [], [], list(lines))}}


def kept(
    new: dict[str, dict[str, Sheet]], old: dict[str, dict[str, Sheet]], model: str = "m"
) -> list[Line]:
    return keep(new, old, TODAY)["p"][model].lines


def test_a_changed_price_ends_today_and_its_successor_begins() -> None:
    assert kept(tables(line("2")), tables(line("1"))) == [
        line("1", end=TODAY),
        line("2", start=TODAY),
    ]


def test_a_model_that_the_sources_dropped_keeps_its_rows() -> None:
    assert kept(tables(line("2"), model="other"), tables(line("1"))) == [line("1")]


def test_a_past_row_stays_as_it_was() -> None:
    past = line("1", end="2026-01-01")
    now = line("3", start="2026-01-01")
    assert kept(tables(now), tables(past, now)) == [past, now]


def test_a_withdrawn_tier_ends_today() -> None:
    tier = line("1", service_tier="flex")
    found = kept(tables(line("2")), tables(line("2"), tier))
    assert found == [line("2"), line("1", end=TODAY, service_tier="flex")]


def test_a_dated_successor_ends_the_row_before_it() -> None:
    found = kept(tables(line("1", start="2026-11-01")), tables(line("2")))
    assert found == [line("2", end="2026-11-01"), line("1", start="2026-11-01")]


PRICES = st.sampled_from(["1", "2", "3"])
DAYS = st.lists(
    st.sampled_from(["2026-01-01", "2026-06-01", "2026-11-01"]), unique=True, max_size=3
).map(sorted)


@st.composite
def histories(draw: st.DrawFn) -> list[Line]:
    """One condition's rows, following each other."""
    starts = ["", *draw(DAYS)]
    ends = [*starts[1:], ""]
    prices = draw(st.lists(PRICES, min_size=len(starts), max_size=len(starts)))
    return [
        line(price, start, end) for price, start, end in zip(prices, starts, ends, strict=True)
    ]


@given(histories())
def test_the_same_sources_change_nothing(rows: list[Line]) -> None:
    once = kept(tables(*rows), {})
    assert kept(tables(*once), tables(*once)) == kept(tables(*rows), tables(*rows))


@given(histories(), PRICES)
def test_what_was_charged_in_the_past_is_never_lost_nor_doubled(
    rows: list[Line], price: str
) -> None:
    found = keep(tables(line(price)), tables(*rows), TODAY)
    assert not list(checks.overlaps(found))
    for row in rows:
        assert any(r.start <= row.start and r.says(row) for r in found["p"]["m"].lines)
