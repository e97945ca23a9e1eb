"""The runbook names what is set and what is wrong in the account."""

from __future__ import annotations

import pandas as pd

from finops_lib.params.governance import Alerts, Budget, Governance, Schedule
from finops_lib.plans.governed import CONTROL_COLUMNS
from finops_lib.plans.runbook import monthly, quarterly, runbook

GOVERNANCE = Governance(
    budgets=(Budget(name="total", limit=75_000, emails=("cfo@example.com",), daily_alarm=1.5),),
    schedules=(Schedule(name="office", timezone="Europe/Berlin"),),
    alerts=Alerts(emails=("ops@example.com",), min_impact=250),
)
CONTROLS = pd.DataFrame(
    [("budgets", "finops-total", "missing", "create"), ("off-hours", "finops-off-hours", "deployed", "")],
    columns=list(CONTROL_COLUMNS),
)  # fmt: skip


def test_runbook_says_what_stands_who_is_told_and_when_machines_run():
    text = runbook("Halcyon", GOVERNANCE, CONTROLS)
    assert "| budgets | finops-total | missing |" in text
    assert "**total**: 75,000 USD a month, warns at 80 %, 100 %, 120 %: cfo@example.com." in text
    assert "8:00 to 18:00 Europe/Berlin, Monday, Tuesday, Wednesday, Thursday, Friday" in text
    assert "above 250 USD is told to ops@example.com" in text


def test_monthly_has_a_line_for_each_control_that_is_wrong_and_each_budget():
    lines = monthly(GOVERNANCE, CONTROLS)
    assert lines[0] == "The control finops-total (budgets) is missing: run `finops govern deploy`."
    assert not any("finops-off-hours" in line for line in lines)
    assert any("Budget total: explain what was above 75,000 USD" in line for line in lines)


def test_quarterly_reviews_every_schedule():
    assert any(line.startswith("Schedule office:") for line in quarterly(GOVERNANCE))


def test_runbook_without_an_account_says_that_nobody_asked():
    assert "was not asked" in runbook("x", Governance(), CONTROLS.iloc[:0])


def test_runbook_of_a_budget_of_use_warns_below_its_percentage():
    used = Budget(name="ri", limit=90, kind="RI_UTILIZATION", emails=("a@example.com",))
    text = runbook("Halcyon", Governance(budgets=(used,)), pd.DataFrame(columns=["status"]))
    assert "**ri**: use of reservations, warns below 90 %: a@example.com." in text
    assert "Budget ri: explain what was below 90 %." in text
