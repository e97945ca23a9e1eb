"""Each finding with all that its owner asks: who, since when, what would flip it, and how it is done."""

from __future__ import annotations

from typing import Any

import pandas as pd

from finops_lib.phases import ledger
from finops_lib.phases.optimization import flip
from finops_lib.plans.actions import ACTIONS
from finops_lib.plans.export import commands
from finops_lib.present import count, pct
from finops_lib.schema import LEDGER
from finops_lib.sources.store import read_table
from finops_lib.workbook import Workbook

SEEN = ("new", "open", "returned")
"""States of the ledger in which a run found the waste."""

CONSOLE = "https://console.aws.amazon.com/go/view?arn="
"""Opens any resource by its ARN, as AWS's own toolkits link to it."""

PLAIN = {
    "i-": "instance", "vol-": "volume", "snap-": "snapshot", "ami-": "image",
    "eipalloc-": "elastic-ip", "nat-": "natgateway", "vpce-": "vpc-endpoint",
}  # fmt: skip
"""Beginning of a plain EC2 id to the kind in its ARN."""


WHAT = ["check_id", "resource_id", "monthly_saving", "reason", "team", "owner", "confidence",
        "first_seen", "runs_seen", "region"]  # fmt: skip
HOW = ["check_id", "resource_id", "would_flip", "how"]
"""The columns of `details` that say what was found, and those that say what to do about it."""

MOST = 2_000
"""So many findings a page can hold and still be opened; the file of the run has all of them."""


def details(book: Workbook, most: int = MOST) -> pd.DataFrame:
    """The `most` dearest findings with owner, first_seen, runs_seen, would_flip and how.

    `first_seen` and `runs_seen` count this run and the earlier ones whose ledger is kept; `how` is the
    exact command, or where a person acts the action and its place in the console.
    """
    waste = book.waste.head(most)
    seen = times_seen(book).reindex(waste["finding_id"])
    return waste[["check_id", "resource_id", "region", "team", "owner", "monthly_saving",
                  "confidence"]].assign(
        first_seen=seen["first_seen"].to_numpy(),
        runs_seen=seen["runs_seen"].fillna(1).astype("int64").to_numpy(),
        reason=waste["reason"],
        would_flip=[flip(book, row) for row in waste.itertuples()],
        how=[how(row) for row in waste.itertuples()],
    )  # fmt: skip


def left_out(book: Workbook, most: int = MOST) -> str:
    """A sentence on what `details` leaves out; empty where it is whole."""
    rest = book.waste.iloc[most:]
    if rest.empty:
        return ""
    share = rest["monthly_saving"].sum() / book.waste["monthly_saving"].sum()
    return f"{count(len(rest))} smaller findings ({pct(share)} of the sum) are in findings.parquet alone."


def times_seen(book: Workbook) -> pd.DataFrame:
    """first_seen and runs_seen of every finding by its id, over this run and the kept ones before it."""
    outputs = book.estate.folder.parent.parent.parent
    earlier = ledger.earlier_runs(outputs, book.params.title, book.estate.as_of)
    kept = [folder / ledger.FILE for folder, _ in earlier if (folder / ledger.FILE).exists()]
    lives = pd.concat([*(read_table(file, LEDGER) for file in kept), ledger.this_run(book)])
    found = lives[lives["state"].isin(SEEN)].groupby("finding_id")
    return pd.DataFrame({"first_seen": found["first_seen"].min(), "runs_seen": found.size()})


def how(finding: Any) -> str:
    """The exact commands, or the action and the address that opens the resource in the console."""
    step = {
        "action": finding.action, "parameters": finding.parameters or {},
        "resource_id": finding.resource_id, "region": finding.region,
    }  # fmt: skip
    if lines := commands(step):
        return "; ".join(lines)
    action = ACTIONS.get(finding.action)
    done = action.title if action else str(finding.action)
    return f"{done}: {console(finding)}"


def console(finding: Any) -> str:
    """The address that opens the resource; of what has no ARN the service, region and id to look for."""
    identity = str(finding.resource_id)
    kind = next((word for start, word in PLAIN.items() if identity.startswith(start)), None)
    if kind:
        identity = f"arn:aws:ec2:{finding.region}:{finding.account_id}:{kind}/{identity}"
    if finding.service == "Amazon Simple Storage Service":
        identity = f"arn:aws:s3:::{identity}"
    if identity.startswith("arn:"):
        return CONSOLE + identity
    return f"{finding.service}, {finding.region}, {identity}"
