"""Bytes that take an expensive way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.checks.measures import is_complete, looked_up, measured, windowed
from finops_lib.checks.pricing import list_prices, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import HOURS_PER_DAY, HOURS_PER_MONTH

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "risk", "parameters", "monthly_cost",
    "monthly_saving", "monthly_saving_low", "monthly_saving_high", "price_basis",
]  # fmt: skip

GIB = 2**30
FREE_SERVICES = ("s3", "dynamodb")
"""What gateway endpoints serve without charge."""

ANSWERED = "BytesInFromDestination"
ASKED = "BytesOutToDestination"


def _missing(vpcs: pd.Series, endpoints: pd.DataFrame) -> pd.Series:
    """Per network the services, separated by blanks, that it has no gateway endpoint for."""
    gateways = endpoints[endpoints["endpoint_type"] == "Gateway"]
    service = gateways["service_name"].str.extract(r"([^.]*)$", expand=False)
    has = service.groupby(gateways["vpc_id"]).agg(set).to_dict()
    return vpcs.map(lambda vpc: " ".join(s for s in FREE_SERVICES if s not in has.get(vpc, set())))


@check(
    title="NAT gateways that carry what a gateway endpoint carries free",
    why="A NAT gateway charges for every byte to S3 and DynamoDB; a gateway endpoint charges for none.",
    needs=("nat_gateways", "vpc_endpoints", "metrics", "resource_costs", "prices"),
    permissions=("ec2:DescribeNatGateways", "ec2:DescribeVpcEndpoints", "cloudwatch:GetMetricData"),
    action="create_gateway_endpoint",
    service="Amazon Elastic Compute Cloud",
    guard="Only networks without the endpoint. How much of the traffic goes there, no metric tells: the "
    "share is an assumption, stated as a band, and flow logs settle it.",
)
def nat_gateway_endpoint_traffic(
    nat_gateways: pd.DataFrame,
    vpc_endpoints: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    min_gib_per_day: float = 10.0,
    share_low: float = 0.25,
    share: float = 0.5,
    share_high: float = 0.75,
) -> pd.DataFrame:
    """Public NAT gateways that process `min_gib_per_day` or more in networks without a gateway endpoint.

    Saved is `share` of the data charge (band: `share_low` to `share_high`); the gateway's hours stay.
    """
    found = nat_gateways[
        (nat_gateways["state"] == "available") & (nat_gateways["connectivity"] != "private")
    ]
    ids = found["resource_id"]
    recent = windowed(metrics, as_of, window_days)
    ways = [measured(recent, "AWS/NATGateway", way, "Sum") for way in (ASKED, ANSWERED)]
    complete = is_complete(looked_up(ids, ways[0]["hours"]), window_days) & is_complete(
        looked_up(ids, ways[1]["hours"]), window_days
    )
    gib_per_day = sum(looked_up(ids, way["total"]) for way in ways) / GIB / window_days
    found = found.assign(gib_per_day=gib_per_day, missing=_missing(found["vpc_id"], vpc_endpoints))
    price = list_prices(prices, "AmazonVPC", as_of).get("nat-gateway-data", np.nan)
    billed = looked_up(ids, run_rate(resource_costs, "NatGateway-Bytes"))
    cost = billed.where(billed > 0, found["gib_per_day"] / HOURS_PER_DAY * HOURS_PER_MONTH * price)
    served = found["missing"] == ""
    status = np.select(
        [served | (found["gib_per_day"] < min_gib_per_day), ~complete], ["ok", "unknown"], "waste"
    )
    wasted = pd.Series(status == "waste", index=found.index)
    shares = {"_low": share_low, "": share, "_high": share_high}
    return found.assign(
        status=status,
        monthly_cost=cost,
        price_basis=np.where(billed > 0, "billed", "list"),
        **{f"monthly_saving{end}": (cost * part).where(wasted) for end, part in shares.items()},
        confidence="medium",
        risk=pd.Series("low", index=found.index, dtype="object").where(wasted, None),
        parameters=[
            {"vpc_id": vpc, "services": missing} if is_waste else None
            for vpc, missing, is_waste in zip(
                found["vpc_id"], found["missing"], wasted, strict=True
            )
        ],
        reason=[
            _nat_reason(row, state, window_days, min_gib_per_day, share)
            for row, state in zip(found.itertuples(), status, strict=True)
        ],
        evidence=[
            {
                "gib_per_day": None if pd.isna(row.gib_per_day) else round(row.gib_per_day, 3),
                "missing_endpoints": row.missing, "vpc_id": row.vpc_id, "share": share,
                "window_days": window_days,
            }
            for row in found.itertuples()
        ],
    )[COLUMNS]  # fmt: skip


def _nat_reason(row: Any, status: str, window_days: int, limit: float, share: float) -> str:
    if status == "unknown":
        return f"Traffic is not measured over the whole window of {window_days} days."
    if row.missing == "":
        return "Its network has gateway endpoints for S3 and DynamoDB."
    traffic = f"{row.gib_per_day:.1f} GiB a day over {window_days} days (limit {limit:g})"
    if status == "ok":
        return f"{traffic}: too little to matter."
    return (
        f"{traffic} in a network without gateway endpoint for {row.missing.replace(' ', ' and ')}; "
        f"{100 * share:g} % of it is assumed to go there."
    )


@check(
    title="Instances that send much to other zones",
    why="A byte between availability zones is charged at both ends, the same at every hour: moving a "
    "transfer to the night saves nothing, so no check looks for transfer windows.",
    needs=("instances", "resource_costs"),
    permissions=("ec2:DescribeInstances",),
    action="review",
    service="Amazon Elastic Compute Cloud",
    guard="The bill itself names the sender. What of it placement could avoid is a question of design: "
    "the band begins at nothing, and a person decides.",
)
def cross_az_transfer(
    instances: pd.DataFrame,
    resource_costs: pd.DataFrame,
    *,
    as_of: datetime,
    min_cost: float = 50.0,
    avoidable_share: float = 0.5,
) -> pd.DataFrame:
    """Instances whose traffic to other zones costs `min_cost` dollars a month or more.

    Zone-aware clients and replicas read in their own zone; `avoidable_share` of the charge is the likely
    saving, the band goes from nothing to all of it.
    """
    billed = run_rate(resource_costs, "DataTransfer-Regional-Bytes")
    cost = looked_up(instances["resource_id"], billed)
    found = instances.assign(monthly_cost=cost)[cost > 0]
    wasted = found["monthly_cost"] >= min_cost
    return found.assign(
        status=np.where(wasted, "waste", "ok"),
        price_basis="billed",
        monthly_saving_low=pd.Series(0.0, index=found.index).where(wasted),
        monthly_saving=(found["monthly_cost"] * avoidable_share).where(wasted),
        monthly_saving_high=found["monthly_cost"].where(wasted),
        confidence="low",
        risk=pd.Series("medium", index=found.index, dtype="object").where(wasted, None),
        parameters=None,
        claim_key=found["account_id"] + "/" + found["resource_id"] + "/transfer",
        reason=[
            f"Traffic to other zones costs ${cost:.2f} a month (limit ${min_cost:g})."
            for cost in found["monthly_cost"]
        ],
        evidence=[
            {
                "monthly_cost": round(float(row.monthly_cost), 4), "min_cost": min_cost,
                "availability_zone": row.availability_zone, "instance_type": row.instance_type,
            }
            for row in found.itertuples()
        ],
    )[[*COLUMNS, "claim_key"]]  # fmt: skip
