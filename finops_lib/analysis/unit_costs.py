"""What one unit of business costs: a prediction, a thousand requests, a training run, a GPU-hour in use."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from finops_lib.errors import ParameterError
from finops_lib.units import HOURS_PER_MONTH

NAMESPACE = "AWS/SageMaker"
INVOCATIONS = "Invocations"
METRIC_COLUMNS = ("month", "metric", "value")
"""Columns of a frame of business metrics; `team` may stand beside them."""

LATENCY = "ModelLatency"
MICROSECONDS_PER_SECOND = 1e6
SERVERLESS_GIB = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
"""The sizes of serverless inference (https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html)."""

PER = {"predictions": 1.0, "thousand requests": 1000.0}
"""Unit to how many invocations make one."""


def business_metrics(frame: pd.DataFrame) -> pd.DataFrame:
    """Month (a moment), metric, value, team (NA: of all) of a CSV-shaped frame.

    Raises ParameterError for a missing column, a value that is no number or a month that is no date.
    """
    missing = [name for name in METRIC_COLUMNS if name not in frame]
    if missing:
        raise ParameterError(
            f"The business metrics lack the column {', '.join(missing)}; they need month, metric, value."
        )
    try:
        known = frame.assign(
            month=pd.to_datetime(frame["month"].astype("str")).astype("datetime64[us]"),
            value=pd.to_numeric(frame["value"]).astype("float64"),
        )
    except ValueError as error:
        raise ParameterError(f"The business metrics cannot be read: {error}") from None
    return known.reindex(columns=[*METRIC_COLUMNS, "team"])


def team_metrics(metrics: pd.DataFrame, month: pd.Timestamp) -> dict[str, dict[str, float]]:
    """Metric to team to value in that month: what pools are split by."""
    rows = metrics[metrics["month"].eq(month) & metrics["team"].notna()]
    return {
        str(name): group.groupby("team")["value"].sum().to_dict()
        for name, group in rows.groupby("metric")
    }


def cost_per_unit(cost: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """month, metric, cost, value, unit_cost, change: the cost of one unit per month, and its trend.

    Takes month and cost, and `business_metrics`. `unit_cost` is NA where no unit was made or counted;
    `change` is the share by which it moved against the month before.
    """
    totals = units.groupby(["month", "metric"], as_index=False)["value"].sum()
    table = cost[["month", "cost"]].merge(totals, on="month").sort_values(["metric", "month"])
    table["unit_cost"] = table["cost"] / table["value"].where(table["value"] > 0)
    table["change"] = table.groupby("metric")["unit_cost"].pct_change(fill_method=None)
    return table[["month", "metric", "cost", "value", "unit_cost", "change"]].reset_index(drop=True)


def invocations(metrics: pd.DataFrame) -> pd.DataFrame:
    """The rows of METRICS that are sums of the requests to SageMaker's endpoints."""
    ours = metrics[metrics["namespace"].eq(NAMESPACE) & metrics["metric"].eq(INVOCATIONS)]
    return ours[ours["stat"].eq("Sum")]


def endpoint_invocations(metrics: pd.DataFrame) -> pd.DataFrame:
    """account_id, region, resource_id, invocations, busy_hours, observed_hours from METRICS.

    Sums of SageMaker's Invocations; an hour is busy where it has any. Where the sums of parts and of
    the whole are both there, the whole counts.
    """
    rows = invocations(metrics)
    keys = ["account_id", "region", "resource_id"]
    whole = rows["dimension"].isna().groupby([rows[key] for key in keys]).transform("any")
    rows = rows[~whole | rows["dimension"].isna()]
    points = rows.groupby([*keys, "time", "period_s"], as_index=False)["value"].sum()
    hours = points["period_s"] / 3600.0
    return (
        points.assign(observed_hours=hours, busy_hours=hours.where(points["value"] > 0, 0.0))
        .groupby(keys, as_index=False)
        .agg(
            invocations=("value", "sum"),
            busy_hours=("busy_hours", "sum"),
            observed_hours=("observed_hours", "sum"),
        )
    )


def cost_per_prediction(endpoints: pd.DataFrame, invocations: pd.DataFrame) -> pd.DataFrame:
    """Endpoint, monthly_cost, invocations a month, idle_share and unit costs with and without idle hours.

    Takes keys and monthly_cost of each endpoint, and `endpoint_invocations`. `with_idle` and
    `without_idle` are dollars per 1,000 requests (NA where there are none); an endpoint that has no
    metric keeps NA everywhere, for nothing is known of it.
    """
    table = endpoints.merge(invocations, on=["account_id", "region", "resource_id"], how="left")
    observed = table["observed_hours"].where(table["observed_hours"] > 0)
    table["monthly_invocations"] = table["invocations"] / observed * HOURS_PER_MONTH
    table["idle_share"] = 1.0 - table["busy_hours"] / observed
    thousands = table["monthly_invocations"].where(table["monthly_invocations"] > 0) / PER["thousand requests"]  # fmt: skip
    table["with_idle"] = table["monthly_cost"] / thousands
    table["without_idle"] = table["with_idle"] * (1.0 - table["idle_share"])
    return table.drop(columns=["invocations", "busy_hours", "observed_hours"])


def cost_per_gpu_hour_used(
    cost: float, gpu_hours: float, utilization: float
) -> Mapping[str, float]:
    """Dollars per GPU-hour "paid" for, and per hour in which a GPU worked ("used").

    `utilization` is the mean share of the GPUs in use, 0 to 1; what is unknown or zero gives NaN.
    """
    paid = cost / gpu_hours if gpu_hours > 0 else np.nan
    return {"paid": paid, "used": paid / utilization if utilization > 0 else np.nan}


def cost_per_training_run(jobs: pd.DataFrame, hourly_price: Mapping[str, float]) -> pd.DataFrame:
    """month, runs, completed, cost, per_run, per_completed_run of TRAINING_JOBS.

    A run costs its billable seconds times its machines at the instance type's hourly price; a run whose
    price or length is unknown makes its month's costs NA. Failed runs weigh on the completed ones.
    """
    hours = jobs["billable_seconds"] / 3600.0 * jobs["instance_count"].astype("float64")
    cost = hours * jobs["instance_type"].map(hourly_price).astype("float64")
    month = jobs["start_time"].fillna(jobs["create_time"]).dt.to_period("M").dt.to_timestamp()
    runs = pd.DataFrame({
        "month": month, "cost": cost, "completed": jobs["status"].eq("Completed"),
    })  # fmt: skip
    table = runs.groupby("month", as_index=False).agg(
        runs=("cost", "size"), completed=("completed", "sum"),
        cost=("cost", lambda values: values.sum(skipna=False)),
    )  # fmt: skip
    table["per_run"] = table["cost"] / table["runs"]
    table["per_completed_run"] = table["cost"] / table["completed"].where(table["completed"] > 0)
    return table


def request_seconds(metrics: pd.DataFrame) -> pd.Series:
    """resource_id to the mean seconds that its model takes for a request, from METRICS.

    SageMaker's ModelLatency, in microseconds (https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html):
    each hour's mean weighs as many requests as the hour has, where they are known.
    """
    keys = ["resource_id", "dimension", "time"]
    ours = metrics[metrics["namespace"].eq(NAMESPACE)]
    told = ours[ours["metric"].eq(LATENCY) & ours["stat"].eq("Average")]
    asked = invocations(metrics)
    rows = told[[*keys, "value"]].merge(
        asked[[*keys, "value"]].rename(columns={"value": "requests"}), on=keys, how="left"
    )
    weight = rows["requests"].where(
        rows.groupby("resource_id")["requests"].transform("sum") > 0, 1.0
    )
    weight = weight.fillna(0.0)
    sums = (rows["value"] * weight).groupby(rows["resource_id"]).sum()
    return sums / weight.groupby(rows["resource_id"]).sum() / MICROSECONDS_PER_SECOND


def serverless_size(needed_gib: pd.Series) -> pd.Series:
    """The smallest of SERVERLESS_GIB that holds each need; NA for an unknown need and one beyond all."""
    sizes = np.asarray(SERVERLESS_GIB)
    place = np.searchsorted(sizes, needed_gib.fillna(np.inf).to_numpy("float64"))
    return pd.Series(np.append(sizes, np.nan)[place], index=needed_gib.index)


def serverless_break_even(
    monthly_cost: pd.Series, *, seconds_per_request: pd.Series, memory_gib: pd.Series,
    price_per_gib_second: pd.Series,
) -> pd.Series:  # fmt: skip
    """Requests a month below which serverless inference costs less than the endpoint.

    Serverless is billed by the second of each request at its memory size, in proportion to it (of
    USE1-ServerlessInf:Mem-3GB the price list asks 0.00006 USD a second in 2026-09, three times
    that of 1 GB; https://aws.amazon.com/sagemaker/pricing/); data processing is not in it. NA where a
    request costs nothing or something of it is unknown.
    """
    each = seconds_per_request * memory_gib * price_per_gib_second
    return monthly_cost / each.where(each > 0)


def smaller_instance_break_even(
    *,
    requests_at_peak: float,
    peak_utilization: float,
    capacity_ratio: float,
    headroom: float = 0.2,
) -> float:
    """Requests per hour at peak that a smaller instance still carries with that headroom.

    `capacity_ratio` is the smaller instance's capacity over the present one's; `peak_utilization` is
    what the present one shows (0 to 1) at `requests_at_peak` an hour. NaN where it shows none.
    """
    if peak_utilization <= 0:
        return float("nan")
    return requests_at_peak / peak_utilization * capacity_ratio * (1.0 - headroom)
