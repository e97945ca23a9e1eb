"""What machine learning costs: GPU-hours paid, dollars per GPU-hour, who used them, what stood idle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

ACCELERATED = r"^(?:p|g|gr|trn|inf|dl)\d"
"""Families with accelerators, by their names: what is missing in the table of types is not dropped."""

GPU_METRICS = ("GPUUtilization", "nvidia_smi_utilization_gpu", "utilization_gpu")
"""Names under which SageMaker and the CloudWatch agent publish GPU use, in percent."""

IDLE_BELOW_PCT = 5.0
"""An hour in which no GPU of the machine reaches this is idle."""

AMOUNTS = ["instance_hours", "gpu_hours", "billed_cost", "effective_cost", "list_cost"]


def gpu_usage(usage: pd.DataFrame, instance_types: pd.DataFrame) -> pd.DataFrame:
    """Rows of `queries.usage_by_instance_type` on machines with GPUs, with their GPU-hours.

    Adds family, gpu_name, purchase_option and AMOUNTS. gpu_hours are instance hours x GPUs of the type;
    NA where an accelerated family's type is not in `instance_types`. An "ml." type has the hardware of
    the EC2 type of that name.
    """
    kinds = instance_types.drop_duplicates("instance_type").set_index("instance_type")
    hardware = usage["x_InstanceType"].str.removeprefix("ml.")
    gpus = hardware.map(kinds["gpu_count"]).astype("float64")
    accelerated = gpus.gt(0) | (gpus.isna() & hardware.str.contains(ACCELERATED, na=False))
    found = usage.assign(
        family=hardware.str.split(".").str[0],
        gpu_name=hardware.map(kinds["gpu_name"]),
        purchase_option=purchase_option(usage),
        instance_hours=usage["ConsumedQuantity"],
        gpu_hours=usage["ConsumedQuantity"] * gpus,
        billed_cost=usage["BilledCost"],
        effective_cost=usage["EffectiveCost"],
        list_cost=usage["ListCost"],
    )
    return found[accelerated].reset_index(drop=True)


def purchase_option(usage: pd.DataFrame) -> pd.Series:
    """on_demand, spot, savings_plan, reserved_instance, committed (kind not stated) or not_stated."""
    kind = usage["CommitmentDiscountType"].fillna("").str.lower()
    category = usage["PricingCategory"].fillna("")
    committed = category.eq("Committed")
    return pd.Series(
        np.select(
            [
                category.eq("Standard"),
                category.eq("Dynamic"),
                committed & kind.str.contains("savings"),
                committed & kind.str.contains("reserv"),
                committed,
            ],
            ["on_demand", "spot", "savings_plan", "reserved_instance", "committed"],
            "not_stated",
        ),
        index=usage.index,
    )


def gpu_costs(
    gpus: pd.DataFrame, by: Sequence[str] = ("family", "purchase_option")
) -> pd.DataFrame:
    """AMOUNTS of `gpu_usage` by these columns and the effective dollars per GPU-hour, dearest first.

    GPU-hours of a group are NA where those of one of its rows are: a part of the hours would make the
    price per hour wrong.
    """
    rows = gpus.assign(is_unknown=gpus["gpu_hours"].isna())
    found = rows.groupby(list(by), dropna=False, as_index=False)[[*AMOUNTS, "is_unknown"]].sum()
    found["gpu_hours"] = found["gpu_hours"].mask(found["is_unknown"].gt(0))
    found["cost_per_gpu_hour"] = (found["effective_cost"] / found["gpu_hours"]).where(
        found["gpu_hours"] > 0
    )
    return (
        found.drop(columns="is_unknown")
        .sort_values("effective_cost", ascending=False, ignore_index=True)
    )  # fmt: skip


def gpu_idle(
    resources: pd.DataFrame,
    metrics: pd.DataFrame,
    instance_types: pd.DataFrame,
    *,
    idle_below_pct: float = IDLE_BELOW_PCT,
) -> pd.DataFrame:
    """Per GPU resource (RESOURCE_COSTS): paid hours, cost, measured hours, idle_share and idle_cost.

    An interval is idle where no GPU of the resource reaches `idle_below_pct` in it. Without METRICS rows of
    a GPU the share is NA: not measured is not idle. idle_cost is cost x share over the whole window.
    """
    key = ["account_id", "region", "resource_id"]
    kinds = instance_types.drop_duplicates("instance_type").set_index("instance_type")["gpu_count"]
    on_gpu = resources["instance_type"].str.removeprefix("ml.").map(kinds).gt(0)
    by_hour = resources["unit"].str.lower().str.startswith(("hour", "hrs")).eq(True)
    paid = resources[on_gpu & by_hour]
    costs = paid.groupby(
        [*key, "service", "instance_type"], as_index=False, dropna=False
    )[["consumed_quantity", "billed_cost", "effective_cost"]].sum()  # fmt: skip
    used = metrics[metrics["metric"].isin(GPU_METRICS)]
    busiest = used.groupby([*key, "time", "period_s"], as_index=False)["value"].max()
    busiest["idle_s"] = busiest["period_s"].where(busiest["value"] < idle_below_pct, 0.0)
    seconds = busiest.groupby(key, as_index=False)[["period_s", "idle_s"]].sum()
    found = costs.merge(seconds, on=key, how="left")
    found["measured_hours"] = found.pop("period_s") / 3600
    found["idle_share"] = found.pop("idle_s") / (found["measured_hours"] * 3600)
    found["idle_cost"] = found["effective_cost"] * found["idle_share"]
    return (
        found.rename(columns={"consumed_quantity": "paid_hours"})
        .sort_values("effective_cost", ascending=False, ignore_index=True)
    )  # fmt: skip
