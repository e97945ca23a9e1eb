"""Accounts whose waste is known, made from a seed: what each resource is, measures, costs and wastes.

A kind is one sort of resource with its label: the checks that must call it waste or unknown; every
other pair of check and resource must not be waste. Prices are the shipped list, some resources are
billed with a discount; a label's dollars are worked out here, not by the library's checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import labelled_compute
import labelled_managed
import labelled_objects
import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_lib.schema import ESTATE_TABLES, conform, rows
from finops_lib.sources import prices

AS_OF = datetime(2024, 11, 1)
OLD = datetime(2023, 3, 1)
YOUNG = AS_OF - timedelta(days=5)
HOURS = 14 * 24
MONTH_HOURS = 730.0
BILL_HOURS = 31 * 24
PLACE = {"account_id": "111122223333", "region": "us-east-1"}
TYPES = r"^(?:m5\.(?:x?large|\d+xlarge)|m5d\.12xlarge|g5\.1[26]xlarge|g4dn\.xlarge|m4\.xlarge|m6g\.xlarge|t[23]\.large)$"
"""Few types, so that the right target of a resize can be told here by hand."""

Line = tuple[str, str, str, str | None, float | str]
"""A metric: namespace, name, statistic, part, and its level (or the name of a pattern)."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """One sort of resource; `labels` is check to status, `saves` the share of its cost that is waste.

    `more` are rows of the same resource in other tables.
    """

    name: str
    table: str
    row: dict[str, Any]
    list_cost: float = 0.0
    labels: dict[str, str] = field(default_factory=dict)
    saves: float = 1.0
    lines: tuple[Line, ...] = ()
    usage: str = "BoxUsage"
    unit: str = "Hrs"
    hours: int = HOURS
    weight: float = 1.0
    is_billed: bool = True
    more: tuple[tuple[str, dict[str, Any]], ...] = ()


@dataclass(frozen=True)
class Account:
    """Tables of an Estate by name, and the key: kind, resource_id, check_id, expected, monthly_saving."""

    tables: dict[str, pd.DataFrame]
    key: pd.DataFrame


def _instance(
    name: str, kind: str, hourly: float, cpu: float | str, network: float, **more: Any
) -> Kind:
    row = {"instance_type": kind, "state": "running", "launch_time": OLD, "lifecycle": "on-demand"}
    lines: tuple[Line, ...] = (
        ("AWS/EC2", "CPUUtilization", "Maximum", None, cpu),
        ("AWS/EC2", "NetworkIn", "Sum", None, network),
        ("AWS/EC2", "NetworkOut", "Sum", None, network),
        *more.pop("lines", ()),
    )
    return Kind(
        name, "instances", row | more.pop("row", {}), hourly * MONTH_HOURS, lines=lines, **more
    )


def _gpu(name: str, levels: Sequence[float], labels: dict[str, str], **more: Any) -> Kind:
    """A g4dn.xlarge with an idle CPU and GPUs at these levels."""
    lines = tuple(
        ("CWAgent", "nvidia_smi_utilization_gpu", "Maximum", str(i), level)
        for i, level in enumerate(levels)
    )
    return _instance(
        name, "g4dn.xlarge", 0.526, 3.0, 2e8, lines=lines,
        labels={"oversized_ec2_instances": "ok", **labels}, **more,
    )  # fmt: skip


def _volume(name: str, row: dict[str, Any], cost: float, ops: float | None, **more: Any) -> Kind:
    lines: tuple[Line, ...] = () if ops is None else tuple(
        ("AWS/EBS", f"Volume{way}{what}", "Sum", None, ops * scale)
        for what, scale in (("Ops", 1.0), ("Bytes", 16_384.0)) for way in ("Read", "Write")
    )  # fmt: skip
    base = {"create_time": OLD, "state": "in-use"} | row
    return Kind(
        name, "volumes", base, cost, lines=lines, usage="EBS:VolumeUsage", unit="GB-Mo", **more
    )


def _database(name: str, sessions: float, cpu: float, **more: Any) -> Kind:
    row = {
        "engine": "mysql", "instance_class": "db.m5.large", "status": "available", "create_time": OLD,
    }  # fmt: skip
    lines: tuple[Line, ...] = (
        ("AWS/RDS", "DatabaseConnections", "Maximum", None, sessions),
        ("AWS/RDS", "CPUUtilization", "Maximum", None, cpu),
    )
    return Kind(
        name, "databases", row | more.pop("row", {}), 0.171 * MONTH_HOURS,
        lines=more.pop("lines", lines), usage="InstanceUsage:db.m5.large", **more,
    )  # fmt: skip


def _endpoint(name: str, lines: tuple[Line, ...], labels: dict[str, str], **row: Any) -> Kind:
    base = {
        "endpoint_name": name, "variant_name": "main", "instance_type": "ml.m5.xlarge",
        "instance_count": 1, "is_serverless": False, "is_async": False, "status": "InService",
        "last_modified_at": OLD,
    }  # fmt: skip
    usage = "Host:ml.m5.xlarge"
    return Kind(name, "endpoints", base | row, 0.23 * MONTH_HOURS, labels, lines=lines, usage=usage)


def _calls(level: float) -> Line:
    return ("AWS/SageMaker", "Invocations", "Sum", "main", level)


ENDPOINT_CPU: Line = ("/aws/sagemaker/Endpoints", "CPUUtilization", "Maximum", "main", 2.0)


def _network(name: str, table: str, row: dict[str, Any], hourly: float, **more: Any) -> Kind:
    return Kind(
        name, table, {"create_time": OLD} | row, hourly * MONTH_HOURS, usage="Hours", **more
    )


IDLE = {"idle_ec2_instances": "waste"}
NOT_IDLE = {"idle_ec2_instances": "ok"}
UNKNOWN = {"idle_ec2_instances": "unknown"}
ALB = {"name": "lb", "kind": "application", "target_count": 0}
NOTEBOOK_CPU = ("/aws/sagemaker/NotebookInstances", "CPUUtilization", "Maximum", None)
NOTEBOOK = {
    "name": "n", "instance_type": "ml.t3.xlarge", "status": "InService", "last_modified_at": OLD,
}  # fmt: skip
MEMORY = ("CWAgent", "mem_used_percent", "Maximum", None)
SENT = ("AWS/NATGateway", "BytesOutToDestination", "Sum", None)
BACK = ("AWS/NATGateway", "BytesInFromDestination", "Sum", None)
NAT = {"state": "available", "connectivity": "private"}
INTERFACE = {"endpoint_type": "Interface", "state": "available", "subnet_count": 2}
CARRIED = ("AWS/PrivateLinkEndpoints", "BytesProcessed", "Sum", None)
VOLUME = {"volume_type": "gp3", "size_gib": 100.0, "iops": 3000.0, "throughput_mibps": 125.0}
SNAPSHOT = {"size_gib": 200.0, "volume_id": "vol-kept", "start_time": OLD, "backup_managed": False}
BUCKET = {"name": "b", "create_time": OLD, "unfinished_upload_count": 0, "lifecycle": {}}
STUDIO = {
    "name": "app", "instance_type": "ml.g4dn.xlarge", "status": "InService", "create_time": OLD,
    "last_health_check_at": AS_OF,
}  # fmt: skip

WASTES: tuple[Kind, ...] = (
    _instance("idle instance", "m5.xlarge", 0.192, 1.5, 5e4, labels=IDLE, weight=3),
    _instance("idle large instance", "m5.24xlarge", 4.608, 2.5, 5e4, labels=IDLE),
    _gpu("idle GPU", (1.0, 2.0), {"idle_gpu_instances": "waste"}),
    _instance(
        "oversized instance", "m5.2xlarge", 0.384, 20.0, 2e8, lines=((*MEMORY, 20.0),), saves=0.75,
        labels={"oversized_ec2_instances": "waste"}, weight=2,
    ),
    _volume("unattached volume", {**VOLUME, "state": "available"}, 8.0, None,
            labels={"unattached_ebs_volumes": "waste"}, weight=3),
    _volume("gp2 volume", {"volume_type": "gp2", "size_gib": 500.0}, 50.0, 9e4, saves=0.2,
            labels={"gp3_ebs_volumes": "waste"}),
    _volume("idle volume", {**VOLUME, "attached_instance_id": "i-host"}, 8.0, 0.0,
            labels={"idle_ebs_volumes": "waste"}),
    Kind("old snapshot", "snapshots", {**SNAPSHOT, "stored_gib": 60.0}, 3.0,
         {"old_ebs_snapshots": "waste"}, usage="EBS:SnapshotUsage", unit="GB-Mo", weight=3),
    Kind("unused address", "addresses", {"public_ip": "198.51.100.9"}, 3.65,
         {"idle_elastic_ips": "waste"}, usage="PublicIPv4:IdleAddress"),
    _network("idle load balancer", "load_balancers", ALB, 0.0225,
             labels={"idle_load_balancers": "waste"},
             lines=(("AWS/ApplicationELB", "RequestCount", "Sum", None, 0.0),)),
    _network("load balancer of nothing, never asked", "load_balancers", ALB, 0.0225,
             labels={"idle_load_balancers": "waste"}),
    _network("load balancer with targets, never asked", "load_balancers", {**ALB, "target_count": 2},
             0.0225, labels={"idle_load_balancers": "waste"},
             lines=(("AWS/ApplicationELB", "ConsumedLCUs", "Maximum", None, 0.0),)),
    _network("idle NAT gateway", "nat_gateways", NAT, 0.045, lines=((*SENT, 0.0),),
             labels={"idle_nat_gateways": "waste"}),
    _network("unused interface endpoint", "vpc_endpoints", INTERFACE, 0.02, lines=((*CARRIED, 0.0),),
             labels={"unused_interface_endpoints": "waste"}),
    _database("idle database", 0.0, 2.0, labels={"idle_rds_instances": "waste"}),
    _endpoint("idle endpoint", (_calls(0.0),), {"idle_sagemaker_endpoints": "waste"}),
    _endpoint("endpoint never asked, its machines measured", (ENDPOINT_CPU,),
              {"idle_sagemaker_endpoints": "waste"}),
    Kind("idle notebook", "notebook_instances", NOTEBOOK, 0.2 * MONTH_HOURS,
         {"idle_notebook_instances": "waste"}, lines=((*NOTEBOOK_CPU, 1.0),), usage="Notebk"),
    Kind("idle Studio application", "studio_apps",
         {**STUDIO, "last_user_activity_at": AS_OF - timedelta(days=4)}, 0.736 * MONTH_HOURS,
         {"idle_studio_apps": "waste"}, usage="Studio"),
    Kind("empty bucket", "buckets", BUCKET, 0.0, {"empty_s3_buckets": "waste"}),
)  # fmt: skip
"""What must be found, with its dollars."""

TRAPS: tuple[Kind, ...] = (
    _instance("busy instance", "m5.xlarge", 0.192, 85.0, 5e8, labels=NOT_IDLE, weight=8),
    _instance("nightly burst", "m5.xlarge", 0.192, "nightly", 5e4, labels=NOT_IDLE),
    _instance("weekly burst", "m5.xlarge", 0.192, "weekly", 5e4, labels=NOT_IDLE),
    _instance("quiet CPU, busy network", "m5.large", 0.096, 3.0, 5e8, labels=NOT_IDLE),
    _instance("new instance", "m5.xlarge", 0.192, 1.0, 0.0, labels=NOT_IDLE, hours=120,
              row={"launch_time": YOUNG}),
    _instance("just above a large machine's limit", "m5.24xlarge", 4.608, 4.4, 5e4, labels={
        "idle_ec2_instances": "ok", "oversized_ec2_instances": "waste"}, saves=11 / 12,
        lines=((*MEMORY, 5.0),)),
    _instance("protected standby", "m5.xlarge", 0.192, 1.0, 0.0, labels=NOT_IDLE,
              row={"tags": {"finops:protected": "true"}}),
    _instance("unmeasured instance", "m5.xlarge", 0.192, 1.0, 0.0, labels=UNKNOWN, hours=0),
    _instance("half-measured instance", "m5.xlarge", 0.192, 1.0, 0.0, labels=UNKNOWN, hours=168),
    _instance("memory full, CPU quiet", "m5.2xlarge", 0.384, 20.0, 2e8, lines=((*MEMORY, 90.0),),
              labels={"oversized_ec2_instances": "ok"}),
    _instance("memory unseen, CPU quiet", "m5.2xlarge", 0.384, 20.0, 2e8,
              labels={"oversized_ec2_instances": "ok"}),
    _gpu("busy GPU, idle CPU", (1.0, 92.0), {"idle_gpu_instances": "ok", **NOT_IDLE}),
    _gpu("GPU without agent", (), {"idle_gpu_instances": "unknown"}),
    _volume("used volume", {**VOLUME, "attached_instance_id": "i-host"}, 8.0, 3e4, weight=3),
    _volume("volume detached yesterday", {
        **VOLUME, "state": "available", "detached_at": AS_OF - timedelta(days=1)}, 8.0, None),
    _volume("volume used until lately", {**VOLUME, "state": "available"}, 8.0, 10.0),
    _volume("fresh volume", {**VOLUME, "state": "available", "create_time": YOUNG}, 8.0, None),
    _volume("unmeasured volume", {**VOLUME, "attached_instance_id": "i-host"}, 8.0, None,
            labels={"idle_ebs_volumes": "unknown"}),
    _volume("gp2 volume whose parity is dearer", {"volume_type": "gp2", "size_gib": 200.0}, 20.0,
            None, labels={"gp3_ebs_volumes": "unknown"}),
    Kind("snapshot behind an image", "snapshots", {**SNAPSHOT, "image_id": "ami-1"}, 3.0,
         usage="EBS:SnapshotUsage", unit="GB-Mo"),
    Kind("snapshot of a backup", "snapshots", {**SNAPSHOT, "backup_managed": True}, 3.0,
         usage="EBS:SnapshotUsage", unit="GB-Mo"),
    Kind("recent snapshot", "snapshots", {**SNAPSHOT, "start_time": AS_OF - timedelta(days=89)}, 3.0,
         usage="EBS:SnapshotUsage", unit="GB-Mo"),
    Kind("used address", "addresses", {"association_id": "a"}, 3.65, usage="PublicIPv4:InUse"),
    _network("live load balancer", "load_balancers", {**ALB, "target_count": 2}, 0.0225,
             lines=(("AWS/ApplicationELB", "RequestCount", "Sum", None, 40.0),)),
    _network("new load balancer", "load_balancers", {**ALB, "create_time": YOUNG}, 0.0225),
    _network("unmeasured load balancer with targets", "load_balancers", {**ALB, "target_count": 2},
             0.0225, labels={"idle_load_balancers": "unknown"}),
    _network("live NAT gateway", "nat_gateways", NAT, 0.045, lines=((*SENT, 3e8), (*BACK, 3e8))),
    _network("unmeasured NAT gateway", "nat_gateways", NAT, 0.045,
             labels={"idle_nat_gateways": "unknown"}),
    _network("used interface endpoint", "vpc_endpoints", INTERFACE, 0.02, lines=((*CARRIED, 1e6),)),
    _network("unmeasured interface endpoint", "vpc_endpoints", INTERFACE, 0.02,
             labels={"unused_interface_endpoints": "unknown"}),
    _network("free gateway endpoint", "vpc_endpoints", {**INTERFACE, "endpoint_type": "Gateway"}, 0.0),
    _database("busy database", 40.0, 75.0, weight=2),
    _database("database of one nightly report", 1.0, 4.0),
    _database("read replica", 0.0, 2.0, row={"replica_of": "main"}),
    _database("unmeasured database", 0.0, 0.0, lines=(), labels={"idle_rds_instances": "unknown"}),
    _endpoint("live endpoint", (_calls(30.0),), {}),
    _endpoint("asynchronous endpoint", (_calls(0.0),), {}, is_async=True),
    _endpoint("serverless endpoint", (_calls(0.0),), {}, is_serverless=True, instance_type=None),
    _endpoint("endpoint changed last week", (), {}, last_modified_at=YOUNG),
    _endpoint("unmeasured endpoint", (), {"idle_sagemaker_endpoints": "unknown"}),
    Kind("used notebook", "notebook_instances", NOTEBOOK, 0.2 * MONTH_HOURS,
         lines=((*NOTEBOOK_CPU, 60.0),), usage="Notebk"),
    Kind("stopped notebook", "notebook_instances", {**NOTEBOOK, "status": "Stopped"}, usage="Notebk"),
    Kind("unmeasured notebook", "notebook_instances", NOTEBOOK, 0.2 * MONTH_HOURS,
         {"idle_notebook_instances": "unknown"}, usage="Notebk"),
    Kind("Studio application nobody asked but the service", "studio_apps",
         {**STUDIO, "last_user_activity_at": AS_OF}, 0.736 * MONTH_HOURS,
         {"idle_studio_apps": "unknown"}, usage="Studio"),
    Kind("Studio application in use", "studio_apps",
         {**STUDIO, "last_user_activity_at": AS_OF - timedelta(hours=2)}, 0.736 * MONTH_HOURS,
         usage="Studio"),
    Kind("bucket of unfinished uploads", "buckets", {**BUCKET, "unfinished_upload_count": 4}),
    Kind("young bucket", "buckets", {**BUCKET, "create_time": YOUNG}),
)  # fmt: skip
"""What only looks like waste, or cannot be judged."""

HOST = Kind(
    "host", "instances",
    {"resource_id": "i-host", "instance_type": "m5.xlarge", "state": "running", "launch_time": YOUNG},
)  # fmt: skip
PRICED_HERE = {
    ("AmazonSageMaker", "ml.m5.xlarge"): 0.23, ("AmazonSageMaker", "ml.t3.xlarge"): 0.2,
    ("AmazonSageMaker", "ml.g4dn.xlarge"): 0.736, ("AmazonRDS", "db.m5.large"): 0.171,
    ("AmazonRDS", "db.m4.xlarge"): 0.365, ("AmazonRDS", "db.m5.xlarge"): 0.342,
    ("AmazonRDS", "db.m6g.xlarge"): 0.304, ("AmazonSageMaker", "ml.g5.12xlarge"): 7.09,
    ("AmazonSageMaker", "ml.g5.16xlarge"): 5.12,
}  # fmt: skip
"""List prices that the shipped book lacks, dollars an hour."""


def labelled_account(size: int, seed: int, *, billed_share: float = 0.7) -> Account:
    """An account of `size` resources of every kind, in proportion to their weights."""
    rng = np.random.default_rng(seed)
    more = [*labelled_managed.KINDS, *labelled_compute.KINDS, *labelled_objects.KINDS]
    kinds = [*WASTES, *TRAPS, *(Kind(**spec) for spec in more)]
    kept = [
        (Kind(**spec), spec["name"])
        for spec in [*labelled_managed.KEPT, *labelled_compute.KEPT, *labelled_objects.KEPT]
    ]
    weights = np.array([kind.weight for kind in kinds])
    drawn = rng.choice(len(kinds), size, p=weights / weights.sum())
    drawn[: min(size, len(kinds))] = rng.permutation(len(kinds))[:size]
    found = [(kinds[i], _identity(kinds[i], seed, n)) for n, i in enumerate(drawn)]
    share = rng.choice([1.0, 0.9, 0.72], size)
    discount = np.where(rng.random(size) < billed_share, share, np.nan)
    discount[[not kind.is_billed for kind, _ in found]] = np.nan
    records: dict[str, list[dict[str, Any]]] = {}
    for kind, identity in [*found, (HOST, "i-host"), *kept]:
        for table, row in ((kind.table, {"tags": {}, **kind.row}), *kind.more):
            record = {**row, **PLACE, "resource_id": identity}
            records.setdefault(table, []).append(record)
    records["volumes"] = [*records.get("volumes", []), _kept_volume()]
    records.setdefault("resource_costs", []).extend(
        _charge(kind, identity, d)
        for (kind, identity), d in zip(found, discount, strict=True)
        if d > 0 and kind.list_cost
    )
    tables = {name: rows(table, records.get(name, [])) for name, table in ESTATE_TABLES.items()}
    types = prices.instance_types()
    tables |= {"metrics": _metrics([*found, *kept], rng), "prices": _prices(),
               "instance_types": types[types["instance_type"].str.match(TYPES)]}  # fmt: skip
    return Account(tables, _key(found, discount))


def _identity(kind: Kind, seed: int, number: int) -> str:
    return f"{kind.table}-{seed}-{number}"


def _kept_volume() -> dict[str, Any]:
    """The volume that the snapshots were taken of, so that none is an orphan."""
    return {**PLACE, "resource_id": "vol-kept", **VOLUME, "state": "in-use", "create_time": YOUNG,
            "attached_instance_id": "i-elsewhere"}  # fmt: skip


def _charge(kind: Kind, identity: str, discount: float) -> dict[str, Any]:
    """October's charge; what bills by the hour bills 744 of them."""
    months = 1.0 if kind.unit == "GB-Mo" else BILL_HOURS / MONTH_HOURS
    cost = kind.list_cost * discount * months
    return {
        **PLACE, "resource_id": identity, "service": "AWS", "usage_type": kind.usage,
        "unit": kind.unit, "consumed_quantity": BILL_HOURS, "billed_cost": cost,
        "effective_cost": cost, "list_cost": kind.list_cost * months, "window_hours": BILL_HOURS,
        "first_charge_at": datetime(2024, 10, 1), "last_charge_end": AS_OF,
    }  # fmt: skip


def _key(found: Sequence[tuple[Kind, str]], discount: Values) -> pd.DataFrame:
    records = [
        {
            "kind": kind.name, "resource_id": identity, "check_id": check, "expected": status,
            "monthly_saving": kind.list_cost * kind.saves * (d if d > 0 else 1.0),
        }
        for (kind, identity), d in zip(found, discount, strict=True)
        for check, status in (kind.labels or {"": "ok"}).items()
    ]  # fmt: skip
    return pd.DataFrame(records)


def _metrics(found: Sequence[tuple[Kind, str]], rng: np.random.Generator) -> pd.DataFrame:
    lines = [(kind, identity, line) for kind, identity in found for line in kind.lines]
    counts = np.array([kind.hours for kind, _, _ in lines], dtype=int)
    owner = np.repeat(np.arange(len(lines)), counts)
    back = np.concatenate([np.arange(count) for count in counts]) + 1
    times = np.datetime64(AS_OF, "us") - back.astype("timedelta64[h]")
    values = [_values(line[4], kind.hours, rng) for kind, _, line in lines]
    text = {
        "resource_id": [identity for _, identity, _ in lines],
        "namespace": [line[0] for *_, line in lines],
        "metric": [line[1] for *_, line in lines],
        "stat": [line[2] for *_, line in lines],
        "dimension": [line[3] for *_, line in lines],
    }
    columns = {
        name: pd.Series(told, dtype="str").take(owner).to_numpy() for name, told in text.items()
    }
    frame = pd.DataFrame(
        {**PLACE, **columns, "time": times, "period_s": 3600.0, "value": np.concatenate(values)}
    )
    return conform(frame, ESTATE_TABLES["metrics"])


def _values(level: float | str, hours: int, rng: np.random.Generator) -> Values:
    """Hourly values, newest first: a level with a tenth of noise below it, or a pattern."""
    if not isinstance(level, str):
        return level * (1 - 0.1 * rng.random(hours))
    if level == "constant":
        return np.ones(hours)
    quiet = 1.5 * rng.random(hours)
    hour = np.arange(hours)
    burst = hour % 24 == 22 if level == "nightly" else hour % 168 == 100
    return np.where(burst, 96.0, quiet)


def _prices() -> pd.DataFrame:
    here = [
        {
            "service": service, "region": "us-east-1", "item": item, "unit": "Hrs",
            "term": "on_demand", "price": price, "currency": "USD", "valid_from": OLD,
            "source": "rate_card",
        }
        for (service, item), price in PRICED_HERE.items()
    ]  # fmt: skip
    return pd.concat([prices.book(), rows(ESTATE_TABLES["prices"], here)], ignore_index=True)
