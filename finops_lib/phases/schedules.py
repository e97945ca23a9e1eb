"""Who follows a schedule, and what that saves: the hours that scheduled machines were not billed for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.analysis.tags.resources import tag_value
from finops_lib.analysis.tags.values import canonical
from finops_lib.plans.executors.instances import SCHEDULE_TAG
from finops_lib.plans.shutdown.handler import by_ranges, is_on
from finops_lib.workbook import Workbook

MACHINE_HOURS = "BoxUsage|DedicatedUsage|SpotUsage"
"""Usage types that bill a running instance by the hour or second."""

COLUMNS = [
    "resource_id", "schedule", "hours", "schedule_hours", "billed_hours", "off_hours", "hourly_cost", "saving",
]  # fmt: skip


def adoption(book: Workbook) -> pd.DataFrame:
    """Per team: instances that follow a schedule, those that could, the share, and the saving left.

    Every instance with a schedule's tag follows one, at rest or not; one could where the off-hours check finds it
    idle outside office hours. `adoption_share` is missing where a team has neither.
    """
    rows = pd.concat([_followers(book), _idle_by_night(book)], ignore_index=True)
    rows["team"] = _spelled(book, rows["team"]).fillna("nobody's")
    teams = rows.groupby("team")[["scheduled", "could_follow", "saving_left"]].sum().reset_index()
    teams["adoption_share"] = teams["scheduled"] / (
        teams["scheduled"] + teams["could_follow"]
    ).replace(0, np.nan)
    return teams.sort_values("saving_left", ascending=False, ignore_index=True)


def _followers(book: Workbook) -> pd.DataFrame:
    """Of a machine at rest no check may know the team, which its tag does."""
    instances, policy = book.estate["instances"], book.params.tags.get("team")
    mine = instances[_schedules(instances).notna()]
    known = book.findings.dropna(subset="team").drop_duplicates("resource_id")
    tagged = [tag_value(dict(tags), "team", policy) if policy else None for tags in mine["tags"]]
    teams = mine["resource_id"].map(known.set_index("resource_id")["team"])
    own = pd.Series(tagged, mine.index, dtype="str")
    return pd.DataFrame({
        "team": teams.astype("str").fillna(own), "scheduled": 1, "could_follow": 0, "saving_left": 0.0,
    })  # fmt: skip


def _idle_by_night(book: Workbook) -> pd.DataFrame:
    instances = book.estate["instances"]
    follows = set(instances.loc[_schedules(instances).notna(), "resource_id"])
    found = book.findings[book.findings["check_id"].eq("off_hours_ec2_instances")]
    found = found[~found["resource_id"].isin(follows)]
    could = found["status"].eq("waste")
    return pd.DataFrame({
        "team": found["team"].astype("str"), "scheduled": 0, "could_follow": could.astype(int),
        "saving_left": found["monthly_saving"].where(could, 0.0),
    })  # fmt: skip


def _schedules(instances: pd.DataFrame) -> pd.Series:
    """The schedule's name on each instance; missing where it follows none."""
    names = [dict(tags or {}).get(SCHEDULE_TAG) for tags in instances["tags"]]
    return pd.Series(names, instances.index, dtype="str")


def _spelled(book: Workbook, teams: pd.Series) -> pd.Series:
    key = book.params.tags.get("team")
    aliases = {**(key.aliases if key else {}), **book.params.allocation.team_aliases}
    return canonical(teams, allowed=key.allowed if key else (), aliases=aliases)


def schedule_savings(book: Workbook) -> pd.DataFrame:
    """Each instance on a schedule over the window of the bill's resources, largest saving first.

    `hours` since its first charge in the window, `schedule_hours` of them that the schedule allows,
    `billed_hours`, `off_hours` (the difference to `hours`), `hourly_cost` (billed over hours, on the workbook's
    basis) and `saving` = off_hours x hourly_cost. A machine that ran day and night before its schedule began has no
    off hours from then. Missing where the bill does not name the machine: unknown is not zero.
    """
    instances = book.estate["instances"]
    names = dict(zip(instances["resource_id"], _schedules(instances), strict=True))
    billed = _billed(book)
    known = {s.name: s.model_dump(mode="json") for s in book.params.governance.schedules}
    rows = [
        (name, schedule, *_measured(billed, name, known.get(schedule) or by_ranges(schedule)))
        for name, schedule in names.items()
        if isinstance(schedule, str)
    ]
    found = pd.DataFrame(rows, columns=COLUMNS)
    return found.sort_values("saving", ascending=False, ignore_index=True)


def _billed(book: Workbook) -> pd.DataFrame:
    """Per resource: hours and cost of the machine, from its first charge to where the bill has machines' hours.

    Fees end later, some with the month: what they cover is no hour in which a machine was off.
    """
    costs = book.estate["resource_costs"]
    machines = costs[costs["usage_type"].str.contains(MACHINE_HOURS, na=False)]
    found = machines.groupby("resource_id").agg(
        hours=("consumed_quantity", "sum"), cost=(f"{book.basis}_cost", "sum"),
        first=("first_charge_at", "min"),
    )  # fmt: skip
    return found.assign(end=machines["last_charge_end"].max())


def _measured(
    billed: pd.DataFrame, name: str, schedule: dict[str, Any] | None
) -> tuple[float, ...]:
    if name not in billed.index:
        return (np.nan,) * 6
    row = billed.loc[name]
    hours = (row["end"] - row["first"]) / timedelta(hours=1)
    used = min(float(row["hours"]), hours)
    rate = float(row["cost"]) / float(row["hours"]) if row["hours"] > 0 else np.nan
    allowed = _allowed(schedule, row["first"], row["end"]) if schedule else np.nan
    return hours, allowed, used, hours - used, rate, (hours - used) * rate


def _allowed(schedule: dict[str, Any], first: datetime, end: datetime) -> float:
    """The real hours of the place in which the schedule lets a machine run."""
    clock = pd.date_range(first, end, freq="h", inclusive="left")
    return float(
        sum(is_on(schedule, moment.to_pydatetime().replace(tzinfo=UTC)) for moment in clock)
    )
