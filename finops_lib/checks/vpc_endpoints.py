"""Interface endpoints of networks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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
    title="Unused interface endpoints",
    why="An interface endpoint bills every hour in each of its zones, whether or not a byte goes through.",
    needs=("vpc_endpoints", "metrics", "resource_costs", "prices"),
    permissions=("ec2:DescribeVpcEndpoints", "cloudwatch:GetMetricData"),
    action="delete_vpc_endpoint",
    service="Amazon Virtual Private Cloud",
    guard="Bytes over a full window; data that lack make it unknown; gateway endpoints are free.",
)
def unused_interface_endpoints(
    vpc_endpoints: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
) -> pd.DataFrame:
    """Interface endpoints that carried no byte over the window, at the hourly price of each subnet."""
    billed = (vpc_endpoints["endpoint_type"] == "Interface") & (
        vpc_endpoints["state"].str.lower() == "available"
    )
    found = vpc_endpoints[billed.fillna(False).astype(bool)]
    carried = measured(
        windowed(metrics, as_of, window_days), "AWS/PrivateLinkEndpoints", "BytesProcessed", "Sum"
    )
    ids = found["resource_id"]
    found = found.assign(
        traffic=looked_up(ids, carried["total"]), age=age_days(found["create_time"], as_of)
    )
    complete = is_complete(looked_up(ids, carried["hours"]), window_days)
    young = found["age"].between(0, window_days, inclusive="left")
    status = np.select(
        [(found["traffic"] > 0) | young, complete], ["ok", "waste"],
        default="unknown",
    )  # fmt: skip
    hourly = list_prices(prices, "AmazonVPC", as_of).get("interface-endpoint", np.nan)
    listed = found["subnet_count"].astype("float64") * hourly * HOURS_PER_MONTH
    found = all_saved(priced(found.assign(status=status), run_rate(resource_costs), listed))
    return found.assign(
        reason=[_reason(row, window_days) for row in found.itertuples()],
        evidence=[
            {
                "bytes": None if pd.isna(row.traffic) else float(row.traffic),
                "window_days": window_days, "service_name": row.service_name,
                "subnets": None if pd.isna(row.subnet_count) else int(row.subnet_count),
                "age_days": None if pd.isna(row.age) else round(row.age, 2),
            }
            for row in found.itertuples()
        ],
        confidence="high",
    )[COLUMNS]  # fmt: skip


def _reason(row: Any, window_days: int) -> str:
    if row.status == "unknown":
        return f"Bytes are not measured over the whole window of {window_days} days."
    if 0 <= row.age < window_days and not row.traffic > 0:
        return too_young("Made", row.age, window_days)
    return f"{row.traffic:.0f} bytes over {window_days} days, billed in {row.subnet_count} subnets."
