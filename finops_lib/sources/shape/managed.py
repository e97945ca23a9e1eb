"""RDS, S3 and SageMaker."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from finops_lib.sources.shape import Page, Record, items, tag_map


def databases(pages: Iterable[Page]) -> list[Record]:
    """DescribeDBInstances."""
    return [
        {
            "resource_id": d["DBInstanceArn"],
            "name": d["DBInstanceIdentifier"],
            "engine": d["Engine"],
            "engine_version": d.get("EngineVersion"),
            "instance_class": d["DBInstanceClass"],
            "status": d.get("DBInstanceStatus"),
            "multi_az": d.get("MultiAZ"),
            "storage_type": d.get("StorageType"),
            "allocated_gib": d.get("AllocatedStorage"),
            "iops": d.get("Iops"),
            "cluster_id": d.get("DBClusterIdentifier"),
            "replica_of": d.get("ReadReplicaSourceDBInstanceIdentifier") or None,
            "replica_ids": " ".join(d.get("ReadReplicaDBInstanceIdentifiers", [])) or None,
            "create_time": d.get("InstanceCreateTime"),
            "license_model": d.get("LicenseModel"),
            "delete_protected": d.get("DeletionProtection"),
            "tags": tag_map(d.get("TagList")),
        }
        for d in items(pages, "DBInstances")
    ]


def bucket(raw: dict[str, Any], facts: dict[str, Any], uploads: Iterable[Page] | None) -> Record:
    """One bucket; `facts` are what further calls told of it, missing where they were denied."""
    unfinished = None if uploads is None else items(uploads, "Uploads")
    return {
        "resource_id": raw["Name"],
        "name": raw["Name"],
        "create_time": raw.get("CreationDate"),
        "versioning": facts.get("versioning"),
        "lifecycle": facts.get("lifecycle"),
        "intelligent_tiering": facts.get("intelligent_tiering"),
        "unfinished_upload_count": None if unfinished is None else len(unfinished),
        "oldest_unfinished_upload_at": min(
            (u["Initiated"] for u in unfinished or []), default=None
        ),
        "tags": facts.get("tags"),
    }


def endpoint(raw: dict[str, Any], config: dict[str, Any], tags: dict[str, str]) -> list[Record]:
    """One SageMaker endpoint, a record a variant."""
    running = {v["VariantName"]: v for v in raw.get("ProductionVariants", [])}
    return [
        {
            "resource_id": raw["EndpointArn"],
            "endpoint_name": raw["EndpointName"],
            "variant_name": v["VariantName"],
            "instance_type": v.get("InstanceType"),
            "instance_count": running.get(v["VariantName"], {}).get(
                "CurrentInstanceCount", v.get("InitialInstanceCount")
            ),
            "is_serverless": "ServerlessConfig" in v,
            "is_async": bool(config.get("AsyncInferenceConfig")),
            "has_components": not v.get("ModelName"),
            "status": raw.get("EndpointStatus"),
            "create_time": raw.get("CreationTime"),
            "last_modified_at": raw.get("LastModifiedTime"),
            "tags": tags,
        }
        for v in config.get("ProductionVariants", [])
    ]


def notebook_instance(raw: dict[str, Any], details: dict[str, Any], tags: dict[str, str]) -> Record:
    """One SageMaker notebook instance."""
    return {
        "resource_id": raw["NotebookInstanceArn"],
        "name": raw["NotebookInstanceName"],
        "instance_type": details.get("InstanceType", raw.get("InstanceType")),
        "status": raw.get("NotebookInstanceStatus"),
        "create_time": raw.get("CreationTime"),
        "last_modified_at": raw.get("LastModifiedTime"),
        "volume_gib": details.get("VolumeSizeInGB"),
        "lifecycle_config": raw.get("NotebookInstanceLifecycleConfigName"),
        "tags": tags,
    }


def studio_app(raw: dict[str, Any], details: dict[str, Any], account: str, region: str) -> Record:
    """One Studio application; the user's profile name stays out of the tables."""
    name = f"{raw.get('DomainId')}/{raw.get('UserProfileName', raw.get('SpaceName', ''))}"
    arn = details.get(
        "AppArn",
        f"arn:aws:sagemaker:{region}:{account}:app/{name}/{raw['AppType']}/{raw['AppName']}",
    )
    return {
        "resource_id": arn,
        "name": raw["AppName"],
        "domain_id": raw.get("DomainId"),
        "app_type": raw.get("AppType"),
        "instance_type": raw.get("ResourceSpec", details.get("ResourceSpec", {})).get(
            "InstanceType"
        ),
        "status": raw.get("Status"),
        "create_time": raw.get("CreationTime"),
        "last_user_activity_at": details.get("LastUserActivityTimestamp"),
        "last_health_check_at": details.get("LastHealthCheckTimestamp"),
    }


def training_job(raw: dict[str, Any], details: dict[str, Any], tags: dict[str, str]) -> Record:
    """One SageMaker training job."""
    machines = details.get("ResourceConfig", {})
    return {
        "resource_id": raw["TrainingJobArn"],
        "name": raw["TrainingJobName"],
        "status": raw.get("TrainingJobStatus"),
        "failure_reason": details.get("FailureReason"),
        "instance_type": machines.get("InstanceType"),
        "instance_count": machines.get("InstanceCount"),
        "create_time": raw.get("CreationTime"),
        "start_time": details.get("TrainingStartTime"),
        "end_time": details.get("TrainingEndTime", raw.get("TrainingEndTime")),
        "billable_seconds": details.get("BillableTimeInSeconds"),
        "max_runtime_s": details.get("StoppingCondition", {}).get("MaxRuntimeInSeconds"),
        "is_spot": details.get("EnableManagedSpotTraining"),
        "checkpoint_uri": details.get("CheckpointConfig", {}).get("S3Uri"),
        "metric_host": f"{raw['TrainingJobName']}/algo-",
        "tags": tags,
    }


def savings_plans(pages: Iterable[Page]) -> list[Record]:
    """DescribeSavingsPlans as commitments."""
    return [
        {
            "region": p.get("region") or "global",
            "commitment_id": p["savingsPlanArn"],
            "kind": "savings_plan",
            "product": p.get("savingsPlanType"),
            "family": p.get("ec2InstanceFamily"),
            "hourly_commitment": p.get("commitment"),
            "term_years": round(int(p.get("termDurationInSeconds", 0)) / (365 * 86_400)) or None,
            "payment_option": p.get("paymentOption"),
            "upfront_cost": p.get("upfrontPaymentAmount"),
            "recurring_hourly_cost": p.get("recurringPaymentAmount"),
            "start_time": p.get("start"),
            "end_time": p.get("end"),
            "state": p["state"],
        }
        for p in items(pages, "savingsPlans")
    ]


def budgets(pages: Iterable[Page], thresholds: dict[str, dict[str, str]]) -> list[Record]:
    """DescribeBudgets, with the notification thresholds of each by name."""
    return [
        {
            "name": b["BudgetName"],
            "budget_type": b["BudgetType"],
            "time_unit": b.get("TimeUnit"),
            "limit_amount": b.get("BudgetLimit", {}).get("Amount"),
            "unit": b.get("BudgetLimit", {}).get("Unit"),
            "actual_amount": b.get("CalculatedSpend", {}).get("ActualSpend", {}).get("Amount"),
            "forecast_amount": b.get("CalculatedSpend", {})
            .get("ForecastedSpend", {})
            .get("Amount"),
            "filters": b.get("CostFilters", {}),
            "thresholds": thresholds.get(b["BudgetName"], {}),
        }
        for b in items(pages, "Budgets")
    ]
