"""The off-hours function as it is deployed, and an account with one of everything that it switches."""

from __future__ import annotations

import importlib
import sys

import boto3
import pytest

from finops_lib.plans.shutdown.stack import build_zip

OFFICE = [{"Key": "finops:schedule", "Value": "office"}]


@pytest.fixture(scope="module")
def function(tmp_path_factory):
    """The function's module, loaded from the zip once."""
    path = tmp_path_factory.mktemp("zip") / "function.zip"
    path.write_bytes(build_zip())
    sys.path.insert(0, str(path))
    yield importlib.import_module("handler")
    sys.path.remove(str(path))
    del sys.modules["handler"]


IMAGE = {"ImageId": "ami-12345678", "InstanceType": "m5.large"}


@pytest.fixture
def instance(reached) -> str:
    """An instance on a schedule, and one without."""
    ec2 = boto3.client("ec2")
    ec2.run_instances(**IMAGE, MinCount=1, MaxCount=1)
    made = ec2.run_instances(
        **IMAGE, MinCount=1, MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": OFFICE}],
    )  # fmt: skip
    return made["Instances"][0]["InstanceId"]


@pytest.fixture
def account(instance) -> str:
    """The instance, and on a schedule beside it a group of two, a cluster of one, a database, a notebook, an endpoint."""
    ml, groups = boto3.client("sagemaker"), boto3.client("autoscaling")
    groups.create_launch_configuration(LaunchConfigurationName="lc", **IMAGE)
    groups.create_auto_scaling_group(
        AutoScalingGroupName="workers", LaunchConfigurationName="lc", MinSize=1, MaxSize=4,
        DesiredCapacity=2, AvailabilityZones=["us-east-1a"],
        Tags=[{**OFFICE[0], "PropagateAtLaunch": False}],
    )  # fmt: skip
    rds = boto3.client("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="aurora", Engine="aurora-postgresql", MasterUsername="u",
        MasterUserPassword="password", Tags=OFFICE,
    )  # fmt: skip
    rds.create_db_instance(
        DBInstanceIdentifier="member", DBInstanceClass="db.r6g.large", Engine="aurora-postgresql",
        DBClusterIdentifier="aurora", Tags=OFFICE,
    )  # fmt: skip
    rds.create_db_instance(
        DBInstanceIdentifier="db", DBInstanceClass="db.m5.large", Engine="postgres", Tags=OFFICE,
        AllocatedStorage=20, MasterUsername="u", MasterUserPassword="password",
    )  # fmt: skip
    role = "arn:aws:iam::123456789012:role/ml"
    ml.create_notebook_instance(
        NotebookInstanceName="nb", InstanceType="ml.t3.medium", Tags=OFFICE, RoleArn=role
    )
    ml.create_model(ModelName="m", ExecutionRoleArn=role, PrimaryContainer={"Image": "i"})
    variant = {"VariantName": "v", "ModelName": "m", "InitialInstanceCount": 1,
               "InstanceType": "ml.m5.large", "InitialVariantWeight": 1}  # fmt: skip
    ml.create_endpoint_config(
        EndpointConfigName="ep-config", ProductionVariants=[variant],
        Tags=[*OFFICE, {"Key": "finops:endpoint", "Value": "ep"}],
    )  # fmt: skip
    ml.create_endpoint(EndpointName="ep", EndpointConfigName="ep-config", Tags=OFFICE)
    return instance
