"""One run from parameters to reports: collect, check, execute the notebooks, render, index."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from finops_lib.collect import collect
from finops_lib.errors import ReportError
from finops_lib.estate import Estate
from finops_lib.examine import examine
from finops_lib.export.mask import mask_of
from finops_lib.params import NOTEBOOKS, Params, save_params
from finops_lib.params.notebooks import TEAM_NOTEBOOK
from finops_lib.period import naive_utc
from finops_lib.phases import commitments, ledger, purchases
from finops_lib.phases.statement_files import write_governance, write_statements
from finops_lib.report import (
    Cover,
    Notebook,
    Outcome,
    begin_run,
    fetch_history,
    finish_run,
    publish,
    render,
    retain,
    run_notebooks,
    write_index,
    write_manifest,
)
from finops_lib.schema import COVERAGE, FINDINGS, LEDGER
from finops_lib.sources.store import write_table
from finops_lib.workbook import Workbook

Progress = Callable[[str, float], None]

NOTEBOOK_FOLDER = Path(__file__).parent.parent / "notebooks"

TITLES = {
    "01_visibility": "Visibility",
    "02_allocation": "Allocation",
    "03_optimization": "Optimization",
    "04_governance": "Governance",
    "05_executive_summary": "Executive summary",
}


WITHOUT_A_BILL = ("03_optimization", "04_governance")
"""What can be told of an account whose bill could not be read."""


def now() -> datetime:
    """The present moment as naive UTC; the only clock of a run."""
    return naive_utc(datetime.now(UTC))


def make_report(
    params: Params, outputs: Path, *, progress: Progress, publish_to: str = ""
) -> tuple[Path, list[str]]:
    """Collect an Estate, run every notebook on it and write the run's folder; the folder and what lacks.

    The run is written aside and named when it is complete. Raises ReportError where a notebook did
    not complete: its partial report and the error stay in the folder, which is named `.failed`. With
    `publish_to` (s3://bucket/prefix) the run, whole or failed, is put there as well; the local one stays.
    """
    started = now()
    clock = time.monotonic()
    cache = outputs / ".cache"
    if publish_to:
        fetch_history(publish_to, outputs)
    staging = cache / "reads" / f"{started:%Y%m%dT%H%M%S%f}"
    estate = collect(params, staging, cache=cache, now=started, progress=progress)
    partial = begin_run(outputs, estate.period.label, f"{started:%Y%m%d-%H%M%S}")
    staging.rename(partial / "estate")
    estate = Estate(**{**estate.__dict__, "folder": partial / "estate"})
    save_params(params, partial / "params.yaml")
    findings, coverage = examine(estate, params)
    write_table(findings, FINDINGS, partial / "findings.parquet")
    write_table(coverage, COVERAGE, partial / "coverage.parquet")
    book = Workbook(estate, params, params.basis, partial)
    bought = purchases.advised(book, commitments.advise(book))
    lives = ledger.ledger_of(estate, (findings, coverage), outputs, params.title, bought)
    write_table(lives, LEDGER, partial / ledger.FILE)
    teams = write_statements(book, partial)
    write_governance(params, partial)
    collected_s = time.monotonic() - clock
    outcomes = run_notebooks(
        [
            *(_notebook(name, params, partial) for name in _told(estate)),
            *(_statement(name, team, params, partial) for name, team in teams.items()),
        ],
        partial,
        workers=params.report.workers,
        progress=lambda name, done, of: progress(f"notebook {name}", done / of),
    )
    cover = _cover(estate, params, teams)
    write_manifest(
        partial,
        cover,
        outcomes,
        created=started,
        parameters=params.model_dump(mode="json"),
        digest=params.digest(),
        rows={
            **{name: len(frame) for name, frame in estate.tables.items()},
            "findings": len(findings),
        },
        totals=_totals(estate),
        paid_calls=_paid_calls(estate),
        durations_s={"collect": round(collected_s, 3)},
    )
    problems = [*_untold(estate), *render(partial, cover, params.report.formats)]
    if params.report.mask:
        mask = mask_of([*estate.tables.values(), findings], params.report.mask_key)
        problems += render(
            partial, cover, params.report.formats, mask=mask, into=partial / "masked"
        )
    failed = [outcome for outcome in outcomes if outcome.status != "completed"]
    folder = finish_run(partial, good=not failed)
    retain(outputs, keep=params.report.keep_runs)
    write_index(outputs)
    if publish_to:
        progress(f"sending to {publish_to}", 0.0)
        publish(publish_to, folder)
        progress(f"sending to {publish_to}", 1.0)
    if failed:
        raise ReportError(_words(failed, folder))
    return folder, problems


def _told(estate: Estate) -> Sequence[str]:
    """The notebooks that have something to tell of the Estate."""
    return list(NOTEBOOKS) if estate.notes["totals"] else WITHOUT_A_BILL


def _untold(estate: Estate) -> list[str]:
    """What a run without a bill does not make, and why."""
    left_out = [TITLES[name] for name in NOTEBOOKS if name not in _told(estate)]
    gaps = estate["gaps"]
    why = gaps.loc[gaps["table"] == "costs", "reason"]
    return [f"Not made without a bill: {', '.join(left_out)}. {why.iloc[0]}"] if left_out else []


def _notebook(name: str, params: Params, folder: Path) -> Notebook:
    given = params.notebook(
        name,
        estate=str((folder / "estate").resolve()),
        params=str((folder / "params.yaml").resolve()),
    )
    return Notebook(name, NOTEBOOK_FOLDER / f"{name}.ipynb", given.model_dump(mode="json"))


def _statement(name: str, team: str, params: Params, folder: Path) -> Notebook:
    """The team's own run of the statement notebook, under the name of its report."""
    given = params.notebook(
        TEAM_NOTEBOOK,
        estate=str((folder / "estate").resolve()),
        params=str((folder / "params.yaml").resolve()),
        team=team,
    )
    return Notebook(name, NOTEBOOK_FOLDER / f"{TEAM_NOTEBOOK}.ipynb", given.model_dump(mode="json"))


def _cover(estate: Estate, params: Params, teams: Mapping[str, str]) -> Cover:
    gaps = estate["gaps"]
    sentences = [
        f"{row.table}: {row.reason}"
        + (
            f" ({row.account_id or 'all accounts'}, {row.region or 'all regions'})"
            if row.error != "not_asked"
            else ""
        )
        for row in gaps.astype("object").where(gaps.notna(), None).itertuples()
    ]
    return Cover(
        title=params.title,
        period=estate.period,
        as_of=estate.as_of,
        accounts=estate.accounts,
        currency=estate.currency,
        basis=params.basis,
        notice=params.notice,
        gaps=tuple(sentences),
        reports=(
            *((name, TITLES[name]) for name in _told(estate)),
            *((name, f"Statement of {team}") for name, team in teams.items()),
        ),
    )


def _totals(estate: Estate) -> dict[str, float | None]:
    """The month's totals; None where no bill tells them."""
    by_month = {row["month"]: row for row in estate.notes["totals"]}
    month = by_month.get(estate.period.label, {})
    return {name: month.get(name) for name in ("billed", "effective")}


def _paid_calls(estate: Estate) -> dict[str, float]:
    paid = estate["api_calls"]
    paid = paid[paid["price_per_request"] > 0]
    return {
        "requests": int(paid["requests"].sum()),
        "from_cache": int(paid["cached"].sum()),
        "cost_usd": float(paid["cost"].sum()),
    }


def _words(failed: Sequence[Outcome], folder: Path) -> str:
    lines = [f"{outcome.name} {outcome.status}: {outcome.error}" for outcome in failed]
    return " ".join([*lines, f"What was finished is in {folder}."])
