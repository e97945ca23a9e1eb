"""Runs: notebooks executed, rendered to pages, kept in a folder with a manifest, and indexed."""

from finops_lib.report.notebooks import Notebook, Outcome, run_notebooks

__all__ = ["Notebook", "Outcome", "run_notebooks"]
