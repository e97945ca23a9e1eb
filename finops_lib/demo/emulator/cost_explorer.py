"""Cost Explorer over the planted bill: GetCostAndUsage and what lists and forecasts from it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd

from finops_lib.demo.emulator.answers import RefusedError
from finops_lib.demo.emulator.cost_filters import DIMENSIONS, matching
from finops_lib.demo.emulator.daily_costs import METRICS, TAG
from finops_lib.demo.emulator.paging import page, with_token
from finops_lib.demo.emulator.requests import Asked
from finops_lib.demo.emulator.state import State

GROUPS_PER_PAGE = 1000
MONTHS_KEPT = 14
"""Cost Explorer's history, counted from the month of the newest charge."""

METRIC_NAMES = frozenset(METRICS) - {"ListCost"}
Body = dict[str, Any]


def get_cost_and_usage(state: State, request: Asked, body: Body) -> Body:
    """Costs by period and up to two groups.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html
    """
    start, end = period(state, body)
    cut = slots(start, end, granularity(body))
    metrics, groups = _metrics(body), _groups(body)
    costs = chosen(state, request, start, end, body.get("Filter"))
    costs = costs.assign(slot=_slot_of(costs["day"], cut))
    results = [r for slot in _cuts(costs, cut, groups, metrics) for r in slot]
    found, token = page(results, body.get("NextPageToken"), GROUPS_PER_PAGE)
    answer = {"ResultsByTime": _merged(found), "DimensionValueAttributes": _names(costs, groups)}
    if groups:
        answer["GroupDefinitions"] = body["GroupBy"]
    return with_token(answer, "NextPageToken", token)


def get_dimension_values(state: State, request: Asked, body: Body) -> Body:
    """The values of one dimension in a period."""
    if body.get("Dimension") not in DIMENSIONS:
        raise RefusedError(
            "ValidationException", f"Dimension {body.get('Dimension')} is not supported."
        )
    costs = chosen(state, request, *period(state, body), body.get("Filter"))
    values = [v for v in sorted(costs[body["Dimension"]].unique()) if _has(v, body)]
    found, token = page(values, body.get("NextPageToken"), GROUPS_PER_PAGE)
    listed = [{"Value": v, "Attributes": _attributes(costs, body["Dimension"], v)} for v in found]
    answer = {"DimensionValues": listed, "ReturnSize": len(listed), "TotalSize": len(values)}
    return with_token(answer, "NextPageToken", token)


def get_tags(state: State, request: Asked, body: Body) -> Body:
    """The tag keys in a period, or the values of one of them."""
    costs = chosen(state, request, *period(state, body), body.get("Filter"))
    key = body.get("TagKey")
    names = [n for n in costs.columns if n.startswith(TAG)]
    values = sorted(n.removeprefix(TAG) for n in names if (costs[n] != "").any())
    if key:
        values = sorted(costs[TAG + key].unique()) if TAG + key in costs else []
    found, token = page(
        [v for v in values if _has(v, body)], body.get("NextPageToken"), GROUPS_PER_PAGE
    )
    answer = {"Tags": list(found), "ReturnSize": len(found), "TotalSize": len(values)}
    return with_token(answer, "NextPageToken", token)


def get_cost_forecast(state: State, request: Asked, body: Body) -> Body:
    """What the next days cost: the mean of the last thirty full ones, with their spread around it."""
    newest = known(state)["day"].max()
    start, end = (pd.Timestamp(body["TimePeriod"][k]) for k in ("Start", "End"))
    if start < newest or end <= start:
        raise RefusedError("ValidationException", "Start date cannot be before the current date.")
    metric = body["Metric"].title().replace("_", "")
    costs = matching_account(known(state), request)
    costs = costs[matching(costs, body.get("Filter"))]
    by_day = costs[costs["day"].between(newest - timedelta(days=31), newest, inclusive="neither")]
    totals = by_day.groupby("day")[metric].sum()
    rows = []
    for first, last in slots(start, end, body["Granularity"]):
        days = (last - first).days
        mean, spread = totals.mean() * days, 1.28 * totals.std() * days**0.5
        rows.append({
            "TimePeriod": dates(first, last), "MeanValue": amount(mean),
            "PredictionIntervalLowerBound": amount(mean - spread),
            "PredictionIntervalUpperBound": amount(mean + spread),
        })  # fmt: skip
    total = totals.mean() * (end - start).days
    return {"Total": {"Amount": amount(total), "Unit": "USD"}, "ForecastResultsByTime": rows}


def known(state: State) -> pd.DataFrame:
    """The planted bill; RefusedError as for an account that switched Cost Explorer on just now."""
    if state.costs is None:
        raise RefusedError(
            "DataUnavailableException",
            "Data is not available. Please try to adjust the time period.",
        )
    return state.costs


def period(state: State, body: Body) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Start and exclusive end of the request; RefusedError where Cost Explorer refuses them."""
    try:
        start, end = (
            pd.Timestamp(date.fromisoformat(body["TimePeriod"][k])) for k in ("Start", "End")
        )
    except (KeyError, ValueError):
        raise RefusedError(
            "ValidationException", "TimePeriod must have Start and End as YYYY-MM-DD."
        ) from None
    if start >= end:
        raise RefusedError(
            "ValidationException", "Start date (and hour) should be before end date (and hour)"
        )
    newest = known(state)["day"].max()
    oldest = newest.replace(day=1) - pd.DateOffset(months=MONTHS_KEPT)
    if start < oldest:
        raise RefusedError(
            "ValidationException",
            f"You haven't enabled historical data beyond {MONTHS_KEPT} months",
        )
    if start > newest + timedelta(days=1):
        raise RefusedError("DataUnavailableException", "Data is not available for the time period.")
    return start, end


def matching_account(costs: pd.DataFrame, request: Asked) -> pd.DataFrame:
    """A linked account sees itself; the payer, who is not billed as a linked account, sees all."""
    own = costs["LINKED_ACCOUNT"] == request.account
    return costs[own] if own.any() and request.account != "123456789012" else costs


def chosen(
    state: State, request: Asked, start: pd.Timestamp, end: pd.Timestamp, expression: Body | None
) -> pd.DataFrame:
    """The bill's rows in the period that the filter keeps."""
    costs = matching_account(known(state), request)
    costs = costs[(costs["day"] >= start) & (costs["day"] < end)]
    return costs[matching(costs, expression)]


def granularity(body: Body) -> str:
    """DAILY or MONTHLY; hours cost extra and were not switched on."""
    asked = body.get("Granularity")
    if asked == "HOURLY":
        raise RefusedError("AccessDeniedException", "You haven't enabled hourly granularity.")
    if asked not in ("DAILY", "MONTHLY"):
        raise RefusedError("ValidationException", "Granularity must be DAILY, MONTHLY or HOURLY.")
    return str(asked)


def _metrics(body: Body) -> list[str]:
    metrics = [
        m if m in METRIC_NAMES else m.title().replace("_", "") for m in body.get("Metrics") or []
    ]
    if not metrics or not set(metrics) <= METRIC_NAMES:
        raise RefusedError("ValidationException", f"Metrics must be among {sorted(METRIC_NAMES)}.")
    return metrics


def _groups(body: Body) -> list[tuple[str, str]]:
    """Each group's column and what its keys begin with."""
    asked = body.get("GroupBy") or []
    if len(asked) > 2:
        raise RefusedError("ValidationException", "GroupBy can have at most two groups.")
    for group in asked:
        if group["Type"] == "DIMENSION" and group["Key"] not in DIMENSIONS:
            raise RefusedError("ValidationException", "Group Definition dimension is invalid.")
    return [
        (TAG + g["Key"], f"{g['Key']}$") if g["Type"] == "TAG" else (g["Key"], "") for g in asked
    ]


def slots(
    start: pd.Timestamp, end: pd.Timestamp, granularity: str
) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """The days or calendar months of the period; its ends cut the first and last month."""
    inner = pd.date_range(start, end, freq="D" if granularity == "DAILY" else "MS")
    edges = [start, *(t for t in inner if start < t < end), end]
    return list(pairwise(edges))


def _slot_of(days: pd.Series, slots: list[tuple[pd.Timestamp, pd.Timestamp]]) -> Any:
    starts = pd.DatetimeIndex([first for first, _ in slots]).as_unit("us")
    return starts.searchsorted(pd.DatetimeIndex(days).as_unit("us"), side="right") - 1


def _cuts(
    costs: pd.DataFrame, slots: list[tuple[pd.Timestamp, pd.Timestamp]],
    groups: list[tuple[str, str]], metrics: list[str],
) -> list[list[Body]]:  # fmt: skip
    """For each slot its results: one with a total, or one for each group."""
    columns = [column for column, _ in groups]
    present = costs.assign(**{c: "" for c in columns if c not in costs})
    sums = present.groupby(["slot", *columns], observed=True)[metrics].sum()
    newest = costs["day"].max()
    cuts = []
    for number, (first, last) in enumerate(slots):
        base = {"TimePeriod": dates(first, last), "Total": {}, "Groups": [],
                "Estimated": bool(newest < last)}  # fmt: skip
        rows = sums.loc[[number]] if number in sums.index.get_level_values(0) else sums.iloc[:0]
        if groups:
            found = [
                {"Keys": [p + str(k) for k, (_, p) in zip(key[1:], groups, strict=True)],
                 "Metrics": _amounts(values, metrics)}
                for key, values in zip(rows.index, rows.to_numpy(), strict=True)
            ]  # fmt: skip
            cuts.append([{**base, "Groups": [group]} for group in found] or [base])
        else:
            cuts.append([{**base, "Total": _amounts(rows.sum().to_numpy(), metrics)}])
    return cuts


def _merged(results: Any) -> list[Body]:
    """Results of the same slot as one, as they are answered."""
    merged: list[Body] = []
    for result in results:
        if merged and merged[-1]["TimePeriod"] == result["TimePeriod"]:
            merged[-1]["Groups"] += result["Groups"]
        else:
            merged.append({**result, "Groups": list(result["Groups"])})
    return merged


def _amounts(values: Any, metrics: list[str]) -> Body:
    return {
        metric: {"Amount": amount(value), "Unit": "USD" if metric.endswith("Cost") else "N/A"}
        for metric, value in zip(metrics, values, strict=True)
    }


def amount(value: float) -> str:
    """Ten decimals, as the API answers."""
    return f"{value:.10f}"


def dates(first: pd.Timestamp, last: pd.Timestamp) -> dict[str, str]:
    """A slot as the API writes it."""
    return {"Start": first.date().isoformat(), "End": last.date().isoformat()}


def _names(costs: pd.DataFrame, groups: list[tuple[str, str]]) -> list[Body]:
    if "LINKED_ACCOUNT" not in [column for column, _ in groups]:
        return []
    values = sorted(costs["LINKED_ACCOUNT"].unique())
    return [{"Value": v, "Attributes": _attributes(costs, "LINKED_ACCOUNT", v)} for v in values]


def _attributes(costs: pd.DataFrame, dimension: str, value: str) -> dict[str, str]:
    if dimension != "LINKED_ACCOUNT":
        return {}
    names = costs.loc[costs["LINKED_ACCOUNT"] == value, "LINKED_ACCOUNT_NAME"]
    return {"description": str(names.iloc[0])}


def _has(value: str, body: Body) -> bool:
    return str(body.get("SearchString") or "").lower() in value.lower()


OPERATIONS = {
    "GetCostAndUsage": get_cost_and_usage,
    "GetDimensionValues": get_dimension_values,
    "GetTags": get_tags,
    "GetCostForecast": get_cost_forecast,
}
