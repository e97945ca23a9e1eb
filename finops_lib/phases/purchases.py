"""Purchases as the ledger follows them: advised, bought, and what the bill shows that they saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from finops_lib.analysis.commitments.realised import POOL_COLUMNS, pool_costs
from finops_lib.engine import queries
from finops_lib.engine.connect import frame
from finops_lib.period import Period
from finops_lib.phases import commitments
from finops_lib.phases.commitments import Commitments
from finops_lib.plans.purchases import CHECK, SERVICES, pool_resource
from finops_lib.schema import FINDINGS, RESOURCE_COSTS, rows
from finops_lib.workbook import Workbook

UNIT = "on-demand dollars"
"""How much of a pool is used: its usage at on-demand prices, which no purchase changes."""


@dataclass(frozen=True)
class Advised:
    """What is to be bought now as FINDINGS, the cost of each pool as RESOURCE_COSTS, and who buys."""

    findings: pd.DataFrame
    resource_costs: pd.DataFrame
    account_id: str


def advised(book: Workbook, found: Commitments) -> Advised:
    """The purchases of this run for the ledger; `found` is `commitments.advise`.

    One that pays only once something held ends saves nothing yet, and is not waited for.
    """
    account = commitments.payer(book)
    steps = commitments.steps(book, found)
    steps = steps[steps["monthly_saving"] > 0]
    waste = steps.assign(
        status="waste",
        reason=[
            f"Bought for what the plan leaves: {row.parameters['product']} at "
            f"{row.parameters['price_share']:.0%} of the on-demand price."
            for row in steps.itertuples()
        ],
        evidence=steps["parameters"],
        as_of=book.estate.as_of,
    )
    kept = waste[[name for name in FINDINGS.names if name in waste]]
    return Advised(rows(FINDINGS, kept.to_dict("records")), _costs(book, account), account)


def closed(before: pd.DataFrame, advised_now: pd.DataFrame) -> pd.DataFrame:
    """FINDINGS of purchases in the ledger `before` that are not advised any more: they were bought."""
    known = before[before["check_id"].eq(CHECK)]
    gone = known[~known["finding_id"].isin(advised_now["finding_id"])]
    names = ["finding_id", "check_id", "account_id", "region", "resource_id", "service", "as_of"]
    return rows(
        FINDINGS,
        [
            {**row, "status": "ok", "reason": "Nothing more of it is to be bought."}
            for row in gone[names].to_dict("records")
        ],
    )


def _costs(book: Workbook, account: str) -> pd.DataFrame:
    """RESOURCE_COSTS of each pool in the window over which the run measures every resource."""
    window = _window(book.estate["resource_costs"], book.estate.as_of)
    if window is None:
        return RESOURCE_COSTS.empty()
    spend = frame(queries.spend_by(queries.within(book.cube, window), POOL_COLUMNS))
    return rows(
        RESOURCE_COSTS,
        [
            {
                "account_id": account, "region": "global", "resource_id": pool_resource(row.pool),
                "service": SERVICES[row.pool], "unit": UNIT, "consumed_quantity": row.on_demand,
                "billed_cost": row.billed, "effective_cost": row.effective,
                "first_charge_at": window.start, "last_charge_end": window.end,
                "window_hours": window.hours,
            }
            for row in pool_costs(spend).itertuples()
        ],
    )  # fmt: skip


def _window(costs: pd.DataFrame, as_of: datetime) -> Period | None:
    """The days over which resource costs were added up; a fee may last beyond them."""
    if costs.empty:
        return None
    last = min(costs["last_charge_end"].max(), pd.Timestamp(as_of))
    end = last.floor("D").to_pydatetime()
    return Period(end - timedelta(hours=float(costs["window_hours"].max())), end)
