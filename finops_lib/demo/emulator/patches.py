"""What moto has but answers wrongly, put right by patching its methods; its wire format stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.cloudformation.parsing import get_model_map
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import FakeEndpointConfig, SageMakerModelBackend

from finops_lib.demo.emulator import build_stacks, cloudwatch, scheduler_stacks, studio
from finops_lib.demo.emulator.functions import invoker
from finops_lib.demo.emulator.instance_types import add_p3
from finops_lib.demo.emulator.paging import page, with_token
from finops_lib.demo.emulator.state import State


def apply(state: State) -> None:
    """Serve metrics from `state`, and EBS in pages; alarms and all the rest stay moto's."""
    CloudWatchBackend.put_metric_data = _put_metric_data(state)  # type: ignore[method-assign]
    for name, function in (
        ("get_metric_data", cloudwatch.get_metric_data),
        ("get_metric_statistics", cloudwatch.get_metric_statistics),
        ("list_metrics", cloudwatch.list_metrics),
    ):
        setattr(CloudWatchResponse, name, _answer(state, function))
    add_p3()
    SageMakerModelBackend._get_resource_from_arn = _taggable(state)  # type: ignore[method-assign]
    _add_to_stacks(scheduler_stacks.StackSchedule.cloudformation_type(),
                   build_stacks.StackProject.cloudformation_type())  # fmt: skip
    FakeEndpointConfig.validate_instance_type = _any_ml_type  # type: ignore[method-assign]
    for name, key in (("describe_volumes", "Volumes"), ("describe_snapshots", "Snapshots")):
        setattr(ElasticBlockStore, name, _paged(name, key))


def run_functions(variables: dict[str, str]) -> None:
    """Run Lambda's functions in processes with these variables; moto would ask for docker."""
    LambdaFunction.invoke = invoker(variables)  # type: ignore[method-assign]


def _add_to_stacks(*types: str) -> None:
    """Let moto look again for its models, the subclasses of CloudFormationModel, now that these are imported."""
    get_model_map.cache_clear()
    missing = set(types) - set(get_model_map())
    if missing:
        raise LookupError(f"moto does not see {missing}; its way to find models has changed.")


def _any_ml_type(self: Any, instance_type: str) -> None:
    """Moto's list ends before ml.g5; what is wrong with a name is its form."""
    if not instance_type.startswith("ml."):
        raise ValidationError(message=f"Value '{instance_type}' at 'instanceType' is not known.")


def _answer(state: State, function: Callable[..., dict[str, Any]]) -> Any:
    def respond(self: Any) -> ActionResult:
        store = state.metrics[(self.current_account, self.region)]
        return ActionResult(function(store, self._get_params()))

    return respond


def _put_metric_data(state: State) -> Any:
    def put(self: Any, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        store = state.metrics[(self.account_id, self.region_name)]
        for datum in metric_data:
            dimensions = {d["Name"]: d["Value"] for d in datum.get("Dimensions") or []}
            moment = (datum.get("Timestamp") or utcnow()).replace(tzinfo=None)
            for values in cloudwatch.statistics_of(datum):
                store.put(namespace, datum["MetricName"], dimensions, [moment], **values)

    return put


def _taggable(state: State) -> Any:
    """Moto tags what it has; Studio's apps are ours."""

    def find(self: Any, arn: str) -> Any:
        app = studio.tags_of(state, self.account_id, self.region_name, arn)
        return app or _TAGGABLE(self, arn)

    return find


def _paged(name: str, key: str) -> Any:
    """The operation with MaxResults and NextToken; the filters and the list itself stay moto's."""
    original = _ORIGINALS[name]

    def respond(self: Any) -> ActionResult:
        everything = original(self).result[key]
        size = self._get_int_param("MaxResults") or EBS_PAGE
        found, token = page(everything, self._get_param("NextToken"), size, "InvalidNextToken")
        return ActionResult(with_token({key: list(found)}, "NextToken", token))

    return respond


EBS_PAGE = 1000
_TAGGABLE = SageMakerModelBackend._get_resource_from_arn
_ORIGINALS = {
    name: getattr(ElasticBlockStore, name) for name in ("describe_volumes", "describe_snapshots")
}
