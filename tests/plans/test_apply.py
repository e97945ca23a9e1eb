"""apply_plan and undo_plan against the emulated account: once, whatever happens; back, where it can be."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

import pytest
from plan_account import ACCOUNT, ALL, REGION, Killed, Wire, one_step, plant_and_plan, step

from finops_lib.demo.emulator import start
from finops_lib.errors import PlanError
from finops_lib.params.governance import Limits
from finops_lib.plans.apply import apply_plan
from finops_lib.plans.executors import EXECUTORS
from finops_lib.plans.journal import Journal
from finops_lib.plans.review import digest, observe, sign
from finops_lib.plans.undo import undo_plan


@pytest.fixture
def wire():
    with start() as emulator:
        yield Wire(emulator.endpoint_url)


def run_until_done(run, wire: Wire) -> tuple[Any, int]:
    """The outcome of the run that nothing killed, and how many were killed before it."""
    wire.lethal, kills = True, 0
    while True:
        try:
            return run(), kills
        except Killed:
            kills += 1


@pytest.mark.slow
def test_apply_plan_killed_at_every_call_boundary_does_each_action_once(wire, tmp_path):
    check_crashes(wire, tmp_path, each=10)


def test_apply_plan_killed_at_every_call_boundary_of_eleven_actions_does_each_once(wire, tmp_path):
    check_crashes(wire, tmp_path, each=1)


def check_crashes(wire: Wire, tmp_path, each: int) -> None:
    plan, log = plant_and_plan(wire, each), tmp_path / "journal.jsonl"
    outcome, kills = run_until_done(
        lambda: apply_plan(plan, wire.clients, ALL, log=log, dry_run=False), wire
    )
    assert set(outcome["outcome"]) == {"applied"}
    assert kills >= 2 * len(wire.changes())
    assert set(wire.changes().values()) == {1}
    journal = Journal(log)
    assert set(journal.last("end")) == {s["finding_id"] for s in plan["steps"]}
    for planned in plan["steps"]:
        names = [call.name for call in EXECUTORS[planned["action"]].calls]
        assert list(journal.results(planned["finding_id"])) == names
    done = len(wire.calls)
    apply_plan(plan, wire.clients, ALL, log=log, dry_run=False)
    assert len(wire.calls) == done


def test_apply_plan_dry_run_changes_nothing(wire):
    plan = plant_and_plan(wire, 1)
    assert set(apply_plan(plan, wire.clients, ALL)["outcome"]) == {"would apply"}
    assert not wire.changes()


def test_undo_plan_returns_what_can_be_returned_and_does_it_once(wire, tmp_path):
    plan, log = plant_and_plan(wire, 1), tmp_path / "journal.jsonl"
    apply_plan(plan, wire.clients, ALL, log=log, dry_run=False)
    undone = undo_plan(log, wire.clients, dry_run=False)
    cannot = undone.loc[undone["outcome"] != "undone", ["action", "outcome"]]
    assert cannot.to_numpy().tolist() == [["release_address", "cannot"]]
    for planned in plan["steps"]:
        if planned["action"] == "release_address":
            continue
        executor = EXECUTORS[planned["action"]]
        again = undo_result(log, planned) or planned["resource_id"]
        state = executor.read(wire.clients(ACCOUNT, REGION, executor.service), again)
        assert {**state, "state": _settled(state)} == {
            **planned["before_state"], "state": _settled(planned["before_state"])
        }  # fmt: skip
    assert set(undo_plan(log, wire.clients, dry_run=False)["outcome"]) == {"cannot"}


def _settled(state: dict) -> str | None:
    return {"pending": "running", "Pending": "InService"}.get(
        state.get("state"), state.get("state")
    )


def undo_result(log, planned: dict) -> str | None:
    """The new id of what undo created again."""
    result = Journal(log).last("undone")[planned["finding_id"]]["result"]
    return result.get("instance_id") or result.get("volume_id")


def outcome_of(plan: dict, wire: Wire, **options: Any) -> tuple[str, str]:
    row = apply_plan(plan, wire.clients, options.pop("limits", ALL), **options).iloc[0]
    return row["outcome"], row["reason"]


def test_apply_plan_volume_attached_again_is_skipped_as_busy(wire):
    plan = one_step(wire, "delete_volume")
    ec2 = wire.clients(ACCOUNT, REGION, "ec2")
    instance = ec2.describe_instances()["Reservations"][0]["Instances"][0]["InstanceId"]
    volume = plan["steps"][0]["resource_id"]
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdx")
    outcome, reason = outcome_of(plan, wire)
    assert (outcome, reason.split(":")[0]) == ("skipped", "busy again")


def test_apply_plan_instance_resized_meanwhile_is_skipped_with_both_types(wire):
    plan = one_step(wire, "stop_instance")
    ec2, name = wire.clients(ACCOUNT, REGION, "ec2"), plan["steps"][0]["resource_id"]
    ec2.stop_instances(InstanceIds=[name])
    ec2.modify_instance_attribute(InstanceId=name, InstanceType={"Value": "c5.large"})
    ec2.start_instances(InstanceIds=[name])
    expected = "changed: instance_type was 'm5.xlarge' and is 'c5.large'"
    assert outcome_of(plan, wire) == ("skipped", expected)


def test_apply_plan_protected_meanwhile_is_skipped(wire):
    plan = one_step(wire, "terminate_instance")
    wire.clients(ACCOUNT, REGION, "ec2").create_tags(
        Resources=[plan["steps"][0]["resource_id"]],
        Tags=[{"Key": "finops:protected", "Value": "yes"}],
    )
    assert outcome_of(plan, wire) == ("skipped", "protected by the tag finops:protected=yes")


def test_apply_plan_resource_gone_is_skipped(wire):
    plan = one_step(wire, "release_address")
    address = plan["steps"][0]["resource_id"]
    wire.clients(ACCOUNT, REGION, "ec2").release_address(AllocationId=address)
    assert outcome_of(plan, wire) == ("skipped", "it is gone")


def idle_member(wire: Wire) -> dict:
    """The unsigned plan of an idle cluster's member, which a check leaves to a person."""
    rds = wire.clients(ACCOUNT, REGION, "rds")
    login = {"MasterUsername": "u", "MasterUserPassword": "password"}
    rds.create_db_cluster(DBClusterIdentifier="aurora", Engine="aurora-postgresql", **login)
    member = rds.create_db_instance(
        DBInstanceIdentifier="member", DBInstanceClass="db.r6g.large", Engine="aurora-postgresql",
        DBClusterIdentifier="aurora",
    )["DBInstance"]["DBInstanceArn"]  # fmt: skip
    rows = [step(1, "delete_database_cluster", member, "RDS")]
    return observe({"steps": rows, "estate_counts": {"RDS": 1}}, wire.clients)


def test_idle_cluster_is_left_to_a_person_unless_the_reviewer_writes_that_it_is_stopped(
    wire, tmp_path
):
    plan, log = idle_member(wire), tmp_path / "j.jsonl"
    assert plan["steps"][0]["note"] == "a person does it, or `action: stop_database_cluster`"
    assert outcome_of(sign(plan, "Ada", [1]), wire) == ("skipped", "a person does it")
    plan["steps"][0]["action"] = "stop_database_cluster"
    signed, rds = sign(plan, "Ada", [1]), wire.clients(ACCOUNT, REGION, "rds")
    assert outcome_of(signed, wire, log=log, dry_run=False) == ("applied", "")
    assert rds.describe_db_clusters()["DBClusters"][0]["Status"] == "stopped"
    assert undo_plan(log, wire.clients, dry_run=False)["outcome"].tolist() == ["undone"]
    assert rds.describe_db_clusters()["DBClusters"][0]["Status"] == "available"


def test_apply_plan_schedules_a_machine_of_a_group_by_its_group_and_undoes_it(wire, tmp_path):
    groups, ec2 = wire.clients(ACCOUNT, REGION, "autoscaling"), wire.clients(ACCOUNT, REGION, "ec2")
    groups.create_launch_configuration(
        LaunchConfigurationName="lc", ImageId="ami-12345678", InstanceType="m5.large"
    )
    groups.create_auto_scaling_group(
        AutoScalingGroupName="web", LaunchConfigurationName="lc", MinSize=2, MaxSize=2,
        AvailabilityZones=[f"{REGION}a"],
    )  # fmt: skip
    found = ec2.describe_instances()["Reservations"]
    members = [i["InstanceId"] for r in found for i in r["Instances"]]
    hours = {"schedule": "Mon-Fri 08:00-18:00 UTC", "asg_name": "web"}
    rows = [step(n, "schedule_instance", m, "EC2", parameters=hours) for n, m in enumerate(members, 1)]  # fmt: skip
    plan = sign(observe({"steps": rows, "estate_counts": {"EC2": 9}}, wire.clients), "Ada", [1, 2])
    log = tmp_path / "j.jsonl"
    done = apply_plan(plan, wire.clients, ALL, log=log, dry_run=False)
    assert done[["action", "resource_id", "outcome"]].to_numpy().tolist() == [
        ["schedule_group", "web", "applied"]
    ] * len(members)

    def tags() -> dict[str, str]:
        [group] = groups.describe_auto_scaling_groups()["AutoScalingGroups"]
        return {tag["Key"]: tag["Value"] for tag in group["Tags"]}

    assert tags() == {"finops:schedule": "Mon-Fri 08:00-18:00 UTC"}
    assert set(undo_plan(log, wire.clients, dry_run=False)["outcome"]) == {"undone"}
    assert tags() == {}


def test_apply_plan_in_grace_waits(wire):
    plan = one_step(wire, "delete_volume")
    plan["steps"][0]["not_before"] = "2030-01-10T00:00:00"
    plan = sign(plan, "Ada")
    moment = datetime(2030, 1, 1)
    assert outcome_of(plan, wire, clock=lambda: moment) == ("waiting", "mark until 2030-01-10")


def test_apply_plan_resize_that_fails_is_rolled_back(wire, tmp_path):
    plan = one_step(wire, "resize_instance")
    name = plan["steps"][0]["resource_id"]
    ec2 = wire.clients(ACCOUNT, REGION, "ec2")

    def refuse(params: dict[str, Any], **_: Any) -> None:
        if params.get("InstanceType") == {"Value": "m5.large"}:
            params["InstanceId"] = "i-00000000000000000"

    ec2.meta.events.register("provide-client-params.ec2.ModifyInstanceAttribute", refuse)
    outcome, _ = outcome_of(plan, wire, log=tmp_path / "j.jsonl", dry_run=False)
    state = EXECUTORS["resize_instance"].read(ec2, name)
    assert (outcome, state["state"], state["instance_type"]) == (
        "rolled back", "running", "m5.xlarge"
    )  # fmt: skip


def test_apply_plan_tampered_is_refused(wire):
    plan = one_step(wire, "delete_volume")
    tampered = copy.deepcopy(plan)
    tampered["steps"][0]["resource_id"] = "vol-other"
    assert digest(tampered) != plan["digest"]
    with pytest.raises(PlanError, match="changed after it was approved"):
        apply_plan(tampered, wire.clients, ALL)


def test_apply_plan_that_matches_everything_is_stopped_before_any_call(wire):
    plan = plant_and_plan(wire, 1)
    with pytest.raises(PlanError, match="7 of 7 resources of EC2, the limit is 25 %"):
        apply_plan(plan, wire.clients, Limits())
    assert not wire.calls


def test_apply_plan_journal_of_another_plan_is_refused(wire, tmp_path):
    log = tmp_path / "j.jsonl"
    plan = one_step(wire, "stop_instance")
    apply_plan(plan, wire.clients, ALL, log=log, dry_run=False)
    with pytest.raises(PlanError, match="another plan"):
        apply_plan(sign(plan, "Grace"), wire.clients, ALL, log=log, dry_run=False)
