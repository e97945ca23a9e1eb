"""How the planted resources behave: CloudWatch series, from each resource's metric profile.

CPU comes every five minutes, as basic monitoring does; the rest by the hour, buckets by the day.
Series begin with the resource; what has no profile has no series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from finops_lib.demo.story.ledger import Ledger, Resource
from finops_lib.demo.story.managed import PREDICTIONS_PER_MONTH
from finops_lib.demo.story.timeline import AS_OF, HOURS, START, growth, hour, patterns

METRICS_FROM = datetime(2026, 10, 1)
LATENCY_S = 0.12
DAYS = (AS_OF - METRICS_FROM) / timedelta(days=1)
FIVE_MINUTES, HOUR, DAY = 300, 3600, 86_400
GIB = 2.0**30
GPU_MIB = {"p3": 16_160.0, "g4dn": 15_360.0, "g5": 23_028.0}
"""Memory of one GPU, as nvidia-smi tells it."""


Values = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]


class Series(NamedTuple):
    """One metric of one resource: `values[i]` belongs to the interval that starts at `times[i]`."""

    account: str
    region: str
    namespace: str
    metric: str
    dimensions: dict[str, str]
    times: Times
    values: Values
    period_s: int


class Load(NamedTuple):
    """A profile of a machine: percent of CPU, memory and GPU; gigabytes over the network an hour."""

    cpu: Callable[[Times, np.random.Generator], Values]
    memory_pct: float | None
    gib_per_hour: float
    gpu_pct: float | None = None


def series(ledger: Ledger) -> Iterator[Series]:
    """Every series of every resource."""
    rng = np.random.default_rng(ledger.seed)
    traffic = patterns(ledger.seed)["traffic"]
    shifted = patterns(ledger.seed)["shifted"]
    for item in ledger.resources:
        match item.kind:
            case "instance":
                yield from _machine(item, rng)
            case "volume":
                yield from _disk(item, rng)
            case "database":
                yield from _database(item, rng)
            case "load_balancer":
                yield from _load_balancer(item, traffic)
            case "nat_gateway":
                yield from _gateway(item, shifted)
            case "endpoint":
                yield from _endpoint(item, traffic, rng)
            case "notebook_instance":
                yield from _notebook(item, rng)
            case "bucket":
                yield from _bucket(item)
            case "cache":
                yield from _cache(item, traffic)
            case "cluster" | "function" | "table":
                yield from _platform(item, traffic)


def _clock(period_s: int, start: datetime | None) -> Times:
    first = np.datetime64(METRICS_FROM, "s")
    times = np.arange(first, np.datetime64(AS_OF, "s"), np.timedelta64(period_s, "s"))
    return times if start is None else times[times >= np.datetime64(start, "s")]


def _hours_of_day(times: Times) -> Values:
    return np.asarray((times - times.astype("datetime64[D]")) / np.timedelta64(1, "h"))


def _is_office(times: Times) -> npt.NDArray[np.bool_]:
    weekday = (times.astype("datetime64[D]").astype(int) + 3) % 7 < 5
    of_day = _hours_of_day(times)
    return np.asarray(weekday & (of_day >= 13) & (of_day < 22))


def _flat(level: float, spread: float, top: float = 100.0) -> Callable[..., Values]:
    def cpu(times: Times, rng: np.random.Generator) -> Values:
        return np.clip(rng.normal(level, spread, len(times)), 0.1, top)

    return cpu


def _wave(level: float, swing: float, spread: float) -> Callable[..., Values]:
    def cpu(times: Times, rng: np.random.Generator) -> Values:
        wave = 1 + swing * np.sin((_hours_of_day(times) - 8) / 24 * 2 * np.pi)
        return np.clip(level * wave + rng.normal(0, spread, len(times)), 0.5, 98.0)

    return cpu


def _office(times: Times, rng: np.random.Generator) -> Values:
    noise = rng.normal(0, 1, len(times))
    return np.where(
        _is_office(times), np.clip(52 + 9 * noise, 10, 92), np.clip(2.2 + 0.4 * noise, 0.5, 4)
    )


def _nightly(times: Times, rng: np.random.Generator) -> Values:
    """An hour of full load each night: on average 4.4 %, at most 95 %."""
    of_day = _hours_of_day(times)
    return np.where(
        (of_day >= 1) & (of_day < 2), 95.0, np.clip(rng.normal(0.5, 0.1, len(times)), 0.1, 1.0)
    )


LOADS = {
    "over_provisioned": Load(_wave(15, 0.4, 1.6), 20.0, 1.8),
    "steady": Load(_wave(54, 0.3, 4.0), 61.0, 6.0),
    "office": Load(_office, 44.0, 0.8),
    "office_gpu": Load(_office, 40.0, 0.6, gpu_pct=55.0),
    "busy_gpu": Load(_flat(3, 0.6, 6.0), 35.0, 0.9, gpu_pct=96.0),
    "idle_gpu": Load(_wave(7, 0.5, 1.0), 18.0, 0.05, gpu_pct=0.0),
    "steady_gpu": Load(_flat(42, 5), 52.0, 2.0, gpu_pct=84.0),
    "night_gpu": Load(_flat(38, 6), 50.0, 3.0, gpu_pct=91.0),
    "nightly_batch": Load(_nightly, 25.0, 1.2),
    "light": Load(_flat(9, 2), 38.0, 0.2),
    "idle": Load(_flat(1.3, 0.4, 3.6), 9.0, 0.00004),
}


def _machine(item: Resource, rng: np.random.Generator) -> Iterator[Series]:
    load = LOADS.get(item.profile)
    if load is None:
        return
    name = {"InstanceId": item.id}
    often, hourly = (
        _running(item, _clock(FIVE_MINUTES, item.start)),
        _running(item, _clock(HOUR, item.start)),
    )
    yield _series(
        item, "AWS/EC2", "CPUUtilization", name, often, load.cpu(often, rng), FIVE_MINUTES
    )
    busy = load.cpu(hourly, rng)
    traffic = load.gib_per_hour * GIB * (busy / max(float(busy.mean()), 0.1))
    yield _series(item, "AWS/EC2", "NetworkIn", name, hourly, traffic * 0.6, HOUR)
    yield _series(item, "AWS/EC2", "NetworkOut", name, hourly, traffic * 0.4, HOUR)
    if load.memory_pct is not None and not item.name.startswith("old-feature-cache"):
        memory = np.clip(rng.normal(load.memory_pct, load.memory_pct * 0.04, len(hourly)), 1, 99)
        yield _series(item, "CWAgent", "mem_used_percent", name, hourly, memory, HOUR)
    if load.gpu_pct is not None:
        yield from _gpus(item, load.gpu_pct, hourly, rng)


def _running(item: Resource, times: Times) -> Times:
    if item.profile != "night_gpu":
        return times
    of_day = _hours_of_day(times)
    return times[(of_day >= 1) & (of_day < 7)]


def _gpus(item: Resource, level: float, times: Times, rng: np.random.Generator) -> Iterator[Series]:
    count = {"p3.8xlarge": 4, "g5.12xlarge": 4}.get(item.spec["instance_type"], 1)
    whole = np.full(len(times), GPU_MIB[item.spec["instance_type"].split(".")[0]])
    on = _is_office(times) if item.profile == "office_gpu" else np.ones(len(times), dtype=bool)
    for index in range(count):
        dimensions = {"InstanceId": item.id, "index": str(index)}
        busy = np.where(on, np.clip(rng.normal(level, 1.5, len(times)), 0, 100), 0.0) * (level > 0)
        # What is loaded holds the memory, whether it computes or not.
        for metric, values in (
            ("nvidia_smi_utilization_gpu", busy),
            ("nvidia_smi_memory_used", whole * 0.62),
            ("nvidia_smi_memory_total", whole),
        ):
            yield _series(item, "CWAgent", metric, dimensions, times, values, HOUR)


def _disk(item: Resource, rng: np.random.Generator) -> Iterator[Series]:
    """Operations of attached volumes; CloudWatch has none of a volume that is attached to nothing."""
    per_second = {"busy_disk": 13_000.0, "quiet_disk": 700.0, "disk_until_yesterday": 60.0}
    if "instance" not in item.spec and item.profile not in per_second:
        return
    times = _clock(HOUR, item.start)
    if item.profile == "disk_until_yesterday":
        times = times[times < np.datetime64(AS_OF - timedelta(days=1), "s")]
    operations = per_second.get(item.profile, 25.0) * HOUR * rng.uniform(0.85, 1.1, len(times))
    name = {"VolumeId": item.id}
    for metric, values in (
        ("VolumeReadOps", operations * 0.6),
        ("VolumeWriteOps", operations * 0.4),
        ("VolumeReadBytes", operations * 0.6 * 8192),
        ("VolumeWriteBytes", operations * 0.4 * 8192),
    ):
        yield _series(item, "AWS/EBS", metric, name, times, values, HOUR)


def _database(item: Resource, rng: np.random.Generator) -> Iterator[Series]:
    levels = {"database_busy": (58.0, 140), "database_live": (34.0, 25), "database_quiet": (8.0, 18),
              "database_idle": (1.1, 0)}  # fmt: skip
    if item.profile not in levels:
        return
    cpu, connections = levels[item.profile]
    times = _clock(HOUR, item.start)
    name = {"DBInstanceIdentifier": item.id}
    sessions = np.round(rng.uniform(0.7, 1.3, len(times)) * connections)
    load = np.clip(rng.normal(cpu, cpu * 0.08, len(times)), 0.3, 95)
    operations = rng.uniform(0.8, 1.2, len(times)) * connections * 4.0
    for metric, values in (("CPUUtilization", load), ("DatabaseConnections", sessions),
                           ("ReadIOPS", operations), ("WriteIOPS", operations * 0.5)):  # fmt: skip
        yield _series(item, "AWS/RDS", metric, name, times, values, HOUR)


def _load_balancer(item: Resource, traffic: Values) -> Iterator[Series]:
    namespace, metric = {
        "application": ("AWS/ApplicationELB", "RequestCount"),
        "network": ("AWS/NetworkELB", "ProcessedBytes"),
        "classic": ("AWS/ELB", "RequestCount"),
    }[item.spec["kind"]]
    key = "LoadBalancerName" if item.spec["kind"] == "classic" else "LoadBalancer"
    times = _clock(HOUR, item.start)
    level = 60_000.0 if item.profile == "load_balancer" else 0.0
    values = np.round(_at(traffic, times) * level)
    yield _series(item, namespace, metric, {key: item.id}, times, values, HOUR)
    if item.spec["kind"] == "network":
        yield _series(
            item, namespace, "ActiveFlowCount", {key: item.id}, times, values / 1000, HOUR
        )


def _gateway(item: Resource, shifted: Values) -> Iterator[Series]:
    times = _clock(HOUR, item.start)
    out = _at(shifted, times) * item.spec["gib_per_hour"] * GIB
    name = {"NatGatewayId": item.id}
    for metric, share in (("BytesOutToDestination", 0.3), ("BytesInFromDestination", 0.7),
                          ("BytesOutToSource", 0.7), ("BytesInFromSource", 0.3)):  # fmt: skip
        yield _series(item, "AWS/NATGateway", metric, name, times, out * share, HOUR)
    yield _series(
        item, "AWS/NATGateway", "ActiveConnectionCount", name, times, np.sign(out) * 40, HOUR
    )


def _endpoint(item: Resource, traffic: Values, rng: np.random.Generator) -> Iterator[Series]:
    """Invocations over the whole history (CloudWatch keeps hours for 15 months), load for the month."""
    if item.spec["mode"] == "serverless":
        return
    born = max(hour(item.start or START), 0.0)
    ever = np.datetime64(START, "s") + np.arange(int(np.ceil(born)), HOURS) * np.timedelta64(
        HOUR, "s"
    )
    recent = _clock(HOUR, item.start)
    for variant in item.spec["variants"]:
        name = {"EndpointName": item.name, "VariantName": variant.name}
        if item.name != "fraud-scorer-v1":
            per_hour = PREDICTIONS_PER_MONTH * variant.share / 744
            calls = np.round(_at(traffic, ever) * per_hour)
            yield _series(item, "AWS/SageMaker", "Invocations", name, ever, calls, HOUR)
            yield _latency(item, name, ever, calls)
        level = {"live_endpoint": 48.0, "oversized_endpoint": 9.0}.get(item.role, 12.0)
        busy = np.clip(rng.normal(level if variant.share else 0.8, 1.5, len(recent)), 0.2, 95)
        for metric in ("CPUUtilization", "MemoryUtilization"):
            yield _series(item, "/aws/sagemaker/Endpoints", metric, name, recent, busy, HOUR)
        if "g4dn" in variant.instance_type:
            gpu = busy * 1.3 if variant.share else busy * 0
            yield _series(
                item, "/aws/sagemaker/Endpoints", "GPUUtilization", name, recent, gpu, HOUR
            )


def _latency(item: Resource, name: dict[str, str], times: Times, calls: Values) -> Series:
    """About 120 ms a request in the hours of the month that have any, a little more at the peak."""
    seen = (calls > 0) & (times >= np.datetime64(METRICS_FROM, "s"))
    busy = calls[seen] / max(float(calls.max(initial=0.0)), 1.0)
    microseconds = LATENCY_S * 1e6 * (0.9 + 0.2 * busy)
    return _series(item, "AWS/SageMaker", "ModelLatency", name, times[seen], microseconds, HOUR)


def _notebook(item: Resource, rng: np.random.Generator) -> Iterator[Series]:
    if item.profile == "none":
        return
    times = _clock(HOUR, item.start)
    quiet = np.clip(rng.normal(1.2, 0.3, len(times)), 0.2, 3.0)
    busy = np.where(_is_office(times), rng.uniform(20, 80, len(times)), quiet)
    values = busy if item.profile == "notebook" else quiet
    name = {"NotebookInstanceName": item.name}
    yield _series(
        item, "/aws/sagemaker/NotebookInstances", "CPUUtilization", name, times, values, HOUR
    )


def _bucket(item: Resource) -> Iterator[Series]:
    times = _clock(DAY, item.start)
    share = _at(growth(), times)
    if item.spec["size_gib"] == 0:
        return
    size = {"BucketName": item.name, "StorageType": item.spec["storage_class"]}
    yield _series(
        item, "AWS/S3", "BucketSizeBytes", size, times, share * item.spec["size_gib"] * GIB, DAY
    )
    count = {"BucketName": item.name, "StorageType": "AllStorageTypes"}
    yield _series(
        item, "AWS/S3", "NumberOfObjects", count, times, np.round(share * item.spec["objects"]), DAY
    )


def _cache(item: Resource, traffic: Values) -> Iterator[Series]:
    """A cache of sessions: it follows the traffic, and is two thirds full of them."""
    times = _clock(HOUR, item.start)
    busy = _at(traffic, times)
    for metric, values in (
        ("CurrConnections", 20 + 60 * busy), ("CPUUtilization", 12 + 25 * busy),
        ("DatabaseMemoryUsagePercentage", 55 + 12 * busy), ("CacheHits", 4e6 * busy),
        ("CacheMisses", 3e5 * busy), ("SetTypeCmds", 3e5 * busy), ("NetworkBytesIn", 2e9 * busy),
    ):  # fmt: skip
        name = {"CacheClusterId": item.id}
        yield _series(item, "AWS/ElastiCache", metric, name, times, values, HOUR)


def _platform(item: Resource, traffic: Values) -> Iterator[Series]:
    """Pods that are placed, runs of a function, and the few locks of each day's deployments."""
    times = _clock(HOUR, item.start)
    busy = _at(traffic, times)
    namespace, key, levels = {
        "cluster": ("AWS/EKS", "ClusterName", {"scheduler_schedule_attempts_SCHEDULED": 40.0}),
        "function": ("AWS/Lambda", "FunctionName", {"Invocations": 24_000.0, "Duration": 1.2e7}),
        "table": ("AWS/DynamoDB", "TableName", {"ConsumedReadCapacityUnits": 3.0,
                                                "ConsumedWriteCapacityUnits": 2.0}),
    }[item.kind]  # fmt: skip
    for metric, level in levels.items():
        yield _series(item, namespace, metric, {key: item.name}, times, level * busy, HOUR)


def _at(pattern: Values, times: Times) -> Values:
    """The pattern's values in the hours of `times`."""
    index = ((times - np.datetime64(START, "s")) / np.timedelta64(1, "h")).astype(int)
    return np.asarray(pattern[index])


def _series(
    item: Resource, namespace: str, metric: str, dimensions: dict[str, str],
    times: Times, values: Values, period_s: int,
) -> Series:  # fmt: skip
    return Series(item.account, item.region, namespace, metric, dimensions, times, values, period_s)
