"""The commands; each is a few lines around a function of the library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from finops_lib.cli import plan, tags
from finops_lib.cli.console import Bars, err, errors_in_words, out, progress
from finops_lib.collect import collect
from finops_lib.demo import Demo, serve_demo
from finops_lib.errors import ParameterError
from finops_lib.examine import examine
from finops_lib.params import Params, load_params
from finops_lib.plans.bucket import SCHEME
from finops_lib.report import newest_run, publish
from finops_lib.run import NOTEBOOK_FOLDER, make_report, now
from finops_lib.sources.store import newest_estate, read_estate

app = typer.Typer(
    name="finops",
    help="What your ML platform costs, who spends it, and what you can stop paying for.",
    epilog="New here? Run `finops demo`: it needs no cloud account. Then `finops doctor` looks at yours.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

OUTPUTS = Path("outputs")
DEMO_PARAMS = Path("params/demo.yaml")

ParamsOption = Annotated[
    Path | None, typer.Option("--params", help="parameter file (see params/); empty: every default")
]
BillingOption = Annotated[
    list[str] | None,
    typer.Option(
        "--billing",
        metavar="<path>",
        help="billing export: a file, folder, 'pattern' or s3://; may be repeated",
    ),
]
MonthOption = Annotated[
    str | None, typer.Option("--month", help="YYYY-MM; empty: the last whole month of the bill")
]
AsOfOption = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        metavar="<YYYY-MM-DD[THH:MM:SS]>",
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
        help="moment (UTC) at which the account is looked at; empty: now",
    ),
]
OutputsOption = Annotated[Path, typer.Option("--outputs", help="folder of all runs")]
RunsOption = Annotated[
    str,
    typer.Option(
        "--outputs",
        help="folder of all runs, or s3://bucket/prefix; empty: the parameter report.outputs",
    ),
]


class Format(StrEnum):
    """How findings are printed."""

    table = "table"
    json = "json"
    csv = "csv"
    parquet = "parquet"


def _params(
    path: Path | None,
    billing: list[str] | None,
    month: str | None,
    as_of: datetime | None = None,
) -> Params:
    """The file's parameters with the command's on top; a bill without a file is read without an account."""
    overrides: dict[str, Any] = {}
    if billing:
        overrides["source.billing"] = billing
        if path is None:
            overrides["source.account"] = False
    if month:
        overrides["month"] = month
    if as_of:
        overrides["as_of"] = as_of
    return load_params(path, overrides)


@app.command()
def report(
    params: ParamsOption = None,
    billing: BillingOption = None,
    month: MonthOption = None,
    as_of: AsOfOption = None,
    outputs: RunsOption = "",
) -> None:
    """Run the five notebooks on an account, on a bill, or on both, and write the reports.

    Without --params the standard AWS variables (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL …) say which
    account; --billing alone needs none.
    """
    with progress() as bars:
        chosen = _params(params, billing, month, as_of)
        folder, problems, remote = _make(chosen, outputs, bars)
    _done(folder, problems, remote)


def _make(params: Params, outputs: str, bars: Bars) -> tuple[Path, list[str], str]:
    """The run made where it was asked for: its folder, what lacks, and its address in S3 if it is there."""
    place = outputs or params.report.outputs
    remote = place if place.startswith(SCHEME) else ""
    folder, problems = make_report(
        params, OUTPUTS if remote else Path(place), progress=bars, publish_to=remote
    )
    return folder, problems, remote


def _done(folder: Path, problems: Sequence[str], remote: str = "") -> None:
    for problem in problems:
        err.print(f"Note: {problem}")
    out.print(f"Done. Open {folder / 'index.html'}")
    if remote:
        out.print(f"It is in S3 too: {remote.rstrip('/')}/index.html leads to every run.")


@app.command(name="publish")
def publish_command(
    run: Annotated[Path, typer.Argument(help="folder of a finished run")],
    to: Annotated[str, typer.Argument(help="s3://bucket/prefix of all runs")],
) -> None:
    """Put a finished run into S3 and write the index over all runs there; an S3 address of --outputs does it by itself."""
    if not (run / "manifest.json").exists():
        raise ParameterError(f"{run} is no finished run: it has no manifest.json.")
    out.print(f"Done. The run is at {publish(to, run)}/index.html")


@app.command()
def demo(
    params: Annotated[
        Path, typer.Option("--params", help="parameter file of the demo")
    ] = DEMO_PARAMS,
    month: MonthOption = None,
    outputs: RunsOption = "",
    serve: Annotated[
        bool,
        typer.Option(
            "--serve", help="only serve the account, until Ctrl-C, and say how to reach it"
        ),
    ] = False,
) -> None:
    """Make the reports on the embedded demo account: synthetic data, no cloud account needed."""
    with progress() as bars:
        bars("starting the demo account", 0.0)
        with serve_demo() as account:
            bars("starting the demo account", 1.0)
            os.environ.update(account.environment)
            if serve:
                _serve(account)
                return
            overrides = {"source.billing": [account.bill_url], "as_of": account.as_of}
            chosen = load_params(params, {**overrides, **({"month": month} if month else {})})
            folder, problems, remote = _make(chosen, outputs, bars)
    _done(folder, problems, remote)


def _serve(account: Demo) -> None:
    out.print("The demo account answers until you press Ctrl-C. In another terminal:")
    for name, value in account.environment.items():
        out.print(f"  export {name}={value}")
    out.print(f"Its moment: --as-of {account.as_of:%Y-%m-%dT%H:%M:%S}")
    out.print(f"Its bill: {account.bill_url}")
    try:
        import signal

        signal.pause()
    except KeyboardInterrupt:
        return


@app.command(name="collect")
def collect_command(
    params: ParamsOption = None,
    billing: BillingOption = None,
    month: MonthOption = None,
    as_of: AsOfOption = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="folder of the Estate; empty: a new one under outputs/"),
    ] = None,
    outputs: OutputsOption = OUTPUTS,
) -> None:
    """Read an account, a bill or both into an Estate: a folder of Parquet files that can be replayed."""
    chosen = _params(params, billing, month, as_of)
    moment = now()
    folder = output or outputs / "estates" / f"{moment:%Y%m%d-%H%M%S}"
    with progress() as bars:
        estate = collect(chosen, folder, cache=outputs / ".cache", now=moment, progress=bars)
    rows = sum(len(frame) for frame in estate.tables.values())
    out.print(f"{rows} rows in {len(estate.tables)} tables, {len(estate['gaps'])} gaps.")
    out.print(f"Done. The Estate is {folder}")


@app.command()
def findings(
    estate: Annotated[
        Path | None, typer.Argument(help="folder of an Estate; empty: the newest under outputs/")
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="how to print them")] = Format.table,
    status: Annotated[
        str,
        typer.Option(
            "--status", help="waste, ok, unknown, or all; the table shows waste by default"
        ),
    ] = "",
    check: Annotated[
        list[str] | None, typer.Option("--check", help="run this check alone; may be repeated")
    ] = None,
    params: ParamsOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="file to write instead of printing")
    ] = None,
    fail_on_waste: Annotated[
        bool, typer.Option("--fail-on-waste", help="end with exit code 9 where waste is found")
    ] = False,
) -> None:
    """Examine an Estate and print what was found: wasted, healthy and unknown resources.

    The table shows the waste; json, csv and parquet hold every finding unless --status narrows them.
    """
    from finops_lib.cli.findings import print_findings

    opened = read_estate(estate or newest_estate(OUTPUTS))
    found, coverage = examine(opened, load_params(params), check or ())
    print_findings(found, coverage, format.value, status, output)
    if fail_on_waste and (found["status"] == "waste").any():
        raise typer.Exit(9)


@app.command()
def doctor(
    params: ParamsOption = None, billing: BillingOption = None, outputs: OutputsOption = OUTPUTS
) -> None:
    """Say which credentials, permissions, regions and data are there, which lack, and what to do next."""
    from finops_lib.cli.doctor import diagnose

    if not diagnose(_params(params, billing, None), outputs / ".cache", now()):
        raise typer.Exit(1)


@app.command()
def permissions(params: ParamsOption = None, billing: BillingOption = None) -> None:
    """Print the read-only IAM policy that a run with these parameters needs, as JSON."""
    from finops_lib.cli.permissions import read_policy

    out.file.write(json.dumps(read_policy(_params(params, billing, None)), indent=2) + "\n")


@app.command()
def dashboard(
    datasource: Annotated[
        str, typer.Option("--datasource", help="uid of Grafana's Athena data source")
    ] = "athena",
    database: Annotated[
        str, typer.Option("--database", help="Glue database over the Parquet of a run")
    ] = "finops",
    params: ParamsOption = None,
    png: Annotated[
        Path | None, typer.Option("--png", help="picture of it to write, as PNG")
    ] = None,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", help="picture of it to write, as PDF")
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option("--run", help="folder of the run to draw; empty: the newest good one"),
    ] = None,
) -> None:
    """Print a Grafana dashboard over the tables that runs write, as JSON to import.

    With --png or --pdf draw its panels from their own queries on a run instead; no Grafana is needed.
    """
    from finops_lib.dashboards import dashboard as made
    from finops_lib.dashboards import picture

    files = [path for path in (png, pdf) if path]
    if files:
        chosen = run or newest_run(OUTPUTS)
        picture(chosen, files)
        out.print(f"Done. Drawn from {chosen}: {', '.join(map(str, files))}")
        return
    title = load_params(params).title
    out.file.write(made(title, datasource=datasource, database=database))


@app.command()
def lab(
    arguments: Annotated[list[str] | None, typer.Argument(help="passed on to jupyter lab")] = None,
) -> None:
    """Open JupyterLab on the notebooks; they load the newest Estate."""
    if not NOTEBOOK_FOLDER.is_dir():
        raise ParameterError(f"The notebooks are not in {NOTEBOOK_FOLDER}; run this from a clone.")
    command = [sys.executable, "-m", "jupyter", "lab", str(NOTEBOOK_FOLDER), *(arguments or [])]
    raise typer.Exit(subprocess.call(command))


plan.register(app)
tags.register(app)


def main() -> None:
    """Run the command; errors are said in words, with an exit code that tells them apart."""
    with errors_in_words():
        app()
