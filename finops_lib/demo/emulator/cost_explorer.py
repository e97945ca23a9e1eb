"""Cost Explorer, answered from planted daily costs, strict where AWS is strict."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd

from finops_lib.demo.emulator.answers import Refused

PAGE = 2_000
"""Groups in one page of an answer."""

DIMENSIONS = {
    "SERVICE": "ServiceName", "LINKED_ACCOUNT": "SubAccountId", "REGION": "RegionId",
    "USAGE_TYPE": "x_UsageType", "OPERATION": "x_Operation", "INSTANCE_TYPE": "x_InstanceType",
    "RECORD_TYPE": "x_LineItemType",
}  # fmt: skip
METRICS = {
    "UnblendedCost": "BilledCost", "AmortizedCost": "EffectiveCost", "NetUnblendedCost": "BilledCost",
    "NetAmortizedCost": "EffectiveCost", "BlendedCost": "BilledCost", "UsageQuantity": "ConsumedQuantity",
}  # fmt: skip
NO_VALUE = {"REGION": "NoRegion", "INSTANCE_TYPE": "NoInstanceType", "OPERATION": "NoOperation"}


@dataclass
class CostExplorer:
    """The payer's costs by day and dimension, and what is kept in its anomaly detection."""

    costs: pd.DataFrame = field(default_factory=pd.DataFrame)
    today: date = date(2026, 1, 1)
    monitors: dict[str, dict[str, Any]] = field(default_factory=dict)
    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict)

    def put(self, costs: pd.DataFrame, today: date) -> None:
        """Serve these costs (DAILY_CUBE columns, x_LineItemType where known); `today` is still open."""
        self.costs = costs.assign(ChargeDay=pd.to_datetime(costs["ChargeDay"]))
        self.today = today


def get_cost_and_usage(state: CostExplorer, body: dict[str, Any]) -> dict[str, Any]:
    """GetCostAndUsage: days or months, up to two groups, filters, pages."""
    start, end = _period(body)
    groups, metrics = body.get("GroupBy", []), body.get("Metrics") or []
    if len(groups) > 2:
        raise Refused("ValidationException", "Only up to 2 GroupBy expressions are allowed.")
    if not metrics or set(metrics) - set(METRICS):
        raise Refused("ValidationException", f"Metrics must be among {', '.join(METRICS)}.")
    costs = _filtered(state.costs, body.get("Filter"))
    costs = costs[(costs["ChargeDay"] >= str(start)) & (costs["ChargeDay"] < str(end))]
    monthly = body["Granularity"] == "MONTHLY"
    moment = costs["ChargeDay"].dt.to_period("M").dt.start_time if monthly else costs["ChargeDay"]
    keys = [_group_values(costs, group) for group in groups]
    columns = sorted({METRICS[metric] for metric in metrics})
    sums = costs[columns].groupby([moment.rename("_at"), *keys], sort=True).sum()
    first = int(body.get("NextPageToken") or 0)
    page = sums.iloc[first : first + PAGE] if groups else sums
    results = [
        _result(state, at, page, groups, metrics, monthly, start, end)
        for at in _moments(start, end, monthly)
    ]
    more = {"NextPageToken": str(first + PAGE)} if groups and len(sums) > first + PAGE else {}
    return {
        "ResultsByTime": results,
        "GroupDefinitions": groups,
        "DimensionValueAttributes": [],
        **more,
    }


def _period(body: dict[str, Any]) -> tuple[date, date]:
    span = body.get("TimePeriod", {})
    try:
        start, end = (date.fromisoformat(span[name]) for name in ("Start", "End"))
    except (KeyError, ValueError):
        raise Refused(
            "ValidationException", "TimePeriod must be Start and End as YYYY-MM-DD."
        ) from None
    if start >= end:
        raise Refused(
            "ValidationException", "Start date (and hour) should be before end date (and hour)"
        )
    if body.get("Granularity") not in ("DAILY", "MONTHLY"):
        raise Refused("ValidationException", "Granularity must be DAILY or MONTHLY here.")
    return start, end


def _filtered(costs: pd.DataFrame, expression: dict[str, Any] | None) -> pd.DataFrame:
    return costs if not expression else costs[_matches(costs, expression)]


def _matches(costs: pd.DataFrame, expression: dict[str, Any]) -> pd.Series:
    if len(expression) != 1:
        raise Refused(
            "ValidationException",
            "An expression has exactly one of Dimensions, Tags, And, Or, Not.",
        )
    ((kind, inner),) = expression.items()
    if kind in ("And", "Or"):
        if len(inner) < 2:
            raise Refused("ValidationException", f"{kind} needs at least 2 expressions.")
        found = [_matches(costs, e) for e in inner]
        both = found[0]
        for other in found[1:]:
            both = both & other if kind == "And" else both | other
        return both
    if kind == "Not":
        return ~_matches(costs, inner)
    values = _values(costs, "TAG" if kind == "Tags" else "DIMENSION", inner["Key"])
    return values.isin(inner.get("Values", []))


def _group_values(costs: pd.DataFrame, group: dict[str, str]) -> pd.Series:
    values = _values(costs, group["Type"], group["Key"])
    if group["Type"] == "TAG":
        values = group["Key"] + "$" + values
    return values.rename(f"{group['Type']}:{group['Key']}")


def _values(costs: pd.DataFrame, kind: str, key: str) -> pd.Series:
    column = DIMENSIONS.get(key) if kind == "DIMENSION" else f"x_tag_{key}"
    if column is None:
        raise Refused("ValidationException", f"Dimension {key} is not emulated.")
    if column not in costs:
        return pd.Series("", index=costs.index)
    return costs[column].astype("object").fillna(NO_VALUE.get(key, "")).astype(str)


def _moments(start: date, end: date, monthly: bool) -> list[pd.Timestamp]:
    if not monthly:
        return list(pd.date_range(start, end, inclusive="left"))
    return list(pd.period_range(start, end - timedelta(days=1), freq="M").to_timestamp())


def _result(
    state: CostExplorer,
    at: pd.Timestamp,
    page: pd.DataFrame,
    groups: list[dict[str, str]],
    metrics: list[str],
    monthly: bool,
    start: date,
    end: date,
) -> dict[str, Any]:
    after = at + (pd.offsets.MonthBegin(1) if monthly else pd.Timedelta(days=1))
    span = {
        "Start": max(at.date(), start).isoformat(),
        "End": min(after.date(), end).isoformat(),
    }
    here = (
        page.xs(at, level="_at", drop_level=True)
        if groups and at in page.index.get_level_values(0)
        else None
    )
    result: dict[str, Any] = {
        "TimePeriod": span,
        "Total": {},
        "Groups": [],
        "Estimated": after.date() > state.today - timedelta(days=2),
    }
    if not groups:
        row = page.loc[at] if at in page.index else None
        result["Total"] = {metric: _amount(row, metric) for metric in metrics}
    elif here is not None:
        for keys, row in here.iterrows():
            names = list(keys) if isinstance(keys, tuple) else [keys]
            result["Groups"].append(
                {"Keys": names, "Metrics": {m: _amount(row, m) for m in metrics}}
            )
    return result


def _amount(row: Any, metric: str) -> dict[str, str]:
    value = 0.0 if row is None else float(row[METRICS[metric]])
    return {"Amount": repr(value), "Unit": "N/A" if metric == "UsageQuantity" else "USD"}


def get_dimension_values(state: CostExplorer, body: dict[str, Any]) -> dict[str, Any]:
    """GetDimensionValues of the emulated dimensions."""
    values = sorted(set(_values(state.costs, "DIMENSION", body["Dimension"])))
    found = [{"Value": value, "Attributes": {}} for value in values]
    return {"DimensionValues": found, "ReturnSize": len(found), "TotalSize": len(found)}


def get_tags(state: CostExplorer, body: dict[str, Any]) -> dict[str, Any]:
    """GetTags: the active tag keys, or the values of one."""
    keys = [c.removeprefix("x_tag_") for c in state.costs.columns if c.startswith("x_tag_")]
    found = sorted(set(_values(state.costs, "TAG", body["TagKey"]))) if "TagKey" in body else keys
    return {"Tags": found, "ReturnSize": len(found), "TotalSize": len(found)}


def create_anomaly_monitor(state: CostExplorer, body: dict[str, Any]) -> dict[str, Any]:
    """CreateAnomalyMonitor; a second monitor of all services is refused, as AWS does."""
    monitor = body["AnomalyMonitor"]
    taken = [m for m in state.monitors.values() if m["MonitorName"] == monitor["MonitorName"]]
    dimensional = [m for m in state.monitors.values() if m["MonitorType"] == "DIMENSIONAL"]
    if taken or (monitor["MonitorType"] == "DIMENSIONAL" and dimensional):
        raise Refused("ValidationException", "Limit exceeded on dimensional spend monitor creation")
    arn = f"arn:aws:ce::anomalymonitor/{len(state.monitors) + 1:08d}"
    state.monitors[arn] = {**monitor, "MonitorArn": arn}
    return {"MonitorArn": arn}


def get_anomaly_monitors(state: CostExplorer, body: dict[str, Any]) -> dict[str, Any]:
    """GetAnomalyMonitors."""
    return {"AnomalyMonitors": list(state.monitors.values())}


def delete_anomaly_monitor(state: CostExplorer, body: dict[str, Any]) -> dict[str, Any]:
    """DeleteAnomalyMonitor."""
    if state.monitors.pop(body["MonitorArn"], None) is None:
        raise Refused("UnknownMonitorException", "The monitor does not exist.")
    return {}


def create_anomaly_subscription(state: CostExplorer, body: dict[str, Any]) -> dict[str, Any]:
    """CreateAnomalySubscription."""
    arn = f"arn:aws:ce::anomalysubscription/{len(state.subscriptions) + 1:08d}"
    state.subscriptions[arn] = {**body["AnomalySubscription"], "SubscriptionArn": arn}
    return {"SubscriptionArn": arn}


def get_anomaly_subscriptions(state: CostExplorer, body: dict[str, Any]) -> dict[str, Any]:
    """GetAnomalySubscriptions."""
    return {"AnomalySubscriptions": list(state.subscriptions.values())}


def update_anomaly_subscription(state: CostExplorer, body: dict[str, Any]) -> dict[str, Any]:
    """UpdateAnomalySubscription."""
    held = state.subscriptions.get(body["SubscriptionArn"])
    if held is None:
        raise Refused("UnknownSubscriptionException", "The subscription does not exist.")
    held.update({k: v for k, v in body.items() if k != "SubscriptionArn"})
    return {"SubscriptionArn": body["SubscriptionArn"]}


def delete_anomaly_subscription(state: CostExplorer, body: dict[str, Any]) -> dict[str, Any]:
    """DeleteAnomalySubscription."""
    if state.subscriptions.pop(body["SubscriptionArn"], None) is None:
        raise Refused("UnknownSubscriptionException", "The subscription does not exist.")
    return {}


OPERATIONS = {
    "GetCostAndUsage": get_cost_and_usage,
    "GetDimensionValues": get_dimension_values,
    "GetTags": get_tags,
    "CreateAnomalyMonitor": create_anomaly_monitor,
    "GetAnomalyMonitors": get_anomaly_monitors,
    "DeleteAnomalyMonitor": delete_anomaly_monitor,
    "CreateAnomalySubscription": create_anomaly_subscription,
    "GetAnomalySubscriptions": get_anomaly_subscriptions,
    "UpdateAnomalySubscription": update_anomaly_subscription,
    "DeleteAnomalySubscription": delete_anomaly_subscription,
}


def parsed(body: bytes) -> dict[str, Any]:
    """The JSON body of a request."""
    found: dict[str, Any] = json.loads(body or b"{}")
    return found
