"""What each limit costs and catches: its check over the demo account, whose waste is labelled.

    python benchmarks/thresholds.py outputs/2026-10/<run>/estate

The Estate is one of the demo account (`make report`). For each limit and value: planted waste found,
missed, false alarms (resources that the answer key does not call waste), precision, recall and the
dollars of what was called waste. Resources protected by a tag count neither way.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from finops_lib.checks import CHECKS
from finops_lib.demo.story.answers import answers
from finops_lib.demo.story.company import company
from finops_lib.estate import Estate
from finops_lib.sources.store import read_estate

SWEEPS: dict[tuple[str, str], tuple[float, ...]] = {
    ("idle_ec2_instances", "cpu_limit_pct"): (1, 2, 3, 5, 10, 20, 40),
    ("idle_ec2_instances", "window_days"): (1, 3, 7, 10, 14),
    ("idle_ec2_instances", "network_limit_mib_per_day"): (0.1, 1, 5, 50, 5_000, 1e6),
    ("idle_gpu_instances", "gpu_limit_pct"): (1, 5, 20, 60, 90),
    ("idle_gpu_instances", "window_days"): (1, 3, 7, 14),
    ("unattached_ebs_volumes", "min_age_days"): (0, 1, 3, 7, 14, 30, 90),
    ("old_ebs_snapshots", "max_age_days"): (30, 60, 90, 180, 365),
    ("idle_rds_instances", "cpu_limit_pct"): (1, 2, 5, 10, 30),
    ("idle_sagemaker_endpoints", "window_days"): (1, 3, 7, 14),
    ("idle_notebook_instances", "cpu_limit_pct"): (1, 2, 5, 10, 30),
    ("idle_notebook_instances", "window_days"): (1, 3, 7, 14),
}
"""By check and limit, the values that are tried; the default is among them."""


def plain(resource_id: str) -> str:
    """An ARN's last part, which is how the answer key names a resource."""
    return resource_id.split("/")[-1].split(":")[-1]


def point(estate: Estate, key: pd.DataFrame, check_id: str, limit: str, value: float) -> dict:
    """One row of the curve."""
    check = CHECKS[check_id]
    settings = {limit: type(check.thresholds[limit])(value)}
    tables = [estate[name] for name in check.needs]
    found = check.function(*tables, as_of=estate.as_of, **settings)
    wasted = found[found["status"] == "waste"]
    wasted = wasted.assign(id=wasted["resource_id"].map(plain))
    label = key[key["check_id"] == check_id].set_index("id")["expected"]
    wasted = wasted[~wasted["id"].isin(label.index[label == "protected"])]
    true = set(label.index[label == "waste"])
    hit, called = len(true & set(wasted["id"])), wasted["id"].nunique()
    return {
        "check": check_id, "limit": limit, "value": f"{value:g}",
        "default": "yes" if value == check.thresholds[limit] else "",
        "found": f"{hit} of {len(true)}", "false": called - hit,
        "precision": f"{hit / called:.0%}" if called else "none called",
        "recall": f"{hit / len(true):.0%}" if true else "none planted",
        "dollars a month": f"{wasted['monthly_saving'].sum():,.0f}",
    }  # fmt: skip


def main(folder: Annotated[Path, typer.Argument(exists=True)]) -> None:
    """Print the curves as a Markdown table."""
    estate = read_estate(folder)
    key = answers(company(42))
    key = key.assign(id=key["id"].map(plain))
    rows = [
        point(estate, key, check_id, limit, value)
        for (check_id, limit), values in SWEEPS.items()
        for value in values
    ]
    columns = list(rows[0])
    typer.echo("| " + " | ".join(columns) + " |")
    typer.echo("|" + "---|" * len(columns))
    for row in rows:
        typer.echo("| " + " | ".join(str(row[name]) for name in columns) + " |")


if __name__ == "__main__":
    typer.run(main)
