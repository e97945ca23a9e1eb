"""What is exported is what AWS's own API takes, and leaves protected resources alone."""

from __future__ import annotations

import json
import shlex
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from finops_lib.plans.export import (
    COMMANDS,
    POLICIES,
    chosen,
    cli_script,
    custodian,
    not_in_custodian,
)

PARAMETERS = {
    "resize_instance": {"instance_type": "m5.large"}, "schedule_instance": {"schedule": "office-hours"},
    "schedule_group": {"schedule": "office-hours"},
    "modify_volume": {"type": "gp3", "iops": 3000, "throughput": 125},
    "resize_database": {"instance_class": "db.m5.large"},
    "put_lifecycle": {"lifecycle": {"Rules": [
        {"ID": "tier", "Status": "Enabled", "Filter": {"Prefix": ""},
         "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}]}]}},
    "put_log_retention": {"retention_days": 90},
    "shrink_auto_scaling_group": {"min_size": 0, "desired_capacity": 0},
    "resize_cache_nodes": {"node_type": "cache.m5.large"}, "resize_function": {"memory_mib": 320},
    "lower_table_capacity": {"read": 20.0, "write": 20.0, "by-day read": 5.0, "by-day write": 2.0},
    "lower_provisioned_concurrency": {"qualifier": "live", "provisioned_concurrency": 3},
}  # fmt: skip
NOT_OPTIONS = {"region"}


def step(number: int, action: str, resource_id: str = "r-1", **changes: Any) -> dict[str, Any]:
    return {
        "step": number, "action": action, "account_id": "111122223333", "region": "eu-central-1",
        "resource_id": resource_id, "parameters": PARAMETERS.get(action), "monthly_saving": 10.0,
        "before_state": {"instance_type": "m5.xlarge"}, "status": "proposed", **changes,
    }  # fmt: skip


def commands(script: str) -> list[list[str]]:
    return [shlex.split(line) for line in script.splitlines() if line.startswith("aws ")]


@pytest.mark.parametrize("action", COMMANDS)
def test_cli_script_uses_operations_and_options_that_the_service_has(action):
    session = botocore.session.get_session()
    for _, service, operation, *options in commands(cli_script([step(1, action)])):
        model = session.get_service_model({"s3api": "s3"}.get(service, service))
        if operation == "wait":
            waiters = session.get_waiter_model(model.service_name)
            names = {xform_name(name, "-"): name for name in waiters.waiter_names}
            operation = xform_name(waiters.get_waiter(names[options[0]]).operation, "-")
        known = {xform_name(name, "-"): name for name in model.operation_names}
        shape = model.operation_model(known[operation]).input_shape
        members = {xform_name(name, "-") for name in shape.members}
        given = {text[2:] for text in options if text.startswith("--")}
        # The command line negates a switch by "no-", of what the API may call no_reboot itself.
        plain = given - members - NOT_OPTIONS
        assert {text.removeprefix("no-") for text in plain} <= members, operation


def test_cli_script_takes_the_image_before_it_terminates_and_stops_at_errors():
    script = cli_script([step(1, "terminate_instance", "i-1")])
    assert "set -euo pipefail" in script
    assert [line[2:4] for line in commands(script)] == [
        ["create-image", "--instance-id"], ["wait", "image-available"],
        ["terminate-instances", "--instance-ids"],
    ]  # fmt: skip


def test_cli_script_quotes_what_a_shell_would_read():
    script = cli_script([step(1, "delete_bucket", "a; rm -rf ~")])
    assert commands(script)[0][4] == "a; rm -rf ~"


def test_cli_script_leaves_to_a_person_what_has_no_command():
    assert "a person does it" in cli_script([step(1, "buy_commitment")])


def test_cli_script_lowers_a_table_and_its_index_in_one_change():
    arn = "arn:aws:dynamodb:eu-central-1:111122223333:table/jobs"
    assert commands(cli_script([step(1, "lower_table_capacity", arn)]))[0][1:-2] == [
        "dynamodb", "update-table", "--table-name", "jobs",
        "--provisioned-throughput", "ReadCapacityUnits=20,WriteCapacityUnits=20",
        "--global-secondary-index-updates",
        "Update={IndexName=by-day,ProvisionedThroughput={ReadCapacityUnits=5,WriteCapacityUnits=2}}",
    ]  # fmt: skip


def test_cli_script_names_log_groups_and_auto_scaling_groups_as_their_services_do():
    logs = "arn:aws:logs:eu-central-1:111122223333:log-group:/app/api"
    group = "arn:aws:autoscaling:eu-central-1:111122223333:autoScalingGroup:1f8d:autoScalingGroupName/web"
    made = commands(
        cli_script(
            [step(1, "put_log_retention", logs), step(2, "shrink_auto_scaling_group", group)]
        )
    )
    assert [command[1:5] for command in made] == [
        ["logs", "put-retention-policy", "--log-group-name", "/app/api"],
        ["autoscaling", "update-auto-scaling-group", "--auto-scaling-group-name", "web"],
    ]


def test_cli_script_stops_a_service_in_its_cluster():
    arn = "arn:aws:ecs:eu-central-1:111122223333:service/web/api"
    assert commands(cli_script([step(1, "stop_ecs_service", arn)]))[0][3:-2] == [
        "--cluster", "web", "--service", "api", "--desired-count", "0",
    ]  # fmt: skip


def test_cli_script_removes_concurrency_that_nobody_needs():
    none = {"qualifier": "live", "provisioned_concurrency": 0}
    script = cli_script([step(1, "lower_provisioned_concurrency", parameters=none)])
    assert commands(script)[0][2] == "delete-provisioned-concurrency-config"


def test_cli_script_takes_no_snapshot_of_memcached():
    script = cli_script([step(1, "delete_cache_cluster", parameters={"engine": "memcached"})])
    assert "snapshot" not in script


def test_cli_script_leaves_the_nodes_of_a_replication_group_to_a_person():
    grouped = {"replication_group": "sessions", "node_type": "cache.m5.large"}
    for action in ("delete_cache_cluster", "resize_cache_nodes"):
        assert commands(cli_script([step(1, action, parameters=grouped)])) == []


def test_chosen_takes_the_approved_of_a_signed_plan_and_all_but_the_dismissed_of_another():
    rows = [
        step(n, "stop_instance", status=s)
        for n, s in enumerate(("approved", "proposed", "dismissed"))
    ]
    assert [s["step"] for s in chosen({"steps": rows, "digest": "x"})] == [0]
    assert [s["step"] for s in chosen({"steps": rows})] == [0, 1]


def test_custodian_groups_equal_steps_and_filters_protected_resources():
    rows = [step(1, "delete_volume", "vol-1"), step(2, "delete_volume", "vol-2"),
            step(3, "delete_volume", "vol-3", region="us-east-1"), step(4, "release_it")]  # fmt: skip
    made = custodian(rows, {"do-not-delete": (), "tier": ("gold*",)})["policies"]
    assert [p["filters"][0]["value"] for p in made] == [["vol-1", "vol-2"], ["vol-3"]]
    assert made[0]["actions"] == ["snapshot", "delete"]
    assert made[0]["filters"][1:] == [
        {"type": "value", "key": "tag:do-not-delete", "value": "absent"},
        {"not": [{"type": "value", "key": "tag:tier", "op": "glob", "value": "gold*"}]},
    ]
    assert made[0]["conditions"][0]["value"] == "111122223333"
    assert not_in_custodian(rows) == [4]


def test_custodian_resizes_of_different_types_are_different_policies():
    other = {"before_state": {"instance_type": "c5.xlarge"}}
    rows = [step(1, "resize_instance", "i-1"), step(2, "resize_instance", "i-2", **other)]
    made = custodian(rows, {})["policies"]
    assert [p["actions"][0]["type-map"] for p in made] == [
        {"m5.xlarge": "m5.large"}, {"c5.xlarge": "m5.large"},
    ]  # fmt: skip


def test_custodian_modifies_only_volumes_that_it_calls_modifyable():
    [made] = custodian([step(1, "modify_volume")], {})["policies"]
    assert made["filters"][-1] == "modifyable"


def test_custodian_puts_the_plan_s_own_lifecycle_and_database_class():
    rows = [step(1, "put_lifecycle"), step(2, "resize_database"), step(3, "delete_vpc_endpoint")]
    made = custodian(rows, {})["policies"]
    assert [(p["resource"], p["actions"]) for p in made] == [
        ("aws.s3", [{"type": "configure-lifecycle",
                     "rules": PARAMETERS["put_lifecycle"]["lifecycle"]["Rules"]}]),
        ("aws.rds", [{"type": "modify-db", "immediate": True,
                      "update": [{"property": "DBInstanceClass", "value": "db.m5.large"}]}]),
        ("aws.vpc-endpoint", ["delete"]),
    ]  # fmt: skip


def test_exports_stop_the_cluster_of_a_member_once_and_a_cluster_by_its_own_arn():
    arn, seen = "arn:aws:rds:eu-central-1:111122223333:", {"before_state": {"cluster": "aurora"}}
    rows = [step(n, "stop_database_cluster", f"{arn}db:member-{n}", **seen) for n in (1, 2)]
    rows += [step(3, "stop_database_cluster", f"{arn}cluster:other", before_state=None)]
    made = custodian(rows, {})["policies"]
    assert [(p["resource"], p["filters"][0]["value"], p["actions"]) for p in made] == [
        ("aws.rds-cluster", ["aurora", "other"], ["stop"])
    ]
    named = [command[4] for command in commands(cli_script(rows))]
    assert named == ["aurora", "other"]


def test_custodian_names_are_unique_and_the_file_is_plain():
    made = custodian([step(n, action) for n, action in enumerate(POLICIES)], {})["policies"]
    assert len({p["name"] for p in made}) == len(POLICIES)
    assert json.loads(json.dumps(made)) == made
