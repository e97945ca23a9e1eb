"""CloudWatch metrics of the inventory, in full GetMetricData batches; no data is no row, never zero."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.schema import METRICS, TABLES, conform, rows
from finops_lib.sources.aws.calls import Asker, NotReadError
from finops_lib.sources.shape import Record
from finops_lib.sources.wanted import MANAGED, Wanted, both, sums
from finops_lib.units import BYTES_PER_GIB

BATCH = 500
"""Queries in one GetMetricData request, the most that AWS takes."""

HOUR, DAY = 3600, 86_400
S3_DAYS = 3
"""S3 reports sizes once a day, up to two days late."""

PERMISSIONS = ("cloudwatch:GetMetricData", "cloudwatch:ListMetrics")

Progress = Callable[[str, float], None]


WANTED = (
    Wanted(
        "instances", "AWS/EC2", {"InstanceId": "resource_id"},
        (*both("CPUUtilization"), *sums("NetworkIn", "NetworkOut")),
    ),
    Wanted(
        "volumes", "AWS/EBS", {"VolumeId": "resource_id"},
        sums("VolumeReadOps", "VolumeWriteOps", "VolumeReadBytes", "VolumeWriteBytes"),
    ),
    Wanted(
        "databases", "AWS/RDS", {"DBInstanceIdentifier": "name"},
        (*both("CPUUtilization"), ("DatabaseConnections", "Maximum"), ("FreeableMemory", "Minimum"),
         ("ReadIOPS", "Maximum"), ("WriteIOPS", "Maximum")),
    ),
    Wanted(
        "training_jobs", "/aws/sagemaker/TrainingJobs", {"Host": "metric_host"},
        (("GPUUtilization", "Maximum"), ("GPUMemoryUtilization", "Maximum"), ("CPUUtilization", "Maximum")),
        kind="InProgress", kind_column="status", machines="instance_count",
    ),
    Wanted(
        "load_balancers", "AWS/ApplicationELB", {"LoadBalancer": "metric_dimension"},
        (*sums("RequestCount", "HTTP_Redirect_Count", "HTTP_Fixed_Response_Count"),
         ("ConsumedLCUs", "Maximum")),
        kind="application",
    ),
    Wanted(
        "load_balancers", "AWS/NetworkELB", {"LoadBalancer": "metric_dimension"},
        (*sums("ProcessedBytes", "NewFlowCount", "NewFlowCount_TLS"), ("ActiveFlowCount", "Maximum")),
        kind="network",
    ),
    Wanted(
        "load_balancers", "AWS/GatewayELB", {"LoadBalancer": "metric_dimension"},
        sums("ProcessedBytes"), kind="gateway",
    ),
    Wanted(
        "load_balancers", "AWS/ELB", {"LoadBalancerName": "metric_dimension"},
        (*sums("RequestCount", "EstimatedProcessedBytes"),), kind="classic",
    ),
    Wanted(
        "nat_gateways", "AWS/NATGateway", {"NatGatewayId": "resource_id"},
        (*sums("BytesOutToDestination", "BytesInFromSource", "BytesInFromDestination", "BytesOutToSource"),
         ("ActiveConnectionCount", "Maximum")),
    ),
    Wanted(
        "vpc_endpoints", "AWS/PrivateLinkEndpoints",
        {"Endpoint Type": "endpoint_type", "Service Name": "service_name",
         "VPC Endpoint Id": "resource_id", "VPC Id": "vpc_id"},
        sums("BytesProcessed"), kind="Interface", kind_column="endpoint_type",
    ),
    Wanted(
        "endpoints", "AWS/SageMaker",
        {"EndpointName": "endpoint_name", "VariantName": "variant_name"},
        (*sums("Invocations"), ("ModelLatency", "Average")), part="variant_name",
    ),
    Wanted(
        "endpoints", "/aws/sagemaker/Endpoints",
        {"EndpointName": "endpoint_name", "VariantName": "variant_name"},
        (("CPUUtilization", "Maximum"), ("MemoryUtilization", "Maximum"), ("GPUUtilization", "Maximum")),
        part="variant_name",
    ),
    Wanted("log_groups", "AWS/Logs", {"LogGroupName": "name"}, sums("IncomingBytes")),
    Wanted(
        "notebook_instances", "/aws/sagemaker/NotebookInstances", {"NotebookInstanceName": "name"},
        (("CPUUtilization", "Maximum"),),
    ),
    *MANAGED,
)  # fmt: skip
"""What is asked for, by table."""

AGENT_METRICS = {
    "mem_used_percent": "Maximum",
    "disk_used_percent": "Maximum",
    "nvidia_smi_utilization_gpu": "Maximum",
    "nvidia_smi_memory_used": "Maximum",
    "nvidia_smi_memory_total": "Maximum",
}
"""Metrics of the CloudWatch agent; their dimensions differ by installation, so they are looked up."""


@dataclass(frozen=True)
class Query:
    """One metric of one resource."""

    resource_id: str
    namespace: str
    metric: str
    stat: str
    dimensions: tuple[tuple[str, str], ...]
    part: str | None
    period_s: int


def read_metrics(
    tables: dict[str, pd.DataFrame],
    askers: dict[str, list[Asker]],
    as_of: datetime,
    days: int,
    max_workers: int,
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, list[Record]]:
    """METRICS of the last `days` before `as_of`, and the gaps; fills in bucket sizes in `tables`."""
    end = as_of.replace(minute=0, second=0, microsecond=0)
    everywhere = [asker for found in askers.values() for asker in found]
    frames: list[pd.DataFrame] = []
    gaps: list[Record] = []
    with ThreadPoolExecutor(max_workers) as pool:
        jobs = [pool.submit(_read_region, asker, tables, end, days) for asker in everywhere]
        for done, job in enumerate(jobs, 1):
            found, refused = job.result()
            frames += found
            gaps += refused
            if progress:
                progress("reading metrics", done / len(jobs))
    metrics = conform(pd.concat(frames, ignore_index=True), METRICS) if frames else METRICS.empty()
    tables |= _bucket_sizes(tables["buckets"], metrics)
    order = [
        "account_id",
        "region",
        "resource_id",
        "namespace",
        "metric",
        "stat",
        "dimension",
        "time",
    ]
    return metrics.sort_values(order, ignore_index=True), gaps


def _read_region(
    asker: Asker, tables: dict[str, pd.DataFrame], end: datetime, days: int
) -> tuple[list[pd.DataFrame], list[Record]]:
    try:
        hourly = [*_known(asker, tables), *_discovered(asker, tables)]
        daily = _bucket_queries(asker, tables)
        found = _ask(asker, hourly, end - timedelta(days=days), end)
        midnight = end.replace(hour=0)
        found += _ask(
            asker, daily, midnight - timedelta(days=S3_DAYS), midnight + timedelta(days=1)
        )
    except NotReadError as error:
        gap = {
            "service": "cloudwatch", "account_id": asker.account_id, "region": asker.region,
            "table": "metrics", "error": error.code, "reason": str(error),
        }  # fmt: skip
        return [], [gap]
    return found, []


def _here(table: pd.DataFrame, asker: Asker) -> pd.DataFrame:
    return table[(table["account_id"] == asker.account_id) & (table["region"] == asker.region)]


def _known(asker: Asker, tables: dict[str, pd.DataFrame]) -> Iterable[Query]:
    for wanted in WANTED:
        table = _here(tables[wanted.table], asker)
        if wanted.kind:
            table = table[table[wanted.kind_column] == wanted.kind]
        for row in table.to_dict("records"):
            for part, dimensions in _parts(wanted, row):
                for metric, stat in wanted.metrics:
                    yield Query(
                        row["resource_id"], wanted.namespace, metric, stat, dimensions, part, HOUR
                    )


def _parts(
    wanted: Wanted, row: dict[Hashable, Any]
) -> Iterable[tuple[str | None, tuple[tuple[str, str], ...]]]:
    """The name and the dimensions of what reports for the row: itself, or each of its machines."""
    whole = {name: row[column] for name, column in wanted.dimensions.items()}
    if wanted.machines is None:
        yield row[wanted.part] if wanted.part else None, tuple(whole.items())
        return
    count = row[wanted.machines]
    for number in range(1, 2 if pd.isna(count) else int(count) + 1):
        machine = tuple((name, f"{value}{number}") for name, value in whole.items())
        yield machine[0][1].split("/")[-1], machine


def _discovered(asker: Asker, tables: dict[str, pd.DataFrame]) -> Iterable[Query]:
    """The agent's metrics of the instances; several of one kind (GPUs, disks) by their dimensions."""
    instances = set(_here(tables["instances"], asker)["resource_id"])
    if not instances:
        return
    for page in asker.pages("cloudwatch", "list_metrics", Namespace="CWAgent"):
        for metric in page["Metrics"]:
            dimensions = tuple((d["Name"], d["Value"]) for d in metric["Dimensions"])
            instance = dict(dimensions).get("InstanceId")
            stat = AGENT_METRICS.get(metric["MetricName"])
            if instance and instance in instances and stat:
                extra = [v for k, v in dimensions if k in ("index", "path", "device")]
                part = "/".join(extra) or None
                yield Query(instance, "CWAgent", metric["MetricName"], stat, dimensions, part, HOUR)


def _bucket_queries(asker: Asker, tables: dict[str, pd.DataFrame]) -> list[Query]:
    buckets = set(_here(tables["buckets"], asker)["resource_id"])
    if not buckets:
        return []
    found = []
    for page in asker.pages("cloudwatch", "list_metrics", Namespace="AWS/S3"):
        for metric in page["Metrics"]:
            dimensions = {d["Name"]: d["Value"] for d in metric["Dimensions"]}
            if dimensions.get("BucketName") in buckets and "StorageType" in dimensions:
                found.append(
                    Query(
                        dimensions["BucketName"], "AWS/S3", metric["MetricName"], "Average",
                        tuple(dimensions.items()), dimensions["StorageType"], DAY,
                    )
                )  # fmt: skip
    return found


def _ask(
    asker: Asker, queries: Sequence[Query], start: datetime, end: datetime
) -> list[pd.DataFrame]:
    frames = []
    for first in range(0, len(queries), BATCH):
        batch = queries[first : first + BATCH]
        pages = asker.pages(
            "cloudwatch", "get_metric_data", MetricDataQueries=[_asked(i, q) for i, q in enumerate(batch)],
            StartTime=start.replace(tzinfo=UTC), EndTime=end.replace(tzinfo=UTC), ScanBy="TimestampAscending",
        )  # fmt: skip
        for page in pages:
            for result in page["MetricDataResults"]:
                if result["Values"]:
                    frames.append(_frame(asker, batch[int(result["Id"][1:])], result))
    return frames


def _asked(number: int, query: Query) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in query.dimensions]
    metric = {"Namespace": query.namespace, "MetricName": query.metric, "Dimensions": dimensions}
    return {
        "Id": f"q{number}",
        "MetricStat": {"Metric": metric, "Period": query.period_s, "Stat": query.stat},
    }


def _frame(asker: Asker, query: Query, result: dict[str, Any]) -> pd.DataFrame:
    seconds = np.array([int(moment.timestamp()) for moment in result["Timestamps"]], dtype="int64")
    return pd.DataFrame(
        {
            "account_id": asker.account_id,
            "region": asker.region,
            "resource_id": query.resource_id,
            "namespace": query.namespace,
            "metric": query.metric,
            "stat": query.stat,
            "dimension": query.part,
            "time": seconds.astype("datetime64[s]").astype("datetime64[us]"),
            "period_s": float(query.period_s),
            "value": np.asarray(result["Values"], dtype="float64"),
        }
    )


def _bucket_sizes(buckets: pd.DataFrame, metrics: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """`buckets` with the newest size and object count, and `bucket_storage` by storage class."""
    s3 = metrics[metrics["namespace"] == "AWS/S3"].sort_values("time")
    newest = (
        s3.groupby(["account_id", "region", "resource_id", "metric", "dimension"])
        .last()
        .reset_index()
    )
    sizes = newest[newest["metric"] == "BucketSizeBytes"]
    storage = [
        {
            "account_id": r.account_id, "region": r.region, "resource_id": r.resource_id,
            "storage_class": r.dimension, "size_gib": r.value / BYTES_PER_GIB,
        }
        for r in sizes.itertuples()
    ]  # fmt: skip
    size = sizes.groupby("resource_id")["value"].sum() / BYTES_PER_GIB
    count = newest[newest["metric"] == "NumberOfObjects"].groupby("resource_id")["value"].sum()
    filled = buckets.assign(
        size_gib=buckets["resource_id"].map(size), object_count=buckets["resource_id"].map(count)
    )
    return {"buckets": filled, "bucket_storage": rows(TABLES["bucket_storage"], storage)}
