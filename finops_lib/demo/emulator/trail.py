"""CloudTrail's event history, from a planted list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from finops_lib.demo.emulator.answers import RefusedError
from finops_lib.demo.emulator.paging import page, with_token
from finops_lib.demo.emulator.requests import Asked
from finops_lib.demo.emulator.state import State

Body = dict[str, Any]
PAGE = 50
ATTRIBUTES = ("EventId", "EventName", "ReadOnly", "Username", "EventSource", "AccessKeyId")


def lookup_events(state: State, request: Asked, body: Body) -> Body:
    """Events newest first, by time and at most one attribute, fifty a page.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
    """
    size, asked = int(body.get("MaxResults") or PAGE), body.get("LookupAttributes") or []
    if not 1 <= size <= PAGE:
        raise RefusedError(
            "InvalidMaxResultsException", f"MaxResults must be between 1 and {PAGE}."
        )
    if len(asked) > 1:
        raise RefusedError(
            "InvalidLookupAttributesException", "Only one lookup attribute is allowed."
        )
    first, last = (_moment(body.get(key)) for key in ("StartTime", "EndTime"))
    found = [
        event
        for event in state.events[(request.account, request.region)]
        if (first is None or event["EventTime"] >= first)
        and (last is None or event["EventTime"] <= last)
        and all(_has(event, attribute) for attribute in asked)
    ]
    found.sort(key=lambda event: event["EventTime"], reverse=True)
    listed, token = page(found, body.get("NextToken"), size)
    return with_token({"Events": list(listed)}, "NextToken", token)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _has(event: Body, attribute: Body) -> bool:
    key, value = attribute["AttributeKey"], attribute["AttributeValue"]
    if key in ATTRIBUTES:
        return bool(event.get(key) == value)
    return any(resource.get(key) == value for resource in event.get("Resources") or [])


OPERATIONS = {"LookupEvents": lookup_events}
