"""SageMaker: delete an endpoint, stop a notebook instance or a training job."""

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
    tag_list,
    tag_map,
)


def resource_name(resource_id: str) -> str:
    """The name at the end of an ARN; a name is its own."""
    return resource_id.rpartition("/")[2]


def _tags(client: Any, arn: str) -> dict[str, str]:
    return tag_map(client.list_tags(ResourceArn=arn)["Tags"])


def read_endpoint(client: Any, resource_id: str) -> State | None:
    """state, configuration and tags."""
    try:
        found = client.describe_endpoint(EndpointName=resource_name(resource_id))
    except ClientError as error:
        if missing(error):
            return None
        raise
    return {
        "state": found["EndpointStatus"],
        "config": found["EndpointConfigName"],
        "tags": _tags(client, found["EndpointArn"]),
    }


def _delete_endpoint(client: Any, step: Step, results: Results) -> State:
    client.delete_endpoint(EndpointName=resource_name(step.resource_id))
    return {}


def _create_endpoint(client: Any, step: Step, results: Results) -> State:
    """The configuration outlives its endpoint, so the endpoint comes back from it."""
    client.create_endpoint(
        EndpointName=resource_name(step.resource_id),
        EndpointConfigName=step.before_state["config"],
        Tags=tag_list(step.before_state["tags"]),
    )
    return {}


def read_notebook(client: Any, resource_id: str) -> State | None:
    """state, instance type and tags."""
    try:
        found = client.describe_notebook_instance(NotebookInstanceName=resource_name(resource_id))
    except ClientError as error:
        if missing(error):
            return None
        raise
    return {
        "state": found["NotebookInstanceStatus"],
        "instance_type": found["InstanceType"],
        "tags": _tags(client, found["NotebookInstanceArn"]),
    }


def _stop_notebook(client: Any, step: Step, results: Results) -> State:
    client.stop_notebook_instance(NotebookInstanceName=resource_name(step.resource_id))
    return {}


def _notebook_stopped(client: Any, step: Step, results: Results) -> State | None:
    state = read_notebook(client, step.resource_id)
    return {} if state and state["state"] in ("Stopping", "Stopped") else None


def _start_notebook(client: Any, step: Step, results: Results) -> State:
    if step.before_state["state"] == "InService":
        client.start_notebook_instance(NotebookInstanceName=resource_name(step.resource_id))
    return {}


def read_training_job(client: Any, resource_id: str) -> State | None:
    """State and tags."""
    try:
        found = client.describe_training_job(TrainingJobName=resource_name(resource_id))
    except ClientError as error:
        if missing(error):
            return None
        raise
    return {
        "state": found["TrainingJobStatus"],
        "tags": _tags(client, found["TrainingJobArn"]),
    }


def _stop_training(client: Any, step: Step, results: Results) -> State:
    client.stop_training_job(TrainingJobName=resource_name(step.resource_id))
    return {}


def _training_stopped(client: Any, step: Step, results: Results) -> State | None:
    state = read_training_job(client, step.resource_id)
    return {} if state and state["state"] != "InProgress" else None


EXECUTORS = {
    "delete_endpoint": Executor(
        "sagemaker", read_endpoint,
        (Call("delete", _delete_endpoint, gone(read_endpoint)),), _create_endpoint,
    ),
    "stop_notebook_instance": Executor(
        "sagemaker", read_notebook,
        (Call("stop", _stop_notebook, _notebook_stopped),), _start_notebook,
    ),
    "stop_training_job": Executor(
        "sagemaker", read_training_job, (Call("stop", _stop_training, _training_stopped),),
    ),
}  # fmt: skip
