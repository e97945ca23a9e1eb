"""CloudTrail's events as who created a resource: pure, no boto3, no clock."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable

from finops_lib.sources.shape import Page, Record, items

CREATING = ("Create", "Run", "Allocate", "Copy", "Restore", "Request", "Import", "Register")
"""How the names of the events begin with which AWS makes something."""

MARKING = ("CreateTags",)
"""Events that begin so and make nothing."""

_PSEUDONYM = re.compile(r"principal [0-9a-f]{8}")


def creation(pages: Iterable[Page]) -> Record | None:
    """created_by, event_name and event_time of the oldest event that succeeded in making something.

    A later one makes something else of the resource (CreateSnapshot names its volume). None where no event
    is of that kind, or it does not tell who asked.
    """
    for event in sorted(items(pages, "Events"), key=lambda event: event["EventTime"]):
        name, told = event["EventName"], json.loads(event.get("CloudTrailEvent") or "{}")
        if not name.startswith(CREATING) or name in MARKING or told.get("errorCode"):
            continue
        who = principal(told.get("userIdentity") or {}) or event.get("Username")
        found = {"created_by": who, "event_name": name, "event_time": event["EventTime"]}
        return found if who else None
    return None


def principal(identity: Record) -> str | None:
    """Who asked, as the bill's aws:createdBy tag spells it: "IAMUser:AIDA…:jo", "Root:123456789012".

    A role's session is in its principalId; a service is named by its address, and has no id. Source of the
    forms: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
    """
    kind = identity.get("type")
    user = identity.get("userName") if kind == "IAMUser" else None
    who = identity.get("principalId") or identity.get("invokedBy") or identity.get("accountId")
    return ":".join(part for part in (kind, who, user) if part) if who or user else None


def pseudonym(name: str) -> str:
    """The same short code for the same principal, itself for a code; who knows a name can try it."""
    if _PSEUDONYM.fullmatch(name):
        return name
    return f"principal {hashlib.sha256(name.encode()).hexdigest()[:8]}"
