"""What stands between an approved plan and the account: limits, protected tags, grace, changed states."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import pandas as pd

from finops_lib.errors import PlanError
from finops_lib.params.governance import Limits

BUSY_STATES = frozenset({"in-use", "Updating", "Creating", "pending"})
Stage = Literal["mark", "warn", "act"]


def check_limits(
    steps: Sequence[Mapping[str, Any]], limits: Limits, estate_counts: Mapping[str, int]
) -> None:
    """Raise PlanError where approved steps exceed the count, the percent of a service, or the dollars.

    `estate_counts` are the resources of each service in the whole estate. One step is always within the percent, or
    small estates could never be cleaned.
    """
    if len(steps) > limits.max_steps:
        raise PlanError(
            f"The plan has {len(steps)} approved steps, the limit is {limits.max_steps}: "
            "approve fewer, or raise governance.limits.max_steps."
        )
    saving = sum(float(step["monthly_saving"]) for step in steps)
    if limits.max_monthly_saving is not None and saving > limits.max_monthly_saving:
        raise PlanError(
            f"The plan promises {saving:.2f} a month, above the limit of "
            f"{limits.max_monthly_saving:.2f}: approve fewer steps, or raise "
            "governance.limits.max_monthly_saving."
        )
    acted_on = [step for step in steps if step.get("category") != "commit"]
    resources = {(step["service"], step["resource_id"]) for step in acted_on}
    counts = Counter(service for service, _ in resources)
    for service, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        allowed = max(1.0, estate_counts.get(service, 0) * limits.max_percent / 100)
        if count > allowed:
            raise PlanError(
                f"The plan acts on {count} of {estate_counts.get(service, 0)} resources of "
                f"{service}, the limit is {limits.max_percent:g} %: approve fewer, or raise "
                "governance.limits.max_percent."
            )


def protection(tags: Mapping[str, str], protected: Mapping[str, Sequence[str]]) -> str | None:
    """The reason why these tags protect a resource, or None; values may hold wildcards."""
    for key, values in protected.items():
        value = tags.get(key)
        if value is not None and (not values or any(fnmatch.fnmatch(value, v) for v in values)):
            return f"protected by the tag {key}={value}"
    return None


def stage(now: datetime, not_before: datetime | None, warn_days: int) -> Stage:
    """Mark while the grace is long, warn in its last days, act once it is over."""
    if not_before is None or pd.isna(not_before) or now >= not_before:
        return "act"
    return "warn" if now >= not_before - timedelta(days=warn_days) else "mark"


def changed(before: Mapping[str, Any], now: Mapping[str, Any] | None) -> str | None:
    """Why the resource is no longer as it was planned for, or None.

    Tags other than protecting ones may change, as our own mark does.
    """
    if now is None:
        return "it is gone"
    busy = now.get("state") in BUSY_STATES and before.get("state") != now.get("state")
    for key in sorted(set(before) - {"tags"}):
        if before[key] != now.get(key):
            words = "busy again" if busy or key in ("attached_to", "association_id") else "changed"
            return f"{words}: {key} was {before[key]!r} and is {now.get(key)!r}"
    return None
