"""One reader per table: what it asks, with which permissions, and whether it asks once or per region."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from finops_lib.sources.aws import logs
from finops_lib.sources.aws.buckets import read_buckets
from finops_lib.sources.aws.calls import Asker, NotReadError
from finops_lib.sources.aws.commitment_rates import token_pages
from finops_lib.sources.aws.images import read_images
from finops_lib.sources.aws.managed import MANAGED
from finops_lib.sources.shape import Record, ec2, elb, items, managed, offerings, tag_map

TRAINING_DAYS = 90
"""Training jobs are read so many days back."""


@dataclass(frozen=True)
class Reader:
    """How a table is read: `read` asks one account in one region."""

    table: str
    read: Callable[[Asker], list[Record]]
    permissions: tuple[str, ...]
    is_global: bool = False

    def records(self, asker: Asker) -> list[Record]:
        """What was read; raises NotReadError, also for answers that lack what the service documents."""
        try:
            return self.read(asker)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise NotReadError(
                "Misread",
                f"What {asker.region} answers for {self.table} is not of the documented form "
                f"({type(error).__name__}: {error}); {self.permissions[0]} may be emulated in part.",
            ) from error


def _plain(
    service: str, operation: str, shape: Callable[..., list[Record]], **parameters: Any
) -> Callable[[Asker], list[Record]]:
    return lambda ask: shape(ask.pages(service, operation, **parameters))


def _snapshots(ask: Asker) -> list[Record]:
    images = ask.pages("ec2", "describe_images", Owners=["self"])
    return ec2.snapshots(ask.pages("ec2", "describe_snapshots", OwnerIds=["self"]), images)


def _load_balancers(ask: Asker) -> list[Record]:
    return [*_modern_balancers(ask), *_classic_balancers(ask)]


def _modern_balancers(ask: Asker) -> list[Record]:
    found = items(ask.pages("elbv2", "describe_load_balancers"), "LoadBalancers")
    tags = _elb_tags(ask, [b["LoadBalancerArn"] for b in found])
    targets: dict[str, list[str]] = {}
    for group in (
        items(ask.pages("elbv2", "describe_target_groups"), "TargetGroups") if found else []
    ):
        health = ask.one("elbv2", "describe_target_health", TargetGroupArn=group["TargetGroupArn"])
        states = [d["TargetHealth"]["State"] for d in health["TargetHealthDescriptions"]]
        for arn in group.get("LoadBalancerArns", []):
            targets.setdefault(arn, []).extend(states)
    return [
        elb.balancer(
            b,
            len(
                items(
                    ask.pages("elbv2", "describe_listeners", LoadBalancerArn=b["LoadBalancerArn"]),
                    "Listeners",
                )
            ),
            targets.get(b["LoadBalancerArn"], []),
            tags.get(b["LoadBalancerArn"], {}),
        )
        for b in found
    ]


def _elb_tags(ask: Asker, arns: Sequence[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(arns), 20):
        answer = ask.one("elbv2", "describe_tags", ResourceArns=list(arns[start : start + 20]))
        found |= {d["ResourceArn"]: tag_map(d["Tags"]) for d in answer["TagDescriptions"]}
    return found


def _classic_balancers(ask: Asker) -> list[Record]:
    records = []
    for raw in items(ask.pages("elb", "describe_load_balancers"), "LoadBalancerDescriptions"):
        name = raw["LoadBalancerName"]
        states = ask.one("elb", "describe_instance_health", LoadBalancerName=name)["InstanceStates"]
        tags = ask.one("elb", "describe_tags", LoadBalancerNames=[name])["TagDescriptions"]
        arn = f"arn:aws:elasticloadbalancing:{ask.region}:{ask.account_id}:loadbalancer/{name}"
        healthy = sum(state["State"] == "InService" for state in states)
        records.append(elb.classic(raw, healthy, tag_map(tags[0]["Tags"] if tags else []), arn))
    return records


def _endpoints(ask: Asker) -> list[Record]:
    records = []
    for raw in items(ask.pages("sagemaker", "list_endpoints"), "Endpoints"):
        full = ask.one("sagemaker", "describe_endpoint", EndpointName=raw["EndpointName"])
        config = ask.one(
            "sagemaker", "describe_endpoint_config", EndpointConfigName=full["EndpointConfigName"]
        )
        records += managed.endpoint(full, config, _sagemaker_tags(ask, raw["EndpointArn"]))
    return records


def _notebook_instances(ask: Asker) -> list[Record]:
    return [
        managed.notebook_instance(
            raw,
            ask.one(
                "sagemaker",
                "describe_notebook_instance",
                NotebookInstanceName=raw["NotebookInstanceName"],
            ),
            _sagemaker_tags(ask, raw["NotebookInstanceArn"]),
        )
        for raw in items(ask.pages("sagemaker", "list_notebook_instances"), "NotebookInstances")
    ]


def _studio_apps(ask: Asker) -> list[Record]:
    records = []
    for raw in items(ask.pages("sagemaker", "list_apps"), "Apps"):
        if raw.get("Status") != "InService":
            continue
        keys = ("DomainId", "UserProfileName", "SpaceName", "AppType", "AppName")
        details = ask.optional(
            "sagemaker", "describe_app", ("NotImplemented", "ResourceNotFound"),
            **{k: raw[k] for k in keys if k in raw},
        )  # fmt: skip
        records.append(managed.studio_app(raw, details or raw, ask.account_id, ask.region))
    return records


def _training_jobs(ask: Asker) -> list[Record]:
    since = ask.as_of.replace(tzinfo=UTC) - timedelta(days=TRAINING_DAYS)
    return [
        managed.training_job(
            raw,
            ask.one("sagemaker", "describe_training_job", TrainingJobName=raw["TrainingJobName"]),
            _sagemaker_tags(ask, raw["TrainingJobArn"]),
        )
        for raw in items(
            ask.pages("sagemaker", "list_training_jobs", CreationTimeAfter=since),
            "TrainingJobSummaries",
        )
    ]


def _sagemaker_tags(ask: Asker, arn: str) -> dict[str, str]:
    return tag_map(items(ask.pages("sagemaker", "list_tags", ResourceArn=arn), "Tags"))


def _savings_plans(ask: Asker) -> list[Record]:
    return managed.savings_plans(token_pages(ask, "savingsplans", "describe_savings_plans"))


def _budgets(ask: Asker) -> list[Record]:
    pages = ask.pages("budgets", "describe_budgets", AccountId=ask.account_id)
    thresholds = {}
    for budget in items(pages, "Budgets"):
        answer = ask.one(
            "budgets", "describe_notifications_for_budget",
            AccountId=ask.account_id, BudgetName=budget["BudgetName"],
        )  # fmt: skip
        thresholds[budget["BudgetName"]] = {
            f"{n['Threshold']:g} {n['NotificationType']}": n["ComparisonOperator"]
            for n in answer.get("Notifications", [])
        }
    return managed.budgets(pages, thresholds)


READERS: tuple[Reader, ...] = (
    Reader("instances", _plain("ec2", "describe_instances", ec2.instances), ("ec2:DescribeInstances",)),
    Reader(
        "auto_scaling_groups",
        _plain("autoscaling", "describe_auto_scaling_groups", ec2.auto_scaling_groups),
        ("autoscaling:DescribeAutoScalingGroups",),
    ),
    Reader("log_groups", logs.log_groups, logs.PERMISSIONS),
    Reader("volumes", _plain("ec2", "describe_volumes", ec2.volumes), ("ec2:DescribeVolumes",)),
    Reader("snapshots", _snapshots, ("ec2:DescribeSnapshots", "ec2:DescribeImages")),
    Reader(
        "images", read_images,
        ("ec2:DescribeImages", "ec2:DescribeLaunchTemplateVersions", "ec2:DescribeImageAttribute",
         "autoscaling:DescribeLaunchConfigurations"),
    ),
    Reader("addresses", _plain("ec2", "describe_addresses", ec2.addresses), ("ec2:DescribeAddresses",)),
    Reader(
        "load_balancers", _load_balancers,
        tuple(f"elasticloadbalancing:{name}" for name in (
            "DescribeLoadBalancers", "DescribeTags", "DescribeTargetGroups", "DescribeTargetHealth",
            "DescribeListeners", "DescribeInstanceHealth",
        )),
    ),
    Reader(
        "nat_gateways", _plain("ec2", "describe_nat_gateways", ec2.nat_gateways),
        ("ec2:DescribeNatGateways",),
    ),
    Reader(
        "vpc_endpoints", _plain("ec2", "describe_vpc_endpoints", ec2.vpc_endpoints),
        ("ec2:DescribeVpcEndpoints",),
    ),
    Reader("databases", _plain("rds", "describe_db_instances", managed.databases), ("rds:DescribeDBInstances",)),
    Reader(
        "buckets", read_buckets,
        tuple(f"s3:{name}" for name in (
            "ListAllMyBuckets", "GetBucketLocation", "GetBucketTagging", "GetLifecycleConfiguration",
            "GetBucketVersioning", "GetBucketWebsite", "ListBucketMultipartUploads", "ListBucketVersions",
            "ListMultipartUploadParts",
        )),
        is_global=True,
    ),
    Reader(
        "endpoints", _endpoints,
        ("sagemaker:ListEndpoints", "sagemaker:DescribeEndpoint", "sagemaker:DescribeEndpointConfig",
         "sagemaker:ListTags"),
    ),
    Reader(
        "notebook_instances", _notebook_instances,
        ("sagemaker:ListNotebookInstances", "sagemaker:DescribeNotebookInstance", "sagemaker:ListTags"),
    ),
    Reader("studio_apps", _studio_apps, ("sagemaker:ListApps", "sagemaker:DescribeApp")),
    Reader(
        "training_jobs", _training_jobs,
        ("sagemaker:ListTrainingJobs", "sagemaker:DescribeTrainingJob", "sagemaker:ListTags"),
    ),
    Reader(
        "commitments", _plain("ec2", "describe_reserved_instances", ec2.reserved_instances),
        ("ec2:DescribeReservedInstances",),
    ),
    Reader(
        "commitments",
        _plain("rds", "describe_reserved_db_instances", offerings.reserved_databases),
        ("rds:DescribeReservedDBInstances",),
    ),
    Reader(
        "commitments",
        _plain("elasticache", "describe_reserved_cache_nodes", offerings.reserved_caches),
        ("elasticache:DescribeReservedCacheNodes",),
    ),
    Reader("commitments", _savings_plans, ("savingsplans:DescribeSavingsPlans",), is_global=True),
    Reader("budgets", _budgets, ("budgets:ViewBudget",), is_global=True),
    *(Reader(*managed_service) for managed_service in MANAGED),
)  # fmt: skip
"""Every reader; a table may have several."""
