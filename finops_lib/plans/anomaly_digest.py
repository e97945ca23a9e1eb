"""One message about the anomalies that nobody was told of yet, with the cause and the owner of each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import apprise
import pandas as pd

from finops_lib.errors import PlanError
from finops_lib.plans.remembered import keep, recall

ANOMALY_COLUMNS = ("name", "kind", "start", "expected", "actual", "impact", "cause", "owner")
"""What a digest tells of an anomaly; `cause` and `owner` may be missing, amounts are in the currency."""


def untold(found: pd.DataFrame, state: str | Path) -> pd.DataFrame:
    """The anomalies that the state file does not hold; one that goes on keeps its start, so it is told once.

    Raises PlanError where the file is not one of told anomalies.
    """
    told = _told(state)
    return found[[key not in told for key in _keys(found)]].reset_index(drop=True)


def remember(found: pd.DataFrame, state: str | Path) -> None:
    """Add the anomalies to the state file, whole or not at all."""
    keep(state, json.dumps(sorted(_told(state) | set(_keys(found))), indent=1) + "\n")


def digest(found: pd.DataFrame, *, currency: str) -> str:
    """The text, largest impact first; takes ANOMALY_COLUMNS."""
    total = found["impact"].sum()
    head = f"{len(found)} cost anomalies, {total:+,.2f} {currency} against what was expected."
    order = found["impact"].abs().sort_values(ascending=False).index
    return "\n".join([head, *(_line(row, currency) for _, row in found.loc[order].iterrows())])


def send(
    text: str, urls: Sequence[str], *, dry_run: bool = True, title: str = "Cost anomalies"
) -> str:
    """Send to every Apprise address: "would send", "sent" or "no address".

    Raises PlanError for an address that Apprise does not know, or where a message did not arrive
    (https://appriseit.com/services/: Slack, mailto://, sns:// …).
    """
    post = apprise.Apprise()
    for url in urls:
        if not post.add(url):
            # The address may hold a secret, so that the message names its scheme alone.
            raise PlanError(f"governance.alerts.urls: '{url.partition(':')[0]}' cannot be sent to.")
    if not len(post):
        return "no address"
    if dry_run:
        return "would send"
    if not post.notify(title=title, body=text):
        raise PlanError(
            "The digest did not arrive at every address; it will be sent again next time."
        )
    return "sent"


def _line(row: pd.Series, currency: str) -> str:
    because = f" Cause: {row['cause']}." if pd.notna(row["cause"]) else ""
    owner = row["owner"] if pd.notna(row["owner"]) else "nobody"
    return (
        f"- {row['name']}: {row['kind']} since {row['start']:%Y-%m-%d}, "
        f"{row['actual']:,.2f} instead of {row['expected']:,.2f} {currency} "
        f"({row['impact']:+,.2f}).{because} Owner: {owner}."
    )


def _keys(found: pd.DataFrame) -> list[str]:
    """An anomaly is the same one as long as its place and start are; its kind is named later."""
    return [f"{row['name']} {row['start']:%Y-%m-%dT%H}" for _, row in found.iterrows()]


def _told(state: str | Path) -> set[str]:
    text = recall(state)
    if text is None:
        return set()
    try:
        return set(json.loads(text))
    except (json.JSONDecodeError, TypeError) as error:
        raise PlanError(f"{state} does not hold told anomalies; move it away.") from error
