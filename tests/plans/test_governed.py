"""Everything deploys, deploys again without a change, and goes without residue."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import boto3
import pytest

from finops_lib.demo.emulator import start
from finops_lib.params.governance import Alerts, Budget, Governance, Guardrails, Schedule
from finops_lib.params.tags import default_tag_keys
from finops_lib.plans.governed import deploy, remove, status
from finops_lib.plans.policies import DEPLOYING, deploying

ACCOUNT, TAGS = "123456789012", default_tag_keys()


@pytest.fixture
def emulator():
    with start() as running:
        yield running


@pytest.fixture
def clients(emulator):
    @cache
    def client(account: str, region: str, service: str) -> Any:
        return boto3.client(
            service, region_name=region, endpoint_url=emulator.endpoint_url,
            aws_access_key_id="demo", aws_secret_access_key="demo",
        )  # fmt: skip

    return client


@pytest.fixture
def governance(clients) -> Governance:
    """All parts, in an account with an organization and a bucket for the zip."""
    clients(ACCOUNT, "us-east-1", "s3").create_bucket(Bucket="artifacts")
    organization = clients(ACCOUNT, "us-east-1", "organizations")
    organization.create_organization(FeatureSet="ALL")
    root = organization.list_roots()["Roots"][0]["Id"]
    organization.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    return Governance(
        budgets=(Budget(name="total", limit=50_000, emails=("a@example.com",), daily_alarm=1.5),),
        schedules=(Schedule(name="office", timezone="Europe/Berlin"),), artifacts="artifacts",
        alerts=Alerts(emails=("a@example.com",), monitor_values=("nlp",)),
        guardrails=Guardrails(attach_to=(root,), regions=("us-east-1",), config_rules=True),
    )  # fmt: skip


def residue(clients) -> dict[str, Any]:
    """Everything of the services we write to, as it stands in the account."""

    def of(service: str) -> Any:
        return clients(ACCOUNT, "us-east-1", service)

    return {
        "budgets": of("budgets").describe_budgets(AccountId=ACCOUNT)["Budgets"],
        "monitors": of("ce").get_anomaly_monitors()["AnomalyMonitors"],
        "subscriptions": of("ce").get_anomaly_subscriptions()["AnomalySubscriptions"],
        "functions": of("lambda").list_functions()["Functions"],
        "schedules": of("scheduler").list_schedules()["Schedules"],
        "roles": of("iam").list_roles()["Roles"],
        "logs": of("logs").describe_log_groups()["logGroups"],
        "zips": of("s3").list_objects_v2(Bucket="artifacts").get("Contents", []),
        "policies": [
            p["Name"] for p in of("organizations").list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
        ],
        "rules": of("config").describe_config_rules()["ConfigRules"],
    }  # fmt: skip


def test_deploy_dry_run_changes_nothing(clients, governance):
    before = residue(clients)
    wanted = deploy(clients, ACCOUNT, governance, TAGS)
    assert set(wanted["part"]) == {
        "budgets", "anomaly alerts", "off-hours", "guardrails", "config rules",
    }  # fmt: skip
    assert residue(clients) == before


def test_deploy_second_time_changes_nothing_and_every_control_is_deployed(clients, governance):
    assert set(status(clients, ACCOUNT, governance, TAGS)["status"]) == {"missing"}
    deploy(clients, ACCOUNT, governance, TAGS, dry_run=False)
    assert deploy(clients, ACCOUNT, governance, TAGS, dry_run=False).empty
    held = status(clients, ACCOUNT, governance, TAGS)
    assert set(held["status"]) == {"deployed"}
    assert {"finops-total-daily", "finops-off-hours", "finops-regions"} <= set(held["control"])


def test_remove_leaves_no_residue(clients, governance):
    before = residue(clients)
    deploy(clients, ACCOUNT, governance, TAGS, dry_run=False)
    assert all(len(held) > len(before[name]) for name, held in residue(clients).items())
    remove(clients, ACCOUNT, dry_run=False)
    assert residue(clients) == before


def test_deploy_changed_schedule_updates_the_function_that_runs(clients, governance):
    deploy(clients, ACCOUNT, governance, TAGS, dry_run=False)
    longer = governance.model_copy(
        update={"schedules": (Schedule(name="office", stop_hour=20),), "guardrails": Guardrails()}
    )
    assert "differs" in set(status(clients, ACCOUNT, longer, TAGS)["status"])
    deploy(clients, ACCOUNT, longer, TAGS, dry_run=False)
    [function] = clients(ACCOUNT, "us-east-1", "lambda").list_functions()["Functions"]
    assert (
        json.loads(function["Environment"]["Variables"]["SCHEDULES"])["office"]["stop_hour"] == 20
    )
    assert deploy(clients, ACCOUNT, longer, TAGS).empty


def test_status_of_a_policy_that_somebody_changed_differs(clients, governance):
    deploy(clients, ACCOUNT, governance, TAGS, dry_run=False)
    organization = clients(ACCOUNT, "us-east-1", "organizations")
    [policy] = [
        p for p in organization.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
        if p["Name"] == "finops-regions"
    ]  # fmt: skip
    organization.update_policy(PolicyId=policy["Id"], Content='{"Statement": []}')
    held = status(clients, ACCOUNT, governance, TAGS).set_index("control")["status"]
    assert held["finops-regions"] == "differs"
    assert held["finops-gpu-approval"] == "deployed"


def permission(service: str, operation: str) -> str:
    """IAM's name of an operation; AWS Budgets has two for all its operations."""
    if service == "budgets":
        return "budgets:ViewBudget" if operation.startswith("Describe") else "budgets:ModifyBudget"
    return f"{service}:{operation}"


def test_policies_of_deploying_are_exactly_what_is_called(clients, governance):
    called = set()

    def recording(account: str, region: str, service: str) -> Any:
        client = clients(account, region, service)
        if client not in recorded:
            recorded.add(client)
            client.meta.events.register(
                "before-call.*.*", lambda model, **_: called.add(permission(service, model.name))
            )
        return client

    recorded: set[Any] = set()
    changed = governance.model_copy(
        update={
            "schedules": (Schedule(name="office", stop_hour=20),),
            "alerts": governance.alerts.model_copy(update={"min_impact": 1.0}),
            "budgets": (governance.budgets[0].model_copy(update={"limit": 1.0}),),
            "guardrails": governance.guardrails.model_copy(update={"regions": ("eu-west-1",)}),
        }
    )
    for wanted in (governance, governance, changed):
        deploy(recording, ACCOUNT, wanted, TAGS, dry_run=False)
    remove(recording, ACCOUNT, dry_run=False)
    declared = {name for names in DEPLOYING.values() for name in names}
    assert called == declared


def test_deploy_and_remove_run_under_the_generated_policy_and_under_no_smaller_one(
    clients, governance, emulator
):
    iam = clients(ACCOUNT, "us-east-1", "iam")
    iam.create_user(UserName="deployer")
    key = iam.create_access_key(UserName="deployer")["AccessKey"]

    @cache
    def limited(account: str, region: str, service: str) -> Any:
        return boto3.client(
            service, region_name=region, endpoint_url=emulator.endpoint_url,
            aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"],
        )  # fmt: skip

    def allow(policy: dict[str, Any]) -> None:
        iam.put_user_policy(
            UserName="deployer", PolicyName="finops", PolicyDocument=json.dumps(policy)
        )

    emulator.enforce_iam = True
    allow(deploying(["budgets"]))
    held = status(limited, ACCOUNT, governance, TAGS)
    assert set(held.loc[held["part"].ne("budgets"), "status"]) == {"unknown"}
    allow(deploying())
    deploy(limited, ACCOUNT, governance, TAGS, dry_run=False)
    assert set(status(limited, ACCOUNT, governance, TAGS)["status"]) == {"deployed"}
    remove(limited, ACCOUNT, dry_run=False)
    assert set(status(limited, ACCOUNT, governance, TAGS)["status"]) == {"missing"}


def test_deployed_schedule_names_the_function_that_stops_a_tagged_machine(clients, governance):
    deploy(clients, ACCOUNT, governance, TAGS, dry_run=False)
    ec2, functions = (clients(ACCOUNT, "us-east-1", name) for name in ("ec2", "lambda"))
    office = [{"Key": "finops:schedule", "Value": "office"}]
    machine = ec2.run_instances(
        ImageId="ami-12345678", MinCount=1, MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": office}],
    )["Instances"][0]["InstanceId"]  # fmt: skip
    scheduler = clients(ACCOUNT, "us-east-1", "scheduler")
    [hourly] = scheduler.list_schedules()["Schedules"]
    target = scheduler.get_schedule(Name=hourly["Name"])["Target"]
    closing = target["Input"].replace("<aws.scheduler.scheduled-time>", "2027-01-12T17:00:00Z")
    answer = functions.invoke(FunctionName=target["Arn"], Payload=closing)["Payload"].read()
    assert json.loads(answer) == {"started": [], "stopped": [machine], "failed": []}
