"""Databases that nobody connects to and that others need."""

from __future__ import annotations

import pandas as pd
import pytest

from finops_lib.schema import ESTATE_TABLES, rows

REPLICA = {
    "account_id": "111122223333", "region": "us-east-1", "resource_id": "db-copy", "name": "copy",
    "engine": "postgres", "replica_of": "idle",
    "instance_class": "db.m5.large", "status": "available",
}  # fmt: skip


@pytest.fixture
def with_replica(account, vary, hourly):
    """Makes the account with a replica of the idle database that has so many connections."""

    def make(connections, replica_ids):
        source = vary(account, "databases", "db-idle", name="idle", replica_ids=replica_ids)
        copy = rows(ESTATE_TABLES["databases"], [REPLICA])
        told = rows(
            ESTATE_TABLES["metrics"],
            [point for metric, value in (("DatabaseConnections", connections), ("CPUUtilization", 1.0))
             for point in hourly("db-copy", "AWS/RDS", metric, "Maximum", None, value)],
        )  # fmt: skip
        return {
            **source,
            "databases": pd.concat([source["databases"], copy], ignore_index=True),
            "metrics": pd.concat([source["metrics"], told], ignore_index=True),
        }

    return make


@pytest.mark.parametrize(
    ("connections", "replica_ids", "expected"),
    [
        (3.0, "copy", "ok"),
        (0.0, "copy", "waste"),
        (0.0, "copy arn:aws:rds:eu-west-1:111122223333:db:far", "ok"),
        (3.0, None, "waste"),
    ],
)
def test_idle_rds_instances_source_of_a_replica_in_use_is_ok(
    with_replica, status, connections, replica_ids, expected
):
    tables = with_replica(connections, replica_ids)
    assert status(tables, "idle_rds_instances", "db-idle") == expected
