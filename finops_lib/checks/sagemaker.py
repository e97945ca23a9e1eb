"""SageMaker endpoints and notebook instances."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from finops_lib.checks.measures import (
    age_days,
    is_complete,
    looked_up,
    measured,
    too_young,
    windowed,
)
from finops_lib.checks.pricing import all_saved, list_prices, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import HOURS_PER_MONTH

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "monthly_cost", "monthly_saving", "price_basis",
]  # fmt: skip


@check(
    title="Idle SageMaker endpoints",
    why="A real-time endpoint bills its machines around the clock, asked or not.",
    needs=("endpoints", "metrics", "resource_costs", "prices"),
    permissions=("sagemaker:ListEndpoints", "sagemaker:DescribeEndpoint",
                 "sagemaker:DescribeEndpointConfig", "cloudwatch:GetMetricData"),
    action="delete_endpoint",
    service="Amazon SageMaker",
    guard="Invocations per endpoint and variant; serverless and asynchronous ones are left alone; age counts from the last change.",
)  # fmt: skip
def idle_sagemaker_endpoints(
    endpoints: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
) -> pd.DataFrame:
    """Variants in service that were not invoked once over the window.

    CloudWatch has few or no data of what is not invoked: where they do not cover the window the finding
    is of medium confidence if the endpoint's machines report their CPU over it, and unknown if not.
    A variant from which inference components serve is asked by their names: without a call it is unknown.
    """
    recent = windowed(metrics, as_of, window_days)
    by = ("resource_id", "dimension")
    calls = measured(recent, "AWS/SageMaker", "Invocations", "Sum", by)
    alive = measured(recent, "/aws/sagemaker/Endpoints", "CPUUtilization", "Maximum", by)
    keys = pd.MultiIndex.from_frame(endpoints[["resource_id", "variant_name"]])
    age = age_days(endpoints["last_modified_at"], as_of)
    found = endpoints.assign(
        calls=calls["total"].reindex(keys).to_numpy(), age=age, part=endpoints["variant_name"],
        cpu=alive["maximum"].reindex(keys).to_numpy(),
    )  # fmt: skip
    apart = found["is_serverless"].fillna(False).astype(bool) | found["is_async"].fillna(
        False
    ).astype(bool)
    complete = is_complete(
        pd.Series(calls["hours"].reindex(keys).to_numpy(), index=found.index), window_days
    )
    seen = is_complete(
        pd.Series(alive["hours"].reindex(keys).to_numpy(), index=found.index), window_days
    )
    parted = found["has_components"].fillna(False).astype(bool)
    silent = (found["calls"].fillna(0.0) == 0) & (complete | seen) & ~parted
    status = np.select(
        [apart | (found["status"] != "InService") | (age < window_days) | (found["calls"] > 0), silent],
        ["ok", "waste"], default="unknown",
    )  # fmt: skip
    listed = (
        looked_up(found["instance_type"], list_prices(prices, "AmazonSageMaker", as_of, "hosting"))
        * HOURS_PER_MONTH
    )
    machines = found["instance_count"].fillna(1).astype("float64")
    share = _share_of_endpoint(found, machines)
    billed = run_rate(resource_costs)
    found = priced(found.assign(status=status), billed, listed * machines)
    found["monthly_cost"] = found["monthly_cost"].where(
        found["price_basis"] == "list", found["monthly_cost"] * share
    )
    found = all_saved(found)
    # Deleting the endpoint would take the variants that are asked with it.
    whole = (found["status"] == "waste").groupby([found[k] for k in KEY]).transform("all")
    return found.assign(
        action=np.where(whole, "delete_endpoint", "remove_endpoint_variant"),
        claim_key=found["account_id"] + "/" + found["resource_id"] + "/" + found["variant_name"],
        reason=[
            "Serverless or asynchronous: it bills no idle machine."
            if bool(row.is_serverless) or bool(row.is_async)
            else too_young("Changed", row.age, window_days)
            if row.age < window_days
            else "Inference components serve from it, and calls of them are not measured."
            if row.status == "unknown" and row.has_components is True
            else f"Invocations are not measured over the whole window of {window_days} days."
            if row.status == "unknown"
            else f"{0 if pd.isna(row.calls) else row.calls:g} invocations over {window_days} days."
            for row in found.itertuples()
        ],
        evidence=[
            {
                "invocations": None if pd.isna(row.calls) else float(row.calls), "variant": row.variant_name,
                "window_days": window_days, "instance_type": None if pd.isna(row.instance_type) else row.instance_type,
                "age_days": None if pd.isna(row.age) else round(row.age, 2),
            }
            for row in found.itertuples()
        ],
        confidence=np.where(~complete & (status == "waste"), "medium", "high"),
    )[[*COLUMNS, "action", "claim_key", "part"]]  # fmt: skip


def _share_of_endpoint(found: pd.DataFrame, machines: pd.Series) -> pd.Series:
    """Variants of one endpoint share its bill by their machines."""
    return machines / machines.groupby(found["resource_id"]).transform("sum")


@check(
    title="Idle notebook instances",
    why="A notebook that was left running overnight bills like one at work.",
    needs=("notebook_instances", "metrics", "resource_costs", "prices"),
    permissions=("sagemaker:ListNotebookInstances", "sagemaker:DescribeNotebookInstance",
                 "cloudwatch:GetMetricData"),
    action="stop_notebook_instance",
    service="Amazon SageMaker",
    guard="Measured CPU decides; without it only a long time since the last change, at medium confidence.",
)  # fmt: skip
def idle_notebook_instances(
    notebook_instances: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    cpu_limit_pct: float = 5.0,
) -> pd.DataFrame:
    """Notebook instances in service whose CPU stayed below the limit in every hour of the window."""
    cpu = measured(
        windowed(metrics, as_of, window_days),
        "/aws/sagemaker/NotebookInstances",
        "CPUUtilization",
        "Maximum",
    )
    ids = notebook_instances["resource_id"]
    found = notebook_instances.assign(
        cpu=looked_up(ids, cpu["maximum"]),
        age=age_days(notebook_instances["last_modified_at"], as_of),
    )
    complete = is_complete(looked_up(ids, cpu["hours"]), window_days)
    on = found["status"] == "InService"
    status = np.select(
        [~on | (found["age"] < window_days) | (found["cpu"] >= cpu_limit_pct), complete],
        ["ok", "waste"], default="unknown",
    )  # fmt: skip
    listed = (
        looked_up(found["instance_type"], list_prices(prices, "AmazonSageMaker", as_of, "notebook"))
        * HOURS_PER_MONTH
    )
    found = all_saved(priced(found.assign(status=status), run_rate(resource_costs), listed))
    return found.assign(
        reason=[
            "It is stopped."
            if not is_on
            else f"CPU is not measured over the whole window of {window_days} days."
            if row.status == "unknown"
            else f"Highest CPU {row.cpu:.1f} % (limit {cpu_limit_pct:g} %) over {window_days} days, "
            f"last changed {row.age:.0f} days ago."
            if not pd.isna(row.cpu)
            else too_young("Changed", row.age, window_days)
            for row, is_on in zip(found.itertuples(), on, strict=True)
        ],
        evidence=[
            {
                "cpu_max_pct": None if pd.isna(row.cpu) else round(row.cpu, 3), "window_days": window_days,
                "age_days": None if pd.isna(row.age) else round(row.age, 2),
            }
            for row in found.itertuples()
        ],
        confidence="high",
    )[COLUMNS]  # fmt: skip
