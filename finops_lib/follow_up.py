"""What is asked once the Estate tells what matters: prices, committed rates, creators, objects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from finops_lib.analysis.commitments.items import (
    SPEND_COLUMNS,
    items_in_use,
    items_introduced,
)
from finops_lib.engine import queries
from finops_lib.engine.connect import connect, daily_cube, frame, line_items
from finops_lib.errors import BillingError
from finops_lib.estate import Estate
from finops_lib.examine import examine
from finops_lib.params import Params
from finops_lib.plans.plan import build_plan
from finops_lib.schema import CREATORS, GAPS, PRICES, rows
from finops_lib.sources.aws import AccountRead
from finops_lib.sources.aws.calls import Asker, Session
from finops_lib.sources.aws.commitment_rates import read_rates
from finops_lib.sources.aws.creators import KEPT_DAYS, MOST_RESOURCES, read_creators
from finops_lib.sources.aws.price_list import read_list_prices
from finops_lib.sources.aws.s3 import fetch_s3
from finops_lib.sources.s3_inventory import gap, read_inventories
from finops_lib.sources.shape import Record, price_list

NO_INVENTORY = (
    "No S3 Inventory was given, so duplicates, old versions and old objects are not looked for: name "
    "its manifest in source.inventory."
)


def with_objects(estate: Estate, params: Params, session: Session, cache: Path) -> Estate:
    """The Estate with what S3 Inventory reports say of the objects; what was not given or read is a gap."""
    paths = params.source.inventory
    if not paths:
        unasked = {
            "service": "s3",
            "table": "object_groups",
            "error": "not_asked",
            "reason": NO_INVENTORY,
        }
        return _with_gap(estate, unasked) if len(estate["buckets"]) else estate
    fetch = None
    if any(path.startswith("s3://") for path in paths):
        fetch = partial(fetch_s3, Asker(session, session.home(), "us-east-1", estate.as_of))
    try:
        found = read_inventories(paths, cache / "inventories", estate["buckets"], fetch)
    except BillingError as error:
        return _with_gap(estate, gap(error))
    return estate.with_tables({"object_groups": found})


def _with_gap(estate: Estate, record: Mapping[str, Any]) -> Estate:
    gaps = pd.concat([estate["gaps"], rows(GAPS, [dict(record)])], ignore_index=True)
    return estate.with_tables({"gaps": gaps})


def with_prices(estate: Estate, session: Session) -> Estate:
    """The Estate with what its bill and the Price List of today say of prices, region by region."""
    asked, gaps = read_list_prices(session, session.home(), estate.tables, estate.as_of)
    lines = queries.within(daily_cube(estate.cube), estate.period)
    spend = frame(queries.spend_by(lines, price_list.BILLED_BY))
    billed = price_list.of_bill(spend, estate.period.start, estate.currency)
    return _with_rows(estate, [*billed, *asked], gaps)


def with_rates(estate: Estate, params: Params, session: Session) -> Estate:
    """The Estate with what commitments cost today, for what its period and the plan's resizes use."""
    spend = frame(
        queries.spend_by(queries.within(daily_cube(estate.cube), estate.period), SPEND_COLUMNS)
    )
    findings, _ = examine(estate, params)
    brought = items_introduced(spend, build_plan(findings, params.plan))
    items = pd.concat([items_in_use(spend), brought], ignore_index=True)
    found, gaps = read_rates(session, session.home(), items, estate.as_of)
    return _with_rows(estate, found, gaps)


def _with_rows(estate: Estate, prices: list[Record], gaps: list[Record]) -> Estate:
    added = {"prices": rows(PRICES, prices), "gaps": rows(GAPS, gaps)}
    return estate.with_tables(
        {name: pd.concat([estate[name], more]) for name, more in added.items() if len(more)}
    )


def with_creators(estate: Estate, params: Params, session: Session, account: AccountRead) -> Estate:
    """The Estate with who created its costliest new resources, where the parameters ask for it.

    What was charged on the bill's first day may be older than the bill and is not new.
    """
    if params.source.created_by == "drop":
        return estate
    first_day = frame(queries.months(daily_cube(estate.cube)))["first_day"].min()
    since = max(estate.as_of - timedelta(days=KEPT_DAYS), first_day + timedelta(days=1))
    connection = connect(params.engine, estate.folder / "spill")
    lines = line_items(connection, estate.costs, params.engine.table, params.tag_spellings)
    new = frame(queries.new_resources(lines, estate.period, since))
    was_read = new["account_id"].isin(account.accounts)
    was_read &= new["region"].isin([*account.regions, "global"])
    found, gaps = read_creators(
        session, new[was_read].head(MOST_RESOURCES), estate.as_of,
        by_name=params.source.created_by == "show",
    )  # fmt: skip
    missing = pd.concat([estate["gaps"], rows(GAPS, gaps)], ignore_index=True)
    return estate.with_tables({"creators": rows(CREATORS, found), "gaps": missing})
