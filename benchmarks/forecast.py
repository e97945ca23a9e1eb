"""Rolling-origin backtests of our forecast against seasonal naive, 28-day mean and straight line.

    python benchmarks/forecast.py --data ../shared/data --seed 1 --bills 40

Real series: every CSV of a time and a value under `--data` (finer steps are added up per day), and the days of
every service of the legacy Cost and Usage Reports there (Parquet). Generated bills: growth that
changes by the month, a drifting level, weekends, level shifts, spikes and fees on the first of the month.
Printed per set: the median error of the 30-day total of each method, and the share of actual totals and
of actual days inside our 80 % intervals, each of which knows only its own past.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from finops_lib.analysis.forecast import backtest
from finops_lib.analysis.forecast.intervals import HORIZON
from finops_lib.analysis.forecast.series import MIN_DAYS, WEEK, daily
from finops_lib.errors import ParameterError

CUR = {
    "time": "line_item_usage_start_date",
    "value": "line_item_unblended_cost",
    "service": "line_item_product_code",
}
SHORT_DAYS = 120
"""A series shorter than this is judged on each of the seven weekly grids, as one has too few forecasts."""
MIN_SHARE = 0.01
"""Services below this share of a bill are not forecast."""


def real_series(data: Path) -> dict[str, pd.DataFrame]:
    """Name: frame of time and value, of what is long enough for one 30-day total."""
    found = {**dict(_csvs(data)), **dict(_bills(data))}
    return {name: frame for name, frame in found.items() if _days(frame) >= MIN_DAYS + HORIZON}


def _days(frame: pd.DataFrame) -> int:
    try:
        return len(daily(frame))
    except ParameterError:
        return 0


def _csvs(data: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    for path in sorted(data.rglob("*.csv")):
        frame = pd.read_csv(path).rename(columns=str.lower).rename(columns={"timestamp": "time"})
        if {"time", "value"} <= set(frame.columns):
            yield path.stem, frame[["time", "value"]].assign(time=pd.to_datetime(frame["time"]))


def _bills(data: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    for folder in sorted({path.parent for path in data.rglob("*.parquet")}):
        months = [pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))]
        lines = pd.concat([m[list(CUR.values())] for m in months if set(CUR.values()) <= set(m)])
        lines = lines.rename(columns={column: name for name, column in CUR.items()})
        times = pd.to_datetime(lines["time"], utc=True).dt.tz_localize(None)
        table = lines.assign(time=times.dt.floor("D")).pivot_table(
            index="time", columns="service", values="value", aggfunc="sum"
        )
        table = table.asfreq("D").fillna(0.0).assign(total=lambda t: t.sum(axis=1))
        for name in table.columns[table.sum() >= MIN_SHARE * table["total"].sum()]:
            yield f"{folder.name} {name}", table[name].rename("value").reset_index()


def generated_bills(count: int, seed: int) -> dict[str, pd.DataFrame]:
    """So many bills of 150 to 400 days, the same for the same seed."""
    rng = np.random.default_rng(seed)
    return {f"bill {place}": _bill(rng) for place in range(count)}


def _bill(rng: np.random.Generator) -> pd.DataFrame:
    days = int(rng.integers(150, 400))
    times = pd.date_range("2025-01-01", periods=days) + pd.Timedelta(days=int(rng.integers(30)))
    growth = np.repeat(rng.normal(0.04, 0.06, days // 30 + 1) / 30, 30)[:days].cumsum()
    drift = rng.normal(0, rng.choice([0.0, 0.005, 0.015]), days).cumsum()
    week = np.where(times.day_of_week < 5, 0.0, -rng.uniform(0, 0.5))
    noise = rng.normal(0, rng.uniform(0.02, 0.12), days)
    shifts = np.zeros(days)
    for _ in range(rng.poisson(days / 200)):
        shifts[rng.integers(20, days) :] += rng.choice([-1, 1]) * rng.uniform(0.15, 0.6)
    value = np.exp(growth + drift + week + noise + shifts) * rng.lognormal(5, 1.5)
    value *= np.where(rng.random(days) < 0.01, rng.uniform(1.5, 4, days), 1.0)
    if rng.random() < 0.4:
        value += (times.day == 1) * np.median(value) * rng.uniform(1, 8)
    return pd.DataFrame({"time": times, "value": value})


def naive_totals(values: pd.Series) -> Mapping[str, float]:
    """The 30-day total after a daily series, as each of the plain rules has it."""
    line = np.polyfit(np.arange(len(values)), values, 1)
    ahead = np.arange(len(values), len(values) + HORIZON)
    return {
        "seasonal naive": float(np.resize(values.tail(WEEK), HORIZON).sum()),
        "28-day mean": float(values.tail(28).mean() * HORIZON),
        "straight line": float(np.polyval(line, ahead).sum()),
    }


def judged(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per past forecast: every method's absolute error, and what our intervals held."""
    values = daily(frame).rename_axis("time").reset_index()
    grids = WEEK if len(values) < SHORT_DAYS else 1
    ends = [len(values) - late for late in range(grids) if len(values) - late >= MIN_DAYS + HORIZON]
    return pd.concat([_judged(values.head(end)) for end in ends])


def _judged(frame: pd.DataFrame) -> pd.DataFrame:
    found = backtest(frame, origins=len(frame))
    values = daily(frame)
    rules = pd.DataFrame([naive_totals(values[values.index < time]) for time in found["time"]])
    totals = rules.assign(ours=found["forecast"])
    errors = totals.div(found["actual"], axis=0).sub(1).abs()
    return errors.assign(is_inside=found["is_inside"], days_inside=found["days_inside_share"])


def main(
    data: Annotated[Path, typer.Option(exists=True, help="folder of real series")],
    seed: Annotated[int, typer.Option(help="of the generated bills")] = 1,
    bills: Annotated[int, typer.Option(help="generated bills")] = 40,
) -> None:
    """Print the comparison."""
    sets = {"real": real_series(data), "generated": generated_bills(bills, seed)}
    for name, series in sets.items():
        if not series:
            typer.echo(f"\n{name}: no series of {MIN_DAYS + HORIZON} days")
            continue
        rows = pd.concat([judged(frame) for frame in series.values()]).astype("float64")
        held, days = rows.pop("is_inside").mean(), rows.pop("days_inside").mean()
        typer.echo(f"\n{name}: {len(series)} series, {len(rows)} forecasts of a 30-day total")
        typer.echo(f"inside our 80 % interval: {held:.1%} of totals, {days:.1%} of days")
        shown = pd.DataFrame({
            "median error": rows.median(), "mean error": rows.mean(), "worst tenth": rows.quantile(0.9)
        })  # fmt: skip
        typer.echo(shown.sort_values("median error").map("{:.1%}".format).to_string())


if __name__ == "__main__":
    typer.run(main)
