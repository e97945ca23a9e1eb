"""What people see: the only room that rounds, words and lays out.

A notebook calls `setup()` once, then `say` for sentences, `kpis` for tiles, `table` for tables and
`figure` for pictures; `usd`, `pct`, `count`, `number` and `date` are for labels.
"""

from __future__ import annotations

import os
from importlib.resources import files

import matplotlib as mpl
import pandas as pd
from IPython import get_ipython
from IPython.display import HTML, Javascript, display

from finops_lib.figures import style
from finops_lib.present.figure import FIGURES, Picture, figure
from finops_lib.present.kpis import KPIS_MIME, Kpi, Kpis, kpis
from finops_lib.present.numbers import (
    FORMATS,
    UNKNOWN,
    count,
    date,
    month,
    number,
    pct,
    usd,
    use_currency,
)  # fmt: skip
from finops_lib.present.say import Text, say
from finops_lib.present.table import Table, table

HEADLESS = "FINOPS_HEADLESS"
"""Environment variable: set where nobody watches, so that no widget is made."""

_KEYS = (
    'document.addEventListener("focusin", ({ target }) => { if (target.closest(".jupyter-widgets")) '
    'target.setAttribute("data-lm-suppress-shortcuts", "true"); });'
)
"""In a control a key belongs to the control: JupyterLab would take "b" for a new cell, arrows for the next."""

__all__ = [
    "FIGURES", "FORMATS", "HEADLESS", "KPIS_MIME", "UNKNOWN", "Kpi", "Kpis", "Picture", "Table", "Text",
    "count", "date", "figure", "headless", "kpis", "month", "number", "pct", "say", "setup", "table",
    "usd", "use_currency",
]  # fmt: skip


def headless() -> bool:
    """Whether nobody is there to move a widget: a scheduled run, a test, plain Python."""
    return bool(os.environ.get(HEADLESS)) or get_ipython() is None


def setup() -> None:
    """Make a notebook look right: dollars stay dollars, figures take the house style, keys their control.

    MathJax reads "$5 … $6" in any HTML output as a formula, unless the output is told apart:
    pandas' own tables are here, those of this room are where they are made.
    """
    mpl.rcParams.update(style.RC)
    pd.set_option("display.html.use_mathjax", False)
    pd.set_option("styler.html.mathjax", False)
    if not headless():
        sheet = files("finops_lib").joinpath("templates/shared/outputs.css").read_text()
        display(HTML(f"<style>{sheet}</style>"), Javascript(_KEYS))  # type: ignore[no-untyped-call]
