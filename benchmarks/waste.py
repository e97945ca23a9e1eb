"""How exactly waste is found, on accounts whose waste is known, and on any account that answers.

    python benchmarks/waste.py --sizes 50,500,5000 --seeds 5
    python benchmarks/waste.py --estate outputs/2026-10/<run>/estate
    python benchmarks/waste.py --endpoint http://127.0.0.1:5000 --as-of 2026-11-01 [--key key.csv]

The first form makes labelled accounts (benchmarks/labelled_account.py) and prints, per account, what
was found of what is there, what was called waste and is none, what was called unknown as it must be,
dollars stated against true, and seconds. The others examine an Estate, or an account read through that
endpoint with the standard AWS variables; `--key` is a CSV of check_id, resource_id, expected (waste, ok
or unknown) and monthly_saving to score it by, without it only counts are printed. Peers are named with
what is installed of them; a peer reads accounts, not tables, so it runs with `--endpoint` alone.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Annotated

import pandas as pd
import typer
from labelled_account import AS_OF, labelled_account

from finops_lib.checks import run_checks
from finops_lib.sources import prices
from finops_lib.sources.aws import AwsSource, read_account
from finops_lib.sources.store import read_estate

PEERS = {
    "Cloud Custodian": "c7n",
    "CleanCloud": "cleancloud",
    "aws-finops-dashboard": "aws-finops-dashboard",
}


@dataclass(frozen=True)
class Score:
    """What one examination found of what its key says."""

    waste: int
    found: int
    missed: pd.DataFrame
    false: pd.DataFrame
    unknown: int
    unknown_told: int
    true_usd: float
    stated_usd: float
    worst: float


def score(findings: pd.DataFrame, key: pd.DataFrame) -> Score:
    """The findings against the key; any waste that the key does not know is false."""
    pair = ["check_id", "resource_id"]
    wasted = findings.loc[findings["status"] == "waste", [*pair, "monthly_saving", "reason"]]
    true = key[key["expected"] == "waste"]
    both = true.merge(wasted, on=pair, how="left", suffixes=("", "_stated"))
    known = wasted.merge(true[pair], on=pair, how="left", indicator=True)
    blind = key[key["expected"] == "unknown"].merge(findings[[*pair, "status"]], on=pair)
    off = (both["monthly_saving_stated"] - both["monthly_saving"]).abs()
    return Score(
        waste=len(true),
        found=int(both["reason"].notna().sum()),
        missed=both.loc[both["reason"].isna(), ["kind", *pair]],
        false=known.loc[known["_merge"] == "left_only", [*pair, "reason"]],
        unknown=int((key["expected"] == "unknown").sum()),
        unknown_told=int((blind["status"] == "unknown").sum()),
        true_usd=float(both["monthly_saving"].sum()),
        stated_usd=float(both["monthly_saving_stated"].sum()),
        worst=float((off / both["monthly_saving"].where(lambda s: s > 0)).max()),
    )


def examine(tables: Mapping[str, pd.DataFrame], as_of: datetime) -> tuple[pd.DataFrame, float]:
    """Findings and the seconds that all checks took."""
    start = perf_counter()
    findings, _ = run_checks(tables, as_of=as_of)
    return findings, perf_counter() - start


def labelled(sizes: list[int], seeds: int) -> bool:
    """Print a line per labelled account; True where every one is exact."""
    typer.echo(
        f"{'size':>6} {'seed':>5} {'found':>11} {'false':>6} {'unknown':>9} {'stated':>12} {'true':>12} {'worst':>7} {'s':>6}"
    )
    exact = True
    for size in sizes:
        for seed in range(seeds):
            account = labelled_account(size, seed)
            findings, seconds = examine(account.tables, AS_OF)
            got = score(findings, account.key)
            _print(f"{size:>6} {seed:>5}", got, seconds)
            exact &= got.missed.empty and got.false.empty and got.unknown == got.unknown_told
            exact &= not got.worst > 0.01
    return exact


def _print(head: str, got: Score, seconds: float) -> None:
    typer.echo(
        f"{head} {f'{got.found} of {got.waste}':>11} {len(got.false):>6} "
        f"{f'{got.unknown_told} of {got.unknown}':>9} {got.stated_usd:>12,.2f} {got.true_usd:>12,.2f} "
        f"{got.worst:>7.2%} {seconds:>6.2f}"
    )
    for name, frame in (("missed", got.missed), ("false", got.false)):
        if len(frame):
            typer.echo(f"{name}:\n{frame.head(20).to_string(index=False)}")


def peers() -> None:
    """Say which peers are installed here."""
    for name, package in PEERS.items():
        try:
            version = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            typer.echo(f"{name}: not present")
        else:
            typer.echo(f"{name} {version}: present; point it at the same --endpoint")


def counted(findings: pd.DataFrame, seconds: float) -> None:
    """Print what each check said, where no key tells the truth."""
    found = pd.crosstab(findings["check_id"], findings["status"])
    saving = findings.groupby("check_id")["monthly_saving"].sum()
    typer.echo(found.assign(monthly_saving=saving.round(2)).to_string())
    typer.echo(f"{len(findings)} rows in {seconds:.2f} s")


def main(
    sizes: Annotated[str, typer.Option(help="resources of each labelled account")] = "50,500,5000",
    seeds: Annotated[int, typer.Option(help="accounts of each size")] = 3,
    estate: Annotated[Path | None, typer.Option(exists=True)] = None,
    endpoint: Annotated[str, typer.Option(help="address of an emulated account")] = "",
    as_of: Annotated[datetime | None, typer.Option(help="the account's moment")] = None,
    regions: str = "us-east-1",
    key: Annotated[Path | None, typer.Option(exists=True)] = None,
) -> None:
    """Print found, false, dollars and seconds."""
    if estate or endpoint:
        tables, moment = _read(estate, endpoint, as_of, regions)
        findings, seconds = examine(tables, moment)
        if key is None:
            counted(findings, seconds)
        else:
            _print("", score(findings, pd.read_csv(key)), seconds)
        exact = True
    else:
        exact = labelled([int(size) for size in sizes.split(",")], seeds)
    peers()
    raise typer.Exit(0 if exact else 1)


def _read(
    estate: Path | None, endpoint: str, as_of: datetime | None, regions: str
) -> tuple[Mapping[str, pd.DataFrame], datetime]:
    if estate:
        opened = read_estate(estate)
        return {**opened.tables, "gaps": opened["gaps"]}, opened.as_of
    moment = as_of or datetime.now()
    source = AwsSource(endpoint_url=endpoint, regions=tuple(regions.split(",")))
    tables = read_account(source, as_of=moment).tables
    facts = {"prices": prices.book(), "instance_types": prices.instance_types()}
    return {**tables, **facts}, moment


if __name__ == "__main__":
    typer.run(main)
