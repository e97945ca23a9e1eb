"""The bill's rows that no resource causes: support, tax, credits, a refund and discounts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from finops_lib.demo.story.teams import PAYER, PRODUCTION, RESEARCH
from finops_lib.demo.story.timeline import AS_OF

SUPPORT_SHARE = 0.03
SUPPORT_MINIMUM = 29.0
"""Developer support costs the greater of both, of an account's usage in the month."""

TAX_SHARE = 0.085
CREDIT = -200.0
CREDITS_FROM = np.datetime64("2026-03-01", "us")
REFUND = -86.40
REFUND_AT = np.datetime64("2026-09-17", "us")
DISCOUNTS_FROM = np.datetime64("2026-08-01", "us")
DISCOUNTS = (
    ("EdpDiscount", "DataTransfer-Out-Bytes", 0.04),
    ("BundledDiscount", "US-DataTransfer-Out-Bytes", 0.10),
)
"""(line type, usage type that it lowers, share): an enterprise contract and a security bundle."""

DAY = np.timedelta64(1, "D")


def discount_lines(usage: pd.DataFrame) -> pd.DataFrame:
    """One negative row beside each row that a contract discounts."""
    return pd.concat([_discounted(usage, *discount) for discount in DISCOUNTS], ignore_index=True)


def surcharge_lines(usage: pd.DataFrame) -> pd.DataFrame:
    """Support, its tax and the month's credit, on closed months; and the one refund."""
    month = usage["start"].dt.to_period("M").dt.to_timestamp().astype("datetime64[us]")
    open_month = np.datetime64(AS_OF, "M").astype("datetime64[us]")
    mine = (usage["account"] == RESEARCH) & (month < open_month)
    spent = usage["list_cost"][mine].groupby(month[mine]).sum()
    fee = np.maximum(spent * SUPPORT_SHARE, SUPPORT_MINIMUM)
    starts = fee.index.to_numpy()
    support = _rows("Fee", "AWSDeveloperSupport", "Dollar", starts, fee.to_numpy(), RESEARCH,
                    "AWS Developer Support, greater of $29 or 3% of usage")  # fmt: skip
    tax = _rows("Tax", "AWSDeveloperSupport", "Tax", starts, fee.to_numpy() * TAX_SHARE, RESEARCH,
                "Tax for product code AWSDeveloperSupport")  # fmt: skip
    with_credit = starts[starts >= CREDITS_FROM]
    credit = _rows("Credit", "AmazonSageMaker", "AWS_Activate_Credit", with_credit,
                   np.full(len(with_credit), CREDIT), PAYER, "Activate program credit")  # fmt: skip
    refund = _rows("Refund", "AmazonEC2", "NatGateway-Bytes", np.array([REFUND_AT]), np.array([REFUND]),
                   PRODUCTION, "Refund of data processed twice")  # fmt: skip
    refund["category"] = "transfer"
    return pd.concat([support, tax, credit, refund], ignore_index=True)


def _discounted(usage: pd.DataFrame, line_type: str, usage_type: str, share: float) -> pd.DataFrame:
    rows = usage[(usage["usage_type"] == usage_type) & (usage["start"] >= DISCOUNTS_FROM)]
    return rows.assign(
        line_type=line_type,
        cost=rows["cost"] * -share,
        effective_cost=rows["cost"] * -share,
        list_cost=0.0,
        role="discount",
        description=f"{line_type} of {share:.0%}",
    )


def _rows(
    line_type: str,
    service: str,
    usage_type: str,
    starts: np.ndarray,
    costs: np.ndarray,
    account: str,
    words: str,
) -> pd.DataFrame:
    """Rows of one kind; those of a month are dated on its first day and last as long as it does."""
    is_month = line_type != "Refund"
    months = starts.astype("datetime64[M]")
    ends = (months + 1).astype("datetime64[us]") if is_month else starts + DAY
    return pd.DataFrame({"start": starts, "end": ends}).assign(
        line_type=line_type, service=service, usage_type=usage_type, account=account, unit="",
        quantity=1.0, cost=costs, effective_cost=costs, list_cost=0.0 if line_type in ("Credit", "Refund") else costs,
        unused_cost=0.0, category="managed", role="surcharge", description=words,
    )  # fmt: skip
