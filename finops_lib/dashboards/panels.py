"""What a dashboard shows: a title, a kind of picture, and a query over the tables of a run.

The queries are plain SQL, the same on Athena (Trino) and on DuckDB. The tables are Parquet files of a
run: `daily_cube` and `findings` and `coverage`, under those names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Panel:
    """One panel: `span` is its width in 24ths of the row, `unit` Grafana's name of one."""

    title: str
    kind: Literal["stat", "timeseries", "barchart", "table"]
    sql: str
    meaning: str
    unit: str = "currencyUSD"
    span: int = 12


COST = "sum(EffectiveCost)"
_LAST = "(SELECT max(BillingPeriodStart) FROM daily_cube)"

PANELS = (
    Panel(
        "Cost so far this month", "stat",
        f"SELECT {COST} AS cost FROM daily_cube WHERE BillingPeriodStart = {_LAST}",
        "Effective (amortized) cost of the newest billing month.", span=6,
    ),
    Panel(
        "Findings added up, a month", "stat",
        "SELECT sum(monthly_saving) AS saving FROM findings WHERE status = 'waste'",
        "What the findings would save, overlaps counted twice: the report's plan is net of them.", span=6,
    ),
    Panel(
        "Could not be judged", "stat",
        "SELECT count(*) AS resources FROM findings WHERE status = 'unknown'",
        "Resources without the measurements that a check needs. Unknown is not healthy.", "short", 6,
    ),
    Panel(
        "Checks that could not see everything", "stat",
        "SELECT count(DISTINCT check_id) AS checks FROM coverage WHERE not_read > 0",
        "Checks with a place or table that was not read.", "short", 6,
    ),
    Panel(
        "Cost per day by service", "timeseries",
        f"SELECT ChargeDay AS time, ServiceName AS metric, {COST} AS cost FROM daily_cube "
        "GROUP BY ChargeDay, ServiceName ORDER BY ChargeDay",
        "Every charge of the bill; the newest days may still grow.", span=24,
    ),
    Panel(
        "This month by team", "barchart",
        f"SELECT coalesce(x_tag_team, 'untagged') AS team, {COST} AS cost FROM daily_cube "
        f"WHERE BillingPeriodStart = {_LAST} GROUP BY coalesce(x_tag_team, 'untagged') ORDER BY cost DESC",
        "By the tag as the bill has it; untagged is a bar of its own.",
    ),
    Panel(
        "Waste by check", "barchart",
        "SELECT check_id, sum(monthly_saving) AS saving FROM findings WHERE status = 'waste' "
        "GROUP BY check_id ORDER BY saving DESC",
        "Per month; findings on one resource overlap.",
    ),
    Panel(
        "The largest findings", "table",
        "SELECT check_id, account_id, region, resource_id, team, monthly_saving, confidence, reason "
        "FROM findings WHERE status = 'waste' ORDER BY monthly_saving DESC LIMIT 25",
        "The reason has the measured value, its limit and the window.", span=24,
    ),
)  # fmt: skip
"""Every panel in the order in which it is read; team panels need the `team` key promoted by the policy."""

TABLES = {
    "daily_cube": "estate/daily_cube.parquet",
    "findings": "findings.parquet",
    "coverage": "coverage.parquet",
}
"""Each table of the queries, and its file in the folder of a run."""
