"""Waste checks: one small pure function each; `CHECKS` has them all by id."""

from finops_lib.checks import ebs, ec2, network, rds, s3, sagemaker  # noqa: F401 (they register themselves)
from finops_lib.checks.registry import CHECKS, Check, run_checks, threshold_names

__all__ = ["CHECKS", "Check", "run_checks", "threshold_names"]
