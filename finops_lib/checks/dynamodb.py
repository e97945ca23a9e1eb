"""DynamoDB tables: capacity that is provisioned and not consumed, tables that nobody reads or writes."""

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
    number,
    too_young,
    windowed,
)
from finops_lib.checks.pricing import all_saved, list_prices, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import HOURS_PER_DAY, HOURS_PER_MONTH

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "monthly_cost", "monthly_saving", "price_basis",
]  # fmt: skip

NAMESPACE = "AWS/DynamoDB"
SERVICE = "Amazon DynamoDB"
PERMISSIONS = ("dynamodb:ListTables", "dynamodb:DescribeTable", "cloudwatch:GetMetricData")
WAYS = ("read", "write")
CAPACITY = "CapacityUnit-Hrs"
"""How the bill spells the hours of provisioned units."""

BY = ("resource_id", "dimension")


def _used(tables: pd.DataFrame, metrics: pd.DataFrame, window_days: int) -> pd.DataFrame:
    """A row per table or index: consumed and paid units of both ways, and whether they are known.

    CloudWatch has no consumption of hours without any, but reports what is provisioned in each: where
    that covers the window, silence is no consumption.
    """
    recent = metrics[metrics["namespace"] == NAMESPACE].fillna({"dimension": ""})
    keys = pd.MultiIndex.from_arrays([tables["resource_id"], tables["index_name"].fillna("")])

    def of(values: pd.Series) -> pd.Series:
        return pd.Series(values.reindex(keys).to_numpy(dtype="float64"), index=tables.index)

    found = tables
    for way in WAYS:
        name = f"{way.title()}CapacityUnits"
        consumed = measured(recent, NAMESPACE, f"Consumed{name}", "Sum", BY)
        paid = measured(recent, NAMESPACE, f"Provisioned{name}", "Average", BY)
        rate = recent[recent["metric"] == f"Consumed{name}"]
        peak = (rate["value"] / rate["period_s"]).groupby([rate[key] for key in BY]).max()
        covered = is_complete(of(paid["hours"]), window_days)
        known = covered | is_complete(of(consumed["hours"]), window_days)
        found = found.assign(
            **{
                f"{way}_consumed": of(consumed["total"]).where(
                    ~known, of(consumed["total"]).fillna(0)
                ),
                f"{way}_peak": of(peak).where(~known, of(peak).fillna(0)),
                f"{way}_paid": of(paid["mean"]).fillna(tables[f"{way}_units"]),
                f"{way}_known": known,
                f"{way}_moved": of(paid["maximum"]) > of(paid["mean"]) * 1.001,
                f"{way}_told": of(consumed["hours"]).notna(),
            }
        )
    return found


def _price_of(tables: pd.DataFrame, book: pd.Series, item: str) -> pd.Series:
    """The unit price of each row's table class."""
    rare = tables["table_class"] == "STANDARD_INFREQUENT_ACCESS"
    return pd.Series(
        np.where(rare, book.get(f"{item}-ia", np.nan), book.get(item, np.nan)), tables.index
    )


def _sum_of_table(found: pd.DataFrame, values: pd.Series) -> pd.Series:
    """Per table the sum over it and its indexes; missing where one of them is."""
    return (
        values.groupby(found["resource_id"])
        .sum(min_count=1)
        .where(~values.isna().groupby(found["resource_id"]).any())
    )


@check(
    title="Idle DynamoDB tables",
    why="A provisioned table bills its capacity every hour, read and written or not.",
    needs=("dynamodb_tables", "metrics", "resource_costs", "prices"),
    permissions=PERMISSIONS,
    action="delete_table",
    service=SERVICE,
    guard="One unit read or written on the table or an index of it is use; a replica of a global table "
    "stands by for the other regions; without consumption the provisioned units must be reported for the whole window.",
)
def idle_dynamodb_tables(
    dynamodb_tables: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
) -> pd.DataFrame:
    """Active tables of which no capacity unit was consumed over the window, their indexes included.

    The saving is what the bill charges the table, else its units and bytes at list. Undo: a backup before
    the deletion restores the table.
    """
    used = _used(dynamodb_tables, windowed(metrics, as_of, window_days), window_days)
    book = list_prices(prices, "AmazonDynamoDB", as_of)
    listed = used["size_gib"].fillna(0.0) * _price_of(used, book, "table-storage")
    for way in WAYS:
        units = (
            used[f"{way}_units"].fillna(0.0).where(used["billing_mode"] != "PAY_PER_REQUEST", 0.0)
        )
        listed += units * _price_of(used, book, f"{way}-capacity-unit") * HOURS_PER_MONTH
    whole = used.groupby("resource_id").agg(
        reads=("read_consumed", "sum"), writes=("write_consumed", "sum"),
        known=("read_known", "all"), also=("write_known", "all"), told=("read_told", "all"),
    )  # fmt: skip
    found = used[(used["scope"] == "table") & (used["status"] == "ACTIVE")]
    ids = found["resource_id"]
    found = found.assign(
        reads=looked_up(ids, whole["reads"]), writes=looked_up(ids, whole["writes"]),
        told=looked_up(ids, whole["told"]), age=age_days(found["create_time"], as_of),
        replica=found["replica_count"].fillna(0) > 0,
    )  # fmt: skip
    known = looked_up(ids, whole["known"] & whole["also"])
    busy = (found["reads"] > 0) | (found["writes"] > 0)
    status = np.select(
        [busy | found["replica"] | (found["age"] < window_days), known], ["ok", "waste"], "unknown"
    )
    listed = looked_up(ids, _sum_of_table(used, listed))
    found = all_saved(priced(found.assign(status=status), run_rate(resource_costs), listed))
    return found.assign(
        reason=[_reason(row, window_days) for row in found.itertuples()],
        evidence=[
            {
                "read_units_consumed": number(row.reads), "write_units_consumed": number(row.writes),
                "window_days": window_days, "billing_mode": row.billing_mode,
                "item_count": number(row.item_count), "age_days": number(row.age),
            }
            for row in found.itertuples()
        ],
        confidence=np.where(found["told"], "high", "medium"),
    )[COLUMNS]  # fmt: skip


def _reason(row: Any, window_days: int) -> str:
    if row.status == "unknown":
        return f"Consumption is not measured over the whole window of {window_days} days."
    if row.reads > 0 or row.writes > 0:
        return f"{row.reads:.0f} units read and {row.writes:.0f} written over {window_days} days."
    if row.replica:
        return "A replica of a global table: it stands by for other regions."
    if row.status == "ok":
        return too_young("Made", row.age, window_days)
    return f"No unit read or written over {window_days} days."


@check(
    title="Unused DynamoDB capacity",
    why="Provisioned units bill whether or not anybody consumes them; on demand bills what is consumed.",
    needs=("dynamodb_tables", "metrics", "resource_costs", "prices"),
    permissions=PERMISSIONS,
    action="lower_table_capacity",
    service=SERVICE,
    guard="The busiest hour of each table and index times a factor for the bursts that its mean hides; "
    "capacity that auto scaling moved is not lowered; idle tables are left to their own check.",
)
def unused_dynamodb_capacity(
    dynamodb_tables: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    peak_factor: float = 2.0,
    min_saving_share: float = 0.2,
) -> pd.DataFrame:
    """Provisioned tables that fewer units, or paying per request, would serve for less.

    Two ways are priced and the cheaper is taken: units for `peak_factor` times the busiest hour, or the
    consumption of the window on demand. The saving is the billed cost of the capacity times the share
    saved at list; below `min_saving_share` it is not worth the change. Undo: set the old units or mode.
    """
    tables = dynamodb_tables[dynamodb_tables["billing_mode"] == "PROVISIONED"]
    used = _used(tables, windowed(metrics, as_of, window_days), window_days)
    book = list_prices(prices, "AmazonDynamoDB", as_of)
    months = window_days * HOURS_PER_DAY / HOURS_PER_MONTH
    now, lower, demand = (pd.Series(0.0, index=used.index) for _ in range(3))
    for way in WAYS:
        hourly = _price_of(used, book, f"{way}-capacity-unit") * HOURS_PER_MONTH
        need = np.ceil(used[f"{way}_peak"] * peak_factor).clip(lower=1.0)
        used[f"{way}_need"] = np.fmin(need, used[f"{way}_units"])
        now += used[f"{way}_paid"] * hourly
        lower += used[f"{way}_need"] * hourly
        demand += used[f"{way}_consumed"] * _price_of(used, book, f"{way}-request-unit") / months
    found = used[(used["scope"] == "table") & (used["status"] == "ACTIVE")]
    ids = found["resource_id"]
    cost = {
        name: looked_up(ids, _sum_of_table(used, values))
        for name, values in (("now", now), ("lower", lower), ("demand", demand))
    }
    moved = (used["read_moved"] | used["write_moved"]).groupby(used["resource_id"]).any()
    known = (used["read_known"] & used["write_known"]).groupby(used["resource_id"]).all()
    eaten = _sum_of_table(used, used["read_consumed"] + used["write_consumed"])
    settings = {name: _units(group) for name, group in used.groupby("resource_id")}
    found = found.assign(
        share=1 - np.fmin(cost["lower"].where(~looked_up(ids, moved)), cost["demand"]) / cost["now"],
        on_demand=looked_up(ids, moved) | (cost["demand"] <= cost["lower"]),
        idle=looked_up(ids, eaten) == 0, age=age_days(found["create_time"], as_of),
        settings=[settings[name] for name in ids],
    )  # fmt: skip
    status = np.select(
        [(found["age"] < window_days) | found["idle"], ~looked_up(ids, known) | found["share"].isna(),
         found["share"] >= min_saving_share],
        ["ok", "unknown", "waste"], "ok",
    )  # fmt: skip
    found = priced(found.assign(status=status), run_rate(resource_costs, CAPACITY), cost["now"])
    saving = found["monthly_cost"] * found["share"]
    found = found.assign(monthly_saving=saving.where(found["status"] == "waste"))
    return found.assign(
        reason=[_capacity_reason(row, window_days, peak_factor) for row in found.itertuples()],
        evidence=[
            {
                **row.settings, "window_days": window_days, "peak_factor": peak_factor,
                "on_demand_cheaper": bool(row.on_demand), "saving_share": number(row.share),
            }
            for row in found.itertuples()
        ],
        parameters=[_change(row) if row.status == "waste" else None for row in found.itertuples()],
        action=np.where(found["on_demand"], "switch_table_to_on_demand", "lower_table_capacity"),
        confidence="high",
    )[[*COLUMNS, "parameters", "action"]]  # fmt: skip


def _units(group: pd.DataFrame) -> dict[str, Any]:
    """What a table and each index has, consumes at its busiest and would need, in units a second."""
    return {
        f"{row.index_name + ' ' if isinstance(row.index_name, str) else ''}{way}": {
            "units": number(getattr(row, f"{way}_paid")),
            "peak": number(getattr(row, f"{way}_peak")),
            "needed": number(getattr(row, f"{way}_need")),
        }
        for row in group.itertuples()
        for way in WAYS
    }


def _change(row: Any) -> dict[str, Any]:
    if row.on_demand:
        return {"billing_mode": "PAY_PER_REQUEST"}
    return {part: units["needed"] for part, units in row.settings.items()}


def _capacity_reason(row: Any, window_days: int, peak_factor: float) -> str:
    if row.age < window_days:
        return too_young("Made", row.age, window_days)
    if row.idle:
        return "Idle rather than over-provisioned."
    if row.status == "unknown":
        return f"Consumption is not measured over the whole window of {window_days} days, or has no price."
    use = ", ".join(
        f"{part}: {units['peak']:.1f} of {units['units']:g} units"
        for part, units in row.settings.items()
    )
    way = "on demand" if row.on_demand else f"{peak_factor:g} times the busiest hour"
    return f"In the busiest hour of {window_days} days {use}; {way} costs {100 * row.share:.0f} % less."
