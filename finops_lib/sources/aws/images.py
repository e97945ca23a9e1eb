"""Machine images and what may start them."""

from __future__ import annotations

from typing import Any

from finops_lib.sources.aws.calls import Asker, NotReadError, PartlyReadError
from finops_lib.sources.shape import Record, ec2


def read_images(ask: Asker) -> list[Record]:
    """The account's images, each with what may start it again without an instance that tells."""
    pages = ask.pages("ec2", "describe_images", Owners=["self"])
    found = ec2.images(pages)
    if not found:
        return []
    refused: list[NotReadError] = []

    def told(service: str, operation: str, **parameters: Any) -> list[dict[str, Any]]:
        try:
            return ask.pages(service, operation, **parameters)
        except NotReadError as error:
            refused.append(error)
            return []

    versions = told("ec2", "describe_launch_template_versions", Versions=["$Latest", "$Default"])
    held = ec2.held_images(versions, told("autoscaling", "describe_launch_configurations"))
    for record in found:
        asked = {"ImageId": record["resource_id"], "Attribute": "launchPermission"}
        shared = held.get(record["resource_id"]) or ec2.shared_with(
            [] if record["is_public"] else told("ec2", "describe_image_attribute", **asked)
        )
        record["kept_for"] = shared
    if refused:
        raise PartlyReadError(found, refused)
    return found
