"""apply_plan and undo_plan against the emulated account: once, whatever happens; back, where it can be."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import datetime
from functools import cache
from typing import Any

import boto3
import pytest

from finops_lib.demo.emulator import start
from finops_lib.errors import PlanError
from finops_lib.params.governance import Limits
from finops_lib.plans.apply import apply_plan
from finops_lib.plans.executors import EXECUTORS
from finops_lib.plans.journal import Journal
from finops_lib.plans.review import digest, observe, sign
from finops_lib.plans.undo import undo_plan

ACCOUNT, REGION = "123456789012", "us-east-1"
ALL = Limits(max_steps=1000, max_percent=100)
READS = ("Describe", "Get", "List", "Head")


class Killed(BaseException):
    """The process dies here; nothing in the library may catch it."""


class Wire:
    """Clients of the emulated account that record every call and may kill the process at one."""

    def __init__(self, url: str) -> None:
        self.url, self.calls, self.seen, self.lethal = url, [], set(), False
        self.clients = cache(self._client)

    def _client(self, account: str, region: str, service: str) -> Any:
        client = boto3.client(
            service, region_name=region, endpoint_url=self.url,
            aws_access_key_id="demo", aws_secret_access_key="demo",
        )  # fmt: skip
        client.meta.events.register("before-call.*.*", self._before)
        client.meta.events.register("after-call.*.*", self._after)
        return client

    def _before(self, model: Any, params: dict[str, Any], context: Any, **_: Any) -> None:
        key = (model.name, str(params["body"]), params["url"])
        context["boundary"] = key
        self._boundary((*key, "before"))

    def _after(self, model: Any, http_response: Any, context: Any, **_: Any) -> None:
        if http_response.status_code < 300:
            self.calls.append(context["boundary"])
        self._boundary((*context["boundary"], "after"))

    def _boundary(self, key: tuple[str, ...]) -> None:
        if self.lethal and key not in self.seen:
            self.seen.add(key)
            raise Killed

    def changes(self) -> Counter[tuple[str, ...]]:
        """How often each changing call succeeded."""
        return Counter(call for call in self.calls if not call[0].startswith(READS))


@pytest.fixture
def wire():
    with start() as emulator:
        yield Wire(emulator.endpoint_url)


def step(number: int, action: str, resource_id: str, service: str, **changes: Any) -> dict:
    return {
        "step": number, "finding_id": f"f{number:03d}", "check_id": "c", "account_id": ACCOUNT,
        "region": REGION, "resource_id": resource_id, "service": service, "team": None,
        "owner": None, "category": "terminate", "action": action, "parameters": {},
        "before_state": None, "monthly_saving": 10.0, "monthly_saving_low": None,
        "monthly_saving_high": None, "naive_saving": 10.0, "risk": "low", "confidence": "high",
        "prerequisite": None, "not_before": None, "undo": None, "permissions": None,
        "approver": None, "status": "proposed", "note": None, **changes,
    }  # fmt: skip


def plant_and_plan(wire: Wire, each: int) -> dict:
    """`each` resources for each of eleven actions, and the signed plan that acts on all of them."""
    ec2, s3 = wire.clients(ACCOUNT, REGION, "ec2"), wire.clients(ACCOUNT, REGION, "s3")
    ml, rds = wire.clients(ACCOUNT, REGION, "sagemaker"), wire.clients(ACCOUNT, REGION, "rds")
    launched = ec2.run_instances(
        ImageId="ami-12345678", MinCount=4 * each, MaxCount=4 * each, InstanceType="m5.xlarge"
    )
    ids = [i["InstanceId"] for i in launched["Instances"]]
    rows = []
    for n in range(each):
        volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8, VolumeType="gp2")
        other = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8, VolumeType="gp2")
        address = ec2.allocate_address(Domain="vpc")
        s3.create_bucket(Bucket=f"data-{n}")
        ml.create_notebook_instance(
            NotebookInstanceName=f"nb-{n}", InstanceType="ml.t3.medium",
            RoleArn="arn:aws:iam::123456789012:role/ml",
        )  # fmt: skip
        rds.create_db_instance(
            DBInstanceIdentifier=f"db-{n}", DBInstanceClass="db.m5.large", Engine="postgres",
            AllocatedStorage=20, MasterUsername="u", MasterUserPassword="password",
        )  # fmt: skip
        cluster = rds.create_db_cluster(
            DBClusterIdentifier=f"aurora-{n}", Engine="aurora-postgresql", MasterUsername="u",
            MasterUserPassword="password",
        )["DBCluster"]  # fmt: skip
        rds.describe_db_clusters()  # moto's clusters are being created until they are asked for.
        lifecycle = {"Rules": [{"ID": "tier", "Status": "Enabled", "Filter": {"Prefix": ""},
                     "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}]}]}  # fmt: skip
        rows += [
            ("terminate_instance", ids[4 * n], "EC2", {}),
            ("stop_instance", ids[4 * n + 1], "EC2", {}),
            ("resize_instance", ids[4 * n + 2], "EC2", {"instance_type": "m5.large"}),
            ("schedule_instance", ids[4 * n + 3], "EC2", {"schedule": "office-hours"}),
            ("delete_volume", volume["VolumeId"], "EC2", {}),
            ("modify_volume", other["VolumeId"], "EC2",
             {"type": "gp3", "iops": 3000, "throughput": 125}),
            ("release_address", address["AllocationId"], "EC2", {}),
            ("put_lifecycle", f"data-{n}", "S3", {"lifecycle": lifecycle}),
            ("stop_notebook_instance", f"nb-{n}", "SageMaker", {}),
            ("delete_database", f"db-{n}", "RDS", {}),
            ("stop_database_cluster", cluster["DBClusterArn"], "RDS", {}),
        ]  # fmt: skip
    steps = [step(i, a, r, s, parameters=p) for i, (a, r, s, p) in enumerate(rows, start=1)]
    counts = {"EC2": 7 * each, "S3": each, "SageMaker": each, "RDS": 2 * each}
    seen = observe({"steps": steps, "estate_counts": counts}, wire.clients)
    wire.calls.clear()
    return sign(seen, "Ada", [row["step"] for row in steps])


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


def one_step(wire: Wire, action: str) -> dict:
    """The signed plan of one of the eleven actions."""
    plan = plant_and_plan(wire, 1)
    kept = [s for s in plan["steps"] if s["action"] == action]
    return sign({"steps": kept, "estate_counts": plan["estate_counts"]}, "Ada")


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
