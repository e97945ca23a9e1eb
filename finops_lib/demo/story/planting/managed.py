"""Databases, and SageMaker's endpoints, notebook instances and training jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from moto.rds.models import rds_backends
from moto.sagemaker.models import sagemaker_backends

from finops_lib.demo.story.ledger import Ledger, Resource
from finops_lib.demo.story.managed import Variant
from finops_lib.demo.story.planting.backends import born, tag_list
from finops_lib.demo.story.timeline import AS_OF

LISTED_FOR = timedelta(days=45)
"""Training jobs that ended longer ago are left out of the inventory (the bill has them all)."""

PLACEHOLDER_TYPE = "ml.m5.xlarge"
"""The emulator refuses some instance types when they are asked for, but shows any that are set."""


def plant_databases(ledger: Ledger) -> None:
    """RDS instances with their storage and creation time."""
    for item in ledger.of_kind("database"):
        backend = rds_backends[item.account][item.region]
        database = backend.create_db_instance({
            "db_instance_identifier": item.id, "db_instance_class": item.spec["instance_class"],
            "engine": "postgres", "engine_version": "14.9", "allocated_storage": item.spec["gib"],
            "storage_type": "gp3", "multi_az": item.spec["multi_az"], "tags": tag_list(item),
            "license_model": "postgresql-license", "master_username": "halcyon",
            "master_user_password": "synthetic-only", "availability_zone": f"{item.region}a",
        })  # fmt: skip
        database.created = database.instance_create_time = born(item)


def plant_sagemaker(ledger: Ledger) -> None:
    """Endpoints with their variants, notebook instances, and the training jobs of the last 45 days."""
    for item in ledger.of_kind("endpoint"):
        _plant_endpoint(item)
    for item in ledger.of_kind("notebook_instance"):
        _plant_notebook(item)
    for item in ledger.of_kind("training_job"):
        if item.end and item.end > AS_OF - LISTED_FOR:
            _plant_job(item)


def _sagemaker(item: Resource) -> Any:
    return sagemaker_backends[item.account][item.region]


def _role(item: Resource) -> str:
    return f"arn:aws:iam::{item.account}:role/SageMakerExecution"


def _plant_endpoint(item: Resource) -> None:
    backend = _sagemaker(item)
    mode = item.spec["mode"]
    output = {"OutputConfig": {"S3OutputPath": "s3://halcyon-uploads/async"}}
    backend.create_model(
        item.name, _role(item), {"Image": f"{item.account}.dkr/model"}, None, None, None
    )
    backend.create_endpoint_config(
        item.name,
        [
            _variant(item, variant, is_serverless=mode == "serverless")
            for variant in item.spec["variants"]
        ],
        data_capture_config={},
        async_inference_config=output if mode == "async" else None,
        tags=[],
        kms_key_id="",
    ).creation_time = born(item)
    endpoint = backend.create_endpoint(item.name, item.name, tag_list(item))
    endpoint.creation_time = endpoint.last_modified_time = born(item)


def _variant(item: Resource, variant: Variant, *, is_serverless: bool) -> dict[str, Any]:
    shared = {"VariantName": variant.name, "ModelName": item.name, "InitialVariantWeight": 1.0}
    if is_serverless:
        return {**shared, "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
    return {**shared, "InstanceType": variant.instance_type, "InitialInstanceCount": variant.count}


def _plant_notebook(item: Resource) -> None:
    notebook = _sagemaker(item).create_notebook_instance(
        item.name, PLACEHOLDER_TYPE, _role(item), volume_size_in_gb=item.spec["volume_gib"],
        tags=tag_list(item),
    )  # fmt: skip
    notebook.instance_type = item.spec["instance_type"]
    notebook.status = "InService" if item.spec["is_on"] else "Stopped"
    notebook.creation_time = born(item)
    changed = AS_OF - timedelta(days=2) if item.role == "used_notebook" else born(item)
    notebook.last_modified_time = max(born(item), changed)


def _plant_job(item: Resource) -> None:
    is_failed = item.role == "failed_training"
    checkpoints = {"S3Uri": f"s3://halcyon-models-prod/checkpoints/{item.name}"}
    job = _sagemaker(item).create_training_job(
        item.name, {}, {"TrainingImage": f"{item.account}.dkr/train", "TrainingInputMode": "File"},
        _role(item), [], {"S3OutputPath": "s3://halcyon-models-prod/runs"},
        {"InstanceType": item.spec["instance_type"], "InstanceCount": item.spec["count"],
         "VolumeSizeInGB": 100},
        None, {"MaxRuntimeInSeconds": 86_400}, tag_list(item), False, False, False,
        checkpoints if item.spec["has_checkpoints"] else None, None, None, None, None,
    )  # fmt: skip
    start, end = born(item), item.end
    job.creation_time = job.training_start_time = start
    job.last_modified_time = job.training_end_time = end
    job.billable_time_in_seconds = int((end - start).total_seconds()) if end else None
    job.training_time_in_seconds = job.billable_time_in_seconds
    if is_failed:
        job.training_job_status = job.secondary_status = "Failed"
        job.failure_reason = "AlgorithmError: CUDA out of memory"
