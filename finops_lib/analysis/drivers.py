"""Why the bill changed: days, price, usage, mix, new and vanished resources, to the cent.

The method is the logarithmic mean Divisia index (LMDI-I: Ang 2005, Energy Policy 33, 867-871): with
cost = price x share in the group x quantity of the group, each factor's effect is
L(after, before) x ln(factor after / factor before), L the logarithmic mean. The effects of an item
add up to its change without a remainder, whatever the order in which they are taken.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd

from finops_lib.analysis.reconcile import reconcile
from finops_lib.period import Period

EFFECTS = ("days", "price", "usage", "mix", "new", "vanished", "other")
"""days: one period is longer. price: the same usage at another rate (discounts and commitments too).
usage: more or less of a service, in its own unit. mix: dearer or cheaper kinds of it, a resource that
changed its kind too. new, vanished: resources, or usage types without one, of one period only. other:
charges without a quantity (fees, taxes, credits)."""

GROUP = ["ServiceName", "ConsumedUnit"]
"""Within a group quantities may be added up; the mix is what changes inside it."""

PLACE = ["SubAccountId", "RegionId", "ServiceName"]


def explain(
    usage: pd.DataFrame, before: Period, after: Period, *, basis: str = "effective"
) -> pd.DataFrame:
    """The keys of each item with cost_before, cost_after, change and the EFFECTS that make it up.

    `usage` is `queries.usage_in_both` of the two periods; missing keys are kept. Largest change first.
    Raises ReconciliationError where the effects do not add up to the change.
    """
    items = _items(usage, basis)
    kind = _kind(items)
    effects = pd.DataFrame(0.0, index=items.index, columns=list(EFFECTS))
    change = items["cost_after"] - items["cost_before"]
    for name in ("price", "mix", "new", "vanished", "other"):
        effects.loc[kind.eq(name), name] = change[kind.eq(name)]
    continuing = items[kind.eq("continuing")]
    effects.loc[continuing.index] = _factors(continuing, before, after)
    reconcile(effects.sum(axis=1) - change, 0.0, what="drivers of the change")
    explained = pd.concat([items, change.rename("change"), effects], axis=1)
    order = change.abs().sort_values(ascending=False, kind="stable").index
    return explained.loc[order].reset_index(drop=True)


def drivers_by(explained: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The explained change added up by these keys, largest change first; missing keys are kept."""
    amounts = ["cost_before", "cost_after", "change", *EFFECTS]
    found = explained.groupby(list(keys), dropna=False, as_index=False)[amounts].sum()
    return found.sort_values("change", key=np.abs, ascending=False, ignore_index=True)


def waterfall(explained: pd.DataFrame) -> pd.DataFrame:
    """Step and amount: from the cost before over each effect to the cost after."""
    steps = ["cost_before", *EFFECTS, "cost_after"]
    return pd.DataFrame({"step": steps, "amount": [float(explained[s].sum()) for s in steps]})


def _items(usage: pd.DataFrame, basis: str) -> pd.DataFrame:
    costs = {f"cost_{when}": usage[f"{basis}_{when}"].fillna(0.0) for when in ("before", "after")}
    quantities = {name: usage[name].fillna(0.0) for name in ("quantity_before", "quantity_after")}
    keys = [name for name in usage.columns if not name.endswith(("_before", "_after"))]
    return usage[keys].assign(**costs, **quantities).reset_index(drop=True)


def _kind(items: pd.DataFrame) -> pd.Series:
    """How each item's change is explained: by one effect alone, or by factors (continuing)."""
    was, is_ = (items[f"cost_{when}"].ne(0) | items[f"quantity_{when}"].ne(0)
                for when in ("before", "after"))  # fmt: skip
    measured = (items["quantity_before"] > 0) & (items["quantity_after"] > 0)
    same_sign = items["cost_before"] * items["cost_after"] > 0
    stayed = _entity_in_both(items, was, is_)
    return pd.Series(
        np.select(
            [
                measured & same_sign,
                measured,
                was & is_,
                (was ^ is_) & stayed,
                ~was & is_,
                was & ~is_,
            ],
            ["continuing", "price", "other", "mix", "new", "vanished"],
            "other",
        ),
        index=items.index,
    )


def _entity_in_both(items: pd.DataFrame, was: pd.Series, is_: pd.Series) -> pd.Series:
    """Whether the item belongs to a resource that was there in both periods under any usage type."""
    if "ResourceId" not in items:
        return pd.Series(False, index=items.index)
    entity = [items["SubAccountId"].fillna(""), items["ResourceId"].fillna("")]
    present = pd.DataFrame({"was": was, "is": is_}).groupby(entity).transform("max")
    return present["was"] & present["is"] & items["ResourceId"].notna()


def _factors(items: pd.DataFrame, before: Period, after: Period) -> pd.DataFrame:
    """days, price, usage and mix of items that have cost and quantity in both periods."""
    longer = _day_ratio(items["ConsumedUnit"], before, after)
    cost0, cost1 = items["cost_before"] * longer, items["cost_after"]
    quantity0, quantity1 = items["quantity_before"] * longer, items["quantity_after"]
    group = [items[name].fillna("") for name in GROUP]
    whole0, whole1 = (q.groupby(group).transform("sum") for q in (quantity0, quantity1))
    weight = _logarithmic_mean(cost0, cost1)
    grown, used = np.log(whole1 / whole0), np.log(quantity1 / quantity0)
    return pd.DataFrame({
        "days": items["cost_before"] * (longer - 1.0),
        "price": weight * (np.log(cost1 / cost0) - used),
        "usage": weight * grown,
        "mix": weight * (used - grown),
        "new": 0.0, "vanished": 0.0, "other": 0.0,
    })  # fmt: skip


def _logarithmic_mean(a: pd.Series, b: pd.Series) -> pd.Series:
    """(b - a) / ln(b / a) of two amounts of one sign; their mean where they are nearly equal."""
    ratio = np.log(b / a)
    nearly_equal = ratio.abs() < 1e-6
    return ((b - a) / ratio.mask(nearly_equal, 1.0)).mask(nearly_equal, (a + b) / 2)


def _day_ratio(unit: pd.Series, before: Period, after: Period) -> pd.Series:
    """How much longer `after` is: in days, or in months for units that are per month (GB-Mo)."""
    monthly = unit.fillna("").str.contains(r"-?Mo(?:nth)?s?$", case=False)
    months = _months(after) / _months(before)
    return pd.Series(np.where(monthly, months, after.days / before.days), index=unit.index)


def _months(period: Period) -> float:
    """Length in calendar months: each day is one part of its own month."""
    days = [period.start + timedelta(days=n) for n in range(round(period.days))]
    return sum(1 / monthrange(day.year, day.month)[1] for day in days)
