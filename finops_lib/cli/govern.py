"""What keeps costs where they are: deploy, compare and remove controls; tell of anomalies; mail the week."""

from __future__ import annotations

import json
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.table import Table

from finops_lib.cli import purchase
from finops_lib.cli.console import out
from finops_lib.params import Params, load_params
from finops_lib.phases import governance as phase
from finops_lib.phases import weekly_mail as weekly
from finops_lib.plans import anomaly_digest, governed, policies, runbook, weekly_mail
from finops_lib.plans.clients import caller_account, clients
from finops_lib.workbook import open_workbook

app = typer.Typer(
    help="Deploy, compare and remove what keeps costs where they are; tell of anomalies."
)

app.add_typer(purchase.app, name="purchase")

ParamsOption = Annotated[
    Path | None, typer.Option("--params", help="parameter file; empty: every default")
]
ExecuteOption = Annotated[
    bool, typer.Option("--execute", help="change the account or send; without it nothing is done")
]
EstateOption = Annotated[
    str, typer.Option("--estate", help="folder of an Estate; empty: the newest under outputs/")
]


class Purpose(StrEnum):
    """What an IAM policy is for."""

    apply = "apply"
    undo = "undo"
    deploy = "deploy"
    schedule = "schedule"
    tag = "tag"


@app.command()
def deploy(params: ParamsOption = None, execute: ExecuteOption = False) -> None:
    """Bring budgets, alerts, the off-hours stack and guardrails to what the parameters say."""
    chosen, account = load_params(params), caller_account()
    changes = governed.deploy(
        clients(None), account, chosen.governance, chosen.tags, dry_run=not execute
    )
    _changes(changes, execute)


@app.command()
def remove(params: ParamsOption = None, execute: ExecuteOption = False) -> None:
    """Take away everything that deploy ever made, and nothing else."""
    region = load_params(params).governance.region
    _changes(governed.remove(clients(None), caller_account(), region, dry_run=not execute), execute)


@app.command()
def status(
    params: ParamsOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="CSV file for the governance notebook")
    ] = None,
) -> None:
    """Say of every control whether it is deployed, missing, different or left over."""
    chosen = load_params(params)
    found = governed.status(clients(None), caller_account(), chosen.governance, chosen.tags)
    if output:
        found.to_csv(output, index=False)
    _show(found)
    if found["status"].isin(["missing", "differs", "left over"]).any():
        raise typer.Exit(9)


@app.command()
def policy(
    purpose: Annotated[Purpose, typer.Argument(help="what the policy is for")] = Purpose.apply,
) -> None:
    """Print the least-privilege IAM policy for plans (apply, undo), controls (deploy), the schedule, or tags (tag)."""
    made = {"apply": policies.applying, "undo": policies.undoing, "deploy": policies.deploying,
            "schedule": policies.scheduling, "tag": policies.tagging}[purpose.value]()  # fmt: skip
    out.file.write(json.dumps(made, indent=2) + "\n")


@app.command()
def alert(
    estate: EstateOption = "",
    params: ParamsOption = None,
    state: Annotated[
        str,
        typer.Option(
            "--state", help="file or s3:// object of the anomalies that were told already"
        ),
    ] = "outputs/told-anomalies.json",
    days: Annotated[
        int, typer.Option("--days", help="anomalies that began within so many days")
    ] = 35,
    execute: ExecuteOption = False,
) -> None:
    """Tell once of every recent anomaly in the Estate: a dry run prints the digest."""
    book = open_workbook(estate, str(params or ""))
    found = phase.anomalies(book)
    recent = found[found["start"] >= book.estate.as_of - timedelta(days=days)]
    fresh = anomaly_digest.untold(recent, state)
    if fresh.empty:
        out.print("Nothing that was not told already.")
        return
    text = anomaly_digest.digest(fresh, currency=book.estate.currency)
    out.print(text, markup=False)
    outcome = anomaly_digest.send(text, book.params.governance.alerts.urls, dry_run=not execute)
    if outcome == "sent":
        anomaly_digest.remember(fresh, state)
    out.print(f"Digest: {outcome}.")


@app.command()
def mail(
    run: Annotated[
        Path | None,
        typer.Argument(help="folder of a run, whose pictures are mailed; empty: they are drawn"),
    ] = None,
    estate: EstateOption = "",
    params: ParamsOption = None,
    execute: ExecuteOption = False,
) -> None:
    """Mail the last week, budgets, anomalies and pictures of a run or an Estate: a dry run prints the text."""
    book = open_workbook(str(run / "estate") if run else estate, str(params or ""))
    alerts, lines = book.params.governance.alerts, weekly.lines(book)
    pictures = _pictures_of(run) if run else weekly.pictures(book)
    message = weekly_mail.weekly_mail(
        weekly.subject(book), lines, pictures, sender=alerts.sender, recipients=alerts.emails
    )
    out.print("\n".join(lines), markup=False)
    outcome = weekly_mail.post(message, alerts.smtp, dry_run=not execute)
    out.print(f"{len(pictures)} pictures to {message['To']}: {outcome}.")


def _pictures_of(run: Path) -> dict[str, bytes]:
    files = sorted((run / "figures").glob("*/*.png"))
    return {path.stem.replace("-", " "): path.read_bytes() for path in files}


@app.command(name="runbook")
def runbook_command(
    params: ParamsOption = None,
    output: Annotated[Path, typer.Option("--output", help="Markdown file")] = Path(
        "FINOPS_RUNBOOK.md"
    ),
    offline: Annotated[
        bool, typer.Option("--offline", help="do not ask the account what is deployed")
    ] = False,
) -> None:
    """Write the runbook with the monthly and quarterly checklists, from what is deployed."""
    chosen = load_params(params)
    output.write_text(runbook.runbook(chosen.title, chosen.governance, _deployed(chosen, offline)))
    out.print(f"Done. The runbook is {output}")


def _deployed(chosen: Params, offline: bool) -> pd.DataFrame:
    if offline:
        return pd.DataFrame(columns=list(governed.CONTROL_COLUMNS))
    return governed.status(clients(None), caller_account(), chosen.governance, chosen.tags)


def _changes(changes: pd.DataFrame, execute: bool) -> None:
    _show(changes[["part", "name", "change"]])
    done = "Changed." if execute else "Nothing was changed. Add --execute."
    out.print("Everything is as the parameters say." if changes.empty else done)


def _show(frame: pd.DataFrame) -> None:
    table = Table(box=None, pad_edge=False)
    for name in frame.columns:
        table.add_column(str(name), overflow="fold")
    for row in frame.astype(str).itertuples(index=False):
        table.add_row(*row)
    out.print(table)
