"""Outputs in S3: a run is made in a local folder, and put there when it is complete.

`fetch_history` before the run, `publish` after it. Nothing in the bucket is deleted, and nothing is
replaced but the index over all runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

from finops_lib.errors import ReportError
from finops_lib.export.history import Run
from finops_lib.export.index import index_page
from finops_lib.plans.bucket import Bucket, open_bucket
from finops_lib.report.folder import MANIFEST

HISTORY = (MANIFEST, "ledger.parquet")
"""What a run reads of those before it: the course of the key figures, and the ledger of findings."""

INDEX = "index.html"


def fetch_history(url: str, outputs: Path) -> None:
    """Bring manifests and ledgers of the runs that lie there to `outputs`, where they lack.

    So a machine that is new every month, such as a container, goes on with the course of the runs
    before. Raises ReportError where the bucket cannot be listed: before anything else is read.
    """
    bucket = open_bucket(url)
    lacking = [k for k in bucket.all_keys() if _file(k) in HISTORY and not (outputs / k).exists()]
    _at_once(lambda key: bucket.download(key, outputs / key), lacking)


def publish(url: str, folder: Path) -> str:
    """Put the finished run there and write the index over all runs; the address of the run.

    Its manifest claims the name, so that two machines never write into one run; its index comes last,
    so that nobody is led to half a run. Raises ReportError that says how to send it again.
    """
    try:
        bucket = open_bucket(url)
        run = _claim(bucket, folder)
        first_and_last = (folder / MANIFEST, folder / INDEX)
        files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p not in first_and_last]
        _at_once(lambda p: bucket.upload(p, f"{run}/{p.relative_to(folder).as_posix()}"), files)
        bucket.upload(folder / INDEX, f"{run}/{INDEX}")
        _write_index(bucket)
    except ReportError as error:
        again = f"finops publish {folder} {url}"
        raise ReportError(
            f"The run is whole in {folder}, but not in S3. {error} Then send it again: {again}"
        ) from None
    return f"{bucket.url}/{run}"


def _claim(bucket: Bucket, folder: Path) -> str:
    """`<period>/<run>`, or that with a number where another run has the name."""
    manifest = (folder / MANIFEST).read_text()
    own = f"{folder.parent.name}/{folder.name}"
    names = (own if n == 1 else f"{own}-{n}" for n in count(1))
    # The same manifest there is this very run, sent before and cut off.
    return next(
        name for name in names
        if bucket.claim(manifest, f"{name}/{MANIFEST}") or bucket.text(f"{name}/{MANIFEST}") == manifest
    )  # fmt: skip


def _write_index(bucket: Bucket) -> None:
    """Write the index, and once more where another machine's run came in meanwhile."""
    shown: set[str] = set()
    while shown != (there := {k for k in bucket.all_keys() if _file(k) in (MANIFEST, INDEX)}):
        shown = there
        folders = sorted(k.removesuffix(f"/{MANIFEST}") for k in there if _file(k) == MANIFEST)
        runs = [
            Run(name, json.loads(bucket.text(f"{name}/{MANIFEST}")), f"{name}/{INDEX}" in there)
            for name in folders
        ]
        bucket.put(index_page(runs), INDEX)


def _at_once(act: Callable[[Any], None], on: Iterable[Any]) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, on))


def _file(key: str) -> str:
    """The file's name where the key is <period>/<run>/<file>; else empty."""
    parts = key.split("/")
    return parts[2] if len(parts) == 3 else ""
