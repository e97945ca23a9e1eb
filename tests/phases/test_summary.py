"""The executive summary's frames, and the ledger over three runs on disk."""

import json
import math
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from bills import EFFECTIVE

from finops_lib.phases import ledger, summary
from finops_lib.schema import LEDGER
from finops_lib.sources.store import write_table


def test_scorecard_of_a_bill_alone_knows_what_a_bill_tells_and_nothing_more(bill_alone):
    card = summary.scorecard(bill_alone).set_index("kpi")
    assert card.loc["monthly_cost", "current"] == pytest.approx(EFFECTIVE)
    assert card.loc["tag_compliance", "current"] == 0.0
    unknown = card.index[card["status"].eq("unknown")]
    assert {"unit_cost", "waste_share", "shutdown_adoption"} <= set(unknown)


def test_waste_share_is_what_could_be_ended_over_the_bill(idle_book):
    assert summary.waste_share(idle_book) == pytest.approx(2 * 3.65 / EFFECTIVE)
    assert math.isnan(summary.current(idle_book)["unit_cost"])


def test_unknowns_count_what_was_not_read(bill_alone):
    table = summary.unknowns(bill_alone).set_index("what")["count"]
    assert table["tables or places not read"] == len(bill_alone.estate["gaps"])


def test_tiles_show_what_is_not_known_as_unknown_and_say_the_target(bill_alone):
    tiles = {tile.label: tile for tile in summary.tiles(summary.scorecard(bill_alone))}
    assert tiles["Waste share"].value is None
    assert tiles["Waste share"].note == "target 5.0%: unknown"
    assert tiles["Monthly cost"].value == pytest.approx(EFFECTIVE)
    assert tiles["Monthly cost"].change is None


@pytest.fixture
def outputs(tmp_path, idle_book):
    """Two earlier runs with ledgers and manifests: of September, and an older title's."""

    def run(name, title, as_of, cost):
        folder = tmp_path / "2026-09" / name
        folder.mkdir(parents=True)
        estate = replace(idle_book.estate, as_of=as_of)
        found = (idle_book.findings, idle_book.coverage)
        write_table(ledger.ledger_of(estate, found, tmp_path, title), LEDGER, folder / ledger.FILE)
        tile = {"notebook": "05_executive_summary", "label": "Monthly cost", "value": cost}
        manifest = {"created": as_of.isoformat(), "title": title, "period": "2026-09",
                    "as_of": as_of.isoformat(), "kpis": [tile]}  # fmt: skip
        (folder / "manifest.json").write_text(json.dumps(manifest))

    run("one", idle_book.params.title, datetime(2026, 10, 2), 200.0)
    run("two", "another platform", datetime(2026, 10, 3), 999.0)
    return tmp_path


def test_ledger_of_reads_the_run_before_of_the_same_title_only(idle_book, outputs):
    found = (idle_book.findings, idle_book.coverage)
    title = idle_book.params.title
    now = ledger.ledger_of(idle_book.estate, found, outputs, title)
    assert now["state"].to_list() == ["open", "open"]
    assert set(now["first_seen"]) == {datetime(2026, 10, 2)}
    unheard = ledger.ledger_of(idle_book.estate, found, outputs, "a third")
    assert set(unheard["state"]) == {"new"}


def test_ledger_of_a_rerun_counts_only_what_was_before_its_moment(idle_book, outputs):
    found = (idle_book.findings, idle_book.coverage)
    earlier = replace(idle_book.estate, as_of=datetime(2026, 10, 2) - timedelta(days=1))
    again = ledger.ledger_of(earlier, found, outputs, idle_book.params.title)
    assert set(again["state"]) == {"new"}


def test_scorecard_baseline_is_the_first_run_of_the_title(idle_book, outputs):
    folder = outputs / "2026-10" / "now" / "estate"
    later = replace(idle_book, estate=replace(idle_book.estate, folder=folder))
    assert ledger.earlier_kpis(later) == [{"Monthly cost": 200.0}]
    assert list(ledger.course(later)["open"]) == [2, 2]


def test_states_and_proven_of_a_first_run_prove_nothing_yet(idle_book):
    assert ledger.states(idle_book)["state"].to_list() == ["new"]
    assert ledger.proven(idle_book).empty


def test_proven_total_is_nothing_before_anything_closed_and_unknown_before_it_is_measured(
    idle_book, outputs
):
    assert ledger.proven_total(ledger.this_run(idle_book)) == 0.0
    healthy = idle_book.findings.assign(status="ok")
    found = (healthy, idle_book.coverage)
    closed = ledger.ledger_of(idle_book.estate, found, outputs, idle_book.params.title)
    assert closed["state"].to_list() == ["fixed", "fixed"]
    assert math.isnan(ledger.proven_total(closed))
