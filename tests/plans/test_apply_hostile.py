"""What goes wrong while a plan is applied: each ends in words, loses nothing and does nothing twice."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from plan_account import ACCOUNT, ALL, REGION, Killed, Wire, one_step, plant_and_plan

from finops_lib.demo.emulator import start
from finops_lib.demo.emulator.faults import Faults
from finops_lib.errors import AccessError, PlanError
from finops_lib.plans import journal as journals
from finops_lib.plans.apply import apply_plan
from finops_lib.plans.clients import PATIENT
from finops_lib.plans.executors import EXECUTORS
from finops_lib.plans.journal import Journal, alone
from finops_lib.plans.review import sign
from finops_lib.plans.undo import undo_plan


@pytest.fixture
def emulator():
    with start() as running:
        yield running


@pytest.fixture
def wire(emulator) -> Wire:
    return Wire(emulator.endpoint_url)


def run(plan: dict, wire: Wire, log: Any) -> dict[str, tuple[str, str]]:
    """Action to its outcome and reason."""
    found = apply_plan(plan, wire.clients, ALL, log=log, dry_run=False)
    return {row.action: (row.outcome, row.reason) for row in found.itertuples()}


def ended_once(plan: dict, wire: Wire, log: Any) -> None:
    """Every step is applied, every change was made once, and the journal has every call."""
    assert {outcome for outcome, _ in run(plan, wire, log).values()} == {"applied"}
    assert set(wire.changes().values()) == {1}
    for step in plan["steps"]:
        names = [call.name for call in EXECUTORS[step["action"]].calls]
        assert list(Journal(log).results(step["finding_id"])) == names


@pytest.mark.parametrize("calls", [3, 12, 25])
def test_credentials_that_expire_halfway_are_told_and_the_same_command_goes_on(
    emulator, wire, tmp_path, calls
):
    plan, log = plant_and_plan(wire, 1), tmp_path / "j.jsonl"
    left = [calls]

    def expire(**_: Any) -> None:
        left[0] -= 1
        emulator.faults = Faults(expired_token=left[0] < 0)

    for service in ("ec2", "rds", "s3", "sagemaker"):
        wire.clients(ACCOUNT, REGION, service).meta.events.register("before-call.*.*", expire)
    first = run(plan, wire, log)
    failed = [reason for outcome, reason in first.values() if outcome == "failed"]
    assert failed
    assert [why for why in failed if "Run the same command again" not in why] == []
    left[0] = 10_000
    ended_once(plan, wire, log)


def test_resource_that_somebody_deletes_in_between_is_skipped_as_gone(emulator, wire, tmp_path):
    plan = one_step(wire, "delete_volume")
    other = Wire(emulator.endpoint_url).clients(ACCOUNT, REGION, "ec2")
    volume = plan["steps"][0]["resource_id"]

    def delete(**_: Any) -> None:
        other.delete_volume(VolumeId=volume)

    wire.clients(ACCOUNT, REGION, "ec2").meta.events.register(
        "before-call.ec2.CreateSnapshot", delete
    )
    log = tmp_path / "j.jsonl"
    gone = {"delete_volume": ("skipped", "it is gone: somebody deleted it meanwhile")}
    assert run(plan, wire, log) == gone
    assert run(plan, wire, log) == gone
    assert undo_plan(log, wire.clients, dry_run=False).empty


def test_thirty_percent_throttled_takes_longer_and_ends_as_planned(emulator, tmp_path, monkeypatch):
    wire = Wire(emulator.endpoint_url, config=PATIENT)
    plan, log = plant_and_plan(wire, 1), tmp_path / "j.jsonl"
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    emulator.faults = Faults(throttle_share=0.3)
    ended_once(plan, wire, log)


def test_permission_that_one_step_lacks_fails_that_step_alone(emulator, wire, tmp_path):
    plan, log = plant_and_plan(wire, 1), tmp_path / "j.jsonl"
    emulator.faults = Faults(denied=frozenset({"ec2:DeleteVolume"}))
    first = run(plan, wire, log)
    outcome, reason = first.pop("delete_volume")
    assert (outcome, {o for o, _ in first.values()}) == ("failed", {"applied"})
    assert "not authorized to perform: ec2:DeleteVolume" in reason
    emulator.faults = Faults()
    ended_once(plan, wire, log)


def test_account_that_cannot_be_entered_fails_its_steps_alone(wire, tmp_path):
    plan, log = plant_and_plan(wire, 1), tmp_path / "j.jsonl"

    def refused(account: str, region: str, service: str) -> Any:
        if service == "rds":
            raise AccessError("The plan acts on account 1, these credentials are of another.")
        return wire.clients(account, region, service)

    found = apply_plan(plan, refused, ALL, log=log, dry_run=False)
    failed = found["outcome"].eq("failed")
    assert set(found.loc[failed, "action"]) == {"delete_database", "stop_database_cluster"}
    assert set(found.loc[~failed, "outcome"]) == {"applied"}
    ended_once(plan, wire, log)


def test_second_apply_or_undo_on_the_same_journal_is_refused_and_does_nothing(wire, tmp_path):
    plan, log = one_step(wire, "stop_instance"), tmp_path / "j.jsonl"
    run(plan, wire, log)
    done = len(wire.calls)
    with alone(log):
        with pytest.raises(PlanError, match="in use by another apply or undo"):
            run(plan, wire, log)
        with pytest.raises(PlanError, match="in use by another apply or undo"):
            undo_plan(log, wire.clients, dry_run=False)
    assert len(wire.calls) == done


def test_two_applies_started_at_once_do_everything_once(wire, tmp_path):
    plan, log, refused = plant_and_plan(wire, 1), tmp_path / "j.jsonl", []

    def start_one() -> None:
        try:
            run(plan, wire, log)
        except PlanError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=start_one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all("in use" in words for words in refused)
    ended_once(plan, wire, log)


def test_journal_on_a_full_disk_stops_the_run_before_the_next_change_and_is_resumed(
    wire, tmp_path, monkeypatch
):
    plan, log, write, tried = plant_and_plan(wire, 1), tmp_path / "j.jsonl", journals._write, []

    def full_every_third_time(path: Any, line: str) -> None:
        tried.append(line)
        if len(tried) % 3 == 0:
            with path.open("ab") as file:
                file.write(line.encode()[: len(line) // 2])
            raise OSError(28, "No space left on device")
        write(path, line)

    monkeypatch.setattr(journals, "_write", full_every_third_time)
    refusals: list[str] = []
    while len(refusals) < 100:
        try:
            run(plan, wire, log)
            break
        except PlanError as error:
            refusals.append(str(error))
    assert 10 < len(refusals) < 100
    assert all("No space left on device" in words for words in refusals)
    ended_once(plan, wire, log)


def test_journal_in_a_folder_that_is_not_there_is_told_before_any_call(wire, tmp_path):
    plan = one_step(wire, "stop_instance")
    done = len(wire.calls)
    with pytest.raises(PlanError, match="Give another --journal"):
        run(plan, wire, tmp_path / "nowhere" / "j.jsonl")
    assert len(wire.calls) == done


def test_undo_twice_reverts_once_and_a_later_apply_says_that_it_was_undone(wire, tmp_path):
    plan, log = plant_and_plan(wire, 1), tmp_path / "j.jsonl"
    run(plan, wire, log)
    wire.calls.clear()
    first = undo_plan(log, wire.clients, dry_run=False)
    assert set(first["outcome"]) == {"undone", "cannot"}
    done = len(wire.calls)
    assert undo_plan(log, wire.clients, dry_run=False)["outcome"].tolist() == ["cannot"]
    again = run(plan, wire, log)
    assert len(wire.calls) == done
    assert again["stop_instance"] == ("applied", "undone since")


@pytest.mark.parametrize(
    "action",
    ["delete_database", "stop_instance", "modify_volume", "put_lifecycle", "stop_database_cluster"],
)
def test_undo_killed_at_every_call_boundary_reverts_once(wire, tmp_path, action):
    plan, log = one_step(wire, action), tmp_path / "j.jsonl"
    run(plan, wire, log)
    wire.calls.clear()
    wire.lethal = True
    while True:
        try:
            outcome = undo_plan(log, wire.clients, dry_run=False)["outcome"].tolist()
            break
        except Killed:
            continue
    assert outcome == ["undone"]
    made = wire.changes()
    assert made
    assert set(made.values()) == {1} or action in ("modify_volume", "put_lifecycle")


def test_undo_of_a_journal_whose_account_refuses_is_told_and_can_be_done_later(
    emulator, wire, tmp_path
):
    plan, log = one_step(wire, "stop_instance"), tmp_path / "j.jsonl"
    run(plan, wire, log)
    emulator.faults = Faults(expired_token=True)
    [told] = undo_plan(log, wire.clients, dry_run=False)["reason"]
    assert "Get new credentials" in told
    emulator.faults = Faults()
    assert undo_plan(log, wire.clients, dry_run=False)["outcome"].tolist() == ["undone"]


def test_row_that_its_action_cannot_work_with_fails_in_words_and_leaves_the_others(wire, tmp_path):
    plan = plant_and_plan(wire, 1)
    for step in plan["steps"]:
        if step["action"] == "put_lifecycle":
            step["parameters"] = {"lifecycle": "none"}
    found = run(sign(plan, "Ada"), wire, tmp_path / "j.jsonl")
    outcome, reason = found.pop("put_lifecycle")
    assert (outcome, {o for o, _ in found.values()}) == ("failed", {"applied"})
    assert "not what the action needs" in reason
