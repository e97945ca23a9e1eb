"""The ledger as line items: one row per charge and hour or day, and the rows that no resource causes.

Before the export's switch every line is a day; from then on what runs by the hour is billed by the
hour and what is stored or moved by the day, as AWS does. The newest hours are missing or partial:
each service reports with its own delay.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from finops_lib.demo.story.ledger import Charge, Ledger, Resource
from finops_lib.demo.story.purchases import applied, purchase_lines
from finops_lib.demo.story.surcharges import discount_lines, surcharge_lines
from finops_lib.demo.story.teams import SECOND_REGION
from finops_lib.demo.story.timeline import HOURLY_FROM, HOURS, START, hour, patterns

DELAYS_H = {"AmazonS3": 30, "AmazonCloudWatch": 24, "AWSELB": 10}
DEFAULT_DELAY_H = 7
"""Hours after which a service's usage appears on the bill."""


def lines(ledger: Ledger) -> pd.DataFrame:
    """Every line item of the history, in the columns of `charges` plus time, quantity and cost.

    `cost` is unblended (billed), `effective_cost` amortized, `list_cost` on demand, in US dollars;
    `line_type` is the word of the Cost and Usage Report.
    """
    usage = applied(_priced(_spread(charges(ledger), ledger.seed), ledger), ledger)
    bought = purchase_lines(usage, ledger)
    discounted = discount_lines(usage)
    parts = [usage, *bought, discounted, surcharge_lines(usage)]
    everything = pd.concat(parts, ignore_index=True)
    return everything.sort_values("start", kind="stable", ignore_index=True)


def charges(ledger: Ledger) -> pd.DataFrame:
    """One row per charge of the ledger, with what the bill says about its resource."""
    records = [
        _record(number, item, charge)
        for number, item in enumerate(ledger.resources)
        for charge in item.charges
    ]
    return pd.DataFrame.from_records(records)


def _record(number: int, item: Resource, charge: Charge) -> dict[str, object]:
    return {
        "resource": number,
        "resource_id": item.bill_id if item.kind != "account" else None,
        "account": item.account,
        "region": item.region if item.kind != "distribution" else None,
        "zone": item.spec.get("zone"),
        "service": charge.service,
        "usage_type": _prefixed(charge.usage_type, item.region),
        "operation": charge.operation,
        "unit": charge.unit,
        "instance_type": charge.instance_type or None,
        "rate": charge.rate,
        "paid_rate": charge.rate if charge.paid_rate is None else charge.paid_rate,
        "commitment_id": charge.commitment_id or None,
        "description": f"${charge.rate:.10g} per {charge.unit} for {charge.usage_type}",
        "category": charge.category or item.category,
        "role": item.role,
        "amount": charge.amount,
        "pattern": charge.pattern,
        "born": hour(item.start) if item.start else 0.0,
        "died": hour(item.end) if item.end else float(HOURS),
    }


def _prefixed(usage_type: str, region: str) -> str:
    return f"USW2-{usage_type}" if region == SECOND_REGION else usage_type


def _spread(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The charges cut into billing slots, each with its quantity."""
    born = frame["born"].clip(lower=0.0).to_numpy()
    delay = frame["service"].map(DELAYS_H).fillna(DEFAULT_DELAY_H).to_numpy(dtype=float)
    died = np.minimum(frame["died"].to_numpy(), HOURS - delay)
    days = np.arange(0, HOURS + 24, 24, dtype=float)
    switch = hour(HOURLY_FROM)
    mixed = np.concatenate([days[days < switch], np.arange(switch, HOURS + 1)])
    by_hour = frame["instance_type"].notna().to_numpy()
    parts = [_slots(np.flatnonzero(chosen), born, died, edges)
             for chosen, edges in ((~by_hour, days), (by_hour, mixed))]  # fmt: skip
    index, first, last = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    quantity = _quantity(
        frame, index, np.maximum(first, born[index]), np.minimum(last, died[index]), seed
    )
    kept = quantity > 0
    out = (
        frame.drop(columns=["amount", "pattern", "born", "died"])
        .iloc[index[kept]]
        .reset_index(drop=True)
    )
    return out.assign(start=_time(first[kept]), end=_time(last[kept]), quantity=quantity[kept])


def _slots(
    chosen: np.ndarray, born: np.ndarray, died: np.ndarray, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each chosen charge the slots `[edges[k], edges[k + 1])` that overlap its life."""
    low = np.searchsorted(edges, born[chosen], side="right") - 1
    high = np.searchsorted(edges, died[chosen], side="left")
    counts = np.maximum(high - low, 0)
    index = np.repeat(chosen, counts)
    ends = np.cumsum(counts)
    slot = np.arange(ends[-1]) - np.repeat(ends - counts, counts) + np.repeat(low, counts)
    return index, edges[slot], edges[slot + 1]


def _quantity(
    frame: pd.DataFrame, index: np.ndarray, first: np.ndarray, last: np.ndarray, seed: int
) -> np.ndarray:
    names = frame["pattern"].to_numpy()[index]
    amount = frame["amount"].to_numpy()[index]
    quantity = np.zeros(len(index))
    clock = np.arange(HOURS + 1)
    for name, values in patterns(seed).items():
        so_far = np.concatenate([[0.0], np.cumsum(values)])
        rows = names == name
        within = np.interp(last[rows], clock, so_far) - np.interp(first[rows], clock, so_far)
        quantity[rows] = amount[rows] * within
    return quantity


def _time(hours: np.ndarray) -> np.ndarray:
    return np.datetime64(START, "us") + (hours * 3_600_000_000).astype("timedelta64[us]")


def _priced(usage: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Usage with its costs: covered by a commitment from the day it was bought, else as paid."""
    bought = {c.id: np.datetime64(c.start, "us") for c in ledger.commitments}
    kinds = {c.id: c.kind for c in ledger.commitments}
    is_covered = usage["start"] >= usage["commitment_id"].map(bought)
    kind = usage["commitment_id"].map(kinds).where(is_covered)
    line_type = kind.map(
        {"reserved_instance": "DiscountedUsage", "savings_plan": "SavingsPlanCoveredUsage"}
    )
    has_own_rate = is_covered | usage["commitment_id"].isna()
    paid = usage["paid_rate"].where(has_own_rate, usage["rate"])
    list_cost = usage["quantity"] * usage["rate"]
    effective = usage["quantity"] * paid
    billed = effective.where(~is_covered, 0.0).where(kind != "savings_plan", list_cost)
    return usage.assign(
        line_type=line_type.fillna("Usage"),
        commitment_id=usage["commitment_id"].where(is_covered),
        cost=billed,
        effective_cost=effective,
        list_cost=list_cost,
        unused_cost=0.0,
    )
