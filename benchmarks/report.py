"""Time, peak memory and page sizes of running, rendering and printing five notebooks.

`python benchmarks/report.py [FOLDER_OF_NOTEBOOKS]` measures the notebooks of that folder (they must
run without parameters); by default five small ones with the content of a typical report.
`python benchmarks/report.py RUN_FOLDER` opens every page of a finished run in a real Chromium instead:
its size, elements, time to load and to the largest paint, requests, complaints and axe's findings.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from nbformat import v4

from finops_lib import report
from finops_lib.period import Period

CELLS = (
    "import numpy as np, pandas as pd\nfrom finops_lib import present\npresent.setup()",
    "rng = np.random.default_rng(1)\nspend = pd.DataFrame(rng.random((24, 6)))\n"
    "rows = pd.DataFrame({'resource_id': [f'i-{n:017x}' for n in range(500)], 'monthly_cost': rng.random(500) * 900})\n"
    "draw = lambda frame, ax: frame.plot.area(ax=ax, legend=False)",
    "present.say('We spent **{total:usd}**.', total=spend.sum().sum())",
    "present.kpis(*[present.Kpi(f'Figure {n}', float(n * 1e4), change=.1, trend=list(range(12))) for n in range(4)])",
    *[f"present.figure(draw, spend, alt='Six areas.', title='Spend {n}', source='COSTS')" for n in range(6)],
    "present.table(rows, 'Resources', bars=['monthly_cost'])",
)  # fmt: skip


def small_notebooks(folder: Path) -> list[report.Notebook]:
    """Five notebooks of twelve cells: six figures, one table of 500 rows."""
    cells = [v4.new_markdown_cell("# What do we spend?\n\n## The headline"), *map(v4.new_code_cell, CELLS)]  # fmt: skip
    made = v4.new_notebook(cells=cells)
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(made, folder / "n.ipynb")
    return [report.Notebook(f"{n:02d}_report", folder / "n.ipynb") for n in range(1, 6)]


def measure(notebooks: list[report.Notebook], folder: Path, workers: int) -> dict[str, object]:
    """Seconds of each step, peak memory of this process and of its largest child, bytes per page."""
    cover = report.Cover("Benchmark", Period.month("2026-10"), datetime(2026, 11, 1))
    started = time.perf_counter()
    outcomes = report.run_notebooks(notebooks, folder, workers=workers)
    ran = time.perf_counter()
    report.write_manifest(
        folder, cover, outcomes, created=datetime(2026, 11, 1), parameters={}, digest="", rows={},
        totals={}, paid_calls={},
    )  # fmt: skip
    report.render(folder, cover, ("html", "slides", "markdown"))
    rendered = time.perf_counter()
    problems = report.render(folder, cover, ("html", "slides", "pdf"))
    printed = time.perf_counter()
    mib = 1024
    return {
        "workers": workers,
        "status": [outcome.status for outcome in outcomes],
        "notebooks_s": round(ran - started, 1),
        "render_s": round(rendered - ran, 2),
        "render_and_pdf_s": round(printed - rendered, 1),
        "problems": problems,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // mib,
        "peak_child_mib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // mib,
        "page_kb": {p.name: p.stat().st_size // 1000 for p in sorted(folder.glob("*.html"))},
    }


LOAD = """() => new Promise(done => new PerformanceObserver(list => done({
    loaded_ms: Math.round(performance.getEntriesByType("navigation")[0].loadEventEnd),
    largest_paint_ms: Math.round(list.getEntries().at(-1).startTime),
    elements: document.querySelectorAll("*").length,
  })).observe({type: "largest-contentful-paint", buffered: true}))"""


def pages(run: Path) -> dict[str, dict[str, object]]:
    """What a reader's browser has to do for each page of the run, offline, in light and dark."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    from finops_lib.export.pdf import find_chromium

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        found = {path.name: _page(browser, path, Axe()) for path in sorted(run.glob("*.html"))}
        browser.close()
    return found


def _page(browser: Any, path: Path, axe: Any) -> dict[str, object]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.resolve().as_uri(), wait_until="load")
    figures = page.evaluate(LOAD)
    violations = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        violations += [found["id"] for found in axe.run(page).response["violations"]]
    page.close()
    outside = [url for url in requests[1:] if not url.startswith("data:")]
    return {
        "kb": path.stat().st_size // 1000, **figures,
        "outside_requests": len(outside), "complaints": complaints, "axe": violations,
    }  # fmt: skip


def main() -> None:
    """Measure a run's pages, or notebooks with one and with two workers."""
    if sys.argv[1:] and (Path(sys.argv[1]) / "manifest.json").exists():
        print(json.dumps(pages(Path(sys.argv[1])), indent=2))
        return
    for workers in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            outputs = Path(folder) / "outputs" / "2026-10" / "run"
            outputs.mkdir(parents=True)
            found = [
                report.Notebook(path.stem, path) for path in sorted(Path(sys.argv[1]).glob("*.ipynb"))
            ] if sys.argv[1:] else small_notebooks(Path(folder))  # fmt: skip
            print(json.dumps(measure(found, outputs, workers), indent=2))


if __name__ == "__main__":
    main()
