"""CloudWatch Logs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from finops_lib.sources.shape import Record
from finops_lib.units import BYTES_PER_GIB


def log_group(raw: dict[str, Any], tags: dict[str, str] | None) -> Record:
    """One group of DescribeLogGroups; its id is the ARN as bills spell it, without the trailing `:*`."""
    stored = raw.get("storedBytes")
    return {
        "resource_id": raw["arn"].removesuffix(":*"),
        "name": raw["logGroupName"],
        "stored_gib": None if stored is None else stored / BYTES_PER_GIB,
        "retention_days": raw.get("retentionInDays"),
        "log_class": raw.get("logGroupClass"),
        "create_time": _moment(raw.get("creationTime")),
        "tags": tags,
    }


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
