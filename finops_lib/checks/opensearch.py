"""OpenSearch domains."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.checks.measures import is_complete, looked_up, measured, number, windowed
from finops_lib.checks.pricing import all_saved, list_prices, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import HOURS_PER_DAY, HOURS_PER_MONTH

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "monthly_cost", "monthly_saving", "price_basis",
]  # fmt: skip

NAMESPACE = "AWS/ES"


@check(
    title="Idle OpenSearch domains",
    why="A domain bills its data nodes, masters and disks by the hour, searched or not.",
    needs=("clusters", "metrics", "resource_costs", "prices"),
    permissions=("es:ListDomainNames", "es:DescribeDomains", "cloudwatch:GetMetricData"),
    action="delete_search_domain",
    service="Amazon OpenSearch Service",
    guard="The busiest minute of the window decides, so that one nightly load is use; answered requests "
    "beyond health checks are use too, for documents read by their id are no searches; data that lack make it unknown.",
)
def idle_opensearch_domains(
    clusters: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    rate_limit_per_minute: float = 1.0,
    requests_limit_per_hour: float = 60.0,
) -> pd.DataFrame:
    """Active domains that in no minute of the window were searched or written to as often as the limit.

    The service does not tell when a domain was made; one younger than the window has no full window of
    data and is unknown. The saving is what the bill charges the domain, else nodes, masters and disks at
    list. Undo: a manual snapshot in S3 restores the indexes into a new domain.
    """
    found = clusters[(clusters["kind"] == "opensearch") & (clusters["status"] == "active")]
    recent = windowed(metrics, as_of, window_days)
    rates = [
        measured(recent, NAMESPACE, f"{name}Rate", "Maximum") for name in ("Search", "Indexing")
    ]
    ids = found["resource_id"]
    answered = looked_up(ids, measured(recent, NAMESPACE, "2xx", "Sum")["total"])
    found = found.assign(
        searches=looked_up(ids, rates[0]["maximum"]),
        writes=looked_up(ids, rates[1]["maximum"]),
        answered=answered / (window_days * HOURS_PER_DAY),
    )
    busy = (found[["searches", "writes"]] >= rate_limit_per_minute).any(axis=1)
    busy |= found["answered"] > requests_limit_per_hour
    told = [is_complete(looked_up(ids, rate["hours"]), window_days) for rate in rates]
    status = np.select([busy, told[0] & told[1]], ["ok", "waste"], default="unknown")
    found = all_saved(
        priced(found.assign(status=status), run_rate(resource_costs), _listed(found, prices, as_of))
    )
    return found.assign(
        reason=[_reason(row, window_days, rate_limit_per_minute) for row in found.itertuples()],
        evidence=[
            {
                "searches_per_minute_max": number(row.searches),
                "writes_per_minute_max": number(row.writes), "answered_per_hour": number(row.answered),
                "window_days": window_days, "rate_limit_per_minute": rate_limit_per_minute,
                "node_type": number(row.node_type), "node_count": number(row.node_count),
            }
            for row in found.itertuples()
        ],
        confidence=np.where(found["answered"].notna(), "high", "medium"),
    )[COLUMNS]  # fmt: skip


def _listed(found: pd.DataFrame, prices: pd.DataFrame, as_of: datetime) -> pd.Series:
    """A month of nodes, masters and disks at list; missing where a part of them has no price."""
    book = list_prices(prices, "AmazonES", as_of)
    masters = found["master_count"].astype("float64").fillna(0.0)
    nodes = looked_up(found["node_type"], book) * found["node_count"]
    hourly = nodes + (looked_up(found["master_type"], book) * masters).where(masters > 0, 0.0)
    disks = found["storage_gib"].fillna(0.0)
    per_gib = looked_up("domain-" + found["storage_type"], book)
    return hourly * HOURS_PER_MONTH + (per_gib * disks).where(disks > 0, 0.0)


def _reason(row: Any, window_days: int, limit: float) -> str:
    if row.status == "unknown":
        return f"Searches and writes are not measured over the whole window of {window_days} days."
    if row.status == "ok" and row.searches < limit and row.writes < limit:
        return f"It answered {row.answered:.0f} requests an hour over {window_days} days."
    return (
        f"At most {row.searches:g} searches and {row.writes:g} writes a minute (limit {limit:g}) "
        f"over {window_days} days."
    )
