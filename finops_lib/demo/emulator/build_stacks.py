"""AWS::CodeBuild::Project in stacks, which moto's CloudFormation does not know by itself."""

from __future__ import annotations

from typing import Any

from moto.codebuild.models import codebuild_backends
from moto.core.common_models import CloudFormationModel
from moto.utilities.utils import get_partition


class StackProject(CloudFormationModel):
    """A project that lives and goes with its stack, kept by moto's CodeBuild."""

    __module__ = "moto.codebuild.stacks"  # moto files its models under the service in their module

    def __init__(self, name: str, arn: str) -> None:
        self.physical_resource_id, self.arn = name, arn

    @staticmethod
    def cloudformation_name_type() -> str:
        """The property that names the resource."""
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        """The type that templates ask for."""
        return "AWS::CodeBuild::Project"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """What Fn::GetAtt may ask for."""
        return attr == "Arn"

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        """The project's ARN."""
        return self.arn

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> StackProject:
        """Create the project as its properties say."""
        given = _as_the_api_spells(cloudformation_json["Properties"])
        codebuild_backends[account_id][region_name].create_project(
            project_name=resource_name, description=None, project_source=given["source"],
            artifacts=given["artifacts"], environment=given["environment"],
            service_role=given["serviceRole"], tags=None, cache=None,
            timeout=given["timeoutInMinutes"], queued_timeout=None, source_version=None,
            logs_config=given["logsConfig"], vpc_config=None,
        )  # fmt: skip
        partition = get_partition(region_name)
        arn = f"arn:{partition}:codebuild:{region_name}:{account_id}:project/{resource_name}"
        return cls(resource_name, arn)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> StackProject:
        """Make it again as it is wanted now; it keeps its name."""
        name = original_resource.physical_resource_id
        cls.delete_from_cloudformation_json(name, None, account_id, region_name)
        return cls.create_from_cloudformation_json(
            name, cloudformation_json, account_id, region_name
        )

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        """Delete the project with its stack."""
        codebuild_backends[account_id][region_name].delete_project(resource_name)


def _as_the_api_spells(given: Any) -> Any:
    """Properties of a template begin with a capital, those of the API do not; BuildSpec is one word there."""
    if isinstance(given, dict):
        names = {key: key[:1].lower() + key[1:] for key in given} | {"BuildSpec": "buildspec"}
        return {names[key]: _as_the_api_spells(value) for key, value in given.items()}
    return [_as_the_api_spells(v) for v in given] if isinstance(given, list) else given
