"""Carbon, Spot and another provider's prices on a small bill."""

from dataclasses import replace

import pytest

from finops_lib.errors import ParameterError
from finops_lib.phases import strategy


def with_book(book, path):
    plan = book.params.plan.model_copy(update={"price_book": str(path)})
    return replace(book, params=book.params.model_copy(update={"plan": plan}))


def test_spot_training_without_jobs_is_empty(bill_alone):
    assert strategy.spot_training(bill_alone).empty


def test_machine_hours_without_metrics_have_no_load(bill_alone):
    hours = strategy.machine_hours(bill_alone)
    assert hours["cpu_pct"].isna().all()


def test_emissions_tables_that_are_shipped_know_their_regions_and_types():
    machines, grid = (strategy._table(name) for name in ("carbon_instances.csv", "carbon_grid.csv"))
    assert {"m5.xlarge", "p3.8xlarge"} <= set(machines["instance_type"])
    assert (machines["watts_idle"] <= machines["watts_100"]).all()
    assert grid["kg_per_kwh"].between(0, 1.2).all()
    advisor = strategy._table("spot_advisor.csv")
    assert advisor["saving_pct"].between(0, 100).all()
    assert advisor["interruption_band"].isin(range(5)).all()


def test_elsewhere_without_a_price_book_compares_nothing(bill_alone):
    assert strategy.elsewhere(bill_alone).empty


def test_elsewhere_names_the_price_book_that_is_not_there(bill_alone):
    with pytest.raises(ParameterError, match=r"names nowhere\.csv"):
        strategy.elsewhere(with_book(bill_alone, "nowhere.csv"))
