"""What a run keeps of the allocation: ledger and statements as CSV, and the tagging policy to deploy."""

from __future__ import annotations

import re
from pathlib import Path

from finops_lib.params import Params
from finops_lib.phases import allocation, tagging, team_outlook
from finops_lib.workbook import Workbook

GOVERNANCE = "governance"
"""The run's folder of what can be deployed."""


def write_statements(book: Workbook, folder: Path) -> dict[str, str]:
    """Write chargeback.csv, statements.csv, team_outlook.csv and a CSV per team; each report's name to its team.

    Amounts are unrounded but in the ledger, which is in whole cents.
    """
    owned = allocation.owned_charges(book)
    table = allocation.statements(book, owned)
    lines = allocation.statement_lines(book, owned)
    allocation.ledger(book, owned).to_csv(
        folder / "chargeback.csv", index=False, float_format="%.2f"
    )
    table.to_csv(folder / "statements.csv", index=False)
    teams = allocation.report_teams(book, table)
    team_outlook.team_outlook(book, owned, teams).to_csv(folder / team_outlook.FILE, index=False)
    reports = report_names(teams, anonymous=book.params.report.mask)
    for name, team in reports.items():
        lines[lines["team"].eq(team)].to_csv(folder / f"{name}.csv", index=False)
    return reports


def report_names(teams: list[str], *, anonymous: bool) -> dict[str, str]:
    """File name of each team's report to the team; numbers alone where the report is masked."""
    names: dict[str, str] = {}
    for number, team in enumerate(teams, start=1):
        slug = "" if anonymous else re.sub(r"[^a-z0-9]+", "-", team.lower()).strip("-")
        name = f"statement_{slug or number}"
        names[name if name not in names else f"{name}-{number}"] = team
    return names


def write_governance(params: Params, folder: Path) -> Path:
    """Write TAGGING_STRATEGY.md and what enforces it under `folder`/governance; that folder."""
    target = folder / GOVERNANCE
    target.mkdir(parents=True, exist_ok=True)
    for name, text in tagging.governance_files(params):
        (target / name).write_text(text)
    return target
