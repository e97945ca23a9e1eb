"""`finops govern purchase` as it is typed: asked for, approved by another person, checked, listed."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from typer.testing import CliRunner

from finops_lib.cli import purchase
from finops_lib.errors import PlanError
from finops_lib.plans import purchase_records

ASKED = [
    "request", "--account", "111122223333", "--kind", "savings_plan", "--product", "Compute",
    "--hourly", "4", "--saving", "900", "--requester", "Ada", "--reason", "Steady since May",
]  # fmt: skip


@pytest.fixture
def at(monkeypatch):
    """Sets the clock of the commands."""

    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(purchase, "now", lambda: moment)

    set_to(datetime(2027, 1, 4, 9))
    return set_to


@pytest.fixture
def run(tmp_path, at):
    def typed(*words: str):
        return CliRunner().invoke(purchase.app, list(words))

    return typed


@pytest.fixture
def file(run, tmp_path):
    assert run(*ASKED, "--folder", str(tmp_path)).exit_code == 0
    [path] = tmp_path.glob("*.json")
    return path


def statuses(folder) -> list[str]:
    return purchase_records.listed(folder, purchase.now())["status"].tolist()


def test_request_is_approved_by_another_person_and_holds_for_two_weeks(run, file, at, tmp_path):
    assert file.name == "20270104-090000-compute-any.json"
    assert statuses(tmp_path) == ["requested"]
    assert run("check", str(file)).exit_code != 0
    assert isinstance(run("approve", str(file), "--approver", "ada").exception, PlanError)
    approved = run("approve", str(file), "--approver", "Grace")
    assert "until 2027-01-18T09:00: 35,040.00 in all." in approved.output
    assert run("check", str(file)).exit_code == 0
    assert statuses(tmp_path) == ["approved"]
    at(datetime(2027, 1, 18, 9))
    assert isinstance(run("check", str(file)).exception, PlanError)
    assert statuses(tmp_path) == ["lapsed"]


def test_check_of_a_record_that_was_edited_is_an_error(run, file, tmp_path):
    run("approve", str(file), "--approver", "Grace")
    record = json.loads(file.read_text())
    record["purchase"]["hourly_commitment"] = 40.0
    file.write_text(json.dumps(record))
    assert isinstance(run("check", str(file)).exception, PlanError)
    assert statuses(tmp_path) == ["changed"]
    listed = run("list", "--folder", str(tmp_path)).output
    assert "Compute" in listed
    assert "changed" in listed


def test_request_with_an_unknown_term_names_the_field(run, tmp_path):
    refused = run(*ASKED, "--years", "2", "--folder", str(tmp_path)).exception
    assert "term_years" in str(refused)
    assert list(tmp_path.iterdir()) == []


def test_list_of_no_folder_says_so(run, tmp_path):
    assert "No purchase was asked for" in run("list", "--folder", str(tmp_path / "none")).output
