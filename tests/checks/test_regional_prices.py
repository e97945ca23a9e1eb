"""A list price holds in its region: nothing is priced by another region's list."""

from datetime import datetime

import pandas as pd
import pytest

from finops_lib.checks import CHECKS, run_checks
from finops_lib.checks.pricing import database_prices, list_prices, machine_prices
from finops_lib.schema import ESTATE_TABLES, PRICES, rows

AS_OF = datetime(2024, 11, 1)
WHERE = ["region", "status", "monthly_cost", "price_basis"]


def price(item, dollars, region="us-east-1", service="AmazonEC2", **more):
    plain = {"service": service, "region": region, "item": item, "unit": "Hrs", "term": "on_demand",
             "price": dollars, "currency": "USD", "valid_from": datetime(2024, 2, 1),
             "source": "price_book"}  # fmt: skip
    return {**plain, **more}


def addresses(*regions):
    free = {"account_id": "1", "public_ip": "192.0.2.1"}
    return rows(
        ESTATE_TABLES["addresses"],
        [{**free, "region": region, "resource_id": f"eip-{region}"} for region in regions],
    )


def judged(found, *prices):
    tables = {name: table.empty() for name, table in ESTATE_TABLES.items()}
    tables |= {"addresses": found, "prices": rows(PRICES, list(prices))}
    findings, _ = run_checks(tables, as_of=AS_OF)
    return findings[WHERE].astype("object").where(findings[WHERE].notna(), None).values.tolist()


def test_waste_is_priced_by_the_list_of_its_own_region():
    idle = judged(
        addresses("eu-west-1", "us-east-1"),
        price("public-ipv4", 0.005, service="AmazonVPC"),
        price("public-ipv4", 0.006, "eu-west-1", "AmazonVPC"),
    )
    assert idle == [
        ["eu-west-1", "waste", pytest.approx(0.006 * 730), "list"],
        ["us-east-1", "waste", pytest.approx(0.005 * 730), "list"],
    ]


def test_waste_where_no_price_is_known_is_told_without_one():
    idle = judged(addresses("eu-west-1"), price("public-ipv4", 0.005, service="AmazonVPC"))
    assert idle == [["eu-west-1", "waste", None, None]]


def test_price_of_every_region_holds_in_each():
    idle = judged(addresses("eu-west-1"), price("public-ipv4", 0.005, "any", "AmazonVPC"))
    assert idle == [["eu-west-1", "waste", pytest.approx(0.005 * 730), "list"]]


def test_charge_of_the_same_name_in_another_region_prices_nothing_here():
    charge = {"account_id": "1", "resource_id": "eip", "service": "Amazon VPC", "usage_type": "ElasticIP:IdleAddress",
              "unit": "Hrs", "first_charge_at": datetime(2024, 10, 1), "window_hours": 730.0,
              "last_charge_end": datetime(2024, 10, 31, 10), "consumed_quantity": 730.0, "billed_cost": 0.0, "list_cost": 0.0}  # fmt: skip
    costs = rows(
        ESTATE_TABLES["resource_costs"],
        [
            {**charge, "region": "us-east-1", "effective_cost": 3.0},
            {**charge, "region": "eu-west-1", "effective_cost": 5.0},
        ],
    )
    both = addresses("eu-west-1", "us-east-1").assign(resource_id="eip")
    tables = {name: table.empty() for name, table in ESTATE_TABLES.items()}
    findings, _ = run_checks({**tables, "addresses": both, "resource_costs": costs}, as_of=AS_OF)
    assert findings[["region", "monthly_cost"]].values.tolist() == [
        ["eu-west-1", pytest.approx(5.0)],
        ["us-east-1", pytest.approx(3.0)],
    ]


def test_list_prices_what_was_asked_goes_before_the_book_and_that_before_the_bill_whatever_the_date():
    asked = price("gp3", 0.09, source="price_list_api", valid_from=datetime(2023, 1, 1))
    billed = [price(item, 0.07, source="bill", valid_from=AS_OF) for item in ("gp2", "st1")]
    table = rows(PRICES, [asked, price("gp3", 0.08), price("gp2", 0.1), *billed])
    assert list_prices(table, "AmazonEC2", AS_OF).to_dict() == {
        "gp3": 0.09,
        "gp2": 0.1,
        "st1": 0.07,
    }


def test_list_prices_of_a_use_are_those_of_it_and_those_without_one():
    table = rows(
        PRICES,
        [
            price("ml.m5.large", 0.115, service="AmazonSageMaker", detail="hosting"),
            price("ml.m5.large", 0.2, service="AmazonSageMaker", detail="training"),
            price("ml.c5.large", 0.1, service="AmazonSageMaker"),
        ],
    )
    found = list_prices(table, "AmazonSageMaker", AS_OF, "hosting")
    assert found.to_dict() == {"ml.c5.large": 0.1, "ml.m5.large": 0.115}


def test_database_prices_are_those_of_the_engine_with_its_standby():
    table = rows(
        PRICES,
        [
            price("db.m5.large", 0.171, service="AmazonRDS", detail="mysql"),
            price("db.m5.large", 0.178, service="AmazonRDS", detail="postgres"),
            price("db.m5.large", 0.356, service="AmazonRDS", detail="postgres Multi-AZ"),
        ],
    )
    databases = pd.DataFrame(
        {
            "engine": ["postgres", "mysql", "postgres", "oracle-ee"],
            "multi_az": [True, False, None, False],
            "instance_class": ["db.m5.large"] * 4,
        }
    )
    assert database_prices(databases, table, AS_OF).tolist() == pytest.approx(
        [0.356, 0.171, 0.178, float("nan")], nan_ok=True
    )


def test_machine_prices_of_a_licensed_platform_are_unknown():
    instances = pd.DataFrame(
        {"instance_type": ["m5.large"] * 3, "platform": ["Linux/UNIX", "Windows", None]}
    )
    table = rows(PRICES, [price("m5.large", 0.096)])
    assert machine_prices(instances, table, AS_OF).tolist() == pytest.approx(
        [0.096, float("nan"), 0.096], nan_ok=True
    )


def test_checks_without_prices_see_every_region_at_once():
    assert "prices" not in CHECKS["inter_region_transfer"].needs


def test_bucket_without_an_inventory_is_unknown_in_a_region_where_none_has_one(account, vary):
    moved = vary(account, "buckets", "bucket-quiet", region="eu-west-1")
    findings, _ = run_checks(moved, as_of=AS_OF)
    there = findings[
        findings["region"].eq("eu-west-1") & findings["check_id"].str.contains("objects")
    ]
    assert there[["check_id", "resource_id", "status"]].values.tolist() == [
        [f"{kind}_s3_objects", "bucket-quiet", "unknown"]
        for kind in ("compressible", "duplicate", "obsolete")
    ]
