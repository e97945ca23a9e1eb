"""How costs are kept where they are: budgets, controls, exceptions, adoption of schedules and alerts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.analysis.anomalies.detect import detect_many
from finops_lib.analysis.commitments.budget_shares import DIMENSIONS, commitment_share
from finops_lib.engine import queries
from finops_lib.engine.connect import frame
from finops_lib.errors import ParameterError
from finops_lib.params.governance import Budget
from finops_lib.period import Period
from finops_lib.phases import schedules
from finops_lib.plans import checklists
from finops_lib.plans.anomaly_digest import ANOMALY_COLUMNS
from finops_lib.plans.budgets import PREFIX, WORDS
from finops_lib.plans.governed import CONTROL_COLUMNS, parts
from finops_lib.plans.quotas import quota_advice
from finops_lib.schema import COST_COLUMN
from finops_lib.workbook import Workbook

RUN_RATE_DAYS = 28
"""Whole days whose mean is what the rest of a month will cost: four weeks, so that weekends weigh right."""

CAUSE_KEYS = ("SubAccountId", "RegionId", "x_UsageType", "x_tag_team")
"""What names the cause of an anomaly, where the bill has it; the last one names its owner."""


def budgets(book: Workbook) -> pd.DataFrame:
    """Each budget of cost against the month and the running month.

    `limit_amount`, `actual_amount` of the period, `used_share`, `forecast_amount` of the month that runs at
    `as_of` (billed so far, and the mean of the last 28 whole days for the rest), `forecast_share`, `status`.
    Cost as AWS Budgets counts it, billed; a budget of a tag that the bill has not is unknown.
    """
    wanted = [b for b in _monthly(book) if b.kind == "COST"]
    columns = sorted({column for b in wanted if b.tag and (column := _tag(b)) in book.cube.columns})
    days = frame(queries.spend_by_day(book.cube, columns))
    return pd.DataFrame(
        [_budget_row(book, budget, days) for budget in wanted],
        columns=["budget", "scope", "limit_amount", "actual_amount", "used_share", "forecast_amount",
                 "forecast_share", "status"],
    )  # fmt: skip


def _monthly(book: Workbook) -> list[Budget]:
    return [budget for budget in book.params.governance.budgets if budget.period == "MONTHLY"]


def commitment_budgets(book: Workbook) -> pd.DataFrame:
    """Each budget of use or cover: budget, about, wanted_share, actual_share of the period (0-1), status.

    `status` is kept, below, or unknown where the bill cannot say (`commitment_share`).
    """
    wanted = [b for b in _monthly(book) if b.kind != "COST"]
    lines = queries.within(book.cube, book.period)
    spend = frame(queries.spend_by(lines, list(DIMENSIONS))) if wanted else pd.DataFrame()
    rows = [_commitment_row(budget, spend) for budget in wanted]
    return pd.DataFrame(rows, columns=["budget", "about", "wanted_share", "actual_share", "status"])


def _commitment_row(budget: Budget, spend: pd.DataFrame) -> tuple[Any, ...]:
    about, wanted = WORDS[budget.kind], budget.limit / 100
    if budget.kind.startswith("RI_"):
        about = f"{about}, {budget.service}"
    actual = commitment_share(spend, budget.kind, budget.service)
    status = "unknown" if np.isnan(actual) else "kept" if actual >= wanted else "below"
    return budget.name, about, wanted, actual, status


def _tag(budget: Budget) -> str:
    return f"x_tag_{budget.tag[0]}" if budget.tag else ""


def _budget_row(book: Workbook, budget: Budget, days: pd.DataFrame) -> tuple[Any, ...]:
    scope = f"{budget.tag[0]} {budget.tag[1]}" if budget.tag else "whole bill"
    if budget.tag and _tag(budget) not in days.columns:
        return (budget.name, scope, budget.limit, *[np.nan] * 4, "unknown")
    mine = days[days[_tag(budget)].isin(budget.tag[1:])] if budget.tag else days
    daily = mine.groupby("ChargeDay")["BilledCost"].sum()
    actual, expected = _within(daily, book.period), _running(book, daily)
    used, ahead = actual / budget.limit, expected / budget.limit
    status = "over" if used > 1 else "forecast over" if ahead > 1 else "within"
    return budget.name, scope, budget.limit, actual, used, expected, ahead, status


def _within(daily: pd.Series, period: Period) -> float:
    return float(daily[(daily.index >= period.start) & (daily.index < period.end)].sum())


def _running(book: Workbook, daily: pd.Series) -> float:
    """The month of `as_of` to its end: its whole days, then the mean of the last 28."""
    until = book.complete_until
    running = Period.month(f"{until:%Y-%m}")
    recent = daily[(daily.index >= until - timedelta(days=RUN_RATE_DAYS)) & (daily.index < until)]
    rate = float(recent.sum()) / RUN_RATE_DAYS
    left = (running.end - until).days
    return _within(daily, Period(running.start, until)) + rate * left if until > running.start else (
        rate * left
    )  # fmt: skip


def controls(book: Workbook, written: str = "") -> pd.DataFrame:
    """CONTROL_COLUMNS of every control that the parameters ask for.

    `written` is the file of `finops govern status --output`. Without it the budgets alone can be told from the
    Estate, and the other controls are unknown. Raises ParameterError where the file has other columns.
    """
    if written:
        found = pd.read_csv(Path(written), keep_default_na=False)
        if list(found.columns) != list(CONTROL_COLUMNS):
            raise ParameterError(f"{written} was not written by `finops govern status --output`.")
        return found
    return pd.DataFrame(_controls(book), columns=list(CONTROL_COLUMNS))


def _controls(book: Workbook) -> Iterator[tuple[str, str, str, str]]:
    read = set(book.estate["gaps"]["table"]).isdisjoint({"budgets"}) and book.params.source.account
    held = set(book.estate["budgets"]["name"])
    nobody: Any = None
    for part in parts(nobody, "", book.params.governance, book.params.tags):
        for name in part.wanted:
            if part.name == "budgets" and read:
                yield part.name, name, "deployed" if name in held else "missing", ""
            else:
                yield part.name, name, "unknown", "Run finops govern status --output FILE."


def unmanaged_budgets(book: Workbook) -> pd.DataFrame:
    """Budgets of the accounts that no parameter asks for: drift, or somebody else's."""
    wanted = {PREFIX + budget.name for budget in book.params.governance.budgets}
    held = book.estate["budgets"]
    return held.loc[
        ~held["name"].isin(wanted), ["account_id", "name", "time_unit", "limit_amount"]
    ].reset_index(drop=True)


def exceptions(book: Workbook) -> pd.DataFrame:
    """Every exclusion with who answers for it, until when, and what it holds back: count and monthly cost.

    Findings that a protection tag keeps back follow in one row per tag's words; nobody answers for those.
    """
    kept = book.findings[book.findings["reason"].str.contains("Protected by|Left alone")]
    rows = [_exception(rule, kept, book) for rule in book.params.exclusions]
    rest = kept[kept["reason"].str.contains("Protected by")]
    for words, held in rest.groupby(rest["reason"].str.extract("(Protected by[^.]*)")[0]):
        cost = held["monthly_cost"].sum(min_count=1)
        rows.append((words, None, pd.NaT, "held", len(held), cost))
    return pd.DataFrame(
        rows, columns=["reason", "owner", "expires", "status", "findings", "monthly_cost"]
    )


def _exception(rule: Any, kept: pd.DataFrame, book: Workbook) -> tuple[Any, ...]:
    expires = pd.Timestamp(rule.expires) if rule.expires else pd.NaT
    held = kept[kept["reason"].str.contains(rule.reason, regex=False)]
    status = "expired" if rule.expires and expires <= book.estate.as_of else "held"
    return (
        rule.reason,
        rule.owner,
        expires,
        status,
        len(held),
        held["monthly_cost"].sum(min_count=1),
    )


def commitments(book: Workbook) -> pd.DataFrame:
    """The commitments that are held, those that end first on top.

    `covers` is a reservation's instance type, of a plan the family or its product; `count` is missing of a plan.
    """
    held = book.estate["commitments"]
    covers = held["instance_type"].fillna(held["family"]).fillna(held["product"])
    columns = [
        "account_id",
        "kind",
        "covers",
        "count",
        "recurring_hourly_cost",
        "end_time",
        "state",
    ]
    return held.assign(covers=covers)[columns].sort_values("end_time", ignore_index=True)


def checklist(book: Workbook, written: str = "", every: str = "month") -> pd.DataFrame:
    """`task`: what the runbook asks to review every "month" or "quarter", as the controls stand."""
    settings = book.params.governance
    listed = (
        checklists.monthly(settings, controls(book, written))
        if every == "month"
        else checklists.quarterly(settings)
    )
    return pd.DataFrame({"task": [line.replace("`", "") for line in listed]})


def incidents(book: Workbook, written: str = "") -> pd.DataFrame:
    """`situation` and `what_to_do` of the runbook, as the controls stand."""
    told = checklists.incidents(book.params.governance, controls(book, written))
    rows = [(what, do.replace("`", "")) for what, do in told]
    return pd.DataFrame(rows, columns=["situation", "what_to_do"])


def quotas(book: Workbook) -> pd.DataFrame:
    """ADVICE_COLUMNS of `quota_advice`: how many vCPUs run under each EC2 quota, and how many should be allowed."""
    return quota_advice(book.estate["instances"], book.estate["instance_types"])


def scorecard(book: Workbook, written: str = "") -> pd.DataFrame:
    """measure, share (0-1, missing where unknown) and what it counts: the KPIs of the programme."""
    spent, held = budgets(book), controls(book, written)
    shares = commitment_budgets(book)
    kept_in_month = [*(spent["used_share"].dropna() <= 1),
                     *shares.loc[shares["status"].ne("unknown"), "status"].eq("kept")]  # fmt: skip
    adopted, kept = schedules.adoption(book), exceptions(book)
    known = held[held["status"].ne("unknown")]
    switched = adopted["scheduled"].sum() + adopted["could_follow"].sum()
    rows = [
        ("Budgets kept in the month", _mean(pd.Series(kept_in_month)), "of budgets"),
        ("Budgets kept by the forecast", _mean(spent["forecast_share"].dropna() <= 1), "of budgets of cost"),
        ("Controls deployed", _mean(known["status"].eq("deployed")), "of controls that were read"),
        ("Schedules adopted", adopted["scheduled"].sum() / switched if switched else np.nan,
         "of instances that could rest"),
        ("Exceptions with an owner", _mean(kept["owner"].notna()), "of exceptions"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["measure", "share", "of"])


def _mean(holds: pd.Series) -> float:
    return float(holds.mean()) if len(holds) else np.nan


def anomalies(book: Workbook, min_impact: float | None = None) -> pd.DataFrame:
    """ANOMALY_COLUMNS of each service, newest first, above `governance.alerts.min_impact` by default."""
    floor = book.params.governance.alerts.min_impact if min_impact is None else min_impact
    cost, until = COST_COLUMN[book.basis], book.complete_until
    keys = [key for key in CAUSE_KEYS if key in book.cube.columns]
    rows = frame(queries.spend_by_day(book.cube, ["ServiceName", *keys]))
    rows = rows[rows["ChargeDay"] < until]
    table = rows.pivot_table(index="ChargeDay", columns="ServiceName", values=cost, aggfunc="sum")
    daily = table.asfreq("D").fillna(0.0)
    found = detect_many(daily, min_impact=floor).rename(columns={"series": "name"})
    causes = [
        _cause(rows[rows["ServiceName"].eq(a.name)], a, keys, cost)
        for a in found.itertuples(index=False)
    ]
    found[["cause", "owner"]] = pd.DataFrame(causes, columns=["cause", "owner"], index=found.index)
    return found.sort_values("start", ascending=False, ignore_index=True)[list(ANOMALY_COLUMNS)]


def _cause(rows: pd.DataFrame, found: Any, keys: list[str], cost: str) -> tuple[Any, Any]:
    """What moved most, per day, between the 14 days before the anomaly and the anomaly itself."""
    before = (rows["ChargeDay"] >= found.start - timedelta(days=14)) & (
        rows["ChargeDay"] < found.start
    )
    during = (rows["ChargeDay"] >= found.start) & (rows["ChargeDay"] < found.end)
    days = max((found.end - found.start).days, 1)
    moved = _sums(rows[during], keys, cost).div(days).sub(
        _sums(rows[before], keys, cost).div(14), fill_value=0.0
    )  # fmt: skip
    if moved.empty:
        return None, None
    place = moved.idxmax() if found.impact > 0 else moved.idxmin()
    named = dict(zip(keys, place if isinstance(place, tuple) else (place,), strict=True))
    owner = named.pop("x_tag_team", "")
    return " in ".join(
        v for v in (named.get("x_UsageType"), named.get("SubAccountId")) if v
    ), owner or None


def _sums(rows: pd.DataFrame, keys: list[str], cost: str) -> pd.Series:
    return rows.fillna(dict.fromkeys(keys, "")).groupby(keys)[cost].sum()
