"""What a naive rule would call waste, and limits met from both sides."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from finops_lib.checks import run_checks
from finops_lib.params import Exclusion
from finops_lib.schema import ESTATE_TABLES, GAPS, rows

AS_OF = datetime(2024, 11, 1)

LIMITS = [
    ("idle_ec2_instances", "i-idle", "CPUUtilization", 4.9, 5.1),
    ("idle_gpu_instances", "i-gpu", "nvidia_smi_utilization_gpu", 4.9, 5.1),
    ("idle_rds_instances", "db-idle", "CPUUtilization", 4.9, 5.1),
    ("idle_notebook_instances", "notebook-idle", "CPUUtilization", 4.9, 5.1),
    ("idle_rds_instances", "db-idle", "DatabaseConnections", 0, 1),
    ("idle_ebs_volumes", "vol-idle", "VolumeWriteOps", 0, 1),
    ("idle_load_balancers", "lb-idle", "RequestCount", 0, 1),
    ("idle_nat_gateways", "nat-idle", "BytesOutToDestination", 0, 1),
    ("unused_interface_endpoints", "vpce-idle", "BytesProcessed", 0, 1),
    ("idle_sagemaker_endpoints", "endpoint-idle", "Invocations", 0, 1),
]

AGES = [
    ("unattached_ebs_volumes", "volumes", "vol-free", "create_time", 7),
    ("old_ebs_snapshots", "snapshots", "snap-old", "start_time", 90),
    ("orphaned_ebs_snapshots", "snapshots", "snap-old", "start_time", 30),
    ("old_machine_images", "images", "ami-old", "create_time", 180),
    ("long_stopped_ec2_instances", "instances", "i-off", "stopped_at", 30),
    ("empty_s3_buckets", "buckets", "bucket-empty", "create_time", 14),
    ("unused_interface_endpoints", "vpc_endpoints", "vpce-idle", "create_time", 14),
    ("idle_studio_apps", "studio_apps", "app-idle", "last_user_activity_at", 2),
]

LOOKALIKES = [
    ("old_ebs_snapshots", "snapshots", "snap-old", {"image_id": "ami-1"}, "ok"),
    ("orphaned_ebs_snapshots", "snapshots", "snap-old", {"image_id": "ami-1"}, "ok"),
    ("orphaned_ebs_snapshots", "snapshots", "snap-old", {"volume_id": "vol-ffffffff"}, "unknown"),
    ("orphaned_ebs_snapshots", "snapshots", "snap-old", {"volume_id": "vol-idle"}, "ok"),
    ("idle_sagemaker_endpoints", "endpoints", "endpoint-idle", {"is_async": True}, "ok"),
    ("idle_sagemaker_endpoints", "endpoints", "endpoint-idle", {"is_serverless": True}, "ok"),
    ("idle_sagemaker_endpoints", "endpoints", "endpoint-idle", {"has_components": True}, "unknown"),
    ("idle_studio_apps", "studio_apps", "app-idle", {"last_user_activity_at": AS_OF}, "unknown"),
    ("long_stopped_ec2_instances", "instances", "i-off", {"asg_name": "warm"}, "ok"),
    ("long_stopped_ec2_instances", "instances", "i-off", {"stopped_at": None}, "unknown"),
    ("idle_ec2_instances", "instances", "i-idle", {"tags": {"protected": "true"}}, "ok"),
]


@pytest.mark.parametrize(("check", "resource", "metric", "under", "over"), LIMITS)
def test_check_metric_at_its_limit_decides(
    account, measure, status, check, resource, metric, under, over
):
    assert status(measure(account, resource, metric, under), check, resource) == "waste"
    assert status(measure(account, resource, metric, over), check, resource) == "ok"


@pytest.mark.parametrize(("check", "table", "resource", "column", "days"), AGES)
def test_check_age_at_its_limit_decides(
    account, vary, status, check, table, resource, column, days
):
    def aged(age: float):
        return vary(account, table, resource, **{column: AS_OF - timedelta(days=age)})

    assert status(aged(days + 0.1), check, resource) == "waste"
    assert status(aged(days - 0.1), check, resource) == "ok"


@pytest.mark.parametrize(("check", "table", "resource", "values", "expected"), LOOKALIKES)
def test_check_lookalike_is_not_waste(
    account, vary, status, check, table, resource, values, expected
):
    assert status(vary(account, table, resource, **values), check, resource) == expected


def test_idle_ec2_instances_half_a_window_is_unknown(account, measure, status):
    half = measure(account, "i-idle", "CPUUtilization", 1.0, hours=168)
    assert status(half, "idle_ec2_instances", "i-idle") == "unknown"


def test_idle_ec2_instances_restart_renews_no_window_that_was_measured(
    account, vary, measure, status
):
    restarted = vary(account, "instances", "i-idle", launch_time=AS_OF - timedelta(days=3))
    assert status(restarted, "idle_ec2_instances", "i-idle") == "waste"
    new = measure(restarted, "i-idle", "CPUUtilization", 1.0, hours=72)
    assert status(new, "idle_ec2_instances", "i-idle") == "ok"


@pytest.mark.parametrize(
    ("check", "resource"),
    [("unattached_ebs_volumes", "vol-free"), ("empty_s3_buckets", "bucket-empty")],
)
def test_check_denied_cloudwatch_proves_no_silence(account, status, check, resource):
    gap = {
        "service": "cloudwatch", "account_id": "111122223333", "region": "us-east-1",
        "table": "metrics", "error": "AccessDenied", "reason": "Not allowed.",
    }  # fmt: skip
    assert status({**account, "gaps": rows(GAPS, [gap])}, check, resource) == "unknown"


@pytest.mark.parametrize(("expires", "expected"), [(2, "ok"), (1, "waste")])
def test_exclusion_holds_until_it_expires(account, status, expires, expected):
    left = Exclusion(
        owner="ml", reason="standby", resource_ids=("i-idle",), expires=date(2024, 11, expires)
    )
    assert status(account, "idle_ec2_instances", "i-idle", exclusions=[left]) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"resource_ids": ("vol-free",)}, "ok"),
        ({"resource_ids": ("vol-other",)}, "waste"),
        ({"id_pattern": "^vol-fr"}, "ok"),
        ({"id_pattern": "^vol-x"}, "waste"),
        ({"tags": {"keep_for": "audit"}}, "ok"),
        ({"tags": {"keep_for": "*"}}, "ok"),
        ({"tags": {"keep_for": "sale"}}, "waste"),
        ({"checks": ("unattached_ebs_volumes",)}, "ok"),
        ({"checks": ("idle_ebs_volumes",)}, "waste"),
        ({"max_age_days": 10_000}, "ok"),
        ({"max_age_days": 10}, "waste"),
        ({"below_monthly_cost": 11.0}, "ok"),
        ({"below_monthly_cost": 9.0}, "waste"),
        ({"tags": {"keep_for": "audit"}, "below_monthly_cost": 9.0}, "waste"),
    ],
)
def test_exclusion_holds_for_what_it_names_alone(account, vary, status, given, expected):
    tagged = vary(account, "volumes", "vol-free", tags={"keep_for": "audit"})
    left = Exclusion(owner="ml", reason="wanted", **given)
    assert status(tagged, "unattached_ebs_volumes", "vol-free", exclusions=[left]) == expected


def test_excluded_finding_says_who_left_it_alone_and_until_when(account):
    left = Exclusion(
        owner="priya", reason="audit", resource_ids=("vol-free",), expires=date(2025, 1, 1)
    )
    findings, _ = run_checks(account, as_of=AS_OF, exclusions=[left])
    row = findings.query("check_id == 'unattached_ebs_volumes' and resource_id == 'vol-free'").iloc[
        0
    ]
    assert row["reason"].startswith("Left alone until 2025-01-01 by priya: audit. ")
    assert row[["monthly_saving", "action"]].isna().all()


def test_old_ebs_snapshots_unknown_blocks_give_a_band(account):
    findings, _ = run_checks(account, as_of=AS_OF)
    found = findings.query("check_id == 'old_ebs_snapshots' and resource_id == 'snap-old'").iloc[0]
    band = found[["monthly_saving_low", "monthly_saving", "monthly_saving_high"]].tolist()
    assert band == pytest.approx([0.25, 1.75, 5.0])


def test_large_machine_above_the_idle_limit_of_its_size_is_oversized(
    account, vary, measure, hourly, status
):
    large = {"instance_type": "m5.24xlarge", "vcpu": 96, "memory_gib": 384, "gpu_count": 0,
             "architecture": "x86_64"}  # fmt: skip
    types = rows(ESTATE_TABLES["instance_types"], [large])
    price = account["prices"].query("item == 'm5.large'").assign(item="m5.24xlarge", price=4.608)
    memory = hourly("i-idle", "CWAgent", "mem_used_percent", "Maximum", None, 2.0)
    more = {
        "instance_types": types,
        "prices": price,
        "metrics": rows(ESTATE_TABLES["metrics"], memory),
    }
    tables = vary(account, "instances", "i-idle", instance_type="m5.24xlarge")
    tables = measure(tables, "i-idle", "CPUUtilization", 3.2)
    tables |= {n: pd.concat([tables[n], more[n]], ignore_index=True) for n in more}
    assert status(tables, "idle_ec2_instances", "i-idle") == "ok"
    assert status(tables, "oversized_ec2_instances", "i-idle") == "waste"
