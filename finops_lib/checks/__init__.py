"""Waste checks: one small pure function each; `CHECKS` has them all by id."""

from finops_lib.checks import (  # noqa: F401 (they register themselves)
    autoscaling,
    containers,
    cpu_bound,
    dynamodb,
    ebs,
    ec2,
    egress,
    elasticache,
    emr,
    generations,
    glue,
    images,
    lambda_functions,
    logs,
    network,
    opensearch,
    rds,
    rds_support,
    redshift,
    rightsizing,
    s3,
    s3_objects,
    s3_requests,
    sagemaker,
    schedule,
    stopped,
    storage,
    studio,
    training,
    training_gpus,
    transfer,
    vpc_endpoints,
)
from finops_lib.checks.registry import CHECKS, Check, run_checks, threshold_names

__all__ = ["CHECKS", "Check", "run_checks", "threshold_names"]
