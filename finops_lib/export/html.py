"""A notebook as one self-contained page."""

from __future__ import annotations

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


class ReportExporter(TemplateExporter):
    """nbconvert's exporter with the template of this project: `ReportExporter(cover, name)`.

    Nothing is loaded from elsewhere: style and script are in the page, figures are SVG in it.
    """

    def __init__(self, cover: Cover, name: str, **options: Any) -> None:
        self.cover = cover
        self.page_name = name
        super().__init__(  # type: ignore[no-untyped-call]
            template_name="report", extra_template_basedirs=[str(TEMPLATES)], **options
        )

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
                    "remove_cell_tags": {"papermill-error-cell-tag", "hide"},
                },
            }
        )
        ours.merge(super().default_config)
        return ours

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page of the notebook; its first heading becomes the title."""
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
            css=_assets("shared/outputs.css", "shared/page.css", "report/report.css"),
            script=_assets("report/report.js"),
            error=nb.metadata.get("finops", {}).get("error", ""),
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


def _assets(*names: str) -> str:
    return "\n".join(TEMPLATES.joinpath(name).read_text().strip() for name in names)
