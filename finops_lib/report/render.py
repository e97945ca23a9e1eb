"""Executed notebooks to what is handed round: pages, a deck, PDF, Markdown, and the indexes."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

from nbformat import NotebookNode

from finops_lib.errors import ReportError
from finops_lib.export.cover import Cover
from finops_lib.export.history import Run, previous_of
from finops_lib.export.html import ReportExporter
from finops_lib.export.index import SUMMARY, index_page, run_page
from finops_lib.export.markdown import export_markdown
from finops_lib.export.mask import Mask, leaks, mask_cover, mask_notebook
from finops_lib.export.pdf import print_to_pdf
from finops_lib.export.slides import export_slides
from finops_lib.report.folder import MANIFEST, runs
from finops_lib.report.manifest import provenance
from finops_lib.report.notebooks import read_notebook

Format = Literal["html", "slides", "pdf", "markdown"]
FORMATS: tuple[Format, ...] = get_args(Format)
DOCUMENTS = {
    "01_visibility": "COST_ANALYSIS",
    "03_optimization": "OPTIMIZATION_PLAN",
    "04_governance": "FINOPS_RUNBOOK",
}
"""Notebooks whose Markdown is handed round under the name of the document that it is."""
SLIDES = "slides"
"""The name of the deck's files."""

_KINDS = {
    ".pdf": "on paper",
    ".md": "in words, for a mail or a ticket",
    ".parquet": "table",
    ".csv": "table",
}
_FILES = {
    "manifest.json": "what the run was made of: versions, parameters, totals, durations",
    "findings.parquet": "every finding: a row per check and resource, the healthy and the unknown ones too",
    "coverage.parquet": "what each check examined, and what it could not judge, by account and region",
    "ledger.parquet": "every finding over the runs, with the predicted and the realised saving",
    "chargeback.csv": "what accounting books, by cost center, in whole cents",
    "statements.csv": "what each team pays: own, shared, credits",
    "team_outlook.csv": "where each team's month will end",
}
"""Files of a run that are no report, and what they hold."""


def render(
    folder: Path,
    cover: Cover,
    formats: Collection[str] = ("html",),
    *,
    mask: Mask | None = None,
    into: Path | None = None,
) -> list[str]:
    """Write the run's pages beside its `notebooks/`; what could not be made is returned in words.

    "html" is one page per notebook and the run's index.html, "slides" the deck of all of them,
    "pdf" a PDF of each page and of the deck, "markdown" the words of each. Needs the manifest. With
    `mask` every text is masked, `into` another folder, which may leave the company as it is. Raises
    ReportError where a masked page still shows a name.
    """
    manifest = _manifest(folder)
    cover = replace(cover, provenance=cover.provenance or provenance(manifest))
    names = [outcome["name"] for outcome in manifest["notebooks"]]
    notebooks = {name: read_notebook(folder / "notebooks" / f"{name}.ipynb") for name in names}
    if mask:
        cover = mask_cover(cover, mask)
        notebooks = {name: mask_notebook(nb, mask) for name, nb in notebooks.items()}
    target = into or folder
    target.mkdir(parents=True, exist_ok=True)
    for file, text in _texts(notebooks, cover, formats):
        _refuse_leaks(file, text, mask)
        _write(target / file, text)
    problems = _print_all(target, names) if "pdf" in formats else []
    if target == folder:
        write_run_index(folder)
    return problems


def _texts(
    notebooks: Mapping[str, NotebookNode], cover: Cover, formats: Collection[str]
) -> Iterator[tuple[str, str]]:
    for name, notebook in notebooks.items():
        yield f"{name}.html", ReportExporter(cover, name).from_notebook_node(notebook)[0]
        if "markdown" in formats:
            yield f"{DOCUMENTS.get(name, name)}.md", export_markdown(notebook, cover)
    if "slides" in formats:
        first = sorted(notebooks, key=lambda name: name != SUMMARY)
        yield f"{SLIDES}.html", export_slides([notebooks[name] for name in first], cover)


def _refuse_leaks(file: str, text: str, mask: Mask | None) -> None:
    found = leaks(text, mask) if mask else set()
    if found:
        raise ReportError(f"{file} would still show {len(found)} names that were to be masked; it was not written.")  # fmt: skip


def write_run_index(folder: Path) -> None:
    """Write the run's own index.html: its reports, key figures, changes, files and provenance."""
    run = Run(".", _manifest(folder))
    before = previous_of(run, _finished(folder.parent.parent))
    reports = dict(run.manifest["reports"])
    documents = {DOCUMENTS[name]: title for name, title in reports.items() if name in DOCUMENTS}
    titles = {**reports, **documents, SLIDES: "Slides"}
    files = [
        (path.name, told) for path in sorted(folder.iterdir()) if (told := _told(path, titles))
    ]
    files += [(path.relative_to(folder).as_posix(), "tagging policy, to deploy") for path in sorted(folder.glob("governance/*"))]  # fmt: skip
    if (folder / f"{SLIDES}.html").exists():
        files = [(f"{SLIDES}.html", "slides; S opens the speaker's notes"), *files]
    _write(folder / "index.html", run_page(run, before, files, provenance(run.manifest)))


def _told(path: Path, titles: Mapping[str, str]) -> str:
    """What the file holds, in words; empty for what the page leads to anyway."""
    kind = _FILES.get(path.name) or _KINDS.get(path.suffix, "")
    return f"{titles[path.stem]}, {kind}" if kind and path.stem in titles else kind


def write_index(outputs: Path) -> Path:
    """Write `outputs`/index.html over all finished runs; a static page, its links are relative."""
    page = outputs / "index.html"
    _write(page, index_page(_finished(outputs)))
    return page


def _finished(outputs: Path) -> list[Run]:
    return [
        Run(folder.relative_to(outputs).as_posix(), _manifest(folder), (folder / "index.html").exists())
        for folder in runs(outputs)
    ]  # fmt: skip


def _print_all(folder: Path, names: Sequence[str]) -> list[str]:
    problems = [_problem_of(print_to_pdf, folder / f"{name}.html", folder / f"{name}.pdf") for name in names]  # fmt: skip
    deck = folder / f"{SLIDES}.html"
    if deck.exists():
        problems.append(_problem_of(print_to_pdf, deck, deck.with_suffix(".pdf")))  # fmt: skip
    return list(dict.fromkeys(filter(None, problems)))


def _problem_of(act: Callable[..., None], *arguments: Any, **options: Any) -> str:
    try:
        act(*arguments, **options)
    except ReportError as error:
        return str(error)
    return ""


def _manifest(folder: Path) -> Any:
    return json.loads((folder / MANIFEST).read_text())


def _write(path: Path, text: str) -> None:
    """Replace the file whole: a reader never meets half of it, and an empty text makes none."""
    if text:
        aside = path.with_name(f".{path.name}.new")
        aside.write_text(text)
        aside.replace(path)
