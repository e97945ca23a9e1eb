"""What moto lacks, asked with real boto3."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from finops_lib.demo import emulator

PAYER, REGION = "123456789012", "us-east-1"


def test_assume_role_answers_for_the_target_account(client):
    keys = client("sts").assume_role(
        RoleArn="arn:aws:iam::222222222222:role/reader", RoleSessionName="test"
    )["Credentials"]
    there = client(
        "sts",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert there.get_caller_identity()["Account"] == "222222222222"


def test_at_gives_planted_things_their_age(client):
    ec2 = client("ec2", region_name="us-west-2")
    with emulator.at(datetime(2026, 3, 1)):
        ec2.create_volume(AvailabilityZone="us-west-2a", Size=1)
    assert ec2.describe_volumes()["Volumes"][0]["CreateTime"] == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["volumes", "snapshots"])
def test_describe_ebs_comes_in_pages(client, kind):
    ec2 = client("ec2", region_name="eu-west-1")
    for _ in range(3):
        volume = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1)["VolumeId"]
        ec2.create_snapshot(VolumeId=volume)
    own = {"OwnerIds": ["self"]} if kind == "snapshots" else {}
    pages = ec2.get_paginator(f"describe_{kind}").paginate(PaginationConfig={"PageSize": 5}, **own)
    found = [page[kind.title()] for page in pages]
    everything = getattr(ec2, f"describe_{kind}")(**own)[kind.title()]
    assert all(len(page) <= 5 for page in found)
    assert [item for page in found for item in page] == everything


def test_describe_instance_types_knows_p3(client):
    types = client("ec2").describe_instance_types(InstanceTypes=["p3.8xlarge"])["InstanceTypes"]
    gpu = types[0]["GpuInfo"]["Gpus"][0]
    assert (types[0]["VCpuInfo"]["DefaultVCpus"], gpu["Name"], gpu["Count"]) == (32, "V100", 4)


def test_lookup_events_pages_newest_first(account, client):
    account.put_events(
        PAYER,
        REGION,
        [
            {
                "EventId": str(n),
                "EventName": "StopInstances",
                "EventTime": datetime(2026, 10, n, tzinfo=UTC),
            }
            for n in (1, 3, 2)
        ],
    )
    pages = (
        client("cloudtrail")
        .get_paginator("lookup_events")
        .paginate(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "StopInstances"}],
            StartTime=datetime(2026, 10, 2, tzinfo=UTC),
            PaginationConfig={"PageSize": 1},
        )
    )
    assert [e["EventId"] for page in pages for e in page["Events"]] == ["3", "2"]


def test_list_apps_lists_and_delete_app_marks(account, client):
    key = {
        "DomainId": "d-1",
        "UserProfileName": "ana",
        "AppType": "KernelGateway",
        "AppName": "gpu",
    }
    account.put_apps(
        PAYER,
        REGION,
        [{**key, "Status": "InService", "ResourceSpec": {"InstanceType": "ml.g5.xlarge"}}],
    )
    sagemaker = client("sagemaker")
    sagemaker.delete_app(**key)
    assert [(a["AppName"], a["Status"]) for a in sagemaker.list_apps()["Apps"]] == [
        ("gpu", "Deleted")
    ]


def test_create_endpoint_config_takes_g5(client):
    sagemaker = client("sagemaker")
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=f"arn:aws:iam::{PAYER}:role/run")
    sagemaker.create_endpoint_config(
        EndpointConfigName="g5",
        ProductionVariants=[
            {
                "VariantName": "a",
                "ModelName": "m",
                "InstanceType": "ml.g5.2xlarge",
                "InitialInstanceCount": 1,
            }
        ],
    )
    found = sagemaker.describe_endpoint_config(EndpointConfigName="g5")["ProductionVariants"]
    assert found[0]["InstanceType"] == "ml.g5.2xlarge"


def test_update_budget_replaces_the_limit(client):
    budgets = client("budgets")
    budget = {
        "BudgetName": "all", "BudgetType": "COST", "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": "100", "Unit": "USD"},
    }  # fmt: skip
    budgets.create_budget(AccountId=PAYER, Budget=budget)
    budgets.update_budget(
        AccountId=PAYER, NewBudget={**budget, "BudgetLimit": {"Amount": "200", "Unit": "USD"}}
    )
    found = budgets.describe_budget(AccountId=PAYER, BudgetName="all")["Budget"]
    assert found["BudgetLimit"]["Amount"] == "200"


def test_describe_savings_plans_gives_the_planted_ones(account, client):
    account.put_savings_plans(
        PAYER,
        [
            {"savingsPlanId": "sp-1", "state": "active"},
            {"savingsPlanId": "sp-2", "state": "retired"},
        ],
    )
    found = client("savingsplans").describe_savings_plans(states=["active"])["savingsPlans"]
    assert [plan["savingsPlanId"] for plan in found] == ["sp-1"]


def test_advisors_answer_as_to_an_account_that_did_not_opt_in(client):
    optimizer = client("compute-optimizer")
    assert optimizer.get_enrollment_status()["status"] == "Inactive"
    with pytest.raises(ClientError, match="OptInRequiredException"):
        optimizer.get_ec2_instance_recommendations()
    with pytest.raises(ClientError, match="AccessDeniedException"):
        client("cost-optimization-hub").list_recommendations()


def test_get_products_gives_the_price_books_price(client):
    filters = [
        {"Type": "TERM_MATCH", "Field": "instanceType", "Value": "m5.xlarge"},
        {"Type": "TERM_MATCH", "Field": "regionCode", "Value": "us-east-1"},
    ]
    listed = client("pricing").get_products(ServiceCode="AmazonEC2", Filters=filters)["PriceList"]
    [term] = [t for text in listed for t in json.loads(text)["terms"]["OnDemand"].values()]
    [rate] = term["priceDimensions"].values()
    assert float(rate["pricePerUnit"]["USD"]) == 0.192


def test_invoke_runs_the_deployed_handler(client):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("app.py", "def handler(event, context):\n    return event['a'] * 2\n")
    client("iam").create_role(RoleName="run", AssumeRolePolicyDocument="{}")
    functions = client("lambda")
    functions.create_function(
        FunctionName="double", Runtime="python3.11", Handler="app.handler",
        Role=f"arn:aws:iam::{PAYER}:role/run", Code={"ZipFile": archive.getvalue()},
    )  # fmt: skip
    answer = functions.invoke(FunctionName="double", Payload=json.dumps({"a": 21}))
    failed = functions.invoke(FunctionName="double", Payload=b"{}")
    assert json.load(answer["Payload"]) == 42
    assert failed["FunctionError"] == "Unhandled"


def test_enforce_iam_lets_through_what_the_policy_allows(account, client):
    iam = client("iam")
    iam.create_user(UserName="reader")
    statement = {"Effect": "Allow", "Action": "ec2:DescribeVolumes", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=policy)
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    own = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    account.enforce_iam = True
    try:
        client("ec2", **own).describe_volumes()
        with pytest.raises(ClientError, match="ec2:DescribeSnapshots"):
            client("ec2", **own).describe_snapshots()
    finally:
        account.enforce_iam = False
