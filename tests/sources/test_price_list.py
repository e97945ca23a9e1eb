"""What is asked of the Price List for an inventory, and its products as prices."""

import json
from datetime import datetime

import pandas as pd

from finops_lib.schema import ESTATE_TABLES, rows
from finops_lib.sources import prices
from finops_lib.sources.shape.price_list import BILLED_BY, Ask, asks, of_bill, rules
from finops_lib.sources.shape.price_list import prices as shaped

VOLUMES = (("productFamily", "Storage"),)


def product(usage_type, *tiers, operation="", unit="GB-Mo", **attributes):
    """A product as GetProducts writes it, a price for each (begin, dollars) of `tiers`."""
    dimensions = {
        f"SKU.T.{n}": {"unit": unit, "beginRange": str(begin), "endRange": "Inf",
                       "pricePerUnit": {"USD": f"{dollars:.10f}"}}
        for n, (begin, dollars) in enumerate(tiers)
    }  # fmt: skip
    term = {"effectiveDate": "2026-11-01T00:00:00Z", "priceDimensions": dimensions}
    described = {"locationType": "AWS Region", "usagetype": usage_type, "operation": operation}
    return json.dumps({
        "product": {"productFamily": "any", "attributes": {**described, **attributes}},
        "terms": {"OnDemand": {"SKU.T": term}, "Reserved": {"SKU.R": {}}},
    })  # fmt: skip


def told(ask, *products, region="eu-west-1"):
    found = shaped(ask, region, [{"PriceList": list(products)}])
    return [(r["service"], r["item"], r["detail"], r["unit"], r["price"]) for r in found]


def test_prices_are_those_of_the_region_with_their_date_and_source():
    [record] = shaped(
        Ask("AmazonEC2", VOLUMES), "eu-west-1",
        [{"PriceList": [product("EU-EBS:VolumeUsage.gp3", (0, 0.088))]}],
    )  # fmt: skip
    assert record == {
        "service": "AmazonEC2", "region": "eu-west-1", "item": "gp3", "unit": "GB-Mo",
        "term": "on_demand", "detail": None, "currency": "USD", "upfront": None, "price": 0.088,
        "valid_from": datetime(2026, 11, 1), "source": "price_list_api",
    }  # fmt: skip


def test_prices_of_what_only_looks_alike_are_left_out():
    assert told(
        Ask("AmazonEC2", VOLUMES),
        product("EU-EBS:VolumeUsage.gp3", (0, 0.088), locationType="AWS Local Zone"),
        product("EU-EBS:VolumeUsage.gp3.outposts", (0, 0.1)),
        product("EU-EBS:VolumeUsage", (0, 0.055)),
        product("EUC1-EBS:VolumeUsage.piops", (0, 0.138)),
    ) == [
        ("AmazonEC2", "standard", None, "GB-Mo", 0.055),
        ("AmazonEC2", "io1", None, "GB-Mo", 0.138),
    ]


def test_prices_of_tiers_are_those_of_the_first_that_is_charged():
    reads = (("group", "DDB-ReadUnits"),)
    assert told(
        Ask("AmazonDynamoDB", reads),
        product("EU-ReadCapacityUnit-Hrs", (18600, 0.000147), (0, 0.0), (9e9, 0.0001), unit="RCU"),
        product("EU-IA-ReadCapacityUnit-Hrs", (0, 0.00018), unit="RCU"),
    ) == [("AmazonDynamoDB", "read-capacity-unit", None, "RCU", 0.000147)]


def test_prices_per_gibps_are_told_per_mibps():
    throughput = (("productFamily", "Provisioned Throughput"),)
    gp3 = product("APN1-EBS:VolumeP-Throughput.gp3", (0, 49.152), unit="GiBps-mo")
    assert told(Ask("AmazonEC2", throughput), gp3) == [
        ("AmazonEC2", "gp3-throughput", None, "MiBps-Mo", 0.048)
    ]


def test_prices_of_one_usage_type_are_told_apart_by_operation():
    usage = "EU-LoadBalancerUsage"
    assert told(
        Ask("AWSELB", ()),
        product(usage, (0, 0.028), operation="LoadBalancing", unit="Hrs"),
        product(usage, (0, 0.0252), operation="LoadBalancing:Application", unit="Hrs"),
        product(usage, (0, 0.03), operation="LoadBalancing:Other", unit="Hrs"),
    ) == [
        ("AWSELB", "classic", None, "Hrs", 0.028),
        ("AWSELB", "application", None, "Hrs", 0.0252),
    ]


def test_prices_of_machines_carry_their_type_and_what_they_run():
    hosting = (("productFamily", "ML Instance"), ("component", "Hosting"))
    postgres = (("productFamily", "Database Instance"), ("databaseEngine", "PostgreSQL"))
    search = (("productFamily", "Amazon OpenSearch Service Instance"),)
    found = [
        *told(Ask("AmazonSageMaker", hosting), product("EU-Host:ml.m5.xlarge", (0, 0.257), unit="Hrs")),
        *told(Ask("AmazonRDS", postgres), product("EU-Multi-AZUsage:db.m5.large", (0, 0.394), operation="CreateDBInstance:0014", unit="Hrs")),
        *told(Ask("AmazonES", search), product("EU-ESInstance:m5.large", (0, 0.158), unit="Hrs")),
    ]  # fmt: skip
    assert [row[:3] for row in found] == [
        ("AmazonSageMaker", "ml.m5.xlarge", "hosting"),
        ("AmazonRDS", "db.m5.large", "postgres Multi-AZ"),
        ("AmazonES", "m5.large.search", None),
    ]


def test_asks_are_of_the_regions_and_engines_that_the_inventory_holds():
    one = {"account_id": "1", "region": "eu-west-1"}
    database = {**one, "resource_id": "db", "engine": "mysql", "instance_class": "db.m5.large"}
    tables = {
        "databases": rows(ESTATE_TABLES["databases"], [database, {**database, "region": "us-east-1"}]),
        "volumes": ESTATE_TABLES["volumes"].empty(),
    }  # fmt: skip
    engine = (("productFamily", "Database Instance"), ("databaseEngine", "MySQL"))
    assert asks(tables) == [
        ("eu-west-1", Ask("AmazonRDS", engine)),
        ("us-east-1", Ask("AmazonRDS", engine)),
    ]


def test_rules_name_tables_that_exist_and_items_as_the_shipped_book_does():
    book = prices.book()
    known = set(zip(book["service"], book["item"], strict=True))
    fixed = pd.DataFrame(rules()).query("~item.str.contains('{', regex=False)")
    assert {rule["table"] for rule in rules()} <= set(ESTATE_TABLES)
    assert set(zip(fixed["service"], fixed["item"], strict=True)) <= known


def charged(service, usage_type, operation, unit, dollars, quantity, **other):
    row = {"x_ServiceCode": service, "RegionId": "eu-west-1", "x_UsageType": usage_type,
           "x_Operation": operation, "ConsumedUnit": unit, "ChargeCategory": "Usage",
           "PricingCategory": "Standard", "ListCost": dollars, "ConsumedQuantity": quantity}  # fmt: skip
    return {**row, **other}


def test_of_bill_takes_the_list_rate_of_what_was_used_on_demand_in_its_region():
    spend = pd.DataFrame(
        [
            charged("AmazonEC2", "EU-BoxUsage:m5.large", "RunInstances", "Hrs", 10.7, 100.0),
            charged("AmazonEC2", "EU-BoxUsage:c5.large", "RunInstances:0002", "Hrs", 18.8, 100.0),
            charged("AmazonEC2", "EU-EBS:VolumeUsage.gp3", "CreateVolume-Gp3", "GB-Mo", 8.8, 100.0),
            charged("AmazonEC2", "EU-NatGateway-Hours", "NatGateway", "Hrs", 4.8, 100.0),
            charged("AmazonRDS", "EU-InstanceUsage:db.m5.large", "CreateDBInstance:0002", "Hrs", 18.9, 100.0),
            charged("AmazonEC2", "EU-BoxUsage:r5.large", "RunInstances", "Hrs", 9.0, 100.0,
                    PricingCategory="Dynamic"),
            charged("AmazonEC2", "EU-BoxUsage:r6i.large", "RunInstances", "Hrs", None, 100.0),
            charged("AmazonEC2", "EU-BoxUsage:t3.large", "RunInstances", None, 9.0, 100.0),
        ]
    )  # fmt: skip
    found = of_bill(spend, datetime(2026, 10, 1), "EUR")
    told = [(r["service"], r["item"], r["detail"], r["unit"], round(r["price"], 6)) for r in found]
    assert set(BILLED_BY) <= set(spend)
    assert told == [
        ("AmazonEC2", "m5.large", "Linux/UNIX", "Hrs", 0.107),
        ("AmazonEC2", "gp3", None, "GB-Mo", 0.088),
        ("AmazonVPC", "nat-gateway", None, "Hrs", 0.048),
        ("AmazonRDS", "db.m5.large", "mysql", "Hrs", 0.189),
    ]
    assert {(r["region"], r["currency"], r["source"]) for r in found} == {
        ("eu-west-1", "EUR", "bill")
    }
