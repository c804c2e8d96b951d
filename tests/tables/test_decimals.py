"""Figures out of floats: exact where they are, put right where a float or a division made noise."""

from decimal import Decimal

import pytest

from pricing.tables.making.decimals import clean, of_float, short_rate, text, undivided


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("2.5", "2.5", id="short-stays"),
        pytest.param("0.003625", "0.003625", id="four-digits-stay"),
        pytest.param("0.18000000000000002", "0.18", id="float-noise"),
        pytest.param("2.99999", "3", id="cut-conversion"),
        pytest.param("1.12497", "1.125", id="cut-conversion-to-four-digits"),
        pytest.param("0.08333333333333334", "0.0833333333", id="a-third-keeps-nine-digits"),
        pytest.param("1e-05", "0.00001", id="no-exponent"),
        pytest.param("3000", "3000", id="whole"),
    ],
)
def test_a_figure_is_what_its_vendor_meant(written: str, meant: str) -> None:
    assert text(clean(Decimal(written))) == meant


def test_a_float_is_its_shortest_decimal() -> None:
    assert of_float(2.5e-06) * 10**6 == Decimal("2.5")


@pytest.mark.parametrize(
    ("per_second", "price", "scale"),
    [
        pytest.param("0.00003083", "0.111", 3600, id="groq-per-hour"),
        pytest.param("0.00007167", "0.0043", 60, id="deepgram-per-minute"),
        pytest.param("0.0001", "0.006", 60, id="whisper-per-minute"),
        pytest.param("0.0007", "0.0007", 1, id="short-per-second"),
        pytest.param("0.00012", "0.0072", 60, id="exact-is-not-shortened"),
    ],
)
def test_a_rate_per_second_is_shown_as_its_vendor_wrote_it(
    per_second: str, price: str, scale: int
) -> None:
    assert short_rate(Decimal(per_second), (60, 3600)) == (Decimal(price), scale)


@pytest.mark.parametrize(
    ("per_pixel", "pixels", "per_image"),
    [
        pytest.param("6.539e-8", 1024 * 1792, "0.12", id="dall-e-3-hd"),
        pytest.param("4.359e-8", 1024 * 1792, "0.08", id="cut-not-rounded"),
        pytest.param("1.9e-8", 1024 * 1024, "0.02", id="two-digits"),
    ],
)
def test_a_price_per_pixel_goes_back_to_the_image(
    per_pixel: str, pixels: int, per_image: str
) -> None:
    assert undivided(Decimal(per_pixel), pixels) == Decimal(per_image)
