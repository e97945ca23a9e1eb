"""The dashboard as a picture, without a Grafana: the same panels, the same queries, drawn by matplotlib."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import matplotlib as mpl
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from finops_lib.dashboards.panels import PANELS, TABLES, Panel
from finops_lib.errors import ReportError
from finops_lib.figures import dashboard as draw
from finops_lib.figures import style
from finops_lib.present import FORMATS, use_currency
from finops_lib.present.table import format_of, label_of
from finops_lib.report.folder import MANIFEST

FORMS = (".png", ".pdf", ".svg")
COLUMNS = 24
WIDTH_IN = 15.0
_HEIGHTS_IN = {"stat": 1.1, "timeseries": 3.4, "barchart": 3.4, "table": 4.6}
_ROWS = 15
_FOOT_IN = 0.4
_CHARACTERS = {"reason": 76, "resource_id": 34, "check_id": 31, "region": 12, "confidence": 12}
"""How wide columns of the table are, in characters."""


def picture(run: Path, files: Sequence[Path]) -> None:
    """Draw the panels on the tables of the run into every file (.png, .pdf or .svg).

    Title and currency are the run's own. It says on its face that it was drawn here and not by Grafana. Raises ReportError where the run
    lacks a table, or a file is of another form.
    """
    wrong = [path.name for path in files if path.suffix not in FORMS]
    if wrong:
        raise ReportError(f"{wrong[0]} is no picture; name it {', '.join(FORMS)}.")
    answers = ask(run)
    told = json.loads((run / MANIFEST).read_text())
    use_currency(told["currency"])
    with mpl.rc_context(style.RC):
        drawn = _drawn(answers, f"{told['title']}: dashboard", told["currency"], run.name)
        for path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            drawn.savefig(path, dpi=120)


def ask(run: Path) -> dict[str, pd.DataFrame]:
    """The rows of every panel's query on the Parquet of the run, by the panel's title."""
    lacking = [path for path in (MANIFEST, *TABLES.values()) if not (run / path).exists()]
    if lacking:
        raise ReportError(f"{run} has no {lacking[0]}. Name the folder of a run: outputs/<period>/<run>.")  # fmt: skip
    with duckdb.connect() as connection:
        for name, path in TABLES.items():
            connection.read_parquet(str(run / path)).create_view(name)
        return {panel.title: connection.execute(panel.sql).df() for panel in PANELS}


def _drawn(answers: Mapping[str, pd.DataFrame], title: str, unit: str, run: str) -> Figure:
    lines = list(_lines())
    heights = [_HEIGHTS_IN[line[0].kind] for line in lines]
    figure = Figure(figsize=(WIDTH_IN, sum(heights) + _FOOT_IN + 0.6))
    FigureCanvasAgg(figure)
    figure.suptitle(title, x=0.008, ha="left", fontsize=15, fontweight="bold")
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.1)
    parts: Any = figure.subfigures(len(lines) + 1, 1, height_ratios=[*heights, _FOOT_IN])
    *rows, foot = parts
    for row, line in zip(rows, lines, strict=True):
        spans = [panel.span for panel in line]
        axes = row.subplots(1, len(line), width_ratios=spans, squeeze=False)[0]
        for panel, ax in zip(line, axes, strict=True):
            _panel(panel, answers[panel.title], ax, unit)
    said = f"Drawn by `finops dashboard` from the dashboard's own queries on the tables of run {run}; not a picture of a Grafana."
    foot.text(0.008, 0.4, said, fontsize=8.5, color=style.MUTED)
    return figure


def _lines() -> Iterator[list[Panel]]:
    """The panels by row of the dashboard: 24 columns each."""
    line: list[Panel] = []
    for panel in PANELS:
        if sum(one.span for one in line) + panel.span > COLUMNS:
            yield line
            line = []
        line.append(panel)
    yield line


def _panel(panel: Panel, frame: pd.DataFrame, ax: Any, unit: str) -> None:
    if panel.kind == "stat":
        form = "usd" if panel.unit.startswith("currency") else "count"
        draw.stat(FORMATS[form](frame.iloc[0, 0]), ax, title=panel.title)
    elif frame.empty:
        draw.stat("nothing", ax, title=panel.title)
    elif panel.kind == "timeseries":
        draw.days(frame, ax, title=panel.title, unit=unit)
    elif panel.kind == "barchart":
        draw.bars(frame, ax, title=panel.title, unit=unit)
    else:
        heads = [label_of(name) for name in frame]
        fits = [_CHARACTERS.get(str(name), 16) for name in frame]
        draw.rows(heads, _texts(frame.head(_ROWS)), fits, ax, title=panel.title)


def _texts(frame: pd.DataFrame) -> list[list[str]]:
    """The cells in words, as a report's table words them."""
    forms = {name: FORMATS[format_of(str(name), frame[name])] for name in frame}
    plain = frame.astype("object").where(frame.notna(), None)
    return [[forms[name](row[name]) for name in frame] for row in plain.to_dict("records")]
