"""Who bears the bill: an owner for every charge, statements that add up to it, and each team's part.

`owned_charges` is read once; the other functions take it beside the workbook.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from finops_lib.analysis import drivers, trends
from finops_lib.analysis.allocation import statements as parts
from finops_lib.analysis.allocation.charges import IDLE
from finops_lib.analysis.allocation.ledger import ledger as book_cents
from finops_lib.analysis.allocation.pools import UNALLOCATED
from finops_lib.analysis.reconcile import reconcile
from finops_lib.analysis.tags.values import canonical
from finops_lib.analysis.unit_costs import business_metrics, team_metrics
from finops_lib.engine import queries
from finops_lib.engine.connect import connect, frame, line_items
from finops_lib.errors import ParameterError
from finops_lib.params import nearest
from finops_lib.period import Period
from finops_lib.schema import COST_COLUMN
from finops_lib.workbook import Workbook

CHARGE_KEYS = (
    "SubAccountId", "SubAccountName", "RegionId", "ServiceName", "x_ServiceCode", "x_UsageType", "x_Operation",
    "ChargeCategory", "CommitmentDiscountStatus", "ConsumedUnit", "ResourceId",
)  # fmt: skip
"""What rules and pools look at, besides the tags; line items that agree in them are one charge."""

CLONE = Path(__file__).parents[2]
"""Where a parameter file of the clone names files from."""

IDLE_CHECKS = "idle_"
"""How the checks that find idle capacity begin."""


def bill(book: Workbook) -> Any:
    """The bill's line items as a table of the engine."""
    params = book.params
    return line_items(
        connect(params.engine), book.estate.costs, params.engine.table, params.tag_spellings
    )


def owned_charges(book: Workbook, period: Period | None = None) -> pd.DataFrame:
    """The charges of the period (the workbook's) with team, project, the deciding rules and pool."""
    lines = queries.within(bill(book), period or book.period)
    rows = frame(queries.spend_by(lines, [*CHARGE_KEYS, *queries.tag_columns(lines)]))
    return own_charges(book, rows)


def own_charges(book: Workbook, rows: pd.DataFrame) -> pd.DataFrame:
    """The charges with an owner; the inventory adds names, and the checks what is idle."""
    named = rows["ResourceId"].map(resource_names(book))
    found = book.findings
    idle = found["status"].eq("waste") & found["check_id"].str.startswith(IDLE_CHECKS)
    known = rows.assign(
        ResourceName=named.astype("str"), **{IDLE: rows["ResourceId"].isin(found[idle]["resource_id"])}
    )  # fmt: skip
    return parts.allocate(known, book.params.allocation, book.params.tags)


def resource_names(book: Workbook) -> dict[str, str]:
    """Resource id to the name that the inventory gives it; a volume has that of its instance."""
    tables = book.estate.tables.values()
    known = [t[["resource_id", "name"]].dropna() for t in tables if {"resource_id", "name"} <= {*t}]
    names = pd.concat(known).drop_duplicates("resource_id") if known else pd.DataFrame()
    found = dict(zip(names["resource_id"], names["name"], strict=True)) if len(names) else {}
    volumes = book.estate["volumes"]
    of_instance = volumes.set_index("resource_id")["attached_instance_id"].map(found).dropna()
    return {**of_instance.to_dict(), **found}


def statement_lines(book: Workbook, owned: pd.DataFrame) -> pd.DataFrame:
    """team, kind, name and both costs: the lines of all statements, tied to the bill to the cent."""
    return parts.statement_lines(owned, book.params.allocation, split_metrics(book))


def split_metrics(book: Workbook) -> dict[str, dict[str, float]]:
    """Business metric to team to value in the period's month.

    A metric that has other months but not this one is empty, so that its pool stays unallocated.
    """
    known = metrics(book)
    other: dict[str, dict[str, float]] = {str(name): {} for name in known["metric"].unique()}
    return other | team_metrics(known, pd.Timestamp(book.period.start))


def metrics(book: Workbook) -> pd.DataFrame:
    """The business metrics that the policy names: month, metric, value, team; empty without a file."""
    path = book.params.allocation.business_metrics
    if not path:
        return business_metrics(pd.DataFrame(columns=["month", "metric", "value"]))
    places = [folder / path for folder in (Path.cwd(), *Path.cwd().parents, CLONE)]
    file = next((place for place in places if place.exists()), None)
    if file is None:
        raise ParameterError(
            f"allocation.business_metrics names {path}, which is not here. Give its path from here, or from the clone."
        )
    return business_metrics(pd.read_csv(file, dtype={"month": "str", "team": "str"}))


def statements(book: Workbook, owned: pd.DataFrame) -> pd.DataFrame:
    """A row per team: own, credit, shared, unallocated, total, share, benefit, untagged share, budget.

    `budget` is the limit that governance sets on the team's tag, and `budget_share` the part of it that
    the total takes, NA for a team without one. `team_outlook` tells where the month in hand ends.
    """
    lines = statement_lines(book, owned)
    table = parts.statements(lines, owned, basis=book.basis)
    table["budget"] = table["team"].map(team_budgets(book)).astype("float64")
    return table.assign(budget_share=table["total"] / table["budget"])


def team_budgets(book: Workbook) -> dict[str, float]:
    """Team to the monthly limit of its budgets in governance."""
    limits: dict[str, float] = {}
    for budget in book.params.governance.budgets:
        if budget.kind == "COST" and budget.tag and budget.tag[0] == "team":
            limits[budget.tag[1]] = limits.get(budget.tag[1], 0.0) + budget.limit
    return limits


def reconciliation(book: Workbook, owned: pd.DataFrame) -> pd.DataFrame:
    """part, billed_cost, effective_cost: the kinds of lines, their sum, the bill, and what differs.

    Raises ReconciliationError where the statements miss the bill of the daily cube by half a cent.
    """
    lines = statement_lines(book, owned)
    costs = list(parts.COST.values())
    kinds = lines.groupby("kind")[costs].sum().reindex(list(parts.KINDS)).fillna(0.0)
    total = book.total()
    whole = {column: float(total[COST_COLUMN[basis]]) for basis, column in parts.COST.items()}
    for column in costs:
        reconcile(lines[column], whole[column], what=f"statements against the bill ({column})")
    summed = lines[costs].sum()
    rows = {"all statements": summed, "the bill": pd.Series(whole)}
    rows["difference"] = rows["all statements"] - rows["the bill"]
    return pd.concat([kinds, pd.DataFrame(rows).T]).rename_axis("part").reset_index()


def evidence(book: Workbook, owned: pd.DataFrame) -> pd.DataFrame:
    """decided_by, team, cost, share: which rule or pool took how much; the rows add up to the bill."""
    rules = parts.deciding_rules(owned)
    cost = rules[parts.COST[book.basis]]
    pool = ("pool: " + rules["pool"]).astype("str")
    decided = pool.fillna(rules["rule"]).fillna("nobody")
    told = pd.DataFrame({"decided_by": decided, "team": rules["team"], "cost": cost})
    told.loc[rules["pool"].notna(), "team"] = "all that bear it"
    told["team"] = told["team"].fillna(UNALLOCATED)
    summed = told.groupby(["decided_by", "team"], as_index=False, sort=False)["cost"].sum()
    whole = float(summed["cost"].sum())
    reconcile(summed["cost"], float(owned[COST_COLUMN[book.basis]].sum()), what="evidence by rule")
    return summed.assign(share=summed["cost"] / whole if whole else None).sort_values(
        "cost", ascending=False, ignore_index=True
    )


def unallocated(owned: pd.DataFrame, basis: str, *, top_n: int = 10) -> pd.DataFrame:
    """account, service, cost: where the charges are that no rule and no pool takes, dearest first."""
    left = owned[owned["team"].isna() & owned["pool"].isna()]
    keys = {
        "account": left["SubAccountName"].fillna(left["SubAccountId"]),
        "service": left["ServiceName"],
    }
    rows = pd.DataFrame({**keys, "cost": left[COST_COLUMN[basis]]})
    return rows.groupby(["account", "service"], dropna=False, as_index=False)["cost"].sum().nlargest(top_n, "cost")  # fmt: skip


def ledger(book: Workbook, owned: pd.DataFrame) -> pd.DataFrame:
    """cost_center, amount: what accounting books, in whole cents that add up to the bill's cents."""
    lines = statement_lines(book, owned)
    table = parts.statements(lines, owned, basis=book.basis)
    return book_cents(table, owned, book.params.allocation.cost_centers)


def explained(book: Workbook) -> pd.DataFrame:
    """The change against the period before with its effects, per charge, and `bearer`.

    `bearer` is the team that bears the charge alone, else "shared: " and the pool, else Unallocated.
    """
    before, after = trends.comparable(book.period, book.complete_until)
    lines = bill(book)
    keys = [*CHARGE_KEYS, *queries.tag_columns(lines)]
    usage = own_charges(book, frame(queries.usage_in_both(lines, before, after, keys)))
    alone = usage["team"].where(usage["pool"].isna())
    bearer = alone.fillna("shared: " + usage["pool"]).fillna(UNALLOCATED)
    return drivers.explain(
        usage.drop(columns=IDLE).assign(bearer=bearer), before, after, basis=book.basis
    )


def changes(explained_rows: pd.DataFrame, by: Sequence[str] = ("bearer",)) -> pd.DataFrame:
    """The keys, cost_before, cost_after, change and its effects, largest change first."""
    return drivers.drivers_by(explained_rows, by)


def resource_owners(owned: pd.DataFrame) -> dict[str, str]:
    """Resource id to the team that its charges have."""
    known = owned.dropna(subset=["ResourceId", "team"]).sort_values("EffectiveCost")
    return dict(zip(known["ResourceId"], known["team"], strict=True))


def savings(book: Workbook, owned: pd.DataFrame) -> pd.DataFrame:
    """The plan's steps with the `team` of the policy: every dollar saved once, dearest step first."""
    steps = book.plan
    owner = steps["resource_id"].map(resource_owners(owned)).astype("str")
    known = _canonical(steps["team"], book)
    return steps.assign(team=owner.fillna(known).fillna(UNALLOCATED)).sort_values(
        ["monthly_saving", "finding_id"], ascending=[False, True], ignore_index=True
    )


def team_savings(book: Workbook, owned: pd.DataFrame, team: str) -> pd.DataFrame:
    """resource_id, check_id, action, monthly_saving, risk, confidence of one team's steps."""
    steps = savings(book, owned)
    wanted = ["resource_id", "check_id", "action", "monthly_saving", "risk", "confidence"]
    return steps.loc[steps["team"].eq(team), wanted].reset_index(drop=True)


def saving_of(book: Workbook, steps_of_team: pd.DataFrame) -> float | None:
    """The steps' saving a month; None, which is unknown, where no resource could be examined."""
    examined = book.coverage["examined"].sum()
    return float(steps_of_team["monthly_saving"].sum()) if examined else None


def savings_by_team(book: Workbook, owned: pd.DataFrame) -> pd.DataFrame:
    """team, steps, monthly_saving: what each team can stop paying for, net of overlaps."""
    steps = savings(book, owned)
    return (
        steps.groupby("team", as_index=False)
        .agg(steps=("step", "size"), monthly_saving=("monthly_saving", "sum"))
        .sort_values("monthly_saving", ascending=False, ignore_index=True)
    )


def _canonical(values: pd.Series, book: Workbook) -> pd.Series:
    key = book.params.tags.get("team")
    aliases: Mapping[str, Sequence[str]] = {
        **(key.aliases if key else {}), **book.params.allocation.team_aliases
    }  # fmt: skip
    return canonical(values, allowed=key.allowed if key else (), aliases=aliases)


def team_lines(lines: pd.DataFrame, team: str, basis: str) -> pd.DataFrame:
    """kind, name, cost, share of one statement; its own lines first, then credits and pools."""
    column = parts.COST[basis]
    rows = lines.loc[lines["team"].eq(team), ["kind", "name", column]]
    total = float(rows[column].sum())
    return rows.rename(columns={column: "cost"}).assign(
        share=rows[column] / total if total else None
    )


def statement_of(table: pd.DataFrame, team: str) -> pd.Series:
    """The row of `statements` of that team, or of the team that pays most where none is named."""
    teams = list(table["team"])
    chosen = team or teams[0]
    if chosen not in teams:
        raise ParameterError(f"There is no statement of '{chosen}'. {nearest(chosen, teams)}")
    return table[table["team"].eq(chosen)].iloc[0]


def report_teams(book: Workbook, table: pd.DataFrame) -> list[str]:
    """The teams that get a report of their own, dearest first; what is unallocated has none."""
    named = [str(team) for team in table["team"] if team != UNALLOCATED]
    return named[: book.params.allocation.statement_reports]


def team_evidence(book: Workbook, owned: pd.DataFrame, team: str) -> pd.DataFrame:
    """decided_by, cost, share of the charges that the team bears alone."""
    rows = evidence(book, owned[owned["team"].eq(team) & owned["pool"].isna()])
    return rows.drop(columns="team")


def team_changes(book: Workbook, team: str) -> pd.DataFrame:
    """service, costs, change and its effects of what the team bears alone, largest change first."""
    rows = explained(book)
    found = changes(rows[rows["bearer"].eq(team)], ["ServiceName"])
    return found.rename(columns={"ServiceName": "service"})


def steps(changed: pd.DataFrame) -> pd.DataFrame:
    """step, amount: from the cost before over each effect to the cost after."""
    return drivers.waterfall(changed)
