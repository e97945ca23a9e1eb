"""Managed clusters and developer endpoints: caches, search, warehouses, containers, EMR and Glue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from finops_lib.sources.shape import Page, Record, items, tag_map
from finops_lib.units import MIB_PER_GIB

CPU_SHARES_PER_VCPU = 1024
"""How a task definition spells processors
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html)."""

DPUS = {"Standard": 1.0, "G.025X": 0.25, "G.1X": 1.0, "G.2X": 2.0, "G.4X": 4.0, "G.8X": 8.0}
"""Data processing units of a Glue worker (https://docs.aws.amazon.com/glue/latest/dg/add-job.html)."""


def caches(clusters: Iterable[Page], groups: Iterable[Page]) -> list[Record]:
    """DescribeCacheClusters, and the members that only DescribeReplicationGroups names."""
    found = [_cache(raw) for raw in items(clusters, "CacheClusters")]
    known = {record["name"] for record in found}
    members = [
        _member(group, name)
        for group in items(groups, "ReplicationGroups")
        for name in group.get("MemberClusters", [])
        if name not in known
    ]
    return [*found, *members]


def _cache(raw: dict[str, Any]) -> Record:
    return {
        "resource_id": raw["ARN"],
        "kind": "elasticache",
        "name": raw["CacheClusterId"],
        "group_name": raw.get("ReplicationGroupId"),
        "engine": raw.get("Engine"),
        "node_type": raw.get("CacheNodeType"),
        "node_count": raw.get("NumCacheNodes"),
        "status": raw.get("CacheClusterStatus"),
        "create_time": raw.get("CacheClusterCreateTime"),
    }


def _member(group: dict[str, Any], name: str) -> Record:
    arn = group["ARN"].replace(
        f":replicationgroup:{group['ReplicationGroupId']}", f":cluster:{name}"
    )
    return {
        "resource_id": arn,
        "kind": "elasticache",
        "name": name,
        "group_name": group["ReplicationGroupId"],
        "engine": group.get("Engine", "redis"),
        "node_type": group.get("CacheNodeType"),
        "node_count": 1,
        "status": group.get("Status"),
        "create_time": group.get("ReplicationGroupCreateTime"),
    }


def domain(raw: dict[str, Any], tags: dict[str, str]) -> Record:
    """One OpenSearch domain; its disks are those of all its data nodes."""
    nodes, disk = raw.get("ClusterConfig", {}), raw.get("EBSOptions", {})
    count = nodes.get("InstanceCount", 1)
    has_masters = bool(nodes.get("DedicatedMasterEnabled"))
    return {
        "resource_id": raw["ARN"],
        "kind": "opensearch",
        "name": raw["DomainName"],
        "engine": raw.get("EngineVersion"),
        "node_type": nodes.get("InstanceType"),
        "node_count": count,
        "master_type": nodes.get("DedicatedMasterType") if has_masters else None,
        "master_count": nodes.get("DedicatedMasterCount") if has_masters else None,
        "storage_gib": disk.get("VolumeSize", 0) * count if disk.get("EBSEnabled") else None,
        "storage_type": disk.get("VolumeType"),
        "status": "deleted" if raw.get("Deleted") else "active",
        "tags": tags,
    }


def warehouses(pages: Iterable[Page], account: str, region: str) -> list[Record]:
    """DescribeClusters of Redshift, whose bill spells clusters as ARNs."""
    return [
        {
            "resource_id": f"arn:aws:redshift:{region}:{account}:cluster:{c['ClusterIdentifier']}",
            "kind": "redshift",
            "name": c["ClusterIdentifier"],
            "engine": c.get("ClusterVersion"),
            "node_type": c.get("NodeType"),
            "node_count": c.get("NumberOfNodes"),
            "status": c.get("ClusterStatus"),
            "create_time": c.get("ClusterCreateTime"),
            "tags": tag_map(c.get("Tags")),
        }
        for c in items(pages, "Clusters")
    ]


def hadoop(raw: dict[str, Any]) -> Record:
    """One EMR cluster; CloudWatch knows it by its id."""
    status = raw.get("Status", {})
    return {
        "resource_id": raw["ClusterArn"],
        "kind": "emr",
        "name": raw["Id"],
        "engine": raw.get("ReleaseLabel"),
        "status": status.get("State"),
        "create_time": status.get("Timeline", {}).get("CreationDateTime"),
        "tags": tag_map(raw.get("Tags")),
    }


def service(raw: dict[str, Any], definition: dict[str, Any]) -> Record:
    """One ECS service with the size of its tasks."""
    providers = [p["capacityProvider"] for p in raw.get("capacityProviderStrategy", [])]
    size = definition.get("cpu"), definition.get("memory")
    platform = definition.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64")
    started = [d["createdAt"] for d in raw.get("deployments", []) if "createdAt" in d]
    return {
        "resource_id": raw["serviceArn"],
        "kind": "ecs",
        "name": raw["serviceName"],
        "group_name": raw["clusterArn"].split("/")[-1],
        "engine": providers[0] if providers else raw.get("launchType"),
        "node_count": raw.get("desiredCount"),
        "task_vcpu": float(size[0]) / CPU_SHARES_PER_VCPU if size[0] else None,
        "task_memory_gib": float(size[1]) / MIB_PER_GIB if size[1] else None,
        "architecture": "arm64" if platform == "ARM64" else "x86_64",
        "status": raw.get("status"),
        "create_time": raw.get("createdAt", min(started, default=None)),
        "last_modified_at": max(started, default=None),
        "tags": {tag["key"]: tag["value"] for tag in raw.get("tags", [])},
    }


def kubernetes(raw: dict[str, Any], groups: Sequence[dict[str, Any]], profiles: int) -> Record:
    """One EKS cluster; `groups` are its node groups, `profiles` its Fargate profiles."""
    wanted = [g.get("scalingConfig", {}).get("desiredSize", 0) for g in groups]
    automatic = bool(raw.get("computeConfig", {}).get("enabled"))
    return {
        "resource_id": raw["arn"],
        "kind": "eks",
        "name": raw["name"],
        "engine": raw.get("version"),
        "node_count": sum(wanted),
        "pool_count": len(groups) + profiles + automatic,
        "status": raw.get("status"),
        "create_time": raw.get("createdAt"),
        "tags": dict(raw.get("tags", {})),
    }


def glue_endpoint(raw: dict[str, Any], tags: dict[str, str], account: str, region: str) -> Record:
    """One Glue development endpoint; its nodes are DPUs."""
    return {
        "resource_id": f"arn:aws:glue:{region}:{account}:devEndpoint/{raw['EndpointName']}",
        "kind": "glue_endpoint",
        "name": raw["EndpointName"],
        "engine": raw.get("GlueVersion"),
        "node_type": raw.get("WorkerType"),
        "node_count": raw.get("NumberOfNodes") or _dpus(raw),
        "status": raw.get("Status"),
        "create_time": raw.get("CreatedTimestamp"),
        "last_modified_at": raw.get("LastModifiedTimestamp"),
        "tags": tags,
    }


def glue_session(raw: dict[str, Any], tags: dict[str, str], account: str, region: str) -> Record:
    """One Glue interactive session; its nodes are DPUs."""
    return {
        "resource_id": f"arn:aws:glue:{region}:{account}:session/{raw['Id']}",
        "kind": "glue_session",
        "name": raw["Id"],
        "engine": raw.get("GlueVersion"),
        "node_type": raw.get("WorkerType"),
        "node_count": raw.get("MaxCapacity") or _dpus(raw),
        "status": raw.get("Status"),
        "create_time": raw.get("CreatedOn"),
        "tags": tags,
    }


def _dpus(raw: dict[str, Any]) -> float | None:
    """The processing units of its workers; None where their kind is not known."""
    each = DPUS.get(raw.get("WorkerType", ""))
    return None if each is None else each * float(raw.get("NumberOfWorkers", 0))
