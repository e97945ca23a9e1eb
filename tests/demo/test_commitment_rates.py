"""What commitments cost, asked of the emulated services as of the real ones."""

from datetime import datetime

import pandas as pd
import pytest

from finops_lib.analysis.commitments.items import ITEM_COLUMNS
from finops_lib.demo.emulator import Faults
from finops_lib.schema import COMMITMENTS, GAPS, PRICES, rows
from finops_lib.sources.aws.calls import Asker, AwsSource, Session
from finops_lib.sources.aws.commitment_rates import read_rates, token_pages
from finops_lib.sources.shape import offerings

AS_OF = datetime(2026, 11, 4, 12)
YEAR_S = 365 * 86_400
REGION = "us-east-1"

ITEMS = pd.DataFrame(
    [
        ["AmazonEC2", REGION, "m5", "m5.xlarge", "BoxUsage:m5.xlarge", "RunInstances", "Linux/UNIX", 0.192],
        ["AmazonElastiCache", REGION, "cache.r5", "cache.r5.large", "NodeUsage:cache.r5.large",
         "CreateCacheCluster:0002", "redis", 0.216],
        ["AmazonRDS", REGION, "db.m5", "db.m5.large", "InstanceUsage:db.m5.large",
         "CreateDBInstance:0014", "postgresql", 0.178],
        ["AmazonRDS", REGION, "db.x", "db.x.large", "InstanceUsage:db.x.large", "CreateDBInstance:0005",
         None, 3.0],
    ],
    columns=ITEM_COLUMNS,
)  # fmt: skip


def plan_rate(plan, usage_type, rate, operation="RunInstances", tenancy="shared"):
    return {
        "savingsPlanOffering": {"offeringId": "o", "paymentOption": "No Upfront", "planType": plan,
                                "durationSeconds": YEAR_S, "currency": "USD"},
        "rate": rate, "unit": "Hrs", "productType": "EC2", "serviceCode": "AmazonEC2",
        "usageType": usage_type, "operation": operation,
        "properties": [{"name": "region", "value": REGION}, {"name": "tenancy", "value": tenancy}],
    }  # fmt: skip


def database(multi_az, hourly):
    return {
        "ReservedDBInstancesOfferingId": "d", "DBInstanceClass": "db.m5.large", "Duration": YEAR_S,
        "FixedPrice": 438.0, "UsagePrice": 0.0, "CurrencyCode": "USD", "MultiAZ": multi_az,
        "ProductDescription": "postgresql", "OfferingType": "Partial Upfront",
        "RecurringCharges": [{"RecurringChargeAmount": hourly, "RecurringChargeFrequency": "Hourly"}],
    }  # fmt: skip


def machine(offering_class, hourly, platform="Linux/UNIX"):
    return {
        "ReservedInstancesOfferingId": "i", "InstanceType": "m5.xlarge", "Duration": 3 * YEAR_S,
        "FixedPrice": 0.0, "UsagePrice": 0.0, "CurrencyCode": "USD", "ProductDescription": platform,
        "OfferingType": "No Upfront", "OfferingClass": offering_class, "Scope": "Region",
        "InstanceTenancy": "default",
        "RecurringCharges": [{"Amount": hourly, "Frequency": "Hourly"}],
    }  # fmt: skip


@pytest.fixture
def session(account, monkeypatch, tmp_path):
    """A session to an account that offers a few commitments; its replies are kept in a folder."""
    for name, value in account.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    account.state.savings_plan_rates.clear()
    account.state.reserved_offerings.clear()
    account.put_savings_plan_rates([
        plan_rate("Compute", "BoxUsage:m5.xlarge", "0.14"),
        plan_rate("EC2Instance", "BoxUsage:m5.xlarge", "0.121"),
        plan_rate("Compute", "BoxUsage:m5.xlarge", "0.29", operation="RunInstances:0002"),
        plan_rate("Compute", "BoxUsage:m5.xlarge", "0.15", tenancy="dedicated"),
        plan_rate("Compute", "BoxUsage:m5.2xlarge", "0.28"),
    ])  # fmt: skip
    account.put_reserved_offerings("ec2", REGION, [
        machine("standard", 0.08), machine("convertible", 0.09), machine("standard", 0.2, "Windows"),
    ])  # fmt: skip
    account.put_reserved_offerings("rds", REGION, [database(False, 0.07), database(True, 0.14)])
    account.put_reserved_offerings("elasticache", REGION, [{
        "ReservedCacheNodesOfferingId": "c", "CacheNodeType": "cache.r5.large", "Duration": YEAR_S,
        "FixedPrice": 0.0, "UsagePrice": 0.147, "ProductDescription": "redis",
        "OfferingType": "No Upfront", "RecurringCharges": [],
    }])  # fmt: skip
    found = Session(AwsSource(endpoint_url=account.endpoint_url, cache=tmp_path, max_attempts=1))
    yield found
    account.faults = Faults()


def test_read_rates_tells_the_rates_of_what_is_in_use_and_no_others(session):
    found, gaps = read_rates(session, session.home(), ITEMS, AS_OF)
    prices = rows(PRICES, found)
    told = prices[["item", "term", "detail", "price", "upfront"]]
    assert gaps == []
    assert told.astype("object").where(told.notna(), None).to_numpy().tolist() == [
        ["m5.xlarge", "savings_plan", "1yr/no_upfront/Compute", 0.14, None],
        ["m5.xlarge", "savings_plan", "1yr/no_upfront/EC2Instance", 0.121, None],
        ["m5.xlarge", "reserved", "3yr/no_upfront/standard", 0.08, 0.0],
        ["m5.xlarge", "reserved", "3yr/no_upfront/convertible", 0.09, 0.0],
        ["cache.r5.large", "reserved", "1yr/no_upfront/standard", 0.147, 0.0],
        ["db.m5.large", "reserved", "1yr/partial_upfront/standard", 0.07, 438.0],
    ]
    assert set(prices["source"]) == {"offering_api"}
    assert set(prices["valid_from"]) == {pd.Timestamp("2026-11-04")}


def test_read_rates_asks_once_a_day_and_once_a_family(session):
    read_rates(session, session.home(), ITEMS, AS_OF)
    sent = sum(n for (_, name), n in session.requests.items() if "Offering" in name)
    assert sent == 4
    again, _ = read_rates(session, session.home(), ITEMS, AS_OF)
    assert sum(n for (_, name), n in session.requests.items() if "Offering" in name) == sent
    assert sum(session.cached.values()) == 4
    assert len(again) == 6


def test_read_rates_refused_service_is_a_gap_and_the_others_answer(session, account):
    account.faults = Faults(denied=frozenset({"savingsplans"}))
    found, gaps = read_rates(session, session.home(), ITEMS, AS_OF)
    assert rows(GAPS, gaps)[["service", "table"]].to_numpy().tolist() == [
        ["savingsplans", "commitment_rates"]
    ]
    assert "rate card" in gaps[0]["reason"]
    assert {record["term"] for record in found} == {"reserved"}


def test_read_rates_of_nothing_in_use_asks_nothing(session):
    assert read_rates(session, session.home(), ITEMS.iloc[:0], AS_OF) == ([], [])
    assert not [name for _, name in session.requests if "Offering" in name]


def test_token_pages_turns_every_page_of_savings_plans(session, account):
    account.put_savings_plan_rates(
        plan_rate("Compute", f"BoxUsage:x{n}", "0.1") for n in range(1200)
    )
    ask = Asker(session, session.home(), REGION, AS_OF)
    pages = token_pages(ask, "savingsplans", "describe_savings_plans_offering_rates")
    assert [len(page["searchResults"]) for page in pages] == [1000, 205]


def test_reserved_databases_and_caches_become_commitments(account, client):
    start = datetime(2026, 1, 1)
    account.put_reservations("rds", "123456789012", REGION, [{
        "ReservedDBInstanceId": "ri-db", "DBInstanceClass": "db.r5.large", "StartTime": start,
        "Duration": YEAR_S, "FixedPrice": 100.0, "UsagePrice": 0.0, "DBInstanceCount": 2,
        "ProductDescription": "postgresql", "OfferingType": "All Upfront", "MultiAZ": True,
        "State": "active", "ReservedDBInstanceArn": "arn:aws:rds:us-east-1:1:ri:ri-db",
        "RecurringCharges": [],
    }])  # fmt: skip
    account.put_reservations("elasticache", "123456789012", REGION, [{
        "ReservedCacheNodeId": "ri-cache", "CacheNodeType": "cache.r5.large", "StartTime": start,
        "Duration": 3 * YEAR_S, "FixedPrice": 0.0, "UsagePrice": 0.0, "CacheNodeCount": 3,
        "ProductDescription": "redis", "OfferingType": "No Upfront", "State": "active",
        "RecurringCharges": [{"RecurringChargeAmount": 0.1, "RecurringChargeFrequency": "Hourly"}],
    }])  # fmt: skip
    where = {"account_id": "123456789012", "region": REGION}
    found = rows(COMMITMENTS, [where | record for record in (
        *offerings.reserved_databases([client("rds").describe_reserved_db_instances()]),
        *offerings.reserved_caches([client("elasticache").describe_reserved_cache_nodes()]),
    )])  # fmt: skip
    columns = ["product", "instance_type", "family", "platform", "count", "term_years",
               "upfront_cost", "recurring_hourly_cost", "scope"]  # fmt: skip
    told = found[columns].astype("object").where(found[columns].notna(), None)
    assert told.to_numpy().tolist() == [
        ["RDS", "db.r5.large", "db.r5", "postgresql", 2, 1, 200.0, 0.0, "Multi-AZ"],
        ["ElastiCache", "cache.r5.large", "cache.r5", "redis", 3, 3, 0.0, pytest.approx(0.3), None],
    ]
    assert found["end_time"].tolist()[0] == pd.Timestamp("2027-01-01")
