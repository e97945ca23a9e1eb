"""What moto has but answers wrongly, put right by patching its methods; its wire format stays."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from finops_lib.demo.emulator import cloudwatch
from finops_lib.demo.emulator.answers import Refused
from finops_lib.demo.emulator.cloudwatch import MetricStore

stores: dict[tuple[str, str], MetricStore] = defaultdict(MetricStore)
"""Metric stores by account and region."""


def patch_cloudwatch() -> None:
    """Serve metrics from `stores`; everything else of CloudWatch (alarms, dashboards) stays moto's."""
    CloudWatchBackend.put_metric_data = _put_metric_data
    CloudWatchResponse.get_metric_data = _answer(cloudwatch.get_metric_data)
    CloudWatchResponse.get_metric_statistics = _answer(cloudwatch.get_metric_statistics)
    CloudWatchResponse.list_metrics = _answer(cloudwatch.list_metrics)


def _answer(function: Any) -> Any:
    def respond(self: Any) -> ActionResult:
        store = stores[(self.current_account, self.region)]
        try:
            return ActionResult(function(store, self._get_params()))
        except Refused as refused:
            raise ValidationError(str(refused)) from None

    return respond


def _put_metric_data(self: Any, namespace: str, metric_data: list[dict[str, Any]]) -> None:
    store = stores[(self.account_id, self.region_name)]
    for datum in metric_data:
        self._validate_parameters_put_metric_data(datum, 1)
        dimensions = {
            (d["Name"] if isinstance(d, dict) else d.name): (
                d["Value"] if isinstance(d, dict) else d.value
            )
            for d in datum.get("Dimensions") or []
        }
        moment = datum.get("Timestamp")
        at = [moment.replace(tzinfo=None) if moment else _now()]
        stats = datum.get("StatisticValues")
        if stats:
            count = float(stats["SampleCount"])
            store.put(
                namespace, datum["MetricName"], dimensions, at, average=[float(stats["Sum"]) / count],
                maximum=[float(stats["Maximum"])], minimum=[float(stats["Minimum"])],
                total=[float(stats["Sum"])], samples=[count],
            )  # fmt: skip
            continue
        for value in datum.get("Values") or [datum.get("Value", 0)]:
            store.put(namespace, datum["MetricName"], dimensions, at, values=[float(value)])


def _now() -> Any:
    from moto.core.utils import utcnow

    return utcnow()
