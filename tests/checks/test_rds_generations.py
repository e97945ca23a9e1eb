"""Databases on old classes and on Intel: versions, engines, prices, zones."""

import pandas as pd
import pytest

from finops_lib.checks import run_checks
from finops_lib.checks.rds_generations import runs_on_graviton, version_of
from finops_lib.schema import ESTATE_TABLES, rows

OLD, GRAVITON = "old_generation_rds_instances", "graviton_rds_instances"


def found(tables, check, resource):
    as_of = pd.Timestamp(2024, 11, 1).to_pydatetime()
    findings, _ = run_checks(tables, as_of=as_of, only=[check])
    return findings[findings["resource_id"] == resource].iloc[0]


@pytest.mark.parametrize(
    ("check", "resource", "share"),
    [(OLD, "db-old", 1 - 0.318 / 0.35), (GRAVITON, "db-intel", 1 - 0.318 / 0.356)],
)
def test_cheapest_class_that_runs_the_engine_is_the_saving(account, check, resource, share):
    row = found(account, check, resource)
    assert (row["status"], row["parameters"]) == ("waste", {"instance_class": "db.m6g.xlarge"})
    assert row["monthly_saving"] == pytest.approx(row["monthly_cost"] * share)
    assert row["price_basis"] == "list"


@pytest.mark.parametrize(
    ("engine", "text", "generation", "expected"),
    [
        ("mysql", "8.0.16", 6, False),
        ("mysql", "8.0.17", 6, True),
        ("mysql", "8.0.27", 7, False),
        ("mysql", "8.4.3", 7, True),
        ("mysql", "5.7.44", 6, False),
        ("mariadb", "10.5.16", 7, False),
        ("mariadb", "10.6.10", 7, True),
        ("mariadb", "11.4.3", 7, True),
        ("postgres", "12.2", 6, False),
        ("postgres", "13.3", 7, False),
        ("postgres", "16.1", 7, True),
        ("aurora-mysql", "8.0.mysql_aurora.3.02.0", 7, False),
        ("aurora-mysql", "8.0.mysql_aurora.3.04.1", 7, True),
        ("aurora-postgresql", "14.6", 7, False),
        ("postgres", None, 6, False),
        ("postgres", "17.2", 9, False),
        ("oracle-ee", "19.0.0", 6, False),
    ],
)
def test_versions_that_run_on_graviton(engine, text, generation, expected):
    assert runs_on_graviton(engine, version_of(text), generation) is expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"engine_version": None}, "unknown"),
        ({"engine_version": "10.3.8"}, "ok"),
        ({"engine": "oracle-ee", "engine_version": "19.0.0"}, "ok"),
        ({"instance_class": "db.m6g.xlarge"}, "ok"),
        ({"instance_class": "db.m5.2xlarge"}, "unknown"),
        ({"instance_class": "db.m4.xlarge"}, "ok"),
    ],
)
def test_graviton_rds_instances_lookalikes(account, vary, status, values, expected):
    assert (
        status(vary(account, "databases", "db-intel", **values), GRAVITON, "db-intel") == expected
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [({"engine_version": "10.3.8"}, "ok"), ({"instance_class": "db.m4.2xlarge"}, "unknown")],
)
def test_old_class_without_a_cheaper_one_is_ok_and_without_a_price_unknown(
    account, vary, status, values, expected
):
    assert status(vary(account, "databases", "db-old", **values), OLD, "db-old") == expected


def test_prices_are_those_of_the_engine_and_its_zones(account):
    double = [
        {
            "service": "AmazonRDS", "region": "us-east-1", "item": item, "unit": "Hrs",
            "term": "on_demand", "detail": "mariadb Multi-AZ", "price": price, "currency": "USD",
            "valid_from": pd.Timestamp(2024, 2, 1), "source": "price_list_api",
        }
        for item, price in (("db.m5.xlarge", 0.7), ("db.m6g.xlarge", 0.6))
    ]  # fmt: skip
    prices = pd.concat([account["prices"], rows(ESTATE_TABLES["prices"], double)])
    databases = account["databases"]
    doubled = databases.assign(multi_az=databases["resource_id"].eq("db-intel").astype("boolean"))
    row = found({**account, "prices": prices, "databases": doubled}, GRAVITON, "db-intel")
    assert row["monthly_cost"] == pytest.approx(0.7 * 730)
    assert row["monthly_saving"] == pytest.approx(0.1 * 730)
