"""Requests for commitments as files in a folder under review: asked for, approved by another person, or lapsed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from finops_lib.errors import PlanError
from finops_lib.plans.purchases import Purchase, approve_purchase, check_purchase, total

RECORD_COLUMNS = ("file", "product", "scope", "total", "requester", "approver", "until", "status")
STATUSES = ("requested", "approved", "lapsed", "changed")


def request(folder: Path, purchase: Purchase, *, requester: str, reason: str, at: datetime) -> Path:
    """The file of a new request; raises PlanError where nobody asks or nothing is said."""
    if not (requester.strip() and reason.strip()):
        raise PlanError("A purchase needs a requester and a reason.")
    folder.mkdir(parents=True, exist_ok=True)
    words = f"{at:%Y%m%d-%H%M%S}-{purchase.product}-{purchase.scope}".lower()
    path = folder / f"{''.join(c if c.isalnum() else '-' for c in words)}.json"
    if path.exists():
        raise PlanError(f"{path} is there already: ask again in a second.")
    asked = {"purchase": purchase.model_dump(mode="json"), "total": total(purchase),
             "requester": requester, "reason": reason, "requested_at": at.isoformat()}  # fmt: skip
    path.write_text(json.dumps(asked, indent=1) + "\n")
    return path


def approve(path: Path, *, approver: str, at: datetime, days: int) -> dict[str, Any]:
    """The request sealed as an approval that holds `days`, written to its file."""
    asked = read(path)
    record = approve_purchase(
        bought(asked, path), approver=approver, requester=asked["requester"], reason=asked["reason"],
        at=at, until=at + timedelta(days=days),
    )  # fmt: skip
    fresh = path.with_suffix(".part")
    fresh.write_text(json.dumps(record, indent=1) + "\n")
    fresh.replace(path)
    return record


def read(path: Path) -> dict[str, Any]:
    """The record in that file; raises PlanError where it is none."""
    try:
        record = json.loads(path.read_text())
    except (OSError, json.JSONDecodeError) as error:
        raise PlanError(f"{path} cannot be read as a purchase: {error}") from error
    if not isinstance(record, dict) or not {"purchase", "requester", "reason"} <= set(record):
        raise PlanError(
            f"{path} is no request for a purchase: run `finops govern purchase request`."
        )
    return record


def bought(record: dict[str, Any], path: Path) -> Purchase:
    """The commitment that the record is about; raises PlanError that names the field that is wrong."""
    try:
        return Purchase.model_validate(record["purchase"])
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise PlanError(f"{path}: {place}: {first['msg']}.") from None


def listed(folder: Path, now: datetime) -> pd.DataFrame:
    """RECORD_COLUMNS of every record in the folder, the oldest first."""
    return pd.DataFrame(_rows(folder, now), columns=list(RECORD_COLUMNS))


def _rows(folder: Path, now: datetime) -> Iterator[tuple[Any, ...]]:
    for path in sorted(folder.glob("*.json")):
        record = read(path)
        purchase = bought(record, path)
        yield (path.name, purchase.product, purchase.scope, total(purchase), record["requester"],
               record.get("approver", ""), record.get("until", ""), status(record, purchase, now))  # fmt: skip


def status(record: dict[str, Any], purchase: Purchase, now: datetime) -> str:
    """One of STATUSES."""
    if "digest" not in record:
        return "requested"
    try:
        check_purchase(record, purchase, now)
    except PlanError as error:
        return "lapsed" if "held until" in str(error) else "changed"
    return "approved"
