"""How exactly waste is found, on accounts whose waste is known, and on any account that answers.

    python benchmarks/waste.py --sizes 50,500,5000 --seeds 5
    python benchmarks/waste.py --estate outputs/2026-10/<run>/estate
    python benchmarks/waste.py --endpoint http://127.0.0.1:5000 --as-of 2026-11-01 [--key key.csv]
        [--role FinOpsReader] [--regions us-east-1,us-west-2] [--peer NAME=PROGRAM …]

The first form makes labelled accounts (benchmarks/labelled_account.py) and prints, per account, what
was found of what is there, what was called waste and is none, what was called unknown as it must be,
dollars stated against true, and seconds. The others examine an Estate, or an account read through that
endpoint with the standard AWS variables (with `--role`, every account of its organization); `--key` is a
CSV of check_id, resource_id, expected (waste, ok or unknown) and monthly_saving to score it by, or the
word `demo` for the demo account's own; without it only counts are printed. Peers (benchmarks/peers.py)
are run on the same accounts, those on the PATH and those named by `--peer CleanCloud=PROGRAM`; their
rows stand beside ours, per check of the key as found of what is there, and false.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Annotated

import boto3
import pandas as pd
import typer
from labelled_account import AS_OF, labelled_account
from peers import PROGRAMS, Place, run

from finops_lib.checks import run_checks
from finops_lib.demo.story.answers import answers
from finops_lib.demo.story.company import company
from finops_lib.schema import ESTATE_TABLES, PRICES, rows
from finops_lib.sources import prices
from finops_lib.sources.aws import AwsSource, read_account
from finops_lib.sources.aws.calls import Session
from finops_lib.sources.aws.price_list import read_list_prices
from finops_lib.sources.store import read_estate


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


def plain(resource_id: pd.Series) -> pd.Series:
    """The last part of an ARN, as each tool spells a resource in its own way."""
    return resource_id.str.split("/").str[-1].str.split(":").str[-1]


def read_key(name: str) -> pd.DataFrame:
    """The key in that file, or the demo account's own, with plain ids; what is protected is no waste."""
    if name == "demo":
        told = answers(company(42)).rename(columns={"monthly_list_cost": "monthly_saving"})
        key = told.assign(kind=told["role"])
    else:
        key = pd.read_csv(name)
    expected = key["expected"].replace({"protected": "ok"})
    return key.assign(resource_id=plain(key["resource_id"]), expected=expected)


def beside(
    key: pd.DataFrame,
    findings: pd.DataFrame,
    told: Mapping[str, pd.DataFrame],
    addresses: pd.DataFrame,
) -> None:
    """Print, per check of the key, found and false of ours and of each peer, then dollars.

    A tool may name an address by its number: `addresses` tells which one that is.
    """
    numbers = dict(zip(addresses["public_ip"], addresses["resource_id"], strict=True))
    ours = findings.loc[
        findings["status"] == "waste", ["check_id", "resource_id", "monthly_saving"]
    ]
    sides = {"ours": ours.assign(resource_id=plain(ours["resource_id"]))}
    sides |= {
        name: f.assign(resource_id=plain(f["resource_id"].replace(numbers)))
        for name, f in told.items()
    }
    typer.echo("| check | waste | " + " | ".join(sides) + " |")
    typer.echo("|---|---|" + "---|" * len(sides))
    planted = key[key["expected"] == "waste"]
    anywhere = set(planted["resource_id"])
    for check, labels in planted.groupby("check_id"):
        true = set(labels["resource_id"])
        cells = [_cell(true, f[f["check_id"] == check], anywhere) for f in sides.values()]
        typer.echo(f"| {check} | {len(true)} | " + " | ".join(cells) + " |")
    dollars = [
        f.merge(planted[["check_id", "resource_id"]]).groupby(["check_id", "resource_id"])[
            "monthly_saving"].sum(min_count=1)
        for f in sides.values()
    ]  # fmt: skip
    texts = [f"{d.sum():,.2f} for {d.notna().sum()}" for d in dollars]
    typer.echo(
        f"| dollars a month | {planted['monthly_saving'].sum():,.2f} | " + " | ".join(texts) + " |"
    )


def _cell(true: set[str], told: pd.DataFrame, anywhere: set[str]) -> str:
    """Found of `true`, and false: what is no waste `anywhere`, as tools draw the lines between kinds elsewhere."""
    named = set(told["resource_id"])
    if not named:
        return "–"
    wrong = len(named - true - anywhere)
    return f"{len(named & true)}" + (f", {wrong} false" if wrong else "")


def peers(
    given: Sequence[str], places: Sequence[Place], moment: datetime
) -> dict[str, pd.DataFrame]:
    """What each peer that is present calls waste in these places."""
    named = dict(text.split("=", 1) for text in given)
    if unknown := set(named) - set(PROGRAMS):
        raise typer.BadParameter(f"There is no peer {', '.join(unknown)}: {', '.join(PROGRAMS)}.")
    found = {}
    for name, program in PROGRAMS.items():
        path = named.get(name) or shutil.which(program)
        if path is None:
            typer.echo(f"{name}: not present")
            continue
        start = perf_counter()
        found[name], troubles = run(name, path, places, moment)
        typer.echo(f"{name}: {len(found[name])} findings in {perf_counter() - start:.0f} s")
        for trouble in troubles:
            typer.echo(f"  {trouble}")
    return found


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
    key: Annotated[str, typer.Option(help="a CSV of labels, or demo")] = "",
    role: Annotated[str, typer.Option(help="role to assume in every account")] = "",
    peer: Annotated[list[str] | None, typer.Option(help="NAME=PROGRAM of a peer")] = None,
) -> None:
    """Print found, false, dollars and seconds."""
    if not (estate or endpoint):
        exact = labelled([int(size) for size in sizes.split(",")], seeds)
        raise typer.Exit(0 if exact else 1)
    tables, moment, accounts = _read(estate, endpoint, as_of, regions, role)
    findings, seconds = examine(tables, moment)
    if not key:
        counted(findings, seconds)
        return
    labels = read_key(key)
    asked = findings[findings["check_id"].isin(labels["check_id"])]
    spelled = asked.assign(resource_id=plain(asked["resource_id"]))
    _print(f"{'':>12}", score(spelled, labels), seconds)
    told = peers(peer or [], _places(accounts, regions, endpoint, role), moment) if endpoint else {}
    beside(labels, asked, told, tables["addresses"])


def _read(
    estate: Path | None, endpoint: str, as_of: datetime | None, regions: str, role: str
) -> tuple[Mapping[str, pd.DataFrame], datetime, tuple[str, ...]]:
    if estate:
        opened = read_estate(estate)
        return {**opened.tables, "gaps": opened["gaps"]}, opened.as_of, opened.accounts
    moment = as_of or datetime.now()
    source = AwsSource(
        endpoint_url=endpoint, regions=tuple(regions.split(",")), role_name=role or None
    )
    session = Session(source)
    read = read_account(source, as_of=moment, session=session)
    asked, _ = read_list_prices(session, session.home(), read.tables, moment)
    nothing = {name: table.empty() for name, table in ESTATE_TABLES.items()}
    known = pd.concat([prices.book(), rows(PRICES, asked)], ignore_index=True)
    facts = {"prices": known, "instance_types": prices.instance_types()}
    return {**nothing, **read.tables, **facts}, moment, read.accounts


def _places(accounts: Sequence[str], regions: str, endpoint: str, role: str) -> list[Place]:
    """Each account and region with the variables that reach it, by the role where one is given."""
    sts = boto3.client("sts", endpoint_url=endpoint)
    found = []
    for account in accounts:
        keys = {
            k: os.environ[k]
            for k in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
            if k in os.environ
        }
        if role:
            arn = f"arn:aws:iam::{account}:role/{role}"
            given = sts.assume_role(RoleArn=arn, RoleSessionName="benchmark")["Credentials"]
            keys = {
                "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
                "AWS_SESSION_TOKEN": given["SessionToken"],
            }
        for region in regions.split(","):
            place = {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": region, "AWS_DEFAULT_REGION": region,
                     "AWS_EC2_METADATA_DISABLED": "true"}  # fmt: skip
            found.append(Place(account, region, {**keys, **place}))
    return found


if __name__ == "__main__":
    typer.run(main)
