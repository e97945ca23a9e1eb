"""Managed services: SageMaker endpoints, notebooks and training, databases, and the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from finops_lib.demo.story import rates, teams
from finops_lib.demo.story.ledger import Charge, Resource, resource
from finops_lib.demo.story.timeline import (
    HOURS,
    SPIKE_ENDS,
    SPIKE_STARTS,
    START,
    growth,
    hour,
)

PREDICTIONS_PER_MONTH = 5_330_000
"""Answers of all endpoints in October; 80,000 dollars make 0.015 each."""


@dataclass(frozen=True)
class Variant:
    """A production variant of an endpoint, and its share of the company's predictions."""

    name: str
    instance_type: str
    count: int
    share: float


@dataclass(frozen=True)
class Endpoint:
    """An endpoint, its variants and how it answers (real time, asynchronous or serverless)."""

    name: str
    role: str
    owner: teams.Owner
    variants: tuple[Variant, ...]
    mode: str = "real_time"
    start: datetime | None = None


ENDPOINTS = (
    Endpoint("fraud-scorer", "live_endpoint", teams.FRAUD, (Variant("main", "ml.c5.2xlarge", 4, 0.62),)),
    Endpoint("recs-ranker", "live_endpoint", teams.RECS, (Variant("main", "ml.g4dn.xlarge", 3, 0.30),)),
    Endpoint("churn-scorer", "half_idle_endpoint", teams.CHURN,
             (Variant("champion", "ml.m5.xlarge", 2, 0.06), Variant("challenger", "ml.m5.xlarge", 1, 0.0))),
    Endpoint("search-embedder", "oversized_endpoint", teams.VISION, (Variant("main", "ml.m5.2xlarge", 2, 0.02),)),
    Endpoint("vision-demo", "idle_endpoint", teams.VISION, (Variant("main", "ml.g4dn.xlarge", 1, 0.0),)),
    Endpoint("fraud-scorer-v1", "idle_endpoint", teams.FRAUD, (Variant("main", "ml.m5.2xlarge", 1, 0.0),)),
    Endpoint("batch-captioner", "async_endpoint", teams.LANGUAGE, (Variant("main", "ml.m5.large", 1, 0.0),), "async"),
    Endpoint("ad-hoc-sentiment", "serverless_endpoint", teams.LANGUAGE, (Variant("main", "", 0, 0.0),), "serverless"),
    Endpoint("churn-scorer-next", "new_endpoint", teams.CHURN, (Variant("main", "ml.m5.large", 1, 0.0),),
             start=datetime(2026, 11, 3, 8)),
)  # fmt: skip

NOTEBOOKS = (
    ("analytics", 6, "ml.t3.xlarge", "used_notebook", teams.CHURN, "notebook"),
    ("features", 3, "ml.m5.xlarge", "used_notebook", teams.RECS, "notebook"),
    ("vision-lab", 1, "ml.g4dn.xlarge", "idle_notebook", teams.VISION, "notebook_idle"),
    ("intern-2025", 3, "ml.t3.xlarge", "idle_notebook", teams.RECS_DEV, "notebook_idle"),
    ("paused", 2, "ml.m5.xlarge", "stopped_notebook", teams.LANGUAGE, "none"),
)
"""(stem, how many, type, role, owner, profile)."""

DATABASES = (
    ("fraud-ledger", "db.r5.2xlarge", True, 800, "busy_database", teams.FRAUD, "database_busy"),
    (
        "feature-catalog",
        "db.m5.2xlarge",
        False,
        400,
        "oversized_database",
        teams.RECS,
        "database_quiet",
    ),
    ("recs-metadata", "db.m5.xlarge", False, 200, "live_database", teams.RECS, "database_live"),
    ("partner-import", "db.m5.large", False, 100, "unmeasured_database", teams.SERVING, "none"),
    ("mlflow-old", "db.m5.xlarge", False, 200, "idle_database", teams.CHURN, "database_idle"),
    ("hackathon-db", "db.t3.medium", False, 50, "idle_database", teams.VISION, "database_idle"),
)
"""(name, class, Multi-AZ, GiB, role, owner, profile)."""

STUDIO_APPS = (("default-jupyterlab-1", "ml.t3.medium"), ("default-jupyterlab-2", "ml.t3.medium"))

TRAINING = (
    ("fraud-retrain", 24, 2.0, "ml.m5.2xlarge", 2, teams.FRAUD, False),
    ("recs-train", 72, 5.0, "ml.p3.8xlarge", 1, teams.RECS, False),
    ("vision-finetune", 48, 6.0, "ml.g5.2xlarge", 2, teams.VISION, True),
    ("language-eval", 36, 1.5, "ml.g4dn.xlarge", 1, teams.LANGUAGE, False),
)
"""(name, hours between runs, hours of a run, type, machines, owner, writes checkpoints)."""

FAILED_SHARE = 0.18


def managed() -> Iterator[Resource]:
    """Every managed service with its charges."""
    yield from (_endpoint(endpoint) for endpoint in ENDPOINTS)
    yield from _notebooks()
    yield from (_database(*database) for database in DATABASES)
    yield from _training_jobs()
    for name, instance_type in STUDIO_APPS:
        charge = _sagemaker("Studio:JupyterLab", instance_type, 1.0, "office")
        yield resource("studio_app", name, "studio_app", "managed", teams.VISION,
                       charges=(charge,), spec={"instance_type": instance_type})  # fmt: skip
    yield from _platform()


def _endpoint(endpoint: Endpoint) -> Resource:
    charges = tuple(
        _sagemaker("Host", v.instance_type, float(v.count), _scaling(endpoint, v))
        for v in endpoint.variants
        if v.instance_type
    )
    return resource(
        "endpoint",
        endpoint.name,
        endpoint.role,
        "waste" if endpoint.role == "idle_endpoint" else "managed",
        endpoint.owner,
        start=endpoint.start,
        charges=charges,
        profile="endpoint",
        spec={"variants": endpoint.variants, "mode": endpoint.mode},
    )


def _scaling(endpoint: Endpoint, variant: Variant) -> str:
    return f"scaled{variant.count}" if endpoint.role == "live_endpoint" else "always"


def _notebooks() -> Iterator[Resource]:
    for stem, count, instance_type, role, owner, profile in NOTEBOOKS:
        space = Charge("AmazonSageMaker", "USE1-Notebk:VolumeUsage.gp2", "CreateVolume-Gp2", "GB-Mo",
                       rates.NOTEBOOK_GIB_MONTH, 50.0, "month")  # fmt: skip
        for number in range(1, count + 1):
            hours = (
                (_sagemaker("Notebk", instance_type, 1.0),) if role != "stopped_notebook" else ()
            )
            yield resource(
                "notebook_instance", f"{stem}-{number}", role,
                "waste" if role == "idle_notebook" else "managed", owner, charges=(*hours, space),
                profile=profile, spec={"instance_type": instance_type, "volume_gib": 50,
                                       "is_on": bool(hours)},
            )  # fmt: skip


def _database(
    name: str,
    instance_class: str,
    multi_az: bool,
    gib: int,
    role: str,
    owner: teams.Owner,
    profile: str,
) -> Resource:
    copies = 2 if multi_az else 1
    usage_type = "Multi-AZUsage:" if multi_az else "InstanceUsage:"
    hours = Charge("AmazonRDS", usage_type + instance_class.replace("xlarge", "xl"),
                   "CreateDBInstance:0014", "Hrs", rates.RDS[instance_class] * copies, 1.0,
                   instance_type=instance_class)  # fmt: skip
    kind = "RDS:Multi-AZ-GP3-Storage" if multi_az else "RDS:GP3-Storage"
    space = Charge("AmazonRDS", kind, "CreateDBInstance:0014", "GB-Mo",
                   rates.RDS_GIB_MONTH * copies, float(gib), "month")  # fmt: skip
    return resource("database", name, role, "waste" if role == "idle_database" else "managed", owner,
                    charges=(hours, space), profile=profile,
                    spec={"instance_class": instance_class, "multi_az": multi_az, "gib": gib})  # fmt: skip


def _training_jobs() -> Iterator[Resource]:
    rng = np.random.default_rng(7)
    size = growth()
    for stem, every, length, instance_type, machines, owner, has_checkpoints in TRAINING:
        for began in range(2, HOURS - 48, every):
            if rng.random() > size[began]:
                continue
            is_failed = bool(rng.random() < FAILED_SHARE)
            run = round(
                length * (rng.uniform(0.4, 0.9) if is_failed else rng.uniform(0.85, 1.2)), 2
            )
            yield _job(
                stem, START + timedelta(hours=began), run, instance_type, machines, owner,
                "failed_training" if is_failed else "training", has_checkpoints,
            )  # fmt: skip
    yield _job("fraud-hpo-runaway", SPIKE_STARTS, hour(SPIKE_ENDS) - hour(SPIKE_STARTS),
               "ml.p3.16xlarge", 2, teams.FRAUD, "runaway_training", False)  # fmt: skip


def _job(
    stem: str, began: datetime, hours: float, instance_type: str, machines: int, owner: teams.Owner,
    role: str, has_checkpoints: bool,
) -> Resource:  # fmt: skip
    end = began + timedelta(hours=hours)
    return resource(
        "training_job", f"{stem}-{began:%Y%m%d-%H%M}", role, "managed", owner, start=began, end=end,
        charges=(_sagemaker("Train", instance_type, float(machines)),), profile="training",
        spec={"instance_type": instance_type, "count": machines, "has_checkpoints": has_checkpoints},
    )  # fmt: skip


def _sagemaker(part: str, instance_type: str, machines: float, pattern: str = "always") -> Charge:
    return Charge("AmazonSageMaker", f"USE1-{part}:{instance_type}", "RunInstance", "Hrs",
                  rates.SAGEMAKER[instance_type], machines, pattern, instance_type=instance_type)  # fmt: skip


def _platform() -> Iterator[Resource]:
    """Services without a table of their own in an inventory; bills have many of them."""
    for number in (1, 2, 3):
        node = Charge("AmazonElastiCache", "NodeUsage:cache.r5.large", "CreateCacheCluster:0002", "Hrs",
                      rates.CACHE_HOUR["cache.r5.large"], 1.0, instance_type="cache.r5.large")  # fmt: skip
        yield resource(
            "cache", f"session-cache-{number}", "cache", "managed", teams.RECS, charges=(node,)
        )
    for name, owner in (("serving", teams.SERVING), ("research", teams.LANGUAGE)):
        hours = Charge("AmazonEKS", "USE1-AmazonEKS-Hours:perCluster", "CreateOperation", "Hrs",
                       rates.CLUSTER_HOUR, 1.0)  # fmt: skip
        yield resource("cluster", name, "cluster", "managed", owner, charges=(hours,))
    leak = Charge(
        "AmazonCloudWatch",
        "DataProcessing-Bytes",
        "PutLogEvents",
        "GB",
        rates.LOG_GIB,
        2.2,
        "leaking",
    )
    yield resource(
        "log_group", "/fraud/stream/debug", "log_leak", "managed", teams.FRAUD, charges=(leak,)
    )
    logs = Charge(
        "AmazonCloudWatch",
        "DataProcessing-Bytes",
        "PutLogEvents",
        "GB",
        rates.LOG_GIB,
        0.4,
        "traffic",
    )
    yield resource(
        "log_group", "/serving/api/access", "logs", "managed", teams.SERVING, charges=(logs,)
    )
    custom = Charge("AmazonCloudWatch", "CW:MetricMonitorUsage", "MetricStorage", "Metrics",
                    rates.CUSTOM_METRIC_MONTH, 320.0, "stored")  # fmt: skip
    yield resource(
        "account", "custom-metrics", "metrics", "managed", teams.SERVING, charges=(custom,)
    )
    etl = Charge(
        "AWSGlue", "USE1-ETL-DPU-Hour", "Jobrun", "DPU-Hour", rates.DPU_HOUR, 1.45, "traffic"
    )
    yield resource("etl_job", "events-to-features", "etl", "managed", teams.RECS, charges=(etl,))
    shards = Charge(
        "AmazonKinesis",
        "Storage-ShardHour",
        "shardHourStorage",
        "ShardHour",
        rates.SHARD_HOUR,
        20.0,
    )
    yield resource("stream", "transactions", "stream", "managed", teams.FRAUD, charges=(shards,))
    seconds = Charge("AWSLambda", "Lambda-GB-Second", "Invoke", "Lambda-GB-Second",
                     rates.LAMBDA_GIB_SECOND, 12_000.0, "traffic")  # fmt: skip
    yield resource(
        "function", "feature-refresh", "function", "managed", teams.RECS, charges=(seconds,)
    )
    keys = Charge("awskms", "us-east-1-KMS-Keys", "Unknown", "Keys", rates.KEY_MONTH, 24.0, "month")
    yield resource("account", "encryption-keys", "keys", "managed", teams.SERVING, charges=(keys,))
    yield resource("table", "terraform-locks", "lock_table", "managed", teams.SERVING,
                   start=datetime(2025, 3, 3, 9))  # fmt: skip
