"""The bill's rows about commitments: monthly and hourly fees, and what cancels covered usage."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from finops_lib.demo.story.ledger import Commitment, Ledger
from finops_lib.demo.story.rates import SAVINGS_PLAN_SHARE
from finops_lib.demo.story.timeline import AS_OF, HOURLY_FROM
from finops_lib.period import Period

DELAY = np.timedelta64(7, "h")


def applied(usage: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """The usage once each Savings Plan also covers what its own machines leave of it, slot by slot.

    AWS gives a plan's dollars to any eligible usage of the hour; here to the steady machines, whose
    last one may be covered in part: it then has a covered row and one on demand.
    """
    for plan in ledger.commitments:
        if plan.kind == "savings_plan":
            usage = _applied(usage, plan)
    return usage


def _applied(usage: pd.DataFrame, plan: Commitment) -> pd.DataFrame:
    start = np.datetime64(plan.start, "us")
    free = usage[usage["role"].eq("steady") & usage["line_type"].eq("Usage")
                 & usage["instance_type"].notna() & (usage["start"] >= start)]  # fmt: skip
    free = free.sort_values(["start", "resource"], kind="stable")
    own = usage[usage["commitment_id"] == plan.id].groupby("start")["effective_cost"].sum()
    hours = (free["end"] - free["start"]) / pd.Timedelta(hours=1)
    left = (hours * plan.hourly_cost - free["start"].map(own).fillna(0.0)).clip(lower=0.0)
    wanted = free["list_cost"] * SAVINGS_PLAN_SHARE
    before = wanted.groupby(free["start"]).cumsum() - wanted
    part = ((left - before) / wanted).clip(0.0, 1.0)
    taken, part = free[part > 0], part[part > 0]
    covered = _scaled(taken, part)
    covered = covered.assign(
        line_type="SavingsPlanCoveredUsage",
        commitment_id=plan.id,
        paid_rate=taken["rate"] * SAVINGS_PLAN_SHARE,
        effective_cost=covered["list_cost"] * SAVINGS_PLAN_SHARE,
    )
    rest = _scaled(taken, 1.0 - part)[part < 1.0]
    return pd.concat([usage.drop(index=taken.index), covered, rest], ignore_index=True)


def _scaled(rows: pd.DataFrame, part: pd.Series) -> pd.DataFrame:
    columns = ["quantity", "cost", "effective_cost", "list_cost"]
    return rows.assign(**{column: rows[column] * part for column in columns})


def purchase_lines(usage: pd.DataFrame, ledger: Ledger) -> list[pd.DataFrame]:
    """Fees of every commitment and, for Savings Plans, the negation of the usage they cover."""
    frames = []
    for commitment in ledger.commitments:
        covered = usage[usage["commitment_id"] == commitment.id]
        if commitment.kind == "savings_plan":
            frames += [_negation(covered), _plan_fees(covered, commitment)]
        else:
            frames.append(_reservation_fees(covered, commitment))
    return frames


def _negation(covered: pd.DataFrame) -> pd.DataFrame:
    """One row against each covered one: what the plan's fee pays is not paid again."""
    return covered.assign(
        line_type="SavingsPlanNegation",
        cost=-covered["cost"],
        effective_cost=0.0,
        list_cost=0.0,
        description="SavingsPlanNegation used by AccountId : " + covered["account"],
    )


def _plan_fees(covered: pd.DataFrame, plan: Commitment) -> pd.DataFrame:
    """The hourly commitment, as the export's slots have it, and what of it went unused."""
    first, switch, last = (np.datetime64(t, "us") for t in (plan.start, HOURLY_FROM, AS_OF))
    edges = np.concatenate([
        np.arange(first, switch, np.timedelta64(24, "h")),
        np.arange(max(first, switch), last - DELAY + np.timedelta64(1, "h"), np.timedelta64(1, "h")),
    ])  # fmt: skip
    hours = np.diff(edges) / np.timedelta64(1, "h")
    used = covered.groupby("start")["effective_cost"].sum().reindex(edges[:-1], fill_value=0.0)
    fee = hours * plan.hourly_cost
    unused = (fee - used.to_numpy()).clip(min=0.0).round(9)
    return _fees(plan, edges[:-1], edges[1:]).assign(
        line_type="SavingsPlanRecurringFee",
        service="ComputeSavingsPlans",
        usage_type="ComputeSP:1yrNoUpfront",
        unit="Hrs",
        quantity=hours,
        rate=plan.hourly_cost,
        cost=fee,
        unused_cost=unused,
        effective_cost=unused,
        description="1 year No Upfront Compute Savings Plan",
    )


def _reservation_fees(covered: pd.DataFrame, reservation: Commitment) -> pd.DataFrame:
    """The month's fee on its first day, and what of the hours so far went unused."""
    months = _months(reservation.start, AS_OF)
    starts = np.array([m.start for m in months], dtype="datetime64[us]")
    ends = np.array([m.end for m in months], dtype="datetime64[us]")
    last = np.datetime64(AS_OF, "us") - DELAY
    elapsed = (np.minimum(ends, last) - starts) / np.timedelta64(1, "h")
    month = covered["start"].dt.to_period("M").dt.to_timestamp().astype("datetime64[us]")
    used = covered.groupby(month)["effective_cost"].sum().reindex(starts, fill_value=0.0).to_numpy()
    unused = np.maximum(elapsed * reservation.hourly_cost - used, 0.0).round(9)
    hours = (ends - starts) / np.timedelta64(1, "h")
    words = f"{reservation.count} reserved {reservation.instance_type}, 1 year, No Upfront"
    prefix = "USW2-" if reservation.region == "us-west-2" else ""
    return _fees(reservation, starts, ends).assign(
        line_type="RIFee",
        region=reservation.region,
        service="AmazonEC2",
        usage_type=f"{prefix}HeavyUsage:{reservation.instance_type}",
        operation="RunInstances",
        unit="Hrs",
        instance_type=reservation.instance_type,
        quantity=hours * reservation.count,
        rate=reservation.hourly_cost / reservation.count,
        cost=hours * reservation.hourly_cost,
        unused_cost=unused,
        effective_cost=unused,
        description=words,
    )


def _fees(commitment: Commitment, starts: np.ndarray, ends: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"start": starts, "end": ends}).assign(
        account=commitment.account,
        commitment_id=commitment.id,
        resource_id=commitment.arn,
        category="compute",
        role="commitment_fee",
        list_cost=0.0,
    )


def _months(start: datetime, end: datetime) -> list[Period]:
    months = [Period.month(f"{start:%Y-%m}")]
    while months[-1].end < end:
        months.append(months[-1].next())
    return months
