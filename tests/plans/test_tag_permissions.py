"""A tagging plan calls exactly what its policy allows, on every kind of resource, and needs all of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3
import pandas as pd
import pytest

from finops_lib.demo.emulator import start
from finops_lib.plans.native_tags import CHANGING, READING, SERVICES, TAGGING_API
from finops_lib.plans.policies import policy, tagging
from finops_lib.plans.tagging import apply_tags, approve, bulk_tags, tag_plan, undo_tags

ACCOUNT, REGION = "123456789012", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ml"
IMAGE = {"ImageId": "ami-12345678", "InstanceType": "m5.large"}
NAMES = {"elbv2": "elasticloadbalancing", "resourcegroupstaggingapi": "tag"}
OTHER = {"s3:DeleteBucketTagging": "s3:PutBucketTagging"}


@pytest.fixture(scope="module")
def emulator():
    with start() as running:
        yield running


def client(emulator: Any, service: str, key: tuple[str, str] = ("demo", "demo")) -> Any:
    return boto3.client(
        service, region_name=REGION, endpoint_url=emulator.endpoint_url,
        aws_access_key_id=key[0], aws_secret_access_key=key[1],
    )  # fmt: skip


@pytest.fixture(scope="module")
def planted(emulator) -> pd.DataFrame:
    """A tagging plan, approved, with one resource of every kind."""
    made = dict(plant(lambda service: client(emulator, service), emulator))
    assert set(made) == set(SERVICES)
    found = pd.DataFrame({
        "kind": list(made), "account_id": ACCOUNT, "region": REGION,
        "resource_id": list(made.values()), "name": None,
    })  # fmt: skip
    return approve(tag_plan(bulk_tags(found, "team", "ads", reason="asked for")), "jo")


def plant(of: Any, emulator: Any) -> Iterator[tuple[str, str]]:
    yield from plant_machines(of("ec2"), of("autoscaling"), of("elbv2"))
    yield from plant_stores(of("s3"), of("rds"), of("logs"))
    yield from plant_ml(of("sagemaker"), emulator)


def plant_machines(ec2: Any, autoscaling: Any, elbv2: Any) -> Iterator[tuple[str, str]]:
    machine = ec2.run_instances(**IMAGE, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8)["VolumeId"]
    yield "instances", machine
    yield "volumes", volume
    yield "snapshots", ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    yield "images", ec2.create_image(InstanceId=machine, Name="golden")["ImageId"]
    yield "addresses", ec2.allocate_address(Domain="vpc")["AllocationId"]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]
    yield "nat_gateways", gateway["NatGatewayId"]
    name = f"com.amazonaws.{REGION}.sqs"
    endpoint = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=name, VpcEndpointType="Interface")
    yield "vpc_endpoints", endpoint["VpcEndpoint"]["VpcEndpointId"]
    autoscaling.create_launch_configuration(LaunchConfigurationName="lc", **IMAGE)
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="workers", LaunchConfigurationName="lc", MinSize=0, MaxSize=1,
        AvailabilityZones=[f"{REGION}a"],
    )  # fmt: skip
    yield "auto_scaling_groups", "workers"
    balancer = elbv2.create_load_balancer(Name="lb", Subnets=[subnet], Type="network")
    yield "load_balancers", balancer["LoadBalancers"][0]["LoadBalancerArn"]


def plant_stores(s3: Any, rds: Any, logs: Any) -> Iterator[tuple[str, str]]:
    s3.create_bucket(Bucket="models")
    yield "buckets", "models"
    database = rds.create_db_instance(
        DBInstanceIdentifier="db", DBInstanceClass="db.m5.large", Engine="postgres",
        AllocatedStorage=20, MasterUsername="u", MasterUserPassword="password",
    )  # fmt: skip
    yield "databases", database["DBInstance"]["DBInstanceArn"]
    logs.create_log_group(logGroupName="/app")
    yield "log_groups", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/app"


def plant_ml(sagemaker: Any, emulator: Any) -> Iterator[tuple[str, str]]:
    notebook = sagemaker.create_notebook_instance(
        NotebookInstanceName="nb", InstanceType="ml.t3.medium", RoleArn=ROLE
    )
    yield "notebook_instances", notebook["NotebookInstanceArn"]
    job = sagemaker.create_training_job(
        TrainingJobName="job", RoleArn=ROLE, OutputDataConfig={"S3OutputPath": "s3://models"},
        AlgorithmSpecification={"TrainingInputMode": "File", "TrainingImage": "i"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 3600},
    )  # fmt: skip
    yield "training_jobs", job["TrainingJobArn"]
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "i"})
    variant = {"VariantName": "v", "ModelName": "m", "InitialInstanceCount": 1,
               "InstanceType": "ml.m5.large", "InitialVariantWeight": 1}  # fmt: skip
    sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    made = sagemaker.create_endpoint(EndpointName="ep", EndpointConfigName="c")
    yield "endpoints", made["EndpointArn"]
    app = {"DomainId": "d-1", "SpaceName": "ada", "AppType": "JupyterLab", "AppName": "default",
           "Status": "InService"}  # fmt: skip
    emulator.put_apps(ACCOUNT, REGION, [app])
    yield "studio_apps", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:app/d-1/ada/JupyterLab/default"


@pytest.fixture
def tagger(emulator) -> Any:
    """(allow, clients, asked): sets the tagger's policy, its clients, and what they asked IAM for."""
    iam = client(emulator, "iam")
    iam.create_user(UserName="tagger")
    key = iam.create_access_key(UserName="tagger")["AccessKey"]
    asked: set[str] = set()

    def allow(allowed: dict[str, Any]) -> None:
        document = json.dumps(allowed)
        iam.put_user_policy(UserName="tagger", PolicyName="p", PolicyDocument=document)

    @cache
    def recorded(account: str, region: str, service: str) -> Any:
        made = client(emulator, service, (key["AccessKeyId"], key["SecretAccessKey"]))
        name = NAMES.get(service, service)

        def ask(model: Any, **_: Any) -> None:
            asked.add(OTHER.get(f"{name}:{model.name}", f"{name}:{model.name}"))

        made.meta.events.register("before-call.*.*", ask)
        return made

    emulator.enforce_iam = True
    yield allow, recorded, asked
    emulator.enforce_iam = False
    iam.delete_access_key(UserName="tagger", AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName="tagger", PolicyName="p")
    iam.delete_user(UserName="tagger")


def actions(allowed: dict[str, Any]) -> set[str]:
    return {action for statement in allowed["Statement"] for action in statement["Action"]}


def applied_and_undone(plan: pd.DataFrame, clients: Any, log: Any) -> set[str]:
    """Every outcome of applying the plan, and of undoing what was logged."""
    done = apply_tags(plan, clients, log=log, dry_run=False)["outcome"]
    undone = undo_tags(log, clients, dry_run=False)["outcome"] if log.exists() else pd.Series()
    return {*done, *(text.partition(":")[0] for text in undone)}


def test_tagging_calls_exactly_its_policy_with_the_tagging_api_and_without(
    planted, tagger, tmp_path
):
    allow, clients, asked = tagger
    allow(tagging())
    assert applied_and_undone(planted, clients, tmp_path / "fast") == {"tagged", "undone"}
    allow(policy(actions(tagging()) - {TAGGING_API}))
    assert applied_and_undone(planted, clients, tmp_path / "slow") == {"tagged", "undone"}
    assert asked == actions(tagging())


@pytest.mark.parametrize("kind", sorted(SERVICES))
def test_tagging_one_kind_needs_its_own_policy_and_no_smaller_one(kind, planted, tagger, tmp_path):
    allow, clients, _ = tagger
    mine = planted[planted["kind"].eq(kind)]
    own = {*READING[SERVICES[kind]], *CHANGING[SERVICES[kind]]}
    for missing in sorted(own):
        allow(policy(own - {missing}))
        log = tmp_path / missing
        assert "failed" in applied_and_undone(mine, clients, log), missing
        allow(tagging([kind]))
        if log.exists():
            undo_tags(log, clients, dry_run=False)
    assert applied_and_undone(mine, clients, tmp_path / "log") == {"tagged", "undone"}
