"""AWS::Scheduler::Schedule in stacks, which the emulated CloudFormation does not know by itself."""

from __future__ import annotations

from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.scheduler.models import scheduler_backends


class StackSchedule(CloudFormationModel):
    """A schedule that lives and goes with its stack, kept by the emulated EventBridge Scheduler."""

    __module__ = "moto.scheduler.stacks"  # moto files its models under the service in their module

    def __init__(self, name: str) -> None:
        self.physical_resource_id = name

    @staticmethod
    def cloudformation_name_type() -> str:
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Scheduler::Schedule"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> StackSchedule:
        given = cloudformation_json["Properties"]
        scheduler_backends[account_id][region_name].create_schedule(
            description=None, end_date=None, flexible_time_window=given["FlexibleTimeWindow"],
            group_name=None, kms_key_arn=None, name=resource_name,
            schedule_expression=given["ScheduleExpression"], schedule_expression_timezone=None,
            start_date=None, state=None, target=given["Target"], action_after_completion=None,
        )  # fmt: skip
        return cls(resource_name)

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        scheduler_backends[account_id][region_name].delete_schedule(None, resource_name)
