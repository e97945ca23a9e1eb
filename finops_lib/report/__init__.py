"""Runs: notebooks executed, rendered to pages, kept in a folder with a manifest, and indexed.

In order: `begin_run`, `run_notebooks`, `write_manifest`, `render`, `finish_run`, `write_index`,
`retain`, and for outputs in S3 `publish`, with `fetch_history` before them all.
"""

from finops_lib.export.cover import Cover
from finops_lib.report.folder import begin_run, finish_run, newest_run, retain, runs
from finops_lib.report.manifest import provenance, write_manifest
from finops_lib.report.notebooks import Notebook, Outcome, run_notebooks
from finops_lib.report.remote import fetch_history, publish
from finops_lib.report.render import FORMATS, Format, render, write_index, write_run_index

__all__ = [
    "FORMATS",
    "Cover",
    "Format",
    "Notebook",
    "Outcome",
    "begin_run",
    "fetch_history",
    "finish_run",
    "newest_run",
    "provenance",
    "publish",
    "render",
    "retain",
    "run_notebooks",
    "runs",
    "write_index",
    "write_manifest",
    "write_run_index",
]  # fmt: skip
