"""Figures of the reference solution that no other test holds, by our formulas and our price book."""

from datetime import datetime

import pandas as pd
import pytest

from finops_lib.analysis.lifecycle import options
from finops_lib.analysis.outcome import result_table, step_groups
from finops_lib.params.plan import PlanParams
from finops_lib.plans.plan import build_plan, naive_sum
from finops_lib.schema import FINDINGS, rows
from finops_lib.sources import prices
from finops_lib.units import HOURS_PER_MONTH

AT = datetime(2026, 6, 1)
TIB = 1024.0


def price(service, item, term="on_demand", detail=None):
    book = prices.book()
    book = book[book["valid_from"].le(AT) & (book["valid_to"].isna() | book["valid_to"].gt(AT))]
    found = book[book["service"].eq(service) & book["item"].eq(item) & book["term"].eq(term)]
    return float(found.loc[found["detail"].eq(detail) if detail else slice(None), "price"].item())


def test_storage_tiers_of_the_reference_close_at_1024_gib_a_tib():
    # 1 TB standard 23.55, 5 TB infrequent 64.00, 10 TB archived 40.96: 128.51 together.
    buckets = pd.DataFrame({
        "resource_id": ["infrequent", "archived"], "size_gib": [5 * TIB, 10 * TIB],
        "object_count": [1.0, 1.0], "read_gib_per_month": [0.0, 0.0], "age": [400.0, 400.0],
        "monthly_cost": [5 * TIB * 0.023, 10 * TIB * 0.023],
    })  # fmt: skip
    listed = {name: price("AmazonS3", name) for name in ("s3-standard-ia", "s3-glacier-instant")}
    cost = options(buckets, listed).set_index(["resource_id", "storage_class"])["monthly_cost"]
    tiers = [
        TIB * price("AmazonS3", "s3-standard"),
        cost["infrequent", "STANDARD_IA"],
        cost["archived", "GLACIER_IR"],
    ]
    assert [round(tier, 2) for tier in tiers] == [23.55, 64.00, 40.96]
    assert round(sum(tiers), 2) == 128.51


@pytest.mark.parametrize(
    ("figure", "right"),
    [
        (10 * price("AmazonEC2", "m5.2xlarge") * HOURS_PER_MONTH, 2_803.20),
        (10 * price("AmazonEC2", "m5.xlarge") * HOURS_PER_MONTH, 1_401.60),
        (10 * price("AmazonEC2", "m5.xlarge", "reserved", "1yr/no_upfront/standard") * HOURS_PER_MONTH,
         883.30),
        (8 * price("AmazonVPC", "public-ipv4") * HOURS_PER_MONTH, 29.20),
        (16 * TIB * price("AmazonS3", "s3-standard"), 376.83),
        (price("AmazonS3", "s3-glacier-flexible"), 0.0036),
    ],
)  # fmt: skip
def test_figure_that_the_reference_has_wrong_is_right_by_the_price_book(figure, right):
    assert figure == pytest.approx(right, abs=0.005)


WASTE = (
    ("terminate_instance", "Amazon Elastic Compute Cloud", 12, 4_200.0),
    ("delete_volume", "Amazon Elastic Compute Cloud", 85, 850.0),
    ("delete_snapshot", "Amazon Elastic Compute Cloud", 500, 750.0),
    ("release_address", "Amazon Virtual Private Cloud", 8, 23.36),
    ("delete_load_balancer", "Elastic Load Balancing", 3, 75.0),
)
"""The reference's list of waste: action, service, resources, dollars a month; empty buckets cost nothing."""


def waste_found():
    return rows(
        FINDINGS,
        [
            {"finding_id": f"{action}-{n}", "check_id": action, "account_id": "1", "region": "r",
             "resource_id": f"{action}-{n}", "claim_key": f"{action}-{n}", "service": service,
             "status": "waste", "reason": "why", "monthly_cost": cost / count,
             "monthly_saving": cost / count, "action": action, "confidence": "high",
             "as_of": AT, "evidence": {}}
            for action, service, count, cost in WASTE
            for n in range(count)
        ],
    )  # fmt: skip


def test_waste_of_the_reference_adds_up_to_its_lines_and_not_to_what_it_says():
    found = waste_found()
    plan = build_plan(found, PlanParams(min_monthly_saving=0.0))
    assert round(naive_sum(found), 2) == round(plan["monthly_saving"].sum(), 2) == 5_898.36
    grouped = plan.assign(group=step_groups(plan))
    costs = pd.Series({"compute": 45_000.0, "storage": 12_000.0, "network": 8_000.0, "managed": 15_000.0})  # fmt: skip
    table = result_table(costs, grouped, grouped).set_index("group")
    assert table.loc["waste", ["before", "saving"]].round(2).tolist() == [5_898.36, 5_898.36]
    assert table.loc["total", "before"] == 80_000.0


def test_waste_of_the_reference_at_the_price_of_an_address_today():
    dear = 8 * price("AmazonVPC", "public-ipv4") * HOURS_PER_MONTH
    right = sum(cost for action, _, _, cost in WASTE if action != "release_address") + dear
    assert round(right, 2) == 5_904.20


def test_serverless_second_of_three_gib_costs_what_the_price_list_says():
    # AWS Price List, USE1-ServerlessInf:Mem-3GB, SKU PUE6HBQ8KFHBUN5T, as of 2026-09: 0.00006 USD a second.
    assert 3 * price("AmazonSageMaker", "serverless-inference") == pytest.approx(0.00006)
