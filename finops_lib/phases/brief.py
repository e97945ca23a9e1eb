"""The executive summary in words and short tables, for someone who reads nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from finops_lib.figures import plan as draw_plan
from finops_lib.figures import spend as draw
from finops_lib.figures import summary as draw_summary
from finops_lib.phases import commitments, ledger, plan
from finops_lib.phases.commitments import Commitments
from finops_lib.plans.actions import ACTIONS
from finops_lib.present import FORMATS, figure, month, say
from finops_lib.workbook import Workbook

CAUSES = {
    "days": ("a longer month", "a shorter month"),
    "price": ("higher prices", "lower prices"),
    "usage": ("more usage", "less usage"),
    "mix": ("a dearer mix of sizes and options", "a cheaper mix of sizes and options"),
    "new": ("new resources", "new resources"),
    "vanished": ("resources that are gone", "resources that are gone"),
    "other": ("fees, taxes and credits", "fees, taxes and credits"),
}
"""The effects of `analysis.drivers` as people name them, where they raise the cost and where they lower it."""

DECISIONS = {
    plan.STAGES[0]: ("Start what is of low risk and can be undone", "it is undone"),
    plan.STAGES[1]: ("Let the rest of low risk go, once its owners could object", "an owner objects in time"),
    plan.STAGES[2]: ("Approve, one by one, what carries a risk", "it is taken back where that is possible"),
}  # fmt: skip
"""Stage of the plan: what is asked of whoever answers for the bill, and what happens where it was wrong."""

_CLOSED, _OPEN = ("fixed", "gone"), ("new", "open", "unseen", "returned")


def trend(book: Workbook, top_n: int = 4) -> Any:
    """The months by service as a picture, titled with how many times the first month's cost the last is."""
    first, growth = book.growth()
    return figure(
        draw.trend,
        book.months("service", top_n),
        title=say("The month costs {times:number} times what {first} did", times=growth, first=month(first)),
        cost=f"{book.basis}_cost",
        unit=book.estate.currency,
        alt="Stacked columns of monthly cost by service.",
        source="the bill",
        size="card",
        narrow=True,
    )  # fmt: skip


def why(book: Workbook) -> Any:
    """The change against the month before in a sentence: how much, from what, and where."""
    steps = book.driver_waterfall().set_index("step")["amount"]
    change = steps["cost_after"] - steps["cost_before"]
    effects = steps.drop(["cost_before", "cost_after"])
    cause = effects.abs().idxmax()
    places = book.drivers_by("ServiceName").set_index("ServiceName")["change"]
    place = places.abs().idxmax()
    return say(
        "The bill {went} by **{change:usd}** against the month before. The largest part is {cause} "
        "({amount:delta}); {place} moved most ({moved:delta}).",
        went="fell" if change < 0 else "rose",
        change=abs(change),
        cause=CAUSES[cause][int(effects[cause] < 0)],
        amount=effects[cause],
        place=str(place),
        moved=places[place],
    )


def decisions(book: Workbook, found: Commitments) -> pd.DataFrame:
    """decision, steps, saving, takes, if_wrong: what is asked of whoever answers for the bill.

    `found` is `commitments.advise`. Savings are net, in the billing currency a month, and add up to the
    plan and the purchases.
    """
    rows = [*_stages(book), *_purchases(book, found)]
    return pd.DataFrame(rows, columns=["decision", "steps", "saving", "takes", "if_wrong"])


def _stages(book: Workbook) -> Iterator[tuple[Any, ...]]:
    stages = plan.stages(book).groupby("stage")[["steps", "saving", "effort_hours"]].sum()
    for stage, (decision, wrong) in DECISIONS.items():
        if stage in stages.index:
            row = stages.loc[stage]
            hours = f"{FORMATS['number'](row['effort_hours'])} hours of work"
            yield decision, int(row["steps"]), float(row["saving"]), hours, wrong


def _purchases(book: Workbook, found: Commitments) -> Iterator[tuple[Any, ...]]:
    buys = commitments.purchases(found)
    if len(buys):
        saving = commitments.landing(book, found).set_index("category").loc["commit", "net"]
        yield "Buy commitments for what the plan leaves", len(buys), float(saving), _payments(buys), "unused hours stay paid"  # fmt: skip


def _payments(buys: pd.DataFrame) -> str:
    """What is paid for the commitments: a month, for how long, and what of it at once."""
    usd, shortest, longest = FORMATS["usd"], int(buys["years"].min()), int(buys["years"].max())
    years = f"{longest} {'year' if longest == 1 else 'years'}"
    term = years if shortest == longest else f"up to {years}"
    upfront = float(buys["upfront_cost"].sum())
    at_once = f", {usd(upfront)} of it upfront" if upfront else ""
    return f"{usd(buys['monthly_cost'].sum())} a month for {term}{at_once}"


def before_and_after(book: Workbook) -> pd.DataFrame:
    """`plan.result` with the kinds of cost as the picture names them."""
    table = plan.result(book)
    return table.assign(group=table["group"].replace(draw_plan.GROUP_NAMES))


def top_steps(book: Workbook, top_n: int) -> pd.DataFrame:
    """what, resource_id, team, monthly_saving, risk of the steps that save most."""
    rows = book.plan.sort_values(["monthly_saving", "finding_id"], ascending=[False, True])
    rows = rows.head(top_n).reset_index(drop=True)
    named = rows.assign(what=[ACTIONS[name].title for name in rows["action"]])
    return named[["what", "resource_id", "team", "monthly_saving", "risk"]]


def proof(book: Workbook) -> Any:
    """What the bill proves was saved, in a sentence; where nothing is closed, that there is nothing to prove."""
    lives = ledger.this_run(book)
    count = {name: int(lives["state"].isin(states).sum()) for name, states in (("open", _OPEN), ("closed", _CLOSED))}  # fmt: skip
    if count["closed"] == 0:
        return say(
            "Nothing is proven yet, for none of the {open:count} open findings has been closed.",
            open=count["open"],
        )
    return say(
        "Saved up to this run, as the bill proves: **{proven:usd}**. {closed:count} findings are closed, "
        "{open:count} are open, {returned:count} came back.",
        proven=ledger.proven_total(lives),
        returned=int(lives["times_returned"].sum()),
        **count,
    )


def course(book: Workbook) -> Any:
    """Predicted and realised savings over the runs as a picture; None at the first run."""
    runs = ledger.course(book)
    if len(runs) < 2:
        return None
    return figure(
        draw_summary.course,
        runs,
        title="Predicted and realised savings over the runs",
        unit=book.estate.currency,
        size="strip",
        alt="Columns of predicted and realised monthly savings of closed findings per run, and a line of their sum.",
        source="the ledger of findings",
    )
