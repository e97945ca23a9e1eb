"""Energy and emissions of machines, in use and embodied: an estimate with the year of its coefficients.

Coefficients: Cloud Carbon Footprint (https://www.cloudcarbonfootprint.org/docs/methodology), Apache-2.0;
power by load from measurements of machines released up to 2021, grid averages of 2020 and 2021, location
based. Not in it: storage, network, and what a provider buys in certificates.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from finops_lib.units import HOURS_PER_YEAR

VINTAGE = "Cloud Carbon Footprint: machines released up to 2021, grid averages of 2020-2021"
PUE = 1.135
"""Energy of the building over that of its machines, AWS (the methodology above)."""
LIFE_YEARS = 4
"""Years over which the making of a machine is spread (the same)."""
ASSUMED_LOAD_PCT = 50.0
"""Load where none is measured: the methodology's average of a hyperscaler."""
LOADS_PCT = {"watts_idle": 0.0, "watts_10": 10.0, "watts_50": 50.0, "watts_100": 100.0}


def emissions(usage: pd.DataFrame, machines: pd.DataFrame, grid: pd.DataFrame) -> pd.DataFrame:
    """Usage with energy_kwh, use_kg, embodied_kg and total_kg of CO2e; NaN where type or region is unknown.

    `usage` has instance_type ("ml." and "db." types have the EC2 hardware of that name), region, hours
    and cpu_pct (NaN: `ASSUMED_LOAD_PCT`). `machines` has instance_type, watts at LOADS_PCT and the
    embodied_kg of its whole life; `grid` region and kg_per_kwh.
    """
    hardware = usage["instance_type"].str.replace(r"^(?:ml|db|cache)\.", "", regex=True)
    known = machines.set_index("instance_type").reindex(hardware)
    load = usage["cpu_pct"].fillna(ASSUMED_LOAD_PCT).to_numpy(float)
    watts = _at_load(known[list(LOADS_PCT)].to_numpy(float), load)
    hours = usage["hours"].to_numpy(float)
    energy = watts * hours / 1000.0 * PUE
    factor = usage["region"].map(grid.set_index("region")["kg_per_kwh"]).to_numpy(float)
    made = known["embodied_kg"].to_numpy(float) / (LIFE_YEARS * HOURS_PER_YEAR) * hours
    table = usage.assign(energy_kwh=energy, use_kg=energy * factor, embodied_kg=made)
    return table.assign(total_kg=table["use_kg"] + table["embodied_kg"])


def by(estimate: pd.DataFrame, key: str) -> pd.DataFrame:
    """key, hours, unknown_hours, energy_kwh, use_kg, embodied_kg, total_kg: most emissions first.

    `unknown_hours` are hours of machines that the sums do not hold, because nothing is known of them.
    """
    rows = estimate.assign(unknown_hours=estimate["hours"].where(estimate["total_kg"].isna(), 0.0))
    names = ["hours", "unknown_hours", "energy_kwh", "use_kg", "embodied_kg", "total_kg"]
    sums = rows.groupby(key)[names].sum(min_count=1).reset_index()
    return sums.sort_values(["total_kg", "hours"], ascending=False, ignore_index=True)


def _at_load(watts: np.ndarray, load: np.ndarray) -> np.ndarray:
    """Watts of each row at its load, on straight lines between the measured loads."""
    points = list(LOADS_PCT.values())
    return np.array([np.interp(pct, points, row) for pct, row in zip(load, watts, strict=True)])
