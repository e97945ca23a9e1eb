"""A metric store that answers like CloudWatch: sorted arrays instead of a list of every datum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finops_lib.demo.emulator.answers import RefusedError

MAX_QUERIES = 500
MAX_POINTS = 100_800
"""Limits of one GetMetricData request
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html)."""

LIST_PAGE = 500
Key = tuple[str, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Points:
    """One metric's data: seconds since the epoch, ascending, and what was summed up in each interval."""

    seconds: NDArray[np.int64]
    average: NDArray[np.float64]
    maximum: NDArray[np.float64]
    minimum: NDArray[np.float64]
    total: NDArray[np.float64]
    samples: NDArray[np.float64]


class MetricStore:
    """All metrics of one account in one region."""

    def __init__(self) -> None:
        self._metrics: dict[Key, Points] = {}

    def put(
        self,
        namespace: str,
        metric: str,
        dimensions: Mapping[str, str],
        times: Iterable[Any],
        **values: Any,
    ) -> None:
        """Add data: `values` (one array for every statistic) or average, maximum, minimum, total, samples."""
        seconds = np.asarray(times, dtype="datetime64[s]").astype(np.int64)
        plain = values.get("values")
        arrays = {
            name: np.asarray(values.get(name, plain), dtype=np.float64)
            for name in ("average", "maximum", "minimum", "total")
            if values.get(name, plain) is not None
        }
        first = next(iter(arrays.values()))
        full = {
            name: arrays.get(name, first) for name in ("average", "maximum", "minimum", "total")
        }
        samples = np.asarray(values.get("samples", np.ones(len(seconds))), dtype=np.float64)
        key = (namespace, metric, tuple(sorted(dimensions.items())))
        self._metrics[key] = _merged(
            self._metrics.get(key), Points(seconds, **full, samples=samples)
        )

    def query(self, namespace: str, metric: str, dimensions: Mapping[str, str]) -> Points | None:
        """The data of exactly that metric and those dimensions; None where there never were any."""
        return self._metrics.get((namespace, metric, tuple(sorted(dimensions.items()))))

    def names(self) -> list[Key]:
        """Every metric, in a stable order."""
        return sorted(self._metrics)


def _merged(held: Points | None, new: Points) -> Points:
    if held is None:
        both = new
    else:
        both = Points(
            *(np.concatenate([getattr(held, f), getattr(new, f)]) for f in Points.__annotations__)
        )
    order = np.argsort(both.seconds, kind="stable")
    return Points(*(getattr(both, f)[order] for f in Points.__annotations__))


def statistic(
    points: Points, stat: str, start: int, end: int, period: int
) -> tuple[list[int], list[float]]:
    """Start of each period that has data, and the statistic over it; periods without data are absent."""
    low, high = np.searchsorted(points.seconds, [start, end])
    seconds = points.seconds[low:high]
    if not len(seconds):
        return [], []
    slots = (seconds - start) // period
    edges = np.flatnonzero(np.diff(slots)) + 1
    starts = np.concatenate([[0], edges])
    at = (start + slots[starts] * period).tolist()
    return at, _values(points, stat, slice(low, high), starts).tolist()


def _values(points: Points, stat: str, window: slice, starts: NDArray[Any]) -> NDArray[np.float64]:
    samples = np.add.reduceat(points.samples[window], starts)
    if stat == "SampleCount":
        return samples
    if stat == "Sum":
        return np.add.reduceat(points.total[window], starts)
    if stat == "Maximum":
        return np.maximum.reduceat(points.maximum[window], starts)
    if stat == "Minimum":
        return np.minimum.reduceat(points.minimum[window], starts)
    if stat == "Average":
        weighted = points.average[window] * points.samples[window]
        return np.add.reduceat(weighted, starts) / samples
    if stat.startswith("p"):
        return _percentiles(points.maximum[window], starts, float(stat[1:]) / 100)
    raise RefusedError("ValidationError", f"Statistic {stat} is not known.")


def _percentiles(
    values: NDArray[np.float64], starts: NDArray[Any], share: float
) -> NDArray[np.float64]:
    """The percentile of each run of values, interpolated between its neighbours; all runs at once."""
    sizes = np.diff(np.append(starts, len(values)))
    ordered = values[np.lexsort((values, np.repeat(np.arange(len(sizes)), sizes)))]
    place = starts + (sizes - 1) * share
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, starts + sizes - 1)
    return np.asarray(ordered[below] + (ordered[above] - ordered[below]) * (place - below))


def get_metric_data(store: MetricStore, body: dict[str, Any]) -> dict[str, Any]:
    """GetMetricData with its limits, labels, order and paging."""
    queries = body.get("MetricDataQueries", [])
    if len(queries) > MAX_QUERIES:
        raise RefusedError(
            "ValidationError",
            f"The collection MetricDataQueries must not have a size greater than {MAX_QUERIES}.",
        )
    start, end = _second(body["StartTime"]), _second(body["EndTime"])
    if end <= start:
        raise RefusedError(
            "ValidationError", "The parameter EndTime must be greater than StartTime."
        )
    first = int(body.get("NextToken") or 0)
    results: list[dict[str, Any]]
    results, budget, position = [], int(body.get("MaxDatapoints") or MAX_POINTS), first
    for position in range(first, len(queries)):
        result = _metric_data_result(store, queries[position], start, end, body.get("ScanBy"))
        if results and len(result["Values"]) > budget:
            return {"MetricDataResults": results, "NextToken": str(position)}
        budget -= len(result["Values"])
        results.append(result)
    return {"MetricDataResults": results}


def _metric_data_result(
    store: MetricStore, query: dict[str, Any], start: int, end: int, scan_by: str | None
) -> dict[str, Any]:
    if "MetricStat" not in query:
        raise RefusedError("ValidationError", "Metric math is not emulated; ask for a MetricStat.")
    asked = query["MetricStat"]
    metric, period = asked["Metric"], int(asked["Period"])
    if period % 60 and period not in (1, 5, 10, 20, 30):
        raise RefusedError("ValidationError", "Period must be a multiple of 60.")
    dimensions = {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])}
    points = store.query(metric["Namespace"], metric["MetricName"], dimensions)
    aligned = start - start % period
    times, values = statistic(points, asked["Stat"], aligned, end, period) if points else ([], [])
    if scan_by != "TimestampAscending":
        times, values = times[::-1], values[::-1]
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or metric["MetricName"],
        "Timestamps": [datetime.fromtimestamp(t, UTC) for t in times],
        "Values": values,
        "StatusCode": "Complete",
    }


def get_metric_statistics(store: MetricStore, body: dict[str, Any]) -> dict[str, Any]:
    """GetMetricStatistics: every statistic asked for, in no order that AWS promises."""
    dimensions = {d["Name"]: d["Value"] for d in body.get("Dimensions") or []}
    points = store.query(body["Namespace"], body["MetricName"], dimensions)
    start, end, period = _second(body["StartTime"]), _second(body["EndTime"]), int(body["Period"])
    if points is None:
        return {"Label": body["MetricName"], "Datapoints": []}
    found: dict[int, dict[str, Any]] = {}
    for stat in body.get("Statistics") or []:
        for at, value in zip(*statistic(points, stat, start, end, period), strict=True):
            found.setdefault(at, {"Timestamp": datetime.fromtimestamp(at, UTC)})[stat] = value
    for stat in body.get("ExtendedStatistics") or []:
        for at, value in zip(*statistic(points, stat, start, end, period), strict=True):
            row = found.setdefault(at, {"Timestamp": datetime.fromtimestamp(at, UTC)})
            row.setdefault("ExtendedStatistics", {})[stat] = value
    return {"Label": body["MetricName"], "Datapoints": list(found.values())}


def list_metrics(store: MetricStore, body: dict[str, Any]) -> dict[str, Any]:
    """ListMetrics, filtered by namespace, name and dimensions, in pages of 500."""
    wanted = body.get("Dimensions") or []
    matching = [
        key
        for key in store.names()
        if body.get("Namespace") in (None, key[0])
        and body.get("MetricName") in (None, key[1])
        and all(_has(key[2], d) for d in wanted)
    ]
    first = int(body.get("NextToken") or 0)
    page = matching[first : first + LIST_PAGE]
    found = [
        {
            "Namespace": namespace,
            "MetricName": name,
            "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions],
        }
        for namespace, name, dimensions in page
    ]
    more = {"NextToken": str(first + LIST_PAGE)} if len(matching) > first + LIST_PAGE else {}
    return {"Metrics": found, **more}


def statistics_of(datum: dict[str, Any]) -> list[dict[str, Any]]:
    """The statistics of one datum of PutMetricData: of a set, of counted values or of one value."""
    if stats := datum.get("StatisticValues"):
        count, total = float(stats["SampleCount"]), float(stats["Sum"])
        ends = {"maximum": [float(stats["Maximum"])], "minimum": [float(stats["Minimum"])]}
        return [{"average": [total / count], "total": [total], "samples": [count], **ends}]
    values = datum.get("Values") or [datum["Value"]]
    counts = datum.get("Counts") or [1.0] * len(values)
    return [
        {"average": [v], "maximum": [v], "minimum": [v], "total": [v * n], "samples": [n]}
        for v, n in zip(map(float, values), map(float, counts), strict=True)
    ]


def _has(dimensions: tuple[tuple[str, str], ...], wanted: dict[str, str]) -> bool:
    return any(k == wanted["Name"] and wanted.get("Value") in (None, v) for k, v in dimensions)


def _second(moment: Any) -> int:
    if isinstance(moment, datetime):
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return int(aware.timestamp())
    return int(datetime.fromisoformat(str(moment).replace("Z", "+00:00")).timestamp())
