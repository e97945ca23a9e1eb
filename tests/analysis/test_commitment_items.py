"""Which item of each family stands for it, and how its rates become offers."""

from datetime import date, datetime

import pandas as pd
import pytest

from finops_lib.analysis.commitments import rates
from finops_lib.analysis.commitments.items import SPEND_COLUMNS, items_in_use, items_introduced
from finops_lib.analysis.commitments.pools import capacities
from finops_lib.params.commitments import Commitments, Rate
from finops_lib.schema import COMMITMENTS, PRICES, conform

NO_SHARES = pd.DataFrame(columns=rates.OFFER_COLUMNS)


def spent(
    usage_type, billed, quantity, *, service="AmazonEC2", instance_type="m5.xlarge", **values
):
    row = dict.fromkeys(SPEND_COLUMNS) | {
        "x_ServiceCode": service, "RegionId": "us-east-1", "x_InstanceType": instance_type,
        "x_UsageType": usage_type, "x_Operation": "RunInstances", "ChargeCategory": "Usage",
        "PricingCategory": "Standard", "BilledCost": billed, "ListCost": billed,
        "ConsumedQuantity": quantity,
    }  # fmt: skip
    return {**row, **values}


def test_items_in_use_takes_the_dearest_of_each_family_and_its_own_price():
    rows = [
        spent("BoxUsage:m5.xlarge", 192.0, 1000.0),
        spent("BoxUsage:m5.4xlarge", 76.8, 100.0, instance_type="m5.4xlarge"),
        spent("BoxUsage:m5.xlarge", 0.0, 500.0, PricingCategory="Committed", ListCost=96.0,
              CommitmentDiscountStatus="Used"),
        spent("SpotUsage:c5.xlarge", 9.0, 100.0, instance_type="c5.xlarge", PricingCategory="Dynamic"),
        spent("HeavyUsage:r4.xlarge", 50.0, 0.0, instance_type="r4.xlarge",
              PricingCategory="Committed", CommitmentDiscountStatus="Unused"),
        spent("Multi-AZUsage:db.r5.2xl", 200.0, 100.0, service="AmazonRDS",
              instance_type="db.r5.2xl", x_Operation="CreateDBInstance:0014"),
        spent("USW2-Lambda-GB-Second", 5.0, 300_000.0, service="AWSLambda", instance_type=None,
              RegionId="us-west-2", x_Operation="Invoke"),
        spent("Requests-Tier1", 5.0, 10.0, service="AmazonS3", instance_type=None),
    ]  # fmt: skip
    found = items_in_use(pd.DataFrame(rows))
    columns = ["service_code", "region", "family", "item", "platform"]
    assert found[columns].astype("object").where(found[columns].notna(), None).to_numpy().tolist() == [
        ["AWSLambda", "us-west-2", "lambda", "lambda.Lambda-GB-Second", None],
        ["AmazonEC2", "us-east-1", "m5", "m5.xlarge", "Linux/UNIX"],
        ["AmazonRDS", "us-east-1", "db.r5", "db.r5.2xlarge", "postgresql"],
    ]  # fmt: skip
    assert found["on_demand_price"].tolist() == pytest.approx([5 / 300_000, 0.192, 2.0])


def test_items_in_use_of_a_bill_without_instances_is_empty():
    rows = [spent("TimedStorage-ByteHrs", 5.0, 10.0, service="AmazonS3", instance_type=None)]
    assert items_in_use(pd.DataFrame(rows)).empty


def resize(now, target, share, region="us-east-1"):
    return {"category": "resize", "region": region, "parameters": {"instance_type": target},
            "before_state": {"instance_type": now, "price_share": share}}  # fmt: skip


def test_items_introduced_are_families_that_only_a_resize_brings():
    spend = pd.DataFrame([
        spent("USE2-BoxUsage:m5.xlarge", 192.0, 1000.0, x_Operation="RunInstances:0002"),
        spent("BoxUsage:c5.xlarge", 17.0, 100.0, instance_type="c5.xlarge"),
        spent("Multi-AZUsage:db.r5.2xl", 200.0, 100.0, service="AmazonRDS",
              instance_type="db.r5.2xl", x_Operation="CreateDBInstance:0014"),
        spent("BoxUsage:m5.xlarge", 19.2, 100.0, RegionId="us-west-2"),
    ])  # fmt: skip
    plan = pd.DataFrame([
        resize("m5.xlarge", "m7g.large", 0.4), resize("m5.xlarge", "c5.large", 0.5),
        resize("db.r5.2xlarge", "db.r6g.xlarge", 0.45), resize("t3.large", "t4g.small", 0.2),
        {"category": "terminate", "region": "us-east-1", "parameters": None, "before_state": None},
        resize("c5.xlarge", None, 0.5), resize("c5.xlarge", "c6a.large", None),
    ])  # fmt: skip
    found = items_introduced(spend, plan)
    columns = ["service_code", "region", "family", "item", "usage_type", "operation", "platform"]
    assert found[columns].to_numpy().tolist() == [
        ["AmazonEC2", "us-east-1", "m7g", "m7g.large", "USE2-BoxUsage:m7g.large", "RunInstances:0002",
         "Windows"],
        ["AmazonRDS", "us-east-1", "db.r6g", "db.r6g.xlarge", "Multi-AZUsage:db.r6g.xlarge",
         "CreateDBInstance:0014", "postgresql"],
    ]  # fmt: skip
    assert found["on_demand_price"].tolist() == pytest.approx([0.192 * 0.4, 2.0 * 0.45])


def test_items_introduced_by_no_resize_are_none():
    spend = pd.DataFrame([spent("BoxUsage:m5.xlarge", 192.0, 1000.0)])
    assert items_introduced(spend, pd.DataFrame(columns=["category"])).empty


def price(term, detail, amount, source, item="db.r5.2xlarge"):
    return {"service": "AmazonRDS", "region": "us-east-1", "item": item, "unit": "Hrs", "term": term,
            "detail": detail, "price": amount, "currency": "USD",
            "valid_from": pd.Timestamp("2026-11-04"), "source": source}  # fmt: skip


def test_offers_of_an_api_compare_with_the_bill_and_go_before_the_rate_card():
    items = items_in_use(pd.DataFrame([
        spent("Multi-AZUsage:db.r5.2xl", 200.0, 100.0, service="AmazonRDS",
              instance_type="db.r5.2xl", x_Operation="CreateDBInstance:0014"),
    ]))  # fmt: skip
    prices = conform(
        pd.DataFrame([
            price("reserved", "1yr/no_upfront/standard", 1.42, "offering_api"),
            price("on_demand", None, 1.0, "price_book", "db.m5.large"),
            price("reserved", "1yr/no_upfront/standard", 0.75, "price_book", "db.m5.large"),
        ]), PRICES,
    )  # fmt: skip
    card = Rate(product="rds_reserved", family="db.r5", region="us-east-1", price_share=0.9,
                priced_at=date(2026, 1, 1))  # fmt: skip
    found = rates.offers(
        prices, pd.DataFrame(columns=["is_used", "list_cost", "used_cost", "commitment_id", "instance_type",
                                      "Month", "region", "service_code"]).astype({"is_used": bool}),
        COMMITMENTS.empty(), Commitments(rate_card=(card,)), datetime(2026, 11, 5), items,
    )  # fmt: skip
    rows = found.sort_values("family")[["family", "source", "price_share", "priced_at"]]
    assert rows.to_numpy().tolist() == [
        ["db.m5", "price_book", 0.75, pd.Timestamp("2026-11-04")],
        ["db.r5", "offering_api", 0.71, pd.Timestamp("2026-11-04")],
    ]


def test_offers_of_an_api_without_usage_to_compare_with_are_left_out():
    prices = conform(
        pd.DataFrame([price("reserved", "1yr/no_upfront/standard", 1.42, "offering_api")]), PRICES
    )
    assert rates.offers_of_prices(prices, datetime(2026, 11, 5)).empty


def test_capacities_price_a_reserved_database_with_its_standby():
    held = conform(
        pd.DataFrame([
            {"account_id": "1", "region": "us-east-1", "commitment_id": name, "kind": "reserved_instance",
             "product": product, "instance_type": kind, "platform": engine, "count": 2,
             "scope": scope, "state": "active"}
            for name, product, kind, engine, scope in (
                ("one", "RDS", "db.r5.2xlarge", "postgresql", "Single-AZ"),
                ("two", "RDS", "db.r5.2xlarge", "postgresql", "Multi-AZ"),
                ("three", "RDS", "db.r5.2xlarge", "oracle-se2(li)", "Single-AZ"),
                ("four", "ElastiCache", "cache.r5.large", "redis", None),
            )
        ]), COMMITMENTS,
    )  # fmt: skip
    listed = pd.Series({
        ("us-east-1", "db.r5.2xlarge"): 1.0, ("us-east-1", "db.r5.2xlarge Multi-AZ"): 2.0,
        ("us-east-1", "cache.r5.large"): 0.2,
    })  # fmt: skip
    found = capacities(held, listed, NO_SHARES)
    assert found["covers"].fillna(-1).tolist() == pytest.approx([2.0, 4.0, -1, 0.4])
    assert found["pool"].tolist() == ["rds", "rds", "rds", "cache"]
    assert found["operation"].tolist()[0] == "CreateDBInstance:0014"
