"""A notebook as one self-contained page."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from importlib.resources import files
from itertools import count
from typing import Any

from nbconvert.exporters import TemplateExporter
from nbconvert.filters import Highlight2HTML
from nbformat import NotebookNode
from traitlets.config import Config

from finops_lib.export.cover import Cover
from finops_lib.export.drawing import alternative_text, inline_figure
from finops_lib.export.prose import Heading, Prose

TEMPLATES = files("finops_lib").joinpath("templates")

SHOWN_FIRST = ["image/svg+xml", "text/html", "text/markdown", "image/png", "image/jpeg", "text/plain"]  # fmt: skip
"""A figure goes in as SVG, whatever else the notebook keeps of it; widgets and scripts never."""

HIDDEN_TAGS = {"hide", "notes", "injected-parameters", "papermill-error-cell-tag"}
"""Cells that no report shows: what papermill adds is told in the provenance and in the notice, what
the speaker says in the deck's notes."""

OF_THE_RUN = {"estate", "params"}
"""Parameters that point into the run's own folder: where that lay says nothing about the report."""


@dataclass(frozen=True)
class Page:
    """What the template shows around the cells."""

    name: str
    title: str
    cover: Cover
    contents: list[Heading]
    css: str
    script: str
    error: str = ""
    parameters: str = ""


class ReportExporter(TemplateExporter):
    """nbconvert's exporter with the template of this project: `ReportExporter(cover, name)`.

    Nothing is loaded from elsewhere: style and script are in the page, figures are SVG in it.
    """

    template_folder = "report"
    styles: tuple[str, ...] = ("shared/outputs.css", "shared/page.css", "report/report.css")
    scripts: tuple[str, ...] = ("report/report.js",)

    def __init__(self, cover: Cover, name: str, **options: Any) -> None:
        self.cover = cover
        self.page_name = name
        super().__init__(  # type: ignore[no-untyped-call]
            template_name=self.template_folder, extra_template_basedirs=[str(TEMPLATES)],
            extra_template_paths=[str(TEMPLATES)], **options
        )  # fmt: skip

    file_extension = ".html"
    output_mimetype = "text/html"

    @property
    def default_config(self) -> Config:
        """Nbconvert's defaults, with the order of the outputs and papermill's own marks removed."""
        ours = Config(
            {
                "NbConvertBase": {"display_data_priority": SHOWN_FIRST},
                "TagRemovePreprocessor": {
                    "enabled": True,
                    "remove_cell_tags": HIDDEN_TAGS,
                },
            }
        )
        ours.merge(super().default_config)
        return ours

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page of the notebook; its first heading becomes the title."""
        nb = deepcopy(nb)
        prose, numbers = Prose(), count(1)
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                cell.metadata["html"] = prose.html(cell.source)
        headings = prose.headings
        title = next((h for h in headings if h.level == 1), None)
        if title:
            _drop_heading(nb, title)
        page = Page(
            name=self.page_name,
            title=title.text if title else self.page_name,
            cover=self.cover,
            contents=[h for h in headings if h.level in (2, 3)],
            css=assets(*self.styles),
            script=assets(*self.scripts),
            error=nb.metadata.get("finops", {}).get("error", ""),
            parameters=_parameters(nb),
        )
        self.filters = {
            "prose": Prose().html,
            "figure": lambda output: inline_figure(output, next(numbers)),
            "alt": alternative_text,
            "code": Highlight2HTML(pygments_lexer="python"),  # type: ignore[no-untyped-call]
        }
        html, resources = super().from_notebook_node(nb, {**(resources or {}), "page": page})
        return str(html), resources


def title_of(nb: NotebookNode) -> str:
    """The first heading of the notebook, the question that it answers; empty without one."""
    prose = Prose()
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            prose.html(cell.source)
    return next((h.text for h in prose.headings if h.level == 1), "")


def _drop_heading(nb: NotebookNode, title: Heading) -> None:
    for cell in nb.cells:
        html = cell.metadata.get("html", "")
        start = html.find(f'<h1 id="{title.id}">')
        if start >= 0:
            cell.metadata["html"] = html[:start] + html[html.index("</h1>", start) + 5 :].lstrip()
            return


def _parameters(nb: NotebookNode) -> str:
    given = nb.metadata.get("papermill", {}).get("parameters", {})
    shown = {name: value for name, value in sorted(given.items()) if name not in OF_THE_RUN}
    return ", ".join(f"{name} = {value!r}" for name, value in shown.items())


def assets(*names: str) -> str:
    """The text of these template files, one after the other."""
    return "\n".join(TEMPLATES.joinpath(name).read_text().strip() for name in names)
