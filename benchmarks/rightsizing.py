"""How well the rules of right-sizing agree with Cost Explorer's own recommendations.

    python benchmarks/rightsizing.py recommendations.csv

The file is the export of Cost Explorer's right-sizing recommendations. Prints the agreement on action
and first target and on the stated saving (Linux in us-east-1, the only list prices that come with the
project; other rows are counted apart), and why our own default rule differs, by reason.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from finops_lib.analysis.rightsizing import aws_advice, aws_saving, targets
from finops_lib.schema import INSTANCE_TYPES, conform

DATA = Path(__file__).parents[1] / "finops_lib/data"


def recommendations(path: Path) -> pd.DataFrame:
    """The export with plain column names; numbers as numbers, missing where it shows a dash."""
    given = pd.read_csv(path, skipinitialspace=True).rename(columns=str.strip)
    saving = given["Recommended Instance Type 1 Estimated Savings"].str.replace(
        r"[$, ]", "", regex=True
    )
    return pd.DataFrame(
        {
            "resource_id": given["Instance ID"] + "/" + given.index.astype(str),
            "instance_type": given["Instance Type"],
            "platform": given["OS"],
            "region": given["Region"],
            "on_demand_hours": given["OD Hours"],
            "cpu_pct": pd.to_numeric(given["CPU Utilization"], errors="coerce"),
            "action": given["Recommended Action"],
            "target": given["Recommended Instance Type 1"],
            "saving": pd.to_numeric(saving.replace("-", "0"), errors="coerce"),
        }
    )


def savings(given: pd.DataFrame, advice: pd.DataFrame, price: pd.Series) -> pd.DataFrame:
    """Stated and computed saving of the rows that have a list price here."""
    after = advice["target"].map(price).where(advice["action"] == "Modify", 0.0)
    difference = given["instance_type"].map(price) - after
    found = given.assign(computed=aws_saving(given["on_demand_hours"], difference))
    here = (found["region"] == "US East (N. Virginia)") & (found["platform"] == "Linux/UNIX")
    return found[here & found["computed"].notna()]


def differences(given: pd.DataFrame, types: pd.DataFrame, price: pd.Series) -> pd.Series:
    """How many rows our default rule (maximum as percentile, memory unseen) advises as it does, and why."""
    machines = given.assign(memory_pct=np.nan, network_gbps=np.nan)
    ours = targets(machines, types, price)
    first = ours[ours["rank"] == 1].set_index("resource_id")["instance_type"]
    found = machines["resource_id"].map(first)
    vcpu = machines["instance_type"].map(types.set_index("instance_type")["vcpu"])
    reasons = np.select(
        [
            machines["action"] == "Terminate",
            ~machines["instance_type"].isin(price.index),
            found == machines["target"],
            found.notna(),
            vcpu <= 1,
        ],
        [
            "idle: another check's finding",
            "no list price here",
            "the same target",
            "another target: memory stays, because nobody measured it",
            "one processor cannot shrink",
        ],
        "none: every smaller type has less memory, which nobody measured, or costs more",
    )
    return pd.Series(reasons).value_counts()


def main(recommendations_csv: Annotated[Path, typer.Argument(exists=True)]) -> None:
    """Print the agreement."""
    given = recommendations(recommendations_csv)
    types = conform(pd.read_csv(DATA / "instance_types.csv"), INSTANCE_TYPES)
    prices = pd.read_csv(DATA / "ec2_on_demand.csv")
    price = prices.drop_duplicates("item", keep="last").set_index("item")["price"]
    advice = aws_advice(given, types)
    same = (advice["action"] == given["action"]) & (
        advice["target"].fillna("") == given["target"].fillna("")
    )
    typer.echo(f"action and first target: {same.sum()} of {len(given)} ({same.mean():.1%})")
    priced = savings(given, advice, price)
    # Dollars are stated in whole cents, so a cent is the same.
    off = (priced["computed"] - priced["saving"]).abs()
    close = off <= np.maximum(0.01 * priced["saving"], 0.01)
    typer.echo(
        f"saving within 1 % (or a cent): {close.sum()} of {len(priced)} ({close.mean():.1%})"
    )
    typer.echo(f"rows without a list price here: {len(given) - len(priced)}")
    apart = ["instance_type", "action", "target", "on_demand_hours", "saving", "computed"]
    if not close.all():
        typer.echo(priced.loc[~close, apart].to_string())
    typer.echo("\nour own rule on the same rows:")
    typer.echo(differences(given, types, price).to_string())


if __name__ == "__main__":
    typer.run(main)
