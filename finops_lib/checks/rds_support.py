"""Databases whose engine is past its standard support and billed for by the processor."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from finops_lib.checks.measures import looked_up
from finops_lib.checks.pricing import list_prices, priced, run_rate
from finops_lib.checks.rds import database_use
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import HOURS_PER_MONTH

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "claim_key", "monthly_cost",
    "monthly_saving", "price_basis",
]  # fmt: skip

BILLED = r"ExtendedSupport"
"""As in USE1-ExtendedSupport:Yr1-Yr2:PostgreSQL12."""


class Support(NamedTuple):
    """When extended support of a major version is billed first, and from when at the rate of year 3."""

    year_1: date
    year_3: date | None


SUPPORT = {
    ("mysql", "5.7"): Support(date(2024, 3, 1), date(2026, 3, 1)),
    ("mysql", "8.0"): Support(date(2026, 8, 1), date(2028, 8, 1)),
    ("mysql", "8.4"): Support(date(2029, 8, 1), date(2031, 8, 1)),
    ("postgres", "11"): Support(date(2024, 4, 1), date(2026, 4, 1)),
    ("postgres", "12"): Support(date(2025, 3, 1), date(2027, 3, 1)),
    ("postgres", "13"): Support(date(2026, 3, 1), date(2028, 3, 1)),
    ("postgres", "14"): Support(date(2027, 3, 1), date(2029, 3, 1)),
    ("postgres", "15"): Support(date(2028, 3, 1), date(2030, 3, 1)),
    ("postgres", "16"): Support(date(2029, 3, 1), date(2031, 3, 1)),
    ("postgres", "17"): Support(date(2030, 3, 1), date(2032, 3, 1)),
    ("postgres", "18"): Support(date(2031, 3, 1), date(2033, 3, 1)),
    ("aurora-mysql", "2"): Support(date(2024, 12, 1), date(2026, 12, 1)),
    ("aurora-mysql", "3"): Support(date(2028, 5, 1), None),
}
"""AWS's release calendars as of September 2026, by engine and major version. Aurora PostgreSQL has the
dates of RDS for PostgreSQL; Aurora MySQL 3 has no rate of year 3.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/MySQL.Concepts.VersionMgmt.html
https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraMySQLReleaseNotes/AuroraMySQL.release-calendars.html"""

CALENDAR = {"aurora-postgresql": "postgres"}
NEWEST = {"mysql": (8, 4), "postgres": (18,), "aurora-mysql": (3,)}
"""What is newer than the calendar cannot be past its support."""


def major_version(engine: str, version: str | None) -> str | None:
    """The version that support is counted by; None where it is not told.

    5.7 of MySQL 5.7.44, 14 of PostgreSQL 14.9, 3 of Aurora's 8.0.mysql_aurora.3.04.0.
    """
    if version is None or pd.isna(version):
        return None
    if aurora := re.search(r"mysql_aurora\.(\d+)", version):
        return aurora[1]
    numbers = version.split(".")
    return ".".join(numbers[:2]) if engine == "mysql" or numbers[0] == "9" else numbers[0]


@check(
    title="Databases in extended support",
    why="Past its standard support an engine costs extra for every processor and hour, twice that from "
    "year 3, whatever the instance costs.",
    needs=("databases", "metrics", "instance_types", "resource_costs", "prices"),
    permissions=("rds:DescribeDBInstances", "cloudwatch:GetMetricData"),
    action="upgrade_database_engine",
    service="Amazon Relational Database Service",
    guard="The bill's own extended-support lines come first, AWS's published dates second; engines that "
    "have no paid extended support are ok, versions without a date unknown; idle databases are left to "
    "idle_rds_instances, because to delete one saves this too.",
)
def extended_support_rds_instances(
    databases: pd.DataFrame,
    metrics: pd.DataFrame,
    instance_types: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    cpu_limit_pct: float = 5.0,
    cluster_cpu_limit_pct: float = 15.0,
) -> pd.DataFrame:
    """Available databases whose major version is billed for extended support.

    Costs what the bill's ExtendedSupport lines say; else processors (twice with a standby) times the
    list rate of the year times 730 hours. All of it goes with an upgrade; the instance is paid on.
    Undo: restore the snapshot taken before the upgrade.
    """
    limits = (window_days, cpu_limit_pct, cluster_cpu_limit_pct)
    found = _with_dates(database_use(databases, metrics, as_of, *limits), as_of)
    lines = run_rate(resource_costs, BILLED)
    billed = looked_up(found["resource_id"], lines).fillna(0.0) > 0
    idle = found["idle"] & ~found["young"] & found["replica_of"].isna()
    found = found.assign(billed=billed, idle=idle, past=billed | found["past"])
    found["status"] = np.select(
        [found["past"] & ~found["idle"], found["past"] | found["dated"]],
        ["waste", "ok"],
        default="unknown",
    )
    found = priced(found, lines, _list_cost(found, instance_types, prices, as_of))
    return _described(found)


def _with_dates(found: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """Columns major, year_1 (date), past (whether it is billed now), dated, is_year_3."""
    told = [
        _told(engine, version, as_of.date())
        for engine, version in zip(found["engine"], found["engine_version"], strict=True)
    ]
    names = ["major", "year_1", "past", "dated", "is_year_3"]
    table = pd.DataFrame(told, found.index, names, dtype="object")
    return found.join(table.astype({"past": bool, "dated": bool, "is_year_3": bool}))


def _told(engine: str, version: str | None, today: date) -> tuple[Any, ...]:
    calendar = CALENDAR.get(engine, engine)
    major = major_version(calendar, version)
    if calendar not in NEWEST:
        return major, None, False, True, False
    if major is None:
        return None, None, False, False, False
    support = SUPPORT.get((calendar, major))
    if support is None:
        return major, None, False, tuple(map(int, major.split("."))) > NEWEST[calendar], False
    year_3 = support.year_3 is not None and today >= support.year_3
    return major, support.year_1, today >= support.year_1, True, year_3


def _list_cost(
    found: pd.DataFrame, types: pd.DataFrame, prices: pd.DataFrame, as_of: datetime
) -> pd.Series:
    """Dollars a month at list; missing where the class has no known number of processors."""
    listed = list_prices(prices, "AmazonRDS", as_of)
    rate = np.where(
        found["is_year_3"],
        listed.get("extended-support-year-3", np.nan),
        listed.get("extended-support-year-1", np.nan),
    )
    plain = found["instance_class"].str.removeprefix("db.")
    vcpu = looked_up(plain, types.set_index("instance_type")["vcpu"]).astype("float64")
    machines = np.where(found["multi_az"].fillna(False).astype(bool), 2.0, 1.0)
    return vcpu * machines * rate * HOURS_PER_MONTH


def _described(found: pd.DataFrame) -> pd.DataFrame:
    wasted = found["status"] == "waste"
    return found.assign(
        monthly_saving=found["monthly_cost"].where(wasted),
        confidence=np.where(found["billed"], "high", "medium"),
        claim_key=found["account_id"] + "/" + found["resource_id"] + "/extended-support",
        reason=[_reason(row) for row in found.itertuples()],
        evidence=[
            {
                "engine": row.engine, "engine_version": row.engine_version, "major": row.major,
                "billed_from": None if row.year_1 is None else row.year_1.isoformat(),
                "rate": "year 3" if row.is_year_3 else "years 1 and 2",
                "on_the_bill": bool(row.billed), "instance_class": row.instance_class,
                "multi_az": None if pd.isna(row.multi_az) else bool(row.multi_az),
            }
            for row in found.itertuples()
        ],
    )[COLUMNS]  # fmt: skip


def _reason(row: Any) -> str:
    what = f"{row.engine} {row.engine_version}"
    if row.idle and row.past:
        return f"{what}: idle; to delete it saves its support too."
    if row.status == "unknown":
        return f"{what}: no date of its support is known."
    if row.year_1 is None:
        return (
            f"{what}: the bill has lines of extended support."
            if row.billed
            else f"{what}: no extended support is billed for it."
        )
    if row.status == "ok":
        return (
            f"{what}: in standard support; extended support is billed from {row.year_1:%Y-%m-%d}."
        )
    rate = "the rate of year 3" if row.is_year_3 else "the rate of years 1 and 2"
    return f"{what}: extended support is billed since {row.year_1:%Y-%m-%d}, at {rate}."
