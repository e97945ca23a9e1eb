"""Budgets follow the parameters and stay as they are when nothing changed."""

from __future__ import annotations

import boto3
import pytest

from finops_lib.demo.emulator import start
from finops_lib.errors import ParameterError
from finops_lib.params.governance import Budget
from finops_lib.plans.budgets import definition, drift, notifications, reconcile, with_daily_alarms

ACCOUNT = "123456789012"
TOTAL = Budget(name="total", limit=50_000, emails=("cfo@example.com",))
TEAM = Budget(name="team-nlp", limit=9_000, tag=("team", "nlp"), emails=("nlp@example.com",))


@pytest.fixture
def client():
    with start() as emulator:
        yield boto3.client(
            "budgets", region_name="us-east-1", endpoint_url=emulator.endpoint_url,
            aws_access_key_id="demo", aws_secret_access_key="demo",
        )  # fmt: skip


def changes(found) -> list[tuple[str, str]]:
    return list(zip(found["name"], found["change"], strict=True))


def test_reconcile_dry_run_creates_nothing(client):
    reconcile(client, ACCOUNT, [TOTAL])
    assert changes(drift(client, ACCOUNT, [TOTAL]))[0] == ("finops-total", "create")


def test_reconcile_second_run_changes_nothing(client):
    reconcile(client, ACCOUNT, [TOTAL, TEAM], dry_run=False)
    assert reconcile(client, ACCOUNT, [TOTAL, TEAM], dry_run=False).empty


def test_reconcile_changed_limit_is_drift_and_is_updated(client):
    reconcile(client, ACCOUNT, [TOTAL], dry_run=False)
    raised = TOTAL.model_copy(update={"limit": 60_000.0})
    assert changes(reconcile(client, ACCOUNT, [raised], dry_run=False)) == [
        ("finops-total", "update")
    ]
    assert drift(client, ACCOUNT, [raised]).empty


def test_reconcile_changed_people_are_told_instead(client):
    reconcile(client, ACCOUNT, [TOTAL], dry_run=False)
    other = TOTAL.model_copy(update={"emails": ("cto@example.com",)})
    assert changes(reconcile(client, ACCOUNT, [other], dry_run=False)) == [
        ("finops-total", "notify")
    ]
    assert drift(client, ACCOUNT, [other]).empty


def test_reconcile_removed_budget_goes_and_that_of_others_stays(client):
    theirs = {
        "BudgetName": "theirs", "BudgetType": "COST", "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": "1", "Unit": "USD"},
    }  # fmt: skip
    client.create_budget(AccountId=ACCOUNT, Budget=theirs)
    reconcile(client, ACCOUNT, [TOTAL], dry_run=False)
    reconcile(client, ACCOUNT, [], dry_run=False)
    left = client.describe_budgets(AccountId=ACCOUNT)["Budgets"]
    assert [budget["BudgetName"] for budget in left] == ["theirs"]


def test_notifications_default_thresholds_fit_into_five():
    assert [(kind, pct) for kind, pct, *_ in notifications(TOTAL)] == [
        ("ACTUAL", 80.0), ("ACTUAL", 100.0), ("ACTUAL", 120.0),
        ("FORECASTED", 100.0), ("FORECASTED", 120.0),
    ]  # fmt: skip


def test_notifications_too_many_thresholds_are_refused():
    many = TOTAL.model_copy(update={"thresholds_pct": (50.0, 75.0, 90.0)})
    with pytest.raises(ParameterError, match="Budget total"):
        notifications(many)


def test_budget_of_use_has_the_limit_100_and_warns_below_its_percentage(client):
    used = Budget(name="ri", limit=90, kind="RI_UTILIZATION", emails=("a@example.com",))
    assert definition(used)["BudgetLimit"] == {"Amount": "100", "Unit": "PERCENTAGE"}
    assert definition(used)["CostFilters"] == {
        "Service": ["Amazon Elastic Compute Cloud - Compute"]
    }
    told = (("EMAIL", "a@example.com"),)
    assert notifications(used) == [("ACTUAL", 90.0, "LESS_THAN", told)]
    covered = used.model_copy(update={"name": "sp", "kind": "SAVINGS_PLANS_COVERAGE"})
    assert definition(covered)["CostFilters"] == {}
    reconcile(client, ACCOUNT, [used, covered], dry_run=False)
    assert drift(client, ACCOUNT, [used, covered]).empty
    stricter = used.model_copy(update={"limit": 95.0})
    assert changes(drift(client, ACCOUNT, [stricter, covered])) == [("finops-ri", "notify")]


def test_with_daily_alarms_derives_the_even_share_of_a_day(client):
    total = TOTAL.model_copy(update={"limit": 36_500.0, "daily_alarm": 1.5})
    both = with_daily_alarms([total, TEAM])
    assert [(b.name, b.period, b.limit) for b in both] == [
        ("total", "MONTHLY", 36_500.0), ("total-daily", "DAILY", 1_800.0), ("team-nlp", "MONTHLY", 9_000.0),
    ]  # fmt: skip
    assert [(kind, pct) for kind, pct, *_ in notifications(both[1])] == [("ACTUAL", 100.0)]
    reconcile(client, ACCOUNT, both, dry_run=False)
    assert drift(client, ACCOUNT, both).empty
