"""SageMaker endpoints: another instance type, by a configuration of its own."""

from __future__ import annotations

from typing import Any

from finops_lib.plans.executors.executor import (
    Call,
    Executor,
    Results,
    State,
    Step,
    missing_is_none,
)
from finops_lib.plans.executors.ml import read_endpoint, resource_name

COPIED = (
    "DataCaptureConfig", "AsyncInferenceConfig", "KmsKeyId", "ExplainerConfig", "ShadowProductionVariants",
    "ExecutionRoleArn", "VpcConfig", "EnableNetworkIsolation",
)  # fmt: skip
"""What a configuration has beside its variants."""

NAME_LIMIT = 63


def _config_name(step: Step) -> str:
    return f"{step.before_state['config'][: NAME_LIMIT - len(step.id) - 1]}-{step.id}"


def _create_config(client: Any, step: Step, results: Results) -> State:
    """The configuration that serves, with the variant on the other type; nothing serves from it yet."""
    old = client.describe_endpoint_config(EndpointConfigName=step.before_state["config"])
    tags = client.list_tags(ResourceArn=old["EndpointConfigArn"])["Tags"]
    variants = [_resized(variant, step) for variant in old["ProductionVariants"]]
    name = _config_name(step)
    client.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=variants,
        Tags=[tag for tag in tags if not tag["Key"].startswith("aws:")],
        **{key: old[key] for key in COPIED if old.get(key)},
    )  # fmt: skip
    return {"config": name}


def _resized(variant: dict[str, Any], step: Step) -> dict[str, Any]:
    if variant["VariantName"] != step.parameters["variant_name"]:
        return variant
    return {**variant, "InstanceType": step.parameters["instance_type"]}


@missing_is_none
def _find_config(client: Any, step: Step, results: Results) -> State | None:
    name = _config_name(step)
    client.describe_endpoint_config(EndpointConfigName=name)
    return {"config": name}


def _serve_from(client: Any, step: Step, config: str) -> State:
    """The endpoint goes on serving while its machines are replaced."""
    name = resource_name(step.resource_id)
    client.update_endpoint(EndpointName=name, EndpointConfigName=config)
    client.get_waiter("endpoint_in_service").wait(EndpointName=name)
    return {"config": config}


def _update(client: Any, step: Step, results: Results) -> State:
    return _serve_from(client, step, _config_name(step))


def _serves(client: Any, step: Step, results: Results) -> State | None:
    state = read_endpoint(client, step.resource_id) or {}
    return {} if state.get("config") == _config_name(step) else None


def _back(client: Any, step: Step, results: Results) -> State:
    """The old configuration was never deleted."""
    return _serve_from(client, step, step.before_state["config"])


EXECUTORS = {
    "resize_endpoint": Executor(
        "sagemaker", read_endpoint,
        (Call("create_config", _create_config, _find_config), Call("update", _update, _serves)),
        _back, needs=("variant_name", "instance_type"),
    ),
}  # fmt: skip
