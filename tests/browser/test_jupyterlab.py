import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from finops_lib.params import save_params

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

CELLS = (
    "import pandas as pd\nfrom finops_lib import present\npresent.setup()",
    'present.say("We spent **{a:usd}** of {b:usd}.", a=5000, b=6000)',
    'present.kpis(present.Kpi("From $a to $b", 5.0, versus="vs $c"))',
    'present.table(pd.DataFrame({"service": ["a $x$ b"]}), "Costs $5 and $6")',
    'pd.DataFrame({"c": ["$5", "$6"]})',
    'present.figure(lambda d, ax: ax.plot(d), [1, 2], alt="A line.", title="From $5 to $6")',
)
RUN_ALL = """async () => {
  await window.jupyterapp.shell.currentWidget.sessionContext.ready;
  await window.jupyterapp.commands.execute("notebook:run-all-cells");
}"""


NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"


@contextmanager
def jupyterlab(folder):
    """A JupyterLab on that folder; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "jupyter", "lab", "--no-browser", f"--port={port}", "--allow-root",
        "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}", "--expose-app-in-browser",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        address = f"http://127.0.0.1:{port}"
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/api").close()
                break
            except urllib.error.URLError:
                time.sleep(0.5)
        yield address
        server.terminate()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab with one notebook; its address."""
    folder = tmp_path_factory.mktemp("lab")
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "n.ipynb")
    with jupyterlab(folder) as address:
        yield address


@pytest.fixture(scope="module")
def workbook_lab(tmp_path_factory, demo_read):
    """A JupyterLab on a copy of the exploration notebook, with the demo account's Estate beside it."""
    folder = tmp_path_factory.mktemp("workbook")
    run = folder / "outputs" / "2026-10" / "run"
    shutil.copytree(demo_read.estate.folder, run / "estate")
    save_params(demo_read.params, run / "params.yaml")
    (folder / "notebooks").mkdir()
    shutil.copy(NOTEBOOKS / "explore.ipynb", folder / "notebooks")
    with jupyterlab(folder) as address:
        yield address


def test_setup_in_jupyterlab_dollars_stay_dollars_and_figures_have_descriptions(lab, browser):
    page = browser.new_page()
    page.goto(f"{lab}/lab/tree/n.ipynb")
    page.wait_for_selector(".jp-Notebook-cell", timeout=60_000)
    page.evaluate(RUN_ALL)
    page.wait_for_selector("img[alt='A line.']", timeout=60_000)
    page.wait_for_timeout(1500)
    shown = page.locator(".jp-OutputArea-output").all_inner_texts()
    assert page.locator("mjx-container").count() == 0
    assert any("We spent $5,000 of $6,000." in text for text in shown)
    page.close()


def test_explore_in_jupyterlab_a_moved_control_changes_the_picture(workbook_lab, browser):
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(f"{workbook_lab}/lab/tree/notebooks/explore.ipynb")
    page.wait_for_selector(".jp-Notebook-cell", timeout=60_000)
    page.evaluate(RUN_ALL)
    picture = page.locator(".widget-html img").first
    picture.wait_for(timeout=120_000)
    before = picture.get_attribute("alt"), picture.get_attribute("src")
    assert before[0].startswith("Bars of effective cost by service in 2026-10;")
    page.get_by_label("Group by").select_option("team")
    page.wait_for_selector(".widget-html img[alt^='Bars of effective cost by team']")
    assert picture.get_attribute("src") != before[1]
    page.get_by_label("Basis").select_option("billed")
    page.wait_for_selector(".widget-html img[alt^='Bars of billed cost by team']")
    page.close()
