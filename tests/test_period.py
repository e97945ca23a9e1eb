from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.errors import ParameterError
from finops_lib.period import Period, naive_utc

MONTHS = st.tuples(st.integers(2000, 2100), st.integers(1, 12)).map(lambda m: f"{m[0]}-{m[1]:02}")


@given(MONTHS)
def test_month_next_and_previous_are_inverse_and_touch(text):
    month = Period.month(text)
    assert month.label == text
    assert month.next().previous() == month
    assert month.previous().end == month.start
    assert month.days in (28, 29, 30, 31)


def test_month_february_of_a_leap_year_has_29_days():
    assert Period.month("2024-02").days == 29


@pytest.mark.parametrize("text", ["2026-13", "26-10", "October", ""])
def test_month_nonsense_is_refused(text):
    with pytest.raises(ParameterError, match="is not a month"):
        Period.month(text)


def test_period_end_before_start_is_refused():
    with pytest.raises(ParameterError, match="must end after"):
        Period(datetime(2026, 1, 2), datetime(2026, 1, 2))


def test_period_with_zone_is_refused():
    with pytest.raises(ParameterError, match="naive UTC"):
        Period(datetime.fromisoformat("2026-01-01T00:00+00:00"), datetime(2026, 1, 2))


def test_contains_is_half_open():
    month = Period.month("2026-10")
    assert [month.contains(m) for m in (month.start, month.end)] == [True, False]


def test_elapsed_unfinished_month_ends_at_the_last_whole_day():
    month = Period.month("2026-11")
    assert month.elapsed(datetime(2026, 11, 4, 12)).label == "2026-11-01_2026-11-04"
    assert month.is_partial(datetime(2026, 11, 4, 12))


def test_elapsed_finished_month_is_the_whole_month():
    month = Period.month("2026-10")
    assert month.elapsed(datetime(2026, 11, 4)) == month


def test_previous_of_a_span_has_the_same_length():
    span = Period(datetime(2026, 11, 1), datetime(2026, 11, 4))
    assert span.previous().label == "2026-10-29_2026-11-01"


def test_naive_utc_converts_zones():
    assert naive_utc(datetime.fromisoformat("2026-01-01T01:00+01:00")) == datetime(2026, 1, 1)
