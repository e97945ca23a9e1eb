"""Columns, kinds and units of every table, and `conform`, which holds a frame to its table."""

from finops_lib.schema.core import DTYPES, Column, Table, columns, conform, rows
from finops_lib.schema.costs import COST_COLUMN, COSTS, DAILY_CUBE, RESOURCE_COSTS, TAG_PREFIX
from finops_lib.schema.facts import (
    ADVICE,
    API_CALLS,
    BUDGETS,
    COMMITMENTS,
    CREATORS,
    FACTS,
    GAPS,
    INSTANCE_TYPES,
    METRICS,
    PRICES,
)
from finops_lib.schema.inventory import INVENTORY, KEY, OBJECT_GROUPS
from finops_lib.schema.results import (
    CONFIDENCES,
    COVERAGE,
    FINDINGS,
    LEDGER,
    LEDGER_STATES,
    PLAN,
    PRICE_BASES,
    RESULTS,
    RISKS,
    STATUSES,
)

TABLES: dict[str, Table] = {
    t.name: t for t in (COSTS, DAILY_CUBE, RESOURCE_COSTS, *INVENTORY, *FACTS, *RESULTS)
}
"""Every table by its name."""

ESTATE_TABLES: dict[str, Table] = {t.name: t for t in (RESOURCE_COSTS, *INVENTORY, *FACTS)}
"""The small tables that an Estate holds as frames (its costs stay in the lake)."""

__all__ = [
    "ADVICE",
    "API_CALLS",
    "BUDGETS",
    "COMMITMENTS",
    "CONFIDENCES",
    "COSTS",
    "COST_COLUMN",
    "COVERAGE",
    "CREATORS",
    "DAILY_CUBE",
    "DTYPES",
    "ESTATE_TABLES",
    "FACTS",
    "FINDINGS",
    "GAPS",
    "INSTANCE_TYPES",
    "INVENTORY",
    "KEY",
    "LEDGER",
    "LEDGER_STATES",
    "METRICS",
    "OBJECT_GROUPS",
    "PLAN",
    "PRICES",
    "PRICE_BASES",
    "RESOURCE_COSTS",
    "RESULTS",
    "RISKS",
    "STATUSES",
    "TABLES",
    "TAG_PREFIX",
    "Column",
    "Table",
    "columns",
    "conform",
    "rows",
]  # fmt: skip
