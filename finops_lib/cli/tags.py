"""Tags from suggestion to account: suggest, approve, apply, undo; digests and the policy to deploy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.table import Table

from finops_lib.cli.console import out
from finops_lib.errors import ParameterError
from finops_lib.params import load_params, nearest
from finops_lib.phases import tagging
from finops_lib.phases.statement_files import write_governance
from finops_lib.plans.clients import clients
from finops_lib.plans.digests import send_digests
from finops_lib.plans.tag_review import read_tag_plan, write_tag_plan
from finops_lib.plans.tagging import apply_tags, bulk_tags, tag_plan, undo_tags
from finops_lib.plans.tagging import approve as approve_rows
from finops_lib.present import pct
from finops_lib.schema import CONFIDENCES, TAG_PREFIX
from finops_lib.workbook import open_workbook

tags = typer.Typer(
    help="Suggest missing tags, apply a reviewed plan of them, and deploy the policy.",
    no_args_is_help=True,
)

EstateArgument = Annotated[
    str, typer.Argument(help="folder of an Estate; empty: the newest under outputs/")
]
ParamsOption = Annotated[
    str, typer.Option("--params", help="parameter file; empty: the one beside the Estate")
]
PlanArgument = Annotated[Path, typer.Argument(help="tagging plan (CSV)")]
RoleOption = Annotated[
    str | None,
    typer.Option("--role", help="role name to assume in each account; empty: own credentials"),
]
ExecuteOption = Annotated[
    bool, typer.Option("--execute", help="change the account; without it nothing is changed")
]


def register(app: typer.Typer) -> None:
    """Add the group to the application."""
    app.add_typer(tags, name="tags")


@tags.command()
def suggest(
    estate: EstateArgument = "",
    output: Annotated[Path, typer.Option("--output", help="tagging plan")] = Path("tags.csv"),
    bulk: Annotated[
        list[str] | None,
        typer.Option("--bulk", help="KEY=VALUE for every resource that lacks the key and has no suggestion"),
    ] = None,
    params: ParamsOption = "",
) -> None:  # fmt: skip
    """Write a plan of the missing tags that kin agree on, for a person to decide on."""
    book = open_workbook(estate, params)
    found = tagging.resources(book)
    asked = [_bulk(found, text, list(book.params.tags)) for text in bulk or ()]
    told = tagging.suggestions(book, found)
    plan = tag_plan(told, pd.concat(asked, ignore_index=True) if asked else None)
    write_tag_plan(plan, output)
    counts = plan["confidence"].value_counts()
    words = ", ".join(f"{counts.get(name, 0)} {name}" for name in CONFIDENCES)
    out.print(f"{len(plan)} tags in {output} by confidence: {words}. Set their status, or:")
    out.print(f"  finops tags approve {output} --approver NAME")


@tags.command()
def compliance(estate: EstateArgument = "", params: ParamsOption = "") -> None:
    """Print which share of the resources carries each required tag, against the target."""
    book = open_workbook(estate, params)
    told = tagging.in_resources(book, tagging.resources(book))
    target = book.params.allocation.target_share
    table = Table(box=None, pad_edge=False)
    for name in ("key", "tagged", "resources", "share", "target"):
        table.add_column(name, justify="left" if name == "key" else "right")
    for row in told.itertuples():
        table.add_row(row.key, str(row.tagged), str(row.resources), pct(row.share), pct(target))
    out.print(table)


def _bulk(found: pd.DataFrame, text: str, keys: list[str]) -> pd.DataFrame:
    key, _, value = text.partition("=")
    if key not in keys or not value:
        raise ParameterError(f"--bulk takes KEY=VALUE of a key of the policy. {nearest(key, keys)}")
    return bulk_tags(
        found[found[f"{TAG_PREFIX}{key}"].isna()], key, value, reason="asked for as a whole"
    )


@tags.command()
def approve(
    plan_file: PlanArgument,
    approver: Annotated[str, typer.Option("--approver", help="who answers for it")],
    confidence: Annotated[
        str, typer.Option("--confidence", help="approve what is at least: high, medium or low")
    ] = "high",
) -> None:
    """Approve the proposed tags of at least that confidence; dismissed ones stay so."""
    if confidence not in CONFIDENCES:
        raise ParameterError(f"--confidence takes {', '.join(CONFIDENCES)}.")
    plan = approve_rows(read_tag_plan(plan_file), approver, min_confidence=confidence)
    write_tag_plan(plan, plan_file)
    approved = int(plan["status"].eq("approved").sum())
    out.print(f"{approved} of {len(plan)} tags approved.")
    out.print(f"See what would happen: finops tags apply {plan_file}")


@tags.command()
def apply(
    plan_file: PlanArgument,
    execute: ExecuteOption = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="replace other values that stand on a resource")
    ] = False,
    role: RoleOption = None,
    log: Annotated[
        Path | None, typer.Option("--log", help="what undo needs; empty: beside the plan")
    ] = None,
) -> None:
    """Write the approved tags and read them back (a dry run unless --execute)."""
    record = log or plan_file.with_suffix(".log.jsonl")
    done = apply_tags(
        read_tag_plan(plan_file), clients(role), log=record, dry_run=not execute, overwrite=overwrite
    )  # fmt: skip
    _summarise(done)
    if not execute:
        out.print("Nothing was changed. Add --execute.")
    elif not done["outcome"].isin(["tagged", "failed"]).any():
        out.print("Nothing had to be changed.")
    else:
        out.print(f"Undo: finops tags undo {record}")
    if done["outcome"].eq("failed").any():
        raise typer.Exit(7)


@tags.command()
def undo(
    log: Annotated[Path, typer.Argument(help="log of finops tags apply")],
    execute: ExecuteOption = False,
    role: RoleOption = None,
) -> None:
    """Bring back the tags that stood there before (a dry run unless --execute)."""
    done = undo_tags(log, clients(role), dry_run=not execute)
    _summarise(done.assign(error=None))
    if done["outcome"].str.startswith("failed").any():
        raise typer.Exit(7)


@tags.command()
def digest(
    estate: EstateArgument = "",
    send: Annotated[
        bool, typer.Option("--send", help="send them; without it they are printed")
    ] = False,
    params: ParamsOption = "",
) -> None:
    """Print, or send, one message per team about its untagged resources."""
    book = open_workbook(estate, params)
    found = tagging.resources(book)
    texts = tagging.digests(book, found, tagging.suggestions(book, found))
    sent = send_digests(texts, book.params.allocation.team_addresses, dry_run=not send)
    for row in sent.itertuples():
        out.print(f"{row.team} ({row.outcome})", style="bold", markup=False)
        out.print(f"{row.text}\n", markup=False)
    if sent["outcome"].eq("failed").any():
        raise typer.Exit(7)


@tags.command()
def policy(
    output: Annotated[
        Path, typer.Option("--output", help="folder; governance/ is made in it")
    ] = Path(),
    params: Annotated[
        Path | None, typer.Option("--params", help="parameter file; empty: every default")
    ] = None,
) -> None:
    """Write TAGGING_STRATEGY.md, Config rules, tag policy and SCP from the tagging policy."""
    out.print(f"Done. Open {write_governance(load_params(params), output)}")


def _summarise(done: pd.DataFrame) -> None:
    """Outcomes counted by kind of resource, and every failure by its resource."""
    table = Table(box=None, pad_edge=False)
    for name in ("outcome", "kind", "tags"):
        table.add_column(name, justify="right" if name == "tags" else "left")
    counts: Any = done.groupby(["outcome", "kind"]).size()
    for (outcome, kind), count in counts.items():
        table.add_row(str(outcome), str(kind), str(count))
    out.print(table)
    for row in done[done["outcome"].str.startswith("failed")].itertuples():
        out.print(f"{row.resource_id} {row.key}: {row.error or row.outcome}", markup=False)
