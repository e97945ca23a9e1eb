"""The deck: the cells that the notebooks tag for it, as one self-contained reveal.js page."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from copy import deepcopy
from html import escape
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, v4

from finops_lib.errors import ReportError
from finops_lib.export.cover import Cover
from finops_lib.export.html import ReportExporter, title_of
from finops_lib.export.prose import Prose

TAGS = ("slide", "slide-more", "notes")
"""`slide` starts a slide with the cell, `slide-more` puts the cell on the slide before it, `notes`
makes it what the speaker says; cells without one of them stay in the report."""


class SlidesExporter(ReportExporter):
    """nbconvert's exporter of the deck: `SlidesExporter(cover, "slides")` on a `deck` notebook."""

    template_folder = "slides"
    styles = ("shared/outputs.css", "shared/page.css", "report/report.css", "slides/slides.css")
    scripts = ()

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """The deck as a page; reveal.js is in it."""
        reveal = {"css": _packaged("reveal.css"), "js": _packaged("reveal.js"), "notes": _packaged("plugin/notes.js")}  # fmt: skip
        return super().from_notebook_node(nb, {**(resources or {}), "reveal": reveal}, **options)


def deck(notebooks: Sequence[NotebookNode]) -> NotebookNode:
    """The tagged cells of the executed notebooks as one notebook, each with its place and notes.

    `cell.metadata.slide` is "start" or "more"; `cell.metadata.question` the notebook's; `cell.metadata.notes` is the HTML of what the speaker
    says there: the cells tagged `notes` that follow, and the description and source of each figure.
    """
    cells: list[NotebookNode] = []
    for notebook in notebooks:
        question = title_of(notebook)
        for cell in notebook.cells:
            _place(deepcopy(cell), cells, question)
    for number, cell in enumerate(cells):
        cell["id"] = f"slide-{number}"
    return v4.new_notebook(cells=cells)  # type: ignore[no-untyped-call, no-any-return]


def _place(cell: NotebookNode, cells: list[NotebookNode], question: str) -> None:
    tags = set(cell.metadata.get("tags", []))
    if "notes" in tags and cells:
        cells[-1].metadata["notes"] += _spoken(cell)
    elif tags & {"slide", "slide-more"}:
        cell.metadata["slide"] = "start" if "slide" in tags or not cells else "more"
        cell.metadata["notes"] = _sources(cell)
        cell.metadata["question"] = question
        cells.append(cell)


def _spoken(cell: NotebookNode) -> str:
    if cell.cell_type == "markdown":
        return Prose().html(cell.source)
    return "".join(o.data["text/html"] for o in cell.outputs if "text/html" in o.get("data", {}))


def _sources(cell: NotebookNode) -> str:
    """What the figures and tables of the cell show and where from, for the speaker."""
    notes = []
    for output in cell.get("outputs", []):
        for words in output.get("metadata", {}).values():
            if isinstance(words, dict) and words.get("source"):
                text = " ".join(t for t in (words.get("alt"), f"Source: {words['source']}.") if t)
                notes.append(f"<p>{escape(text)}</p>")
    return "".join(notes)


def export_slides(notebooks: Sequence[NotebookNode], cover: Cover) -> str:
    """The deck of these executed notebooks; empty where no cell is tagged `slide`."""
    slides = deck(notebooks)
    return SlidesExporter(cover, "slides").from_notebook_node(slides)[0] if slides.cells else ""


def _packaged(name: str) -> str:
    """A file of reveal.js as the package pyreveal ships it; found, not imported."""
    found = importlib.util.find_spec("pyreveal")
    if not found or not found.submodule_search_locations:
        raise ReportError("Slides need reveal.js. Install the pinned environment (make) or `pip install pyreveal`.")  # fmt: skip
    return (Path(found.submodule_search_locations[0]) / "revealjs" / "dist" / name).read_text()
