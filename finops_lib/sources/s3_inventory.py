"""S3 Inventory reports, CSV or Parquet, added up into OBJECT_GROUPS: no object is asked for.

Format: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html. ORC is not read.
"""

from __future__ import annotations

import glob
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from finops_lib.errors import BillingError, ParameterError
from finops_lib.schema import OBJECT_GROUPS, conform

Fetch = Callable[[str, Path], list[Path]]
"""Brings what an s3:// address names into a folder; the files that came."""

DATA = (".parquet", ".csv", ".csv.gz")
SMALL_BYTES = 128 * 1024
"""Below it the infrequent classes bill an object as if it were so large."""

OPTIONAL = {
    "islatest": "TRUE", "isdeletemarker": "FALSE", "etag": "NULL", "storageclass": "'STANDARD'",
    "lastmodifieddate": "NULL",
}  # fmt: skip
"""Fields that a report may leave out, and what stands for them: a report without versions has current ones alone."""


@dataclass(frozen=True)
class Report:
    """The data files of one report, the fields of a CSV without a head line, and when it was made."""

    files: tuple[Path, ...]
    fields: tuple[str, ...] | None
    made: datetime | None


def read_inventories(
    paths: Sequence[str], folder: Path, buckets: pd.DataFrame, fetch: Fetch | None = None
) -> pd.DataFrame:
    """OBJECT_GROUPS of the newest report of each bucket behind manifests, folders, files and s3:// addresses.

    `buckets` tells each bucket's account and region; copies in another region are replicas and count as
    no duplicates. Raises ParameterError where nothing is found, a manifest's file is missing or a report
    cannot be read, BillingError (from `fetch`) where an address is refused.
    """
    reports = [report for path in paths for report in _reports(path, folder, fetch)]
    if not reports:
        raise ParameterError(
            f"No S3 Inventory at {', '.join(paths)}. Name a manifest.json, the folder above it, or its "
            "CSV or Parquet files, local or s3://."
        )
    places = buckets[["name", "account_id", "region"]].rename(columns={"name": "bucket"})
    with duckdb.connect() as connection:
        connection.register("places", places.astype("object"))
        try:
            found = connection.sql(_groups(" UNION ALL ".join(map(_select, reports)))).df()
        except duckdb.Error as error:
            raise ParameterError(
                f"The S3 Inventory at {', '.join(paths)} cannot be read: {error}"
            ) from None
    made = max((report.made for report in reports if report.made), default=None)
    return conform(found.assign(listed_at=made), OBJECT_GROUPS)


def _reports(path: str, folder: Path, fetch: Fetch | None) -> list[Report]:
    files = _files(path, folder, fetch)
    manifests = [file for file in files if file.name.endswith(".json")]
    newest: dict[tuple[str, str], tuple[str, Path, dict[str, Any]]] = {}
    for file in manifests:
        told = _manifest(file)
        if told is not None:
            key = (told["sourceBucket"], str(file.parent.parent))
            newest[key] = max(
                newest.get(key, ("", file, told)),
                (str(told["creationTimestamp"]), file, told),
                key=lambda report: report[0],
            )
    if newest:
        return [_manifested(file, told, folder, fetch) for _, file, told in newest.values()]
    plain = [file for file in files if file.name.endswith(DATA)]
    return [Report((file,), None, None) for file in plain]


def _files(path: str, folder: Path, fetch: Fetch | None) -> list[Path]:
    """The manifests and data files behind a path; of an s3:// folder its manifests alone are brought."""
    if not path.startswith("s3://"):
        place = Path(path).expanduser()
        if place.is_dir():
            return sorted(file for file in place.rglob("*") if file.is_file())
        return sorted(Path(found) for found in glob.glob(str(place), recursive=True))
    if fetch is None:
        raise ParameterError(f"{path} needs an account: run with source.account: true.")
    is_file = path.endswith((".json", *DATA))
    return fetch(path if is_file else f"{path.rstrip('/')}/*manifest.json", folder)


def _manifest(file: Path) -> dict[str, Any] | None:
    told = json.loads(file.read_text())
    return told if isinstance(told, dict) and "fileSchema" in told else None


def _manifested(file: Path, told: dict[str, Any], folder: Path, fetch: Fetch | None) -> Report:
    if told["fileFormat"] not in ("CSV", "Parquet"):
        raise ParameterError(
            f"{file} is an inventory in {told['fileFormat']}; CSV and Parquet are read."
        )
    keys = [entry["key"] for entry in told["files"]]
    bucket = told["destinationBucket"].rsplit(":", 1)[-1]
    found = [_data_file(file, bucket, key, folder, fetch) for key in keys]
    is_csv = told["fileFormat"] == "CSV"
    fields = tuple(name.strip() for name in told["fileSchema"].split(",")) if is_csv else None
    moment = datetime.fromtimestamp(int(told["creationTimestamp"]) / 1000, UTC)
    return Report(tuple(found), fields, moment.replace(tzinfo=None))


def _data_file(manifest: Path, bucket: str, key: str, folder: Path, fetch: Fetch | None) -> Path:
    """A manifest's data file: beside it as the bucket had it, else brought from there."""
    places = [parent / part for parent in manifest.parents for part in (key, f"{bucket}/{key}")]
    beside = next((place for place in places if place.is_file()), None)
    if beside is not None:
        return beside
    if fetch is not None and (came := fetch(f"s3://{bucket}/{key}", folder)):
        return came[0]
    raise ParameterError(f"{manifest} names {key}, which is not there. Download the whole report.")


def _select(report: Report) -> str:
    """SQL for the report's objects in plain columns."""
    files = ", ".join(f"'{_quoted(str(file))}'" for file in report.files)
    if report.files and report.files[0].name.endswith(".parquet"):
        relation = f"read_parquet([{files}], union_by_name = true)"
    elif report.fields is None:
        relation = f"read_csv([{files}], header = true, all_varchar = true)"
    else:
        names = ", ".join(f"'{name}'" for name in report.fields)
        relation = f"read_csv([{files}], header = false, names = [{names}], all_varchar = true)"
    have = {re.sub(r"[^a-z]", "", name.lower()): name for name in _columns(relation)}
    missing = sorted({"bucket", "key", "size"} - set(have))
    if missing:
        raise ParameterError(
            f"{report.files[0]} is no S3 Inventory: it has no field {', '.join(missing)}."
        )
    field = {name: f'"{have[name]}"' if name in have else plain for name, plain in OPTIONAL.items()}
    key = 'url_decode("{}")' if report.fields else '"{}"'
    return f"""
        SELECT "{have["bucket"]}" AS bucket, {key.format(have["key"])} AS key,
          TRY_CAST("{have["size"]}" AS BIGINT) AS size, {field["etag"]} AS etag,
          coalesce(TRY_CAST({field["islatest"]} AS BOOLEAN), TRUE) AS is_latest,
          coalesce(TRY_CAST({field["isdeletemarker"]} AS BOOLEAN), FALSE) AS is_marker,
          {field["storageclass"]} AS storage_class,
          TRY_CAST({field["lastmodifieddate"]} AS TIMESTAMP) AS modified
        FROM {relation}"""


def _columns(relation: str) -> list[str]:
    with duckdb.connect() as connection:
        try:
            return [str(name) for name in connection.sql(f"SELECT * FROM {relation}").columns]
        except duckdb.Error as error:
            raise ParameterError(f"An S3 Inventory file cannot be read: {error}") from None


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _groups(objects: str) -> str:
    """SQL that adds the objects up; a copy is what has the ETag and size of an older object near it."""
    return f"""
    WITH objects AS ({objects}),
    placed AS (
      SELECT objects.*, coalesce(account_id, 'unknown') AS account_id,
        coalesce(region, 'unknown') AS region,
        is_latest AND NOT is_marker AS is_current,
        is_latest AND NOT is_marker AND size > 0 AND etag IS NOT NULL AS may_repeat
      FROM objects LEFT JOIN places USING (bucket) WHERE size IS NOT NULL OR is_marker
    ),
    numbered AS (
      SELECT *, may_repeat AND row_number() OVER same > 1 AS is_copy,
        first_value(bucket) OVER same AS first_bucket
      FROM placed
      WINDOW same AS (
        PARTITION BY may_repeat, etag, size,
          CASE WHEN region = 'unknown' THEN bucket ELSE region END
        ORDER BY modified, bucket, key)
    )
    SELECT account_id, region, bucket AS resource_id,
      CASE WHEN contains(key, '/') THEN split_part(key, '/', 1) || '/' ELSE '' END AS prefix,
      regexp_extract(lower(key), '\\.([a-z][a-z0-9]{{0,7}})$', 1) AS suffix,
      coalesce(storage_class, 'STANDARD') AS storage_class,
      date_trunc('month', modified)::TIMESTAMP AS modified_month,
      count(*) FILTER (is_current) AS object_count,
      coalesce(sum(size) FILTER (is_current), 0) / 1073741824.0 AS size_gib,
      count(*) FILTER (is_current AND size < {SMALL_BYTES}) AS small_count,
      count(*) FILTER (is_copy) AS duplicate_count,
      coalesce(sum(size) FILTER (is_copy), 0) / 1073741824.0 AS duplicate_gib,
      max(first_bucket) FILTER (is_copy) AS duplicate_of,
      count(*) FILTER (NOT is_latest) AS noncurrent_count,
      coalesce(sum(size) FILTER (NOT is_latest), 0) / 1073741824.0 AS noncurrent_gib
    FROM numbered GROUP BY ALL ORDER BY ALL"""


def gap(error: BillingError | ParameterError) -> Mapping[str, Any]:
    """The gap that an inventory which could not be read leaves."""
    return {"service": "s3", "table": OBJECT_GROUPS.name, "error": "NotRead", "reason": str(error)}
