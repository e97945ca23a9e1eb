"""Tables as people read them: formatted, aligned, captioned; the report makes them searchable."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import pandas as pd

from finops_lib.present.numbers import FORMATS, UNKNOWN, hides, steady, usd

_BY_NAME = (
    (r"(change_share|growth)$", "change"),
    (r"(_share|^share|_ratio)$", "pct"),
    (r"(^change|_change|change_per_day|delta|difference)$", "delta"),
    (r"_pct$", "points"),
    (r"_gib$", "gib"),
    (r"(_days|^age|_age)$", "days"),
    (r"(?i)(cost|saving|savings|spend|spent|usd|amount|budget|price_gap|billed|effective|listed|per_day|(cost|saving)_per_\w+)(_low|_high|_before|_after)?$", "usd"),
)  # fmt: skip
"""The unit is in the column's name; this is how each unit is shown."""

_ACRONYMS = {"id": "ID", "cpu": "CPU", "gpu": "GPU", "ec2": "EC2", "ebs": "EBS", "rds": "RDS", "s3": "S3",
             "usd": "USD", "p95": "p95", "kpi": "KPI", "vpc": "VPC", "nat": "NAT", "pct": "%", "gib": "GiB",
             "roi": "ROI", "iops": "IOPS", "mibps": "MiB/s", "kwh": "kWh", "gp3": "gp3", "csv": "CSV"}  # fmt: skip
_BADGES = {"waste", "ok"}
_NOT_NEEDED = {"reason", "note", "prerequisite", "undo", "error", "after_step"}
"""Texts that a row need not have: where one is missing nothing is unknown."""
_NONE = "–"
_CODED = {"action", "kind", "ours", "payment", "prerequisite", "product", "purchase_option", "rate_source", "stage"}  # fmt: skip
"""Columns whose values are names in the code; people read them as words, a CSV keeps them as they are."""
_SENTENCE = 60
"""Characters from which a text is read as a sentence."""
_WORD = 24
"""Characters up to which a word without a space is never broken; longer ones, such as ARNs, may be."""
_PHRASE = 12
"""Characters up to which a few words stay on one line."""
_MONEY = {"usd": False, "delta": True}
"""Formats of money and whether they carry their sign; a column has cents everywhere or nowhere."""


@dataclass(frozen=True)
class Table:
    """A frame and how to show it; what is shown is rounded, what is sorted and saved is not."""

    frame: pd.DataFrame
    caption: str = ""
    formats: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    bars: Sequence[str] = ()
    total: Mapping[str, Any] | None = None
    note: str = ""
    source: str = ""
    rows: int = 12
    empty: str = "Nothing to show."

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        data = {
            "text/html": self.html(),
            "text/markdown": self.markdown(),
            "text/plain": f"{self.caption or 'table'}: {len(self.frame)} rows",
        }
        return data, {"text/html": {"source": self.source}} if self.source else {}

    def html(self) -> str:
        """The table as HTML; numbers carry their unrounded value for sorting and for CSV."""
        if self.frame.empty:
            return f'<p class="fo-empty">{escape(f"{self.caption}: " if self.caption else "")}{escape(self.empty)}</p>'
        columns = _columns(self)
        head = "".join(
            f'<th scope="col" class="{c.css}" data-name="{escape(c.name)}">{escape(c.label)}</th>'
            for c in columns
        )
        cells = zip(*(c.cells() for c in columns), strict=True)
        body = "".join(f"<tr>{''.join(row)}</tr>" for row in cells)
        return (
            f'<figure class="fo-table mathjax_ignore"><table data-rows="{self.rows}">'
            f'<caption><span class="caption">{escape(self.caption)}</span></caption><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody>{self._foot(columns)}</table>{self._notes()}</figure>"
        )

    def markdown(self) -> str:
        """The first rows as a Markdown table."""
        if self.frame.empty:
            return f"{self.caption}: {self.empty}" if self.caption else self.empty
        columns = _columns(self)
        shown = [[_cell_text(t) for t in c.texts[: self.rows]] for c in columns]
        lines = [
            "| " + " | ".join(c.label for c in columns) + " |",
            "|" + "|".join("---:" if c.css == "n" else "---" for c in columns) + "|",
            *("| " + " | ".join(row) + " |" for row in zip(*shown, strict=True)),
        ]
        left = len(self.frame) - self.rows
        rest = f"\n\n… and {left:,} more rows" if left > 0 else ""
        caption = f"**{self.caption}**\n\n" if self.caption else ""
        return (caption + "\n".join(lines) + rest).replace("$", r"\$")

    def _foot(self, columns: Sequence[_Column]) -> str:
        if not self.total:
            return ""
        cells = []
        for column in columns:
            value = self.total.get(column.name)
            shown = "" if value is None else column.show(value)
            cells.append(f'<td class="{column.css}">{escape(shown)}</td>')
        return f"<tfoot><tr>{''.join(cells)}</tr></tfoot>"

    def _notes(self) -> str:
        notes = [text for text in (self.note, self.source and f"Source: {self.source}") if text]
        return f"<figcaption>{escape(' · '.join(notes))}</figcaption>" if notes else ""


def table(frame: pd.DataFrame, caption: str = "", **options: Any) -> Table:
    """The frame as a table.

    `formats` (column: name in `numbers.FORMATS`) overrides what the column's unit says; `labels`
    the headings; `missing` (column: words) says what an empty cell means where that is not "unknown";
    `bars` columns get a bar of their size; `total` is the last row (column: value); `note`, `source`
    stand below; `rows` are shown before the reader asks for all.
    """
    return Table(frame, caption, **options)


@dataclass(frozen=True)
class _Column:
    name: str
    label: str
    form: str
    values: Sequence[Any]
    cents: bool
    bar: bool
    missing: str

    @property
    def css(self) -> str:
        return "" if self.form == "text" else "n"

    @property
    def texts(self) -> list[str]:
        return [self.show(value) for value in self.values]

    def show(self, value: Any) -> str:
        if isinstance(value, str):
            return value.replace("_", " ") if self.name in _CODED else value
        if value is None and self.missing:
            return self.missing
        if value is not None and self.form in _MONEY:
            shown = usd(value, cents=self.cents, signed=_MONEY[self.form])
            return FORMATS[self.form](value) if hides(shown, value) else shown
        return FORMATS[self.form](value)

    def cells(self) -> list[str]:
        if self.form == "text":
            return [
                _text_cell(text, self.name, value)
                for text, value in zip(self.texts, self.values, strict=True)
            ]
        largest = max((abs(float(v)) for v in self.values if self.bar and pd.notna(v)), default=0)
        return [
            _number_cell(text, value, abs(float(value)) / largest if largest and pd.notna(value) else None)
            for text, value in zip(self.texts, self.values, strict=True)
        ]  # fmt: skip


def _columns(shown: Table) -> list[_Column]:
    """The columns that say something: one of empty texts alone is left out."""
    columns = [_column(shown, name) for name in shown.frame.columns]
    return [column for column in columns if set(column.texts) - {"", _NONE}]


def _column(shown: Table, name: Any) -> _Column:
    series = shown.frame[name]
    form = shown.formats.get(name) or format_of(str(name), series)
    values = series.astype("object").where(series.notna(), None).tolist()
    numeric = form in _MONEY and series.notna().any()
    cents = not numeric or bool(pd.to_numeric(series).abs().max() < 1e3)
    label = shown.labels.get(name, label_of(str(name)))
    missing = shown.missing.get(name, _NONE if name in _NOT_NEEDED else "")
    return _Column(str(name), label, form, values, cents, name in shown.bars, missing)


def format_of(name: str, values: pd.Series) -> str:
    """The format of a column: by its type, and for numbers by the unit in its name."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return "date"
    if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        return "text"
    for pattern, form in _BY_NAME:
        if re.search(pattern, name):
            return form
    return "count" if pd.api.types.is_integer_dtype(values) else "number"


def label_of(name: str) -> str:
    """A heading from a column name: "monthly_cost" and "BilledCost" become "Monthly cost", "Billed cost"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.removeprefix("x_")).lower().split("_")
    shown = [_ACRONYMS.get(word, word) for word in words if word]
    if not shown:
        return ""
    first = shown[0] if shown[0] in _ACRONYMS.values() else shown[0][:1].upper() + shown[0][1:]
    return " ".join([first, *shown[1:]])


def _text_cell(text: str, name: str, value: Any) -> str:
    if name in _CODED and isinstance(value, str) and text != value:
        return f'<td data-v="{escape(value)}">{escape(text)}</td>'
    if text == UNKNOWN or (text in _BADGES and name == "status"):
        return f'<td><span class="fo-badge fo-{text}">{text}</span></td>'
    css = _width(text)
    return f'<td class="{css}">{escape(text)}</td>' if css else f"<td>{escape(text)}</td>"


def _width(text: str) -> str:
    """Sentences need width, or one row of a wide table fills the screen; names stay in one piece."""
    if " " in text:
        return "sentence" if len(text) > _SENTENCE else "word" if len(text) <= _PHRASE else ""
    return "long" if len(text) > _WORD else "word" if "-" in text or "_" in text else ""


def _number_cell(text: str, value: Any, bar: float | None) -> str:
    if text == UNKNOWN:
        return f'<td class="n"><span class="fo-badge fo-unknown">{UNKNOWN}</span></td>'
    if value is None:
        return f'<td class="n">{escape(text)}</td>'
    style = "" if bar is None else f' style="--bar:{bar * 100:.1f}%"'
    raw = value.isoformat() if hasattr(value, "isoformat") else repr(steady(value))
    return f'<td class="n" data-v="{raw}"{style}>{escape(text)}</td>'


def _cell_text(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
