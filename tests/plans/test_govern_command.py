"""`finops govern` and `finops export-plan` as they are typed, on the emulated account."""

from __future__ import annotations

import json

import boto3
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from finops_lib.cli import plan
from finops_lib.demo.emulator import start

PARAMS = """
governance:
  budgets: [{name: total, limit: 1000, emails: [a@example.com], daily_alarm: 2}]
  alerts: {emails: [a@example.com]}
"""


@pytest.fixture
def finops(tmp_path, monkeypatch):
    """Runs a command with parameters of one budget and its alerts."""
    app = typer.Typer()
    plan.register(app)
    file = tmp_path / "params.yaml"
    file.write_text(PARAMS)
    with start() as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        plan.govern.clients.cache_clear()

        def run(*words: str):
            return CliRunner().invoke(app, ["govern", *words, "--params", str(file)])

        yield run
    plan.govern.clients.cache_clear()


def names() -> list[str]:
    client = boto3.client("budgets")
    return [b["BudgetName"] for b in client.describe_budgets(AccountId="123456789012")["Budgets"]]


def test_govern_deploys_only_when_told_to_and_removes_everything(finops, tmp_path):
    assert finops("deploy").exit_code == 0
    assert names() == []
    status = tmp_path / "status.csv"
    assert finops("status", "--output", str(status)).exit_code == 9
    assert finops("deploy", "--execute").exit_code == 0
    assert sorted(names()) == ["finops-total", "finops-total-daily"]
    assert finops("status", "--output", str(status)).exit_code == 0
    assert set(pd.read_csv(status)["status"]) == {"deployed"}
    assert finops("remove").exit_code == 0
    assert len(names()) == 2
    assert finops("remove", "--execute").exit_code == 0
    assert names() == []


def test_govern_runbook_has_a_line_for_what_is_missing(finops, tmp_path):
    written = tmp_path / "RUNBOOK.md"
    assert finops("runbook", "--output", str(written)).exit_code == 0
    assert (
        "Controls of budgets: finops-total, finops-total-daily are missing" in written.read_text()
    )


@pytest.mark.parametrize("purpose", ["apply", "undo", "deploy", "schedule", "tag"])
def test_govern_policy_prints_a_policy(purpose, capsys):
    plan.govern.policy(plan.govern.Purpose(purpose))
    assert json.loads(capsys.readouterr().out)["Version"] == "2012-10-17"
