"""Estates on disk: a folder of Parquet files and a manifest, so that every run can be replayed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pandas as pd

from finops_lib.errors import SchemaError
from finops_lib.estate import Estate
from finops_lib.period import Period
from finops_lib.schema import ESTATE_TABLES, Table, conform

MANIFEST = "estate.json"


def write_estate(estate: Estate, folder: Path) -> Estate:
    """Write every table and the manifest to `folder`, whole or not at all; the Estate that is there.

    The lake and the cube are hard-linked from `estate.folder` (copied across file systems).
    Raises FileExistsError where the folder already holds an Estate: a good read is never replaced.
    """
    if (folder / MANIFEST).exists():
        raise FileExistsError(f"{folder} already holds an Estate; write to another folder.")
    with _whole(folder) as partial:
        for name, frame in estate.tables.items():
            write_table(frame, ESTATE_TABLES[name], partial / f"{name}.parquet")
        for path in (estate.costs, estate.cube):
            _link(path, partial / path.name)
        (partial / MANIFEST).write_text(json.dumps(_manifest(estate), indent=2, default=str))
    return read_estate(folder)


def read_estate(folder: Path) -> Estate:
    """The Estate in `folder`; raises SchemaError where there is none, or a table of it is damaged."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except FileNotFoundError:
        raise SchemaError(
            f"{folder} holds no Estate (no {MANIFEST}). Write one with `finops collect --output {folder}`."
        ) from None
    except json.JSONDecodeError as error:
        raise SchemaError(
            f"{folder / MANIFEST} is damaged ({error}). Collect the Estate anew with `finops collect`."
        ) from None
    return Estate(
        as_of=datetime.fromisoformat(manifest["as_of"]),
        period=Period(*(datetime.fromisoformat(text) for text in manifest["period"])),
        accounts=tuple(manifest["accounts"]),
        currency=manifest["currency"],
        folder=folder,
        tables={
            name: read_table(folder / f"{name}.parquet", ESTATE_TABLES[name])
            for name in manifest["rows"]
        },
        notes=manifest["notes"],
    )


def newest_estate(outputs: Path, fits: Callable[[Path], bool] | None = None) -> Path:
    """The folder of the Estate that was written last under `outputs`, of those that `fits` (all: None).

    Raises SchemaError where there is none.
    """
    found = sorted(outputs.glob(f"**/{MANIFEST}"), key=lambda path: path.stat().st_mtime)
    finished = [path.parent for path in found if not _is_partial(path.relative_to(outputs))]
    if not finished:
        raise SchemaError(f"There is no Estate under {outputs} yet. Run `make report` first.")
    for folder in reversed(finished):
        if fits is None or fits(folder):
            return folder
    raise SchemaError(
        f"No Estate under {outputs} is of the bill, title and month that these parameters name. "
        "Run `make report` with them first, or name the Estate."
    )


def write_table(frame: pd.DataFrame, table: Table, path: Path) -> None:
    """Write a frame of the table as Parquet (zstd); maps become JSON text, the file's only strings of it."""
    stored = conform(frame, table)
    for column in table.columns:
        if column.kind == "map":
            stored[column.name] = [
                None if value is None else json.dumps(value, sort_keys=True, default=str)
                for value in stored[column.name]
            ]
            stored[column.name] = stored[column.name].astype("str")
    stored.to_parquet(path, compression="zstd", index=False)


def read_table(path: Path, table: Table) -> pd.DataFrame:
    """The frame that `write_table` wrote; raises SchemaError where the file is missing or damaged."""
    try:
        return conform(pd.read_parquet(path), table)
    except (OSError, ValueError) as error:
        raise SchemaError(
            f"{path} cannot be read ({error}). Collect the Estate anew with `finops collect`."
        ) from None


def _manifest(estate: Estate) -> dict[str, object]:
    return {
        "as_of": estate.as_of.isoformat(),
        "period": [estate.period.start.isoformat(), estate.period.end.isoformat()],
        "accounts": list(estate.accounts),
        "currency": estate.currency,
        "rows": {name: len(frame) for name, frame in estate.tables.items()},
        "notes": dict(estate.notes),
    }


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A folder to write to that takes the name of `folder` only once everything is in it."""
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    yield partial
    partial.rename(folder)


def _link(source: Path, target: Path) -> None:
    if not source.exists():
        return
    if source.is_dir():
        # What the lake keeps for itself (its state, its spill) begins with a dot or is no Parquet.
        shutil.copytree(
            source, target, copy_function=_link_file, ignore=shutil.ignore_patterns(".*", "*.json")
        )
    else:
        _link_file(source, target)


def _link_file(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _is_partial(path: Path) -> bool:
    return any(part.endswith(".partial") for part in path.parts)
