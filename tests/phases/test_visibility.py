"""The sections of the first notebook add up to the same bill."""

import json
import shutil
from dataclasses import replace
from datetime import datetime

import pandas as pd
import pytest
from bills import as_legacy_csv, small_bill

from finops_lib.collect import collect
from finops_lib.params import load_params
from finops_lib.phases import visibility
from finops_lib.workbook import Workbook


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


def with_params(book, overrides):
    return Workbook(book.estate, load_params(None, overrides), book.basis)


def test_spend_or_nothing_spellings_of_one_team_are_one_row(bill_alone):
    one = with_params(bill_alone, {"tags.team.aliases": {"platform": ["A", "b"]}})
    table = visibility.spend_or_nothing(one, "team")
    assert sorted(table["name"]) == ["platform", "untagged"]
    assert table["effective_cost"].sum() == pytest.approx(bill_alone.cost())


def test_budget_days_are_those_of_any_tag_and_of_monthly_budgets_alone(bill_alone):
    budgets = [
        {"name": "all", "limit": 1.0},
        {"name": "cost center", "limit": 1.0, "tag": ["cost_center", "C1"]},
        {"name": "nobody", "limit": 1.0, "tag": ["project", "none of it"]},
        {"name": "a day", "limit": 1.0, "period": "DAILY"},
    ]
    book = with_params(bill_alone, {"governance.budgets": budgets})
    reasons = visibility.budget_days(book).set_index("name")["reason"]
    assert list(reasons.index) == ["all", "cost center", "nobody"]
    assert reasons[["all", "cost center"]].str.startswith("The history has").all()
    assert reasons["nobody"] == "Nothing of it is in the bill."


def earlier_run(book, folder):
    """A run of the day before that saw one line less, of the same title."""
    lines = small_bill()
    bill = as_legacy_csv(lines[lines["identity_line_item_id"] != "line1"], folder / "bill.csv")
    given = {"source.billing": [str(bill)], "source.account": False, "month": "2026-10"}
    params = load_params(None, {**given, "as_of": "2026-10-03"})
    run = folder / "outputs" / "2026-10" / "before"
    estate = collect(
        params, run / "estate", cache=folder / "cache", now=datetime(2026, 10, 20),
        progress=lambda *_: None,
    )  # fmt: skip
    manifest = {
        "created": estate.as_of.isoformat(), "as_of": estate.as_of.isoformat(),
        "title": book.params.title, "period": "2026-10", "kpis": [],
    }  # fmt: skip
    (run / "manifest.json").write_text(json.dumps(manifest))
    return folder / "outputs" / "2026-10" / "now" / "estate"


def test_changed_since_last_run_tells_the_days_that_were_restated(bill_alone, tmp_path):
    here = earlier_run(bill_alone, tmp_path)
    shutil.copytree(bill_alone.estate.folder, here)
    moved = replace(bill_alone, estate=replace(bill_alone.estate, folder=here))
    found = visibility.changed_since_last_run(moved)
    restated = found[found["topic"] == "restated"]
    assert restated[["name", "change"]].to_numpy().tolist() == [["2026-10-02", "5.50"]]
    assert pd.Timestamp(found.loc[found["topic"] == "read", "before"].iloc[0]) < moved.estate.as_of
