"""Every action that a plan carries out: applied, resumed, marked and undone by exactly what it declares."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

import boto3
import pytest
from moto.sagemaker.models import sagemaker_backends

from finops_lib.demo.emulator import start
from finops_lib.params.governance import Limits
from finops_lib.plans import marks
from finops_lib.plans.actions import ACTIONS
from finops_lib.plans.apply import apply_plan
from finops_lib.plans.executors import EXECUTORS
from finops_lib.plans.policies import applying, policy
from finops_lib.plans.review import observe, sign
from finops_lib.plans.undo import undo_plan

ACCOUNT, REGION = "123456789012", "us-east-1"
ALL = Limits(max_steps=1000, max_percent=100)
EARLY, DUE = datetime(2030, 1, 1), datetime(2030, 1, 10)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ml"
PREFIXES = {"elbv2": "elasticloadbalancing"}
IAM_NAMES = {
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:ListObjectVersions": "s3:ListBucketVersions", "s3:HeadBucket": "s3:ListBucket",
    "s3:DeleteBucketTagging": "s3:PutBucketTagging",
}  # fmt: skip
"""S3's operations whose permission has another name."""
TAGGED = {
    "ec2": ("TagSpecification", "ec2:CreateTags"), "rds": ("Tags", "rds:AddTagsToResource"),
    "sagemaker": ('"Tags": [{', "sagemaker:AddTags"),
}  # fmt: skip
"""Tags given in a creation are a permission of their own: by the service, what the request then holds."""


class Killed(BaseException):
    """The process dies here."""


class Recorder:
    """Clients that record what IAM is asked for; one that is lethal dies once at every boundary of a call."""

    def __init__(self, url: str, key: tuple[str, str] = ("demo", "demo")) -> None:
        self.url, self.key, self.asked, self.seen = url, key, set(), set()
        self.lethal = False
        self.clients = cache(self._client)

    def _client(self, account: str, region: str, service: str) -> Any:
        client = boto3.client(
            service, region_name=region, endpoint_url=self.url,
            aws_access_key_id=self.key[0], aws_secret_access_key=self.key[1],
        )  # fmt: skip

        def before(model: Any, params: dict[str, Any], context: Any, **_: Any) -> None:
            name = f"{PREFIXES.get(service, service)}:{model.name}"
            self.asked.add(IAM_NAMES.get(name, name))
            word, permission = TAGGED.get(service, (None, ""))
            body = (
                params["body"].decode()
                if isinstance(params["body"], bytes)
                else str(params["body"])
            )
            if word and word in body and model.name not in ("CreateTags", "DeleteTags"):
                self.asked.add(permission)
            context["key"] = (model.name, body, params["url"])
            self._boundary(context["key"])

        client.meta.events.register("before-call.*.*", before)
        client.meta.events.register(
            "after-call.*.*", lambda context, **_: self._boundary((*context["key"], "after"))
        )
        return client

    def _boundary(self, key: tuple[str, ...]) -> None:
        if self.lethal and key not in self.seen:
            self.seen.add(key)
            raise Killed


@pytest.fixture
def emulator():
    with start() as running:
        yield running


@pytest.fixture
def planted(emulator) -> dict[str, tuple[str, dict[str, Any]]]:
    """A resource of every action with an executor, and the action's parameters."""
    made = dict(plant(Recorder(emulator.endpoint_url).clients, emulator))
    assert set(made) == set(EXECUTORS)
    return made


def plant(clients: Any, emulator: Any) -> Iterator[tuple[str, tuple[str, dict[str, Any]]]]:
    def of(service: str) -> Any:
        return clients(ACCOUNT, REGION, service)

    yield from plant_machines(of("ec2"), of("autoscaling"))
    yield from plant_network(of("ec2"), of("elbv2"))
    yield from plant_stores(of("s3"), of("rds"), of("logs"))
    yield from plant_ml(of("sagemaker"), emulator)


Planted = Iterator[tuple[str, tuple[str, dict[str, Any]]]]
TAG = [{"Key": "team", "Value": "nlp"}]
MACHINE = {"ImageId": "ami-12345678", "InstanceType": "m5.xlarge"}


def plant_machines(ec2: Any, autoscaling: Any) -> Planted:
    tags = [{"ResourceType": "instance", "Tags": TAG}]
    ids = [
        i["InstanceId"]
        for i in ec2.run_instances(**MACHINE, MinCount=5, MaxCount=5, TagSpecifications=tags)["Instances"]
    ]  # fmt: skip
    yield "terminate_instance", (ids[0], {})
    yield "stop_instance", (ids[1], {})
    yield "resize_instance", (ids[2], {"instance_type": "m5.large"})
    yield "schedule_instance", (ids[3], {"schedule": "office-hours"})
    zone = {"AvailabilityZone": f"{REGION}a", "Size": 8, "VolumeType": "gp2"}
    tagged = [{"ResourceType": "volume", "Tags": TAG}]
    volumes = [ec2.create_volume(**zone, TagSpecifications=tagged)["VolumeId"] for _ in range(3)]
    yield "delete_volume", (volumes[0], {})
    yield "modify_volume", (volumes[1], {"type": "gp3", "iops": 3000, "throughput": 125})
    yield "delete_snapshot", (ec2.create_snapshot(VolumeId=volumes[2])["SnapshotId"], {})
    image = ec2.create_image(InstanceId=ids[4], Name="old")["ImageId"]
    yield "deregister_image", (image, {})
    autoscaling.create_launch_configuration(LaunchConfigurationName="lc", **MACHINE)
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="workers", LaunchConfigurationName="lc", MinSize=2, MaxSize=4,
        AvailabilityZones=[f"{REGION}a"],
    )  # fmt: skip
    yield "shrink_auto_scaling_group", ("workers", {"min_size": 1, "desired_capacity": 1})
    yield "schedule_group", ("workers", {"schedule": "office-hours"})


def plant_network(ec2: Any, elbv2: Any) -> Planted:
    yield "release_address", (ec2.allocate_address(Domain="vpc")["AllocationId"], {})
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    nats = [
        ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
        for _ in range(2)
    ]  # fmt: skip
    yield "delete_nat_gateway", (nats[0], {})
    yield "create_gateway_endpoint", (nats[1], {"vpc_id": vpc, "services": "s3 dynamodb"})
    other = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    endpoint = ec2.create_vpc_endpoint(VpcId=other, ServiceName=f"com.amazonaws.{REGION}.sqs",
                                       VpcEndpointType="Interface")["VpcEndpoint"]  # fmt: skip
    yield "delete_vpc_endpoint", (endpoint["VpcEndpointId"], {})
    balancer = elbv2.create_load_balancer(Name="lb", Subnets=[subnet], Type="network")
    yield "delete_load_balancer", (balancer["LoadBalancers"][0]["LoadBalancerArn"], {})


def plant_stores(s3: Any, rds: Any, logs: Any) -> Planted:
    for bucket in ("data", "empty"):
        s3.create_bucket(Bucket=bucket)
    rule = {"ID": "tier", "Status": "Enabled", "Filter": {"Prefix": ""},
            "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}]}  # fmt: skip
    yield "put_lifecycle", ("data", {"lifecycle": {"Rules": [rule]}})
    yield "delete_bucket", ("empty", {})
    for name in ("db", "big"):
        rds.create_db_instance(
            DBInstanceIdentifier=name, DBInstanceClass="db.m5.xlarge", Engine="postgres", Tags=TAG,
            AllocatedStorage=20, MasterUsername="u", MasterUserPassword="password",
        )  # fmt: skip
    yield "delete_database", ("db", {})
    yield "resize_database", ("big", {"instance_class": "db.m5.large"})
    yield from plant_clusters(rds)
    logs.create_log_group(logGroupName="/chatty")
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/chatty"
    yield "put_log_retention", (arn, {"retention_days": 30})


def plant_clusters(rds: Any) -> Planted:
    """A cluster, known by its member as the inventory names it, and a database that is in none."""
    login = {"MasterUsername": "u", "MasterUserPassword": "password"}
    rds.create_db_cluster(
        DBClusterIdentifier="aurora", Engine="aurora-postgresql", Tags=TAG, **login
    )
    member = rds.create_db_instance(
        DBInstanceIdentifier="member", DBInstanceClass="db.r6g.large", Engine="aurora-postgresql",
        DBClusterIdentifier="aurora",
    )["DBInstance"]  # fmt: skip
    yield "stop_database_cluster", (member["DBInstanceArn"], {})
    rds.create_db_instance(
        DBInstanceIdentifier="alone", DBInstanceClass="db.m5.large", Engine="postgres", Tags=TAG,
        AllocatedStorage=20, **login,
    )  # fmt: skip
    yield "stop_database", ("alone", {})


def plant_ml(sagemaker: Any, emulator: Any) -> Planted:
    sagemaker.create_notebook_instance(
        NotebookInstanceName="nb", InstanceType="ml.t3.medium", RoleArn=ROLE
    )
    yield "stop_notebook_instance", ("nb", {})
    sagemaker.create_training_job(
        TrainingJobName="job", RoleArn=ROLE, OutputDataConfig={"S3OutputPath": "s3://data"},
        AlgorithmSpecification={"TrainingInputMode": "File", "TrainingImage": "i"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 3600},
    )  # fmt: skip
    # moto's jobs are done the moment they begin.
    sagemaker_backends[ACCOUNT][REGION].training_jobs["job"].training_job_status = "InProgress"
    yield "stop_training_job", ("job", {})
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "i"})
    variant = {"VariantName": "v", "ModelName": "m", "InitialInstanceCount": 1,
               "InstanceType": "ml.m5.xlarge", "InitialVariantWeight": 1}  # fmt: skip
    for name in ("idle", "busy"):
        sagemaker.create_endpoint_config(
            EndpointConfigName=f"{name}-config", ProductionVariants=[variant], Tags=TAG
        )
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-config", Tags=TAG)
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/"
    yield "delete_endpoint", (f"{arn}idle", {})
    yield "resize_endpoint", (f"{arn}busy", {"variant_name": "v", "instance_type": "ml.m5.large"})
    app = {"DomainId": "d-1", "SpaceName": "ada", "AppType": "JupyterLab", "AppName": "default",
           "Status": "InService"}  # fmt: skip
    emulator.put_apps(ACCOUNT, REGION, [app])
    path = "app/d-1/ada/JupyterLab/default"
    yield "delete_studio_app", (f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{path}", {})


def plan_of(action: str, planted: dict, clients: Any, until: datetime | None = None) -> dict:
    resource_id, parameters = planted[action]
    step = {
        "step": 1, "finding_id": f"f-{action.replace('_', '-')}", "account_id": ACCOUNT,
        "region": REGION, "resource_id": resource_id, "service": "x", "action": action,
        "parameters": parameters, "before_state": None, "monthly_saving": 10.0, "owner": None,
        "team": None, "undo": None, "status": "proposed",
        "not_before": until.isoformat() if until else None,
    }  # fmt: skip
    return sign(observe({"steps": [step], "estate_counts": {"x": 1}}, clients), "Ada", [1])


def to_its_end(run: Any, wire: Recorder) -> Any:
    """The outcome of the run that nothing killed: resumed runs look for what was done, which IAM must allow."""
    wire.lethal = True
    while True:
        try:
            return run()
        except Killed:
            continue


@pytest.mark.parametrize("action", sorted(EXECUTORS))
def test_action_calls_exactly_what_it_declares(action, planted, emulator, tmp_path):
    wire, log = Recorder(emulator.endpoint_url), tmp_path / "journal.jsonl"
    plan = plan_of(action, planted, wire.clients, DUE if action in marks.KINDS else None)

    def run(at: datetime, **more: Any) -> str:
        return apply_plan(
            plan, wire.clients, ALL, log=log, dry_run=False, clock=lambda: at, **more
        )["outcome"].item()  # fmt: skip

    wire.asked.clear()
    if action in marks.KINDS:
        assert run(EARLY) == "waiting"
        used = tmp_path / "used.jsonl"
        skipped = apply_plan(plan, wire.clients, ALL, log=used, dry_run=False,
                             clock=lambda: EARLY, needed={plan["steps"][0]["finding_id"]: "used"})  # fmt: skip
        assert skipped["outcome"].item() == "skipped"
    assert to_its_end(lambda: run(DUE), wire) == "applied"
    wire.lethal = False
    assert wire.asked == set(marks.permissions(action))
    before = set(wire.asked)
    undone = undo_plan(log, wire.clients, dry_run=False)["outcome"].item()
    assert undone == ("undone" if ACTIONS[action].undo else "cannot")
    assert (
        wire.asked - set(ACTIONS[action].permissions) - before
        == set(ACTIONS[action].undo_permissions) - before
    )


def test_apply_under_enforcement_needs_the_generated_policy_and_no_smaller_one(
    planted, emulator, tmp_path
):
    owner = Recorder(emulator.endpoint_url)
    iam = owner.clients(ACCOUNT, REGION, "iam")
    iam.create_user(UserName="applier")
    key = iam.create_access_key(UserName="applier")["AccessKey"]
    wire = Recorder(emulator.endpoint_url, (key["AccessKeyId"], key["SecretAccessKey"]))

    def outcome(action: str, allowed: dict[str, Any], log: Any) -> str:
        iam.put_user_policy(UserName="applier", PolicyName="p", PolicyDocument=json.dumps(allowed))
        plan = plan_of(action, planted, owner.clients)
        emulator.enforce_iam = True
        found = apply_plan(plan, wire.clients, ALL, log=log, dry_run=False)["outcome"].item()
        emulator.enforce_iam = False
        return str(found)

    for action in sorted(EXECUTORS):
        changing = [p for p in ACTIONS[action].permissions if not p.partition(":")[2].startswith(("Describe", "Get", "List"))]  # fmt: skip
        less = [p for p in marks.permissions(action) if p != changing[0]]
        assert outcome(action, policy(less), tmp_path / f"{action}-less") in ("failed", "rolled back"), action  # fmt: skip
        assert outcome(action, applying([action]), tmp_path / action) == "applied", action
