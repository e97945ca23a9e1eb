import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from finops_lib import report
from finops_lib.errors import ReportError
from finops_lib.export import pdf
from finops_lib.report.manifest import provenance


def test_begin_run_two_at_once_get_folders_of_their_own(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: report.begin_run(tmp_path, "2026-10", "run"), range(8)))
    assert len(set(folders)) == 8
    assert {folder.name for folder in folders} == {"run.partial", *(f"run-{n}.partial" for n in range(2, 9))}  # fmt: skip


def test_begin_run_never_takes_the_name_of_a_finished_or_failed_one(tmp_path):
    (tmp_path / "2026-10" / "run").mkdir(parents=True)
    (tmp_path / "2026-10" / "run-2.failed").mkdir()
    assert report.begin_run(tmp_path, "2026-10", "run").name == "run-3.partial"


def test_finish_run_without_a_manifest_is_refused(tmp_path):
    with pytest.raises(ReportError, match=r"manifest\.json"):
        report.finish_run(report.begin_run(tmp_path, "2026-10", "run"), good=True)


def test_write_manifest_says_what_the_run_was_made_of(make_run):
    manifest = json.loads((make_run()[0] / "manifest.json").read_text())
    assert manifest["status"] == "good"
    assert manifest["durations_s"] == {"read": 3.0, "one": 1.5, "two": 2.0}
    assert manifest["paid_calls"] == {"requests": 2, "cost_usd": 0.02}
    assert manifest["totals"] == {"Effective cost": 80412.33}
    assert {"python", "pandas", "papermill"} <= set(manifest["versions"])


def test_render_writes_a_page_per_notebook_and_the_run_s_index(make_run):
    folder, problems = make_run(formats=("html", "markdown"))
    pages = {p.name for p in folder.iterdir() if p.suffix in (".html", ".md")}
    assert (pages, problems) == ({"index.html", "one.html", "two.html", "one.md", "two.md"}, [])


def test_render_failed_run_ends_beside_the_good_ones(make_run):
    good, _ = make_run("2026-11-03T06:00:00")
    failed, _ = make_run("2026-11-03T07:00:00", good=False)
    assert (good.name, failed.name) == ("2026-11-03T06-00-00", "2026-11-03T07-00-00.failed")
    assert "two: cut off" in (failed / "index.html").read_text()


def test_render_without_chromium_keeps_the_pages_and_says_what_is_missing(make_run, monkeypatch):
    monkeypatch.setattr(pdf, "NAMES", ())
    folder, problems = make_run(formats=("html", "pdf"))
    assert problems == [
        "No Chromium was found, so there is no PDF; the HTML is complete. "
        "Install chromium, or name a browser in FINOPS_CHROMIUM."
    ]
    assert (folder / "one.html").exists()


def test_render_twice_gives_the_same_pages(make_run):
    first, second = make_run("2026-11-03T06:00:00")[0], make_run("2026-11-04T06:00:00")[0]
    bodies = [(folder / "one.html").read_text().split("<footer")[0] for folder in (first, second)]
    assert bodies[0] == bodies[1]


def test_write_index_leads_to_every_run(make_run, tmp_path):
    folder, _ = make_run()
    page = report.write_index(tmp_path).read_text()
    assert f'href="2026-10/{folder.name}/one.html"' in page


def test_runs_are_listed_by_their_own_time_and_partial_ones_are_not(make_run, tmp_path):
    later, earlier = make_run("2026-11-05T06:00:00")[0], make_run("2026-11-04T06:00:00")[0]
    report.begin_run(tmp_path, "2026-10", "under-way")
    assert report.runs(tmp_path) == [earlier, later]


def test_retain_keeps_the_newest_good_runs_and_every_manifest(make_run, tmp_path):
    old, failed, *kept = [
        make_run(f"2026-11-0{day}T06:00:00", good=day != 4)[0] for day in (3, 4, 5, 6)
    ]
    assert report.retain(tmp_path, keep=2) == [old]
    assert [p.name for p in old.iterdir()] == ["manifest.json"]
    assert all((folder / "one.html").exists() for folder in (failed, *kept))
    assert report.retain(tmp_path, keep=2) == []
    assert "its pages are not kept here" in report.write_index(tmp_path).read_text()


@pytest.mark.parametrize(
    ("calls", "words"),
    [
        ({}, "none: nothing that AWS charges for was asked"),
        ({"requests": 0, "from_cache": 0, "cost_usd": 0.0}, "none: nothing that AWS charges for was asked"),
        ({"requests": 1, "from_cache": 0, "cost_usd": 0.01}, "1 paid request for 0.01 USD"),
        ({"requests": 40, "from_cache": 12, "cost_usd": 0.4},
         "40 paid requests for 0.40 USD, and 12 answered from an earlier run for nothing"),
    ],
)  # fmt: skip
def test_provenance_says_in_words_what_asking_cost(calls, words):
    manifest = {"created": "2026-11-04", "commit": None, "versions": {}, "parameters_hash": "x",
                "rows": {}, "paid_calls": calls}  # fmt: skip
    assert provenance(manifest)["Paid API calls"] == words


def test_run_page_names_what_each_file_holds(make_run):
    folder, _ = make_run()
    for name in ("one.pdf", "slides.pdf", "two.md"):
        (folder / name).write_text("x")
    report.write_run_index(folder)
    told = dict(re.findall(r"<dt><a href=.(.*?).>.*?</dt><dd>(.*?)</dd>", (folder / "index.html").read_text()))  # fmt: skip
    assert told == {
        "manifest.json": "what the run was made of: versions, parameters, totals, durations",
        "one.pdf": "One, on paper",
        "slides.pdf": "Slides, on paper",
        "two.md": "Two, in words, for a mail or a ticket",
    }


def test_provenance_is_in_words(make_run):
    folder, _ = make_run()
    manifest = json.loads((folder / "manifest.json").read_text()) | {"rows": {"nat_gateways": 1200}}
    told = provenance(manifest)
    assert (told["Made"], told["Rows read"]) == ("2026-11-03 06:00:00 UTC", "nat gateways 1,200")
