"""The life of every finding over the runs, and what the bill did after it was closed.

A finding is new, still open, unseen (it could not be judged this time), fixed, gone with its resource,
returned, or dismissed by someone until a day. What a closed one saved is measured in the bill, never
taken from the prediction; where the bill does not know the resource it stays unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from finops_lib.schema import KEY, LEDGER, conform
from finops_lib.units import HOURS_PER_MONTH

CLOSED = ("fixed", "gone")
FOUND = ("new", "open", "unseen", "returned")
"""States of a finding that is taken to be there still."""

PRICE_ACTIONS = (
    "resize_instance", "resize_database", "resize_endpoint", "modify_volume", "put_lifecycle",
    "use_spot", "buy_commitment",
)  # fmt: skip
"""Actions that lower the price of usage and not the usage: their baseline follows the usage."""

DISCOUNTS = ("use_spot", "buy_commitment")
"""Actions whose saving is another price of the same list price."""

ENDS_BY_ITSELF = r":(?:training|processing|transform|hyper-parameter-tuning)-job/"
"""Resources that are over some day whatever anybody does: that they are gone proves no saving."""

_DISMISSED = r"^Left alone(?: until (?P<until>\d{4}-\d{2}-\d{2}))? by (?P<by>.+?): (?P<why>.*?)\. "
_PROTECTED = "Protected by its tag"
_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Look:
    """What one run saw: FINDINGS, COVERAGE and RESOURCE_COSTS, of these accounts, at `as_of`."""

    findings: pd.DataFrame
    coverage: pd.DataFrame
    resource_costs: pd.DataFrame
    accounts: Sequence[str]
    as_of: datetime
    basis: str = "effective"


def update(previous: pd.DataFrame, look: Look) -> pd.DataFrame:
    """The LEDGER after this run from the one before it (empty at first) and what this run saw.

    The same run put in twice changes nothing but the states new and returned to open.
    """
    now = _present(look)
    known = previous.set_index("finding_id")
    ids = known.index.union(now.index[now["status"].eq("waste") | now["dismissed_by"].notna()])
    if not len(ids):
        return LEDGER.empty()
    past, now = known.reindex(ids), now.reindex(ids)
    rows = _identity(past, now).assign(
        state=_states(past, now, look), finding_id=ids, as_of=pd.Timestamp(look.as_of)
    )
    rows = _dated(rows, past, now)
    rows = _baselined(rows, past, now, look)
    return conform(_measured(rows.reset_index(drop=True), past, look)[LEDGER.names], LEDGER)


def dismissals(findings: pd.DataFrame) -> pd.DataFrame:
    """dismissed_by, dismissed_reason, dismissed_until of each finding, from why it was left alone."""
    reasons = findings["reason"].astype("object")
    said = reasons.str.extract(_DISMISSED)
    protected = reasons.str.startswith(_PROTECTED)
    return pd.DataFrame({
        "dismissed_by": said["by"].mask(protected, "tag"),
        "dismissed_reason": said["why"].mask(protected, _PROTECTED),
        "dismissed_until": pd.to_datetime(said["until"]).astype("datetime64[us]"),
    })  # fmt: skip


def counts(ledger: pd.DataFrame) -> pd.DataFrame:
    """state, findings, predicted, realised, measured: one row per state that there is."""
    table = ledger.groupby("state", as_index=False).agg(
        findings=("finding_id", "size"),
        predicted=("predicted_saving", "sum"),
        realised=("realised_saving", lambda values: values.sum(min_count=1)),
        measured=("realised_saving", "count"),
    )
    order = {state: place for place, state in enumerate((*FOUND, *CLOSED, "dismissed"))}
    return table.sort_values("state", key=lambda s: s.map(order), ignore_index=True)


def realisation(ledger: pd.DataFrame) -> pd.DataFrame:
    """check_id, findings, predicted, realised, rate of the closed findings that the bill measured."""
    closed = ledger[ledger["state"].isin(CLOSED) & ledger["realised_saving"].notna()]
    table = closed.groupby("check_id", as_index=False).agg(
        findings=("finding_id", "size"),
        predicted=("predicted_saving", "sum"),
        realised=("realised_saving", "sum"),
    )
    table["rate"] = table["realised"] / table["predicted"].where(table["predicted"] > 0)
    return table.sort_values("realised", ascending=False, ignore_index=True)


def curve(ledgers: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """as_of, predicted, realised, cumulative, open, closed: the programme over its runs, oldest first.

    `predicted` and `realised` are the monthly savings of what is closed; `realised` counts what the
    bill has measured, and is NA while it has measured nothing.
    """
    points = [
        {
            "as_of": ledger["as_of"].iloc[0],
            "predicted": ledger.loc[ledger["state"].isin(CLOSED), "predicted_saving"].sum(),
            "realised": ledger["realised_saving"].sum(min_count=1),
            "cumulative": ledger["cumulative_saving"].sum(),
            "open": int(ledger["state"].isin(FOUND).sum()),
            "closed": int(ledger["state"].isin(CLOSED).sum()),
        }
        for ledger in ledgers
        if len(ledger)
    ]
    columns = ["as_of", "predicted", "realised", "cumulative", "open", "closed"]
    return pd.DataFrame(points, columns=columns).sort_values("as_of", ignore_index=True)


def _present(look: Look) -> pd.DataFrame:
    named = pd.concat([look.findings, dismissals(look.findings)], axis=1)
    return named.set_index("finding_id")


def _identity(past: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    names = ["check_id", *KEY, "service", "team", "action"]
    return pd.DataFrame({name: now[name].combine_first(past[name]) for name in names})


def _states(past: pd.DataFrame, now: pd.DataFrame, look: Look) -> pd.Series:
    before, status = past["state"], now["status"]
    blind = _blind(past, look) & status.isna()
    was_closed, was_dismissed = before.isin(CLOSED), before.eq("dismissed")
    dismissed = now["dismissed_by"].notna()
    conditions = {
        "dismissed": dismissed | (was_dismissed & (status.isna() | status.eq("unknown"))),
        "returned": status.eq("waste") & was_closed,
        "new": status.eq("waste") & before.isna(),
        "open": status.eq("waste"),
        "unseen": (status.eq("unknown") | blind) & ~was_closed,
        "fixed": (status.eq("ok") & ~was_closed) | before.eq("fixed"),
    }
    states = np.select([c.to_numpy(bool) for c in conditions.values()], list(conditions), "gone")
    return pd.Series(states, index=past.index, dtype="str")


def _blind(past: pd.DataFrame, look: Look) -> pd.Series:
    """Whether this run could not have seen the finding: its table or account was not read."""
    gaps = look.coverage[look.coverage["not_read"].gt(0)]
    unread = set(zip(gaps["check_id"], gaps["account_id"], gaps["region"], strict=True))
    seen = [
        any((row.check_id, a, r) in unread for a in (row.account_id, "all") for r in (row.region, "all"))
        for row in past.itertuples()
    ]  # fmt: skip
    return pd.Series(seen, index=past.index) | ~past["account_id"].isin(list(look.accounts))


def _dated(rows: pd.DataFrame, past: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    found, closed = now["status"].eq("waste"), rows["state"].isin(CLOSED)
    returned = rows["state"].eq("returned").astype("int64")
    names = ["dismissed_by", "dismissed_reason", "dismissed_until"]
    held = {n: now[n].combine_first(past[n]).where(rows["state"].eq("dismissed")) for n in names}
    return rows.assign(
        first_seen=past["first_seen"].fillna(rows["as_of"]),
        last_seen=past["last_seen"].mask(found, rows["as_of"]).fillna(rows["as_of"]),
        closed_at=past["closed_at"].fillna(rows["as_of"]).where(closed),
        times_returned=past["times_returned"].fillna(0).astype("int64") + returned,
        predicted_saving=now["monthly_saving"].where(found, past["predicted_saving"]),
        **held,
    )


def _baselined(
    rows: pd.DataFrame, past: pd.DataFrame, now: pd.DataFrame, look: Look
) -> pd.DataFrame:
    """What the resource costs and uses a month, kept from the last run that found the finding."""
    bill = _monthly(look).reindex(pd.MultiIndex.from_frame(rows[list(KEY)]))
    found = now["status"].eq("waste")
    fresh = {
        "cost_before": pd.Series(bill["cost"].to_numpy(), rows.index),
        "list_before": pd.Series(bill["list"].to_numpy(), rows.index),
        "usage_before": pd.Series(bill["usage"].to_numpy(), rows.index),
        "usage_unit": pd.Series(bill["unit"].to_numpy(), rows.index),
    }
    return rows.assign(**{n: v.where(found, past[n]) for n, v in fresh.items()})


def _monthly(look: Look) -> pd.DataFrame:
    """account, region, resource; cost, list cost and usage a month, and the unit of its dearest part."""
    costs = look.resource_costs
    rate = HOURS_PER_MONTH / costs["window_hours"]
    by = [*KEY, "unit"]
    parts = costs.assign(
        cost=costs[f"{look.basis}_cost"] * rate, usage=costs["consumed_quantity"] * rate
    )
    parts["list"] = costs["list_cost"] * rate
    units = parts.groupby(by, as_index=False, dropna=False)[["cost", "usage"]].sum()
    dearest = units.sort_values("cost", ascending=False).drop_duplicates(list(KEY))
    table = dearest.set_index(list(KEY))[["usage", "unit"]]
    whole = parts.groupby(list(KEY))
    # A list price that one part lacks is not that of the resource.
    listed = whole["list"].sum().where(whole["list"].count() == whole.size())
    return table.assign(cost=whole["cost"].sum(), list=listed)


def _measured(rows: pd.DataFrame, past: pd.DataFrame, look: Look) -> pd.DataFrame:
    """Cost after, baseline and realised saving of what was closed before the bill's window began."""
    window = _window_start(look)
    after = rows["state"].isin(CLOSED) & rows["closed_at"].le(window + _DAY)
    bill = _monthly(look).reindex(pd.MultiIndex.from_frame(rows[list(KEY)])).reset_index(drop=True)
    ends = rows["resource_id"].fillna("").str.contains(ENDS_BY_ITSELF)
    known = after & rows["cost_before"].notna() & ~ends
    cost_after = _as_discounted_before(rows, bill).fillna(0.0).where(known)
    follows = rows["action"].isin(PRICE_ACTIONS) & rows["usage_before"].gt(0)
    same = bill["unit"].eq(rows["usage_unit"])
    scale = (bill["usage"] / rows["usage_before"]).where(same).where(follows, 1.0)
    baseline = (rows["cost_before"] * scale).where(known)
    saving = _shared_out(rows, baseline - cost_after)
    months = (rows["as_of"] - pd.Series(past["as_of"].to_numpy())) / pd.Timedelta(
        hours=HOURS_PER_MONTH
    )
    return rows.assign(
        cost_after=cost_after,
        baseline_cost=baseline,
        realised_saving=saving,
        cumulative_saving=pd.Series(past["cumulative_saving"].to_numpy()).fillna(0.0)
        + (saving * months.clip(lower=0.0)).fillna(0.0),
    )


def _as_discounted_before(rows: pd.DataFrame, bill: pd.DataFrame) -> pd.Series:
    """The cost after at the discount that the resource had before; as billed without a list price.

    A commitment that was bought since is measured on its pool, and would count twice; where another
    price is what the action is about, the bill's own cost stands.
    """
    listed = rows["list_before"].where((rows["list_before"] > 0) & ~rows["action"].isin(DISCOUNTS))
    paid_share = rows["cost_before"] / listed
    return (bill["list"].where(bill["list"] > 0) * paid_share).fillna(bill["cost"])


def _window_start(look: Look) -> pd.Timestamp:
    """A fee may last beyond the moment of the run; what was used does not."""
    hours = look.resource_costs["window_hours"]
    end = min(look.resource_costs["last_charge_end"].max(), pd.Timestamp(look.as_of))
    return end - pd.Timedelta(hours=float(hours.max())) if len(hours) else pd.NaT


def _shared_out(rows: pd.DataFrame, saving: pd.Series) -> pd.Series:
    """Each finding's part of its resource's saving, by prediction, so that no dollar counts twice."""
    keys = [rows[name] for name in KEY]
    weight = rows["predicted_saving"].clip(lower=0.0).where(saving.notna())
    whole = weight.groupby(keys).transform("sum")
    alone = saving.notna().groupby(keys).transform("sum")
    return saving * (weight / whole).where(whole > 0, 1.0 / alone.where(alone > 0))
