"""The scorecard and what feeds it."""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from finops_lib.analysis.kpis import MEASURES, reserved_coverage, scorecard, shutdown_adoption
from finops_lib.analysis.reconcile import share_out
from finops_lib.analysis.schedule import hours_by_slot
from finops_lib.params.plan import Targets

NAN = float("nan")
BASELINE = {
    "monthly_cost": 80_000.0, "unit_cost": 15.0, "tag_compliance": 0.20, "waste_share": 0.125,
    "reserved_coverage": 0.15, "shutdown_adoption": 0.0,
}  # fmt: skip
NOW = {
    "monthly_cost": 48_500.0, "unit_cost": 9.0, "tag_compliance": 0.93, "waste_share": 0.02,
    "reserved_coverage": 0.58, "shutdown_adoption": 0.85,
}  # fmt: skip


def test_scorecard_of_the_reference_meets_and_misses_what_it_says() -> None:
    card = scorecard(NOW, [BASELINE], Targets()).set_index("kpi")
    assert card["status"].to_dict() == {
        "monthly_cost": "met", "unit_cost": "met", "tag_compliance": "missed",
        "waste_share": "met", "reserved_coverage": "missed", "shutdown_adoption": "met",
    }  # fmt: skip
    assert card.loc["monthly_cost", "target"] == pytest.approx(56_000.0)
    assert card.loc["unit_cost", "target"] == pytest.approx(10.0)
    assert card.loc["monthly_cost", "change"] == pytest.approx(-31_500 / 80_000)
    assert card.loc["waste_share", "trend"] == [0.125, 0.02]


def test_scorecard_first_run_is_its_own_baseline() -> None:
    row = scorecard(BASELINE, [], Targets()).set_index("kpi").loc["monthly_cost"]
    assert (row["baseline"], row["current"], row["status"]) == (80_000.0, 80_000.0, "missed")


def test_scorecard_unknown_stays_unknown_and_never_becomes_the_baseline() -> None:
    card = scorecard({**NOW, "waste_share": NAN}, [{**BASELINE, "unit_cost": NAN}], Targets())
    rows = card.set_index("kpi")
    assert rows.loc["waste_share", "status"] == "unknown"
    assert math.isnan(rows.loc["waste_share", "current"])
    assert rows.loc["unit_cost", "baseline"] == 9.0


def test_scorecard_without_any_value_has_every_row_unknown() -> None:
    card = scorecard({}, [], Targets())
    assert card["label"].to_list() == [measure.label for measure in MEASURES.values()]
    assert set(card["status"]) == {"unknown"}


def usage(*rows: tuple[str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["Month", "PricingCategory", "ListCost"])
    return frame.assign(Month=pd.to_datetime(frame["Month"]))


def test_reserved_coverage_is_at_list_prices_and_leaves_spot_out() -> None:
    covered = reserved_coverage(
        usage(
            ("2026-09", "Committed", 15.0), ("2026-09", "Standard", 85.0),
            ("2026-09", "Dynamic", 1_000.0), ("2026-10", "Standard", 10.0),
        )
    )  # fmt: skip
    assert covered.to_list() == [0.15, 0.0]


def test_reserved_coverage_of_usage_without_a_list_price_is_unknown() -> None:
    covered = reserved_coverage(usage(("2026-09", "Committed", NAN), ("2026-09", "Standard", 5.0)))
    assert covered.isna().to_list() == [True]


def machines(**schedules: str | None) -> pd.DataFrame:
    tags = [{"finops:schedule": s} if s else None for s in schedules.values()]
    return pd.DataFrame({"resource_id": list(schedules), "tags": tags})


def test_shutdown_adoption_counts_followers_among_all_with_free_hours() -> None:
    findings = pd.DataFrame(
        {"resource_id": ["b", "c"], "action": "schedule_instance", "status": "waste"}
    )
    assert shutdown_adoption(findings, machines(a="office", b=None, c=None)) == 1 / 3


def test_shutdown_adoption_where_nothing_was_judged_is_unknown_not_zero() -> None:
    nothing = pd.DataFrame({"resource_id": [], "action": [], "status": []}, dtype="str")
    assert math.isnan(shutdown_adoption(nothing, machines(a=None)))


def test_chargeback_of_the_reference_adds_up_to_the_bill_in_whole_percents() -> None:
    teams = {"ml-platform": 18_500.0, "data-science": 16_000.0, "ml-research": 14_000.0}
    assert share_out(48_500.0, teams) == teams
    assert [round(100 * cost / 48_500) for cost in teams.values()] == [38, 33, 29]


def test_off_hours_of_the_reference_leave_36_of_100_percent() -> None:
    needed = np.zeros((7, 24), dtype=bool)
    needed[:5, 8:20] = True
    hours = hours_by_slot(datetime(2027, 2, 1))  # four weeks to the hour
    on, whole = hours[needed.ravel()].sum(), hours.sum()
    assert (on, whole) == (4 * 60, 4 * 168)
    assert (round(on / whole, 3), round(1 - on / whole, 3)) == (0.357, 0.643)
