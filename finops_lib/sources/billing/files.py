"""Files of an export: found, unpacked and grouped into deliveries."""

from __future__ import annotations

import glob
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
PART = re.compile(r"[-_.](?:part-?)?\d{4,}$")
"""The number of a part at the end of a name, as in `report-00001`."""


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
        return self.files[0].name.endswith(".parquet")


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
    grouped: dict[tuple[str, bool], list[Path]] = {}
    for file in sorted(set(files)):
        _refuse_empty(file)
        for part in _unzip(file, unpacked):
            grouped.setdefault((_delivery_name(part), part.name.endswith(".parquet")), []).append(
                part
            )
    deliveries = [Delivery(name, tuple(parts)) for (name, _), parts in grouped.items()]
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
    return file.is_file() and file.name.endswith(ENDINGS) and not file.name.startswith(("_", "."))


def _refuse_empty(file: Path) -> None:
    if file.stat().st_size == 0:
        raise BillingError(f"{file} is empty. Download the export again.")


def _delivery_name(file: Path) -> str:
    stem = file.name.split(".")[0]
    return str(file.parent / PART.sub("", stem))


def _unzip(file: Path, unpacked: Path) -> list[Path]:
    if file.suffix != ".zip":
        return [file]
    target = unpacked / hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:12]
    try:
        with zipfile.ZipFile(file) as archive:
            names = [
                name
                for name in archive.namelist()
                if name.endswith((".csv", ".csv.gz", ".parquet"))
            ]
            archive.extractall(target, members=names)
    except (zipfile.BadZipFile, EOFError) as error:
        raise BillingError(
            f"{file} is cut off or no zip file ({error}). Download it again."
        ) from None
    if not names:
        raise BillingError(f"{file} holds no .csv or .parquet file, so it is not a billing export.")
    return [target / name for name in names]
