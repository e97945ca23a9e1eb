"""Rendered pages and a real Chromium that reports every complaint and every request."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest
from nbformat import v4

from finops_lib import present
from finops_lib.export.html import ReportExporter
from finops_lib.export.index import index_page, run_page
from finops_lib.export.pdf import find_chromium
from finops_lib.export.slides import export_slides


def _of(name):
    """A sibling test module's contents: the builders of tests/export serve here as well."""
    path = Path(__file__).parent.parent / "export" / name
    spec = importlib.util.spec_from_file_location(path.stem + "_of_export", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_BUILDERS = _of("conftest.py")
cover, notebook, executed = _BUILDERS.cover, _BUILDERS.notebook, _BUILDERS.executed


def notebook_of(shown, tags=()):
    """An executed notebook with a cell per thing that is shown."""
    cells = []
    for thing, tag in zip(shown, tags or [""] * len(shown), strict=True):
        bundle = thing._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        output = v4.new_output("display_data", data, metadata=metadata)
        cells.append(v4.new_code_cell("1", outputs=[output], metadata={"tags": [tag] if tag else []}))  # fmt: skip
    return v4.new_notebook(cells=cells)


def wide_table():
    """A table of long names, many numbers and sentences."""
    words = "Highest CPU 2.8 % (limit 5 %) and 1.0 MiB of network a day (limit 5) over 14 days."
    ids = [f"arn:aws:sagemaker:us-east-1:111122223333:notebook-instance/lab-{n}" for n in range(3)]
    narrow = {f"monthly_saving_{n}": [1234.5] * 3 for n in range(6)}
    return present.table(pd.DataFrame({"resource_id": ids, **narrow, "reason": [words] * 3}), "Findings of which there is more to say than a phone is wide")  # fmt: skip


def very_wide_table():
    """A table of more columns than a sheet of paper is wide."""
    months = {f"forecast_of_month_{n}": [12345.6] * 3 for n in range(11)}
    return present.table(
        pd.DataFrame({"resource_id": ["i-0abcdef0123456789"] * 3, **months}), "Wide"
    )


def summary():
    """Two pictures that stand side by side on paper, and a table that does not stand there."""
    line = present.figure(lambda data, ax: ax.plot(data), [1, 2], alt="A line.", title="A line")
    detail = present.table(pd.DataFrame({"name": ["a"]}), "A detail")
    return notebook_of([line, line, detail], ["half", "half", "detail"])


@pytest.fixture(scope="session")
def site(tmp_path_factory, executed, cover):
    """A folder with one page of every kind."""
    folder = tmp_path_factory.mktemp("site")
    runs = _of("test_index.py")
    pages = {
        "report": ReportExporter(cover, "01_visibility").from_notebook_node(executed)[0],
        "slides": export_slides([executed], cover),
        "index": index_page(runs.RUNS),
        "run": run_page(runs.AGAIN, runs.FIRST, [("01.pdf", "PDF")], {"Made": "now"}),
        "wide": ReportExporter(cover, "wide").from_notebook_node(notebook_of([wide_table()]))[0],
        "very_wide": ReportExporter(cover, "very_wide").from_notebook_node(
            notebook_of([very_wide_table()])
        )[0],
        "05_executive_summary": ReportExporter(cover, "05_executive_summary").from_notebook_node(
            summary()
        )[0],
    }
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text)
    return folder


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    if not find_chromium():
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, site):
    """open_page(name): the page, with `complaints` and `requests` that grow as it is used."""
    contexts = []

    def opened(name, scheme="light", width=1280):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints, page.requests = [], []
        page.on("console", lambda m: page.complaints.append(m.text) if m.type in ("error", "warning") else None)  # fmt: skip
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto((site / f"{name}.html").as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
