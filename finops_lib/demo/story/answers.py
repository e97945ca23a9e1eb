"""The answer key: which resources each waste check must find, and which only look like waste.

For tests only; nothing that reads the account may see it. Everything is derived from the roles.
"""

from __future__ import annotations

import pandas as pd

from finops_lib.demo.story.ledger import Ledger, Resource
from finops_lib.demo.story.timeline import AS_OF, LEAK_STARTS, SHIFT_AT, SPIKE_ENDS, SPIKE_STARTS

WASTE_ROLES = {
    "idle_ec2_instances": ("idle_instance",),
    "idle_gpu_instances": ("idle_gpu",),
    "unattached_ebs_volumes": ("unattached_volume",),
    "old_ebs_snapshots": ("old_snapshot",),
    "idle_elastic_ips": ("idle_address",),
    "idle_load_balancers": ("idle_load_balancer",),
    "idle_nat_gateways": ("idle_nat",),
    "idle_rds_instances": ("idle_database",),
    "empty_s3_buckets": ("empty_bucket",),
    "idle_sagemaker_endpoints": ("idle_endpoint", "half_idle_endpoint"),
    "idle_notebook_instances": ("idle_notebook",),
    "idle_elasticache_clusters": (),
    "idle_dynamodb_tables": (),
    "empty_eks_clusters": (),
    "unused_lambda_memory": (),
}
"""The roles that a check must call waste, and no others of its kind."""

TRAP_ROLES = {
    "idle_ec2_instances": {
        "nightly_batch": "ok", "busy_gpu": "ok", "new_instance": "ok", "unmeasured": "unknown",
        "protected_standby": "protected",
    },
    "idle_gpu_instances": {"busy_gpu": "ok"},
    "unattached_ebs_volumes": {"fresh_volume": "ok", "detached_yesterday": "ok"},
    "old_ebs_snapshots": {"image_snapshot": "ok", "backup_snapshot": "ok", "recent_snapshot": "ok"},
    "idle_elastic_ips": {"used_address": "ok"},
    "idle_load_balancers": {"new_load_balancer": "ok", "live_load_balancer": "ok"},
    "idle_nat_gateways": {"nat_gateway": "ok"},
    "idle_rds_instances": {"busy_database": "ok", "live_database": "ok", "oversized_database": "ok",
                           "unmeasured_database": "unknown"},
    "empty_s3_buckets": {"active_bucket": "ok", "small_objects": "ok"},
    "idle_sagemaker_endpoints": {"live_endpoint": "ok", "async_endpoint": "ok", "serverless_endpoint": "ok",
                                 "new_endpoint": "ok"},
    "idle_notebook_instances": {"used_notebook": "ok", "stopped_notebook": "ok"},
    "idle_elasticache_clusters": {"cache": "ok"},
    "idle_dynamodb_tables": {"lock_table": "ok"},
    "empty_eks_clusters": {"cluster": "ok"},
    "unused_lambda_memory": {"function": "unknown"},
}  # fmt: skip
"""What a naive rule would call waste, and what it is: ok, unknown, or waste that must be kept."""

EVENTS = pd.DataFrame(
    [
        ("fraud-hpo-runaway", "spike", "AmazonSageMaker", SPIKE_STARTS, SPIKE_ENDS),
        ("NatGateway-Bytes", "level_shift", "AmazonEC2", SHIFT_AT, AS_OF),
        ("/fraud/stream/debug", "slow_leak", "AmazonCloudWatch", LEAK_STARTS, AS_OF),
    ],
    columns=["cause", "kind", "service", "start", "end"],
)
"""The anomalies of the history; month-start fees and weekends are none."""

COLUMNS = [
    "check_id",
    "expected",
    "account_id",
    "region",
    "resource_id",
    "id",
    "role",
    "monthly_list_cost",
]


def answers(ledger: Ledger) -> pd.DataFrame:
    """One row per planted waste (expected "waste") and per trap, with dollars at list for 730 hours.

    `resource_id` is the bill's spelling, `id` the plain one (an instance id, a name).
    """
    wanted = {
        check_id: dict.fromkeys(roles, "waste") | TRAP_ROLES.get(check_id, {})
        for check_id, roles in WASTE_ROLES.items()
    }
    rows = [
        _row(check_id, expected, item)
        for check_id, roles in wanted.items()
        for role, expected in roles.items()
        for item in ledger.of_role(role)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(check_id: str, expected: str, item: Resource) -> tuple[object, ...]:
    cost = _wasted_cost(item) if expected == "waste" else None
    return (check_id, expected, item.account, item.region, item.bill_id, item.id, item.role, cost)


def _wasted_cost(item: Resource) -> float:
    """Dollars at list: of an endpoint with several variants only those that nobody asks."""
    if item.role != "half_idle_endpoint":
        return item.monthly_list_cost
    idle = [not variant.share for variant in item.spec["variants"]]
    return sum(
        c.monthly_list_cost() for c, asleep in zip(item.charges, idle, strict=True) if asleep
    )
