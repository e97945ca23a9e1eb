"""What a resource costs a month: what the bill says of it, else its list price, else unknown."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from finops_lib.checks.measures import looked_up
from finops_lib.units import HOURS_PER_MONTH

LINUX = "Linux/UNIX"
"""The platform whose prices the shipped book has and the Price List is asked for."""

RANK = {"bill": 0, "price_book": 1, "price_list_api": 2}
"""Sources of on-demand prices, the better the later: a bill's rate is a mean of its tiers."""


def run_rate(resource_costs: pd.DataFrame, pattern: str | None = None) -> pd.Series:
    """Resource id to its effective cost for 730 hours, at the rate of the hours in which it was charged.

    `pattern` keeps the usage types that match it. Bills spell some ids as ARNs; the last part of an ARN
    is an id of its own here, so that both spellings are found.
    """
    costs = resource_costs
    if pattern is not None:
        costs = costs[costs["usage_type"].fillna("").str.contains(pattern)]
    monthly = costs["effective_cost"] / _months(costs).where(lambda months: months > 0)
    by_id = monthly.groupby(costs["resource_id"]).sum()
    tails = by_id.groupby(by_id.index.str.split("/").str[-1]).sum()
    return pd.concat([by_id, tails[~tails.index.isin(by_id.index)]])


def _months(costs: pd.DataFrame) -> pd.Series:
    """How many months of charges each row is: 730 hours are one for what bills by the hour.

    What bills by the month (GB-Mo, IOPS-Mo) spreads its price over the real hours of each month.
    """
    start, end = costs["first_charge_at"], costs["last_charge_end"]
    by_hour = (end - start) / pd.Timedelta(hours=HOURS_PER_MONTH)
    by_month = _calendar_months(end) - _calendar_months(start)
    is_monthly = costs["unit"].fillna("").str.contains(r"(?:Mo|[Mm]onth)s?$")
    return by_hour.where(~is_monthly, by_month)


def _calendar_months(moments: pd.Series) -> pd.Series:
    """Months since year 0, the fraction being the elapsed share of the month's own length."""
    midnight = moments.dt.normalize()
    first = midnight - pd.to_timedelta(moments.dt.day - 1, unit="D")
    elapsed = (moments - first) / pd.to_timedelta(moments.dt.days_in_month, unit="D")
    return moments.dt.year * 12 + moments.dt.month + elapsed


def list_prices(
    prices: pd.DataFrame, service: str, as_of: datetime, detail: str | None = None
) -> pd.Series:
    """Item to its on-demand price per unit at `as_of`; of what costs differently by `detail`, that one's.

    `prices` are those of one region. What the Price List said goes before the shipped book, and that
    before the rates at which the bill lists what was used.
    """
    found = on_demand(prices[prices["service"] == service], as_of)
    if detail is not None:
        found = found[found["detail"].isna() | (found["detail"] == detail)]
    return found.groupby("item")["price"].last()


def on_demand(prices: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """The on-demand rows of PRICES that hold at `as_of`; of one thing the best known price is the last."""
    found = prices[
        (prices["term"] == "on_demand")
        & (prices["valid_from"] <= as_of)
        & (prices["valid_to"].isna() | (prices["valid_to"] > as_of))
        & (prices["price"] > 0)
    ]
    rank = found["source"].map(RANK).fillna(0)
    return found.assign(rank=rank).sort_values(["rank", "valid_from"]).drop(columns="rank")


def machine_prices(instances: pd.DataFrame, prices: pd.DataFrame, as_of: datetime) -> pd.Series:
    """Dollars an hour at list of each instance's type; missing where a licence is in its price."""
    listed = looked_up(instances["instance_type"], list_prices(prices, "AmazonEC2", as_of))
    return listed.where(instances["platform"].isna() | (instances["platform"] == LINUX))


def database_prices(databases: pd.DataFrame, prices: pd.DataFrame, as_of: datetime) -> pd.Series:
    """Dollars an hour at list of each database's class, as its engine costs, with its standby."""
    doubled = databases["multi_az"].fillna(False).astype(bool)
    kind = databases["engine"] + np.where(doubled, " Multi-AZ", "")
    found = [
        looked_up(group["instance_class"], list_prices(prices, "AmazonRDS", as_of, str(detail)))
        for detail, group in databases.groupby(kind)
    ]
    return pd.concat(found or [pd.Series(dtype="float64")]).reindex(databases.index)


def priced(found: pd.DataFrame, billed: pd.Series, listed: pd.Series | float) -> pd.DataFrame:
    """`found` with monthly_cost and price_basis: the bill's run rate where there is one, else `listed`."""
    from_bill = looked_up(found["resource_id"], billed)
    known = from_bill.notna() & (from_bill > 0)
    cost = from_bill.where(known, listed)
    basis = np.where(known, "billed", "list")
    return found.assign(monthly_cost=cost, price_basis=basis)


def all_saved(found: pd.DataFrame) -> pd.DataFrame:
    """`found` with the whole monthly cost as the saving of what is wasted."""
    return found.assign(monthly_saving=found["monthly_cost"].where(found["status"] == "waste"))
