"""One read of the world: a bill, an account or both become an Estate on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from finops_lib.engine import cube as cubes
from finops_lib.engine import queries
from finops_lib.engine.connect import connect, frame, line_items
from finops_lib.errors import AccessError, BillingError, ParameterError
from finops_lib.estate import Estate
from finops_lib.follow_up import with_creators, with_objects, with_prices, with_rates
from finops_lib.params import Params
from finops_lib.period import Period
from finops_lib.schema import GAPS, INVENTORY, rows
from finops_lib.sources import prices
from finops_lib.sources.aws import AccountRead, AwsSource, read_account
from finops_lib.sources.aws.calls import Asker, Session
from finops_lib.sources.aws.cost_explorer import read_cost_explorer
from finops_lib.sources.aws.read import api_calls
from finops_lib.sources.aws.s3 import fetch_s3
from finops_lib.sources.billing import Bill, no_bill, read_bill
from finops_lib.sources.lock import only_one
from finops_lib.sources.store import write_estate

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of it that is finished (0 to 1)."""

RESOURCE_WINDOW_DAYS = 30
"""Days over which a resource's run rate is measured: a month, so that weekends weigh as they cost."""

COST_EXPLORER_MONTHS = 13
"""Months that are asked of Cost Explorer where there is no export: a year to compare with."""

NOT_ASKED = "This run read a bill alone; run it with an account to see them (source.account: true)."


def collect(
    params: Params, folder: Path, *, cache: Path, now: datetime, progress: Progress
) -> Estate:
    """Read what `params.source` names, write it to `folder` and return the Estate that is there.

    `cache` keeps what need not be read twice: the lake of each export and the replies to paid
    requests. Raises BillingError or AccessError where nothing can be read; what is only partly
    denied becomes a row of `gaps`.
    """
    as_of = params.as_of or now
    session = Session(aws_source(params, cache))
    account = (
        read_account(session.source, as_of=as_of, progress=progress, session=session)
        if params.source.account
        else None
    )
    lake = _lake(params, account, cache)
    with only_one(lake.parent, lambda: progress("waiting for another run on this bill", 0.0)):
        bill = _bill(params, session, account, lake, as_of, progress)
        progress("adding up the bill", 0.0)
        estate = _estate(params, bill, account, cache, as_of)
        estate = with_objects(estate, params, session, cache)
        if account:
            estate = with_prices(estate, session)
            estate = with_rates(estate, params, session)
            estate = with_creators(estate, params, session, account)
            estate = estate.with_tables({"api_calls": api_calls(session)})
        progress("adding up the bill", 1.0)
        return write_estate(estate, folder)


def aws_source(params: Params, cache: Path) -> AwsSource:
    """The account that the parameters name, as the readers take it."""
    source = params.source
    return AwsSource(
        profile=source.profile,
        role_name=source.role_name,
        role_arns=source.role_arns,
        external_id=source.external_id,
        accounts=source.accounts,
        regions=source.regions,
        endpoint_url=source.endpoint_url,
        max_paid_requests=source.max_paid_requests,
        paid_advice=source.paid_advice,
        cache=cache / "replies",
        metric_days=source.metric_days,
    )


def _lake(params: Params, account: AccountRead | None, cache: Path) -> Path:
    """Where the bill's lake is kept: runs on one bill share it, so that one at a time reads into it."""
    paths = params.source.billing
    if not paths and account is None:
        raise ParameterError(
            "There is nothing to read: give source.billing, or source.account: true."
        )
    name = hashlib.sha256(
        repr((paths, params.source.endpoint_url, account and account.accounts)).encode()
    )
    return cache / "lakes" / name.hexdigest()[:16] / "costs"


def _bill(
    params: Params,
    session: Session,
    account: AccountRead | None,
    lake: Path,
    as_of: datetime,
    progress: Progress,
) -> Bill:
    paths = params.source.billing
    if account and not paths:
        asker = Asker(session, session.home(), "us-east-1", as_of)
        try:
            asked = _asked_of_cost_explorer(asker, lake.with_name("cost_explorer"), as_of, progress)
        except (AccessError, BillingError) as error:
            return no_bill(lake, account.accounts, params.tag_spellings, str(error))
        paths = (str(asked),)
    fetch = None
    if any(path.startswith("s3://") for path in paths):
        fetch = partial(fetch_s3, Asker(session, session.home(), "us-east-1", as_of))
    return read_bill(
        paths,
        lake,
        tag_keys=params.tag_spellings,
        fetch=fetch,
        progress=progress,
        memory_limit=params.engine.memory_limit,
        keep_created_by=params.source.created_by != "drop",
    )


def _asked_of_cost_explorer(
    asker: Asker, folder: Path, as_of: datetime, progress: Progress
) -> Path:
    """The bill that Cost Explorer tells, kept as a FOCUS file that the billing reader reads."""
    progress("asking Cost Explorer", 0.0)
    first = Period.month(f"{as_of:%Y-%m}").previous(COST_EXPLORER_MONTHS - 1)
    end = datetime.combine(as_of.date(), datetime.min.time())
    costs = read_cost_explorer(asker, Period(first.start, end), payer=asker.account_id)
    if costs.empty:
        raise BillingError(
            "Cost Explorer knows no cost of this account. Give an export with source.billing."
        )
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "cost-explorer.parquet"
    costs.assign(Tags="{}").to_parquet(file, index=False)
    progress("asking Cost Explorer", 1.0)
    return file


def _estate(
    params: Params, bill: Bill, account: AccountRead | None, cache: Path, as_of: datetime
) -> Estate:
    connection = connect(params.engine, bill.folder.parent / "spill")
    lines = line_items(connection, bill.folder, params.engine.table, params.tag_spellings)
    months = frame(queries.months(lines)).sort_values("Month")
    if bill.unread:
        months = _unbilled_month(params.month, as_of)
    if account is None and params.as_of is None:
        as_of = min(as_of, months["last_day"].max().to_pydatetime() + timedelta(days=1))
    period = chosen_period(params, months, as_of)
    if account is None and params.as_of is None:
        as_of = min(as_of, period.end)
    folder = bill.folder.parent
    cubes.build_cube(lines, folder / "daily_cube.parquet")
    window = Period.days_until(min(as_of, _last_charge(months, as_of)), RESOURCE_WINDOW_DAYS)
    tables: dict[str, pd.DataFrame] = {
        "resource_costs": cubes.resource_costs(lines, window),
        "prices": prices.book(),
        "instance_types": prices.instance_types(),
        "gaps": _not_asked(),
    }
    if account:
        tables |= account.tables
    if bill.unread:
        unread = {"service": "ce", "table": "costs", "error": "NoBill", "reason": bill.unread}
        tables["gaps"] = pd.concat([tables["gaps"], rows(GAPS, [unread])], ignore_index=True)
    return Estate(
        as_of=as_of,
        period=period,
        accounts=bill.accounts,
        currency=bill.currency,
        folder=folder,
        notes=_notes(params, bill, account, window),
    ).with_tables(tables)


def chosen_period(params: Params, months: pd.DataFrame, as_of: datetime) -> Period:
    """The month that the parameters name, else the last whole month of the bill (or its last one).

    Raises ParameterError for a month that the bill does not have.
    """
    known = [f"{month:%Y-%m}" for month in months["Month"]]
    if params.month is not None:
        if params.month not in known:
            raise ParameterError(
                f"The bill has no charge in {params.month}; it has {known[0]} to {known[-1]}."
            )
        return Period.month(params.month)
    whole = [name for name in known if Period.month(name).end <= as_of]
    return Period.month((whole or known)[-1])


def _unbilled_month(month: str | None, as_of: datetime) -> pd.DataFrame:
    """The one month that an account without a bill is examined for: as asked, else the last whole one."""
    start = Period.month(month or f"{as_of:%Y-%m}").previous(0 if month else 1).start
    return pd.DataFrame({"Month": [start], "last_day": [as_of]})


def _last_charge(months: pd.DataFrame, as_of: datetime) -> datetime:
    """The end of the last whole day that the bill has before `as_of`."""
    last: datetime = months["last_day"].max().to_pydatetime() + timedelta(days=1)
    midnight = datetime.combine(as_of.date(), datetime.min.time())
    return min(last, midnight)


def _not_asked() -> pd.DataFrame:
    tables = [table.name for table in INVENTORY] + ["metrics", "commitments", "budgets", "advice"]
    return rows(
        GAPS,
        [
            {"service": "account", "table": name, "error": "not_asked", "reason": NOT_ASKED}
            for name in tables
        ],
    )


def _notes(
    params: Params, bill: Bill, account: AccountRead | None, window: Period
) -> dict[str, Any]:
    return {
        "title": params.title,
        "notice": params.notice,
        "months": list(bill.months),
        "totals": bill.totals.to_dict("records"),
        "repairs": bill.repairs.to_dict("records"),
        "regions": list(account.regions) if account else [],
        "regions_not_enabled": list(account.not_enabled) if account else [],
        "resource_window": window.label,
    }
