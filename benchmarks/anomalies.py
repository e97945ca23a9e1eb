"""How well anomalies are found: our detector beside four rules in use, on labelled and on generated series.

    python benchmarks/anomalies.py --data FOLDER --seed 1

FOLDER holds CSVs of time and value: with a `label` column (Microsoft's cloud-monitoring-dataset), or beside
a `windows.json` (NAB). Series without one true label are read, and count for false alarms only.

An event is a run of labelled values, or a window. Alarms are merged where they touch. An alarm is right where
its span touches an event, an event is found where an alarm touches it (one value of slack on either side).
STL+Tukey sees the whole series, the others (and ours) the past alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from statsmodels.tsa.seasonal import STL

from finops_lib.analysis.anomalies import detect_many

DAYS_IN_MONTH = 365.25 / 12
Span = tuple[int, int]
"""First and last position, both inclusive."""


@dataclass(frozen=True)
class Labelled:
    """One series on regular times with the spans of its true events."""

    name: str
    track: pd.Series
    events: list[Span] = field(default_factory=list)

    @property
    def months(self) -> float:
        """Length in months."""
        return (self.track.index[-1] - self.track.index[0]) / pd.Timedelta(days=DAYS_IN_MONTH)


def labelled_series(folder: Path) -> list[Labelled]:
    """Every labelled CSV under the folder."""
    windows = {
        Path(name).name: spans
        for file in sorted(folder.rglob("windows.json"))
        for name, spans in json.loads(file.read_text()).items()
    }
    found = []
    for file in sorted(folder.rglob("*.csv")):
        rows = pd.read_csv(file).rename(columns=str.lower)
        if {"timestamp", "value"} <= set(rows) and ("label" in rows or file.name in windows):
            found.append(_read(file.stem, rows, windows.get(file.name)))
    return found


def _read(name: str, rows: pd.DataFrame, windows: list[list[str]] | None) -> Labelled:
    """One CSV on a regular grid; of a time that stands twice the first value is taken."""
    times = pd.to_datetime(rows["timestamp"], utc=True).dt.tz_localize(None)
    rows = rows.assign(time=times).sort_values("time", kind="stable").drop_duplicates("time")
    step = pd.Timedelta(rows["time"].diff().median())
    place = np.rint((rows["time"] - rows["time"].iloc[0]) / step).astype(int)
    rows = rows.assign(place=place).drop_duplicates("place").set_index("place")
    grid = rows["time"].iloc[0] + step * np.arange(place.max() + 1)
    values = rows["value"].astype(float).reindex(range(len(grid))).set_axis(grid)
    if windows is None:
        return Labelled(name, values, runs(rows["label"].reindex(range(len(grid))).gt(0)))
    spans = [(grid.searchsorted(pd.Timestamp(a)), grid.searchsorted(pd.Timestamp(b), "right") - 1)
             for a, b in windows]  # fmt: skip
    return Labelled(name, values, [(int(a), int(b)) for a, b in spans])


def runs(flags: pd.Series) -> list[Span]:
    """Spans of consecutive flagged positions."""
    on = np.flatnonzero(flags.to_numpy())
    groups = np.split(on, np.flatnonzero(np.diff(on) > 1) + 1) if len(on) else []
    return [(int(group[0]), int(group[-1])) for group in groups]


def _per_day(values: pd.Series) -> int:
    return max(1, round(pd.Timedelta(days=1) / (values.index[1] - values.index[0])))


def vs_yesterday(values: pd.Series) -> list[Span]:
    """More than 50 % above the same time yesterday."""
    return runs(values > 1.5 * values.shift(_per_day(values)))


def seven_day_mean(values: pd.Series) -> list[Span]:
    """More than 30 % above the mean of the seven days before."""
    window = 7 * _per_day(values)
    return runs(values > 1.3 * values.shift().rolling(window, min_periods=window // 2).mean())


def bollinger(values: pd.Series) -> list[Span]:
    """More than two standard deviations from the mean of the 30 days before."""
    window = 30 * _per_day(values)
    before = values.shift().rolling(window, min_periods=window // 4)
    return runs((values - before.mean()).abs() > 2 * before.std())


def stl_tukey(values: pd.Series) -> list[Span]:
    """Remainder of a robust STL beyond 1.5 interquartile ranges; sees the whole series."""
    period = 7 if _per_day(values) == 1 else _per_day(values)
    rest = STL(values.interpolate(limit_direction="both"), period=period, robust=True).fit().resid
    low, high = rest.quantile([0.25, 0.75])
    fence = 1.5 * (high - low)
    return runs((rest < low - fence) | (rest > high + fence))


RULES: dict[str, Callable[[pd.Series], list[Span]]] = {
    "> 50 % vs yesterday": vs_yesterday,
    "7-day mean + 30 %": seven_day_mean,
    "Bollinger 30 d, 2 sigma": bollinger,
    "STL + Tukey 1.5 (sees the future)": stl_tukey,
}


def ours(series: list[Labelled]) -> list[list[Span]]:
    """Alarms of `detect_many`, series on the same times in one pass: from the alarm to the last value out of line.

    Of a change that lasts the alarm ends where it was named.
    """
    found: dict[int, list[Span]] = {place: [] for place in range(len(series))}
    groups = pd.Series([str(hash(tuple(s.track.index))) for s in series])
    for places in groups.groupby(groups).groups.values():
        table = pd.DataFrame({place: series[place].track for place in places})
        step = table.index[1] - table.index[0]
        for row in detect_many(table).itertuples():
            last = row.named_at if row.kind in ("level_shift", "slow_leak") else row.end - step
            first = int((row.alarmed_at - table.index[0]) / step)
            found[row.series].append((first, max(first, int((last - table.index[0]) / step))))
    return [sorted(found[place]) for place in range(len(series))]


def alarms_by_method(series: list[Labelled]) -> dict[str, list[list[Span]]]:
    """The alarms of our detector and of each rule, per series."""
    rules = {name: [rule(s.track) for s in series] for name, rule in RULES.items()}
    return {"ours": ours(series), **rules}


def touches(one: Span, others: list[Span], slack: int = 1) -> bool:
    """Whether the span meets any of the others, give or take `slack` positions."""
    return any(one[0] <= b + slack and a - slack <= one[1] for a, b in others)


def score(series: list[Labelled], alarms: list[list[Span]]) -> dict[str, float]:
    """Event precision, recall and F1, and false alarms per series and month."""
    right = sum(touches(a, s.events) for s, own in zip(series, alarms, strict=True) for a in own)
    found = sum(touches(e, own) for s, own in zip(series, alarms, strict=True) for e in s.events)
    raised, events = sum(map(len, alarms)), sum(len(s.events) for s in series)
    precision, recall = right / raised if raised else 0.0, found / events
    return {
        "precision": precision,
        "recall": recall,
        "F1": 2 * precision * recall / (precision + recall) if right else 0.0,
        "false alarms": (raised - right) / sum(s.months for s in series),
    }


@dataclass(frozen=True)
class Planted:
    """A generated bill: the series and the days of what was planted in it."""

    series: Labelled
    spikes: list[int]
    shift: int | None = None
    leak: int | None = None

    def explains(self, alarm: Span) -> bool:
        """Whether the alarm is about something planted: a shift up to a week, a leak up to 60 days later."""
        spans = [(d, d) for d in self.spikes]
        spans += [(self.shift, self.shift + 6)] if self.shift is not None else []
        spans += [(self.leak, self.leak + 59)] if self.leak is not None else []
        return touches(alarm, spans, slack=0)


def generated_bills(
    seed: int, count: int, days: int = 180, noise: float = 0.05
) -> Iterator[Planted]:
    """Daily bills: growth 0.6 % a day, weekends x 0.6, 300 on the first of a month, 5 % noise (or as given).

    Two in three carry three one-day spikes of + 60 % and a level shift of + 25 %, the third a leak that adds
    2 % of the level a day.
    """
    random = np.random.default_rng(seed)
    times = pd.date_range("2026-01-01", periods=days, freq="D")
    for number in range(count):
        start = random.uniform(200, 2000)
        clean = start * 1.006 ** np.arange(days) * np.where(times.day_of_week < 5, 1.0, 0.6)
        *spikes, change = _apart(random, days)
        level = np.ones(days)
        leaks = number % 3 == 2
        if leaks:
            spikes, change = [], min(change, days - 75)
            level[change:] += 0.02 * np.arange(1, days - change + 1)
        else:
            level[change:] *= 1.25
            level[spikes] *= 1.6
        values = clean * level * random.normal(1.0, noise, days) + 300.0 * (times.day == 1)
        series = Labelled(f"bill {number}", pd.Series(values, index=times))
        planted = Planted(series, spikes, None if leaks else change, change if leaks else None)
        yield planted


def _apart(random: np.random.Generator, days: int) -> list[int]:
    """Four days after the first 45, at least a week from each other and no first of a month."""
    while True:
        chosen = random.choice(np.arange(45, days - 7), 4, replace=False)
        if np.diff(np.sort(chosen)).min() >= 8:
            return [int(day) for day in chosen]


def score_bills(bills: list[Planted], alarms: list[list[Span]]) -> dict[str, float]:
    """Shares of spikes, of shifts and of leaks found in time, precision, and false alarms per series and month."""
    pairs = list(zip(bills, alarms, strict=True))
    spikes = [touches((d, d), own, slack=0) for bill, own in pairs for d in bill.spikes]
    shifts = [_starts(own, b.shift, 3) for b, own in pairs if b.shift is not None]
    leaks = [_starts(own, b.leak, 30) for b, own in pairs if b.leak is not None]
    right = sum(bill.explains(a) for bill, own in pairs for a in own)
    raised = sum(map(len, alarms))
    return {
        "spikes": float(np.mean(spikes)),
        "shifts <= 3 d": float(np.mean(shifts)),
        "leaks <= 30 d": float(np.mean(leaks)),
        "precision": right / raised if raised else 0.0,
        "false alarms": (raised - right) / sum(b.series.months for b in bills),
    }


def _starts(alarms: list[Span], day: int, within: int) -> bool:
    """Whether an alarm is raised in the `within` days from `day` on, that day included."""
    return any(day <= first < day + within for first, _ in alarms)


def main(
    data: Annotated[Path | None, typer.Option(exists=True)] = None,
    seed: int = 1,
    bills: int = 150,
    noise: float = 0.05,
) -> None:
    """Print both tables."""
    pd.options.display.float_format = "{:.3f}".format
    if data:
        series = labelled_series(data)
        events = sum(len(s.events) for s in series)
        typer.echo(f"Labelled: {len(series)} series, {events} events")
        table = {name: score(series, own) for name, own in alarms_by_method(series).items()}
        typer.echo(pd.DataFrame(table).T.to_string() + "\n")
    made = list(generated_bills(seed, bills, noise=noise))
    table = {
        name: score_bills(made, own)
        for name, own in alarms_by_method([b.series for b in made]).items()
    }
    typer.echo(f"Generated: {bills} bills of 180 days, {noise:.0%} noise, seed {seed}")
    typer.echo(pd.DataFrame(table).T.to_string())


if __name__ == "__main__":
    typer.run(main)
