"""S3 buckets: put a lifecycle, delete an empty bucket."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from finops_lib.plans.executors.executor import (
    Call,
    Executor,
    Results,
    State,
    Step,
    absent,
    gone,
    or_none,
    tag_map,
)


def _lifecycle(client: Any, bucket: str) -> dict[str, Any] | None:
    try:
        found = client.get_bucket_lifecycle_configuration(Bucket=bucket)
    except ClientError as error:
        if absent(error):
            return None
        raise
    return {"Rules": found["Rules"]}


@or_none
def read_bucket(client: Any, resource_id: str) -> State | None:
    """lifecycle, tags and whether it is empty."""
    client.head_bucket(Bucket=resource_id)
    try:
        tags = client.get_bucket_tagging(Bucket=resource_id)["TagSet"]
    except ClientError as error:
        if not absent(error):
            raise
        tags = []
    versions = client.list_object_versions(Bucket=resource_id, MaxKeys=1)
    return {
        "lifecycle": _lifecycle(client, resource_id),
        "tags": tag_map(tags),
        "empty": not versions.get("Versions") and not versions.get("DeleteMarkers"),
    }


def _put(client: Any, step: Step, results: Results) -> State:
    client.put_bucket_lifecycle_configuration(
        Bucket=step.resource_id, LifecycleConfiguration=step.parameters["lifecycle"]
    )
    return {}


def _has_rules(client: Any, step: Step, results: Results) -> State | None:
    """By the rules' ids: S3 answers a configuration in another form than it was given."""
    now = _lifecycle(client, step.resource_id) or {"Rules": []}
    wanted = {rule["ID"] for rule in step.parameters["lifecycle"]["Rules"]}
    return {} if wanted == {rule.get("ID") for rule in now["Rules"]} else None


def _put_back(client: Any, step: Step, results: Results) -> State:
    before = step.before_state["lifecycle"]
    if before is None:
        client.delete_bucket_lifecycle(Bucket=step.resource_id)
    else:
        client.put_bucket_lifecycle_configuration(
            Bucket=step.resource_id, LifecycleConfiguration=before
        )
    return {}


def _delete(client: Any, step: Step, results: Results) -> State:
    client.delete_bucket(Bucket=step.resource_id)
    return {}


EXECUTORS = {
    "put_lifecycle": Executor(
        "s3",
        read_bucket,
        (Call("put_lifecycle", _put, _has_rules),),
        _put_back,
        needs=("lifecycle",),
    ),
    "delete_bucket": Executor("s3", read_bucket, (Call("delete", _delete, gone(read_bucket)),)),
}
