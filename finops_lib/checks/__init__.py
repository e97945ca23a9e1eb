"""Waste checks: one small pure function each; `CHECKS` has them all by id."""

from finops_lib.checks import (  # noqa: F401 (they register themselves)
    autoscaling,
    ebs,
    ec2,
    generations,
    images,
    logs,
    network,
    rds,
    rds_support,
    rightsizing,
    s3,
    sagemaker,
    schedule,
    stopped,
    storage,
    studio,
    transfer,
    vpc_endpoints,
)
from finops_lib.checks.registry import CHECKS, Check, run_checks, threshold_names

__all__ = ["CHECKS", "Check", "run_checks", "threshold_names"]
