"""Tags of each kind of resource through its own service: read always, written where the tagging API fails.

The Resource Groups Tagging API answers from an index that lags behind, so what stands on a resource is
read from the service that owns it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

Clients = Callable[[str, str, str], Any]
"""Account, region and service to a boto3 client."""

EC2_KINDS = {
    "instances": "instance", "volumes": "volume", "snapshots": "snapshot", "images": "image",
    "addresses": "elastic-ip", "nat_gateways": "natgateway", "vpc_endpoints": "vpc-endpoint",
}  # fmt: skip
"""Inventory tables of EC2 resources, and the word of their ARN."""

SERVICES = {
    **dict.fromkeys(EC2_KINDS, "ec2"),
    "auto_scaling_groups": "autoscaling", "databases": "rds", "buckets": "s3", "load_balancers": "elbv2",
    "endpoints": "sagemaker", "notebook_instances": "sagemaker", "training_jobs": "sagemaker",
    "studio_apps": "sagemaker", "log_groups": "logs",
}  # fmt: skip
"""Inventory table to the boto3 service that owns its resources."""

NOT_IN_TAGGING_API = frozenset({"auto_scaling_groups"})
"""Kinds that the Resource Groups Tagging API does not tag."""

READING: dict[str, tuple[str, ...]] = {
    "ec2": ("ec2:DescribeTags",), "autoscaling": ("autoscaling:DescribeTags",),
    "rds": ("rds:ListTagsForResource",), "s3": ("s3:GetBucketTagging",),
    "elbv2": ("elasticloadbalancing:DescribeTags",), "sagemaker": ("sagemaker:ListTags",),
    "logs": ("logs:ListTagsForResource",),
}  # fmt: skip
"""What `read_tags` calls, by the service that owns the resource."""

CHANGING: dict[str, tuple[str, ...]] = {
    "ec2": ("ec2:CreateTags", "ec2:DeleteTags"),
    "autoscaling": ("autoscaling:CreateOrUpdateTags", "autoscaling:DeleteTags"),
    "rds": ("rds:AddTagsToResource", "rds:RemoveTagsFromResource"),
    "s3": ("s3:PutBucketTagging",),
    "elbv2": ("elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"),
    "sagemaker": ("sagemaker:AddTags", "sagemaker:DeleteTags"),
    "logs": ("logs:TagResource", "logs:UntagResource"),
}  # fmt: skip
"""What `write_tags` and `remove_tags` call."""

TAGGING_API = "tag:TagResources"
"""What tagging twenty at a time calls; AWS asks for the resource's own permission beside it."""


def arn(kind: str, account_id: str, region: str, resource_id: str) -> str:
    """The resource's ARN (the id itself where it is one already)."""
    if resource_id.startswith("arn:"):
        return resource_id
    if kind == "buckets":
        return f"arn:aws:s3:::{resource_id}"
    return f"arn:aws:{SERVICES[kind]}:{region}:{account_id}:{EC2_KINDS[kind]}/{resource_id}"


def read_tags(client: Any, kind: str, resource_id: str) -> dict[str, str]:
    """The tags that stand on the resource now; raises ClientError where they cannot be read."""
    match SERVICES[kind]:
        case "ec2":
            wanted = [{"Name": "resource-id", "Values": [resource_id]}]
            found = client.describe_tags(Filters=wanted)["Tags"]
        case "autoscaling":
            wanted = [{"Name": "auto-scaling-group", "Values": [_name(resource_id)]}]
            found = client.describe_tags(Filters=wanted)["Tags"]
        case "rds":
            found = client.list_tags_for_resource(ResourceName=resource_id)["TagList"]
        case "s3":
            found = _bucket_tags(client, resource_id)
        case "logs":
            return dict(client.list_tags_for_resource(resourceArn=resource_id)["tags"])
        case "elbv2":
            found = client.describe_tags(ResourceArns=[resource_id])["TagDescriptions"][0]["Tags"]
        case _:
            found = client.list_tags(ResourceArn=resource_id)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def write_tags(client: Any, kind: str, resource_id: str, tags: Mapping[str, str]) -> None:
    """Put the tags on the resource, leaving its others; raises ClientError where it is refused."""
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    match SERVICES[kind]:
        case "ec2":
            client.create_tags(Resources=[resource_id], Tags=pairs)
        case "autoscaling":
            group = {"ResourceId": _name(resource_id), "ResourceType": "auto-scaling-group"}
            client.create_or_update_tags(
                Tags=[{**pair, **group, "PropagateAtLaunch": True} for pair in pairs]
            )
        case "rds":
            client.add_tags_to_resource(ResourceName=resource_id, Tags=pairs)
        case "s3":
            # S3 replaces the whole set, so what stands there is written again.
            kept = [t for t in _bucket_tags(client, resource_id) if t["Key"] not in tags]
            client.put_bucket_tagging(Bucket=resource_id, Tagging={"TagSet": [*kept, *pairs]})
        case "logs":
            client.tag_resource(resourceArn=resource_id, tags=dict(tags))
        case "elbv2":
            client.add_tags(ResourceArns=[resource_id], Tags=pairs)
        case _:
            client.add_tags(ResourceArn=resource_id, Tags=pairs)


def remove_tags(client: Any, kind: str, resource_id: str, keys: list[str]) -> None:
    """Take the keys off the resource; raises ClientError where it is refused."""
    match SERVICES[kind]:
        case "ec2":
            client.delete_tags(Resources=[resource_id], Tags=[{"Key": key} for key in keys])
        case "autoscaling":
            group = {"ResourceId": _name(resource_id), "ResourceType": "auto-scaling-group"}
            client.delete_tags(Tags=[{"Key": key, **group} for key in keys])
        case "rds":
            client.remove_tags_from_resource(ResourceName=resource_id, TagKeys=keys)
        case "s3":
            kept = [t for t in _bucket_tags(client, resource_id) if t["Key"] not in keys]
            client.put_bucket_tagging(Bucket=resource_id, Tagging={"TagSet": kept})
        case "logs":
            client.untag_resource(resourceArn=resource_id, tagKeys=keys)
        case "elbv2":
            client.remove_tags(ResourceArns=[resource_id], TagKeys=keys)
        case _:
            client.delete_tags(ResourceArn=resource_id, TagKeys=keys)


def _name(resource_id: str) -> str:
    """The group's name at the end of an Auto Scaling ARN."""
    return resource_id.rpartition("autoScalingGroupName/")[2]


def _bucket_tags(client: Any, bucket: str) -> list[dict[str, str]]:
    try:
        found: list[dict[str, str]] = client.get_bucket_tagging(Bucket=bucket)["TagSet"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchTagSet":
            return []
        raise
    return found
