"""Rows of the account for the checks of training jobs and of what lies in buckets."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

AS_OF = datetime(2024, 11, 1)
OLD = datetime(2023, 1, 1)


def job(name: str, **values: Any) -> dict[str, Any]:
    """A completed hour on one ml.m5.xlarge that ended yesterday, with other values."""
    end = AS_OF - timedelta(days=1)
    plain = {
        "resource_id": name, "name": name, "status": "Completed", "instance_type": "ml.m5.xlarge",
        "instance_count": 1, "create_time": end - timedelta(hours=1), "start_time": end - timedelta(hours=1),
        "end_time": end, "billable_seconds": 3600.0, "max_runtime_s": 86_400.0, "is_spot": False,
    }  # fmt: skip
    return plain | values


def running(name: str, hours: float, **values: Any) -> dict[str, Any]:
    """A job that began so many hours ago and has not ended."""
    began = AS_OF - timedelta(hours=hours)
    state = {"status": "InProgress", "create_time": began, "start_time": began, "end_time": None,
             "billable_seconds": None}  # fmt: skip
    return job(name, **state) | values


def objects(bucket: str, **values: Any) -> dict[str, Any]:
    """A thousand GiB of Parquet in a thousand current Standard objects, last written this October."""
    plain = {
        "resource_id": bucket, "prefix": "data/", "suffix": "parquet", "storage_class": "STANDARD",
        "modified_month": datetime(2024, 10, 1), "object_count": 1000, "size_gib": 1000.0,
        "small_count": 0, "duplicate_count": 0, "duplicate_gib": 0.0, "noncurrent_count": 0,
        "noncurrent_gib": 0.0, "listed_at": AS_OF,
    }  # fmt: skip
    return plain | values


def bucket(name: str, **values: Any) -> dict[str, Any]:
    """An old bucket without versions, rules and uploads."""
    plain = {"resource_id": name, "name": name, "create_time": OLD, "versioning": "Disabled",
             "lifecycle": {}, "unfinished_upload_count": 0, "object_count": 1000.0}  # fmt: skip
    return plain | values


ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("training_jobs", job("failed-1", status="Failed", failure_reason="CUDA out of memory")),
    *(("training_jobs", job(f"search-{n}")) for n in (1, 2, 3)),
    ("training_jobs", running("search-4", 20.0)),
    ("training_jobs", running("gpu-1", 10.0, instance_type="ml.g4dn.xlarge", max_runtime_s=432_000.0)),
    ("training_jobs", running("bound-1", 10.0, instance_type="ml.g5.12xlarge", max_runtime_s=432_000.0)),
    ("buckets", bucket("bucket-listed", versioning="Enabled")),
    ("buckets", bucket("bucket-uploads", unfinished_upload_count=3, unfinished_upload_gib=20.0,
                       oldest_unfinished_upload_at=AS_OF - timedelta(days=30))),
    ("object_groups", objects("bucket-listed", duplicate_count=400, duplicate_gib=400.0,
                              duplicate_of="bucket-first")),
    ("object_groups", objects("bucket-listed", modified_month=datetime(2023, 2, 1))),
    ("object_groups", objects("bucket-listed", suffix="csv")),
    ("object_groups", objects("bucket-listed", modified_month=datetime(2024, 1, 1), object_count=0,
                              size_gib=0.0, noncurrent_count=500, noncurrent_gib=500.0)),
    ("resource_costs", {
        "resource_id": "bucket-listed", "usage_type": "Requests-Tier2", "consumed_quantity": 30.0,
        "service": "Amazon", "unit": "Requests", "billed_cost": 0.0, "effective_cost": 0.0,
        "window_hours": 730.0, "first_charge_at": AS_OF - timedelta(hours=730), "last_charge_end": AS_OF,
    }),
)  # fmt: skip

_SENT = {
    "service": "Amazon", "unit": "GB", "billed_cost": 0.0, "window_hours": 730.0,
    "first_charge_at": AS_OF - timedelta(hours=730), "last_charge_end": AS_OF,
}  # fmt: skip

SENT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("resource_costs", {"resource_id": "i-large", "usage_type": "DataTransfer-Out-Bytes",
                        "consumed_quantity": 10_000.0, "effective_cost": 900.0, **_SENT}),
    ("resource_costs", {"resource_id": "bucket-listed", "usage_type": "USE1-USW2-AWS-Out-Bytes",
                        "consumed_quantity": 5_000.0, "effective_cost": 100.0, **_SENT}),
)  # fmt: skip

_JOBS = "/aws/sagemaker/TrainingJobs"
LINES = (
    ("gpu-1", _JOBS, "GPUUtilization", "Maximum", None, 1.0),
    ("bound-1", _JOBS, "GPUUtilization", "Maximum", "algo-1", 60.0),
    ("bound-1", _JOBS, "GPUMemoryUtilization", "Maximum", "algo-1", 40.0),
    ("bound-1", _JOBS, "CPUUtilization", "Maximum", "algo-1", 4700.0),
)

PRICES = {
    ("AmazonS3", "s3-glacier-deep-archive"): 0.00099, ("AmazonSageMaker", "ml.g5.12xlarge"): 7.09,
    ("AmazonSageMaker", "ml.g5.16xlarge"): 5.12,
}  # fmt: skip
