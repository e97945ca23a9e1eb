"""Mark, warn, act: what a step does with its resource while its grace runs, and where it is used again."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

import boto3
import pandas as pd
import pytest

from finops_lib.demo.emulator import start
from finops_lib.params.governance import Limits
from finops_lib.plans import marks
from finops_lib.plans.actions import ACTIONS
from finops_lib.plans.apply import apply_plan
from finops_lib.plans.executors import EXECUTORS
from finops_lib.plans.journal import Journal
from finops_lib.plans.review import observe, sign

ACCOUNT, REGION = "123456789012", "us-east-1"
MARKED, WARNED, DUE = datetime(2030, 1, 1), datetime(2030, 1, 8), datetime(2030, 1, 10)


@pytest.fixture
def clients():
    with start() as emulator:

        @cache
        def client(account: str, region: str, service: str) -> Any:
            return boto3.client(
                service, region_name=region, endpoint_url=emulator.endpoint_url,
                aws_access_key_id="demo", aws_secret_access_key="demo",
            )  # fmt: skip

        yield client


@pytest.fixture
def plan(clients):
    """An approved plan to delete one volume after 10 January 2030."""
    ec2 = clients(ACCOUNT, REGION, "ec2")
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8, VolumeType="gp2")["VolumeId"]
    step = {"step": 1, "finding_id": "f1", "account_id": ACCOUNT, "region": REGION,
            "resource_id": volume, "service": "EC2", "action": "delete_volume", "parameters": {},
            "monthly_saving": 10.0, "owner": "ada@example.com", "team": "nlp", "undo": None,
            "not_before": "2030-01-10T00:00:00", "status": "proposed"}  # fmt: skip
    seen = observe({"steps": [step], "estate_counts": {"EC2": 4}}, clients)
    return sign(seen, "Ada", [1])


def mark_of(clients, plan) -> str | None:
    ec2 = clients(ACCOUNT, REGION, "ec2")
    state = EXECUTORS["delete_volume"].read(ec2, plan["steps"][0]["resource_id"])
    return state["tags"].get("finops:mark")


def run(plan, clients, log, at: datetime, **more: Any) -> pd.DataFrame:
    return apply_plan(
        plan, clients, Limits(), log=log, dry_run=False, clock=lambda: at, **more
    )  # fmt: skip


def test_apply_plan_in_grace_marks_once_and_acts_when_it_is_over(plan, clients, tmp_path):
    log = tmp_path / "j.jsonl"
    for at, words in ((MARKED, "mark until 2030-01-10"), (WARNED, "warn until 2030-01-10")):
        assert run(plan, clients, log, at)["reason"].tolist() == [words]
        assert mark_of(clients, plan) == "delete_volume 2030-01-10"
    events = [e["event"] for e in Journal(log).entries]
    assert events == ["plan", "before mark", "after mark", "end", "end"]
    assert run(plan, clients, log, DUE)["outcome"].tolist() == ["applied"]


def test_apply_plan_dry_run_marks_nothing(plan, clients):
    apply_plan(plan, clients, Limits(), clock=lambda: MARKED)
    assert mark_of(clients, plan) is None


def test_apply_plan_used_again_unmarks_and_skips(plan, clients, tmp_path):
    log = tmp_path / "j.jsonl"
    run(plan, clients, log, MARKED)
    used = {"f1": "It was read from yesterday."}
    row = run(plan, clients, log, DUE, needed=used).iloc[0]
    expected = ("skipped", "no waste any more: It was read from yesterday.")
    assert (row["outcome"], row["reason"]) == expected
    assert mark_of(clients, plan) is None


def test_apply_plan_protected_in_its_grace_unmarks(plan, clients, tmp_path):
    log = tmp_path / "j.jsonl"
    run(plan, clients, log, MARKED)
    clients(ACCOUNT, REGION, "ec2").create_tags(
        Resources=[plan["steps"][0]["resource_id"]], Tags=[{"Key": "do-not-delete", "Value": "x"}]
    )
    assert run(plan, clients, log, WARNED)["outcome"].tolist() == ["skipped"]
    assert mark_of(clients, plan) is None


def test_unwarned_names_a_step_in_its_last_days_once(plan, clients, tmp_path):
    log = tmp_path / "j.jsonl"
    early = run(plan, clients, log, MARKED)
    assert marks.unwarned(plan, early, Journal(log)) == []
    late = run(plan, clients, log, WARNED)
    soon = marks.unwarned(plan, late, Journal(log))
    assert soon == plan["steps"]
    assert "on 2030-01-10, saves 10.00 a month. Owner: ada@example.com." in marks.warning(soon)
    marks.remember(soon, Journal(log))
    assert marks.unwarned(plan, late, Journal(log)) == []


def test_needed_again_names_healthy_and_unknown_findings():
    findings = pd.DataFrame(
        {
            "finding_id": ["a", "b", "c"],
            "status": ["waste", "ok", "unknown"],
            "reason": ["x", "y", "z"],
        }
    )
    assert marks.needed_again(findings) == {"b": "y", "c": "z"}


def test_every_action_with_grace_that_a_plan_carries_out_marks_its_resource():
    graced = {name for name in EXECUTORS if ACTIONS[name].grace_days}
    assert graced <= set(marks.KINDS)
