"""From findings to changes: plan, approve, apply, undo."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
import yaml
from rich.table import Table

from finops_lib.cli import govern
from finops_lib.cli.console import err, out
from finops_lib.examine import examine
from finops_lib.params import load_params
from finops_lib.phases import commitments
from finops_lib.plans import anomaly_digest, export, marks, sheet
from finops_lib.plans.apply import apply_plan
from finops_lib.plans.clients import clients
from finops_lib.plans.journal import Journal
from finops_lib.plans.review import Document, document, observe, read_plan, sign, write_plan
from finops_lib.plans.undo import undo_plan
from finops_lib.sources.store import read_estate
from finops_lib.workbook import Workbook

ParamsOption = Annotated[
    Path | None, typer.Option("--params", help="parameter file; empty: every default")
]
PlanArgument = Annotated[Path, typer.Argument(help="plan file (YAML or JSON)")]
RoleOption = Annotated[
    str | None,
    typer.Option("--role", help="role name to assume in each account; empty: own credentials"),
]
ExecuteOption = Annotated[
    bool, typer.Option("--execute", help="change the account; without it nothing is changed")
]


class Form(StrEnum):
    """What a plan is exported as."""

    cli = "cli"
    custodian = "custodian"


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (plan, approve, apply, undo):
        app.command()(command)
    app.command(name="export-plan")(export_plan)
    app.add_typer(govern.app, name="govern")


def plan(
    estate: Annotated[Path, typer.Argument(help="folder of an Estate")],
    output: Annotated[Path, typer.Option("--output", help="plan file")] = Path("plan.yaml"),
    params: ParamsOption = None,
    role: RoleOption = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="do not read the account; such a plan is not applied")
    ] = False,
    table: Annotated[
        Path | None, typer.Option("--sheet", help="CSV to decide in, in any spreadsheet")
    ] = None,
) -> None:
    """Write the plan of an Estate with the state of each resource, for a person to decide on."""
    chosen, read = load_params(params), read_estate(estate)
    book = Workbook(read, chosen)
    steps = commitments.full_plan(book, commitments.advise(book))
    made = document(steps, resources_by_service(book.findings))
    seen = made if offline else observe(made, clients(role))
    write_plan(seen, output)
    if table:
        sheet.write_sheet(seen, table)
    decided = f" --sheet {table}" if table else ""
    out.print(
        f"{len(steps)} steps in {table or output}. Set their status to approved or dismissed, then:"
    )
    out.print(f"  finops approve {output} --approver NAME{decided}")


def resources_by_service(findings: pd.DataFrame) -> dict[str, int]:
    """How many resources of each service were examined, wasted or not."""
    known = findings[["service", "account_id", "region", "resource_id"]].drop_duplicates()
    return {str(name): int(count) for name, count in known.groupby("service").size().items()}


def approve(
    plan_file: PlanArgument,
    approver: Annotated[str, typer.Option("--approver", help="who answers for it")],
    step: Annotated[
        list[int] | None,
        typer.Option("--step", help="step to approve; empty: as decided in the file"),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option("--sheet", help="CSV with the decisions, as a spreadsheet saved it"),
    ] = None,
) -> None:
    """Seal a reviewed plan; any later edit makes it invalid."""
    read = read_plan(plan_file)
    signed = sign(sheet.decided(read, table) if table else read, approver, step or None)
    write_plan(signed, plan_file)
    approved = sum(row["status"] == "approved" for row in signed["steps"])
    out.print(f"{approved} of {len(signed['steps'])} steps approved by {approver}.")
    out.print(f"See what would happen: finops apply {plan_file}")


def apply(
    plan_file: PlanArgument,
    execute: ExecuteOption = False,
    params: ParamsOption = None,
    role: RoleOption = None,
    journal: Annotated[
        Path | None, typer.Option("--journal", help="empty: beside the plan; resumes from it")
    ] = None,
    estate: Annotated[
        Path | None,
        typer.Option("--estate", help="a later Estate: what is used again in it is left alone"),
    ] = None,
) -> None:
    """Carry out the approved steps (a dry run unless --execute); stopped runs resume.

    A step in its grace marks its resource; its owner is warned in the last days, and the mark goes where the
    resource is used again.
    """
    log, chosen = journal or plan_file.with_suffix(".journal.jsonl"), load_params(params)
    needed = marks.needed_again(examine(read_estate(estate), chosen)[0]) if estate else {}
    plan = read_plan(plan_file)
    outcome = apply_plan(
        plan, clients(role), chosen.governance.limits, log=log, dry_run=not execute, needed=needed
    )
    _show(outcome)
    if execute:
        _warn(plan, outcome, Journal(log), chosen.governance.alerts.urls)
    out.print(f"Undo: finops undo {log}" if execute else "Nothing was changed. Add --execute.")
    _fail_if_any(outcome)


def _warn(plan: Document, outcome: pd.DataFrame, journal: Journal, urls: Sequence[str]) -> None:
    """Tell owners once of what is acted on soon; without an address the message is printed."""
    soon = marks.unwarned(plan, outcome, journal)
    if not soon:
        return
    text = marks.warning(soon)
    if anomaly_digest.send(text, urls, dry_run=False, title="Soon to be cleaned up") != "sent":
        out.print(text, markup=False)
    marks.remember(soon, journal)


def undo(
    journal: Annotated[Path, typer.Argument(help="journal of finops apply")],
    execute: ExecuteOption = False,
    role: RoleOption = None,
) -> None:
    """Bring back what a journal says was done (a dry run unless --execute)."""
    outcome = undo_plan(journal, clients(role), dry_run=not execute)
    _show(outcome)
    _fail_if_any(outcome)


def export_plan(
    plan_file: PlanArgument,
    form: Annotated[Form, typer.Option("--format", help="the tool that will act")] = Form.cli,
    params: ParamsOption = None,
) -> None:
    """Print a plan as AWS CLI commands or Cloud Custodian policies, for teams that act with other tools.

    Of a signed plan the approved steps, of another one all that are not dismissed.
    """
    steps = export.chosen(read_plan(plan_file))
    if form is Form.cli:
        out.file.write(export.cli_script(steps))
        return
    protected = load_params(params).governance.limits.protected_tags
    out.file.write(yaml.safe_dump(export.custodian(steps, protected), sort_keys=False))
    left = ", ".join(map(str, export.not_in_custodian(steps)))
    if left:
        err.print(f"Note: Custodian has no action for these steps; they stay in the plan: {left}.")


def _show(outcome: pd.DataFrame) -> None:
    table = Table(box=None, pad_edge=False)
    for name in outcome.columns:
        table.add_column(str(name), overflow="fold")
    for row in outcome.astype(str).itertuples(index=False):
        table.add_row(*row)
    out.print(table)


def _fail_if_any(outcome: pd.DataFrame) -> None:
    if outcome["outcome"].isin(["failed", "rolled back"]).any():
        raise typer.Exit(7)
