from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_lib.analysis.forecast import (
    backtest,
    by_window,
    crossings,
    fan,
    forecast,
    tell,
)
from finops_lib.errors import ParameterError


def series(values, start="2026-01-01") -> pd.DataFrame:
    times = pd.date_range(start, periods=len(values))
    return pd.DataFrame({"time": times, "value": np.asarray(values, float)})


def noisy(days, level=100.0, noise=0.05, seed=0):
    return level * np.exp(np.random.default_rng(seed).normal(0, noise, days))


def test_forecast_constant_series_stays_where_it_is():
    ahead = forecast(series([50.0] * 90), 30)
    np.testing.assert_allclose(ahead["value"], 50.0, rtol=1e-6)
    assert list(ahead["time"].iloc[[0, -1]]) == [pd.Timestamp("2026-04-01"), pd.Timestamp("2026-04-30")]  # fmt: skip


def test_forecast_knows_weekends():
    frame = series(noisy(120, noise=0.01))
    frame["value"] *= np.where(frame["time"].dt.day_of_week < 5, 1.0, 0.5)
    ahead = forecast(frame, 28)
    weekend = ahead["time"].dt.day_of_week >= 5
    assert ahead["value"][weekend].mean() / ahead["value"][~weekend].mean() == pytest.approx(0.5, rel=0.03)  # fmt: skip


def test_forecast_puts_the_fee_on_the_first_of_the_month_and_on_no_other_day():
    frame = series(noisy(120, noise=0.02))
    frame["value"] += np.where(frame["time"].dt.day == 1, 900.0, 0.0)
    ahead = forecast(frame, 40).set_index("time")["value"]
    first = ahead.index.day == 1
    np.testing.assert_allclose(ahead[first], 1000.0, rtol=0.05)
    np.testing.assert_allclose(ahead[~first], 100.0, rtol=0.05)


def test_forecast_follows_a_level_shift_within_ten_days():
    values = noisy(120, noise=0.03)
    values[-10:] *= 2
    assert forecast(series(values), 30)["value"].mean() == pytest.approx(200.0, rel=0.1)


def test_forecast_learns_nothing_from_a_spike():
    calm, spiked = noisy(120, noise=0.03), noisy(120, noise=0.03)
    spiked[-5] *= 8
    totals = [forecast(series(values), 30)["total"].iloc[-1] for values in (calm, spiked)]
    assert totals[1] == pytest.approx(totals[0], rel=0.03)


def test_forecast_counts_on_bursts_that_are_usual():
    values = noisy(120, noise=0.03)
    values[::10] *= 8
    mean = forecast(series(values), 30)["total"].iloc[-1] / 30
    assert 115.0 < mean < values.mean() * 1.1


def test_forecast_of_a_short_history_is_the_mean_of_four_weeks_and_of_all():
    values = noisy(31, noise=0.1)
    values[:3] *= 2
    total = forecast(series(values), 28)["total"].iloc[-1]
    means = (values[-28:].mean() + values.mean()) / 2
    assert total == pytest.approx(28 * means, rel=0.02)


def test_forecast_short_history_says_how_much_is_needed():
    with pytest.raises(ParameterError, match="The history has 20 days and a forecast needs 28"):
        forecast(series([1.0] * 20), 30)


def test_forecast_finer_steps_are_added_up_per_day():
    hours = pd.date_range("2026-01-01", periods=60 * 24, freq="h")
    ahead = forecast(pd.DataFrame({"time": hours, "value": 2.0}), 7)
    np.testing.assert_allclose(ahead["value"], 48.0, rtol=1e-6)


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    days=st.integers(28, 90),
    scale=st.sampled_from([1e-3, 1.0, 1e6]),
    gaps=st.booleans(),
)
def test_forecast_any_bill_has_ordered_intervals_and_is_never_negative(seed, days, scale, gaps):
    rng = np.random.default_rng(seed)
    values = rng.lognormal(0, 1, days) * scale
    frame = series(np.where(rng.random(days) < 0.3, 0.0, values) if gaps else values)
    ahead = forecast(frame, 45)
    assert (ahead[["low", "total_low"]] >= 0).all(axis=None)
    assert (ahead["low"] <= ahead["value"]).all()
    assert (ahead["value"] <= ahead["high"]).all()
    np.testing.assert_allclose(ahead["total"], ahead["value"].cumsum())
    mixed = forecast(frame.sample(frac=1, random_state=seed), 45)
    pd.testing.assert_frame_equal(mixed, ahead)


def test_forecast_scales_with_its_unit():
    values = noisy(100, noise=0.1)
    one, cents = forecast(series(values), 30), forecast(series(values * 100), 30)
    np.testing.assert_allclose(cents["total_high"], one["total_high"] * 100, rtol=1e-3)


def test_backtest_knows_only_the_past():
    values = noisy(150, noise=0.1)
    changed = values.copy()
    changed[-7:] *= 3
    before, after = (backtest(series(v)).set_index("time") for v in (values, changed))
    known = ["forecast", "low", "high"]
    pd.testing.assert_frame_equal(before[known], after[known])


def test_backtest_newest_month_is_the_last_whole_one():
    frame = series(noisy(90))
    newest = backtest(frame).iloc[-1]
    assert newest["time"] == frame["time"].iloc[-30]
    assert newest["actual"] == pytest.approx(frame["value"].tail(30).sum())


def test_backtest_interval_holds_about_eight_in_ten():
    held = pd.concat([backtest(series(noisy(220, noise=0.1, seed=seed))) for seed in range(2)])
    assert 0.7 <= held["is_inside"].mean() <= 1.0
    assert 0.7 <= held["days_inside_share"].mean() <= 0.9


UNTIL = datetime(2026, 11, 4)


def two_teams(new_days=120):
    days = pd.date_range(end="2026-11-03", periods=120)
    ads = pd.DataFrame({"time": days, "name": "ads", "value": noisy(120, 60, seed=1)})
    new = pd.DataFrame({"time": days, "name": "lab", "value": noisy(120, 40, seed=2)})
    return pd.concat([ads, new.tail(new_days)])


@pytest.fixture(scope="module")
def told():
    return tell(two_teams(), UNTIL)


def test_by_window_names_add_up_to_the_total(told):
    rows = by_window(told, UNTIL)
    for _, window in rows.groupby("window"):
        parts = window[window["name"] != "total"]
        for column in ("so_far_cost", "forecast_cost"):
            assert parts[column].sum() == pytest.approx(window[column].iloc[0])
    assert list(rows["until"].unique()) == [pd.Timestamp("2026-12-01"), pd.Timestamp("2027-01-01")]
    assert (rows["low_cost"] <= rows["forecast_cost"]).all()


def test_by_window_short_history_is_unknown_with_its_reason():
    rows = by_window(tell(two_teams(new_days=9), UNTIL), UNTIL)
    lab = rows[rows["name"] == "lab"]
    assert lab["forecast_cost"].isna().all()
    assert lab["reason"].unique().tolist() == ["The history has 9 days and a forecast needs 28; wait, or read a longer bill."]  # fmt: skip


def test_fan_month_in_hand_is_what_is_known_and_what_is_to_come(told):
    months = fan(told["total"], UNTIL).set_index("month")
    this = by_window(told, UNTIL).query("name == 'total' and window == 'this month'").iloc[0]
    november = months.loc["2026-11-01"]
    assert (november["cost"], november["low"]) == pytest.approx((this["forecast_cost"], this["low_cost"]))  # fmt: skip
    assert list(months["is_forecast"]) == [False] * 4 + [True, True]


def test_crossings_day_is_where_the_month_passes_its_limit(told):
    limits = [("all", "total", 1500.0), ("far", "total", 1e9), ("gone", "nobody", 5.0), ("over", "ads", 100.0)]  # fmt: skip
    found = crossings(told, UNTIL, limits).set_index("name")
    assert abs((found.loc["all", "crossed"] - pd.Timestamp("2026-11-15")).days) <= 1
    assert found.loc["all", "earliest"] <= found.loc["all", "crossed"] <= found.loc["all", "latest"]
    assert pd.isna(found.loc["far", "crossed"])
    assert found.loc["gone", "reason"] == "Nothing of it is in the bill."
    assert found.loc["over", "crossed"] == pd.Timestamp("2026-11-02")


def test_fan_of_three_days_is_an_empty_table_of_its_columns():
    days = pd.DataFrame({"time": pd.date_range("2026-10-01", periods=3), "name": "a", "value": 1.0})
    months = fan(tell(days, datetime(2026, 10, 4))["total"], datetime(2026, 10, 4))
    assert months.empty
    assert pd.api.types.is_bool_dtype(months["is_forecast"])


@pytest.mark.parametrize("silent_days", [3, 8, 12])
def test_forecast_of_a_team_that_began_in_the_first_days_of_the_bill_stays_at_its_level(
    silent_days,
):
    # Hardly anything, then a level, then a lower one: what began before two weeks were known is no step later.
    values = np.concatenate([np.full(silent_days, 0.003), np.full(17, 2.2), np.full(40, 1.4)])
    ahead = forecast(series(values * noisy(len(values), 1.0, 0.01)), 14)
    assert ahead["value"].to_numpy() == pytest.approx(np.full(14, 1.4), rel=0.1)
