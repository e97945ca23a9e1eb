"""Sheets as spreadsheets save them again decide as they were meant to, and change no step."""

from __future__ import annotations

import pytest

from finops_lib.errors import PlanError
from finops_lib.plans.review import document, sign
from finops_lib.plans.sheet import decided, read_sheet, write_sheet
from finops_lib.schema.core import rows
from finops_lib.schema.results import PLAN


@pytest.fixture
def plan() -> dict:
    steps = [
        {"step": n, "finding_id": f"f{n}", "check_id": "c", "account_id": "000000000001",
         "region": "r", "resource_id": f"vol-{n}", "category": "storage", "action": "modify_volume",
         "monthly_saving": 1.5, "naive_saving": 1.5, "status": "proposed", "owner": "Zoë, Ops",
         "parameters": {"type": "gp3"}}
        for n in (1, 2, 3)
    ]  # fmt: skip
    return document(rows(PLAN, steps), {"EC2": 9})


def statuses(plan: dict) -> list[str]:
    return [step["status"] for step in plan["steps"]]


def test_write_sheet_read_again_changes_nothing(plan, tmp_path):
    write_sheet(plan, tmp_path / "s.csv")
    assert decided(plan, tmp_path / "s.csv") == plan


LINES = [
    ["Resource ID", "Status", "Step", "note", "owner", "action"],
    ["vol-1", "TRUE", "1", "", "Zoë, Ops", "modify_volume"],
    ["vol-2", "x", "2.0", 'she said "now"', "ada", "modify_volume"],
    ["vol-3", "No", "3", "", "", "modify_volume"],
    ["", "", "", "", "", ""],
]


def saved(separator: str, end: str) -> str:
    quoted = [['"' + cell.replace('"', '""') + '"' for cell in line] for line in LINES]
    return end.join(separator.join(line) for line in quoted) + end


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_decided_reads_what_a_spreadsheet_saved(plan, tmp_path, encoding, separator, end):
    path = tmp_path / "s.csv"
    path.write_bytes(saved(separator, end).encode(encoding))
    found = decided(plan, path)
    assert statuses(found) == ["approved", "approved", "dismissed"]
    assert [s["owner"] for s in found["steps"]] == ["Zoë, Ops", "ada", None]
    assert found["steps"][1]["note"] == 'she said "now"'
    assert statuses(sign(found, "Ada")) == ["approved", "approved", "dismissed"]


def sheet(tmp_path, *lines: str):
    path = tmp_path / "s.csv"
    path.write_text("\n".join(["step,status,action,resource_id,owner,note", *lines]))
    return path


def test_decided_leaves_steps_that_the_sheet_has_not(plan, tmp_path):
    found = decided(plan, sheet(tmp_path, "2,yes,modify_volume,vol-2,,"))
    assert statuses(found) == ["proposed", "approved", "proposed"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1,yes,modify_volume,vol-9,,", "resource_id is vol-9, in the plan it is vol-1"),
        ("1,yes,delete_volume,vol-1,,", "action is delete_volume, in the plan it is modify_volume"),
        ("9,yes,modify_volume,vol-1,,", "has a step 9, the plan has none"),
        ("one,yes,modify_volume,vol-1,,", "the step 'one', which is no number"),
        ("1,perhaps,modify_volume,vol-1,,", "'perhaps' is no decision"),
        ("1,yes,modify_volume,vol-1,,\n1,no,modify_volume,vol-1,,", "has step 1 twice"),
    ],
)
def test_decided_refuses_a_sheet_that_would_change_a_step_or_says_nothing_clear(
    plan, tmp_path, line, words
):
    with pytest.raises(PlanError, match=words):
        decided(plan, sheet(tmp_path, line))


def test_decided_refuses_a_sealed_plan(plan, tmp_path):
    with pytest.raises(PlanError, match="sealed"):
        decided(sign(plan, "Ada", [1]), sheet(tmp_path))


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "lacks the column step"), (b"a,b\n1,2\n", "lacks the column step"),
     ("step,note\n1,Zo\u00eb\n".encode("latin-1"), "choose CSV UTF-8")],
)  # fmt: skip
def test_read_sheet_of_something_else_says_what_to_do(tmp_path, content, words):
    (tmp_path / "s.csv").write_bytes(content)
    with pytest.raises(PlanError, match=words):
        read_sheet(tmp_path / "s.csv", ("step",))


def test_read_sheet_that_is_not_there_is_told(tmp_path):
    with pytest.raises(PlanError, match="cannot be read: No such file"):
        read_sheet(tmp_path / "none.csv", ("step",))
