"""One account in tables: of each kind a resource that is wasted, and builders to vary them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import managed_rows
import object_rows
import pandas as pd
import pytest

from finops_lib.checks import run_checks
from finops_lib.schema import ESTATE_TABLES, rows

AS_OF = datetime(2024, 11, 1)
HOURS = 14 * 24
PLACE = {"account_id": "111122223333", "region": "us-east-1"}
OLD = datetime(2023, 1, 1)

WASTED: dict[str, dict[str, Any]] = {
    "instances": {
        "resource_id": "i-idle", "instance_type": "m5.xlarge", "state": "running", "launch_time": OLD,
        "image_id": "ami-used",
    },
    "volumes": {
        "resource_id": "vol-free", "volume_type": "gp2", "size_gib": 100.0, "state": "available",
        "create_time": OLD,
    },
    "snapshots": {
        "resource_id": "snap-old", "volume_id": "vol-gone", "size_gib": 100.0, "start_time": OLD,
        "backup_managed": False,
    },
    "images": {
        "resource_id": "ami-old", "create_time": OLD, "snapshot_ids": "snap-image", "is_public": False,
    },
    "addresses": {"resource_id": "eipalloc-free", "public_ip": "198.51.100.1"},
    "load_balancers": {
        "resource_id": "lb-idle", "name": "idle", "kind": "application", "create_time": OLD,
        "target_count": 0,
    },
    "nat_gateways": {"resource_id": "nat-idle", "create_time": OLD, "state": "available"},
    "databases": {
        "resource_id": "db-idle", "engine": "postgres", "instance_class": "db.m5.large",
        "status": "available", "create_time": OLD,
    },
    "buckets": {
        "resource_id": "bucket-empty", "name": "bucket-empty", "create_time": OLD,
        "unfinished_upload_count": 0,
    },
    "endpoints": {
        "resource_id": "endpoint-idle", "endpoint_name": "idle", "variant_name": "AllTraffic",
        "instance_type": "ml.m5.xlarge", "instance_count": 1, "is_serverless": False, "is_async": False,
        "status": "InService", "last_modified_at": OLD,
    },
    "notebook_instances": {
        "resource_id": "notebook-idle", "name": "idle", "instance_type": "ml.t3.xlarge",
        "status": "InService", "last_modified_at": OLD,
    },
    "studio_apps": {
        "resource_id": "app-idle", "name": "default", "instance_type": "ml.g4dn.xlarge",
        "status": "InService", "create_time": OLD, "last_user_activity_at": AS_OF - timedelta(days=3),
        "last_health_check_at": AS_OF,
    },
}  # fmt: skip
"""By table: the resource that a check calls waste when its metrics are silent."""

BILLED: dict[str, Any] = {
    "service": "Amazon", "unit": "GB", "billed_cost": 0.0, "window_hours": 730.0,
    "first_charge_at": AS_OF - timedelta(hours=730), "last_charge_end": AS_OF,
}  # fmt: skip

MORE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("instances", {"resource_id": "i-gpu", "instance_type": "g4dn.xlarge", "state": "running",
                   "launch_time": OLD}),
    ("instances", {"resource_id": "i-bound", "instance_type": "g5.12xlarge", "state": "running",
                   "launch_time": OLD}),
    ("instances", {"resource_id": "i-off", "instance_type": "m5.xlarge", "state": "stopped",
                   "stopped_at": AS_OF - timedelta(days=60)}),
    ("instances", {"resource_id": "i-large", "instance_type": "m5.xlarge", "state": "running",
                   "launch_time": OLD}),
    ("instances", {"resource_id": "i-office", "instance_type": "m5.xlarge", "state": "running",
                   "launch_time": OLD, "lifecycle": "on-demand", "tags": {"env": "dev"}}),
    ("volumes", {"resource_id": "vol-gp2", "volume_type": "gp2", "size_gib": 200.0, "state": "in-use",
                 "attached_instance_id": "i-large", "create_time": OLD}),
    ("nat_gateways", {"resource_id": "nat-busy", "create_time": OLD, "state": "available",
                      "connectivity": "public", "vpc_id": "vpc-1"}),
    ("vpc_endpoints", {"resource_id": "vpce-idle", "endpoint_type": "Interface", "state": "available",
                       "create_time": OLD, "subnet_count": 2, "vpc_id": "vpc-2"}),
    ("databases", {"resource_id": "db-large", "engine": "postgres", "instance_class": "db.m5.xlarge",
                   "status": "available", "create_time": OLD}),
    ("endpoints", {"resource_id": "endpoint-large", "endpoint_name": "large",
                   "variant_name": "AllTraffic", "instance_type": "ml.m5.xlarge", "instance_count": 1,
                   "is_serverless": False, "is_async": False, "status": "InService",
                   "last_modified_at": OLD}),
    ("buckets", {"resource_id": "bucket-quiet", "name": "bucket-quiet", "create_time": OLD,
                 "size_gib": 10_000.0, "object_count": 1_000, "lifecycle": {}}),
    ("bucket_storage", {"resource_id": "bucket-quiet", "storage_class": "StandardStorage",
                        "size_gib": 10_000.0}),
    ("resource_costs", {"resource_id": "bucket-quiet", "usage_type": "Requests-Tier2",
                        "consumed_quantity": 1.0, **BILLED, "effective_cost": 0.0}),
    ("resource_costs", {"resource_id": "i-large", "usage_type": "DataTransfer-Regional-Bytes",
                        "consumed_quantity": 10_000.0, **BILLED, "effective_cost": 100.0}),
    ("volumes", {"resource_id": "vol-idle", "volume_type": "gp3", "size_gib": 50.0, "iops": 3000,
                 "state": "in-use", "attached_instance_id": "i-idle", "create_time": OLD}),
    ("volumes", {"resource_id": "vol-off", "volume_type": "gp3", "size_gib": 50.0, "iops": 3000,
                 "state": "in-use", "attached_instance_id": "i-off", "create_time": OLD}),
    ("snapshots", {"resource_id": "snap-image", "volume_id": "vol-gone", "size_gib": 8.0,
                   "start_time": OLD, "image_id": "ami-old", "backup_managed": False}),
    ("instances", {"resource_id": "i-previous", "instance_type": "m4.xlarge", "state": "running",
                   "launch_time": OLD}),
    ("instances", {"resource_id": "i-intel", "instance_type": "m5.xlarge", "state": "running",
                   "launch_time": OLD, "platform": "Linux/UNIX", "tags": {"Project": "search"}}),
    ("instances", {"resource_id": "i-arm", "instance_type": "m6g.xlarge", "state": "running",
                   "launch_time": OLD, "platform": "Linux/UNIX", "tags": {"project": "search"}}),
    ("instances", {"resource_id": "i-grouped", "instance_type": "m5.xlarge", "state": "running",
                   "launch_time": OLD, "asg_name": "asg-idle"}),
    ("auto_scaling_groups", {"resource_id": "asg-idle", "name": "asg-idle", "min_size": 1,
                             "max_size": 3, "desired_capacity": 1, "create_time": OLD}),
    ("log_groups", {"resource_id": "logs-kept", "name": "/app/api", "stored_gib": 1000.0,
                    "create_time": AS_OF - timedelta(days=900)}),
    ("databases", {"resource_id": "db-old", "engine": "mariadb", "engine_version": "10.6.14",
                   "instance_class": "db.m4.xlarge", "status": "available", "create_time": OLD}),
    ("databases", {"resource_id": "db-intel", "engine": "mariadb", "engine_version": "10.6.14",
                   "instance_class": "db.m5.xlarge", "status": "available", "create_time": OLD}),
    ("databases", {"resource_id": "db-past", "engine": "mysql", "engine_version": "5.7.44",
                   "instance_class": "db.m5.large", "status": "available", "create_time": OLD,
                   "multi_az": True}),
)  # fmt: skip

SILENT = (
    ("i-idle", "AWS/EC2", "CPUUtilization", "Maximum", None, 1.0),
    ("i-idle", "AWS/EC2", "NetworkIn", "Sum", None, 0.0),
    ("i-idle", "AWS/EC2", "NetworkOut", "Sum", None, 0.0),
    ("i-grouped", "AWS/EC2", "CPUUtilization", "Maximum", None, 1.0),
    ("i-grouped", "AWS/EC2", "NetworkIn", "Sum", None, 0.0),
    ("i-grouped", "AWS/EC2", "NetworkOut", "Sum", None, 0.0),
    ("logs-kept", "AWS/Logs", "IncomingBytes", "Sum", None, 5 * 2.0**30 / 24),
    ("i-gpu", "CWAgent", "nvidia_smi_utilization_gpu", "Maximum", "0", 1.0),
    ("i-gpu", "CWAgent", "nvidia_smi_utilization_gpu", "Maximum", "1", 1.0),
    ("i-bound", "AWS/EC2", "CPUUtilization", "Average", None, 95.0),
    ("i-bound", "CWAgent", "nvidia_smi_utilization_gpu", "Maximum", "0", 30.0),
    ("i-bound", "CWAgent", "nvidia_smi_memory_used", "Maximum", "0", 8192.0),
    ("i-bound", "CWAgent", "nvidia_smi_memory_total", "Maximum", "0", 23_028.0),
    ("vol-idle", "AWS/EBS", "VolumeReadOps", "Sum", None, 0.0),
    ("vol-idle", "AWS/EBS", "VolumeWriteOps", "Sum", None, 0.0),
    ("lb-idle", "AWS/ApplicationELB", "RequestCount", "Sum", None, 0.0),
    ("nat-idle", "AWS/NATGateway", "BytesOutToDestination", "Sum", None, 0.0),
    ("vpce-idle", "AWS/PrivateLinkEndpoints", "BytesProcessed", "Sum", None, 0.0),
    ("db-idle", "AWS/RDS", "DatabaseConnections", "Maximum", None, 0.0),
    ("db-idle", "AWS/RDS", "CPUUtilization", "Maximum", None, 1.0),
    ("endpoint-idle", "AWS/SageMaker", "Invocations", "Sum", "AllTraffic", 0.0),
    ("i-large", "AWS/EC2", "CPUUtilization", "Maximum", None, 20.0),
    ("i-large", "CWAgent", "mem_used_percent", "Maximum", None, 20.0),
    ("vol-gp2", "AWS/EBS", "VolumeReadOps", "Sum", None, 360_000.0),
    ("vol-gp2", "AWS/EBS", "VolumeWriteOps", "Sum", None, 0.0),
    ("vol-gp2", "AWS/EBS", "VolumeReadBytes", "Sum", None, 3_600.0 * 2**20),
    ("vol-gp2", "AWS/EBS", "VolumeWriteBytes", "Sum", None, 0.0),
    ("nat-busy", "AWS/NATGateway", "BytesOutToDestination", "Sum", None, 10.0 * 2**30),
    ("nat-busy", "AWS/NATGateway", "BytesInFromDestination", "Sum", None, 10.0 * 2**30),
    ("db-large", "AWS/RDS", "DatabaseConnections", "Maximum", None, 10.0),
    ("db-large", "AWS/RDS", "CPUUtilization", "Maximum", None, 10.0),
    ("db-large", "AWS/RDS", "FreeableMemory", "Minimum", None, 12.0 * 2**30),
    ("endpoint-large", "AWS/SageMaker", "Invocations", "Sum", "AllTraffic", 100.0),
    ("endpoint-large", "/aws/sagemaker/Endpoints", "CPUUtilization", "Maximum", "AllTraffic", 10.0),
    (
        "endpoint-large",
        "/aws/sagemaker/Endpoints",
        "MemoryUtilization",
        "Maximum",
        "AllTraffic",
        10.0,
    ),
    ("notebook-idle", "/aws/sagemaker/NotebookInstances", "CPUUtilization", "Maximum", None, 1.0),
)
"""Hourly metrics of the wasted resources: id, namespace, metric, statistic, part, value."""

ALL_SILENT = (*SILENT, *managed_rows.LINES, *object_rows.LINES)

TYPES = [
    {"instance_type": "m5.xlarge", "vcpu": 4, "memory_gib": 16, "gpu_count": 0,
     "architecture": "x86_64"},
    {"instance_type": "m5.large", "vcpu": 2, "memory_gib": 8, "gpu_count": 0,
     "architecture": "x86_64"},
    {"instance_type": "m4.xlarge", "vcpu": 4, "memory_gib": 16, "gpu_count": 0,
     "architecture": "x86_64", "is_current_generation": False},
    {"instance_type": "m6g.xlarge", "vcpu": 4, "memory_gib": 16, "gpu_count": 0,
     "architecture": "arm64"},
    {"instance_type": "g4dn.xlarge", "vcpu": 4, "memory_gib": 16, "gpu_count": 1},
    {"instance_type": "g5.12xlarge", "vcpu": 48, "memory_gib": 192, "gpu_count": 4, "gpu_name": "A10G",
     "gpu_memory_gib": 89.4, "architecture": "x86_64"},
    {"instance_type": "g5.16xlarge", "vcpu": 64, "memory_gib": 256, "gpu_count": 1, "gpu_name": "A10G",
     "gpu_memory_gib": 22.4, "architecture": "x86_64"},
    {"instance_type": "m5.12xlarge", "vcpu": 48, "memory_gib": 192, "gpu_count": 0,
     "architecture": "x86_64"},
]  # fmt: skip

LIST_PRICES = {
    ("AmazonEC2", "m5.xlarge"): 0.192, ("AmazonEC2", "g4dn.xlarge"): 0.526, ("AmazonEC2", "gp2"): 0.1,
    ("AmazonEC2", "gp3"): 0.08, ("AmazonEC2", "snapshot"): 0.05, ("AmazonVPC", "public-ipv4"): 0.005,
    ("AmazonVPC", "nat-gateway"): 0.045, ("AmazonVPC", "interface-endpoint"): 0.01, ("AWSELB", "application"): 0.0225,
    ("AmazonEC2", "g5.12xlarge"): 5.672, ("AmazonEC2", "g5.16xlarge"): 4.096, ("AmazonEC2", "m5.12xlarge"): 2.304,
    ("AmazonEC2", "m4.xlarge"): 0.2, ("AmazonEC2", "m6g.xlarge"): 0.154,
    ("AmazonCloudWatch", "log-storage"): 0.03, ("AmazonRDS", "extended-support-year-1"): 0.1,
    ("AmazonEC2", "m5.large"): 0.096, ("AmazonEC2", "gp3-iops"): 0.005,
    ("AmazonEC2", "gp3-throughput"): 0.04, ("AmazonVPC", "nat-gateway-data"): 0.045,
    ("AmazonS3", "s3-standard"): 0.023, ("AmazonS3", "s3-standard-ia"): 0.0125,
    ("AmazonS3", "s3-glacier-instant"): 0.004, ("AmazonRDS", "db.m5.large"): 0.178, ("AmazonRDS", "db.m5.xlarge"): 0.356,
    ("AmazonRDS", "db.m4.xlarge"): 0.35, ("AmazonRDS", "db.m6g.xlarge"): 0.318, ("AmazonSageMaker", "ml.m5.xlarge"): 0.23,
    ("AmazonSageMaker", "ml.t3.xlarge"): 0.2, ("AmazonSageMaker", "ml.g4dn.xlarge"): 0.736,
}  # fmt: skip


def _prices() -> list[dict[str, Any]]:
    return [
        {
            "service": service, "region": "us-east-1", "item": item, "unit": "Hrs", "term": "on_demand",
            "price": price, "currency": "USD", "valid_from": OLD, "source": "price_book",
        }
        for (service, item), price in (LIST_PRICES | managed_rows.PRICES | object_rows.PRICES).items()
    ]  # fmt: skip


@pytest.fixture
def hourly() -> Callable[..., list[dict[str, Any]]]:
    """Makes hourly data points of one metric up to the as-of moment."""
    return _hourly


def _hourly(
    resource: str, namespace: str, metric: str, stat: str, part: str | None, value: float,
    hours: int = HOURS,
) -> list[dict[str, Any]]:  # fmt: skip
    return [
        {
            **PLACE, "resource_id": resource, "namespace": namespace, "metric": metric, "stat": stat,
            "dimension": part, "time": AS_OF - timedelta(hours=hour + 1), "period_s": 3600,
            "value": value,
        }
        for hour in range(hours)
    ]  # fmt: skip


def _office_hours(resource: str) -> list[dict[str, Any]]:
    """CPU of a machine that works from Monday to Friday, 09:00 to 17:00."""
    points = _hourly(resource, "AWS/EC2", "CPUUtilization", "Maximum", None, 1.0)
    return [
        {**point, "value": 70.0}
        if point["time"].weekday() < 5 and 9 <= point["time"].hour < 17
        else point
        for point in points
    ]


@pytest.fixture(scope="session")
def account() -> dict[str, pd.DataFrame]:
    """Every table of an account in which each check finds one waste."""
    records = {table: [{**PLACE, **row}] for table, row in WASTED.items()}
    for table, row in (*MORE, *managed_rows.ROWS, *object_rows.ROWS, *object_rows.SENT):
        records.setdefault(table, []).append({**PLACE, **row})
    records["metrics"] = [point for line in ALL_SILENT for point in _hourly(*line)]
    records["metrics"] += _office_hours("i-office")
    records["prices"] = _prices()
    records["instance_types"] = TYPES
    return {name: rows(table, records.get(name, [])) for name, table in ESTATE_TABLES.items()}


@pytest.fixture
def vary() -> Callable[..., dict[str, pd.DataFrame]]:
    """Makes the account over with other values in one resource's row."""

    def make(
        account: dict[str, pd.DataFrame], table: str, resource: str, **values: Any
    ) -> dict[str, pd.DataFrame]:
        records = account[table].astype("object").where(account[table].notna(), None)
        changed = [
            {**row, **values} if row["resource_id"] == resource else row
            for row in records.to_dict("records")
        ]
        return {**account, table: rows(ESTATE_TABLES[table], changed)}

    return make


@pytest.fixture
def measure() -> Callable[..., dict[str, pd.DataFrame]]:
    """Makes the account over with other values in one resource's metric."""

    def make(
        account: dict[str, pd.DataFrame],
        resource: str,
        metric: str,
        value: float,
        hours: int = HOURS,
    ) -> dict[str, pd.DataFrame]:
        line = next(line for line in ALL_SILENT if (line[0], line[2]) == (resource, metric))
        points = rows(ESTATE_TABLES["metrics"], _hourly(*line[:5], value, hours))
        old = account["metrics"]
        rest = old[~((old["resource_id"] == resource) & (old["metric"] == metric))]
        return {**account, "metrics": pd.concat([rest, points], ignore_index=True)}

    return make


@pytest.fixture
def status() -> Callable[..., str]:
    """Makes the status that a check gives a resource."""

    def make(tables: dict[str, pd.DataFrame], check: str, resource: str, **settings: Any) -> str:
        findings, _ = run_checks(tables, as_of=AS_OF, only=[check], **settings)
        found = findings[findings["resource_id"] == resource]
        return str(found["status"].item())

    return make
