"""The door for accounts: every table of every account and region, side by side, gaps named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from finops_lib.errors import AccessError
from finops_lib.schema import API_CALLS, ESTATE_TABLES, GAPS, rows
from finops_lib.sources.aws.advice import read_advice
from finops_lib.sources.aws.calls import (
    PAID,
    Asker,
    AwsSource,
    NotReadError,
    PartlyReadError,
    Session,
)
from finops_lib.sources.aws.readers import READERS, Reader
from finops_lib.sources.metrics import read_metrics
from finops_lib.sources.shape import Record, items

Progress = Callable[[str, float], None]

NOT_OPTED_IN = "not-opted-in"
"""The status of a region in DescribeRegions that the account has not enabled."""


@dataclass(frozen=True)
class AccountRead:
    """What one read of an account found: its tables (gaps and api_calls among them) by name."""

    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    tables: dict[str, pd.DataFrame]
    not_enabled: tuple[str, ...] = ()
    """Regions that no account has opted in to: nothing can run there, so they are not read."""


def read_account(
    source: AwsSource,
    *,
    as_of: datetime,
    progress: Progress | None = None,
    session: Session | None = None,
) -> AccountRead:
    """Read inventory, commitments, budgets and metrics of the accounts and regions of the source.

    What is denied or does not answer becomes a row of `gaps` and the rest goes on. Raises AccessError
    where the credentials do not work at all, or nothing of the inventory could be read.
    """
    session = session or Session(source)
    home = session.home()
    gaps: list[Record] = []
    accounts = _reachable(
        session, source.accounts or _organization(session, home, as_of, gaps), gaps
    )
    not_enabled: set[str] = set()
    askers = {a: _regions(session, a, as_of, gaps, not_enabled) for a in accounts}
    regions = tuple(sorted({asker.region for found in askers.values() for asker in found}))
    tables, found_gaps, answered = _inventory(askers, source.max_workers, progress)
    gaps += found_gaps
    if not answered:
        raise AccessError(
            f"Nothing could be read. First of {len(gaps)} refusals: {gaps[0]['reason']}"
        )
    metrics, metric_gaps = read_metrics(
        tables, askers, as_of, source.metric_days, source.max_workers, progress
    )
    tables["metrics"] = metrics
    payer = Asker(session, home, "us-east-1", as_of) if source.paid_advice else None
    tables["advice"], advice_gaps = read_advice(tables, askers, payer)
    tables["gaps"] = rows(GAPS, [*gaps, *metric_gaps, *advice_gaps])
    tables["api_calls"] = api_calls(session)
    unread = tuple(sorted(not_enabled - set(regions)))
    return AccountRead(tuple(accounts), regions, tables, unread)


def _organization(session: Session, home: str, as_of: datetime, gaps: list[Record]) -> list[str]:
    """The organization's active accounts where a role to assume in them is given, else the home account."""
    if not session.source.role_name:
        return [home]
    try:
        pages = Asker(session, home, "us-east-1", as_of).pages("organizations", "list_accounts")
    except NotReadError as error:
        gaps.append(_gap("organizations", "every table", error, None, None))
        return [home]
    return sorted(a["Id"] for a in items(pages, "Accounts") if a["Status"] == "ACTIVE")


def _reachable(session: Session, accounts: Iterable[str], gaps: list[Record]) -> list[str]:
    reachable = []
    for account in accounts:
        try:
            session.assume(account)
            reachable.append(account)
        except NotReadError as error:
            gaps.append(_gap("sts", "every table", error, account, None))
    if not reachable:
        why = gaps[0]["reason"] if gaps else "The organization lists none; set source.accounts."
        raise AccessError(f"No account can be reached. {why}")
    return reachable


def _regions(
    session: Session, account: str, as_of: datetime, gaps: list[Record], not_enabled: set[str]
) -> list[Asker]:
    """An asker for each region that the source names, or that the account has enabled.

    Those that it has not opted in to go into `not_enabled`: asking there is refused.
    """
    if session.source.regions:
        return [Asker(session, account, region, as_of) for region in session.source.regions]
    first = Asker(session, account, "us-east-1", as_of)
    try:
        found = first.one("ec2", "describe_regions", AllRegions=True)["Regions"]
    except NotReadError as error:
        gaps.append(_gap("ec2", "every table", error, account, None))
        return [first]
    enabled = [r["RegionName"] for r in found if r.get("OptInStatus") != NOT_OPTED_IN]
    not_enabled.update(r["RegionName"] for r in found if r.get("OptInStatus") == NOT_OPTED_IN)
    return [Asker(session, account, region, as_of) for region in enabled]


def _inventory(
    askers: dict[str, list[Asker]], max_workers: int, progress: Progress | None
) -> tuple[dict[str, pd.DataFrame], list[Record], int]:
    """The tables, the gaps, and how many questions were answered: an account may well hold nothing."""
    jobs = [
        (reader, asker)
        for found in askers.values()
        for reader in READERS
        for asker in (found[:1] if reader.is_global else found)
    ]
    records: dict[str, list[Record]] = {reader.table: [] for reader in READERS}
    gaps: list[Record] = []
    answered = 0
    with ThreadPoolExecutor(max_workers) as pool:
        running = {pool.submit(_read, reader, asker): reader for reader, asker in jobs}
        for done, future in enumerate(as_completed(running), 1):
            reader = running[future]
            found, gap = future.result()
            records[reader.table] += found
            gaps += [gap] if gap else []
            answered += bool(found) or gap is None
            if progress:
                progress(f"reading the account: {reader.table}", done / len(jobs))
    frames = {name: _sorted(rows(ESTATE_TABLES[name], found)) for name, found in records.items()}
    order = sorted(gaps, key=lambda gap: (gap["table"], str(gap["account_id"]), str(gap["region"])))
    return frames, order, answered


def _read(reader: Reader, asker: Asker) -> tuple[list[Record], Record | None]:
    found: list[Record] = []
    gap = None
    try:
        found = reader.records(asker)
    except NotReadError as error:
        service = reader.permissions[0].split(":")[0]
        region = None if reader.is_global else asker.region
        gap = _gap(service, reader.table, error, asker.account_id, region)
        found = error.records if isinstance(error, PartlyReadError) else []
    where = {
        "account_id": asker.account_id,
        "region": "global" if reader.is_global else asker.region,
    }
    known = {k: v for k, v in where.items() if k in ESTATE_TABLES[reader.table].names}
    return [{**known, **record} for record in found], gap


def _gap(
    service: str, table: str, error: NotReadError, account: str | None, region: str | None
) -> Record:
    return {
        "service": service, "account_id": account, "region": region, "table": table,
        "error": error.code, "reason": str(error),
    }  # fmt: skip


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows in an order that does not depend on which answer came first."""
    keys: Sequence[str] = [
        c
        for c in ("account_id", "region", "resource_id", "commitment_id", "name", "variant_name")
        if c in frame
    ]
    return frame.sort_values(keys, ignore_index=True)


def api_calls(session: Session) -> pd.DataFrame:
    """API_CALLS of the session: requests, answers from the cache, and what they cost."""
    names = sorted({*session.requests, *session.cached})
    return rows(
        API_CALLS,
        [
            {
                "service": service, "operation": operation,
                "requests": session.requests[service, operation],
                "cached": session.cached[service, operation],
                "price_per_request": PAID.get(service, 0.0),
                "cost": PAID.get(service, 0.0) * session.requests[service, operation],
                "currency": "USD",
            }
            for service, operation in names
        ],
    )  # fmt: skip
