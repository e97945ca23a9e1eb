"""Volumes and buckets that would keep the same data for less."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.analysis.lifecycle import CLASSES, best, configuration, options
from finops_lib.analysis.storage import (
    CONVERTIBLE,
    GP3_FREE_IOPS,
    GP3_FREE_MIBPS,
    gp3_given,
    gp3_options,
)
from finops_lib.checks.measures import age_days, is_complete, looked_up, windowed
from finops_lib.checks.pricing import list_prices, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import HOURS_PER_DAY, HOURS_PER_MONTH

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "risk", "parameters", "monthly_cost",
    "monthly_saving", "monthly_saving_low", "monthly_saving_high", "price_basis",
]  # fmt: skip

MIB = 2**20


def _busiest(metrics: pd.DataFrame, ids: pd.Series, window_days: int) -> pd.DataFrame:
    """Busiest interval's mean iops and throughput_mibps per volume; missing without a full window."""
    disk = metrics[metrics["namespace"] == "AWS/EBS"]
    rate = disk.assign(rate=disk["value"] / disk["period_s"])
    found = {}
    for name, suffix, unit in (("iops", "Ops", 1), ("throughput_mibps", "Bytes", MIB)):
        asked = rate[rate["metric"].isin([f"VolumeRead{suffix}", f"VolumeWrite{suffix}"])]
        both = asked.groupby(["resource_id", "time"]).agg(
            rate=("rate", "sum"), kinds=("metric", "nunique"), seconds=("period_s", "first")
        )
        both = both[both["kinds"] == 2].groupby("resource_id")
        hours = looked_up(ids, both["seconds"].sum() / 3600)
        found[name] = (looked_up(ids, both["rate"].max()) / unit).where(
            is_complete(hours, window_days)
        )
    return pd.DataFrame(found)


@check(
    title="Volumes that are cheaper as gp3, or as less of it",
    why="gp3 costs a fifth less per GiB than gp2 and includes operations that io1 and io2 sell one by one; "
    "what is provisioned above them is paid, used or not.",
    needs=("volumes", "metrics", "resource_costs", "prices"),
    permissions=("ec2:DescribeVolumes", "cloudwatch:GetMetricData"),
    action="modify_volume",
    service="Amazon Elastic Compute Cloud",
    guard="Parity of operations and throughput is priced exactly, and less is given only where the whole "
    "window was measured; volumes attached to nothing are left to unattached_ebs_volumes.",
)
def gp3_ebs_volumes(
    volumes: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    peak_factor: float = 2.0,
    min_saving: float = 0.5,
) -> pd.DataFrame:
    """Attached gp2, io1 and io2 volumes that gp3 carries for less, and gp3 ones that pay for what they do not use.

    Each is offered as gp3 with what it can do now (parity, of a gp3 what it is) and with `peak_factor` times the busiest
    interval of the window; the second is the target where it is known. An interval's mean hides its bursts,
    hence the factor. A gp3 that saves under `min_saving` dollars a
    month is not worth the change. The saving is the billed run rate times the share saved at list.
    """
    asked = volumes["volume_type"].isin(CONVERTIBLE) | _pays_above_gp3(volumes)
    found = volumes[asked & (volumes["state"] == "in-use")]
    book = list_prices(prices, "AmazonEC2", as_of)
    if not {"gp3", "gp3-iops", "gp3-throughput"} <= set(book.index):
        book = book.reindex([*book.index, "gp3", "gp3-iops", "gp3-throughput"])
    peak = _busiest(windowed(metrics, as_of, window_days), found["resource_id"], window_days)
    found = found.join(gp3_options(found, peak * peak_factor, book.to_dict())).join(
        peak.add_prefix("peak_")
    )
    found = priced(found, run_rate(resource_costs, "EBS:"), found["list_cost"])
    return _judged(found, window_days, peak_factor, min_saving)


def _pays_above_gp3(volumes: pd.DataFrame) -> pd.Series:
    """Whether a gp3 volume was given more operations or throughput than its price includes."""
    given = gp3_given(volumes)
    above = (given["iops"] > GP3_FREE_IOPS) | (given["throughput_mibps"] > GP3_FREE_MIBPS)
    return (volumes["volume_type"] == "gp3") & above


def _judged(
    found: pd.DataFrame, window_days: int, peak_factor: float, min_saving: float
) -> pd.DataFrame:
    fitted = found["fitted_saving"].notna()
    target = {
        name: found[f"fitted_{name}"].where(fitted, found[f"parity_{name}"])
        for name in ("iops", "throughput_mibps", "saving")
    }
    found = found.assign(**{f"target_{name}": values for name, values in target.items()})
    share = found["target_saving"] / found["list_cost"]
    saving = found["monthly_cost"] * share
    measured = found["peak_iops"].notna()
    too_much = measured & found["fitted_iops"].isna()
    status = np.select(
        [saving >= min_saving, too_much | saving.notna()], ["waste", "ok"], default="unknown"
    )
    # Parity dearer than now proves nothing where the need was not measured.
    status = np.where((status == "ok") & ~measured, "unknown", status)
    found = found.assign(status=status, monthly_saving=saving.where(status == "waste"))
    io2 = found["volume_type"] == "io2"
    parity = (found["monthly_cost"] * found["parity_saving"] / found["list_cost"]).clip(lower=0)
    parity = parity.where(found["volume_type"] != "gp3")
    return found.assign(
        monthly_saving_low=np.fmin(parity, found["monthly_saving"]).where(status == "waste"),
        monthly_saving_high=found["monthly_saving"],
        confidence=np.where(fitted, "high", "medium"),
        risk=np.where(io2, "medium", "low"),
        parameters=[_target(row) for row in found.itertuples()],
        reason=[_reason(row, window_days, peak_factor) for row in found.itertuples()],
        evidence=[_evidence(row, window_days, peak_factor) for row in found.itertuples()],
    )[COLUMNS]


def _target(row: Any) -> dict[str, object] | None:
    if row.status != "waste":
        return None
    return {
        "type": "gp3", "iops": int(row.target_iops),
        "throughput": int(row.target_throughput_mibps),
    }  # fmt: skip


def _reason(row: Any, window_days: int, peak_factor: float) -> str:
    if pd.isna(row.peak_iops):
        use = f"Operations are not measured over the whole window of {window_days} days"
    else:
        use = (
            f"Busiest interval {row.peak_iops:.0f} IOPS and {row.peak_throughput_mibps:.1f} MiB/s "
            f"over {window_days} days (times {peak_factor:g})"
        )
    if row.status == "waste":
        return (
            f"{use}: gp3 with {row.target_iops:.0f} IOPS and "
            f"{row.target_throughput_mibps:.0f} MiB/s carries it for less."
        )
    if row.status == "unknown" and pd.isna(row.target_saving):
        return f"{use}: it or gp3 has no price here, so nothing is compared."
    if row.status == "unknown":
        return f"{use}, and gp3 at parity saves nothing."
    if pd.isna(row.target_saving):
        return f"{use}: more than one gp3 volume is given."
    return f"{use}: gp3 would save too little to change it."


def _evidence(row: Any, window_days: int, peak_factor: float) -> dict[str, object]:
    numbers = {
        "peak_iops": row.peak_iops, "peak_mibps": row.peak_throughput_mibps,
        "parity_saving_list": row.parity_saving, "fitted_saving_list": row.fitted_saving,
        "provisioned_iops": row.iops, "size_gib": row.size_gib,
    }  # fmt: skip
    known = {name: None if pd.isna(n) else round(float(n), 4) for name, n in numbers.items()}
    return {
        **known, "volume_type": row.volume_type, "window_days": window_days,
        "peak_factor": peak_factor, "state": row.state,
        "attached_instance_id": row.attached_instance_id,
    }  # fmt: skip


READS = r"Requests-Tier2"
STANDARD = r"TimedStorage-ByteHrs"


def _read_gib_per_month(found: pd.DataFrame, resource_costs: pd.DataFrame) -> pd.DataFrame:
    """Columns reads_per_object and read_gib_per_month from the bill; missing where no bill names it."""
    usage = resource_costs["usage_type"].fillna("")
    reads = resource_costs[usage.str.contains(READS)]
    days = (reads["last_charge_end"] - reads["first_charge_at"]) / pd.Timedelta(days=1)
    rate = reads["consumed_quantity"] / days.where(days > 0) * HOURS_PER_MONTH / HOURS_PER_DAY
    monthly = looked_up(found["resource_id"], rate.groupby(reads["resource_id"]).sum())
    is_billed = found["resource_id"].isin(resource_costs["resource_id"])
    monthly = monthly.fillna(0.0).where(is_billed)
    per_object = monthly / found["object_count"].astype("float64")
    return pd.DataFrame(
        {"reads_per_object": per_object, "read_gib_per_month": per_object * found["standard_gib"]}
    )


@check(
    title="Buckets whose objects are hardly read",
    why="Standard storage is priced for data in use; what is seldom read costs a fifth in Glacier Instant "
    "Retrieval and answers as fast.",
    needs=("buckets", "bucket_storage", "resource_costs", "prices"),
    permissions=("s3:ListAllMyBuckets", "s3:GetLifecycleConfiguration", "cloudwatch:GetMetricData"),
    action="put_lifecycle",
    service="Amazon Simple Storage Service",
    guard="Net of transition and retrieval fees and of the 128 KiB floor, paid back within the horizon; "
    "buckets whose access no bill tells are unknown.",
)
def s3_lifecycle(
    buckets: pd.DataFrame,
    bucket_storage: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    min_age_days: float = 90.0,
    max_reads_per_object: float = 0.1,
    horizon_months: float = 12.0,
    min_saving: float = 10.0,
) -> pd.DataFrame:
    """Buckets of Standard storage, `min_age_days` old or more, that another class keeps for less.

    Reads come from the bill's GET requests, each taken as one whole object; above `max_reads_per_object`
    a month the bucket is in use. The move must pay back within `horizon_months` and save `min_saving`
    dollars a month. The saving is what is billed now less all that the other class would bill.
    """
    standard = bucket_storage[bucket_storage["storage_class"] == "StandardStorage"]
    size = standard.groupby("resource_id")["size_gib"].sum()
    found = buckets[buckets["resource_id"].isin(size[size > 0].index)]
    ids = found["resource_id"]
    found = found.assign(
        standard_gib=looked_up(ids, size), age=age_days(found["create_time"], as_of)
    )
    found = found.join(_read_gib_per_month(found, resource_costs))
    book = list_prices(prices, "AmazonS3", as_of)
    listed = found["standard_gib"] * book.get("s3-standard", np.nan)
    found = priced(found, run_rate(resource_costs, STANDARD), listed)
    sized = found.assign(size_gib=found["standard_gib"])
    chosen = best(options(sized, book.to_dict()), horizon_months)
    for name in ("storage_class", "monthly_saving", "move_cost", "payback_months"):
        found[name] = looked_up(ids, chosen[name])
    known = found[["reads_per_object", "age", "monthly_cost", "lifecycle"]].notna().all(axis=1)
    found["is_comparable"] = any(c.item in book for c in CLASSES)
    known &= found["is_comparable"]
    quiet = (found["reads_per_object"] <= max_reads_per_object) & (found["age"] >= min_age_days)
    wasted = quiet & (found["monthly_saving"] >= min_saving)
    found["status"] = np.select([wasted & known, known], ["waste", "ok"], default="unknown")
    return _lifecycle_findings(found, max_reads_per_object)


def _lifecycle_findings(found: pd.DataFrame, limit: float) -> pd.DataFrame:
    wasted = found["status"] == "waste"
    return found.assign(
        monthly_saving=found["monthly_saving"].where(wasted),
        monthly_saving_low=np.nan,
        monthly_saving_high=np.nan,
        confidence="medium",
        risk=pd.Series("low", index=found.index, dtype="object").where(wasted, None),
        parameters=[
            {"lifecycle": configuration(row.lifecycle, row.storage_class)}
            if row.status == "waste" else None
            for row in found.itertuples()
        ],
        reason=[_lifecycle_reason(row, limit) for row in found.itertuples()],
        evidence=[
            {
                name: None if pd.isna(value := getattr(row, name)) else round(float(value), 4)
                for name in ("standard_gib", "object_count", "reads_per_object", "move_cost",
                             "payback_months", "age")
            } | {"storage_class": None if pd.isna(row.storage_class) else row.storage_class}
            for row in found.itertuples()
        ],
    )[COLUMNS]  # fmt: skip


def _lifecycle_reason(row: Any, limit: float) -> str:
    if row.lifecycle is None:
        return "Its lifecycle rules could not be read, and to put one replaces them all."
    if row.status == "unknown" and not row.is_comparable:
        return "What a cheaper class costs in this region is not known."
    if row.status == "unknown":
        return "No bill tells how often it is read; Intelligent-Tiering is the choice for that."
    use = (
        f"{row.standard_gib:,.0f} GiB of Standard, each object read {row.reads_per_object:.2f} times "
        f"a month (limit {limit:g})"
    )
    if row.status == "waste":
        return (
            f"{use}: {row.storage_class} is cheaper; the move costs ${row.move_cost:,.2f} once and "
            f"pays back in {row.payback_months:.1f} months."
        )
    return f"{use}: in use, young, or too small to gain by a move."
