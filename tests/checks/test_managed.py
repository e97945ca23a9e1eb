"""Managed services: limits met from both sides, what only looks like waste, and dollars by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
import pytest
from managed_rows import LINES

from finops_lib.checks import CHECKS, run_checks
from finops_lib.schema import ESTATE_TABLES, GAPS, rows
from finops_lib.sources.aws.readers import READERS

AS_OF = datetime(2024, 11, 1)
PLACE = {"account_id": "111122223333", "region": "us-east-1"}

LIMITS = [
    ("idle_elasticache_clusters", "cache-idle", "CurrConnections", 6, 7),
    ("idle_elasticache_clusters", "cache-idle", "CacheMisses", 0, 1),
    ("idle_elasticache_clusters", "cache-idle", "SetTypeCmds", 0, 1),
    ("idle_elasticache_clusters", "cache-idle", "NetworkBytesIn", 4.3e6, 4.4e6),
    ("oversized_elasticache_nodes", "cache-large", "CPUUtilization", 39.9, 40.1),
    ("oversized_elasticache_nodes", "cache-large", "DatabaseMemoryUsagePercentage", 39.9, 40.1),
    ("idle_opensearch_domains", "domain-idle", "SearchRate", 0.9, 1),
    ("idle_opensearch_domains", "domain-idle", "IndexingRate", 0.9, 1),
    ("idle_opensearch_domains", "domain-idle", "2xx", 60, 61),
    ("idle_redshift_clusters", "lake-idle", "DatabaseConnections", 0, 1),
    ("idle_emr_clusters", "emr-idle", "IsIdle", 1, 0),
    ("idle_ecs_services", "service-idle", "CPUUtilization", 0.9, 1.1),
    ("idle_ecs_services", "service-idle", "NetworkRxBytes", 1023, 1025),
    ("idle_dynamodb_tables", "table-idle", "ConsumedReadCapacityUnits", 0, 1),
    ("idle_dynamodb_tables", "table-idle", "ConsumedWriteCapacityUnits", 0, 1),
    ("unused_lambda_memory", "function-large", "used_memory_max", 200, 800),
    ("unused_lambda_memory", "function-large", "cpu_total_time", 20_000, 115_000),
    ("unused_lambda_concurrency", "function-warm", "ProvisionedConcurrencyUtilization", 0.7, 0.75),
]

AGES = [
    ("idle_elasticache_clusters", "clusters", "cache-idle", "create_time", 14),
    ("idle_redshift_clusters", "clusters", "lake-idle", "create_time", 14),
    ("idle_emr_clusters", "clusters", "emr-idle", "create_time", 7),
    ("idle_ecs_services", "clusters", "service-idle", "last_modified_at", 14),
    ("empty_eks_clusters", "clusters", "eks-empty", "create_time", 14),
    ("lasting_glue_endpoints", "clusters", "glue-dev", "last_modified_at", 7),
    ("idle_dynamodb_tables", "dynamodb_tables", "table-idle", "create_time", 14),
    ("unused_dynamodb_capacity", "dynamodb_tables", "table-large", "create_time", 14),
    ("unused_lambda_memory", "functions", "function-large", "last_modified_at", 14),
    ("unused_lambda_concurrency", "functions", "function-warm", "last_modified_at", 14),
]

LOOKALIKES = [
    ("idle_elasticache_clusters", "clusters", "cache-idle", {"group_name": "g"}, "waste"),
    ("empty_eks_clusters", "clusters", "eks-empty", {"node_count": 1}, "ok"),
    ("empty_eks_clusters", "clusters", "eks-empty", {"pool_count": 1}, "unknown"),
    ("lasting_glue_endpoints", "clusters", "glue-dev", {"status": "FAILED"}, "unknown"),
    ("idle_dynamodb_tables", "dynamodb_tables", "table-idle", {"replica_count": 1}, "ok"),
]


def judged(tables, check, resource):
    """The one row that the check gives the resource."""
    found = CHECKS[check]
    rows_of_check = found.function(*(tables[name] for name in found.needs), as_of=AS_OF)
    return rows_of_check[rows_of_check["resource_id"] == resource].iloc[0]


def with_rows(tables, table, *records):
    more = rows(ESTATE_TABLES[table], [{**PLACE, **record} for record in records])
    return {**tables, table: pd.concat([tables[table], more], ignore_index=True)}


@pytest.mark.parametrize(("check", "resource", "metric", "under", "over"), LIMITS)
def test_check_metric_at_its_limit_decides(account, measure, check, resource, metric, under, over):
    assert judged(measure(account, resource, metric, under), check, resource)["status"] == "waste"
    assert judged(measure(account, resource, metric, over), check, resource)["status"] == "ok"


@pytest.mark.parametrize(("check", "table", "resource", "column", "days"), AGES)
def test_check_age_at_its_limit_decides(account, vary, check, table, resource, column, days):
    def aged(age):
        tables = vary(account, table, resource, **{column: AS_OF - timedelta(days=age)})
        return judged(tables, check, resource)["status"]

    assert (aged(days + 0.1), aged(days - 0.1)) == ("waste", "ok")


@pytest.mark.parametrize(("check", "table", "resource", "values", "expected"), LOOKALIKES)
def test_check_lookalike_is_what_it_is(account, vary, check, table, resource, values, expected):
    assert judged(vary(account, table, resource, **values), check, resource)["status"] == expected


@pytest.mark.parametrize(("resource", "metric"), sorted({(x[0], x[2]) for x in LINES if x[0] in (
    "domain-idle", "lake-idle", "emr-idle") and x[2] not in ("2xx", "CPUUtilization")}))  # fmt: skip
def test_check_half_a_window_is_unknown(account, measure, resource, metric):
    check = {"domain-idle": "idle_opensearch_domains", "lake-idle": "idle_redshift_clusters",
             "emr-idle": "idle_emr_clusters"}[resource]  # fmt: skip
    value = next(x[5] for x in LINES if (x[0], x[2]) == (resource, metric))
    half = measure(account, resource, metric, value, hours=84)
    assert judged(half, check, resource)["status"] == "unknown"


def test_idle_elasticache_clusters_standby_of_a_busy_primary_is_in_use(account, vary):
    together = vary(account, "clusters", "cache-idle", group_name="sessions")
    together = vary(together, "clusters", "cache-large", group_name="sessions")
    found = judged(together, "idle_elasticache_clusters", "cache-idle")
    assert (found["status"], found["reason"]) == (
        "ok", "Its replication group is in use, or its traffic is more than the service's own.",
    )  # fmt: skip


def test_oversized_elasticache_nodes_busiest_node_of_a_group_decides(account, vary, measure):
    alone = judged(account, "oversized_elasticache_nodes", "cache-large")
    assert alone["parameters"] == {"node_type": "cache.m5.large"}
    assert alone["monthly_saving"] == pytest.approx((0.311 - 0.156) * 730)
    together = vary(account, "clusters", "cache-idle", group_name="g", node_type="cache.m5.xlarge")
    together = vary(together, "clusters", "cache-large", group_name="g")
    together = measure(together, "cache-idle", "DatabaseMemoryUsagePercentage", 70.0)
    assert judged(together, "oversized_elasticache_nodes", "cache-large")["status"] == "ok"


def test_idle_redshift_clusters_pause_saves_the_nodes_and_not_the_storage(account):
    def charge(usage_type, cost):
        return {
            "resource_id": "lake-idle", "usage_type": usage_type, "service": "Amazon Redshift",
            "unit": "Hrs", "billed_cost": cost, "effective_cost": cost, "window_hours": 730.0,
            "first_charge_at": AS_OF - timedelta(hours=730), "last_charge_end": AS_OF,
        }  # fmt: skip

    billed = with_rows(
        account, "resource_costs", charge("USE1-Node:ra3.xlplus", 1500.0), charge("RMS:ra3.xlplus", 80.0)
    )  # fmt: skip
    found = judged(billed, "idle_redshift_clusters", "lake-idle")
    assert (found["monthly_saving"], found["price_basis"]) == (pytest.approx(1500.0), "billed")


def test_idle_opensearch_domains_list_price_is_of_nodes_masters_and_disks(account, vary):
    with_masters = vary(
        account, "clusters", "domain-idle", master_type="m5.large.search", master_count=3
    )
    found = judged(with_masters, "idle_opensearch_domains", "domain-idle")
    assert found["monthly_saving"] == pytest.approx(5 * 0.142 * 730 + 200 * 0.122)


@pytest.mark.parametrize("tags", [{"kubernetes.io/cluster/eks-empty": "owned"},
                                  {"aws:eks:cluster-name": "eks-empty"}])  # fmt: skip
def test_empty_eks_clusters_tagged_instance_is_a_node(account, tags):
    node = {"resource_id": "i-node", "instance_type": "m5.large", "state": "running", "tags": tags}
    found = judged(with_rows(account, "instances", node), "empty_eks_clusters", "eks-empty")
    assert found["status"] == "ok"


def test_empty_eks_clusters_unread_instances_prove_nothing(account):
    gap = {
        **PLACE,
        "service": "ec2",
        "table": "instances",
        "error": "AccessDenied",
        "reason": "No.",
    }
    blind = {**account, "gaps": rows(GAPS, [gap])}
    assert judged(blind, "empty_eks_clusters", "eks-empty")["status"] == "unknown"


@pytest.mark.parametrize(("placed", "expected"), [(0.0, "waste"), (5.0, "ok")])
def test_empty_eks_clusters_scaled_to_nothing_is_judged_by_its_scheduler(
    account, vary, hourly, placed, expected
):
    scaled = vary(account, "clusters", "eks-empty", pool_count=2)
    points = hourly("eks-empty", "AWS/EKS", "scheduler_schedule_attempts_SCHEDULED", "Sum", None, placed)  # fmt: skip
    measured = with_rows(scaled, "metrics", *points)
    assert judged(measured, "empty_eks_clusters", "eks-empty")["status"] == expected


def test_idle_dynamodb_tables_index_in_use_keeps_the_table(account, hourly):
    index = {"resource_id": "table-idle", "name": "table-idle", "scope": "index", "index_name": "by-day",
             "billing_mode": "PROVISIONED", "read_units": 5.0, "write_units": 5.0}  # fmt: skip
    points = [
        point
        for way, level in (("Read", 3.0), ("Write", 0.0))
        for point in hourly("table-idle", "AWS/DynamoDB", f"Consumed{way}CapacityUnits", "Sum", "by-day", level)
    ]  # fmt: skip
    used = with_rows(with_rows(account, "dynamodb_tables", index), "metrics", *points)
    assert judged(used, "idle_dynamodb_tables", "table-idle")["status"] == "ok"


def test_idle_dynamodb_tables_silence_is_idle_where_provisioned_units_are_reported(account, hourly):
    silent = account["metrics"][account["metrics"]["resource_id"] != "table-idle"]
    points = [
        point
        for way in ("Read", "Write")
        for point in hourly("table-idle", "AWS/DynamoDB", f"Provisioned{way}CapacityUnits", "Average", None, 100.0)
    ]  # fmt: skip
    found = judged(
        with_rows({**account, "metrics": silent}, "metrics", *points),
        "idle_dynamodb_tables",
        "table-idle",
    )
    assert (found["status"], found["confidence"]) == ("waste", "medium")
    blind = judged({**account, "metrics": silent}, "idle_dynamodb_tables", "table-idle")
    assert blind["status"] == "unknown"


def test_unused_dynamodb_capacity_fewer_units_or_on_demand_whichever_is_cheaper(account, measure):
    fewer = judged(account, "unused_dynamodb_capacity", "table-large")
    assert fewer["action"] == "lower_table_capacity"
    assert fewer["parameters"] == {"read": 20.0, "write": 20.0}
    assert fewer["monthly_saving"] == pytest.approx(80 * (0.00013 + 0.00065) * 730)
    rare = measure(account, "table-large", "ConsumedReadCapacityUnits", 36.0)
    rare = judged(measure(rare, "table-large", "ConsumedWriteCapacityUnits", 36.0),
                  "unused_dynamodb_capacity", "table-large")  # fmt: skip
    assert (rare["action"], rare["parameters"]) == (
        "switch_table_to_on_demand", {"billing_mode": "PAY_PER_REQUEST"},
    )  # fmt: skip
    after = 36 * 730 * (0.125e-6 + 0.625e-6)
    assert rare["monthly_saving"] == pytest.approx(100 * (0.00013 + 0.00065) * 730 - after)


def test_unused_dynamodb_capacity_that_auto_scaling_moved_is_not_lowered(account, hourly):
    points = [
        {**point, "value": 200.0 if hour == 0 else 100.0}
        for way in ("Read", "Write")
        for hour, point in enumerate(
            hourly("table-large", "AWS/DynamoDB", f"Provisioned{way}CapacityUnits", "Average", None, 100.0)
        )
    ]  # fmt: skip
    found = judged(
        with_rows(account, "metrics", *points), "unused_dynamodb_capacity", "table-large"
    )
    assert (found["status"], found["action"]) == ("waste", "switch_table_to_on_demand")


def test_unused_lambda_memory_many_threads_keep_their_processors(account, vary, measure):
    large = vary(account, "functions", "function-large", memory_mib=10_240.0)
    threads = measure(large, "function-large", "cpu_total_time", 4 * 200_000.0)
    found = judged(threads, "unused_lambda_memory", "function-large")
    assert found["parameters"]["memory_mib"] / 1769 > 4 / 1.25


def test_unused_lambda_memory_hours_that_insights_missed_make_it_unknown(account, measure):
    half = measure(account, "function-large", "used_memory_max", 200.0, hours=168)
    assert judged(half, "unused_lambda_memory", "function-large")["status"] == "unknown"


def test_idle_ecs_services_spot_tasks_have_no_list_price(account, vary):
    spot = vary(account, "clusters", "service-idle", engine="FARGATE_SPOT")
    found = judged(spot, "idle_ecs_services", "service-idle")
    assert found["status"] == "waste"
    assert pd.isna(found["monthly_saving"])


def test_run_checks_protected_warehouse_is_left_alone(account, vary, status):
    kept = vary(account, "clusters", "lake-idle", tags={"finops:protected": "true"})
    assert status(kept, "idle_redshift_clusters", "lake-idle") == "ok"


def test_run_checks_gap_of_one_service_is_not_another_ones(account):
    gap = {**PLACE, "service": "es", "table": "clusters", "error": "AccessDenied", "reason": "No."}
    _, coverage = run_checks({**account, "gaps": rows(GAPS, [gap])}, as_of=AS_OF)
    assert coverage.loc[coverage["not_read"] > 0, "check_id"].tolist() == [
        "idle_opensearch_domains"
    ]


def test_every_check_declares_a_service_of_each_table_that_it_needs():
    asked = {}
    for reader in READERS:
        asked.setdefault(reader.table, set()).add(reader.permissions[0].split(":")[0])
    missing = [
        (name, table)
        for name, check in CHECKS.items()
        for table in check.needs
        if not asked.get(table, {"-"}) & {"-", *(p.split(":")[0] for p in check.permissions)}
    ]
    assert missing == []


def test_valkey_node_costs_a_fifth_less_than_the_same_of_redis(account, vary):
    def cost(tables, check, cache):
        found, _ = run_checks(tables, as_of=AS_OF)
        own = (found["check_id"] == check) & (found["resource_id"] == cache)
        return found.loc[own, "monthly_cost"].iloc[0]

    for check, cache in (
        ("idle_elasticache_clusters", "cache-idle"),
        ("oversized_elasticache_nodes", "cache-large"),
    ):
        valkey = vary(account, "clusters", cache, engine="valkey")
        assert cost(valkey, check, cache) == pytest.approx(0.8 * cost(account, check, cache))
