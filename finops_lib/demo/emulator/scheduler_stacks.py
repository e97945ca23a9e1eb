"""AWS::Scheduler::Schedule in stacks, which moto's CloudFormation does not know by itself."""

from __future__ import annotations

from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.scheduler.models import scheduler_backends


class StackSchedule(CloudFormationModel):
    """A schedule that lives and goes with its stack, kept by moto's EventBridge Scheduler."""

    __module__ = "moto.scheduler.stacks"  # moto files its models under the service in their module

    def __init__(self, name: str) -> None:
        self.physical_resource_id = name

    @staticmethod
    def cloudformation_name_type() -> str:
        """The property that names the resource."""
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        """The type that templates ask for."""
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
        """Create the schedule as its properties say."""
        scheduler_backends[account_id][region_name].create_schedule(
            name=resource_name, group_name="default", action_after_completion=None,
            **_given(cloudformation_json),
        )  # fmt: skip
        return cls(resource_name)

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource: Any, new_resource_name: str, cloudformation_json: Any,
        account_id: str, region_name: str,
    ) -> StackSchedule:  # fmt: skip
        """Give the schedule its new properties; it keeps its name."""
        name = original_resource.physical_resource_id
        scheduler_backends[account_id][region_name].update_schedule(
            name=name, group_name="default", **_given(cloudformation_json)
        )
        return cls(name)

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        """Delete the schedule with its stack."""
        scheduler_backends[account_id][region_name].delete_schedule(None, resource_name)


def _given(cloudformation_json: Any) -> dict[str, Any]:
    given = cloudformation_json["Properties"]
    return {
        "description": given.get("Description"), "start_date": None, "end_date": None,
        "flexible_time_window": given["FlexibleTimeWindow"], "kms_key_arn": None,
        "schedule_expression": given["ScheduleExpression"],
        "schedule_expression_timezone": given.get("ScheduleExpressionTimezone"),
        "state": given.get("State"), "target": given["Target"],
    }  # fmt: skip
