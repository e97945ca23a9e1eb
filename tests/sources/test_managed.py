"""Managed services read from an emulated account; what is denied or not emulated becomes a gap."""

from __future__ import annotations

from datetime import datetime

import boto3
import numpy as np
import pytest

from finops_lib.demo import emulator
from finops_lib.sources.aws import AwsSource, read_account
from finops_lib.sources.aws.calls import Asker, NotReadError, Session
from finops_lib.sources.aws.readers import READERS
from finops_lib.sources.shape import clusters, serverless

AS_OF = datetime(2026, 11, 4)
ROLE = "arn:aws:iam::123456789012:role/Reader"
TAG = [{"Key": "team", "Value": "ml"}]
MANAGED_TABLES = {"clusters", "dynamodb_tables", "functions"}


def provisioned(read, write):
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


@pytest.fixture(scope="module")
def account(monkeypatch_module):
    with emulator.start() as running:
        for name, value in running.environment().items():
            monkeypatch_module.setenv(name, value)
        plant()
        times = np.datetime64(AS_OF) - np.arange(1, 337) * np.timedelta64(1, "h")
        for namespace, metric, dimensions in (
            ("AWS/ElastiCache", "CurrConnections", {"CacheClusterId": "sessions"}),
            ("AWS/ES", "SearchRate", {"DomainName": "logs", "ClientId": "123456789012"}),
            (
                "AWS/DynamoDB",
                "ConsumedReadCapacityUnits",
                {"TableName": "jobs", "GlobalSecondaryIndexName": "by-day"},
            ),
        ):
            running.put_metric(
                "123456789012", "us-east-1", namespace, metric, dimensions, times,
                np.full(336, 3.0), 3600,
            )  # fmt: skip
        yield running


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def plant():
    """One of each service, made as anybody makes them."""
    cache = boto3.client("elasticache")
    cache.create_cache_cluster(
        CacheClusterId="sessions", CacheNodeType="cache.m5.large", Engine="redis", NumCacheNodes=1, Tags=TAG
    )  # fmt: skip
    cache.create_replication_group(
        ReplicationGroupId="scores", ReplicationGroupDescription="-", Engine="redis",
        CacheNodeType="cache.r6g.large", NumCacheClusters=2,
    )  # fmt: skip
    boto3.client("opensearch").create_domain(
        DomainName="logs", ClusterConfig={"InstanceType": "m5.large.search", "InstanceCount": 2},
        EBSOptions={"EBSEnabled": True, "VolumeType": "gp3", "VolumeSize": 100}, TagList=TAG,
    )  # fmt: skip
    boto3.client("redshift").create_cluster(
        ClusterIdentifier="lake", NodeType="ra3.xlplus", NumberOfNodes=2, MasterUsername="someone",
        MasterUserPassword="Synthetic1", ClusterType="multi-node", Tags=TAG,
    )  # fmt: skip
    boto3.client("emr").run_job_flow(
        Name="etl", JobFlowRole="r", ServiceRole="s", Instances={"KeepJobFlowAliveWhenNoSteps": True,
        "MasterInstanceType": "m5.xlarge", "InstanceCount": 1}, Tags=TAG,
    )  # fmt: skip
    plant_containers()
    glue = boto3.client("glue")
    glue.create_dev_endpoint(EndpointName="dev", RoleArn=ROLE, NumberOfNodes=5, Tags={"team": "ml"})
    glue.create_session(Id="adhoc", Role=ROLE, Command={"Name": "glueetl", "PythonVersion": "3"})
    boto3.client("dynamodb").create_table(
        TableName="jobs", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"},
                              {"AttributeName": "day", "AttributeType": "S"}],
        ProvisionedThroughput=provisioned(100, 50), Tags=TAG,
        GlobalSecondaryIndexes=[{
            "IndexName": "by-day", "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"}, "ProvisionedThroughput": provisioned(10, 5),
        }],
    )  # fmt: skip
    plant_function()


def plant_containers():
    ecs = boto3.client("ecs")
    ecs.create_cluster(clusterName="web")
    ecs.register_task_definition(
        family="api", requiresCompatibilities=["FARGATE"], cpu="512", memory="1024", networkMode="awsvpc",
        containerDefinitions=[{"name": "api", "image": "api", "memory": 128}],
    )  # fmt: skip
    ecs.create_service(
        cluster="web", serviceName="api", taskDefinition="api:1", desiredCount=2, launchType="FARGATE",
        tags=[{"key": "team", "value": "ml"}],
    )  # fmt: skip
    eks = boto3.client("eks")
    eks.create_cluster(name="lab", roleArn=ROLE, resourcesVpcConfig={}, tags={"team": "ml"})
    eks.create_cluster(name="prod", roleArn=ROLE, resourcesVpcConfig={}, version="1.31")
    eks.create_nodegroup(
        clusterName="prod", nodegroupName="n", subnets=["s"], nodeRole=ROLE,
        scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 2},
    )  # fmt: skip


def plant_function():
    boto3.client("iam").create_role(RoleName="Reader", AssumeRolePolicyDocument="{}")
    functions = boto3.client("lambda")
    functions.create_function(
        FunctionName="resize", Runtime="python3.12", Role=ROLE, Handler="x.y", MemorySize=1024,
        Code={"ZipFile": b"-"}, Tags={"team": "ml"}, Architectures=["arm64"],
    )  # fmt: skip
    functions.publish_version(FunctionName="resize")


def read(account, **faults):
    account.faults = emulator.Faults(**faults)
    found = read_account(AwsSource(regions=("us-east-1",), max_attempts=1), as_of=AS_OF)
    account.faults = emulator.Faults()
    return found.tables


@pytest.fixture(scope="module")
def tables(account):
    return read(account)


def test_read_account_only_what_is_not_emulated_leaves_a_gap(tables):
    gaps = tables["gaps"].query("table in @MANAGED_TABLES")
    assert gaps[["table", "service"]].values.tolist() == [["functions", "lambda"]]
    assert "list_provisioned_concurrency_configs" in gaps["reason"].item()


def test_read_account_clusters_of_each_kind_with_their_nodes(tables):
    found = tables["clusters"].sort_values(["kind", "name"])
    found = found[found["kind"] != "emr"]
    columns = ["kind", "name", "group_name", "node_type", "node_count"]
    shown = found[columns].astype("object").where(found[columns].notna(), None)
    assert shown.values.tolist() == [
        ["ecs", "api", "web", None, 2],
        ["eks", "lab", None, None, 0],
        ["eks", "prod", None, None, 2],
        ["elasticache", "scores-001", "scores", "cache.r6g.large", 1],
        ["elasticache", "sessions", None, "cache.m5.large", 1],
        ["glue_endpoint", "dev", None, "Standard", 5],
        ["glue_session", "adhoc", None, None, 123],
        ["opensearch", "logs", None, "m5.large.search", 2],
        ["redshift", "lake", None, "ra3.xlplus", 2],
    ]


def test_read_account_cluster_identifiers_are_the_bills_arns_and_tags_are_read(tables):
    found = tables["clusters"].set_index("name")
    assert found.loc["sessions", "resource_id"] == (
        "arn:aws:elasticache:us-east-1:123456789012:cluster:sessions"
    )
    assert (
        found.loc["lake", "resource_id"] == "arn:aws:redshift:us-east-1:123456789012:cluster:lake"
    )
    tagged = ["sessions", "logs", "lake", "api", "lab", "dev"]
    assert [found.loc[name, "tags"] for name in tagged] == [{"team": "ml"}] * len(tagged)
    assert found.loc[found["kind"] == "emr", "tags"].item() == {"team": "ml"}


def test_read_account_task_sizes_pools_and_disks_are_read(tables):
    found = tables["clusters"].set_index("name")
    assert found.loc["api", ["task_vcpu", "task_memory_gib", "engine"]].tolist() == [
        0.5, 1.0, "FARGATE",
    ]  # fmt: skip
    assert found.loc[["lab", "prod"], "pool_count"].tolist() == [0, 1]
    assert found.loc["logs", ["storage_gib", "storage_type"]].tolist() == [200.0, "gp3"]


def test_read_account_dynamodb_table_and_its_index_are_a_row_each(tables):
    found = tables["dynamodb_tables"]
    columns = ["scope", "index_name", "read_units", "write_units", "billing_mode"]
    shown = found[columns].astype("object").where(found[columns].notna(), None)
    assert sorted(shown.values.tolist()) == [
        ["index", "by-day", 10.0, 5.0, "PROVISIONED"],
        ["table", None, 100.0, 50.0, "PROVISIONED"],
    ]
    assert list(found["tags"]) == [{"team": "ml"}] * 2


def test_read_account_function_is_read_where_concurrency_is_not_emulated(tables):
    found = tables["functions"]
    assert found[["name", "scope", "memory_mib", "architecture"]].values.tolist() == [
        ["resize", "function", 1024.0, "arm64"]
    ]
    assert found["resource_id"].item() == "arn:aws:lambda:us-east-1:123456789012:function:resize"


def test_read_account_metrics_of_managed_services_are_asked_by_their_dimensions(tables):
    found = tables["metrics"].groupby(["namespace", "metric"])["value"].agg(["count", "max"])
    assert found.loc[("AWS/ElastiCache", "CurrConnections")].tolist() == [336, 3]
    assert found.loc[("AWS/ES", "SearchRate")].tolist() == [336, 3]
    index = tables["metrics"].query("namespace == 'AWS/DynamoDB'")
    assert set(index["dimension"]) == {"by-day"}


MANAGED_READERS = [reader for reader in READERS if reader.table in MANAGED_TABLES]
SERVICES = {reader.permissions[0].split(":")[0] for reader in MANAGED_READERS}


@pytest.mark.parametrize("reader", MANAGED_READERS, ids=lambda r: r.permissions[0])
def test_managed_reader_that_is_denied_says_so(account, reader):
    session = Session(AwsSource(regions=("us-east-1",), max_attempts=1))
    asker = Asker(session, session.home(), "us-east-1", AS_OF)
    account.faults = emulator.Faults(denied=frozenset({reader.permissions[0].split(":")[0]}))
    try:
        with pytest.raises(NotReadError, match="AccessDenied"):
            reader.records(asker)
    finally:
        account.faults = emulator.Faults()


def test_read_account_denied_managed_service_is_one_gap_and_the_rest_is_read(account):
    found = read(account, denied=frozenset({"es"}))
    gaps = found["gaps"].query("table == 'clusters'")
    assert gaps["service"].tolist() == ["es"]
    assert set(found["clusters"]["kind"]) == {
        "ecs", "eks", "elasticache", "emr", "glue_endpoint", "glue_session", "redshift",
    }  # fmt: skip


def test_provisioned_concurrency_is_a_row_of_its_own():
    config = {
        "FunctionArn": "arn:aws:lambda:us-east-1:1:function:resize:live",
        "RequestedProvisionedConcurrentExecutions": 10,
    }
    raw = {"FunctionName": "resize", "FunctionArn": "arn:aws:lambda:us-east-1:1:function:resize:$LATEST",
           "MemorySize": 512}  # fmt: skip
    found = serverless.warm(raw, config, {})
    names = ["resource_id", "scope", "qualifier", "metric_dimension", "provisioned_concurrency"]
    assert [found[name] for name in names] == [
        "arn:aws:lambda:us-east-1:1:function:resize", "qualifier", "live", "resize:live", 10,
    ]  # fmt: skip


def test_fargate_spot_and_arm_tasks_are_told_apart():
    raw = {"serviceArn": "a", "serviceName": "s", "clusterArn": "c/web", "desiredCount": 1,
           "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT"}]}  # fmt: skip
    arm = {"cpu": "1024", "memory": "2048", "runtimePlatform": {"cpuArchitecture": "ARM64"}}
    found = clusters.service(raw, arm)
    assert (found["engine"], found["architecture"], found["task_vcpu"]) == (
        "FARGATE_SPOT",
        "arm64",
        1,
    )


def test_read_account_asks_managed_services_exactly_what_their_readers_declare(tables):
    names = {"opensearch": "es", "emr": "elasticmapreduce"}
    calls = tables["api_calls"]
    asked = set(calls["service"].replace(names) + ":" + calls["operation"])
    declared = {p for r in READERS if r.table in MANAGED_TABLES for p in r.permissions}
    assert {call for call in asked if call.split(":")[0] in SERVICES} - {
        "elasticache:DescribeReservedCacheNodes"
    } == declared
