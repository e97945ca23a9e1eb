import pytest

from finops_lib.export.history import Difference, Run, by_title, differences, previous_of, trends
from finops_lib.export.index import index_page, run_page


def manifest(period, created, spend, **changed):
    kpi = {"notebook": "01", "label": "Spend", "value": spend, "form": "usd", "change": None,
           "versus": "", "better": "lower", "note": "", "trend": []}  # fmt: skip
    return {
        "created": created, "status": "good", "title": "ML platform", "notice": "", "period": period,
        "as_of": "2026-11-01T00:00:00", "accounts": ["123456789012"], "currency": "USD", "basis": "effective",
        "versions": {}, "commit": "abc", "parameters": {}, "parameters_hash": "p1", "rows": {}, "gaps": [],
        "totals": {"Effective cost": spend}, "paid_calls": {}, "durations_s": {},
        "notebooks": [{"name": "01", "status": "completed", "seconds": 1.0, "error": ""}],
        "reports": [["01", "Visibility"]], "kpis": [kpi], **changed,
    }  # fmt: skip


SEPTEMBER = Run("2026-09/a", manifest("2026-09", "2026-10-01", 100.0))
FIRST = Run("2026-10/a", manifest("2026-10", "2026-11-01", 999.0))
AGAIN = Run("2026-10/b", manifest("2026-10", "2026-11-02", 110.0, gaps=["RDS: denied."]))
BROKEN = Run(
    "2026-10/c.failed",
    manifest(
        "2026-10",
        "2026-11-03",
        None,
        status="failed",
        notebooks=[{"name": "01", "status": "failed", "seconds": 1.0, "error": "cut off"}],
    ),
)
RUNS = [FIRST, BROKEN, SEPTEMBER, AGAIN]


def test_by_title_shows_the_newest_run_first():
    other = Run("x", manifest("2026-10", "2026-11-09", 1.0, title="Search team"))
    assert by_title([*RUNS, other]) == {
        "ML platform": [BROKEN, AGAIN, FIRST, SEPTEMBER],
        "Search team": [other],
    }


def test_trends_count_each_period_once_with_its_newest_good_run():
    (kpi,) = trends(RUNS)
    assert (kpi.value, kpi.trend, kpi.versus) == (110.0, [100.0, 110.0], "vs 2026-09")
    assert kpi.change == pytest.approx(0.1)


def test_trends_without_a_good_run_are_none():
    assert trends([BROKEN]) == []


def test_differences_name_what_changed_and_nothing_else():
    assert differences(AGAIN, FIRST) == [
        Difference("Spend", "$999.00", "$110.00"),
        Difference("Effective cost", "$999.00", "$110.00"),
        Difference("Could not be read", "nothing", "RDS: denied."),
    ]


def test_previous_of_passes_over_failed_runs():
    later = Run("d", manifest("2026-11", "2026-12-01", 1.0))
    assert previous_of(later, [*RUNS, later]) is AGAIN


def test_index_page_links_every_run_and_says_which_are_incomplete_or_gone():
    gone = Run("2026-08/a", manifest("2026-08", "2026-09-01", 90.0), whole=False)
    page = index_page([*RUNS, gone])
    assert 'href="2026-10/b/index.html"' in page
    assert 'href="2026-10/b/01.html"' in page
    assert "2026-08/a" not in page
    assert "its pages are not kept here" in page
    assert page.count("incomplete") == 1


def test_index_page_without_runs_says_how_to_make_one():
    assert "make report" in index_page([])


def test_run_page_shows_the_failure_in_words():
    page = run_page(BROKEN, AGAIN, [("01.pdf", "PDF")], {"Made": "now"})
    assert "This run is incomplete." in page
    assert "01: cut off" in page
    assert 'href="01.pdf"' in page


def test_run_page_says_the_team_of_a_statement_once():
    kpi = {**FIRST.manifest["kpis"][0], "notebook": "statement_a", "label": "search: to pay"}
    stated = {"reports": [["statement_a", "Statement of search"]], "kpis": [kpi]}
    page = run_page(Run(".", manifest("2026-10", "2026-11-01", 9.0, **stated)), None, [], {})
    assert "<dt>to pay</dt>" in page
    assert "search: to pay" not in page


def test_index_page_leads_with_the_key_figures_of_the_summary():
    led = {**FIRST.manifest["kpis"][0], "notebook": "05_executive_summary", "label": "Waste share"}
    run = Run(".", manifest("2026-10", "2026-11-01", 9.0, kpis=[*FIRST.manifest["kpis"], led]))
    first, rest = index_page([run]).split("<summary>1 more key figure</summary>")
    assert "<dt>Waste share</dt>" in first
    assert "<dt>Spend</dt>" not in first
    assert "<dt>Spend</dt>" in rest
    assert "more key figure" not in index_page([FIRST])
