"""Statements, compliance and unit costs from an Estate that was collected from a small bill."""

from datetime import datetime

import pandas as pd
import pytest
from bills import BILLED, EFFECTIVE, REAL_CUR, as_legacy_csv, small_bill

from finops_lib.collect import collect
from finops_lib.errors import ParameterError
from finops_lib.params import load_params
from finops_lib.phases import allocation, statement_files, tagging, team_outlook, unit_costs
from finops_lib.workbook import Workbook

POLICY = {
    "rules": [
        {"name": "tag", "team": "{team}"},
        {"name": "storage", "services": "*S3*", "team": "storage"},
    ],
    "pools": [
        {"name": "tax", "categories": "Tax"},
        {"name": "support", "services": "*Support*", "method": "metric", "metric": "users"},
    ],
    "cost_centers": {"a": "c1", "b": "c2"},
}


def workbook(folder, bill, **overrides):
    params = load_params(
        None,
        {"source.billing": [str(bill)], "source.account": False, "month": "2026-10", **overrides},
    )
    estate = collect(
        params,
        folder / "estate",
        cache=folder / "cache",
        now=datetime(2026, 11, 2),
        progress=lambda what, share: None,
    )
    return Workbook(estate, params)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("allocation")
    metrics = folder / "metrics.csv"
    metrics.write_text("month,metric,value,team\n2026-10,users,30,a\n2026-10,users,10,b\n")
    return workbook(
        folder, as_legacy_csv(small_bill(), folder / "bill.csv"), allocation=POLICY,
        **{"allocation.business_metrics": str(metrics),
           "governance.budgets": [{"name": "a", "limit": 20.0, "tag": ["team", "a"]}]},
    )  # fmt: skip


@pytest.fixture(scope="module")
def owned(book):
    return allocation.owned_charges(book)


def test_reconciliation_ties_the_statements_to_the_bill_on_either_basis(book, owned):
    table = allocation.reconciliation(book, owned).set_index("part")
    assert table.loc["the bill"].tolist() == pytest.approx([BILLED, EFFECTIVE])
    assert table.loc["difference"].tolist() == pytest.approx([0.0, 0.0], abs=1e-9)
    assert list(table.index) == [
        "own", "credit", "shared", "unallocated", "all statements", "the bill", "difference",
    ]  # fmt: skip


def test_statements_split_the_support_by_the_business_metric_and_know_the_budget(book, owned):
    lines = allocation.statement_lines(book, owned)
    support = lines[lines["name"].eq("support")].set_index("team")["effective_cost"]
    assert support.to_dict() == {"a": 21.75, "b": 7.25}
    table = allocation.statements(book, owned).set_index("team")
    assert table["total"].sum() == pytest.approx(EFFECTIVE)
    assert table["budget"].dropna().to_dict() == {"a": 20.0}
    assert table.loc["a", "budget_share"] == pytest.approx(table.loc["a", "total"] / 20.0)


def test_daily_statements_of_the_period_add_up_to_each_statement(book, owned):
    days = team_outlook.daily_statements(book, owned)
    totals = allocation.statements(book, owned).set_index("team")["total"]
    assert days.groupby("name")["value"].sum().to_dict() == pytest.approx(totals.to_dict())


def test_team_outlook_of_three_days_says_that_they_are_too_few(book, owned):
    row = team_outlook.team_outlook(book, owned, ["a"]).iloc[0]
    assert (row["team"], row["budget"]) == ("a", 20.0)
    assert row[["forecast_cost", "low_cost", "high_cost", "forecast_budget_share"]].isna().all()
    assert "28" in row["reason"]


def test_team_outlook_holds_the_end_of_a_steady_month_between_low_and_high(tmp_path):
    steady = pd.concat([
        small_bill().iloc[[0, 9]].assign(
            identity_line_item_id=[f"{day:%m%d}-own", f"{day:%m%d}-support"],
            bill_billing_period_start_date=f"{day:%Y-%m-01}T00:00:00Z",
            line_item_usage_start_date=f"{day:%Y-%m-%d}T00:00:00Z",
            line_item_usage_end_date=f"{day:%Y-%m-%d}T01:00:00Z",
        )
        for day in pd.date_range("2026-08-01", "2026-10-20")
    ])  # fmt: skip
    running = workbook(
        tmp_path, as_legacy_csv(steady, tmp_path / "bill.csv"),
        **{"governance.budgets": [{"name": "a", "limit": 1000.0, "tag": ["team", "a"]}]},
    )  # fmt: skip
    owned = allocation.owned_charges(running)
    row = team_outlook.this_run(running, owned, "a").iloc[0]
    assert row["month"] == pd.Timestamp("2026-10-01")
    assert row["so_far_cost"] == pytest.approx(20 * (10.0 + 29.0))
    assert row["low_cost"] <= 31 * (10.0 + 29.0) + 1e-6
    assert row["high_cost"] >= 31 * (10.0 + 29.0) - 1e-6
    assert row["forecast_budget_share"] == pytest.approx(row["forecast_cost"] / 1000.0)


def test_ledger_books_the_bill_in_whole_cents(book, owned):
    table = allocation.ledger(book, owned)
    assert set(table["cost_center"]) == {"c1", "c2", "unassigned"}
    assert round(table["amount"].sum(), 2) == round(EFFECTIVE, 2)


def test_evidence_names_rule_pool_and_nobody_and_adds_up(book, owned):
    table = allocation.evidence(book, owned)
    assert table["cost"].sum() == pytest.approx(EFFECTIVE)
    assert set(table["decided_by"]) == {"tag", "storage", "pool: tax", "pool: support", "nobody"}


def test_unallocated_says_where_the_charges_are(book, owned):
    table = allocation.unallocated(owned, "effective")
    nobody = allocation.evidence(book, owned).set_index("decided_by").loc["nobody", "cost"]
    assert table["cost"].sum() == pytest.approx(nobody)


def test_statement_of_an_unknown_team_names_the_nearest(book, owned):
    table = allocation.statements(book, owned)
    with pytest.raises(ParameterError, match="Did you mean 'storage'"):
        allocation.statement_of(table, "storag")
    assert allocation.statement_of(table, "")["team"] == table["team"].iloc[0]


def test_a_pool_whose_metric_is_not_known_for_the_month_stays_unallocated(book, owned, tmp_path):
    (tmp_path / "m.csv").write_text("month,metric,value,team\n2026-09,users,30,a\n")
    given = {"allocation": POLICY, "allocation.business_metrics": str(tmp_path / "m.csv")}
    lines = allocation.statement_lines(Workbook(book.estate, load_params(None, given)), owned)
    assert lines.loc[lines["name"].eq("support"), "kind"].tolist() == ["unallocated"]


def test_metrics_that_are_not_there_say_which_file(book):
    params = load_params(None, {"allocation.business_metrics": "nowhere.csv"})
    with pytest.raises(ParameterError, match=r"names nowhere\.csv"):
        allocation.metrics(Workbook(book.estate, params))


def test_in_dollars_by_service_adds_up_to_the_bill(book):
    table = tagging.every_key(tagging.in_dollars(book, "service"))
    assert table["cost"].sum() == pytest.approx(EFFECTIVE)


def test_unit_costs_without_an_account_are_unknown_not_zero(book):
    assert unit_costs.endpoints(book).empty
    assert unit_costs.training_runs(book).empty
    hours = unit_costs.gpu_hours(book).iloc[0]
    assert pd.isna(hours["per_gpu_hour_paid"])
    assert pd.isna(hours["per_gpu_hour_used"])


def test_governance_files_come_from_the_policy(book):
    files = dict(tagging.governance_files(book.params))
    assert set(files) == {
        "TAGGING_STRATEGY.md", "config-required-tags.template.json", "tag-policy.json", "scp-required-tags.json",
    }  # fmt: skip
    assert all(
        key in files["scp-required-tags.json"] for key, t in book.params.tags.items() if t.required
    )


def test_the_2018_bill_has_its_coverage_and_its_dirty_values_clustered(tmp_path):
    if not REAL_CUR.is_dir():
        pytest.skip("the 2018 bill is not beside the repository (../shared/data/aws_cur_legacy)")
    book = workbook(tmp_path, REAL_CUR, month="2018-11")
    owned = allocation.owned_charges(book)
    assert allocation.reconciliation(book, owned).iloc[-1, 1:].abs().max() < 0.005
    shares = tagging.with_any_key(book)
    assert (shares["billed"], shares["effective"]) == pytest.approx((0.0917, 0.1410), abs=5e-5)
    table = tagging.misspelled(book)
    assert table[table["key"].eq("project")]["value"].tolist() == ["BaseLoad", "Base Load", "Base"]


def test_write_statements_keeps_the_ledger_and_a_file_per_team_that_add_up(book, tmp_path):
    reports = statement_files.write_statements(book, tmp_path)
    assert sorted(reports.values()) == ["a", "b", "storage"]
    ahead = pd.read_csv(tmp_path / "team_outlook.csv")
    assert sorted(ahead["team"]) == ["a", "b", "storage"]
    ledger = pd.read_csv(tmp_path / "chargeback.csv")
    assert list(ledger.columns) == ["cost_center", "amount"]
    assert round(ledger["amount"].sum(), 2) == round(EFFECTIVE, 2)
    table = pd.read_csv(tmp_path / "statements.csv").set_index("team")["total"]
    for name, team in reports.items():
        lines = pd.read_csv(tmp_path / f"{name}.csv")
        assert lines["effective_cost"].sum() == pytest.approx(table[team])


def test_report_names_are_files_of_their_own_and_tell_no_team_where_they_are_masked():
    teams = ["ML Platform", "ml+platform", "数据"]
    assert statement_files.report_names(teams, anonymous=False) == {
        "statement_ml-platform": "ML Platform", "statement_ml-platform-2": "ml+platform", "statement_3": "数据",
    }  # fmt: skip
    assert list(statement_files.report_names(teams, anonymous=True)) == [
        "statement_1", "statement_2", "statement_3",
    ]  # fmt: skip


def test_write_governance_writes_the_strategy_and_its_enforcement(book, tmp_path):
    written = {
        path.name for path in statement_files.write_governance(book.params, tmp_path).iterdir()
    }
    assert "TAGGING_STRATEGY.md" in written
    assert len(written) == 4
