"""The planted demo account, read back as anybody reads an account: with plain boto3."""

import gzip
import io
import json
from collections import Counter

import boto3
import pandas as pd
import pyarrow.parquet as pq
import pytest

from finops_lib.demo import serve_demo
from finops_lib.demo.story.bill import lines
from finops_lib.demo.story.company import company
from finops_lib.demo.story.teams import DEVELOPMENT, PRODUCTION, RESEARCH


@pytest.fixture(scope="module")
def ledger():
    return company(seed=42)


@pytest.fixture(scope="module")
def demo():
    with serve_demo(seed=42) as running:
        yield running


@pytest.fixture(scope="module")
def client_of(demo):
    def payer(service, region="us-east-1", **keys):
        return boto3.client(
            service,
            endpoint_url=demo.endpoint_url,
            region_name=region,
            aws_access_key_id=keys.get("AccessKeyId", demo.environment["AWS_ACCESS_KEY_ID"]),
            aws_secret_access_key=keys.get("SecretAccessKey", "synthetic"),
            aws_session_token=keys.get("SessionToken"),
        )

    def client(service, account, region="us-east-1"):
        role = f"arn:aws:iam::{account}:role/FinopsReader"
        keys = payer("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        return payer(service, region, **keys)

    client.payer = payer
    return client


def instances_of(client):
    pages = client.get_paginator("describe_instances").paginate()
    return [i for page in pages for r in page["Reservations"] for i in r["Instances"]]


def tags_of(record):
    return {tag["Key"]: tag["Value"] for tag in record.get("Tags", [])}


@pytest.mark.parametrize("account", [PRODUCTION, DEVELOPMENT, RESEARCH])
@pytest.mark.parametrize("region", ["us-east-1", "us-west-2"])
def test_instances_have_the_ledgers_ids_types_launch_times_and_tags(
    client_of, ledger, account, region
):
    read = {
        i["InstanceId"]: (i["InstanceType"], i["LaunchTime"].replace(tzinfo=None), tags_of(i))
        for i in instances_of(client_of("ec2", account, region))
    }
    planted = {
        r.id: (r.spec["instance_type"], r.start, dict(r.tags))
        for r in ledger.of_kind("instance")
        if (r.account, r.region) == (account, region)
    }

    assert read == planted


def test_unattached_volumes_are_available_and_the_others_in_use(client_of, ledger):
    for account, region in {(v.account, v.region) for v in ledger.of_kind("volume")}:
        volumes = client_of("ec2", account, region).describe_volumes()["Volumes"]
        available = {v["VolumeId"] for v in volumes if v["State"] == "available"}
        planted = {
            v.id for v in ledger.of_kind("volume")
            if (v.account, v.region) == (account, region) and "instance" not in v.spec
        }  # fmt: skip

        assert available == planted


def test_volumes_lie_in_the_zone_of_the_ledger(client_of, ledger):
    volumes = client_of("ec2", PRODUCTION).describe_volumes()["Volumes"]
    planted = {v.id: v.spec["zone"] for v in ledger.of_kind("volume")}

    assert {v["VolumeId"]: v["AvailabilityZone"] for v in volumes}.items() <= planted.items()


def test_snapshots_have_the_ledgers_ids_and_no_others(client_of, ledger):
    read = client_of("ec2", PRODUCTION).describe_snapshots(OwnerIds=["self"])["Snapshots"]
    planted = [s for s in ledger.of_kind("snapshot") if s.account == PRODUCTION]

    assert {s["SnapshotId"] for s in read} == {s.id for s in planted}


def test_images_stand_on_the_snapshots_of_their_role(client_of, ledger):
    images = client_of("ec2", PRODUCTION).describe_images(Owners=["self"])["Images"]
    used = {m["Ebs"]["SnapshotId"] for i in images for m in i["BlockDeviceMappings"]}

    assert used == {s.id for s in ledger.of_role("image_snapshot")}


def test_idle_load_balancers_have_no_targets_and_live_ones_healthy_ones(client_of):
    elb = client_of("elbv2", PRODUCTION)
    states = {}
    for group in elb.describe_target_groups()["TargetGroups"]:
        health = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
        found = Counter(t["TargetHealth"]["State"] for t in health["TargetHealthDescriptions"])
        states[group["TargetGroupName"]] = dict(found)

    assert states == {
        "prod-api-targets": {"healthy": 10},
        "recs-api-targets": {"healthy": 16},
        "features-api-targets": {"healthy": 20},
        "fraud-scoring-targets": {"healthy": 6},
        "blue-green-old-targets": {},
        "churn-canary-targets": {},
    }


def test_endpoints_and_notebooks_read_back_by_name(client_of, ledger):
    sagemaker = client_of("sagemaker", RESEARCH)
    endpoints = {e["EndpointName"] for e in sagemaker.list_endpoints()["Endpoints"]}
    notebooks = {
        n["NotebookInstanceName"]: n["InstanceType"]
        for n in sagemaker.list_notebook_instances(MaxResults=100)["NotebookInstances"]
    }

    assert endpoints == {r.name for r in ledger.of_kind("endpoint") if r.account == RESEARCH}
    assert notebooks == {
        r.name: r.spec["instance_type"]
        for r in ledger.of_kind("notebook_instance")
        if r.account == RESEARCH
    }


def test_cpu_of_the_nightly_batch_reads_back_with_its_average_and_maximum(client_of, ledger, demo):
    machine = ledger.of_role("nightly_batch")[0]
    points = client_of("cloudwatch", machine.account).get_metric_statistics(
        Namespace="AWS/EC2",
        MetricName="CPUUtilization",
        Dimensions=[{"Name": "InstanceId", "Value": machine.id}],
        StartTime=demo.as_of - pd.Timedelta(days=14),
        EndTime=demo.as_of,
        Period=86400,
        Statistics=["Average", "Maximum"],
    )["Datapoints"]

    assert len(points) == 14
    assert max(p["Maximum"] for p in points) == 95.0
    assert all(p["Average"] < 5 for p in points)


def test_the_bill_in_s3_is_the_ledgers_bill_to_the_cent(client_of, ledger, demo):
    s3 = client_of.payer("s3")
    bucket, prefix = demo.bill_url.removeprefix("s3://").split("/", 1)
    keys = [o["Key"] for o in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]]
    bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]
    billed = [
        pq.read_table(io.BytesIO(b), columns=["BilledCost"])["BilledCost"].to_pandas().sum()
        for b in bodies
    ]

    assert len(keys) == 14
    assert sum(billed) == pytest.approx(lines(ledger)["cost"].sum(), abs=0.005)


def inventory_of(client, bucket):
    key = f"{bucket}/daily/2026-11-03T01-00Z/manifest.json"
    body = client.get_object(Bucket="halcyon-inventories", Key=key)["Body"]
    manifest = json.loads(body.read())
    files = [
        client.get_object(Bucket="halcyon-inventories", Key=f["key"]) for f in manifest["files"]
    ]
    names = manifest["fileSchema"].split(", ")
    frames = [
        pd.read_csv(io.BytesIO(gzip.decompress(f["Body"].read())), names=names) for f in files
    ]
    return pd.concat(frames)


def test_inventory_reports_show_two_tib_of_the_copied_dataset_as_duplicates(client_of):
    s3 = client_of("s3", PRODUCTION)
    both = pd.concat(inventory_of(s3, b) for b in ("halcyon-datasets", "halcyon-datasets-copy"))
    copies = both[both.duplicated(["ETag", "Size"])]

    assert set(copies["Bucket"]) == {"halcyon-datasets-copy"}
    assert copies["Size"].sum() == pytest.approx(2 * 1024**4, rel=1e-6)


def test_inventory_report_of_the_registry_shows_six_tib_of_old_versions(client_of):
    report = inventory_of(client_of("s3", PRODUCTION), "halcyon-model-registry")
    old = report[~report["IsLatest"]]

    assert old["Size"].sum() == pytest.approx(6 * 1024**4, rel=1e-6)


def test_cost_explorer_ties_to_the_bill_of_october(client_of, ledger):
    bill = lines(ledger)
    october = bill[bill["start"].dt.strftime("%Y-%m") == "2026-10"]["cost"].sum()
    answer = client_of.payer("ce").get_cost_and_usage(
        TimePeriod={"Start": "2026-10-01", "End": "2026-11-01"},
        Granularity="MONTHLY",
        Metrics=["UnblendedCost"],
    )

    amount = float(answer["ResultsByTime"][0]["Total"]["UnblendedCost"]["Amount"])
    assert amount == pytest.approx(october, abs=0.01)


def test_commitments_read_back_with_what_they_cost_an_hour(client_of):
    plans = client_of("savingsplans", PRODUCTION).describe_savings_plans()["savingsPlans"]
    found = client_of("ec2", PRODUCTION).describe_reserved_instances()["ReservedInstances"]
    unused = client_of("ec2", PRODUCTION, "us-west-2").describe_reserved_instances()[
        "ReservedInstances"
    ]

    assert [(p["savingsPlanType"], p["commitment"]) for p in plans] == [("Compute", "4.055")]
    assert [(r["InstanceType"], r["InstanceCount"]) for r in found] == [("m5.xlarge", 16)]
    assert [(r["InstanceType"], r["InstanceCount"]) for r in unused] == [("r4.2xlarge", 2)]
    assert found[0]["RecurringCharges"] == [{"Amount": 0.121, "Frequency": "Hourly"}]


def test_offered_rates_of_a_type_fall_with_the_term(client_of):
    client = client_of("savingsplans", PRODUCTION)
    rates = client.describe_savings_plans_offering_rates(
        savingsPlanTypes=["Compute"], usageTypes=["BoxUsage:m5.xlarge"]
    )["searchResults"]
    by_term = {r["savingsPlanOffering"]["durationSeconds"]: float(r["rate"]) for r in rates}

    assert list(by_term.values()) == pytest.approx([0.192 * 0.73, 0.192 * 0.50])


def test_the_trail_tells_when_the_volume_was_detached(client_of, ledger, demo):
    volume = ledger.of_role("detached_yesterday")[0]
    events = client_of("cloudtrail", volume.account).lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "DetachVolume"}],
        StartTime=demo.as_of - pd.Timedelta(days=30),
        EndTime=demo.as_of,
    )["Events"]

    assert [e["Resources"][0]["ResourceName"] for e in events] == [volume.id]


def test_the_organization_lists_the_companys_accounts(client_of, ledger):
    accounts = client_of.payer("organizations").list_accounts()["Accounts"]

    assert {a["Id"]: a["Name"] for a in accounts} == dict(ledger.accounts)
