"""The demo company's bill: it ties to its ledger, grows as told and has every kind of line."""

import numpy as np
import pandas as pd
import pytest

from finops_lib.demo.story.bill import lines
from finops_lib.demo.story.company import company
from finops_lib.demo.story.cur import cur
from finops_lib.demo.story.focus import focus, focus_rows
from finops_lib.demo.story.timeline import AS_OF, HOURLY_FROM

OCTOBER = np.datetime64("2026-10")


@pytest.fixture(scope="module")
def ledger():
    return company(seed=42)


@pytest.fixture(scope="module")
def bill(ledger):
    return lines(ledger)


@pytest.fixture(scope="module")
def focus_bill(bill, ledger):
    return focus(focus_rows(bill, ledger), ledger).to_pandas()


@pytest.fixture(scope="module")
def cur_bill(bill, ledger):
    return cur(bill, ledger).to_pandas()


def month_of(times: pd.Series) -> pd.Series:
    return times.dt.strftime("%Y-%m")


def test_lines_by_month_grow_from_about_ten_to_eighty_thousand(bill):
    monthly = bill.groupby(month_of(bill["start"]))["cost"].sum()

    assert len(monthly) == 14
    assert monthly["2025-10"] == pytest.approx(10_000, rel=0.1)
    assert monthly["2026-10"] == pytest.approx(80_000, rel=0.01)
    assert (monthly.iloc[1:13].to_numpy() > monthly.iloc[:12].to_numpy()).all()


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("compute", 35_000),
        ("storage", 12_000),
        ("transfer", 8_000),
        ("managed", 15_000),
        ("waste", 10_000),
    ],
)
def test_lines_of_october_by_category_follow_the_companys_story(bill, category, expected):
    october = bill[month_of(bill["start"]) == "2026-10"]

    assert october.groupby("category")["cost"].sum()[category] == pytest.approx(expected, rel=0.05)


def test_lines_of_steady_resources_cost_their_ledgers_rate_times_hours(bill, ledger):
    rows = bill[(month_of(bill["start"]) == "2026-10") & (bill["role"] == "idle_instance")]
    billed = rows.groupby("resource_id")["cost"].sum()
    expected = {r.bill_id: 744 * r.charges[0].rate for r in ledger.of_role("idle_instance")}

    pd.testing.assert_series_equal(
        billed, pd.Series(expected), check_names=False, check_like=True, check_index_type=False
    )


def test_lines_have_every_line_type_of_a_cost_and_usage_report(bill):
    assert set(bill["line_type"]) == {
        "Usage", "DiscountedUsage", "RIFee", "SavingsPlanCoveredUsage", "SavingsPlanNegation",
        "SavingsPlanRecurringFee", "Fee", "Tax", "Credit", "Refund", "EdpDiscount", "BundledDiscount",
    }  # fmt: skip


def test_lines_are_daily_before_the_switch_and_hourly_after(bill):
    compute = bill[(bill["service"] == "AmazonEC2") & bill["instance_type"].notna()]
    compute = compute[compute["line_type"] != "RIFee"]
    hours = (compute["end"] - compute["start"]) / pd.Timedelta(hours=1)
    is_hourly = compute["start"] >= HOURLY_FROM

    assert set(hours[is_hourly]) == {1.0}
    assert set(hours[~is_hourly]) == {24.0}


def test_lines_of_the_open_month_stop_before_as_of(bill):
    usage = bill[bill["line_type"] == "Usage"]
    newest = usage[usage["instance_type"].notna()]["end"].max()

    assert pd.Timestamp("2026-11-03") < newest < pd.Timestamp(AS_OF)


def test_lines_negation_cancels_what_the_plan_covers_in_every_slot(bill):
    rows = bill[bill["line_type"].isin(["SavingsPlanCoveredUsage", "SavingsPlanNegation"])]

    assert rows.groupby("start")["cost"].sum().abs().max() < 1e-9


def test_lines_reserved_coverage_in_october_is_about_fifteen_percent(bill):
    covered_types = ["DiscountedUsage", "SavingsPlanCoveredUsage"]
    rows = bill[(month_of(bill["start"]) == "2026-10") & (bill["service"] == "AmazonEC2")]
    rows = rows[rows["usage_type"].str.contains("BoxUsage")]
    covered = rows[rows["line_type"].isin(covered_types)]["list_cost"].sum()

    assert covered / rows["list_cost"].sum() == pytest.approx(0.15, abs=0.01)


def test_lines_with_the_same_seed_are_equal(bill):
    pd.testing.assert_frame_equal(lines(company(seed=42)), bill)


def test_lines_with_another_seed_differ(bill):
    assert lines(company(seed=7))["cost"].sum() != bill["cost"].sum()


@pytest.mark.parametrize(
    ("focus_column", "line_column"), [("BilledCost", "cost"), ("EffectiveCost", "effective_cost")]
)
def test_focus_by_service_account_and_day_equals_the_lines(
    focus_bill, bill, focus_column, line_column
):
    by_focus = focus_bill.groupby(
        [
            focus_bill["x_ServiceCode"],
            focus_bill["SubAccountId"],
            focus_bill["ChargePeriodStart"].dt.date,
        ]
    )[focus_column].sum()
    by_line = bill.groupby([bill["service"], bill["account"], bill["start"].dt.date])[
        line_column
    ].sum()

    assert (by_focus - by_line).abs().max() < 1e-9
    assert len(by_focus) == len(by_line)


def test_cur_unblended_cost_by_line_type_equals_the_lines(cur_bill, bill):
    by_type = cur_bill.groupby("line_item_line_item_type")["line_item_unblended_cost"].sum()

    pd.testing.assert_series_equal(
        by_type, bill.groupby("line_type")["cost"].sum(), check_names=False
    )


def test_cur_amortized_by_aws_own_rules_equals_the_focus_effective_cost(cur_bill, focus_bill):
    kind = cur_bill["line_item_line_item_type"]
    amortized = cur_bill["line_item_unblended_cost"].copy()
    amortized[kind == "DiscountedUsage"] = cur_bill["reservation_effective_cost"]
    amortized[kind == "RIFee"] = cur_bill["reservation_unused_recurring_fee"]
    amortized[kind == "SavingsPlanCoveredUsage"] = cur_bill[
        "savings_plan_savings_plan_effective_cost"
    ]
    amortized[kind == "SavingsPlanNegation"] = 0.0
    amortized[kind == "SavingsPlanRecurringFee"] = (
        cur_bill["savings_plan_total_commitment_to_date"] - cur_bill["savings_plan_used_commitment"]
    )

    assert amortized.sum() == pytest.approx(focus_bill["EffectiveCost"].sum(), abs=1e-6)


def test_focus_has_the_mandatory_columns_of_the_specification(focus_bill):
    mandatory = [
        "BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart",
        "ChargeCategory", "ChargeDescription", "ChargePeriodEnd", "ChargePeriodStart", "ContractedCost",
        "EffectiveCost", "InvoiceIssuerName", "ListCost", "ProviderName", "PublisherName",
        "ServiceCategory", "ServiceName",
    ]  # fmt: skip

    assert focus_bill[mandatory].notna().all(axis=None)


def test_lines_anomalies_of_the_story_show_in_their_days(bill):
    daily = bill.groupby([bill["role"], bill["start"].dt.normalize()])["cost"].sum()
    nat = daily["nat_gateway"]
    leak = daily["log_leak"]

    assert daily["runaway_training"].index.strftime("%Y-%m-%d").tolist() == [
        "2026-10-14",
        "2026-10-15",
    ]
    assert nat["2026-08-18":"2026-08-31"].mean() > 2 * nat["2026-08-03":"2026-08-17"].mean()
    assert leak["2026-10-25":"2026-10-31"].mean() > 3 * leak["2026-08-25":"2026-08-31"].mean()


def test_savings_plan_leaves_no_dollar_unused_while_steady_machines_run_on_demand(bill):
    fees = bill[bill["line_type"] == "SavingsPlanRecurringFee"]
    covered = bill[bill["line_type"] == "SavingsPlanCoveredUsage"]
    used = covered.groupby("start")["effective_cost"].sum()
    assert fees["unused_cost"].max() == 0.0
    assert used.reindex(fees["start"]).to_numpy() == pytest.approx(fees["cost"].to_numpy())


def test_machine_covered_in_part_runs_its_whole_hour_in_two_rows(bill):
    usage = bill[bill["role"].eq("steady") & bill["usage_type"].str.contains("BoxUsage")]
    parts = usage[usage["line_type"].isin(["Usage", "SavingsPlanCoveredUsage"])]
    october = parts[month_of(parts["start"]) == "2026-10"].groupby(["resource", "start"])
    assert october["quantity"].sum().to_numpy() == pytest.approx(1.0)
    assert set(october.size()) == {1, 2}
