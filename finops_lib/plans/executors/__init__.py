"""What every action does to its resource; actions without an executor are left to a person."""

from finops_lib.plans.executors import (
    buckets,
    clusters,
    databases,
    disks,
    endpoints,
    gateways,
    groups,
    images,
    instances,
    log_groups,
    ml,
    network,
    studio,
)
from finops_lib.plans.executors.executor import (
    Call,
    Executor,
    Results,
    State,
    Step,
    carried_out,
)

EXECUTORS: dict[str, Executor] = {
    **instances.EXECUTORS, **disks.EXECUTORS, **network.EXECUTORS, **buckets.EXECUTORS,
    **databases.EXECUTORS, **ml.EXECUTORS, **images.EXECUTORS, **studio.EXECUTORS,
    **endpoints.EXECUTORS, **gateways.EXECUTORS, **log_groups.EXECUTORS, **groups.EXECUTORS,
    **clusters.EXECUTORS,
}  # fmt: skip
"""Every action that a plan can carry out, by its name."""

__all__ = ["EXECUTORS", "Call", "Executor", "Results", "State", "Step", "carried_out"]
