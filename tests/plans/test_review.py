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


@pytest.mark.parametrize(
    ("written", "status"),
    [("Approved", "approved"), ("yes", "approved"), ("TRUE", "approved"), ("x", "approved"),
     ("'no'", "dismissed"), ("Dismissed", "dismissed"), ("", "proposed"), ("~", "proposed")],
)  # fmt: skip
def test_read_plan_takes_the_decisions_that_people_write(plan, tmp_path, written, status):
    path = tmp_path / "plan.yaml"
    write_plan(plan, path)
    path.write_text(path.read_text().replace("status: proposed", f"status: {written}", 1))
    assert read_plan(path)["steps"][0]["status"] == status


def test_read_plan_saved_with_a_mark_and_other_line_ends_is_the_same(plan, tmp_path):
    path = tmp_path / "plan.yaml"
    write_plan(sign(plan, "Zoë", [1]), path)
    text = path.read_text(encoding="utf-8").replace("\n", "\r\n")
    path.write_bytes(text.encode("utf-8-sig"))
    verify(read_plan(path))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("monthly_saving: 1.5", "monthly_saving: .nan", "step 1, monthly_saving"),
        ("monthly_saving: 1.5", "monthly_saving: -9.0", "step 1, monthly_saving"),
        ("account_id: '1'", "account_id: 1", "step 1, account_id"),
        ("not_before: null", "not_before: soon", "step 1, not_before"),
        ("step: 2", "step: 1", "has the step 1 twice"),
        ("finding_id: f2", "finding_id: f1", "has the finding_id f1 twice"),
        ("EC2: 9", "EC2: many", "estate_counts are not numbers"),
        ("owner: null", "boss: null", "step 1, "),
    ],
)
def test_read_plan_edited_oddly_is_refused_by_name(plan, tmp_path, old, new, words):
    path = tmp_path / "plan.yaml"
    write_plan(plan, path)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(PlanError, match=words):
        read_plan(path)


@pytest.mark.parametrize("written", ["2030-01-10", "2030-01-10T01:00:00+01:00", "'2030-01-10 00:00'"])  # fmt: skip
def test_read_plan_takes_days_and_zones_for_the_moment_in_utc(plan, tmp_path, written):
    path = tmp_path / "plan.yaml"
    write_plan(plan, path)
    path.write_text(path.read_text().replace("not_before: null", f"not_before: {written}", 1))
    assert read_plan(path)["steps"][0]["not_before"] == "2030-01-10T00:00:00"


def test_read_plan_in_another_encoding_is_told(plan, tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_bytes("title: Zo\u00eb".encode("latin-1"))
    with pytest.raises(PlanError, match="cannot be read as a plan"):
        read_plan(path)


def test_sign_misspelled_action_or_missing_parameter_is_named(plan):
    plan["steps"][0]["action"] = "modify_volum"
    with pytest.raises(PlanError, match=r"'modify_volum'\. Did you mean 'modify_volume'\?"):
        sign(plan, "Ada", [1])
    plan["steps"][1]["parameters"] = {}
    with pytest.raises(PlanError, match=r"Step 2 \(modify_volume\) lacks the parameter type"):
        sign(plan, "Ada", [2])


def test_write_plan_that_fails_leaves_the_decisions_that_stood(plan, tmp_path, monkeypatch):
    path = tmp_path / "plan.yaml"
    write_plan(plan, path)
    before = path.read_text()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(OSError, match="No space"):
        write_plan(sign(plan, "Ada", [1]), path)
    assert path.read_text() == before
