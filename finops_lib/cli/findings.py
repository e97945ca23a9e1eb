"""Findings in the terminal and as files."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from rich.table import Table

from finops_lib.cli.console import out
from finops_lib.errors import ParameterError
from finops_lib.params import nearest
from finops_lib.present import usd
from finops_lib.schema import FINDINGS, STATUSES
from finops_lib.sources.store import write_table


def print_findings(
    found: pd.DataFrame, coverage: pd.DataFrame, form: str, status: str, output: Path | None
) -> None:
    """Print or write the findings, largest saving first; `status` keeps those of one status."""
    wanted = status or ("waste" if form == "table" else "all")
    if wanted not in (*STATUSES, "all"):
        raise ParameterError(
            f"There is no status '{wanted}'. {nearest(wanted, [*STATUSES, 'all'])}"
        )
    shown = found if wanted == "all" else found[found["status"] == wanted]
    shown = shown.sort_values(
        ["monthly_saving", "finding_id"], ascending=[False, True], ignore_index=True
    )
    if form == "parquet":
        if output is None:
            raise ParameterError("Parquet is no text: give --output FILE.")
        write_table(shown, FINDINGS, output)
        return
    if form == "table" and output is None:
        _print_table(shown, found, coverage)
        return
    text = _json(shown) if form == "json" else _csv(shown)
    if output:
        output.write_text(text)
    else:
        out.file.write(text)


def _json(frame: pd.DataFrame) -> str:
    plain = frame.astype("object").where(frame.notna(), None)
    return json.dumps(plain.to_dict("records"), indent=1, default=_plain) + "\n"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, pd.Timestamp) else str(value)


def _csv(frame: pd.DataFrame) -> str:
    maps = [c.name for c in FINDINGS.columns if c.kind == "map"]
    texts = {
        name: [None if v is None else json.dumps(v, default=str) for v in frame[name]]
        for name in maps
    }
    return str(frame.assign(**texts).to_csv(index=False))


def _saving(status: str, monthly: float | None) -> str:
    """Only waste has a saving; one without a price says so."""
    if status != "waste":
        return ""
    return "unpriced" if monthly is None else usd(monthly, cents=True)


def _print_table(shown: pd.DataFrame, found: pd.DataFrame, coverage: pd.DataFrame) -> None:
    table = Table(box=None, pad_edge=False)
    for name, justify in (("saving a month", "right"), ("status", "left"), ("check", "left"), ("resource", "left"),
                          ("team", "left"), ("confidence", "left"), ("why", "left")):  # fmt: skip
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    text = shown.astype("object").where(shown.notna(), None)
    for row in text.itertuples():
        saving = _saving(row.status, row.monthly_saving)
        table.add_row(
            saving,
            row.status,
            row.check_id,
            row.resource_id,
            row.team or "",
            row.confidence or "",
            row.reason,
        )
    out.print(table)
    waste = found[found["status"] == "waste"]
    out.print(
        f"{len(waste)} wasted, {int((found['status'] == 'unknown').sum())} unknown, "
        f"{int((found['status'] == 'ok').sum())} healthy; up to {usd(waste['monthly_saving'].sum())} a month "
        "if no two overlap (the plan counts each dollar once)."
    )
    unread = coverage.loc[coverage["not_read"] > 0, "check_id"].nunique()
    if unread:
        checks = "1 check" if unread == 1 else f"{unread} checks"
        out.print(f"{checks} could not see everything: see coverage in the report.")
