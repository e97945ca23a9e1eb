"""EC2: instances, groups, volumes, snapshots, images, addresses, gateways, endpoints, types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from finops_lib.sources.shape import Page, Record, items, tag_map

STOPPED_AT = re.compile(r"\((\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}) (?:GMT|UTC)\)")
BACKUP_TAGS = ("aws:backup:source-resource", "aws:dlm:lifecycle-policy-id", "dlm:managed")
BACKUP_DESCRIPTIONS = (
    "This snapshot is created by the AWS Backup service",
    "Created for policy: policy-",
)
GONE = ("terminated", "shutting-down")


def instances(pages: Iterable[Page]) -> list[Record]:
    """DescribeInstances; terminated ones are gone and left out."""
    found = [i for reservation in items(pages, "Reservations") for i in reservation["Instances"]]
    return [_instance(i) for i in found if i["State"]["Name"] not in GONE]


def _instance(raw: dict[str, Any]) -> Record:
    tags = tag_map(raw.get("Tags"))
    stopped = STOPPED_AT.search(raw.get("StateTransitionReason", ""))
    state = raw["State"]["Name"]
    return {
        "resource_id": raw["InstanceId"],
        "name": tags.get("Name"),
        "instance_type": raw["InstanceType"],
        "state": state,
        "launch_time": raw.get("LaunchTime"),
        "stopped_at": datetime.fromisoformat(stopped[1])
        if stopped and state == "stopped"
        else None,
        "lifecycle": raw.get("InstanceLifecycle", "on-demand"),
        "architecture": raw.get("Architecture"),
        "platform": raw.get("PlatformDetails", "Linux/UNIX"),
        "virtualization": raw.get("VirtualizationType"),
        "tenancy": raw.get("Placement", {}).get("Tenancy"),
        "availability_zone": raw.get("Placement", {}).get("AvailabilityZone"),
        "image_id": raw.get("ImageId"),
        "asg_name": tags.get("aws:autoscaling:groupName"),
        "vpc_id": raw.get("VpcId"),
        "subnet_id": raw.get("SubnetId"),
        "ebs_optimized": raw.get("EbsOptimized"),
        "detailed_monitoring": raw.get("Monitoring", {}).get("State") == "enabled",
        "tags": tags,
    }


def auto_scaling_groups(pages: Iterable[Page]) -> list[Record]:
    """DescribeAutoScalingGroups."""
    return [
        {
            "resource_id": g.get("AutoScalingGroupARN", g["AutoScalingGroupName"]),
            "name": g["AutoScalingGroupName"],
            "min_size": g.get("MinSize"),
            "max_size": g.get("MaxSize"),
            "desired_capacity": g.get("DesiredCapacity"),
            "instance_count": len(g.get("Instances", [])),
            "protected_count": sum(
                bool(i.get("ProtectedFromScaleIn")) for i in g.get("Instances", [])
            ),
            "create_time": g.get("CreatedTime"),
            "tags": tag_map(g.get("Tags")),
        }
        for g in items(pages, "AutoScalingGroups")
    ]


def volumes(pages: Iterable[Page]) -> list[Record]:
    """DescribeVolumes."""
    return [
        {
            "resource_id": v["VolumeId"],
            "name": tag_map(v.get("Tags")).get("Name"),
            "volume_type": v["VolumeType"],
            "size_gib": v["Size"],
            "iops": v.get("Iops"),
            "throughput_mibps": v.get("Throughput"),
            "state": v["State"],
            "attached_instance_id": next(
                (a.get("InstanceId") for a in v.get("Attachments", [])), None
            ),
            "create_time": v.get("CreateTime"),
            "snapshot_id": v.get("SnapshotId") or None,
            "availability_zone": v.get("AvailabilityZone"),
            "encrypted": v.get("Encrypted"),
            "tags": tag_map(v.get("Tags")),
        }
        for v in items(pages, "Volumes")
    ]


def snapshots(pages: Iterable[Page], image_pages: Iterable[Page]) -> list[Record]:
    """DescribeSnapshots (owned), with the image that is built on each."""
    behind = {
        mapping["Ebs"]["SnapshotId"]: image["ImageId"]
        for image in items(image_pages, "Images")
        for mapping in image.get("BlockDeviceMappings", [])
        if mapping.get("Ebs", {}).get("SnapshotId")
    }
    return [_snapshot(s, behind.get(s["SnapshotId"])) for s in items(pages, "Snapshots")]


def _snapshot(raw: dict[str, Any], image_id: str | None) -> Record:
    tags = tag_map(raw.get("Tags"))
    description = raw.get("Description") or ""
    full = raw.get("FullSnapshotSizeInBytes")
    return {
        "resource_id": raw["SnapshotId"],
        "name": tags.get("Name"),
        "volume_id": raw.get("VolumeId"),
        "size_gib": raw.get("VolumeSize"),
        "stored_gib": full / 2**30 if full else None,
        "start_time": raw.get("StartTime"),
        "state": raw.get("State"),
        "storage_tier": raw.get("StorageTier", "standard"),
        "description": description,
        "image_id": image_id,
        "backup_managed": any(tag in tags for tag in BACKUP_TAGS)
        or description.startswith(BACKUP_DESCRIPTIONS),
        "tags": tags,
    }


def images(pages: Iterable[Page]) -> list[Record]:
    """DescribeImages (owned)."""
    return [
        {
            "resource_id": i["ImageId"],
            "name": i.get("Name"),
            "create_time": i.get("CreationDate"),
            "state": i.get("State"),
            "snapshot_ids": " ".join(
                m["Ebs"]["SnapshotId"]
                for m in i.get("BlockDeviceMappings", [])
                if m.get("Ebs", {}).get("SnapshotId")
            ),
            "last_launched_at": i.get("LastLaunchedTime"),
            "is_public": i.get("Public"),
            "tags": tag_map(i.get("Tags")),
        }
        for i in items(pages, "Images")
    ]


def held_images(versions: Iterable[Page], configurations: Iterable[Page]) -> dict[str, str]:
    """By image the launch template (DescribeLaunchTemplateVersions) or configuration that starts it."""
    by_configuration = {
        c["ImageId"]: f"the launch configuration {c['LaunchConfigurationName']}"
        for c in items(configurations, "LaunchConfigurations")
        if c.get("ImageId")
    }
    by_template = {
        v["LaunchTemplateData"]["ImageId"]: f"the launch template {v['LaunchTemplateName']}"
        for v in items(versions, "LaunchTemplateVersions")
        if v.get("LaunchTemplateData", {}).get("ImageId")
    }
    return by_configuration | by_template


def shared_with(pages: Iterable[Page]) -> str | None:
    """Whom an image is shared with (DescribeImageAttribute launchPermission); None: nobody."""
    names = ("UserId", "OrganizationArn", "OrganizationalUnitArn", "Group")
    told = [p[n] for p in items(pages, "LaunchPermissions") for n in names if p.get(n)]
    if not told:
        return None
    return "another account" if len(told) == 1 else f"{len(told)} other accounts"


def addresses(pages: Iterable[Page]) -> list[Record]:
    """DescribeAddresses."""
    return [
        {
            "resource_id": a.get("AllocationId", a["PublicIp"]),
            "public_ip": a.get("PublicIp"),
            "association_id": a.get("AssociationId") or None,
            "instance_id": a.get("InstanceId") or None,
            "network_interface_id": a.get("NetworkInterfaceId") or None,
            "tags": tag_map(a.get("Tags")),
        }
        for a in items(pages, "Addresses")
    ]


def nat_gateways(pages: Iterable[Page]) -> list[Record]:
    """DescribeNatGateways; deleted ones are left out."""
    return [
        {
            "resource_id": g["NatGatewayId"],
            "name": tag_map(g.get("Tags")).get("Name"),
            "state": g.get("State"),
            "connectivity": g.get("ConnectivityType", "public"),
            "create_time": g.get("CreateTime"),
            "vpc_id": g.get("VpcId"),
            "subnet_id": g.get("SubnetId"),
            "tags": tag_map(g.get("Tags")),
        }
        for g in items(pages, "NatGateways")
        if g.get("State") not in ("deleted", "deleting")
    ]


def vpc_endpoints(pages: Iterable[Page]) -> list[Record]:
    """DescribeVpcEndpoints."""
    return [
        {
            "resource_id": e["VpcEndpointId"],
            "endpoint_type": e.get("VpcEndpointType"),
            "service_name": e.get("ServiceName"),
            "state": e.get("State"),
            "create_time": e.get("CreationTimestamp"),
            "vpc_id": e.get("VpcId"),
            "subnet_count": len(e.get("SubnetIds") or []),
            "route_table_count": len(e.get("RouteTableIds") or []),
            "tags": tag_map(e.get("Tags")),
        }
        for e in items(pages, "VpcEndpoints")
        if str(e.get("State", "")).lower() not in ("deleted", "deleting")
    ]


def reserved_instances(pages: Iterable[Page]) -> list[Record]:
    """DescribeReservedInstances as commitments."""
    return [_reservation(r) for r in items(pages, "ReservedInstances")]


def _reservation(raw: dict[str, Any]) -> Record:
    count = raw.get("InstanceCount", 1)
    recurring = sum(c["Amount"] for c in raw.get("RecurringCharges", []))
    return {
        "commitment_id": raw["ReservedInstancesId"],
        "kind": "reserved_instance",
        "product": "EC2",
        "instance_type": raw.get("InstanceType"),
        "family": raw.get("InstanceType", "").split(".")[0] or None,
        "platform": raw.get("ProductDescription"),
        "count": count,
        "offering_class": raw.get("OfferingClass"),
        "term_years": round(raw.get("Duration", 0) / (365 * 86_400)) or None,
        "payment_option": raw.get("OfferingType"),
        "upfront_cost": raw.get("FixedPrice", 0.0) * count,
        "recurring_hourly_cost": (recurring + raw.get("UsagePrice", 0.0)) * count,
        "start_time": raw.get("Start"),
        "end_time": raw.get("End"),
        "state": raw["State"],
        "scope": raw.get("Scope"),
    }


def instance_types(pages: Iterable[Page], known: Sequence[Record]) -> list[Record]:
    """DescribeInstanceTypes on top of the types that are known already."""
    found = {record["instance_type"]: record for record in known}
    for raw in items(pages, "InstanceTypes"):
        found[raw["InstanceType"]] = {**found.get(raw["InstanceType"], {}), **_type(raw)}
    return list(found.values())


def _type(raw: dict[str, Any]) -> Record:
    gpus = raw.get("GpuInfo", {}).get("Gpus", [])
    ebs = raw.get("EbsInfo", {}).get("EbsOptimizedInfo", {})
    record = {
        "instance_type": raw["InstanceType"],
        "vcpu": raw["VCpuInfo"]["DefaultVCpus"],
        "memory_gib": raw["MemoryInfo"]["SizeInMiB"] / 1024,
        "architecture": _architecture(raw),
        "is_current_generation": raw.get("CurrentGeneration"),
        "is_burstable": raw.get("BurstablePerformanceSupported"),
        "is_bare_metal": raw.get("BareMetal"),
        "gpu_count": sum(g.get("Count", 0) for g in gpus) or None,
        "network": raw.get("NetworkInfo", {}).get("NetworkPerformance"),
        "ebs_baseline_mibps": ebs.get("BaselineThroughputInMBps"),
        "ebs_baseline_iops": ebs.get("BaselineIops"),
        "virtualization": " ".join(raw.get("SupportedVirtualizationTypes", [])) or None,
    }
    return {name: value for name, value in record.items() if value is not None}


def _architecture(raw: dict[str, Any]) -> str | None:
    supported = raw.get("ProcessorInfo", {}).get("SupportedArchitectures", [])
    return next((a for a in supported if a in ("x86_64", "arm64")), None)
