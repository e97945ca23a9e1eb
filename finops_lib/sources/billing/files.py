"""Files of an export: found, unpacked and grouped into deliveries."""

from __future__ import annotations

import glob
import gzip
import hashlib
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from finops_lib.errors import BillingError

Fetch = Callable[[str, Path], list[Path]]
"""Brings what an s3:// address names into a folder; the files that came."""

ENDINGS = (".parquet", ".csv", ".csv.gz", ".gz", ".zip")
DELIMITERS = (",", ";", "\t", "|")
HEADER_BYTES = 1 << 20

PART = re.compile(r"[-_.](?:part-?)?\d{4,}$")
"""The number of a part at the end of a name, as in `report-00001`."""
SHORT_PART = re.compile(r"^(.+)[-_](\d{1,3})$")
"""The legacy report counts its parts `report-1`, `report-2` …; they are parts where none is missing."""
DATED = re.compile(r"(?:19|20)\d{2}[-_.]?(?:0[1-9]|1[0-2])(?:[-_.]?(?:0[1-9]|[12]\d|3[01]))?$")
"""A name that ends with a month or a day, which is no part number: `export-20261101`."""


@dataclass(frozen=True)
class Delivery:
    """The part files of one export that were delivered together, and what tells them from others."""

    name: str
    files: tuple[Path, ...]

    @property
    def newest(self) -> float:
        """When the last of its files was written (seconds since the epoch)."""
        return max(file.stat().st_mtime for file in self.files)

    def fingerprint(self, *more: object) -> str:
        """A hash that changes when a file, or anything in `more`, does."""
        stats = [(str(f), f.stat().st_size, f.stat().st_mtime_ns) for f in self.files]
        return hashlib.sha256(repr((stats, more)).encode()).hexdigest()[:16]

    @property
    def is_parquet(self) -> bool:
        """Whether its files are Parquet (else CSV)."""
        return self.files[0].name.lower().endswith(".parquet")

    @property
    def delimiter(self) -> str:
        """What parts the columns of its CSV files: the commonest of DELIMITERS in the first header."""
        opened = gzip.open if self.files[0].name.lower().endswith(".gz") else open
        try:
            with opened(self.files[0], "rb") as file:
                header = file.readline(HEADER_BYTES).decode("utf-8", errors="replace")
        except (OSError, EOFError):
            return DELIMITERS[0]
        return max(DELIMITERS, key=header.count)


def find_deliveries(paths: Sequence[str], unpacked: Path, fetch: Fetch | None) -> list[Delivery]:
    """The deliveries behind files, folders, globs and s3:// addresses, oldest first.

    Files of one folder whose names differ only in a part number belong together. Raises BillingError
    where nothing is found, or a file is empty or cut off.
    """
    files = [file for path in paths for file in _expand(path, unpacked, fetch)]
    if not files:
        raise BillingError(
            f"No billing export at {', '.join(paths)}. Name a .parquet, .csv, .csv.gz or .zip file, "
            "a folder of them, or a quoted pattern such as 'bills/*.parquet'."
        )
    parts = []
    for file in sorted(set(files)):
        _refuse_empty(file)
        parts += _unzip(file, unpacked)
    counted = _counted(parts)
    grouped: dict[tuple[str, bool], list[Path]] = {}
    for part in parts:
        name = (_delivery_name(part, counted), part.name.lower().endswith(".parquet"))
        grouped.setdefault(name, []).append(part)
    deliveries = [Delivery(name, tuple(files)) for (name, _), files in grouped.items()]
    return sorted(deliveries, key=lambda d: (d.newest, d.name))


def _expand(path: str, unpacked: Path, fetch: Fetch | None) -> list[Path]:
    if path.startswith("s3://"):
        if fetch is None:
            raise BillingError(
                f"{path} needs an account: run with source.account or AWS credentials."
            )
        return [file for file in fetch(path, unpacked) if _is_export(file)]
    place = Path(path).expanduser()
    if place.is_dir():
        return [file for file in place.rglob("*") if _is_export(file)]
    if place.is_file():
        return [place]
    return [Path(found) for found in glob.glob(str(place), recursive=True) if Path(found).is_file()]


def _is_export(file: Path) -> bool:
    return (
        file.is_file()
        and file.name.lower().endswith(ENDINGS)
        and not file.name.startswith(("_", "."))
    )


def _refuse_empty(file: Path) -> None:
    if file.stat().st_size == 0:
        raise BillingError(f"{file} is empty. Download the export again, or delete the file.")


def _delivery_name(file: Path, counted: set[tuple[Path, str]]) -> str:
    stem = file.name.split(".")[0]
    if DATED.search(stem):
        return str(file.parent / stem)
    short = SHORT_PART.match(stem)
    if short and (file.parent, short[1]) in counted:
        return str(file.parent / short[1])
    return str(file.parent / PART.sub("", stem))


def _counted(files: Sequence[Path]) -> set[tuple[Path, str]]:
    """Folder and stem of the names that are numbered from 0 or 1 on without a gap."""
    numbers: dict[tuple[Path, str], set[int]] = {}
    for file in files:
        stem = file.name.split(".")[0]
        if (short := SHORT_PART.match(stem)) and not DATED.search(stem):
            numbers.setdefault((file.parent, short[1]), set()).add(int(short[2]))
    return {
        name
        for name, found in numbers.items()
        if len(found) > 1 and found in ({*range(len(found))}, {*range(1, len(found) + 1)})
    }


def _unzip(file: Path, unpacked: Path) -> list[Path]:
    if file.suffix.lower() != ".zip":
        return [file]
    target = unpacked / hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:12]
    try:
        with zipfile.ZipFile(file) as archive:
            names = [
                name
                for name in archive.namelist()
                if name.lower().endswith((".csv", ".csv.gz", ".parquet"))
                and not Path(name).name.startswith(".")
            ]
            archive.extractall(target, members=names)
    except (zipfile.BadZipFile, EOFError) as error:
        raise BillingError(
            f"{file} is cut off or no zip file ({error}). Download it again."
        ) from None
    if not names:
        raise BillingError(f"{file} holds no .csv or .parquet file, so it is not a billing export.")
    return [target / name for name in names]
