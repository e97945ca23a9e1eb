"""A plan from a person's sheet to the account and back, as it is typed."""

from __future__ import annotations

import boto3
import pytest
import typer
from plan_account import Wire, plant_and_plan
from typer.testing import CliRunner

from finops_lib.cli import plan
from finops_lib.demo.emulator import start
from finops_lib.plans.review import read_plan, write_plan
from finops_lib.plans.sheet import write_sheet


@pytest.fixture
def run(monkeypatch):
    app = typer.Typer()
    plan.register(app)
    with start() as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        plan.clients.cache_clear()
        yield lambda *words: CliRunner().invoke(app, [str(word) for word in words])
    plan.clients.cache_clear()


def state(instance: str) -> str:
    found = boto3.client("ec2").describe_instances(InstanceIds=[instance])
    return found["Reservations"][0]["Instances"][0]["State"]["Name"]


def test_plan_is_decided_in_a_sheet_applied_resumed_and_undone(run, tmp_path):
    made = plant_and_plan(Wire(boto3.client("ec2").meta.endpoint_url), 1)
    open_steps = [{**step, "status": "proposed", "approver": None} for step in made["steps"]]
    file, sheet = tmp_path / "plan.yaml", tmp_path / "plan.csv"
    params = tmp_path / "params.yaml"
    params.write_text("governance: {limits: {max_percent: 100}}")
    unsigned = {"steps": open_steps, "estate_counts": made["estate_counts"]}
    write_plan(unsigned, file)
    write_sheet(unsigned, sheet)
    text = sheet.read_text(encoding="utf-8-sig")
    decided = text.replace("proposed,stop_instance", "TRUE,stop_instance").replace(",", ";")
    sheet.write_text(decided, encoding="utf-8-sig")
    told = run("approve", file, "--approver", "Ada", "--sheet", sheet).output
    assert f"1 of {len(open_steps)} steps approved by Ada." in told
    [step] = [s for s in read_plan(file)["steps"] if s["status"] == "approved"]
    assert "would apply" in run("apply", file, "--params", params).output
    assert state(step["resource_id"]) == "running"
    first = run("apply", file, "--params", params, "--execute")
    assert (first.exit_code, state(step["resource_id"])) == (0, "stopped")
    assert run("apply", file, "--params", params, "--execute").exit_code == 0
    journal = tmp_path / "plan.journal.jsonl"
    assert "undone" in run("undo", journal, "--execute").output
    assert state(step["resource_id"]) == "running"
    assert run("undo", journal, "--execute").exit_code == 0
