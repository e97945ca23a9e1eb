"""Caches, Kubernetes clusters, functions and tables."""

from __future__ import annotations

import inspect
import json
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.dynamodb.models import dynamodb_backends
from moto.eks.models import eks_backends
from moto.elasticache.models import elasticache_backends
from moto.iam.models import iam_backends

from finops_lib.demo.story.ledger import Ledger, Resource
from finops_lib.demo.story.planting.backends import born, tag_list

LAMBDA_ALONE = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
                   "Action": "sts:AssumeRole"}],
})  # fmt: skip
NODES = {"minSize": 2, "maxSize": 6, "desiredSize": 3}


def plant_platform(ledger: Ledger) -> None:
    """What the platform team runs for the others, as old as the ledger says."""
    for item in ledger.of_kind("cache"):
        _plant_cache(item)
    for item in ledger.of_kind("cluster"):
        _plant_cluster(item)
    for item in ledger.of_kind("function"):
        _plant_function(item)
    for item in ledger.of_kind("table"):
        _plant_table(item)


def _plant_cache(item: Resource) -> None:
    backend: Any = elasticache_backends[item.account][item.region]
    told = {"cache_cluster_id": item.id, "cache_node_type": item.charges[0].instance_type,
            "engine": "redis", "num_cache_nodes": 1, "tags": tag_list(item)}  # fmt: skip
    every = inspect.signature(backend.create_cache_cluster).parameters
    cache = backend.create_cache_cluster(**{name: told.get(name) for name in every})
    cache.cache_cluster_create_time = born(item)


def _plant_cluster(item: Resource) -> None:
    backend: Any = eks_backends[item.account][item.region]
    role = f"arn:aws:iam::{item.account}:role/Kubernetes"
    cluster = backend.create_cluster(item.name, role, {}, version="1.31", tags=dict(item.tags))
    cluster.created_at = born(item)
    backend.create_nodegroup(item.name, role, "general", ["subnet-platform"], scaling_config=NODES)


def _plant_function(item: Resource) -> None:
    role = iam_backends[item.account]["aws"].create_role(
        "Functions", LAMBDA_ALONE, "/", None, "Runs the features' functions", [], "3600"
    )
    backend: Any = lambda_backends[item.account][item.region]
    function = backend.create_function({
        "FunctionName": item.name, "Runtime": "python3.12", "Handler": "refresh.handler",
        "Role": role.arn, "MemorySize": 1024,
        "Code": {"ZipFile": b""}, "Tags": dict(item.tags),
    })  # fmt: skip
    function.last_modified = f"{born(item):%Y-%m-%dT%H:%M:%S.000+0000}"


def _plant_table(item: Resource) -> None:
    backend: Any = dynamodb_backends[item.account][item.region]
    table = backend.create_table(
        item.name, [{"AttributeName": "LockID", "KeyType": "HASH"}], None,
        [{"AttributeName": "LockID", "AttributeType": "S"}], None, None, None, "PAY_PER_REQUEST",
        None, tag_list(item), False, None,
    )  # fmt: skip
    table.created_at = born(item)
