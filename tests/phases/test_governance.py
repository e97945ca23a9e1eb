"""Budgets, controls, exceptions, schedules and alerts of a small bill and a handful of findings."""

from datetime import date, datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from bills import BILLED, as_legacy_csv, small_bill

from finops_lib.collect import collect
from finops_lib.errors import ParameterError
from finops_lib.params import Params, load_params
from finops_lib.phases import governance
from finops_lib.workbook import Workbook

BUDGETS = [
    {"name": "total", "limit": 100.0},
    {"name": "a", "limit": 50.0, "tag": ["team", "a", "A"]},
    {"name": "reserved", "limit": 90.0, "kind": "RI_UTILIZATION"},
    {
        "name": "databases",
        "limit": 90.0,
        "kind": "RI_UTILIZATION",
        "service": "Amazon Relational Database Service",
    },
    {"name": "projects", "limit": 5.0, "tag": ["planet", "mars"]},
]


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("governance")
    bill = as_legacy_csv(small_bill(), folder / "bill.csv")
    params = load_params(
        None, {"source.billing": [str(bill)], "source.account": False, "month": "2026-10",
               "governance.budgets": BUDGETS},
    )  # fmt: skip
    estate = collect(params, folder / "estate", cache=folder / "cache", now=datetime(2026, 11, 2),
                     progress=lambda what, share: None)  # fmt: skip
    return Workbook(estate, params)


def test_budgets_compare_billed_cost_and_leave_what_is_not_known_unknown(book):
    found = governance.budgets(book).set_index("budget")
    assert found.loc["total", "actual_amount"] == pytest.approx(BILLED)
    assert found.loc["a", "actual_amount"] == pytest.approx(10.0 - 0.75)
    assert found["status"].to_dict() == {
        "total": "over", "a": "within", "projects": "unknown",
    }  # fmt: skip
    assert found.loc[["projects"], "used_share"].isna().all()


def test_commitment_budgets_are_read_from_the_bill_and_unknown_where_it_has_none(book):
    found = governance.commitment_budgets(book).set_index("budget")
    assert found["wanted_share"].tolist() == [0.9, 0.9]
    assert found["actual_share"].to_dict() == {
        "reserved": pytest.approx(3.25 / (3.25 + 0.75)), "databases": pytest.approx(np.nan, nan_ok=True),
    }  # fmt: skip
    assert found["status"].to_dict() == {"reserved": "below", "databases": "unknown"}


def test_budgets_forecast_is_the_days_so_far_and_the_mean_of_28_for_the_rest(book):
    found = governance.budgets(book).set_index("budget")
    left = (datetime(2026, 11, 1) - book.complete_until).days
    assert found.loc["total", "forecast_amount"] == pytest.approx(BILLED + BILLED / 28 * left)


def test_controls_without_an_account_are_unknown_and_a_status_file_says_more(book, tmp_path):
    assert set(governance.controls(book)["status"]) == {"unknown"}
    written = tmp_path / "status.csv"
    written.write_text("part,control,status,reason\nbudgets,finops-total,deployed,\n")
    assert governance.controls(book, str(written))["status"].tolist() == ["deployed"]
    scores = governance.scorecard(book, str(written)).set_index("measure")["share"]
    assert scores["Controls deployed"] == 1.0
    assert scores["Budgets kept in the month"] == pytest.approx(1 / 3)
    assert np.isnan(scores["Schedules adopted"])


def test_controls_of_another_file_are_refused(book, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(ParameterError, match="finops govern status"):
        governance.controls(book, str(other))


def off_hours(resource, team, status, saving=np.nan):
    return {"check_id": "off_hours_ec2_instances", "resource_id": resource, "team": team,
            "status": status, "monthly_saving": saving, "reason": "", "monthly_cost": 100.0}  # fmt: skip


class Held(dict):
    """Tables of an Estate with the moment of it."""

    as_of = datetime(2026, 11, 1)


def a_book(findings, instances=None, **params):
    return SimpleNamespace(
        findings=pd.DataFrame(findings), params=Params.model_validate(params),
        estate=Held(instances=instances),
    )  # fmt: skip


def test_exceptions_name_owner_and_expiry_and_count_what_they_hold():
    held = off_hours("i-1", "nlp", "ok") | {
        "reason": "Left alone until 2026-12-01 by ada: a pilot. Idle."
    }
    kept = off_hours("i-2", "nlp", "ok") | {"reason": "Protected by its tag. Idle."}
    rules = [
        {"reason": "a pilot", "owner": "ada", "expires": date(2026, 12, 1)},
        {"reason": "the move", "owner": "bob", "expires": date(2026, 10, 1)},
    ]
    book = a_book([held, kept], exclusions=rules)
    found = governance.exceptions(book)
    assert found[["reason", "status", "findings"]].to_numpy().tolist() == [
        ["a pilot", "held", 1], ["the move", "expired", 0], ["Protected by its tag", "held", 1],
    ]  # fmt: skip
    assert found["owner"].tolist()[:2] == ["ada", "bob"]
    assert found["owner"].isna().tolist() == [False, False, True]


def test_checklist_has_both_reviews_and_a_line_for_what_is_missing(book, tmp_path):
    written = tmp_path / "status.csv"
    written.write_text("part,control,status,reason\nbudgets,finops-total,missing,\n")
    found = governance.checklist(book, str(written))["task"]
    assert found.iloc[0].startswith(
        "Controls of budgets: finops-total is missing: run finops govern"
    )
    assert governance.checklist(book, every="quarter")["task"].str.startswith("Commitments").any()


def test_incidents_promise_no_schedule_that_nothing_keeps(book):
    found = governance.incidents(book)
    assert "A change went wrong" in set(found["situation"])
    assert "A schedule does harm" not in set(found["situation"])
    assert not found["what_to_do"].str.contains("`").any()


def test_commitments_that_end_first_come_first():
    held = pd.DataFrame({"end_time": [datetime(2028, 1, 1), datetime(2027, 1, 1)]}).reindex(
        columns=["account_id", "kind", "product", "instance_type", "family", "count",
                 "recurring_hourly_cost", "end_time", "state"]
    )  # fmt: skip
    book = SimpleNamespace(estate={"commitments": held})
    assert governance.commitments(book)["end_time"].dt.year.tolist() == [2027, 2028]
