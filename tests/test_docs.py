"""Every page of the documentation does what it says: code runs, commands exist, links lead somewhere."""

import importlib.util
import json
import re
import shlex
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
import typer
import yaml
from bills import as_legacy_csv, small_bill
from typer.testing import CliRunner

from finops_lib.checks.registry import CHECKS
from finops_lib.cli.app import app
from finops_lib.collect import collect
from finops_lib.examine import examine
from finops_lib.params import NOTEBOOKS, load_params
from finops_lib.schema import COVERAGE, FINDINGS
from finops_lib.sources.store import write_table

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *(p for p in (ROOT / "docs").rglob("*.md") if "decisions" not in p.parts)]  # fmt: skip
EXAMPLES = ROOT / "examples"
COMMANDS = typer.main.get_command(app).commands
RUN_HERE = {"findings", "permissions", "dashboard"}
"""Commands that are run; the others are held to their options, for they take an account or minutes."""


def blocks(page, language):
    """The page's code blocks in that language, in order, without their indentation."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", page.read_text(), re.DOTALL | re.MULTILINE)  # fmt: skip
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def named(page):
    return str(page.relative_to(ROOT))


def with_blocks(language):
    return [pytest.param(p, id=named(p)) for p in PAGES if blocks(p, language)]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A folder like a clone in which a run was made: parameters, and the Estate of a small bill."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / "params").symlink_to(ROOT / "params")
    bill = as_legacy_csv(small_bill(), folder / "bill.csv")
    params = load_params(
        None, {"source.billing": [str(bill)], "source.account": False, "month": "2026-10"}
    )
    run = folder / "outputs" / "2026-10" / "run"
    run.mkdir(parents=True)
    estate = collect(params, run / "estate", cache=folder / "cache", now=datetime(2026, 11, 2),
                     progress=lambda *_: None)  # fmt: skip
    found, coverage = examine(estate, params)
    write_table(found, FINDINGS, run / "findings.parquet")
    write_table(coverage, COVERAGE, run / "coverage.parquet")
    told = {"created": "2026-11-02T06:00:00", "title": params.title, "currency": estate.currency}
    (run / "manifest.json").write_text(json.dumps(told))
    return folder


@pytest.mark.parametrize("page", with_blocks("python"))
def test_python_blocks_run_one_after_the_other(page, clone, monkeypatch):
    monkeypatch.chdir(clone)
    registered = dict(CHECKS)
    scope = {"__name__": "page"}
    try:
        for block in blocks(page, "python"):
            exec(compile(block, named(page), "exec"), scope)
    finally:
        CHECKS.clear()
        CHECKS.update(registered)


@pytest.mark.parametrize("page", with_blocks("bash"))
def test_bash_blocks_name_targets_and_commands_that_exist(page, clone, monkeypatch):
    monkeypatch.chdir(clone)
    for line in "\n".join(blocks(page, "bash")).splitlines():
        if line:
            hold(shlex.split(line, comments=True))


def hold(words):
    """Run the command where that is quick and needs no account; else hold it to what there is."""
    program, *arguments = words
    if Path(program).name == "make":
        subprocess.run(["make", "--dry-run", *arguments], cwd=ROOT, check=True, capture_output=True)
        return
    assert Path(program).name == "finops", f"{program} is not a command of this project"
    name, *options = arguments
    if name in RUN_HERE:
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output
    else:
        COMMANDS[name].make_context(name, options)


@pytest.mark.parametrize("page", with_blocks("yaml"))
def test_yaml_blocks_are_parameters(page, tmp_path):
    for block in blocks(page, "yaml"):
        (tmp_path / "p.yaml").write_text(block)
        load_params(tmp_path / "p.yaml")


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_and_pictures_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_pictures_are_small_and_described():
    for page in PAGES:
        for words, path in re.findall(r"!\[([^]]*)\]\(([^)]+)\)", page.read_text()):
            assert len(words) > 20
            assert (page.parent / path).stat().st_size < 200_000


def test_readme_names_every_command():
    text = (ROOT / "README.md").read_text()
    assert [name for name in COMMANDS if f"`finops {name}`" not in text and f"`{name}`" not in text] == []  # fmt: skip


def test_index_leads_to_every_page():
    index = ROOT / "docs" / "index.md"
    linked = {(index.parent / link).resolve() for link in re.findall(r"\]\(([^)#]+)\)", index.read_text())}  # fmt: skip
    pages = {page for page in PAGES if page.is_relative_to(ROOT / "docs") and page != index}
    assert {page.resolve() for page in pages} - linked == set()


def test_every_notebook_has_its_page():
    pages = {path.stem for path in (ROOT / "docs" / "notebooks").glob("*.md")}
    assert pages == {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} >= set(NOTEBOOKS)


def test_data_dictionary_is_what_the_schemas_say():
    spec = importlib.util.spec_from_file_location("dictionary", ROOT / "docs" / "dictionary.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text() == module.dictionary()


def test_crontab_line_has_five_fields_and_a_command_that_exists():
    line = (EXAMPLES / "crontab").read_text().splitlines()[-1]
    *fields, command = line.split(maxsplit=5)
    assert all(re.fullmatch(r"\*|\d+", field) for field in fields)
    report = next(part for part in command.split(" && ") if "finops" in part and "cd " not in part)
    hold(shlex.split(report.split(" > ")[0]))


def test_github_workflow_runs_commands_that_exist():
    steps = yaml.safe_load((EXAMPLES / "github-actions.yml").read_text())["jobs"]["report"]["steps"]
    commands = [step["run"] for step in steps if "run" in step]
    assert commands == ["make report PARAMS=params/acme.yaml"]
    hold(shlex.split(commands[0]))


def test_airflow_dag_runs_a_report_that_goes_to_s3(monkeypatch):
    tasks = load_dag(monkeypatch)
    assert [task["task_id"] for task in tasks] == ["report"]
    hold(shlex.split(tasks[0]["bash_command"]))
    assert shlex.split(tasks[0]["bash_command"])[-1].startswith("s3://")


def load_dag(monkeypatch):
    """The tasks of the DAG file, read with stand-ins for Airflow, which this project does not install."""
    tasks = []

    class Dag:
        def __init__(self, name, **settings):
            assert settings["max_active_runs"] == 1

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    bash = type(sys)("airflow.providers.standard.operators.bash")
    bash.BashOperator = lambda **settings: tasks.append(settings)
    sdk = type(sys)("airflow.sdk")
    sdk.DAG = Dag
    for name in ("airflow", "airflow.providers", "airflow.providers.standard",
                 "airflow.providers.standard.operators"):  # fmt: skip
        monkeypatch.setitem(sys.modules, name, type(sys)(name))
    monkeypatch.setitem(sys.modules, bash.__name__, bash)
    monkeypatch.setitem(sys.modules, sdk.__name__, sdk)
    exec((EXAMPLES / "airflow_dag.py").read_text(), {})
    return tasks


@pytest.mark.slow
def test_eventbridge_template_is_one_that_cloudformation_takes():
    template = EXAMPLES / "eventbridge.yaml"
    command = [Path(sys.executable).with_name("cfn-lint"), template]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.stdout == ""
    assert result.returncode == 0


def test_eventbridge_task_runs_a_command_that_exists():
    text = (EXAMPLES / "eventbridge.yaml").read_text()
    container = yaml.safe_load(re.search(r"Input: '(.*)'", text)[1])["containerOverrides"][0]
    hold(container["command"])
