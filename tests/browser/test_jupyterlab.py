import json
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

from finops_lib.params import load_params, save_params
from finops_lib.plans.review import read_plan

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
    """A JupyterLab on a copy of the exploration notebook with the demo account's Estate, and its folder."""
    folder = tmp_path_factory.mktemp("workbook")
    run = folder / "outputs" / "2026-10" / "run"
    shutil.copytree(demo_read.estate.folder, run / "estate")
    save_params(demo_read.params, run / "params.yaml")
    (folder / "notebooks").mkdir()
    shutil.copy(NOTEBOOKS / "explore.ipynb", folder / "notebooks")
    with jupyterlab(folder) as address:
        yield address, folder


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


@pytest.fixture(scope="module")
def explored(workbook_lab, browser):
    """The exploration notebook with every cell run, and the folder that it writes into."""
    address, folder = workbook_lab
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(f"{address}/lab/tree/notebooks/explore.ipynb")
    page.wait_for_selector(".jp-Notebook-cell", timeout=60_000)
    page.evaluate(RUN_ALL)
    # The last cell's explorer is there when all of them are.
    page.get_by_role("button", name="Save the purchases").wait_for(timeout=300_000)
    yield page, folder
    page.close()


def picture(page, alt):
    """The picture whose description begins so, when it is there."""
    found = page.locator(f".widget-html img[alt^={json.dumps(alt)}]").first
    found.wait_for(timeout=60_000)
    return found.get_attribute("src")


def choose(page, label, option):
    page.get_by_label(label, exact=True).select_option(option)


def test_explore_in_jupyterlab_a_moved_control_changes_the_picture(explored):
    page, _ = explored
    before = picture(page, "Bars of effective cost by service in 2026-10;")
    choose(page, "Group by", "team")
    assert picture(page, "Bars of effective cost by team in 2026-10;") != before
    choose(page, "Basis", "billed")
    picture(page, "Bars of billed cost by team in 2026-10;")


def test_explore_in_jupyterlab_goes_down_to_a_team_s_resources(explored):
    page, _ = explored
    before = picture(page, "Bars of each team's cost in 2026-10: own, shared, credits;")
    choose(page, "Team", "ml-platform")
    assert picture(page, "Bars of ml-platform's cost by line of the statement;") != before
    choose(page, "Told by", "resource")
    picture(page, "Bars of ml-platform's cost by resource;")


def test_explore_in_jupyterlab_controls_are_moved_by_the_keyboard(explored):
    page, _ = explored
    label = page.get_by_label("Statement of", exact=True)
    before = label.input_value()
    cells = page.locator(".jp-Notebook-cell").count()
    label.focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("([e, old]) => e.value !== old", arg=[label.element_handle(), before])
    page.keyboard.press("b")
    assert page.evaluate("document.activeElement.tagName") == "SELECT"
    assert page.locator(".jp-Notebook-cell").count() == cells


def test_explore_in_jupyterlab_decisions_go_into_the_plan(explored):
    page, folder = explored
    path = folder / "notebooks" / "plan.yaml"
    page.get_by_role("button", name="Accept").click()
    steps = decided(path, "approved")
    choose(page, "Finding", [page.get_by_label("Finding", exact=True).locator("option").nth(1).inner_text()])  # fmt: skip
    page.get_by_label("Reason", exact=True).fill("seasonal")
    page.get_by_label("Until", exact=True).fill("2027-01-31")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Dismiss").click()
    (dismissed,) = decided(path, "dismissed")
    assert dismissed["note"] == "seasonal (until 2027-01-31)"
    page.get_by_label("Owner", exact=True).fill("ana")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Assign").click()
    wait_until(lambda: [s for s in read_plan(path)["steps"] if s["owner"] == "ana"])
    assert len(steps) == 1
    assert steps[0]["monthly_saving"] >= dismissed["monthly_saving"]


def decided(path, status):
    """The steps of that status, once the plan file has any."""
    wait_until(lambda: path.exists() and any(s["status"] == status for s in read_plan(path)["steps"]))  # fmt: skip
    return [step for step in read_plan(path)["steps"] if step["status"] == status]


def wait_until(true):
    for _ in range(100):
        if true():
            return
        time.sleep(0.2)
    raise AssertionError("it did not happen in 20 seconds")


def test_explore_in_jupyterlab_another_demand_changes_the_purchases_and_is_saved(explored):
    page, folder = explored
    shown = ".widget-html img[alt^='The saving over the commitment an hour']"
    before = page.locator(shown).first.get_attribute("src")
    page.get_by_label("Demand may fall by %").fill("60")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "([selector, old]) => document.querySelector(selector)?.src !== old",
        arg=[shown, before], timeout=120_000,
    )  # fmt: skip
    page.get_by_role("button", name="Save the purchases").click()
    path = folder / "notebooks" / "scenario.yaml"
    wait_until(path.exists)
    assert load_params(path).commitments.demand_factors[0] < 1


def test_explore_in_jupyterlab_every_control_answers_without_a_complaint(explored):
    page, _ = explored
    controls = page.locator(
        ".jupyter-widgets select:visible, .jupyter-widgets input[type=number]:visible"
    )
    assert controls.count() > 15
    for place in range(controls.count()):
        control = controls.nth(place)
        control.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.wait_for_timeout(300)
    page.wait_for_function("document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'", timeout=120_000)  # fmt: skip
    complaints = page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr'], .jp-RenderedText[data-mime-type='application/vnd.jupyter.error']")  # fmt: skip
    assert complaints.all_inner_texts() == []
    assert page.locator(".widget-label").evaluate_all("all => all.filter(l => l.scrollWidth > l.clientWidth).map(l => l.textContent)") == []  # fmt: skip


def test_explore_in_jupyterlab_an_own_question_is_asked_by_the_keyboard(explored):
    page, _ = explored
    page.locator(".jp-Notebook-cell").last.click()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.keyboard.type('book.spend("team", top_n=5)[["name", "effective_cost", "share"]]')
    page.keyboard.press("Shift+Enter")
    answer = page.locator(".jp-RenderedHTMLCommon table.dataframe").last
    answer.wait_for(timeout=60_000)
    assert "ml-platform" in answer.inner_text()
