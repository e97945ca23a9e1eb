"""The off-hours stack as it is wanted, with the zip that its function runs from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from finops_lib.params.governance import Schedule
from finops_lib.plans.budgets import PREFIX
from finops_lib.plans.shutdown.stack import build_zip, template
from finops_lib.plans.stacks import Place, Stack, Template

STACK = PREFIX + "off-hours"
FOLDER = "finops-off-hours/"
"""Where the zips lie in the bucket; whatever is under it is ours."""


def stack(schedules: Sequence[Schedule], bucket: str) -> Stack:
    """The stack of these schedules; without schedules or a bucket none is wanted."""
    wanted = template(schedules, bucket, zip_key()) if schedules and bucket else None
    return Stack(STACK, wanted, lambda: ((bucket, zip_key()), build_zip()), _kept)


def zip_key() -> str:
    """The zip's place in the bucket: another function has another key, or CloudFormation sees no change."""
    return f"{FOLDER}{hashlib.sha256(build_zip()).hexdigest()[:16]}.zip"


def _kept(made: Template) -> tuple[Place, ...]:
    code = made["Resources"]["Function"]["Properties"]["Code"]
    return ((code["S3Bucket"], code["S3Key"]),)
