import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib import present
from finops_lib.present import numbers


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (80412.33, "$80,412"),
        (999.995, "$1,000.00"),
        (23.36, "$23.36"),
        (0, "$0.00"),
        (-0.001, "$0.00"),
        (-3.5, "−$3.50"),
        (-1234.5, "−$1,234"),
        (None, "unknown"),
        (math.nan, "unknown"),
        (pd.NA, "unknown"),
        (math.inf, "unknown"),
    ],
)
def test_usd_amount_is_shown_as_people_read_money(amount, shown):
    assert present.usd(amount) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(0, "$0"), (10_000, "$10K"), (80_412, "$80.4K"), (999_960, "$1M"), (2.5e9, "$2.5B"), (7.5, "$7.50")],
)  # fmt: skip
def test_usd_compact_fits_an_axis(amount, shown):
    assert present.usd(amount, compact=True) == shown


def test_usd_signed_puts_a_plus_before_a_gain_and_nothing_before_zero():
    assert [present.usd(v, signed=True) for v in (4120, -4120, 0)] == [
        "+$4,120",
        "−$4,120",
        "$0.00",
    ]


def test_usd_with_cents_keeps_them_above_a_thousand():
    assert present.usd(3505.327, cents=True) == "$3,505.33"


def test_use_currency_shows_the_billing_currency_of_the_run():
    present.use_currency("EUR")
    try:
        euros = present.usd(12)
        present.use_currency("SEK")
        assert (euros, present.usd(12)) == ("€12.00", "SEK 12.00")
    finally:
        present.use_currency("USD")


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.643, "64.3%"), (1, "100.0%"), (0, "0.0%"), (0.0001, "<0.1%"), (-0.0001, "−<0.1%"), (None, "unknown")],
)  # fmt: skip
def test_pct_never_shows_something_as_nothing(share, shown):
    assert present.pct(share) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1301, "1,301"), (8.5, "8.50"), (42.25, "42.2"), (1234.5, "1,234"), (None, "unknown")],
)
def test_number_has_as_many_places_as_its_size_needs(value, shown):
    assert present.number(value) == shown


def test_dates_are_shown_as_days_and_months():
    moment = np.datetime64("2026-10-31T23:00")
    assert [present.date(moment), present.month(moment), present.date(pd.NaT)] == [
        "2026-10-31",
        "October 2026",
        "unknown",
    ]


@given(st.sampled_from(sorted(numbers.FORMATS)))
def test_every_format_says_unknown_for_what_is_missing(form):
    assert numbers.FORMATS[form](None) == "unknown"


@given(st.floats(min_value=-1e12, max_value=1e12))
def test_usd_with_cents_reads_back_to_the_amount_within_half_a_cent(amount):
    shown = present.usd(amount, cents=True)
    back = float(shown.replace("$", "").replace(",", "").replace("−", "-"))
    assert abs(back - amount) <= 0.005 + abs(amount) * 1e-12


def test_steady_leaves_out_the_bits_that_a_parallel_sum_leaves_to_chance():
    assert numbers.steady(12692.926856883412) == numbers.steady(12692.92685688341) == 12692.9268569
    assert (numbers.steady(7.0), numbers.steady(3)) == (7.0, 3)
