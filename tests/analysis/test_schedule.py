"""The week of a machine and the hours of a month."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from finops_lib.analysis.schedule import as_ranges, hours_by_slot, on_slots, week_profiles

MONDAY = datetime(2024, 10, 7)


def office(first: int = 9, last: int = 17) -> np.ndarray:
    week = np.zeros((7, 24), dtype=bool)
    week[:5, first:last] = True
    return week.ravel()


def test_week_profiles_keep_the_highest_of_each_hour_of_the_week() -> None:
    times = [MONDAY, MONDAY + pd.Timedelta(weeks=1), MONDAY + pd.Timedelta(hours=1)]
    metric = pd.DataFrame({"resource_id": "i", "time": times, "value": [1.0, 5.0, 2.0]})
    found = week_profiles(metric).loc["i"].dropna()
    assert found.to_dict() == {0: 5.0, 1: 2.0}


def test_on_slots_hours_never_seen_are_needed() -> None:
    profile = pd.DataFrame([[np.nan] * 168])
    assert on_slots(profile, 10).all(axis=None)


def test_on_slots_start_earlier_around_the_end_of_the_week() -> None:
    profile = pd.DataFrame([[50.0] + [0.0] * 167])
    assert np.flatnonzero(on_slots(profile, 10, 1).iloc[0]).tolist() == [0, 167]


@pytest.mark.parametrize(
    ("month", "on", "total"),
    [(datetime(2024, 2, 10), 21 * 8, 696), (datetime(2024, 10, 1), 23 * 8, 744)],
)
def test_hours_by_slot_count_the_working_days_of_the_real_month(
    month: datetime, on: int, total: int
) -> None:
    hours = hours_by_slot(month)
    assert (hours[office()].sum(), hours.sum()) == (on, total)


def test_as_ranges_join_equal_days() -> None:
    assert as_ranges(office()) == "Mon-Fri 09:00-17:00 UTC"


def test_as_ranges_without_any_hour_is_never() -> None:
    assert as_ranges(np.zeros(168, dtype=bool)) == "never"
