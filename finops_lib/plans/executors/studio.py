"""SageMaker Studio: shut an application down."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from finops_lib.plans.executors.executor import (
    Call,
    Executor,
    Results,
    State,
    Step,
    gone,
    missing,
    tag_map,
)


def _keys(resource_id: str, owner: str) -> dict[str, str]:
    """The names in the ARN `…:app/domain/owner/type/name`."""
    domain, name, kind, app = resource_id.rpartition(":app/")[2].split("/")
    return {"DomainId": domain, owner: name, "AppType": kind, "AppName": app}


def _found(client: Any, resource_id: str) -> tuple[dict[str, Any], dict[str, str]] | None:
    """The application and its keys: the ARN does not say whether a person or a space owns it."""
    for owner in ("UserProfileName", "SpaceName"):
        keys = _keys(resource_id, owner)
        try:
            return client.describe_app(**keys), keys
        except ClientError as error:
            if not missing(error):
                raise
    return None


def read_app(client: Any, resource_id: str) -> State | None:
    """state, the last use that is known, and tags; None once it is shut down or on the way there."""
    found = _found(client, resource_id)
    if found is None or found[0]["Status"] in ("Deleted", "Deleting"):
        return None
    return {
        "state": found[0]["Status"],
        "last_use": str(found[0].get("LastUserActivityTimestamp", "")),
        "tags": tag_map(client.list_tags(ResourceArn=resource_id)["Tags"]),
    }


def _delete(client: Any, step: Step, results: Results) -> State:
    found = _found(client, step.resource_id)
    if found is not None:
        client.delete_app(**found[1])
    return {}


EXECUTORS = {
    "delete_studio_app": Executor(
        "sagemaker", read_app, (Call("delete", _delete, gone(read_app)),)
    ),
}
