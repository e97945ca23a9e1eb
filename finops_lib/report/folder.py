"""Folders of runs: written aside, named when complete, never overwritten, and let go in time."""

from __future__ import annotations

import json
import shutil
from itertools import count
from pathlib import Path

from finops_lib.errors import ReportError

MANIFEST = "manifest.json"
PARTIAL = ".partial"
FAILED = ".failed"


def begin_run(outputs: Path, period: str, run: str) -> Path:
    """A new folder `outputs/<period>/<run>.partial` to write to.

    Where that run exists, complete or under way, it becomes `<run>-2`, and so on: two runs at once
    never meet, and none replaces another.
    """
    (outputs / period).mkdir(parents=True, exist_ok=True)
    names = (run if n == 1 else f"{run}-{n}" for n in count(1))
    return next(partial for name in names if (partial := _claim(outputs / period / name)))


def finish_run(partial: Path, *, good: bool) -> Path:
    """Name the folder for good: `<run>`, or `<run>.failed` where a notebook did not complete.

    Raises ReportError where it has no manifest: without one it cannot be told what it shows.
    """
    if not (partial / MANIFEST).exists():
        raise ReportError(f"{partial} has no {MANIFEST}; write it before the run is finished.")
    folder = partial.with_name(partial.name.removesuffix(PARTIAL) + ("" if good else FAILED))
    partial.rename(folder)
    return folder


def runs(outputs: Path) -> list[Path]:
    """The finished runs under `outputs`, failed ones included, oldest first by their own time."""
    found = [
        (json.loads(path.read_text()).get("created", ""), path.parent)
        for path in outputs.glob(f"*/*/{MANIFEST}")
        if not path.parent.name.endswith(PARTIAL)
    ]
    return [folder for _, folder in sorted(found)]


def newest_run(outputs: Path) -> Path:
    """The good run that was made last and is kept whole; ReportError where there is none."""
    whole = [f for f in runs(outputs) if not f.name.endswith(FAILED) and (f / "estate").is_dir()]
    if not whole:
        raise ReportError(f"There is no finished run under {outputs} yet. Run `make report` first.")
    return whole[-1]


def retain(outputs: Path, keep: int) -> list[Path]:
    """Remove all but the manifest from runs beyond the newest `keep` good ones of each period.

    The newest failed run is kept with its partial reports; the manifests stay, so that trends go on.
    Returns the folders that were thinned.
    """
    thinned = []
    for period in sorted(path for path in outputs.glob("*") if path.is_dir()):
        finished = [folder for folder in runs(outputs) if folder.parent == period]
        good = [folder for folder in finished if not folder.name.endswith(FAILED)]
        failed = [folder for folder in finished if folder.name.endswith(FAILED)]
        old = good[: max(len(good) - keep, 0)] + failed[:-1]
        thinned += [folder for folder in old if _thin(folder)]
    return thinned


def _claim(folder: Path) -> Path | None:
    """The partial folder of a run of that name, unless another run has the name."""
    partial = folder.with_name(folder.name + PARTIAL)
    try:
        partial.mkdir()
    except FileExistsError:
        return None
    # Looked up after the name was claimed: whoever had it before has renamed its own by now.
    if folder.exists() or folder.with_name(folder.name + FAILED).exists():
        partial.rmdir()
        return None
    return partial


def _thin(folder: Path) -> bool:
    rest = [path for path in folder.iterdir() if path.name != MANIFEST]
    for path in rest:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    return bool(rest)
