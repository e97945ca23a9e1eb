"""Generations, Graviton, Auto Scaling groups, log groups and extended support of the labelled accounts.

Each entry of KINDS and KEPT is what `labelled_account.Kind` takes by name. KEPT are always there: the
members of the groups, and a machine that already runs on Graviton.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

AS_OF = datetime(2024, 11, 1)
OLD = datetime(2023, 3, 1)
YOUNG = AS_OF - timedelta(days=5)
MONTH_HOURS = 730.0

Spec = dict[str, Any]

OLD_CLASS, ON_INTEL = "old_generation_rds_instances", "graviton_rds_instances"
PORTED = {"project": "ported"}
DB_HOURS = 2 * 0.1 * MONTH_HOURS
"""Extended support of a db.m5.large in its first two years: 2 processors, 0.10 USD an hour each."""


def _instance(name: str, kind: str, hourly: float, status: dict[str, str], **more: Any) -> Spec:
    """A running instance with this CPU (percent) and as much network as a server has."""
    cpu, traffic = more.pop("cpu", 45.0), more.pop("traffic", 2e8)
    row = {"instance_type": kind, "state": "running", "launch_time": OLD, "lifecycle": "on-demand"}
    lines: tuple[Any, ...] = () if cpu is None else (
        ("AWS/EC2", "CPUUtilization", "Maximum", None, cpu),
        ("AWS/EC2", "NetworkIn", "Sum", None, traffic),
        ("AWS/EC2", "NetworkOut", "Sum", None, traffic),
    )  # fmt: skip
    return {"name": name, "table": "instances", "row": row | more.pop("row", {}), "labels": status,
            "list_cost": hourly * MONTH_HOURS, "lines": lines, **more}  # fmt: skip


def _old(name: str, status: str, row: Spec | None = None, **more: Any) -> Spec:
    labels = {"old_generation_ec2_instances": status}
    return _instance(name, "m4.xlarge", 0.2, labels, row=row or {}, **more)


def _intel(name: str, status: str, **row: Any) -> Spec:
    labels = {"graviton_ec2_instances": status}
    base = {"platform": "Linux/UNIX", "tags": PORTED}
    return _instance(name, "m5.xlarge", 0.192, labels, row=base | row, saves=1 - 0.154 / 0.192)


def _waiting(
    name: str, status: str, cpu: float | None, gpus: tuple[float, ...], saves: float = 0.0
) -> Spec:
    """A g5.12xlarge of 48 processors with GPUs at these levels, one of which holds 8 GiB."""
    labels = {
        "cpu_bound_gpu_instances": status,
        "idle_gpu_instances": "unknown" if not gpus else "ok",
    }
    spec = _instance(name, "g5.12xlarge", 5.672, labels, cpu=None, saves=saves)
    averages = () if cpu is None else (("AWS/EC2", "CPUUtilization", "Average", None, cpu),)
    used = tuple(
        ("CWAgent", "nvidia_smi_utilization_gpu", "Maximum", str(gpu), level)
        for gpu, level in enumerate(gpus)
    )
    memory = tuple(
        ("CWAgent", f"nvidia_smi_memory_{what}", "Maximum", "0", mib)
        for what, mib in (("used", 8192.0), ("total", 23_028.0))
    )
    return spec | {"lines": (*averages, *used, *memory)}


def _group(name: str, status: str, members: int, **row: Any) -> Spec:
    """A group; its dollars are its members', which are not billed here and so cost what the list says."""
    base = {"name": name, "min_size": members, "desired_capacity": members, "create_time": OLD}
    return {"name": name, "table": "auto_scaling_groups", "row": base | row, "is_billed": False,
            "list_cost": members * 0.192 * MONTH_HOURS, "labels": {"idle_auto_scaling_groups": status}}  # fmt: skip


def _member(group: str, number: int, cpu: float | None, traffic: float = 5e4) -> Spec:
    return _instance(f"{group} {number}", "m5.xlarge", 0.192, {}, cpu=cpu, traffic=traffic,
                     row={"asg_name": group})  # fmt: skip


def _logs(name: str, status: str, incoming: float | None, **more: Any) -> Spec:
    """1,000 GiB of logs of 900 days, `incoming` bytes an hour."""
    row = {"name": f"/app/{name}", "stored_gib": 1000.0, "create_time": AS_OF - timedelta(days=900)}
    line = ("AWS/Logs", "IncomingBytes", "Sum", None, incoming)
    return {"name": name, "table": "log_groups", "row": row | more.pop("row", {}), "list_cost": 30.0,
            "labels": {"unlimited_log_groups": status}, "lines": () if incoming is None else (line,),
            "usage": "TimedStorage-ByteHrs", "unit": "GB-Mo", **more}  # fmt: skip


def _database(name: str, status: str, engine: str, version: str | None, **row: Any) -> Spec:
    base = {"engine": engine, "engine_version": version, "instance_class": "db.m5.large",
            "status": "available", "create_time": OLD}  # fmt: skip
    lines = (
        ("AWS/RDS", "DatabaseConnections", "Maximum", None, 30.0),
        ("AWS/RDS", "CPUUtilization", "Maximum", None, 75.0),
    )
    waste = status == "waste"
    return {"name": name, "table": "databases", "row": base | row, "lines": lines,
            "list_cost": DB_HOURS if waste else 0.171 * MONTH_HOURS,
            "labels": {"extended_support_rds_instances": status},
            "usage": "ExtendedSupport:Yr1-Yr2:MySQL5.7" if waste else "InstanceUsage:db.m5.large"}  # fmt: skip


def _class(name: str, check: str, status: str, kind: str, engine: str, version: str | None) -> Spec:
    """A busy database on a class that db.m6g.xlarge follows at 0.304 dollars an hour."""
    hourly = {"db.m4.xlarge": 0.365}.get(kind, 0.342)
    spec = _database(name, status, engine, version, instance_class=kind)
    return spec | {"labels": {check: status}, "list_cost": hourly * MONTH_HOURS,
                   "saves": 1 - 0.304 / hourly, "usage": f"InstanceUsage:{kind}"}  # fmt: skip


def _cluster(name: str, status: str, cluster: str, sessions: float) -> Spec:
    """A member of an Aurora cluster that works for itself."""
    row = {"engine": "aurora-postgresql", "engine_version": "15.4", "instance_class": "db.m5.large",
           "status": "available", "create_time": OLD, "cluster_id": cluster}  # fmt: skip
    lines = (
        ("AWS/RDS", "DatabaseConnections", "Maximum", None, sessions),
        ("AWS/RDS", "CPUUtilization", "Maximum", None, 9.0),
    )
    return {"name": name, "table": "databases", "row": row, "lines": lines,
            "list_cost": 0.171 * MONTH_HOURS, "labels": {"idle_rds_instances": status},
            "usage": "InstanceUsage:db.m5.large"}  # fmt: skip


KINDS: tuple[Spec, ...] = (
    _old("instance of an old generation", "waste", saves=0.04),
    _instance("t2 instance", "t2.large", 0.0928, {"old_generation_ec2_instances": "waste"},
              saves=1 - 0.0832 / 0.0928),
    _old("old instance on Spot", "unknown", {"lifecycle": "spot"}),
    _old("old instance with a licence", "unknown", {"platform": "Windows"}),
    _instance("burstable instance of the latest kind", "t3.large", 0.0832,
              {"old_generation_ec2_instances": "ok"}),
    _intel("Intel instance of software that runs on Graviton", "waste"),
    _intel("Windows beside Graviton", "ok", platform="Windows"),
    _intel("Intel instance of other software", "ok", tags={"project": "closed"}),
    _intel("Intel instance of an untold platform", "unknown", platform=None),
    _group("asg-idle", "waste", 2),
    _group("asg-working", "ok", 2),
    _group("asg-standby", "ok", 1, protected_count=1),
    _group("asg-new", "ok", 1, create_time=YOUNG),
    _group("asg-blind", "unknown", 2),
    _group("asg-empty", "ok", 0),
    _logs("log group kept for ever", "waste", None, saves=0.9),
    _logs("log group that nobody writes", "waste", 1.0),
    _logs("log group with a long retention", "ok", None, row={"retention_days": 3653}),
    _logs("small log group", "ok", None, row={"stored_gib": 0.5}),
    _logs("young log group", "ok", None, row={"create_time": YOUNG}),
    _logs("audit trail", "unknown", None, row={"name": "aws-cloudtrail-logs"}),
    _waiting("GPUs that wait, one would do", "waste", 99.0, (30.0, 1.0, 1.0, 1.0), 1 - 4.096 / 5.672),
    _waiting("GPUs that do nothing beside busy processors", "waste", 70.0, (1.0, 1.0), 1 - 2.712 / 5.672),
    _waiting("GPUs that wait, all four needed", "waste", 99.0, (30.0,) * 4),
    _waiting("GPUs and processors busy", "ok", 99.0, (95.0,) * 4),
    _waiting("neither GPUs nor processors at their limit", "ok", 60.0, (30.0,) * 4),
    _waiting("GPUs that nobody measures beside busy processors", "unknown", 99.0, ()),
    _waiting("processors that nobody measures", "unknown", None, (30.0,) * 4),
    _class("database on an old class", OLD_CLASS, "waste", "db.m4.xlarge", "postgres", "14.9"),
    _class("class that nobody describes", OLD_CLASS, "unknown", "db.m3.medium", "postgres", "14.9"),
    _class("database on Intel", ON_INTEL, "waste", "db.m5.xlarge", "postgres", "14.9"),
    _class("version that Graviton does not run", ON_INTEL, "ok", "db.m5.xlarge", "mariadb", "10.3.8"),
    _class("engine that Graviton does not run", ON_INTEL, "ok", "db.m5.xlarge", "oracle-ee", "19.0.0"),
    _class("Intel, version untold", ON_INTEL, "unknown", "db.m5.xlarge", "mariadb", None),
    _database("database past its support", "waste", "mysql", "5.7.44"),
    _database("database in its support", "ok", "postgres", "14.9"),
    _database("database without paid support", "ok", "mariadb", "10.4.30"),
    _database("database of an untold version", "unknown", "postgres", None),
    _cluster("member of an idle cluster", "waste", "cluster-idle", 0.0),
    _cluster("silent reader of a working cluster", "ok", "cluster-live", 0.0),
)  # fmt: skip
"""What must be found, and what only looks like it."""

KEPT: tuple[Spec, ...] = (
    _instance("graviton machine", "m6g.xlarge", 0.154, {}, row={"tags": PORTED, "platform": "Linux/UNIX"}),
    _member("asg-idle", 1, 1.5), _member("asg-idle", 2, 2.0),
    _member("asg-working", 1, 1.5), _member("asg-working", 2, 70.0),
    _member("asg-standby", 1, 1.5), _member("asg-new", 1, None),
    _member("asg-blind", 1, 1.5), _member("asg-blind", 2, None),
    _cluster("writer of a working cluster", "ok", "cluster-live", 25.0),
)  # fmt: skip
