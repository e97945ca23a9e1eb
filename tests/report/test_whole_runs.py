"""Two schedulers at once on the demo account, each a process of its own, both into one bucket."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import boto3
import nbformat
import pandas as pd
import pytest

from finops_lib.demo import serve_demo
from finops_lib.params import load_params, save_params

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
URL = "s3://halcyon-finops/reports"


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """A folder in which two runs were made at once, and the bucket into which they were put."""
    folder = tmp_path_factory.mktemp("machine")
    with serve_demo() as account, pytest.MonkeyPatch.context() as patch:
        for name, value in account.environment.items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        bucket = boto3.resource("s3").create_bucket(Bucket=URL.split("/")[2])
        given = {"source.billing": [account.bill_url], "as_of": account.as_of, "report.outputs": URL}  # fmt: skip
        save_params(load_params(ROOT / "params" / "demo.yaml", given), folder / "demo.yaml")
        finops = Path(sys.executable).with_name("finops")
        runs = [
            subprocess.Popen(
                [finops, "report", "--params", "demo.yaml"],
                cwd=folder, env=dict(os.environ), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )
            for _ in range(2)
        ]  # fmt: skip
        said = [run.communicate(timeout=1500)[0] for run in runs]
        assert [run.returncode for run in runs] == [0, 0], said
        yield folder, bucket, said


@pytest.fixture(scope="module")
def folders(machine):
    found = sorted((machine[0] / "outputs").glob("*/*/manifest.json"))
    assert len(found) == 2
    return [path.parent for path in found]


def files(folder):
    return {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}


def body(text):
    """What is read on the page, without its provenance: the only part that may differ."""
    text = re.sub(r"<footer.*?</footer>", "", text, flags=re.DOTALL)
    text = re.sub(r'<aside class="notes"><p>Made: .*?</aside>', "", text, flags=re.DOTALL)
    return re.sub(r"<h2>Provenance</h2>.*?</dl>", "", text, flags=re.DOTALL)


def test_two_runs_at_once_write_the_same_bodies(folders):
    first, second = files(folders[0]), files(folders[1])
    pages = [name for name in first if name.endswith((".html", ".md"))]
    assert set(first) == set(second)
    assert {"index.html", "slides.html", "05_executive_summary.html", "COST_ANALYSIS.md"} <= set(pages)  # fmt: skip
    assert len([name for name in pages if name.startswith("statement_")]) == 6
    assert {name: apart(first[name], second[name]) for name in pages} == dict.fromkeys(pages, "")


def apart(one, other):
    """Where the two pages part, empty where their bodies are the same."""
    texts = body(one.read_text()), body(other.read_text())
    place = next((n for n, pair in enumerate(zip(*texts, strict=False)) if len(set(pair)) > 1), -1)
    same = texts[0] == texts[1]
    return "" if same else " | ".join(text[max(place - 80, 0) : place + 80] for text in texts)


def test_two_runs_at_once_draw_the_same_figures(folders):
    first, second = files(folders[0]), files(folders[1])
    figures = [name for name in first if name.startswith("figures/")]
    assert len(figures) > 60
    assert [n for n in figures if first[n].read_bytes() != second[n].read_bytes()] == []


TABLES = ["findings.parquet", "coverage.parquet", "ledger.parquet", "statements.csv", "chargeback.csv"]  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_two_runs_at_once_find_the_same(folders, name):
    read = pd.read_csv if name.endswith(".csv") else pd.read_parquet
    first, second = (read(folder / name) for folder in folders)
    pd.testing.assert_frame_equal(first, second)


def test_outputs_in_s3_are_the_files_of_both_runs(machine, folders):
    _, bucket, said = machine
    keys = {item.key.removeprefix("reports/") for item in bucket.objects.all()}
    assert keys == {
        "index.html",
        *(f"{f.parent.name}/{f.name}/{name}" for f in folders for name in files(f)),
    }
    for folder in folders:
        for name in ("index.html", "01_visibility.html", "notebooks/01_visibility.ipynb", "findings.parquet"):  # fmt: skip
            stored = bucket.Object(f"reports/{folder.parent.name}/{folder.name}/{name}").get()["Body"].read()  # fmt: skip
            assert stored == (folder / name).read_bytes()
    assert all(f"It is in S3 too: {URL}/index.html" in text for text in said)


def test_outputs_in_s3_can_be_read_from_there(machine, folders, tmp_path):
    _, bucket, _ = machine
    run = f"reports/{folders[0].parent.name}/{folders[0].name}"
    bucket.download_file(f"{run}/notebooks/05_executive_summary.ipynb", str(tmp_path / "n.ipynb"))
    marks = [c.metadata.papermill.status for c in nbformat.read(tmp_path / "n.ipynb", 4).cells if c.cell_type == "code"]  # fmt: skip
    assert set(marks) == {"completed"}
    bucket.download_file(f"{run}/estate/volumes.parquet", str(tmp_path / "v.parquet"))
    assert len(pd.read_parquet(tmp_path / "v.parquet")) > 85


def test_index_in_s3_leads_to_what_is_there(machine):
    _, bucket, _ = machine
    keys = {item.key.removeprefix("reports/") for item in bucket.objects.all()}
    index = bucket.Object("reports/index.html").get()["Body"].read().decode()
    links = re.findall(r'href="([^"#]+)"', index)
    assert len(links) > 15
    assert set(links) <= keys
    for run in {link.rsplit("/", 1)[0] for link in links}:
        page = bucket.Object(f"reports/{run}/index.html").get()["Body"].read().decode()
        inner = [link for link in re.findall(r'href="([^"#]+)"', page) if not link.startswith("../")]  # fmt: skip
        assert {f"{run}/{link}" for link in inner} <= keys


def test_manifest_of_each_run_is_good(folders):
    manifests = [json.loads((folder / "manifest.json").read_text()) for folder in folders]
    assert [m["status"] for m in manifests] == ["good", "good"]
    assert len({m["parameters_hash"] for m in manifests}) == 1
