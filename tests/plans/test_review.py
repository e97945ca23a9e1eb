"""The plan file: written, edited, signed, refused."""

from __future__ import annotations

import pytest

from finops_lib.errors import PlanError
from finops_lib.plans.review import document, read_plan, sign, verify, write_plan
from finops_lib.schema.core import rows
from finops_lib.schema.results import PLAN


@pytest.fixture
def plan() -> dict:
    steps = [
        {"step": n, "finding_id": f"f{n}", "check_id": "c", "account_id": "1", "region": "r",
         "resource_id": f"vol-{n}", "category": "storage", "action": "modify_volume",
         "monthly_saving": 1.5, "naive_saving": 1.5, "status": "proposed",
         "parameters": {"type": "gp3"}}
        for n in (1, 2)
    ]  # fmt: skip
    return document(rows(PLAN, steps), {"EC2": 9})


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_read_plan_returns_what_was_written(plan, tmp_path, suffix):
    write_plan(plan, tmp_path / f"plan{suffix}")
    assert read_plan(tmp_path / f"plan{suffix}") == plan


def test_sign_keeps_through_the_file_what_was_approved(plan, tmp_path):
    write_plan(sign(plan, "Ada", [2]), tmp_path / "plan.yaml")
    again = read_plan(tmp_path / "plan.yaml")
    verify(again)
    assert [(s["status"], s["approver"]) for s in again["steps"]] == [
        ("proposed", None),
        ("approved", "Ada"),
    ]


def test_verify_plan_edited_after_approval_is_refused(plan):
    signed = sign(plan, "Ada", [1])
    signed["steps"][1]["status"] = "approved"
    with pytest.raises(PlanError, match="changed after it was approved"):
        verify(signed)


def test_verify_unsigned_is_refused(plan):
    with pytest.raises(PlanError, match="not approved"):
        verify(plan)


def test_sign_unknown_step_is_named(plan):
    with pytest.raises(PlanError, match="no step 7"):
        sign(plan, "Ada", [7])


def test_sign_misspelled_decision_is_named(plan):
    plan["steps"][0]["status"] = "aproved"
    with pytest.raises(PlanError, match="Step 1 is 'aproved'"):
        sign(plan, "Ada")


def test_read_plan_wrong_field_is_named(plan, tmp_path):
    plan["steps"][1]["monthly_saving"] = "much"
    write_plan(plan, tmp_path / "plan.yaml")
    with pytest.raises(PlanError, match="step 2, monthly_saving"):
        read_plan(tmp_path / "plan.yaml")
