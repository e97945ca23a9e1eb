"""What to commit to after the plan, and what existing commitments waste.

`advise` reads the hours once; the other functions take what it returns beside the workbook.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from finops_lib.analysis.commitments import curves, rates, recommend
from finops_lib.analysis.commitments.after_plan import spread, traced, usage_after
from finops_lib.analysis.commitments.held import held_of_bill, shares_of_bill
from finops_lib.analysis.commitments.items import SPEND_COLUMNS, items_in_use, items_introduced
from finops_lib.analysis.commitments.pools import MULTI_AZ, Pool, capacities, eligible, pools_of
from finops_lib.analysis.commitments.waste import commitment_use
from finops_lib.checks.pricing import on_demand
from finops_lib.engine import queries
from finops_lib.engine.connect import connect, frame, line_items
from finops_lib.period import Period
from finops_lib.plans.plan import waterfall
from finops_lib.plans.purchases import purchase_steps
from finops_lib.workbook import Workbook

RUNNING = ("terminate", "schedule", "resize")
"""Categories of steps that change hours of use."""


@dataclass(frozen=True)
class Commitments:
    """Today's pools, the advice on what the plan leaves, the rates behind both, and what was taken out.

    `traced` has the hourly usage of each resource of the plan before and after its steps.
    """

    today: dict[str, Pool]
    advice: recommend.Advice
    offers: pd.DataFrame
    held_shares: pd.DataFrame
    held: pd.DataFrame
    traced: pd.DataFrame


def existing(book: Workbook) -> pd.DataFrame:
    """What each commitment of the account cost and left unused in the period, and the remedy."""
    return commitment_use(_charges(book), book.estate["commitments"])


def advise(book: Workbook) -> Commitments:
    """The exact best purchases on the hours of the period that the plan leaves."""
    params = book.params.commitments
    estate, charges = book.estate, _charges(book)
    usage = _usage(book)
    left = usage_after(usage, book.plan)
    spend = frame(queries.spend_by(queries.within(book.cube, book.period), SPEND_COLUMNS))
    items = pd.concat([items_in_use(spend), items_introduced(spend, book.plan)], ignore_index=True)
    offers = rates.offers(
        estate["prices"], charges, estate["commitments"], params, estate.as_of, items
    )
    shares = pd.concat([
        rates.offers_of_bill(charges, estate["commitments"]),
        shares_of_bill(charges, estate["commitments"]),
    ], ignore_index=True)  # fmt: skip
    held = capacities(estate["commitments"], _list_prices(book, usage), shares)
    unlisted = held_of_bill(charges, estate["commitments"], eligible(usage))
    held = pd.concat([held, unlisted], ignore_index=True) if len(unlisted) else held
    ahead = _months(book.period, params.horizon_months)
    today = pools_of(eligible(usage), book.period, held, [book.period])
    pools = pools_of(eligible(left), book.period, held, ahead)
    factors = recommend.demand_factors(pools, params.demand_quantiles)
    if params.demand_factors:
        factors = dict(zip(recommend.SCENARIOS, params.demand_factors, strict=True))
    advice = recommend.recommend(pools, offers, shares, factors)
    return Commitments(today, advice, offers, shares, held, traced(usage, left, book.plan))


def stages(found: Commitments) -> pd.DataFrame:
    """Today, after the plan and after the purchases: usage, on-demand cost, coverage, utilisation."""
    return recommend.stages(found.today, found.advice, found.offers, found.held_shares)


def purchases(found: Commitments) -> pd.DataFrame:
    """What to buy, with cost, saving, break-even and the source and date of each rate."""
    return recommend.purchases(found.advice)


def regret(found: Commitments) -> pd.DataFrame:
    """What a month costs more where another demand comes than was bought for."""
    return recommend.regret(found.advice)


def unpriced(found: Commitments) -> pd.DataFrame:
    """Usage for which no rate is known, so that nothing is recommended there."""
    return recommend.unpriced(found.advice)


def duration(found: Commitments, pool: str = "") -> pd.DataFrame:
    """Hours of the pool (empty: the largest), the busiest first, and what is held and bought of them."""
    return curves.duration(found.advice, pool or _largest(found))


def saving_curve(found: Commitments, pool: str = "") -> pd.DataFrame:
    """What more or less of the pool's mix would save (empty: the largest pool)."""
    return curves.saving_curve(found.advice, pool or _largest(found))


def _largest(found: Commitments) -> str:
    pools = found.advice.pools
    return max(pools, key=lambda name: float(pools[name].usage.sum()), default="")


def tranches(book: Workbook, found: Commitments) -> pd.DataFrame:
    """The ladder of purchases from the day of the Estate on."""
    params = book.params.commitments
    return recommend.tranches(
        found.advice, book.estate.as_of, params.tranches, params.tranche_months
    )


def steps(book: Workbook, found: Commitments) -> pd.DataFrame:
    """The purchases as steps of the PLAN that follow its others; a person does them."""
    bought = recommend.first_month(found.advice)
    return purchase_steps(bought, book.plan, payer(book), book.estate.as_of)


def full_plan(book: Workbook, found: Commitments) -> pd.DataFrame:
    """The PLAN and, after all else, the purchases that are computed on what it leaves."""
    bought = steps(book, found)
    return pd.concat([book.plan, bought], ignore_index=True) if len(bought) else book.plan


def payer(book: Workbook) -> str:
    """The account that pays most of the period: it buys, as commitments are shared from there."""
    lines = queries.within(book.cube, book.period)
    paid = frame(queries.spend_by(lines, ["BillingAccountId"]))
    named = paid.dropna(subset="BillingAccountId").sort_values("BilledCost", ascending=False)
    return str(named["BillingAccountId"].iloc[0]) if len(named) else book.estate.accounts[0]


def landing(book: Workbook, found: Commitments) -> pd.DataFrame:
    """The waterfall of the plan with the purchases as its last category, before the total.

    Columns of `plans.plan.waterfall`. The purchases are computed on what the plan leaves, so nothing of
    them overlaps; they count as in the first month, while all that is held today still is. Low and high
    are the same purchases under low and high demand.
    """
    return waterfall(full_plan(book, found), book.cost())


def not_replayed(found: Commitments) -> pd.DataFrame:
    """Held commitments that the replay leaves out, because what they cover has no known price."""
    return found.held[found.held["covers"].isna()].reset_index(drop=True)


def _bill(book: Workbook) -> Any:
    params = book.params
    lines = line_items(
        connect(params.engine), book.estate.costs, params.engine.table, params.tag_spellings
    )
    return queries.within(lines, book.period)


def _charges(book: Workbook) -> pd.DataFrame:
    return frame(queries.commitment_charges(_bill(book)))


def _usage(book: Workbook) -> pd.DataFrame:
    acted = book.plan[book.plan["category"].isin(RUNNING)]["resource_id"]
    usage = frame(queries.commitment_usage(_bill(book), sorted(set(acted))))
    return spread(usage.assign(instance_type=rates.class_names(usage["instance_type"])))


def _list_prices(book: Workbook, usage: pd.DataFrame) -> pd.Series:
    """On-demand dollars an hour by (region, instance type): of the bill, else of the price table."""
    keys = ["region", "instance_type"]
    known = usage[usage["instance_type"].notna()]
    standby = known["usage_type"].fillna("").str.contains(MULTI_AZ)
    named = known["instance_type"].where(~standby, known["instance_type"] + f" {MULTI_AZ}")
    billed = known.assign(instance_type=named).groupby(keys)[
        ["on_demand_cost", "consumed_quantity"]
    ].sum()  # fmt: skip
    paid = billed["on_demand_cost"] / billed["consumed_quantity"]
    return paid[paid > 0].combine_first(_hourly_list(book.estate["prices"], book.estate.as_of))


def _hourly_list(prices: pd.DataFrame, as_of: datetime) -> pd.Series:
    """List prices by (region, instance type); what costs differently by engine or use is left out."""
    listed = on_demand(prices[prices["unit"] == "Hrs"], as_of)
    listed = listed.drop_duplicates(["service", "region", "item", "detail"], keep="last")
    standby = listed["detail"].fillna("").str.endswith(MULTI_AZ)
    named = listed["item"].where(~standby, listed["item"] + f" {MULTI_AZ}")
    by_type = listed.assign(instance_type=named).groupby(["region", "instance_type"])["price"]
    return by_type.first()[by_type.min() == by_type.max()]


def _months(period: Period, count: int) -> list[Period]:
    """The `count` months that follow the period."""
    months = [period.next()]
    while len(months) < count:
        months.append(months[-1].next())
    return months
