"""What the programme returns: investment, savings, pay-back and net, in cash and discounted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from finops_lib.params.plan import Roi
from finops_lib.units import MONTHS_PER_YEAR


def cash_flow(monthly_saving: float, terms: Roi) -> pd.DataFrame:
    """month, flow, discounted, cumulative, cumulative_discounted; month 0 is the investment.

    Savings come at the end of each month; maintenance is paid in twelve parts from the second year
    on. Discounting is monthly at the equivalent of the yearly `discount_rate`: (1 + r)^(m / 12).
    """
    month = np.arange(terms.years * MONTHS_PER_YEAR + 1)
    upkeep = np.where(month > MONTHS_PER_YEAR, terms.yearly_maintenance / MONTHS_PER_YEAR, 0.0)
    flow = np.where(month == 0, -investment(terms), monthly_saving - upkeep)
    discounted = flow / (1.0 + terms.discount_rate) ** (month / MONTHS_PER_YEAR)
    return pd.DataFrame({
        "month": month, "flow": flow, "discounted": discounted,
        "cumulative": flow.cumsum(), "cumulative_discounted": discounted.cumsum(),
    })  # fmt: skip


def returns(monthly_saving: float, terms: Roi) -> pd.DataFrame:
    """measure, cash, discounted: one row each for what the programme takes and gives.

    `monthly_saving` is the first year's mean; `roi_first_year` is (savings - investment) /
    investment as a share; `payback_months` the months until the savings have paid the investment,
    within the last one in proportion (NaN: not within the years looked at); `net` the sum over all
    `years`.
    """
    flow = cash_flow(monthly_saving, terms)
    columns = {"cash": flow["flow"], "discounted": flow["discounted"]}
    table = pd.DataFrame({name: _measures(values) for name, values in columns.items()})
    return table.rename_axis("measure").reset_index()


def _measures(flow: pd.Series) -> dict[str, float]:
    invested, first_year = (
        -float(flow.iloc[0]),
        float(flow.iloc[1:].head(MONTHS_PER_YEAR).sum(skipna=False)),
    )
    return {
        "investment": invested,
        "monthly_saving": first_year / MONTHS_PER_YEAR,
        "annual_saving": first_year,
        "roi_first_year": (first_year - invested) / invested if invested > 0 else float("nan"),
        "payback_months": _payback(flow),
        "net": float(flow.sum(skipna=False)),
    }


def investment(terms: Roi) -> float:
    """What setting the programme up costs: hours times rate."""
    return terms.investment_hours * terms.hourly_rate


def _payback(flow: pd.Series) -> float:
    """Months until the cumulative flow is zero, linear within the month."""
    total = flow.cumsum().to_numpy()
    if total[0] >= 0:
        return 0.0
    reached = np.flatnonzero(total >= 0)
    if not len(reached):
        return float("nan")
    month = int(reached[0])
    return month - 1 + float(-total[month - 1] / flow.iloc[month])
