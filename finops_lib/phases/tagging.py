"""How far the tags reach, what is missing, and what should stand there."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pandas as pd

from finops_lib.analysis.allocation.taxonomy import normalised
from finops_lib.analysis.tags import compliance as counted
from finops_lib.analysis.tags import suggestions as guessed
from finops_lib.analysis.tags.clusters import value_clusters
from finops_lib.analysis.tags.compliance import EVERY
from finops_lib.analysis.tags.resources import RELATIONS, tagged_resources
from finops_lib.engine import queries
from finops_lib.engine.connect import frame
from finops_lib.params import Params
from finops_lib.phases.allocation import resource_owners
from finops_lib.plans.digests import untagged_digests
from finops_lib.plans.tag_enforcement import config_template, service_control_policy, tag_policy
from finops_lib.plans.tagging_strategy import strategy_page
from finops_lib.schema import COST_COLUMN, KEY, TAG_PREFIX
from finops_lib.units import HOURS_PER_MONTH
from finops_lib.workbook import Workbook

GROUPS = {
    "team": f"{TAG_PREFIX}team", "account": "SubAccountName", "service": "ServiceName", "region": "RegionId"
}  # fmt: skip
"""What compliance in dollars is told by, and the bill's column."""


def resources(book: Workbook) -> pd.DataFrame:
    """Every resource whose tags are known; without an account those that the bill names."""
    found = tagged_resources(book.estate.tables, book.estate["resource_costs"], book.params.tags)
    return found if len(found) else _billed_resources(book)


def _billed_resources(book: Workbook) -> pd.DataFrame:
    """Resources as the bill tells of them, with its service as their kind and no relations."""
    costs = normalised(book.estate["resource_costs"], book.params.tags)
    tags = {name: "first" for name in costs.columns if name.startswith(TAG_PREFIX)}
    monthly = costs["effective_cost"] / costs["window_hours"] * HOURS_PER_MONTH
    rows = costs.assign(kind=costs["service"], monthly_cost=monthly)
    keys = ["kind", *KEY]
    found = rows.groupby(keys, as_index=False).agg({"monthly_cost": "sum", **tags})
    related = dict.fromkeys([*RELATIONS, "stack", "creator"])
    return found.assign(**{name: pd.Series(None, index=found.index, dtype="str") for name in related})  # fmt: skip


def in_resources(book: Workbook, found: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """Compliance counted in resources and their dollars, by kind, account_id, region or x_tag_team."""
    return counted.compliance(
        found, book.params.tags, target=book.params.allocation.target_share, by=by
    )


def in_dollars(book: Workbook, by: str | None = None) -> pd.DataFrame:
    """Compliance in dollars of the period's whole bill, by team, account, service or region."""
    column = GROUPS[by] if by else None
    tags = queries.tag_columns(book.cube)
    keys = [column] if column and column not in tags else []
    rows = frame(queries.spend_by(queries.within(book.cube, book.period), [*tags, *keys]))
    table = _dollars(book, rows, column)
    return table.rename(columns={column or "group": by or "group"})


def over_time(book: Workbook) -> pd.DataFrame:
    """Month, key, cost_share …: compliance in dollars of every month, judged by today's policy."""
    whole = book.cube.filter(book.cube.ChargeDay < book.period.end)
    return _dollars(book, frame(queries.spend_by_month(whole, queries.tag_columns(whole))), "Month")


def _dollars(book: Workbook, rows: pd.DataFrame, column: str | None) -> pd.DataFrame:
    known = normalised(rows, book.params.tags)
    target = book.params.allocation.target_share
    return counted.compliance_in_dollars(
        known, book.params.tags, target=target, basis=book.basis, by=column
    )


def every_key(table: pd.DataFrame, *, top_n: int | None = None) -> pd.DataFrame:
    """The rows of a compliance table about all required keys at once, dearest first."""
    rows = table[table["key"].eq(EVERY)].drop(columns="key")
    return rows.sort_values("cost", ascending=False, ignore_index=True).head(top_n or len(rows))


def with_any_key(book: Workbook) -> dict[str, float]:
    """Basis to the share of the period's cost that carries any required key."""
    rows = frame(
        queries.spend_by(queries.within(book.cube, book.period), queries.tag_columns(book.cube))
    )
    known = normalised(rows, book.params.tags)
    return {b: counted.tagged_with_any(known, book.params.tags, basis=b) for b in COST_COLUMN}


def suggestions(book: Workbook, found: pd.DataFrame) -> pd.DataFrame:
    """A value for each missing required tag that the resource's kin agree on, with the reason."""
    return guessed.suggest_tags(found, book.params.tags)


def dearest(book: Workbook, found: pd.DataFrame, told: pd.DataFrame, top_n: int) -> pd.DataFrame:
    """The costliest resources with a missing tag: what is missing, the suggested values and why."""
    return guessed.dearest_untagged(found, told, book.params.tags, top_n=top_n)


def team_untagged(
    book: Workbook, owned: pd.DataFrame, found: pd.DataFrame, team: str, top_n: int
) -> pd.DataFrame:
    """The dearest resources with a missing tag among those whose charges the team bears."""
    theirs = {resource for resource, owner in resource_owners(owned).items() if owner == team}
    mine = found[found["resource_id"].isin(theirs) | found[f"{TAG_PREFIX}team"].eq(team)]
    table = dearest(book, mine, suggestions(book, found), top_n)
    return table.drop(columns=["account_id", "region"])


def reach(found: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """confidence, tags, resources, monthly_cost: how much of what is missing has a suggestion."""
    first = told.drop_duplicates(["confidence", "kind", *KEY])
    grouped = first.groupby("confidence")
    table = pd.DataFrame(
        {
            "tags": told.groupby("confidence").size(),
            "resources": grouped.size(),
            "monthly_cost": grouped["monthly_cost"].sum(),
        }
    )
    return table.reindex([c for c in ("high", "medium", "low") if c in table.index]).reset_index()


def misspelled(book: Workbook) -> pd.DataFrame:
    """key, suggested, value, cost, reason: values of the whole bill that very likely mean one."""
    parts = []
    for key, policy in book.params.tags.items():
        column = f"{TAG_PREFIX}{key}"
        if column not in book.cube.columns:
            continue
        rows = frame(queries.spend_by(book.cube, [column]))
        cost = rows[COST_COLUMN[book.basis]]
        found = value_clusters(rows[column], cost, allowed=policy.allowed)
        parts.append(found.drop(columns="rows").assign(key=key))
    columns = ["key", "suggested", "value", "cost", "reason"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns].astype({"cost": "float64"})


def digests(book: Workbook, found: pd.DataFrame, told: pd.DataFrame) -> dict[str, str]:
    """Team to the message about its untagged resources; the team is the tag's, else the suggested one."""
    worst = dearest(book, found, told, len(found))
    team = told[told["key"].eq("team")].drop_duplicates(["kind", *KEY])
    suggested = worst.merge(team[["kind", *KEY, "value"]], on=["kind", *KEY], how="left")["value"]
    tagged = worst.merge(found[["kind", *KEY, f"{TAG_PREFIX}team"]], on=["kind", *KEY], how="left")
    return untagged_digests(
        worst, tagged[f"{TAG_PREFIX}team"].fillna(suggested), currency=book.estate.currency
    )


def governance_files(params: Params) -> Iterator[tuple[str, str]]:
    """File name and text of the tagging strategy and of what enforces it, all from one policy."""
    tags, target = params.tags, params.allocation.target_share
    yield "TAGGING_STRATEGY.md", strategy_page(tags, target_share=target)
    yield "config-required-tags.template.json", _json(config_template(tags))
    yield "tag-policy.json", _json(tag_policy(tags))
    yield "scp-required-tags.json", _json(service_control_policy(tags))


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"
