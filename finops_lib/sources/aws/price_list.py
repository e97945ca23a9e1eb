"""What things cost today in each region, asked of the Price List for what the inventory holds."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

import pandas as pd

from finops_lib.sources.aws.calls import Asker, NotReadError, Session
from finops_lib.sources.aws.replies import kept
from finops_lib.sources.shape import Record, price_list

TABLE = "list_prices"
"""How a gap names what is missing: the on-demand terms among the prices."""

PRICE_PERMISSIONS = ("pricing:GetProducts",)

HOME = "us-east-1"
"""One of the few regions that answer; each tells the prices of all.
https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-the-aws-price-list-query-api.html"""

MAX_WORKERS = 8


def read_list_prices(
    session: Session, account: str, tables: Mapping[str, pd.DataFrame], as_of: datetime
) -> tuple[list[Record], list[Record]]:
    """PRICES records of the term on_demand for what the tables hold, and what was refused (GAPS).

    Asking is free, and what was answered is kept for its day. `account` asks: a list price is the same
    for all. A product that the list has no charged price for has no record.
    """
    asker = Asker(session, account, HOME, as_of)
    wanted = price_list.asks(tables)
    with ThreadPoolExecutor(MAX_WORKERS) as pool:
        answers = list(pool.map(partial(_asked, asker), wanted))
    found = [record for records, _ in answers for record in records]
    # Denied once, denied for every question: a gap is told once a region.
    gaps = {(gap["region"], gap["reason"]): gap for _, gap in answers if gap}
    return found, list(gaps.values())


def _asked(asker: Asker, wanted: tuple[str, price_list.Ask]) -> tuple[list[Record], Record | None]:
    region, ask = wanted
    filters = [
        {"Type": "TERM_MATCH", "Field": field, "Value": value}
        for field, value in (("regionCode", region), *ask.filters)
    ]
    try:
        pages = kept(
            asker, "pricing", "get_products",
            {"ServiceCode": ask.service_code, "Filters": filters, "FormatVersion": "aws_v1"},
        )  # fmt: skip
        return price_list.prices(ask, region, pages), None
    except NotReadError as error:
        code, words = error.code, str(error)
    except (KeyError, TypeError, ValueError) as error:
        code, words = "Misread", f"pricing answers in another form than it documents ({error!r})."
    return [], {
        "service": "pricing", "account_id": asker.account_id, "region": region, "table": TABLE,
        "error": code,
        "reason": f"{words} What it would tell is taken from the price book, else from the bill.",
    }  # fmt: skip
