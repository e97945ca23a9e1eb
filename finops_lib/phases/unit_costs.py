"""What a unit of business costs, how that moves, and when an endpoint is worth its price."""

from __future__ import annotations

import pandas as pd

from finops_lib.analysis import unit_costs
from finops_lib.checks.pricing import list_prices
from finops_lib.engine import queries
from finops_lib.engine.connect import frame
from finops_lib.phases.allocation import bill, metrics
from finops_lib.schema import COST_COLUMN, KEY
from finops_lib.units import HOURS_PER_DAY, HOURS_PER_MONTH
from finops_lib.workbook import Workbook

LOAD = "/aws/sagemaker/Endpoints"
"""Where SageMaker tells the load of an endpoint's machines."""
HALF = 0.5
"""The next smaller size of an instance type has half of its capacity."""


def endpoints(book: Workbook) -> pd.DataFrame:
    """Each endpoint with its monthly cost, requests, idle share and cost per 1,000 requests.

    Without metrics the requests are unknown, and so is every unit cost.
    """
    known = book.estate["endpoints"].drop_duplicates(list(KEY))
    table = known[[*KEY, "endpoint_name", "instance_type", "is_serverless"]]
    costs = book.estate["resource_costs"]
    rate = costs["effective_cost"] / costs["window_hours"] * HOURS_PER_MONTH
    table = table.assign(
        monthly_cost=table["resource_id"]
        .map(rate.groupby(costs["resource_id"]).sum())
        .astype("float64")
    )
    asked = unit_costs.endpoint_invocations(book.estate["metrics"])
    priced = unit_costs.cost_per_prediction(table, asked)
    return priced.sort_values("monthly_cost", ascending=False, ignore_index=True)


def prediction_trend(book: Workbook) -> pd.DataFrame:
    """week, days, cost, predictions, per_thousand, change of all endpoints whose requests are known.

    Only days that the metrics and the bill have whole are counted, in weeks that end with the newest.
    """
    rows = unit_costs.invocations(book.estate["metrics"])
    hours = rows.assign(day=rows["time"].dt.floor("D"))
    seen = hours.groupby("day")["time"].nunique()
    whole = seen[seen.eq(HOURS_PER_DAY)].index
    asked = hours[hours["day"].isin(whole)].groupby("day")["value"].sum()
    costs = _daily_costs(book, rows["resource_id"].unique())
    daily = pd.DataFrame({"predictions": asked, "cost": costs}).dropna()
    daily = daily[daily.index < pd.Timestamp(book.complete_until)]
    return _weekly(daily)


def _daily_costs(book: Workbook, resources: object) -> pd.Series:
    lines = bill(book)
    rows = frame(queries.spend_by_day(lines.filter(lines.ResourceId.isin(list(resources)))))  # type: ignore[call-overload]
    return rows.set_index("ChargeDay")[COST_COLUMN[book.basis]]


def _weekly(daily: pd.DataFrame) -> pd.DataFrame:
    """Weeks of seven days counted back from the newest day; the first one may be shorter."""
    columns = ["week", "days", "cost", "predictions", "per_thousand", "change_share"]
    if daily.empty:
        return pd.DataFrame(columns=columns)
    back = (daily.index.max() - daily.index).days // 7
    table = daily.assign(week=daily.index, days=1).groupby(back).agg(
        {"week": "min", "days": "sum", "cost": "sum", "predictions": "sum"}
    )  # fmt: skip
    table = table.sort_values("week", ignore_index=True)
    thousands = table["predictions"].where(table["predictions"] > 0) / 1000.0
    table["per_thousand"] = table["cost"] / thousands
    table["change_share"] = table["per_thousand"].pct_change(fill_method=None)
    return table[columns]


def business_units(book: Workbook) -> pd.DataFrame:
    """month, metric, cost, value, unit_cost, change_share: the whole bill per unit of each metric."""
    months = book.months().rename(columns={f"{book.basis}_cost": "cost"})
    known = metrics(book)
    if known.empty:
        return pd.DataFrame(
            columns=["month", "metric", "cost", "value", "unit_cost", "change_share"]
        )
    table = unit_costs.cost_per_unit(months, known)
    return table.rename(columns={"change": "change_share"})


def newest_units(units: pd.DataFrame) -> pd.DataFrame:
    """The last month of each metric of `business_units`, with the cost of a thousand units."""
    newest = units.sort_values("month").groupby("metric", as_index=False).tail(1)
    return newest.assign(per_thousand=newest["unit_cost"] * 1000.0)


def training_runs(book: Workbook) -> pd.DataFrame:
    """month, runs, completed, cost, per_run, per_completed_run, at the rates that the bill paid."""
    return unit_costs.cost_per_training_run(book.estate["training_jobs"], training_rates(book))


def training_rates(book: Workbook) -> dict[str, float]:
    """Instance type to effective dollars per hour of training, from the bill."""
    costs = book.estate["resource_costs"]
    rows = costs[costs["usage_type"].fillna("").str.contains("Train:") & costs["unit"].eq("Hrs")]
    sums = rows.groupby("instance_type")[["effective_cost", "consumed_quantity"]].sum()
    sums = sums[sums["consumed_quantity"] > 0]
    return dict((sums["effective_cost"] / sums["consumed_quantity"]).items())


def gpu_hours(book: Workbook) -> pd.DataFrame:
    """The cost of a GPU-hour "paid" and "used"; used is a lower bound: the metric is each hour's maximum."""
    costs = book.gpu_costs()
    busy = gpu_utilization(book.estate["metrics"])
    hours, cost = float(costs["gpu_hours"].sum()), float(costs[f"{book.basis}_cost"].sum())
    each = unit_costs.cost_per_gpu_hour_used(cost, hours, busy)
    return pd.DataFrame(
        [{"gpu_hours": hours, "cost": cost, "busy_share": busy, "per_gpu_hour_paid": each["paid"], "per_gpu_hour_used": each["used"]}]
    )  # fmt: skip


def gpu_utilization(metric: pd.DataFrame) -> float:
    """The mean of every GPU's utilization, 0 to 1, over the GPUs that report it; NaN where none does."""
    rows = metric[metric["metric"].isin(["nvidia_smi_utilization_gpu", "GPUUtilization"])]
    return float(rows["value"].mean() / 100.0) if len(rows) else float("nan")


def break_even(book: Workbook, priced: pd.DataFrame) -> pd.DataFrame:
    """Per endpoint: requests a month now, the level below which serverless is cheaper, and what is better.

    `request_seconds` and `memory_gib` are what serverless would be billed by (`serverless_needs`).
    `peak_requests` and `fits_smaller_up_to` tell the same of the next smaller size: the requests in an hour
    that it still carries with a fifth of headroom. What is unknown stays unknown.
    """
    rows = priced[~priced["is_serverless"].fillna(False).astype(bool)].reset_index(drop=True)
    rows = rows.join(serverless_needs(book, rows))
    rows["serverless_below"] = unit_costs.serverless_break_even(
        rows["monthly_cost"], seconds_per_request=rows["request_seconds"],
        memory_gib=rows["memory_gib"], price_per_gib_second=rows["price_per_gib_second"],
    )  # fmt: skip
    rows["serverless_is_cheaper"] = _better(rows["monthly_invocations"], rows["serverless_below"])
    peak = _peaks(book.estate["metrics"]).reindex(rows["resource_id"]).reset_index(drop=True)
    rows = rows.join(peak)
    rows["fits_smaller_up_to"] = [
        unit_costs.smaller_instance_break_even(
            requests_at_peak=r.peak_requests, peak_utilization=r.peak_share, capacity_ratio=HALF
        )
        for r in rows.itertuples()
    ]
    asked = rows["peak_requests"].where(rows["peak_requests"] > 0)
    rows["smaller_is_enough"] = _better(asked, rows["fits_smaller_up_to"])
    return rows[
        ["endpoint_name", "instance_type", "monthly_cost", "monthly_invocations", "request_seconds",
         "memory_gib", "serverless_below", "serverless_is_cheaper", "peak_requests", "peak_share",
         "fits_smaller_up_to", "smaller_is_enough"]
    ]  # fmt: skip


def serverless_needs(book: Workbook, rows: pd.DataFrame) -> pd.DataFrame:
    """request_seconds, memory_gib, price_per_gib_second of each endpoint, were it serverless.

    Time and memory are measured (ModelLatency; the highest MemoryUtilization of the instance's memory),
    else those of the parameters. Serverless has no GPUs and no more than 6 GiB
    (https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html): beyond, the memory is NA.
    """
    assumed, metric = book.params.allocation.serverless, book.estate["metrics"]
    seconds = rows["resource_id"].map(unit_costs.request_seconds(metric)).astype("float64")
    needed = _memory_in_use(book, rows).fillna(assumed.memory_gib or float("nan"))
    listed = {
        region: list_prices(there, "AmazonSageMaker", book.estate.as_of).get("serverless-inference")
        for region, there in book.estate["prices"].groupby("region")
    }
    price = {
        region: assumed.price_per_gib_second or listed.get(region)
        for region in rows["region"].unique()
    }
    return pd.DataFrame({
        "request_seconds": seconds.fillna(assumed.seconds_per_request or float("nan")),
        "memory_gib": unit_costs.serverless_size(needed).mask(_has_gpu(book, rows)),
        "price_per_gib_second": rows["region"].map(price).astype("float64"),
    })  # fmt: skip


def _memory_in_use(book: Workbook, rows: pd.DataFrame) -> pd.Series:
    """GiB that an endpoint's machines have in use at most; NA where the metric or the type is unknown."""
    metric = book.estate["metrics"]
    used = metric[
        metric["namespace"].eq(LOAD) & metric["metric"].eq("MemoryUtilization")
    ].groupby("resource_id")["value"].max()  # fmt: skip
    whole = _machine(book, rows, "memory_gib").astype("float64")
    return rows["resource_id"].map(used).astype("float64") / 100.0 * whole


def _has_gpu(book: Workbook, rows: pd.DataFrame) -> pd.Series:
    return _machine(book, rows, "gpu_count").fillna(0) > 0


def _machine(book: Workbook, rows: pd.DataFrame, what: str) -> pd.Series:
    """A figure of each endpoint's instance type."""
    types = book.estate["instance_types"].set_index("instance_type")[what]
    return rows["instance_type"].str.removeprefix("ml.").map(types[~types.index.duplicated()])


def _better(now: pd.Series, below: pd.Series) -> pd.Series:
    """Yes or no where both are known."""
    told = (now < below).map({True: "yes", False: "no"}).astype("object")
    return told.where(now.notna() & below.notna(), None)


def _peaks(metric: pd.DataFrame) -> pd.DataFrame:
    """resource_id: requests in the busiest hour, and the highest CPU or GPU utilization, 0 to 1."""
    asked = unit_costs.invocations(metric)
    hourly = asked.groupby(["resource_id", "time"])["value"].sum()
    load = metric[
        metric["namespace"].eq(LOAD) & metric["metric"].isin(["CPUUtilization", "GPUUtilization"])
    ]
    return pd.DataFrame(
        {
            "peak_requests": hourly.groupby("resource_id").max(),
            "peak_share": load.groupby("resource_id")["value"].max() / 100.0,
        }
    )
