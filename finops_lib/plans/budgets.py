"""AWS Budgets as the parameters say: created, changed and compared; nobody else's budgets are touched.

Rules of the API: at most five notifications a budget, eleven subscribers each (one SNS topic, ten e-mails). A budget of
use or cover has the limit 100, and warns below a percentage; one of reservations is about one service.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from finops_lib.errors import ParameterError
from finops_lib.params.governance import Budget
from finops_lib.units import HOURS_PER_DAY, HOURS_PER_MONTH

PREFIX = "finops-"
"""Begins the name of every budget that is ours, so that one left over can be told from another's."""

DRIFT_COLUMNS = ("name", "change", "wanted", "found")
MAX_NOTIFICATIONS, MAX_EMAILS = 5, 10

Notification = tuple[str, float, str, tuple[tuple[str, str], ...]]
"""Type, threshold in percent, comparison, and subscribers as (type, address)."""

WORDS = {
    "COST": "cost", "RI_UTILIZATION": "use of reservations", "RI_COVERAGE": "cover by reservations",
    "SAVINGS_PLANS_UTILIZATION": "use of Savings Plans",
    "SAVINGS_PLANS_COVERAGE": "cover by Savings Plans",
}  # fmt: skip
"""What each kind of budget is about, for people."""

ABOVE, BELOW = "GREATER_THAN", "LESS_THAN"


def with_daily_alarms(budgets: Sequence[Budget]) -> list[Budget]:
    """The budgets and, for each that asks for it, a daily one that alarms above its even share.

    A day's even share is the month's limit over 730 / 24 days; AWS forecasts no day.
    """
    return [alarm for budget in budgets for alarm in (budget, *_daily(budget))]


def _daily(budget: Budget) -> Iterator[Budget]:
    if budget.daily_alarm is not None:
        share = round(budget.limit * HOURS_PER_DAY / HOURS_PER_MONTH * budget.daily_alarm, 2)
        yield budget.model_copy(
            update={"name": f"{budget.name}-daily", "period": "DAILY", "limit": share,
                    "thresholds_pct": (100.0,), "forecast": False, "daily_alarm": None}
        )  # fmt: skip


def definition(budget: Budget) -> dict[str, Any]:
    """The Budget of a CreateBudget request."""
    is_cost = budget.kind == "COST"
    limit = {"Amount": f"{budget.limit:.10g}" if is_cost else "100",
             "Unit": "USD" if is_cost else "PERCENTAGE"}  # fmt: skip
    key, *values = budget.tag or ("",)
    filters = {"TagKeyValue": [f"user:{key}${value}" for value in values]} if values else {}
    if budget.kind.startswith("RI_"):
        filters["Service"] = [budget.service]
    return {
        "BudgetName": PREFIX + budget.name,
        "BudgetType": budget.kind,
        "TimeUnit": budget.period,
        "BudgetLimit": limit,
        "CostFilters": filters,
    }


def notifications(budget: Budget) -> list[Notification]:
    """Who is told when; ParameterError where AWS would refuse the number of them.

    Use and cover are told of once they fall below the limit: a high one is no news.
    """
    told = [("SNS", budget.sns_topic)] if budget.sns_topic else []
    told += [("EMAIL", email) for email in budget.emails]
    if budget.kind != "COST":
        return [("ACTUAL", budget.limit, BELOW, tuple(sorted(told)))] if told else []
    kinds = ("ACTUAL", "FORECASTED") if budget.forecast else ("ACTUAL",)
    pairs = [(kind, pct) for pct in budget.thresholds_pct for kind in kinds]
    if budget.thresholds_pct == (80.0, 100.0, 120.0) and len(pairs) > MAX_NOTIFICATIONS:
        pairs.remove(("FORECASTED", 80.0))
    if len(pairs) > MAX_NOTIFICATIONS or len(budget.emails) > MAX_EMAILS:
        raise ParameterError(
            f"Budget {budget.name}: AWS takes {MAX_NOTIFICATIONS} notifications of "
            f"{MAX_EMAILS} e-mails at most; drop a threshold, the forecast, or use an SNS topic."
        )
    return sorted((kind, pct, ABOVE, tuple(sorted(told))) for kind, pct in pairs) if told else []


def drift(client: Any, account_id: str, budgets: Sequence[Budget]) -> pd.DataFrame:
    """DRIFT_COLUMNS: what differs between the parameters and the account; empty where nothing does."""
    return pd.DataFrame(_differences(client, account_id, budgets), columns=list(DRIFT_COLUMNS))


def _differences(
    client: Any, account_id: str, budgets: Sequence[Budget]
) -> Iterator[tuple[str, str, Any, Any]]:
    held = {b["BudgetName"]: b for b in _held(client, account_id)}
    for budget in budgets:
        wanted = definition(budget)
        name = wanted["BudgetName"]
        if name not in held:
            yield name, "create", wanted, None
            yield name, "notify", notifications(budget), []
            continue
        found = _comparable(held.pop(name))
        if found != _comparable(wanted):
            yield name, "update", wanted, found
        told = _told(client, account_id, name)
        if told != notifications(budget):
            yield name, "notify", notifications(budget), told
    for name, left in held.items():
        yield name, "delete", None, _comparable(left)


def _held(client: Any, account_id: str) -> list[dict[str, Any]]:
    pages = client.get_paginator("describe_budgets").paginate(AccountId=account_id)
    found = [budget for page in pages for budget in page.get("Budgets", [])]
    return [budget for budget in found if budget["BudgetName"].startswith(PREFIX)]


def _comparable(budget: dict[str, Any]) -> dict[str, Any]:
    limit = budget["BudgetLimit"]
    return {
        "kind": budget["BudgetType"],
        "period": budget["TimeUnit"],
        "limit": (float(limit["Amount"]), limit["Unit"]),
        "filters": budget.get("CostFilters") or {},
    }


def _told(client: Any, account_id: str, name: str) -> list[Notification]:
    names = {"AccountId": account_id, "BudgetName": name}
    found = client.describe_notifications_for_budget(**names)["Notifications"]
    return sorted(
        (
            n["NotificationType"],
            float(n["Threshold"]),
            n["ComparisonOperator"],
            _subscribers(client, names, n),
        )
        for n in found
    )


def _subscribers(
    client: Any, names: dict[str, str], notification: dict[str, Any]
) -> tuple[tuple[str, str], ...]:
    asked = {k: v for k, v in notification.items() if k != "NotificationState"}
    told = client.describe_subscribers_for_notification(**names, Notification=asked)["Subscribers"]
    return tuple(sorted((s["SubscriptionType"], s["Address"]) for s in told))


def reconcile(
    client: Any, account_id: str, budgets: Sequence[Budget], *, dry_run: bool = True
) -> pd.DataFrame:
    """The `drift`, removed from the account unless dry_run; a second run finds none."""
    found = drift(client, account_id, budgets)
    if not dry_run:
        for row in found.itertuples(index=False):
            _correct(client, account_id, row)
    return found


def _correct(client: Any, account_id: str, row: Any) -> None:
    names = {"AccountId": account_id, "BudgetName": row.name}
    match row.change:
        case "create":
            client.create_budget(AccountId=account_id, Budget=row.wanted)
        case "update":
            client.update_budget(AccountId=account_id, NewBudget=row.wanted)
        case "delete":
            client.delete_budget(**names)
        case "notify":
            for kind, pct, compared, _ in row.found:
                client.delete_notification(**names, Notification=_notification(kind, pct, compared))
            for kind, pct, compared, told in row.wanted:
                people = [{"SubscriptionType": t, "Address": a} for t, a in told]
                client.create_notification(
                    **names, Notification=_notification(kind, pct, compared), Subscribers=people
                )


def _notification(kind: str, threshold_pct: float, compared: str) -> dict[str, Any]:
    return {
        "NotificationType": kind,
        "ComparisonOperator": compared,
        "Threshold": threshold_pct,
        "ThresholdType": "PERCENTAGE",
    }
