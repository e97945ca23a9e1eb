"""The runbook names what is set and what is wrong in the account."""

from __future__ import annotations

import re

import pandas as pd
import typer

from finops_lib.cli.app import app
from finops_lib.params.governance import Alerts, Budget, Governance, Guardrails, Schedule
from finops_lib.plans.checklists import incidents, monthly, quarterly
from finops_lib.plans.governed import CONTROL_COLUMNS
from finops_lib.plans.runbook import runbook

GOVERNANCE = Governance(
    budgets=(Budget(name="total", limit=75_000, emails=("cfo@example.com",), daily_alarm=1.5),),
    schedules=(Schedule(name="office", timezone="Europe/Berlin"),),
    alerts=Alerts(emails=("ops@example.com",), min_impact=250), artifacts="zips",
)  # fmt: skip
CONTROLS = pd.DataFrame(
    [("budgets", "finops-total", "missing", "create"),
     ("anomaly alerts", "finops-services", "deployed", ""), ("off-hours", "finops-off-hours", "deployed", "")],
    columns=list(CONTROL_COLUMNS),
)  # fmt: skip


def test_runbook_says_what_stands_who_is_told_and_when_machines_run():
    text = runbook("Halcyon", GOVERNANCE, CONTROLS)
    assert "| budgets | finops-total | missing |" in text
    assert "**total**: 75,000 USD a month, warns at 80 %, 100 %, 120 %: cfo@example.com." in text
    assert "A day above 1.5 times its share alarms. In the account: missing." in text
    assert "8:00 to 18:00 Europe/Berlin, Monday, Tuesday, Wednesday, Thursday, Friday" in text
    assert "Above 250 USD it is told to ops@example.com." in text


def test_runbook_claims_nothing_of_what_is_not_deployed():
    none = GOVERNANCE.model_copy(update={"artifacts": ""})
    text = runbook("Halcyon", none, CONTROLS.iloc[:1])
    assert "Nothing switches machines: governance.artifacts names no bucket" in text
    assert "keep-until" not in text
    assert "told to nobody by what is known to be deployed" in text
    assert "GPU families" not in text


def test_incidents_name_the_log_of_the_function_and_the_tag_that_a_refused_launch_needs():
    rules = Guardrails(attach_to=("r-1",))
    told = dict(incidents(GOVERNANCE.model_copy(update={"guardrails": rules}), CONTROLS))
    assert "/finops/finops-off-hours" in told["A machine did not start or stop"]
    assert "need the tag `finops:approved-by`" in told["A launch is refused"]


def test_runbook_names_commands_and_options_that_exist():
    full = GOVERNANCE.model_copy(update={"guardrails": Guardrails(attach_to=("r-1",))})
    text = runbook("Halcyon", full, CONTROLS)
    named = [words.split() for words in re.findall(r"`finops ([^`]+)`", text)]
    assert len(named) > 12
    for words in named:
        command = typer.main.get_command(app)
        while hasattr(command, "commands"):
            command, words = command.commands[words[0]], words[1:]
        options = {name for p in command.params for name in p.opts}
        assert {word for word in words if word.startswith("--")} <= options, command.name
        values = [w for before, w in zip(["", *words], words, strict=False) if w[0] != "-" and before[:2] != "--"]  # fmt: skip
        assert len(values) <= sum(p.param_type_name == "argument" for p in command.params)


def test_monthly_has_a_line_for_the_controls_of_a_part_that_are_wrong_and_for_its_budgets():
    lines = monthly(GOVERNANCE, CONTROLS)
    assert lines[0] == (
        "Controls of budgets: finops-total is missing: run `finops govern deploy --params PARAMS --execute`."
    )
    assert not any("finops-off-hours" in line for line in lines)
    assert "Budgets: explain each that was above its limit: total above 75,000 USD." in lines


def test_quarterly_reviews_every_schedule():
    assert any(line.startswith("Schedule office:") for line in quarterly(GOVERNANCE))


def test_runbook_without_an_account_says_that_nobody_asked():
    assert "was not asked" in runbook("x", Governance(), CONTROLS.iloc[:0])


def test_runbook_of_a_budget_of_use_warns_below_its_percentage():
    used = Budget(name="ri", limit=90, kind="RI_UTILIZATION", emails=("a@example.com",))
    text = runbook("Halcyon", Governance(budgets=(used,)), CONTROLS.iloc[:0])
    assert "**ri**: use of reservations, warns below 90 %: a@example.com." in text
    assert "explain each that was below its limit: ri below 90 %." in text
