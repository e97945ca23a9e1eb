"""What the findings rest on: their metric traces and limits, what would flip them, and their targets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.analysis import advice
from finops_lib.checks import CHECKS
from finops_lib.workbook import Workbook


@dataclass(frozen=True)
class Trace:
    """The metric that decides a check, and its limit: a threshold's name, or a number of its own."""

    namespace: str
    metric: str
    stat: str
    unit: str
    limit: str | float = 1.0


_CPU = ("CPUUtilization", "Maximum", "% CPU")

TRACES = {
    "idle_ec2_instances": Trace("AWS/EC2", *_CPU, "cpu_limit_pct"),
    "idle_gpu_instances": Trace(
        "CWAgent", "nvidia_smi_utilization_gpu", "Maximum", "% GPU", "gpu_limit_pct"
    ),
    "off_hours_ec2_instances": Trace("AWS/EC2", *_CPU, "busy_pct"),
    "oversized_ec2_instances": Trace("AWS/EC2", *_CPU, "target"),
    "oversized_rds_instances": Trace("AWS/RDS", *_CPU, "target"),
    "oversized_elasticache_nodes": Trace("AWS/ElastiCache", *_CPU, "target"),
    "oversized_sagemaker_endpoints": Trace("/aws/sagemaker/Endpoints", *_CPU, "target"),
    "idle_rds_instances": Trace("AWS/RDS", "DatabaseConnections", "Maximum", "connections"),
    "idle_notebook_instances": Trace("/aws/sagemaker/NotebookInstances", *_CPU, "cpu_limit_pct"),
    "idle_sagemaker_endpoints": Trace("AWS/SageMaker", "Invocations", "Sum", "calls an hour"),
    "idle_nat_gateways": Trace("AWS/NATGateway", "BytesOutToDestination", "Sum", "bytes an hour"),
    "unused_interface_endpoints": Trace(
        "AWS/PrivateLinkEndpoints", "BytesProcessed", "Sum", "bytes an hour"
    ),
    "idle_ebs_volumes": Trace("AWS/EBS", "VolumeReadOps", "Sum", "reads an hour"),
    "idle_elasticache_clusters": Trace(
        "AWS/ElastiCache", "CurrConnections", "Maximum", "connections", "connection_limit"
    ),
    "idle_opensearch_domains": Trace(
        "AWS/ES", "SearchRate", "Maximum", "searches a minute", "rate_limit_per_minute"
    ),
    "idle_redshift_clusters": Trace(
        "AWS/Redshift", "DatabaseConnections", "Maximum", "connections"
    ),
    "idle_ecs_services": Trace("AWS/ECS", *_CPU, "cpu_limit_pct"),
}
"""By check; a limit of 1 means that a single one is use. "target" is the room on the advised type."""

FLIPS = {
    "unattached_ebs_volumes": "Attached again, or read within the minimum age.",
    "old_ebs_snapshots": "An image built on it, or a backup service that owns it.",
    "orphaned_ebs_snapshots": "Its volume back, an image built on it, or a backup that owns it.",
    "old_machine_images": "One instance started from it.",
    "idle_elastic_ips": "An instance or interface that it is attached to.",
    "idle_load_balancers": "One request, flow or byte within the window.",
    "long_stopped_ec2_instances": "Started once.",
    "empty_s3_buckets": "One object or unfinished upload.",
    "idle_studio_apps": "A person who uses it.",
    "gp3_ebs_volumes": "A busier hour than gp3 is given, times the peak factor.",
    "s3_lifecycle": "More reads of each object a month than the limit.",
    "nat_gateway_endpoint_traffic": "Flow logs that show other destinations, or less traffic.",
    "cross_az_transfer": "A design that needs the other zone.",
    "internet_egress": "Traffic that is not HTTP, or a private price below the CDN's.",
    "inter_region_transfer": "A reader in the other region, or a duty to keep a copy there.",
    "failed_training_jobs": "A checkpoint that a later run went on from.",
    "runaway_training_jobs": "Completed jobs of its name that take as long.",
    "idle_gpu_training_jobs": "One interval in which its GPUs reach the limit.",
    "cpu_bound_gpu_training_jobs": "Hours at work in which its GPUs reach their limit, or the processors do not.",
    "cpu_bound_gpu_instances": "Hours at work in which a GPU reaches its limit, or the processors do not.",
    "duplicate_s3_objects": "A reason to keep the second copy in the same region.",
    "noncurrent_s3_versions": "A rule that expires old versions, or a duty to keep them.",
    "obsolete_s3_objects": "More reads of each object a month than the limit, or a duty to keep them.",
    "compressible_s3_objects": "Readers that take plain text alone, or text that hardly shrinks.",
    "abandoned_s3_buckets": "More requests a month than the limit, or a duty to keep the data.",
    "unfinished_s3_uploads": "An upload that goes on, or a rule that aborts them.",
    "idle_emr_clusters": "One step or task within the window.",
    "idle_dynamodb_tables": "One unit read or written, or a replica in another region.",
    "unused_dynamodb_capacity": "A busier hour, or consumption that costs more on demand.",
    "empty_eks_clusters": "A node group, a Fargate profile, an instance, or one pod placed.",
    "lasting_glue_endpoints": "A change within the limit, or an exclusion by its tag.",
    "unused_lambda_memory": "One run that uses more memory, or more processor time.",
    "unused_lambda_concurrency": "A busier moment within the window.",
    "old_generation_ec2_instances": "A later generation that costs as much, or an image that does not start on it.",
    "graviton_ec2_instances": "One part of its software that is not built for arm64.",
    "old_generation_rds_instances": "A later class that costs as much, or a version that does not run on it.",
    "graviton_rds_instances": "A version of its engine that does not run on Graviton.",
    "idle_auto_scaling_groups": "One of its machines above the idle limits, or protected from scale-in.",
    "unlimited_log_groups": "A retention on the group, however long.",
    "extended_support_rds_instances": "An upgrade, or a date of support that AWS moves.",
}
"""What would make a finding without a trace no finding."""

TRACE_COLUMNS = ["finding_id", "label", "time", "value", "limit", "unit"]


def limit(book: Workbook, finding: Any) -> float:
    """The limit of a finding's trace, in the metric's own unit; missing where the check has no trace."""
    trace = TRACES.get(finding.check_id)
    if trace is None:
        return float("nan")
    if isinstance(trace.limit, float):
        return trace.limit
    evidence = finding.evidence or {}
    if trace.limit == "target":
        return _room_on_target(evidence)
    chosen = {
        **CHECKS[finding.check_id].thresholds,
        **book.params.checks.get(finding.check_id, {}),
        **evidence,
    }
    return float(chosen[trace.limit])


def _room_on_target(evidence: dict[str, Any]) -> float:
    """Percent of CPU here that fills the advised type up to its headroom."""
    first = (evidence.get("targets") or [{}])[0]
    projected = first.get("projected_cpu_pct", np.nan)
    room = 100 * (1 - evidence.get("headroom", np.nan))
    return float(room * evidence.get("cpu_pct", np.nan) / projected)


def flip(book: Workbook, finding: Any) -> str:
    """A sentence: what, seen within the window, would make the finding no waste."""
    trace = TRACES.get(finding.check_id)
    if trace is None:
        return FLIPS.get(finding.check_id) or _guarded(finding.check_id)
    value = limit(book, finding)
    if trace.limit == "target":
        return f"The percentile of CPU above {value:.1f} %, or more memory than the target has."
    if finding.check_id == "off_hours_ec2_instances":
        return (
            f"Work at night or on weekends ({value:g} {trace.unit} or more), or a production tag."
        )
    return f"One interval at {value:g} {trace.unit} or more."


def _guarded(check_id: str) -> str:
    """What the check itself says that it leaves alone, for want of a shorter word."""
    return f"What its guard leaves alone: {CHECKS[check_id].false_positive_guard}"


def ranking(book: Workbook) -> pd.DataFrame:
    """The waste, largest saving first, each with `would_flip`: what would make it none."""
    waste = book.waste
    flips = [flip(book, row) for row in waste.itertuples()]
    columns = ["check_id", "resource_id", "monthly_saving", "confidence", "reason"]  # fmt: skip
    return waste[columns].assign(would_flip=flips)


def traces(book: Workbook, count: int) -> pd.DataFrame:
    """finding_id, label, time, value, limit, unit of the findings that metrics decide.

    The largest of each check, `count` checks at most. The highest value of each interval over the resource's parts (variants, GPUs), within the check's
    own window, in the order of the saving.
    """
    waste = book.waste
    shown = waste[waste["check_id"].isin(TRACES)].drop_duplicates("check_id").head(count)
    metrics = book.estate["metrics"]
    metrics = metrics[metrics["resource_id"].isin(shown["resource_id"])]
    found = [_trace(book, metrics, row) for row in shown.itertuples()]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=TRACE_COLUMNS)


def _trace(book: Workbook, metrics: pd.DataFrame, finding: Any) -> pd.DataFrame:
    wanted = TRACES[finding.check_id]
    evidence = finding.evidence or {}
    points = metrics[
        (metrics["resource_id"] == finding.resource_id)
        & (metrics["namespace"] == wanted.namespace)
        & (metrics["metric"] == wanted.metric)
        & (metrics["stat"] == wanted.stat)
        & (metrics["time"] >= book.estate.as_of - pd.Timedelta(days=evidence["window_days"]))
    ]
    if "variant" in evidence:
        points = points[points["dimension"] == evidence["variant"]]
    highest = points.groupby("time")["value"].max().reset_index()
    name = finding.resource_id.split("/")[-1].split(":")[-1]
    return highest.assign(
        finding_id=finding.finding_id,
        label=f"{name}\n{finding.check_id}",
        limit=limit(book, finding),
        unit=wanted.unit,
    )[TRACE_COLUMNS]


def savings_with_coverage(book: Workbook) -> pd.DataFrame:
    """check_id, monthly_saving and beside it how far the check could see, largest saving first.

    Nothing is saved where everything was judged and nothing was found; where something could not be read,
    judged or priced and no dollar is known, the saving is missing.
    """
    counted = book.coverage.groupby("check_id")[
        ["examined", "waste", "unknown", "unpriced", "not_read"]
    ].sum()
    found = book.waste.groupby("check_id")["monthly_saving"].sum(min_count=1)
    seen_whole = counted[["waste", "unknown", "not_read"]].eq(0).all(axis="columns")
    saving = found.reindex(counted.index).mask(seen_whole, 0.0)
    judged = 1 - counted["unknown"] / counted["examined"].where(counted["examined"] > 0)
    table = counted.assign(monthly_saving=saving, judged_share=judged.astype("float64"))
    order = [
        "monthly_saving",
        "waste",
        "examined",
        "judged_share",
        "unknown",
        "unpriced",
        "not_read",
    ]
    return table[order].sort_values("monthly_saving", ascending=False).reset_index()


def sizes(book: Workbook) -> pd.DataFrame:
    """Up to three targets of each oversized machine: share of the price, projected use, risk and why."""
    waste = book.waste
    found = waste[waste["check_id"].str.startswith("oversized_")]
    records = [
        {
            "resource_id": row.resource_id, "instance_type": row.evidence["instance_type"],
            "cpu_pct": row.evidence["cpu_pct"], "memory_pct": row.evidence["memory_pct"],
            "rank": target["rank"], "target": target["instance_type"],
            "projected_cpu_pct": target["projected_cpu_pct"],
            "projected_memory_pct": target["projected_memory_pct"],
            "monthly_saving": row.monthly_cost * (1 - target["price_share"]),
            "risk": target["risk"], "reasons": target["reasons"],
        }
        for row in found.itertuples() for target in row.evidence["targets"]
    ]  # fmt: skip
    return pd.DataFrame.from_records(records)


def gp3(book: Workbook) -> pd.DataFrame:
    """Each volume that gp3 carries for less: what it has, what it needs, and both savings.

    `parity_saving` keeps every operation and byte a second (negative: dearer than now),
    `fitted_saving` gives what the metrics ask for; both at list, `monthly_saving` at the bill's rate.
    """
    found = book.waste[book.waste["check_id"] == "gp3_ebs_volumes"]
    records = [
        {
            "resource_id": row.resource_id, "volume_type": row.evidence["volume_type"],
            "size_gib": row.evidence["size_gib"], "peak_iops": row.evidence["peak_iops"],
            "peak_mibps": row.evidence["peak_mibps"], "gp3_iops": row.parameters["iops"],
            "gp3_mibps": row.parameters["throughput"],
            "parity_saving": row.evidence["parity_saving_list"],
            "fitted_saving": row.evidence["fitted_saving_list"],
            "monthly_saving": row.monthly_saving,
        }
        for row in found.itertuples()
    ]  # fmt: skip
    return pd.DataFrame.from_records(records)


def storage_classes(book: Workbook) -> pd.DataFrame:
    """Each bucket that another class keeps for less: move cost, pay-back and the ready lifecycle."""
    found = book.waste[book.waste["check_id"] == "s3_lifecycle"]
    records = [
        {
            "resource_id": row.resource_id, "size_gib": row.evidence["standard_gib"],
            "reads_per_object": row.evidence["reads_per_object"],
            "storage_class": row.evidence["storage_class"], "monthly_saving": row.monthly_saving,
            "move_cost": row.evidence["move_cost"],
            "payback_months": row.evidence["payback_months"],
            "lifecycle": json.dumps(row.parameters["lifecycle"]),
        }
        for row in found.itertuples()
    ]  # fmt: skip
    return pd.DataFrame.from_records(records)


def aws_advice(book: Workbook) -> pd.DataFrame:
    """AWS's own advice beside our findings (`advice.beside`), less what both find well sized."""
    rows = _beside(book)
    settled = rows["verdict"].eq(advice.AGREE) & rows["our_saving"].eq(0) & rows["aws_saving"].eq(0)
    return rows[~settled].reset_index(drop=True)


def advice_summary(book: Workbook) -> pd.DataFrame:
    """source, verdict, resources, aws_saving, our_saving of AWS's advice; empty where none was read."""
    return advice.summary(_beside(book))


def _beside(book: Workbook) -> pd.DataFrame:
    told = book.estate["advice"]
    return advice.beside(book.findings, told) if len(told) else pd.DataFrame(columns=advice.COLUMNS)


STEPS = ["step", "action", "resource_id", "team", "monthly_saving", "risk", "prerequisite",
         "not_before"]  # fmt: skip


def first_steps(book: Workbook, count: int) -> pd.DataFrame:
    """The first steps of the plan: what is done to what, what it saves, and what must come before."""
    return book.plan[STEPS].head(count)
