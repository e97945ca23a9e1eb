"""The plan for those who decide: what it changes in the bill, what comes first, and as a document."""

from __future__ import annotations

import numpy as np
import pandas as pd

from finops_lib.analysis import outcome, roi
from finops_lib.engine import queries
from finops_lib.engine.connect import frame
from finops_lib.params.plan import PlanParams
from finops_lib.plans import plan as plans
from finops_lib.plans.actions import ACTIONS
from finops_lib.schema import COST_COLUMN
from finops_lib.workbook import Workbook

ANYTHING = PlanParams(min_confidence="low", min_monthly_saving=0.0)
"""No constraint but that a dollar is saved once: what was found, before anyone decides."""

STAGES = ("now", "after its grace period", "with approval")
"""When an action is taken: quick wins first."""


def result(book: Workbook) -> pd.DataFrame:
    """group, before, saving (low, likely, high), after, share: the bill before and after the plan.

    Where nothing could be examined the savings are NaN: not known, and not zero.
    """
    lines = queries.within(book.cube, book.period)
    bill = frame(queries.spend_by(lines, ["x_ServiceCode", "x_UsageType"]))
    costs = bill.groupby(outcome.bill_groups(bill))[COST_COLUMN[book.basis]].sum()
    found = plans.build_plan(book.findings, ANYTHING)
    table = outcome.result_table(costs, _grouped(book.plan), _grouped(found))
    if book.findings.empty:
        table[["saving", "saving_low", "saving_high", "after", "share"]] = float("nan")
    return table


def _grouped(plan: pd.DataFrame) -> pd.DataFrame:
    return plan.assign(group=outcome.step_groups(plan))


def bridge(book: Workbook) -> pd.DataFrame:
    """category, naive, overlap, left_out, net (low, high): from adding up the findings to the plan."""
    table = plans.bridge(book.findings, book.plan).set_index("category")
    return (table * float("nan") if book.findings.empty else table).reset_index()


def saving(book: Workbook) -> float:
    """The plan's net saving a month; NaN where nothing could be examined."""
    return float("nan") if book.findings.empty else float(book.plan["monthly_saving"].sum())


def saved_share(book: Workbook) -> float:
    """The saving as a share of the period's cost; NaN where either is not known, or nothing was charged."""
    cost = book.cost()
    return saving(book) / cost if cost else float("nan")


def actions(book: Workbook) -> pd.DataFrame:
    """category, action, title, steps, saving, low, high, effort_hours: the plan by kind of action."""
    return _by_action(book.plan)


def quick_wins(book: Workbook) -> pd.DataFrame:
    """As `actions`, of the low-risk steps that can be undone: most dollars per hour of work first."""
    plan = book.plan
    easy = _by_action(plan[plan["risk"].eq("low") & plan["undo"].notna()])
    worth = easy.assign(saving_per_hour=easy["saving"] / easy["effort_hours"])
    return worth.sort_values("saving_per_hour", ascending=False, ignore_index=True)


def stages(book: Workbook) -> pd.DataFrame:
    """Stage and the columns of `actions`: what is done now, after its grace period, and with approval.

    Now: low risk, can be undone, waits for nothing. With approval: a risk that is not low. The rest
    waits, so that owners can object.
    """
    plan = book.plan
    risky = plan["risk"].ne("low")
    waits = plan["undo"].isna() | plan["not_before"].gt(pd.Timestamp(book.estate.as_of))
    stage = pd.Series(np.select([risky, waits], [STAGES[2], STAGES[1]], STAGES[0]), plan.index)
    tables = [
        _by_action(plan[stage.eq(name)]).assign(stage=name).sort_values("saving", ascending=False)
        for name in STAGES
        if stage.eq(name).any()
    ]
    return pd.concat(tables, ignore_index=True) if tables else _by_action(plan).assign(stage="")


def _by_action(plan: pd.DataFrame) -> pd.DataFrame:
    known = [ACTIONS[name] for name in plan["action"]]
    rows = plan.assign(
        low=plan["monthly_saving_low"].fillna(plan["monthly_saving"]),
        high=plan["monthly_saving_high"].fillna(plan["monthly_saving"]),
        title=[action.title for action in known],
        effort_hours=[action.effort_hours for action in known],
    )
    return rows.groupby(["category", "action", "title"], as_index=False, sort=False).agg(
        steps=("step", "size"), saving=("monthly_saving", "sum"), low=("low", "sum"),
        high=("high", "sum"), effort_hours=("effort_hours", "sum"),
    )  # fmt: skip


def returns(book: Workbook) -> pd.DataFrame:
    """Basis (cash, discounted) and every measure of `roi.returns`, on the plan's net saving."""
    table = roi.returns(saving(book), book.params.roi).set_index("measure").T
    return table.rename_axis("basis").rename_axis(columns=None).reset_index()


def cash_flow(book: Workbook) -> pd.DataFrame:
    """month, flow, discounted, cumulative, cumulative_discounted of the programme."""
    return roi.cash_flow(saving(book), book.params.roi)


def risks(book: Workbook) -> pd.DataFrame:
    """risk, confidence, steps, saving, cannot_be_undone: what the plan asks to be answered for."""
    rows = book.plan.assign(final=book.plan["undo"].isna())
    return rows.groupby(["risk", "confidence"], as_index=False, sort=False).agg(
        steps=("step", "size"), saving=("monthly_saving", "sum"), cannot_be_undone=("final", "sum")
    )
