"""What a run was made of and what it found, as one JSON file beside its reports."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

from finops_lib.export.cover import Cover
from finops_lib.present import KPIS_MIME
from finops_lib.report.folder import MANIFEST
from finops_lib.report.notebooks import Outcome, read_notebook

_PACKAGES = ("ml-finops-workbook", "pandas", "duckdb", "ibis-framework", "matplotlib", "nbconvert", "papermill")  # fmt: skip


def write_manifest(
    folder: Path,
    cover: Cover,
    outcomes: Sequence[Outcome],
    *,
    created: datetime,
    parameters: Mapping[str, Any],
    digest: str,
    rows: Mapping[str, int],
    totals: Mapping[str, float | None],
    paid_calls: Mapping[str, Any],
    durations_s: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Write and return the manifest of the run in `folder`.

    `created` is the run's own time (UTC); `digest` the hash of the parameters; `rows` per table;
    `totals` in the billing currency, None where it is not known; `paid_calls` whatever the reader
    counted, with its price.
    """
    manifest = {
        "created": created.isoformat(timespec="seconds"),
        "status": "good" if all(o.status == "completed" for o in outcomes) else "failed",
        "title": cover.title,
        "notice": cover.notice,
        "period": cover.period.label,
        "as_of": cover.as_of.isoformat(),
        "accounts": list(cover.accounts),
        "currency": cover.currency,
        "basis": cover.basis,
        "versions": versions(),
        "commit": commit(),
        "parameters": dict(parameters),
        "parameters_hash": digest,
        "rows": dict(rows),
        "totals": dict(totals),
        "gaps": list(cover.gaps),
        "paid_calls": dict(paid_calls),
        "durations_s": {**(durations_s or {}), **{o.name: o.seconds for o in outcomes}},
        "notebooks": [asdict(outcome) for outcome in outcomes],
        "reports": [list(report) for report in cover.reports],
        "kpis": [kpi for o in outcomes for kpi in notebook_kpis(folder / "notebooks" / f"{o.name}.ipynb")],
    }  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2, default=str) + "\n")
    return manifest


def provenance(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The labelled lines that end every report: what it was made of, by which code, when."""
    packages = ", ".join(f"{name} {number}" for name, number in manifest["versions"].items())
    return {
        "Made": f"{manifest['created'].replace('T', ' ')} UTC",
        "Code": f"{manifest['commit'] or 'not under git'}; {packages}",
        "Parameters": f"hash {manifest['parameters_hash']}",
        "Rows read": ", ".join(
            f"{name.replace('_', ' ')} {count:,}" for name, count in manifest["rows"].items()
        ),
        "Paid API calls": _paid(manifest["paid_calls"]),
    }


def _paid(calls: Mapping[str, Any]) -> str:
    """What asking cost, in words: Cost Explorer takes a cent a request; answers may come from the cache."""
    sent, kept = int(calls.get("requests", 0)), int(calls.get("from_cache", 0))
    if not sent and not kept:
        return "none: nothing that AWS charges for was asked"
    asked = (
        f"{sent:,} paid {'request' if sent == 1 else 'requests'} for {calls['cost_usd']:.2f} USD"
    )
    return asked + (f", and {kept:,} answered from an earlier run for nothing" if kept else "")


def versions() -> dict[str, str]:
    """The versions of this project, of Python and of the packages that decide a figure."""
    return {"python": python_version(), **{name: version(name) for name in _PACKAGES}}


def commit() -> str | None:
    """The git commit that this code is at, with "+" where files were changed; None outside of git."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],
            cwd=Path(__file__).parent, capture_output=True, text=True, check=True, timeout=10,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip()


def notebook_kpis(path: Path) -> list[dict[str, Any]]:
    """The key figures that an executed notebook shows, each with the notebook's name."""
    try:
        cells = read_notebook(path).cells
    except (OSError, ValueError):
        return []
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    tiles = [tile for output in outputs for tile in output.get("data", {}).get(KPIS_MIME, [])]
    return [{"notebook": path.stem, **tile} for tile in tiles]
