"""What may be bought, on whose word, until when: requests for commitments and their approvals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from finops_lib.cli.console import out
from finops_lib.errors import ParameterError
from finops_lib.plans import purchase_records as records
from finops_lib.plans.purchases import check_purchase
from finops_lib.run import now

app = typer.Typer(
    help="Ask for a commitment, approve it, list and check what was approved.",
    no_args_is_help=True,
)

FolderOption = Annotated[
    Path, typer.Option("--folder", help="folder of the records; keep it under version control")
]
FileArgument = Annotated[Path, typer.Argument(help="record of `finops govern purchase request`")]
RECORDS = Path("purchases")


@app.command()
def request(
    account: Annotated[str, typer.Option("--account", help="account that buys")],
    kind: Annotated[str, typer.Option("--kind", help="savings_plan or reserved_instance")],
    product: Annotated[str, typer.Option("--product", help="for example Compute")],
    hourly: Annotated[float, typer.Option("--hourly", help="paid in every hour of the term")],
    saving: Annotated[float, typer.Option("--saving", help="expected a month, net")],
    requester: Annotated[str, typer.Option("--requester", help="who asks")],
    reason: Annotated[str, typer.Option("--reason", help="why, in a sentence")],
    scope: Annotated[str, typer.Option("--scope", help="region and family, or any")] = "any",
    count: Annotated[int, typer.Option("--count", help="how many of them")] = 1,
    upfront: Annotated[float, typer.Option("--upfront", help="paid at once, each")] = 0.0,
    years: Annotated[int, typer.Option("--years", help="1 or 3")] = 1,
    payment: Annotated[
        str, typer.Option("--payment", help="No Upfront, Partial Upfront or All Upfront")
    ] = "No Upfront",
    folder: FolderOption = RECORDS,
) -> None:
    """Write a request for a commitment; nothing is bought."""
    asked = {"account_id": account, "kind": kind, "product": product, "scope": scope, "count": count,
             "hourly_commitment": hourly, "upfront": upfront, "term_years": years,
             "payment": payment, "monthly_saving": saving}  # fmt: skip
    purchase = records.bought({"purchase": asked}, folder)
    path = records.request(folder, purchase, requester=requester, reason=reason, at=now())
    out.print(f"Asked for. Another person reads it, then: finops govern purchase approve {path}")


@app.command()
def approve(
    file: FileArgument,
    approver: Annotated[str, typer.Option("--approver", help="who answers for it")],
    days: Annotated[int, typer.Option("--days", help="how long the approval holds")] = 14,
) -> None:
    """Seal a request that another person made; any later edit makes it invalid."""
    record = records.approve(file, approver=approver, at=now(), days=days)
    out.print(
        f"Approved by {approver} until {record['until'][:16]}: {record['total']:,.2f} in all."
    )


@app.command()
def check(file: FileArgument) -> None:
    """End with an error unless the record is approved, unchanged and still holds: ask it before buying."""
    record = records.read(file)
    if "digest" not in record:
        raise ParameterError(f"{file} is not approved: run `finops govern purchase approve`.")
    check_purchase(record, records.bought(record, file), now())
    out.print(f"Approved by {record['approver']} until {record['until'][:16]}.")


@app.command(name="list")
def list_command(folder: FolderOption = RECORDS) -> None:
    """List every request with what it costs in all, who approved it and whether that still holds."""
    found = records.listed(folder, now())
    if found.empty:
        out.print(f"No purchase was asked for in {folder}.")
        return
    table = Table(*found.columns, box=None, pad_edge=False)
    for row in found.assign(total=found["total"].map("{:,.2f}".format)).itertuples(index=False):
        table.add_row(*row)
    out.print(table)
