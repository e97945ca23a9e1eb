"""The baseline: one month's figures as a document that later months are held against."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from finops_lib.errors import ParameterError
from finops_lib.period import Period

VERSION = 1


def baseline(
    period: Period,
    as_of: datetime,
    currency: str,
    spend: Mapping[str, pd.DataFrame],
    *,
    kpis: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """The document, of values that JSON holds: period, days, totals, each dimension's spend and KPIs.

    `spend` maps a dimension ("service", "team" …) to its whole `spend.spend_by` (no top N); every one
    adds up to the same totals. A KPI that is unknown is null.
    """
    first = next(iter(spend.values()))
    totals = {name: float(first[name].sum()) for name in ("billed_cost", "effective_cost")}
    return {
        "version": VERSION,
        "period": period.label,
        "days": period.days,
        "as_of": as_of.isoformat(),
        "currency": currency,
        "totals": totals,
        "spend": {
            dimension: table[["name", "billed_cost", "effective_cost"]].to_dict("records")
            for dimension, table in spend.items()
        },
        "kpis": {
            name: None if pd.isna(value) else float(value) for name, value in (kpis or {}).items()
        },
    }


def against_baseline(
    now: Mapping[str, Any], then: Mapping[str, Any], *, basis: str = "effective"
) -> pd.DataFrame:
    """Dimension and name: dollars per day then and now, their change, what it comes to this period.

    Rows of the total come first, then each dimension's largest changes; a name of one side only is
    there with zero on the other. Raises ParameterError for another version or currency.
    """
    if then["version"] != VERSION or then["currency"] != now["currency"]:
        raise ParameterError(
            f"The baseline of {then['period']} is of version {then['version']} in {then['currency']}; this "
            f"run needs version {VERSION} in {now['currency']}. Write a new one."
        )
    cost = f"{basis}_cost"
    found = pd.concat([_per_day(then, cost, "then"), _per_day(now, cost, "now")], axis=1).fillna(
        0.0
    )
    found["change_per_day"] = found["now"] - found["then"]
    found["change"] = found["change_per_day"] * now["days"]
    found["change_share"] = (found["change_per_day"] / found["then"]).where(found["then"] > 0)
    found = found.rename(columns={"then": "per_day_then", "now": "per_day_now"}).reset_index()
    order = {name: place for place, name in enumerate(["total", *now["spend"]])}
    place = found["dimension"].map(order)
    size = -found["change"].abs()
    return (
        found.assign(place=place, size=size)
        .sort_values(["place", "size", "name"], ignore_index=True)
        .drop(columns=["place", "size"])
    )


def _per_day(document: Mapping[str, Any], cost: str, name: str) -> pd.Series:
    rows = {("total", "total"): document["totals"][cost]}
    for dimension, records in document["spend"].items():
        rows |= {(dimension, record["name"]): record[cost] for record in records}
    series = pd.Series(rows, name=name) / document["days"]
    return series.rename_axis(["dimension", "name"])
