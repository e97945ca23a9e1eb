"""Old generations, Graviton, Auto Scaling groups, log groups, extended support: limits and lookalikes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from finops_lib.checks import CHECKS, run_checks
from finops_lib.params.plan import PlanParams
from finops_lib.plans.plan import build_plan
from finops_lib.schema import ESTATE_TABLES, rows
from finops_lib.sources import prices

AS_OF = datetime(2026, 10, 1)
OLD = datetime(2023, 1, 1)
PLACE = {"account_id": "111122223333", "region": "us-east-1"}
RUNNING = {**PLACE, "state": "running", "launch_time": OLD, "platform": "Linux/UNIX"}
TYPES = prices.instance_types()
BOOK = prices.book()


def hourly(resource: str, namespace: str, metric: str, stat: str, value: float, hours: int = 336):
    return [
        {
            **PLACE, "resource_id": resource, "namespace": namespace, "metric": metric, "stat": stat,
            "time": AS_OF - timedelta(hours=hour + 1), "period_s": 3600, "value": value,
        }
        for hour in range(hours)
    ]  # fmt: skip


def cpu(resource: str, value: float, hours: int = 336) -> list[dict[str, Any]]:
    silent = [
        hourly(resource, "AWS/EC2", f"Network{way}", "Sum", 0.0, hours) for way in ("In", "Out")
    ]
    return [
        *hourly(resource, "AWS/EC2", "CPUUtilization", "Maximum", value, hours),
        *silent[0],
        *silent[1],
    ]


def billed(resource: str, usage: str, cost: float) -> dict[str, Any]:
    """A charge of `cost` for exactly one month of 730 hours."""
    return {
        **PLACE, "resource_id": resource, "service": "Amazon", "usage_type": usage, "unit": "Hrs",
        "consumed_quantity": 730.0, "billed_cost": cost, "effective_cost": cost, "list_cost": cost,
        "window_hours": 730.0, "first_charge_at": AS_OF - timedelta(hours=730), "last_charge_end": AS_OF,
    }  # fmt: skip


def judged(check: str, **records: list[dict[str, Any]]) -> pd.DataFrame:
    """What the check says of these records, by resource_id."""
    tables = {name: rows(table, records.get(name, [])) for name, table in ESTATE_TABLES.items()}
    tables |= {"instance_types": TYPES, "prices": BOOK}
    found = CHECKS[check]
    return found.function(*(tables[name] for name in found.needs), as_of=AS_OF).set_index(
        "resource_id"
    )


def old(**more: Any) -> pd.Series:
    machine = {**RUNNING, "resource_id": "i", "instance_type": "m4.xlarge", **more}
    return judged("old_generation_ec2_instances", instances=[machine]).loc["i"]


def test_old_generation_saves_the_billed_rate_times_the_share_of_list_prices():
    machine = {**RUNNING, "resource_id": "i", "instance_type": "m4.xlarge"}
    found = judged(
        "old_generation_ec2_instances", instances=[machine],
        resource_costs=[billed("i", "BoxUsage:m4.xlarge", 100.0)],
    ).loc["i"]  # fmt: skip
    assert found["parameters"] == {"instance_type": "m5a.xlarge"}
    assert found["monthly_saving"] == pytest.approx(100.0 * (1 - 0.172 / 0.2))


@pytest.mark.parametrize(
    ("instance_type", "target"),
    [("c4.large", "c6a.large"), ("r4.large", "r5a.large"), ("i2.xlarge", "i3.xlarge"),
     ("m3.large", "m5ad.large"), ("t2.large", "t3.large"), ("c4.8xlarge", "c5.9xlarge")],
)  # fmt: skip
def test_old_generation_moves_along_its_line_without_losing_anything(instance_type, target):
    found = old(instance_type=instance_type)
    assert (found["status"], found["evidence"]["target"]) == ("waste", target)
    had, gets = (TYPES.set_index("instance_type").loc[name] for name in (instance_type, target))
    for what in ("vcpu", "memory_gib", "instance_store_gib"):
        assert gets[what] >= had[what]
    assert gets["architecture"] == had["architecture"]


@pytest.mark.parametrize("instance_type", ["m5.xlarge", "c5.large", "g4dn.xlarge", "p3.2xlarge",
                                           "m1.large", "m6g.large", "t3.large"])  # fmt: skip
def test_old_generation_current_accelerated_or_without_successor_is_ok(instance_type):
    assert old(instance_type=instance_type)["status"] == "ok"


@pytest.mark.parametrize(
    ("told", "word"),
    [({"lifecycle": "spot"}, "Spot"), ({"tenancy": "dedicated"}, "tenancy"),
     ({"platform": "Windows"}, "licence"), ({"instance_type": "m3.large", "virtualization": "paravirtual"}, "paravirtual")],
)  # fmt: skip
def test_old_generation_without_a_price_or_a_start_to_compare_is_unknown(told, word):
    found = old(**told)
    assert found["status"] == "unknown"
    assert word in found["reason"]


def test_old_generation_of_a_group_changes_its_launch_template():
    found = old(asg_name="web")
    assert (found["status"], found["action"]) == ("waste", "review")
    assert "launch template of web" in found["reason"]


def test_old_generation_idle_machine_is_left_to_its_removal():
    machine = {**RUNNING, "resource_id": "i", "instance_type": "m4.xlarge"}
    found = judged("old_generation_ec2_instances", instances=[machine], metrics=cpu("i", 1.0))
    assert found.loc["i", "reason"] == "Idle rather than old."


def test_old_and_oversized_machine_is_saved_once():
    machine = {**RUNNING, "resource_id": "i", "instance_type": "m4.2xlarge"}
    memory = hourly("i", "CWAgent", "mem_used_percent", "Maximum", 20.0)
    busy = [
        {**point, "value": 5e8} if "Network" in point["metric"] else point
        for point in cpu("i", 20.0)
    ]
    tables = {
        "instances": rows(ESTATE_TABLES["instances"], [machine]),
        "metrics": rows(ESTATE_TABLES["metrics"], [*busy, *memory]),
        "resource_costs": ESTATE_TABLES["resource_costs"].empty(),
        "instance_types": TYPES,
        "prices": BOOK,
    }
    findings, _ = run_checks(tables, as_of=AS_OF)
    waste = findings[findings["status"] == "waste"]
    assert set(waste["check_id"]) == {"old_generation_ec2_instances", "oversized_ec2_instances"}
    plan = build_plan(findings, PlanParams())
    assert plan["check_id"].tolist() == ["oversized_ec2_instances"]
    assert plan["monthly_saving"].item() == pytest.approx(waste["monthly_saving"].max())


def graviton(sibling: dict[str, Any] | None = None, **more: Any) -> pd.Series:
    tags = {"project": "search"}
    machine = {**RUNNING, "resource_id": "i", "instance_type": "m5.xlarge", "tags": tags, **more}
    arm = {**RUNNING, "resource_id": "i-arm", "instance_type": "c6g.large", "tags": tags}
    others = [] if sibling is None else [{**arm, **sibling}]
    return judged("graviton_ec2_instances", instances=[machine, *others]).loc["i"]


def test_graviton_of_a_workload_that_runs_there_is_waste_with_low_confidence():
    found = graviton({})
    assert found[["status", "confidence", "risk", "action"]].tolist() == [
        "waste",
        "low",
        "high",
        "review",
    ]
    assert found["monthly_saving"] == pytest.approx(730 * (0.192 - 0.154))


@pytest.mark.parametrize(
    ("sibling", "told", "status"),
    [
        (None, {}, "ok"),
        ({"tags": {"project": "ads"}}, {}, "ok"),
        ({"account_id": "999900001111"}, {}, "ok"),
        ({"instance_type": "c5.large"}, {}, "ok"),
        ({}, {"platform": "Windows"}, "ok"),
        ({}, {"platform": "Red Hat Enterprise Linux"}, "ok"),
        ({}, {"instance_type": "g4dn.xlarge"}, "ok"),
        ({}, {"tags": None}, "ok"),
        ({}, {"platform": None}, "unknown"),
        ({}, {"lifecycle": "spot"}, "unknown"),
    ],
)
def test_graviton_without_a_sign_that_the_software_runs_there_is_not_waste(sibling, told, status):
    assert graviton(sibling, **told)["status"] == status


def group(
    levels: list[float | None], told: dict[str, Any] | None = None, **member: Any
) -> pd.Series:
    machines = [
        {
            **RUNNING,
            "resource_id": f"i-{n}",
            "instance_type": "m5.xlarge",
            "asg_name": "web",
            **member,
        }
        for n in range(len(levels))
    ]
    metrics = [
        p for n, level in enumerate(levels) if level is not None for p in cpu(f"i-{n}", level)
    ]
    asg = {**PLACE, "resource_id": "asg", "name": "web", "min_size": 2, "desired_capacity": 2,
           "create_time": OLD, **(told or {})}  # fmt: skip
    found = judged(
        "idle_auto_scaling_groups", auto_scaling_groups=[asg], instances=machines, metrics=metrics
    )
    return found.loc["asg"]


def test_idle_group_saves_all_its_machines_and_says_what_it_keeps():
    found = group([1.0, 2.0])
    assert found["status"] == "waste"
    assert found["parameters"] == {"min_size": 0, "desired_capacity": 0}
    assert found["monthly_saving"] == pytest.approx(2 * 730 * 0.192)


@pytest.mark.parametrize(
    ("levels", "told", "member", "status"),
    [
        ([1.0, 60.0], {}, {}, "ok"),
        ([1.0, None], {}, {}, "unknown"),
        ([1.0, None], {"create_time": AS_OF - timedelta(days=3)}, {}, "ok"),
        ([1.0, 2.0], {"protected_count": 1}, {}, "ok"),
        ([1.0, 2.0], {}, {"tags": {"finops:protected": "true"}}, "ok"),
        ([1.0, 2.0], {}, {"instance_type": "g4dn.xlarge"}, "unknown"),
        ([], {}, {}, "ok"),
    ],
)
def test_idle_group_lookalike_is_not_waste(levels, told, member, status):
    assert group(levels, told, **member)["status"] == status


def test_idle_member_of_a_group_is_not_ended_by_itself():
    machine = {**RUNNING, "resource_id": "i", "instance_type": "m5.xlarge", "asg_name": "web"}
    found = judged("idle_ec2_instances", instances=[machine], metrics=cpu("i", 1.0)).loc["i"]
    assert found["status"] == "ok"
    assert "web would replace it" in found["reason"]


def logs(incoming_gib: float | None = None, **more: Any) -> pd.Series:
    told = {**PLACE, "resource_id": "g", "name": "/app", "stored_gib": 1000.0,
            "create_time": AS_OF - timedelta(days=900), **more}  # fmt: skip
    bytes_an_hour = 0.0 if incoming_gib is None else incoming_gib * 2**30 / 24
    metrics = hourly("g", "AWS/Logs", "IncomingBytes", "Sum", bytes_an_hour)
    return judged(
        "unlimited_log_groups", log_groups=[told], metrics=[] if incoming_gib is None else metrics
    ).loc["g"]


@pytest.mark.parametrize(
    ("incoming_gib", "band", "confidence"),
    [
        (None, (0.0, 27.0, 30.0), "low"),
        (1.0, (27.3, 27.3, 30.0), "medium"),
        (5.0, (16.5, 27.0, 30.0), "medium"),
        (20.0, (0.0, 27.0, 30.0), "medium"),
    ],
)
def test_unlimited_log_group_saves_a_band(incoming_gib, band, confidence):
    found = logs(incoming_gib)
    money = ["monthly_saving_low", "monthly_saving", "monthly_saving_high"]
    assert found[money].tolist() == pytest.approx(list(band))
    assert (found["status"], found["confidence"]) == ("waste", confidence)
    assert found["parameters"] == {"retention_days": 90}


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"retention_days": 3653}, "ok"),
        ({"stored_gib": 0.9}, "ok"),
        ({"create_time": AS_OF - timedelta(days=89)}, "ok"),
        ({"create_time": AS_OF - timedelta(days=91)}, "waste"),
        ({"name": "aws-cloudtrail-logs"}, "unknown"),
        ({"stored_gib": None}, "unknown"),
        ({"create_time": None}, "unknown"),
    ],
)
def test_unlimited_log_group_lookalike(told, status):
    assert logs(**told)["status"] == status


def database(**more: Any) -> dict[str, Any]:
    return {**PLACE, "resource_id": "db", "engine": "mysql", "engine_version": "5.7.44",
            "instance_class": "db.m5.xlarge", "status": "available", "create_time": OLD, **more}  # fmt: skip


def support(resource_costs: list[dict[str, Any]] | None = None, **more: Any) -> pd.Series:
    return judged(
        "extended_support_rds_instances", databases=[database(**more)],
        resource_costs=resource_costs or [],
    ).loc["db"]  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "version", "cost"),
    [
        ("mysql", "5.7.44", 4 * 730 * 0.2),
        ("mysql", "8.0.39", 4 * 730 * 0.1),
        ("postgres", "11.22", 4 * 730 * 0.2),
        ("postgres", "12.19", 4 * 730 * 0.1),
        ("postgres", "13.16", 4 * 730 * 0.1),
        ("aurora-postgresql", "11.21", 4 * 730 * 0.2),
        ("aurora-mysql", "5.7.mysql_aurora.2.12.0", 4 * 730 * 0.1),
    ],
)
def test_extended_support_costs_by_processor_and_year(engine, version, cost):
    found = support(engine=engine, engine_version=version)
    assert (found["status"], found["price_basis"]) == ("waste", "list")
    assert found["monthly_saving"] == pytest.approx(cost)


def test_extended_support_of_a_standby_is_billed_twice():
    assert support(multi_az=True)["monthly_saving"] == pytest.approx(2 * 4 * 730 * 0.2)


def test_extended_support_on_the_bill_comes_before_dates_and_list():
    line = billed("db", "USE1-ExtendedSupport:Yr1-Yr2:PostgreSQL14", 55.0)
    found = support([line], engine="postgres", engine_version="14.9")
    assert found[["status", "monthly_saving", "confidence"]].tolist() == [
        "waste",
        pytest.approx(55.0),
        "high",
    ]


@pytest.mark.parametrize(
    ("engine", "version", "status"),
    [
        ("postgres", "14.9", "ok"),
        ("postgres", "19.1", "ok"),
        ("mysql", "9.1.0", "ok"),
        ("mysql", "8.4.3", "ok"),
        ("aurora-mysql", "8.0.mysql_aurora.3.04.0", "ok"),
        ("mariadb", "10.4.30", "ok"),
        ("sqlserver-se", "13.00", "ok"),
        ("postgres", "9.6.24", "unknown"),
        ("mysql", None, "unknown"),
    ],
)
def test_extended_support_not_billed_is_not_waste(engine, version, status):
    assert support(engine=engine, engine_version=version)["status"] == status


def test_extended_support_of_a_class_without_processors_is_unpriced():
    found = support(instance_class="db.serverless")
    assert found["status"] == "waste"
    assert pd.isna(found["monthly_saving"])


def test_extended_support_of_an_idle_database_goes_with_it():
    silent = [
        *hourly("db", "AWS/RDS", "DatabaseConnections", "Maximum", 0.0),
        *hourly("db", "AWS/RDS", "CPUUtilization", "Maximum", 1.0),
    ]
    found = judged("extended_support_rds_instances", databases=[database()], metrics=silent).loc[
        "db"
    ]
    assert found["status"] == "ok"
    assert "idle" in found["reason"]


def cluster(levels: list[tuple[float, float] | None], **more: Any) -> pd.DataFrame:
    """A cluster whose members have these connections and CPU (None: not measured)."""
    members = [
        {**database(engine="aurora-postgresql", engine_version="15.4"), "cluster_id": "c", **more,
         "resource_id": f"db-{n}"}
        for n in range(len(levels))
    ]  # fmt: skip
    metrics = [
        point
        for n, level in enumerate(levels)
        if level is not None
        for point in (
            *hourly(f"db-{n}", "AWS/RDS", "DatabaseConnections", "Maximum", level[0]),
            *hourly(f"db-{n}", "AWS/RDS", "CPUUtilization", "Maximum", level[1]),
        )
    ]
    return judged("idle_rds_instances", databases=members, metrics=metrics)


@pytest.mark.parametrize(
    ("levels", "status"),
    [
        ([(0.0, 12.0), (0.0, 9.0)], "waste"),
        ([(7.0, 12.0), (0.0, 9.0)], "ok"),
        ([(0.0, 16.0), (0.0, 9.0)], "ok"),
        ([(0.0, 12.0), None], "unknown"),
        ([(7.0, 12.0), None], "ok"),
    ],
)
def test_idle_cluster_is_idle_only_as_a_whole(levels, status):
    assert set(cluster(levels)["status"]) == {status}


def test_idle_cluster_is_deleted_by_a_person_and_a_single_database_by_the_plan():
    assert set(cluster([(0.0, 2.0), (0.0, 2.0)])["action"]) == {"delete_database_cluster"}
    assert set(cluster([(0.0, 2.0)], cluster_id=None)["action"]) == {"delete_database"}


def test_idle_cluster_replica_and_young_ones_are_left_alone():
    assert set(cluster([(0.0, 2.0)], cluster_id=None, replica_of="main")["status"]) == {"ok"}
    young = cluster([None], create_time=AS_OF - timedelta(days=3))
    assert set(young["status"]) == {"ok"}


def test_oversized_database_with_a_standby_is_priced_by_its_own_bill():
    loads = [
        *hourly("db", "AWS/RDS", "CPUUtilization", "Maximum", 10.0),
        *hourly("db", "AWS/RDS", "DatabaseConnections", "Maximum", 9.0),
        *hourly("db", "AWS/RDS", "FreeableMemory", "Minimum", 12.0 * 2**30),
    ]
    found = judged(
        "oversized_rds_instances", databases=[database(multi_az=True)], metrics=loads,
        resource_costs=[billed("db", "Multi-AZUsage:db.m5.xl", 520.0)],
    ).loc["db"]  # fmt: skip
    assert found["parameters"] == {"instance_class": "db.m5.large"}
    assert found["monthly_saving"] == pytest.approx(260.0)


@pytest.mark.parametrize(
    ("instance_type", "status"), [("m5.large", "ok"), ("m99.large", "unknown")]
)
def test_oversized_machine_without_a_price_to_compare_is_unknown(instance_type, status):
    machine = {**RUNNING, "resource_id": "i", "instance_type": instance_type}
    loads = [{**p, "value": 5e8} if "Network" in p["metric"] else p for p in cpu("i", 60.0)]
    found = judged("oversized_ec2_instances", instances=[machine], metrics=loads).loc["i"]
    assert found["status"] == status
