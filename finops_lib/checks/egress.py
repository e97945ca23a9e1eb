"""Who sends bytes to the internet and to other regions, as the bill names the senders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.checks.measures import looked_up
from finops_lib.checks.pricing import run_rate
from finops_lib.checks.registry import check
from finops_lib.checks.s3_requests import per_month
from finops_lib.schema import KEY

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "risk", "monthly_cost", "monthly_saving",
    "monthly_saving_low", "monthly_saving_high", "price_basis", "claim_key",
]  # fmt: skip

INTERNET = r"(?:^|-)DataTransfer-Out-Bytes$"
BETWEEN_REGIONS = r"^[A-Z0-9]+-[A-Z0-9]+-AWS-Out-Bytes$"
CDN = "Amazon CloudFront"


def _senders(resource_costs: pd.DataFrame, pattern: str, part: str) -> pd.DataFrame:
    """Each resource that is billed for such bytes: its gib a month, monthly_cost and a claim of its own."""
    usage = resource_costs["usage_type"].fillna("")
    lines = resource_costs[usage.str.contains(pattern) & resource_costs["service"].ne(CDN)]
    found = lines.dropna(subset=["resource_id"]).drop_duplicates(["account_id", "resource_id"])
    found = found.assign(region=found["region"].fillna("global"))
    ids = found["resource_id"]
    return found.assign(
        gib=per_month(ids, lines, pattern), monthly_cost=looked_up(ids, run_rate(lines)),
        price_basis="billed", claim_key=found["account_id"] + "/" + ids + "/" + part,
        way=looked_up(ids, lines.groupby("resource_id")["usage_type"].max()),
    )  # fmt: skip


def _found(found: pd.DataFrame, wasted: pd.Series, reasons: list[str], **more: Any) -> pd.DataFrame:
    return found.assign(
        status=np.where(wasted, "waste", "ok"), confidence="low", reason=reasons,
        risk=pd.Series("medium", index=found.index, dtype="object").where(wasted, None),
        evidence=[
            {"gib_per_month": round(float(row.gib), 2), "usage_type": row.way, **more}
            for row in found.itertuples()
        ],
    )[COLUMNS]  # fmt: skip


@check(
    title="Internet traffic that a CDN would carry for less",
    why="A byte from CloudFront costs users' way alone: from the origin to it is free, and so is its first "
    "tebibyte of a month.",
    needs=("buckets", "resource_costs"),
    permissions=("s3:ListAllMyBuckets",),
    action="review",
    service="AWS Data Transfer",
    guard="The bill itself names the sender; only the difference of the prices counts, and no byte is "
    "assumed to be saved by a cache. Whether the traffic is HTTP at all, a person knows.",
)
def internet_egress(
    buckets: pd.DataFrame,
    resource_costs: pd.DataFrame,
    *,
    as_of: datetime,
    min_saving: float = 20.0,
    cdn_per_gib: float = 0.085,
    free_gib: float = 1024.0,
) -> pd.DataFrame:
    """Resources whose bytes to the internet would cost `min_saving` dollars a month less behind CloudFront.

    `cdn_per_gib` is its list price for the first 10 TiB to Europe and North America (2026,
    https://aws.amazon.com/cloudfront/pricing/); what of `free_gib` a month the account's own CloudFront
    leaves is shared by the senders' bytes. Low is without that share.
    """
    found = _senders(resource_costs, INTERNET, "egress")
    account = found.groupby("account_id")["gib"].transform("sum")
    served = resource_costs[
        resource_costs["service"].eq(CDN) & resource_costs["unit"].fillna("").eq("GB")
    ]
    used = per_month(served["resource_id"], served, "Bytes").groupby(served["account_id"]).sum()
    left = (free_gib - looked_up(found["account_id"], used).fillna(0.0)).clip(lower=0.0)
    free = np.minimum(left, account) * found["gib"] / account.where(account > 0) * cdn_per_gib
    cheaper = (found["monthly_cost"] - found["gib"] * cdn_per_gib).clip(lower=0.0)
    saving = np.minimum(cheaper + free.fillna(0.0), found["monthly_cost"])
    wasted = saving >= min_saving
    reasons = [
        f"{row.gib:,.0f} GiB a month to the internet for ${row.monthly_cost:,.2f}; CloudFront would carry them "
        f"for ${row.monthly_cost - less:,.2f} (limit ${min_saving:g} less)."
        for row, less in zip(found.itertuples(), saving, strict=True)
    ]
    found = found.assign(
        monthly_saving=saving.where(wasted), monthly_saving_low=cheaper.where(wasted),
        monthly_saving_high=saving.where(wasted),
    )  # fmt: skip
    return _found(found, wasted, reasons, cdn_per_gib=cdn_per_gib)


@check(
    title="Resources that send much to other regions",
    why="A byte between regions is charged where it leaves, the same at every hour, so a transfer window "
    "saves nothing; copies that nobody reads there are paid twice.",
    needs=("buckets", "resource_costs"),
    permissions=("s3:ListAllMyBuckets",),
    action="review",
    service="AWS Data Transfer",
    guard="The bill itself names the sender and both regions. What of it a nearer reader or a filter on "
    "what is copied could avoid is a question of design: the band begins at nothing, and a person decides.",
)
def inter_region_transfer(
    buckets: pd.DataFrame,
    resource_costs: pd.DataFrame,
    *,
    as_of: datetime,
    min_cost: float = 50.0,
    avoidable_share: float = 0.5,
) -> pd.DataFrame:
    """Resources whose traffic to other regions costs `min_cost` dollars a month or more.

    `avoidable_share` of the charge is the likely saving, the band goes from nothing to all of it.
    """
    found = _senders(resource_costs, BETWEEN_REGIONS, "regions")
    wasted = found["monthly_cost"] >= min_cost
    cost = found["monthly_cost"].where(wasted)
    found = found.assign(
        monthly_saving=cost * avoidable_share,
        monthly_saving_low=cost * 0.0,
        monthly_saving_high=cost,
    )
    reasons = [
        f"{row.gib:,.0f} GiB a month from {' to '.join(row.way.split('-')[:2])} cost ${row.monthly_cost:,.2f} "
        f"(limit ${min_cost:g})."
        for row in found.itertuples()
    ]
    return _found(found, wasted, reasons, min_cost=min_cost)
