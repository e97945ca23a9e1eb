"""The sections of the first notebook add up to the same bill."""

import pytest

from finops_lib.phases import visibility


def test_spend_or_nothing_every_dimension_adds_up_to_the_period(bill_alone):
    shown = [
        visibility.spend_or_nothing(bill_alone, dimension)
        for dimension in ("team", "project", "environment", "model")
    ]
    sums = [table["effective_cost"].sum() for table in shown if len(table)]
    assert sums == pytest.approx([bill_alone.cost()] * len(sums))
    assert sums


def test_by_team_is_the_whole_bill(bill_alone):
    days = bill_alone.days()["effective_cost"].sum()
    assert visibility.by_team(bill_alone)["value"].sum() == pytest.approx(days)


def test_forecast_known_part_is_the_bill_and_short_histories_say_so(bill_alone):
    rows = visibility.forecast(bill_alone)
    year = rows[rows["window"] == "year"].set_index("name")["so_far_cost"]
    assert year.drop("total").sum() == pytest.approx(year["total"])
    unknown = rows["forecast_cost"].isna()
    assert (unknown == rows["reason"].ne("")).all()


def test_drivers_by_resource_add_up_to_the_change_of_the_notebook(bill_alone):
    compared = bill_alone.compared().iloc[0]
    change = visibility.drivers_by_resource(bill_alone)["change"].sum()
    assert change == pytest.approx(compared["cost_after"] - compared["cost_before"])


def test_against_first_month_total_is_the_period_per_day(bill_alone):
    total = visibility.against_first_month(bill_alone).iloc[0]
    assert total["per_day_now"] * bill_alone.period.days == pytest.approx(bill_alone.cost())


def test_changed_since_last_run_without_an_earlier_run_is_empty(bill_alone):
    assert visibility.changed_since_last_run(bill_alone).empty
