"""What moto's budgets lack: changing them, who is told, and actions."""

from __future__ import annotations

import hashlib
from typing import Any

from moto.budgets.models import Budget, Notification, budgets_backends

from finops_lib.demo.emulator.answers import RefusedError
from finops_lib.demo.emulator.requests import Asked
from finops_lib.demo.emulator.state import State

Body = dict[str, Any]


def update_budget(state: State, request: Asked, body: Body) -> Body:
    """Replace a budget's definition; its notifications stay."""
    new = body["NewBudget"]
    held = _budget(body["AccountId"], new["BudgetName"])
    held.budget = Budget(new, []).budget
    return {}


def describe_subscribers(state: State, request: Asked, body: Body) -> Body:
    """Who is told by one notification."""
    return {"Subscribers": _notification(body).subscribers}


def create_subscriber(state: State, request: Asked, body: Body) -> Body:
    """Tell one more."""
    subscribers = _notification(body).subscribers
    if body["Subscriber"] in subscribers:
        raise RefusedError("DuplicateRecordException", "The subscriber exists already.")
    subscribers.append(body["Subscriber"])  # type: ignore[attr-defined]
    return {}


def create_action(state: State, request: Asked, body: Body) -> Body:
    """Keep an action; nothing runs it by itself."""
    _budget(body["AccountId"], body["BudgetName"])
    known = f"{body['BudgetName']}/{len(state.budget_actions[body['AccountId']])}"
    name = hashlib.sha256(known.encode()).hexdigest()[:32]
    kept = {k: v for k, v in body.items() if k not in ("AccountId", "ResourceTags")}
    state.budget_actions[body["AccountId"]].append({**kept, "ActionId": name, "Status": "STANDBY"})
    return {"AccountId": body["AccountId"], "BudgetName": body["BudgetName"], "ActionId": name}


def describe_actions(state: State, request: Asked, body: Body) -> Body:
    """The actions of one budget."""
    _budget(body["AccountId"], body["BudgetName"])
    actions = state.budget_actions[body["AccountId"]]
    return {"Actions": [a for a in actions if a["BudgetName"] == body["BudgetName"]]}


def delete_action(state: State, request: Asked, body: Body) -> Body:
    """Forget an action."""
    actions = state.budget_actions[body["AccountId"]]
    found = [a for a in actions if a["ActionId"] == body["ActionId"]]
    if not found:
        raise RefusedError("NotFoundException", f"No action with ID {body['ActionId']} exists.")
    actions.remove(found[0])
    return {"AccountId": body["AccountId"], "BudgetName": body["BudgetName"], "Action": found[0]}


def _budget(account: str, name: str) -> Budget:
    budgets = budgets_backends[account]["aws"].budgets[account]
    if name not in budgets:
        raise RefusedError(
            "NotFoundException", f"Unable to get budget: {name} - the budget doesn't exist."
        )
    return budgets[name]


def _notification(body: Body) -> Notification:
    for notification in _budget(body["AccountId"], body["BudgetName"]).notifications:
        if notification.details == body["Notification"]:
            return notification
    raise RefusedError("NotFoundException", "The notification doesn't exist.")


OPERATIONS = {
    "UpdateBudget": update_budget,
    "DescribeSubscribersForNotification": describe_subscribers,
    "CreateSubscriber": create_subscriber,
    "CreateBudgetAction": create_action,
    "DescribeBudgetActionsForBudget": describe_actions,
    "DeleteBudgetAction": delete_action,
}
