"""Small notebooks to run and render."""

from datetime import datetime

import nbformat
import pytest
from nbformat import v4

from finops_lib import report
from finops_lib.period import Period

COVER = report.Cover(
    "ML platform", Period.month("2026-10"), datetime(2026, 11, 3), ("123456789012",),
    reports=(("one", "One"), ("two", "Two")),
)  # fmt: skip


def _cell(source, tags):
    cell = (
        v4.new_markdown_cell(source[3:]) if source.startswith("md:") else v4.new_code_cell(source)
    )
    cell.metadata["tags"] = tags
    return cell


@pytest.fixture(scope="session")
def write_notebook():
    """write(path, *cells): a cell is its source, "md:…" for Markdown, or (source, tag, …)."""

    def write(path, *cells):
        sources = [
            (cell, []) if isinstance(cell, str) else (cell[0], list(cell[1:])) for cell in cells
        ]
        notebook = v4.new_notebook(cells=[_cell(source, tags) for source, tags in sources])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}  # fmt: skip
        nbformat.write(notebook, path)
        return path

    return write


@pytest.fixture
def make_run(tmp_path, write_notebook):
    """make_run(created, good=True): a finished run with two unexecuted notebooks, rendered."""

    def make(created="2026-11-03T06:00:00", good=True, formats=("html",)):
        folder = report.begin_run(tmp_path, "2026-10", created.replace(":", "-"))
        (folder / "notebooks").mkdir()
        for name in ("one", "two"):
            write_notebook(folder / "notebooks" / f"{name}.ipynb", f"md:# What is {name}?", "1")
        report.write_manifest(
            folder, COVER,
            [report.Outcome("one", "completed", 1.5), report.Outcome("two", "completed" if good else "failed", 2.0, "" if good else "cut off")],
            created=datetime.fromisoformat(created), parameters={"month": "2026-10"}, digest="f00",
            rows={"costs": 10}, totals={"Effective cost": 80412.33}, paid_calls={"requests": 2, "cost_usd": 0.02},
            durations_s={"read": 3.0},
        )  # fmt: skip
        problems = report.render(folder, COVER, formats)
        return report.finish_run(folder, good=good), problems

    return make
