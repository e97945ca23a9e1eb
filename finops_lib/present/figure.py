"""Pictures with their words: what is drawn, described for those who cannot see it, and kept."""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from finops_lib.figures import style
from finops_lib.present.say import Text

FIGURES = "FINOPS_FIGURES"
"""Environment variable: the folder in which every figure is kept as SVG, PNG and PDF as well."""

_UNDATED: dict[str, dict[str, None]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}


@dataclass(frozen=True)
class Picture:
    """A drawn figure as SVG with its title, its description and the source of its data."""

    svg: str
    alt: str
    title: str = ""
    source: str = ""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        words = {"alt": self.alt, "title": self.title, "source": self.source}
        data = {"text/html": self.html(), "image/svg+xml": self.svg, "text/plain": self.alt}
        return data, {"image/svg+xml": words}

    def html(self) -> str:
        """The picture for JupyterLab, which drops the description of a plain image."""
        image = base64.b64encode(self.svg.encode()).decode()
        caption = " · ".join(t for t in (self.title, self.source and f"Source: {self.source}") if t)
        return (
            f'<figure class="fo-figure mathjax_ignore"><img alt="{escape(self.alt)}" '
            f'src="data:image/svg+xml;base64,{image}"><figcaption>{escape(caption)}</figcaption></figure>'
        )


def figure(
    draw: Callable[..., Any],
    *data: Any,
    alt: str | Text,
    title: str | Text = "",
    source: str = "",
    size: str = "wide",
    rows: int = 1,
    columns: int = 1,
    **options: Any,
) -> Picture:
    """The picture that `draw(*data, ax=…, **options)` makes, in the house style.

    `alt` says in a sentence what the picture shows; `source` names its tables; `size` is a name in
    `style.SIZES`. With more than one row or column `ax` is the array of axes. The same data give
    the same bytes. Raises ValueError without a description.
    """
    if not str(alt).strip():
        raise ValueError("figure: say in alt what the picture shows; some readers only have that.")
    with mpl.rc_context(style.RC):
        drawn = Figure(figsize=style.SIZES[size])
        FigureCanvasAgg(drawn)
        draw(*data, ax=drawn.subplots(rows, columns), **options)
        picture = Picture(_svg(drawn), str(alt), str(title), source)
        if os.environ.get(FIGURES):
            _keep(drawn, picture, Path(os.environ[FIGURES]))
    return picture


def _svg(drawn: Figure) -> str:
    """The figure as an SVG element, without the prolog that has no place inside a page."""
    text = _bytes(drawn, "svg").decode()
    element = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    return element[element.index("<svg") :]


def _bytes(drawn: Figure, form: str) -> bytes:
    out = io.BytesIO()
    drawn.savefig(out, format=form, metadata=_UNDATED[form])
    return out.getvalue()


def _keep(drawn: Figure, picture: Picture, folder: Path) -> None:
    name = re.sub(r"[^a-z0-9]+", "-", (picture.title or picture.alt).lower()).strip("-")[:60]
    folder.mkdir(parents=True, exist_ok=True)
    for form in _UNDATED:
        (folder / f"{name}.{form}").write_bytes(_bytes(drawn, form))
