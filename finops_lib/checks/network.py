"""Addresses, load balancers and NAT gateways."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from finops_lib.checks.measures import (
    age_days,
    is_complete,
    looked_up,
    measured,
    not_read,
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

TRAFFIC = {
    "application": tuple(
        ("AWS/ApplicationELB", metric, "Sum")
        for metric in ("RequestCount", "HTTP_Redirect_Count", "HTTP_Fixed_Response_Count")
    ),
    "network": (
        ("AWS/NetworkELB", "ActiveFlowCount", "Maximum"), ("AWS/NetworkELB", "NewFlowCount", "Sum"),
        ("AWS/NetworkELB", "NewFlowCount_TLS", "Sum"),
    ),
    "gateway": (("AWS/GatewayELB", "ProcessedBytes", "Sum"),),
    "classic": (("AWS/ELB", "RequestCount", "Sum"),),
}  # fmt: skip
"""What tells that a load balancer of a kind is used: namespace, metric, statistic; any of them is use.

RequestCount counts what is sent to a target, not what the balancer itself redirects or answers
(https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html).
"""

ALWAYS_REPORTED = ("AWS/ApplicationELB", "ConsumedLCUs", "Maximum")
"""RequestCount is only reported if it is not zero, this always: it tells silence from not measured
(https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html)."""


@check(
    title="Unused Elastic IP addresses",
    why="Every public IPv4 address is billed by the hour, attached or not.",
    needs=("addresses", "resource_costs", "prices"),
    permissions=("ec2:DescribeAddresses",),
    action="release_address",
    service="Amazon Virtual Private Cloud",
    guard="An address with any association is in use.",
)
def idle_elastic_ips(
    addresses: pd.DataFrame, resource_costs: pd.DataFrame, prices: pd.DataFrame, *, as_of: datetime
) -> pd.DataFrame:
    """Elastic IP addresses that are attached to no instance and no network interface."""
    used = addresses[["association_id", "instance_id", "network_interface_id"]].notna().any(axis=1)
    found = addresses.assign(status=np.where(used, "ok", "waste"))
    hourly = list_prices(prices, "AmazonVPC", as_of).get("public-ipv4", np.nan)
    found = all_saved(priced(found, run_rate(resource_costs), hourly * HOURS_PER_MONTH))
    return found.assign(
        reason=np.where(used, "It is attached.", "It is attached to nothing."),
        evidence=[{"association_id": None if pd.isna(a) else a} for a in found["association_id"]],
        confidence="high",
    )[COLUMNS]


@check(
    title="Idle load balancers",
    why="A load balancer bills by the hour even if nobody asks it anything.",
    needs=("load_balancers", "metrics", "gaps", "resource_costs", "prices"),
    permissions=(
        "elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTargetHealth",
        "cloudwatch:GetMetricData",
    ),
    action="delete_load_balancer",
    service="Elastic Load Balancing",
    guard="Traffic of its own kind over a full window; younger ones are left alone.",
)  # fmt: skip
def idle_load_balancers(
    load_balancers: pd.DataFrame,
    metrics: pd.DataFrame,
    gaps: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
) -> pd.DataFrame:
    """Load balancers without any traffic over the window, or without data where that means none.

    Traffic is requests of application and classic ones (redirects and fixed answers too), flows of network
    ones, bytes of gateway ones. Without data of it there was none if there is no target, or if the balancer
    reported its capacity over the whole window; an application one without targets may redirect, so where
    CloudWatch could not be read it is unknown.
    """
    recent = windowed(metrics, as_of, window_days)
    traffic = _traffic(load_balancers, recent)
    ids = load_balancers["resource_id"]
    found = load_balancers.assign(
        traffic=looked_up(ids, traffic["total"]), age=age_days(load_balancers["create_time"], as_of)
    )
    targetless = (found["target_count"] == 0).fillna(False).astype(bool)
    seen = measured(recent, *ALWAYS_REPORTED)["hours"]
    complete = is_complete(looked_up(ids, traffic["hours"]), window_days) | is_complete(
        looked_up(ids, seen), window_days
    )
    none = found["traffic"].fillna(0.0) == 0
    blind = (found["kind"] == "application") & not_read(found, gaps, "metrics")
    silent = (complete & none) | (found["traffic"].isna() & targetless & ~blind)
    status = np.select(
        [(found["age"] < window_days) | (found["traffic"] > 0), silent],
        ["ok", "waste"],
        default="unknown",
    )
    listed = looked_up(found["kind"], list_prices(prices, "AWSELB", as_of)) * HOURS_PER_MONTH
    found = all_saved(priced(found.assign(status=status), run_rate(resource_costs), listed))
    return found.assign(
        reason=[
            too_young("Made", row.age, window_days)
            if row.age < window_days
            else f"No data of its traffic over {window_days} days."
            if row.status == "unknown"
            else f"{0 if pd.isna(row.traffic) else row.traffic:g} requests, flows or bytes over {window_days} days, "
            f"{row.target_count} targets."
            for row in found.itertuples()
        ],
        evidence=[
            {
                "traffic": None if pd.isna(row.traffic) else float(row.traffic), "kind": row.kind,
                "target_count": None if pd.isna(row.target_count) else int(row.target_count),
                "window_days": window_days, "age_days": None if pd.isna(row.age) else round(row.age, 2),
            }
            for row in found.itertuples()
        ],
        confidence="high",
    )[COLUMNS]  # fmt: skip


def _traffic(load_balancers: pd.DataFrame, recent: pd.DataFrame) -> pd.DataFrame:
    """Per balancer the total of what tells its use, and the hours that the best measured of it covers."""
    frames = [
        measured(recent, *source).reindex(
            load_balancers.loc[load_balancers["kind"] == kind, "resource_id"].unique()
        )[["total", "hours"]]
        for kind, sources in TRAFFIC.items()
        for source in sources
    ]
    by_balancer = pd.concat(frames).groupby(level=0)
    return pd.DataFrame(
        {"total": by_balancer["total"].sum(min_count=1), "hours": by_balancer["hours"].max()}
    )


@check(
    title="Idle NAT gateways",
    why="A NAT gateway bills by the hour and by the byte; one without traffic still bills the hours.",
    needs=("nat_gateways", "metrics", "resource_costs", "prices"),
    permissions=("ec2:DescribeNatGateways", "cloudwatch:GetMetricData"),
    action="delete_nat_gateway",
    service="Amazon Elastic Compute Cloud",
    guard="Bytes out over a full window; data that lack make it unknown.",
)
def idle_nat_gateways(
    nat_gateways: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
) -> pd.DataFrame:
    """NAT gateways that sent nothing to any destination over the window."""
    sent = measured(
        windowed(metrics, as_of, window_days), "AWS/NATGateway", "BytesOutToDestination", "Sum"
    )
    ids = nat_gateways["resource_id"]
    found = nat_gateways.assign(
        traffic=looked_up(ids, sent["total"]), age=age_days(nat_gateways["create_time"], as_of)
    )
    complete = is_complete(looked_up(ids, sent["hours"]), window_days)
    status = np.select(
        [(found["traffic"] > 0) | (found["age"] < window_days), complete & (found["traffic"] == 0)],
        ["ok", "waste"],
        default="unknown",
    )
    hourly = list_prices(prices, "AmazonVPC", as_of).get("nat-gateway", np.nan)
    found = all_saved(
        priced(found.assign(status=status), run_rate(resource_costs), hourly * HOURS_PER_MONTH)
    )
    return found.assign(
        reason=[
            f"{0 if pd.isna(row.traffic) else row.traffic / 2**30:.1f} GiB sent over {window_days} days."
            if row.status != "unknown"
            else f"Bytes are not measured over the whole window of {window_days} days."
            for row in found.itertuples()
        ],
        evidence=[
            {
                "bytes_out": None if pd.isna(row.traffic) else float(row.traffic),
                "window_days": window_days,
            }
            for row in found.itertuples()
        ],
        confidence="high",
    )[COLUMNS]
