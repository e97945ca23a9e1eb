"""The programme over its runs: the ledger of this run, its course, and the runs before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from finops_lib.analysis import ledger
from finops_lib.estate import Estate
from finops_lib.phases.plan import ANYTHING
from finops_lib.phases.purchases import Advised, closed
from finops_lib.plans.plan import build_plan
from finops_lib.report.folder import FAILED, MANIFEST, runs
from finops_lib.schema import LEDGER
from finops_lib.sources.store import read_table
from finops_lib.workbook import Workbook

FILE = "ledger.parquet"


def ledger_of(
    estate: Estate,
    found: tuple[pd.DataFrame, pd.DataFrame],
    outputs: Path,
    title: str,
    bought: Advised | None = None,
) -> pd.DataFrame:
    """The LEDGER of a run on this Estate, after that of the run before it under `outputs`.

    `found` is FINDINGS and COVERAGE; a finding's prediction is what it saves beside the others on the
    same dollars. `bought` are the purchases that are advised after them; one that is advised no more
    was bought. Reading the same Estate again gives the same ledger, for only runs of an earlier
    moment count as before.
    """
    findings, coverage = found
    earlier = earlier_runs(outputs, title, estate.as_of)
    kept = [folder / FILE for folder, _ in earlier if (folder / FILE).exists()]
    before = read_table(kept[-1], LEDGER) if kept else LEDGER.empty()
    net = build_plan(findings, ANYTHING).set_index("finding_id")["monthly_saving"]
    once = findings["finding_id"].map(net).fillna(0.0).where(findings["monthly_saving"].notna())
    look = ledger.Look(
        findings.assign(monthly_saving=once), coverage, estate["resource_costs"], estate.accounts,
        estate.as_of,
    )  # fmt: skip
    return ledger.update(before, _with_purchases(look, before, bought) if bought else look)


def _with_purchases(look: ledger.Look, before: pd.DataFrame, bought: Advised) -> ledger.Look:
    findings = [look.findings, bought.findings, closed(before, bought.findings)]
    costs = [look.resource_costs, bought.resource_costs]
    return replace(
        look,
        findings=pd.concat([f for f in findings if len(f)] or [look.findings], ignore_index=True),
        resource_costs=pd.concat([c for c in costs if len(c)] or costs[:1], ignore_index=True),
        accounts=(*look.accounts, bought.account_id),
    )


def this_run(book: Workbook) -> pd.DataFrame:
    """The LEDGER of the workbook's run: as it was written, or worked out where it was not."""
    written = _run_folder(book) / FILE
    if written.exists():
        return read_table(written, LEDGER)
    found = (book.findings, book.coverage)
    return ledger_of(book.estate, found, _outputs(book), book.params.title)


def course(book: Workbook) -> pd.DataFrame:
    """as_of, predicted, realised, cumulative, open, closed of every run whose ledger is kept."""
    earlier = earlier_runs(_outputs(book), book.params.title, book.estate.as_of)
    kept = [read_table(f / FILE, LEDGER) for f, _ in earlier if (f / FILE).exists()]
    return ledger.curve([*kept, this_run(book)])


def proven(book: Workbook) -> pd.DataFrame:
    """check_id, findings, predicted, realised, rate of what is closed and measured in the bill."""
    return ledger.realisation(this_run(book))


def proven_total(lives: pd.DataFrame) -> float:
    """What the bill shows saved up to the ledger's run; NaN where findings are closed, but none is measured."""
    closed = lives[lives["state"].isin(ledger.CLOSED)]
    total = float(lives["cumulative_saving"].sum())
    unmeasured = len(closed) > 0 and closed["realised_saving"].isna().all()
    return float("nan") if unmeasured and total == 0.0 else total


def states(book: Workbook) -> pd.DataFrame:
    """state, findings, predicted, realised, measured of this run's ledger."""
    return ledger.counts(this_run(book))


def earlier_kpis(book: Workbook) -> list[Mapping[str, float]]:
    """Label to value of the executive summary's key figures in each earlier period, oldest first.

    A period counts once, with its newest run; the workbook's own period does not.
    """
    earlier = earlier_runs(_outputs(book), book.params.title, book.estate.as_of)
    by_period = {m["period"]: m for _, m in earlier if m["period"] < book.period.label}
    return [_values(by_period[period]) for period in sorted(by_period)]


def earlier_runs(
    outputs: Path, title: str, as_of: datetime
) -> list[tuple[Path, Mapping[str, Any]]]:
    """Folder and manifest of each good run of that title whose moment is earlier, in its order."""
    found = [
        (folder, json.loads((folder / MANIFEST).read_text()))
        for folder in runs(outputs)
        if not folder.name.endswith(FAILED)
    ]
    mine = [
        (folder, manifest)
        for folder, manifest in found
        if manifest["title"] == title and datetime.fromisoformat(manifest["as_of"]) < as_of
    ]
    return sorted(mine, key=lambda run: (run[1]["as_of"], run[1]["created"]))


def _values(manifest: Mapping[str, Any]) -> dict[str, float]:
    tiles = [tile for tile in manifest["kpis"] if tile["notebook"] == "05_executive_summary"]
    return {t["label"]: float("nan") if t["value"] is None else t["value"] for t in tiles}


def _run_folder(book: Workbook) -> Path:
    return book.estate.folder.parent


def _outputs(book: Workbook) -> Path:
    """The folder of all runs: a run lies in outputs/<period>/<run>/."""
    return _run_folder(book).parent.parent
