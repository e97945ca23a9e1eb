"""The detector over one plain series of time and value."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_lib.analysis.anomalies import detect, detect_many
from finops_lib.errors import ParameterError

DAYS = 120


def bill(days=DAYS, *, noise=0.03, seed=3, start="2026-01-01"):
    """A bill of 1,000 a day that rests at weekends."""
    times = pd.date_range(start, periods=days, freq="D")
    week = np.where(times.day_of_week < 5, 1.0, 0.6)
    values = 1000.0 * week * np.random.default_rng(seed).normal(1.0, noise, days)
    return pd.DataFrame({"time": times, "value": values})


def times(series, factor, first, last=DAYS):
    found = series.copy()
    found.loc[first : last - 1, "value"] *= factor
    return found


def test_a_quiet_bill_with_weekends_and_growth_has_no_anomaly():
    quiet = bill()
    assert detect(quiet).empty
    assert detect(quiet.assign(value=quiet["value"] * 1.006 ** np.arange(DAYS))).empty


def test_a_spike_is_told_on_its_day_with_what_it_cost():
    series = times(bill(), 1.6, 70, 71)
    found = detect(series)
    assert found["kind"].tolist() == ["spike"]
    row = found.iloc[0]
    assert (row["start"], row["end"]) == (series["time"][70], series["time"][71])
    assert row["alarmed_at"] == series["time"][70]
    assert row["impact"] == pytest.approx(series["value"][70] * 0.6 / 1.6, rel=0.1)
    assert not row["lasts"]


def test_a_drop_of_two_days_is_one_row():
    found = detect(times(bill(), 0.3, 68, 70))
    assert found["kind"].tolist() == ["drop"]
    assert (found["end"] - found["start"]).tolist() == [pd.Timedelta(days=2)]
    assert found["impact_share"].iloc[0] == pytest.approx(-0.7, abs=0.05)


def test_a_drop_that_begins_in_the_course_of_a_day_covers_that_day():
    series = times(times(bill(noise=0.01), 0.85, 68, 69), 0.01, 69, 70)
    row = detect(series).iloc[0]
    assert (row["start"], row["alarmed_at"]) == (series["time"][68], series["time"][69])
    assert row["end"] == series["time"][70]


def test_a_level_shift_is_alarmed_within_three_days_and_counted_for_thirty():
    series = times(bill(), 1.25, 60)
    found = detect(series)
    assert found["kind"].tolist() == ["level_shift"]
    row = found.iloc[0]
    assert row["start"] == series["time"][60]
    assert row["alarmed_at"] <= series["time"][62]
    assert row["end"] - row["start"] == pd.Timedelta(days=30)
    assert row["lasts"]
    assert row["impact_share"] == pytest.approx(0.25, abs=0.05)


def test_a_slow_leak_is_named_as_one():
    series = bill()
    series["value"] *= 1 + 0.02 * np.clip(np.arange(DAYS) - 60, 0, None)
    found = detect(series)
    assert found["kind"].tolist() == ["slow_leak"]
    assert abs(found["start"].iloc[0] - series["time"][61]) <= pd.Timedelta(days=5)


def test_a_fee_on_the_first_of_every_month_is_no_anomaly():
    series = bill()
    series.loc[series["time"].dt.day == 1, "value"] += 400.0
    assert detect(series).empty


def test_growth_that_ends_is_worth_nothing():
    size = 1.02 ** np.minimum(np.arange(DAYS), 60)
    grown = bill(noise=0.005).assign(value=lambda rows: rows["value"] * size)
    assert detect(grown, min_impact=1.0, min_share=0.05).empty


def test_only_rows_above_both_floors_are_told():
    series = times(bill(), 1.6, 70, 71)
    assert len(detect(series, min_impact=100.0, min_share=0.5)) == 1
    assert detect(series, min_impact=10_000.0).empty
    assert detect(series, min_share=0.9).empty


def test_what_comes_later_does_not_change_what_was_alarmed():
    series = times(times(bill(), 1.6, 50, 51), 1.4, 90)
    early, whole = detect(series.head(80)), detect(series)
    pd.testing.assert_frame_equal(early, whole.head(1))


def test_a_day_without_a_value_is_unknown_and_no_drop():
    series = bill().drop(index=[60, 61, 62])
    assert detect(series).empty


@pytest.mark.parametrize("rows", [0, 1, 2, 5])
def test_a_short_series_is_not_judged(rows):
    assert detect(bill().head(rows)).empty


def test_times_that_stand_twice_are_refused():
    twice = pd.concat([bill(), bill().head(1)])
    with pytest.raises(ParameterError, match="stands twice"):
        detect(twice)


def test_hourly_series_are_compared_in_amounts():
    moments = pd.date_range("2026-03-01", periods=21 * 24, freq="h")
    rhythm = 100.0 + 95.0 * np.sin(np.arange(len(moments)) / 24 * 2 * np.pi)
    values = rhythm + np.random.default_rng(1).normal(0.0, 3.0, len(moments))
    values[400:403] += 80.0
    found = detect(pd.DataFrame({"time": moments, "value": values}))
    assert found["start"].tolist() == [moments[400]]
    assert found["kind"].tolist() == ["spike"]


@pytest.mark.parametrize("step", ["1h", "15min"])
def test_a_level_shift_of_a_finer_series_is_told_from_its_days(step):
    moments = pd.date_range("2026-03-02 09:00", "2026-03-30", freq=step, inclusive="left")
    rhythm = 100.0 + 40.0 * np.sin(2 * np.pi * moments.hour / 24)
    values = rhythm * np.random.default_rng(1).normal(1.0, 0.05, len(moments))
    series = pd.DataFrame({"time": moments, "value": values})
    series.loc[series["time"] >= "2026-03-23", "value"] *= 1.25
    found = detect(series)
    assert found["kind"].tolist() == ["level_shift"]
    row = found.iloc[0]
    assert row["start"] == pd.Timestamp("2026-03-23")
    assert row["alarmed_at"] < pd.Timestamp("2026-03-26")
    after = series.loc[series["time"] >= "2026-03-23", "value"].sum()
    assert (row["actual"], row["impact_share"]) == pytest.approx((after, 0.25), abs=0.04)


def test_one_bad_day_of_an_hourly_series_is_no_level_shift():
    moments = pd.date_range("2026-03-02", periods=28 * 24, freq="h")
    values = 100.0 * np.random.default_rng(2).normal(1.0, 0.05, len(moments))
    values[20 * 24 : 21 * 24] *= 2
    found = detect(pd.DataFrame({"time": moments, "value": values}))
    assert set(found["kind"]) == {"spike"}
    assert found["start"].iloc[0] == moments[20 * 24]


@pytest.mark.parametrize(("noise", "share"), [(0.02, 1.0), (0.05, 0.95), (0.08, 0.9)])
def test_spikes_stand_out_of_rougher_bills_too(noise, share):
    bills = {seed: times(bill(noise=noise, seed=seed), 1.6, 90, 91) for seed in range(20)}
    table = pd.DataFrame({seed: rows["value"].array for seed, rows in bills.items()})
    found = detect_many(table.set_index(pd.DatetimeIndex(bills[0]["time"])))
    hit = found[(found["start"] == bills[0]["time"][90]) & (found["kind"] == "spike")]
    assert hit["series"].nunique() >= share * len(bills)
    assert len(found) - len(hit) <= 1


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(DAYS)))
def test_the_order_of_rows_does_not_matter(order):
    series = times(times(bill(), 1.6, 50, 51), 1.4, 90)
    pd.testing.assert_frame_equal(detect(series.iloc[order]), detect(series))


@settings(max_examples=10, deadline=None)
@given(st.floats(0.01, 1e6))
def test_another_currency_gives_the_same_anomalies(factor):
    series = times(times(bill(), 1.6, 50, 51), 1.4, 90)
    found, other = detect(series), detect(series.assign(value=series["value"] * factor))
    same = ["start", "end", "kind", "alarmed_at"]
    pd.testing.assert_frame_equal(found[same], other[same])
    np.testing.assert_allclose(other["impact"], found["impact"] * factor, rtol=1e-6)


def test_many_series_at_once_are_judged_as_each_alone():
    one, two = times(bill(seed=1), 1.6, 50, 51), times(bill(seed=2), 1.4, 90)
    table = pd.DataFrame({"one": one["value"].array, "two": two["value"].array}, index=one["time"])
    many = detect_many(table)
    for name, series in (("one", one), ("two", two)):
        alone = many[many["series"] == name].drop(columns="series").reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, detect(series), check_dtype=False)
