"""Energy and emissions of machines."""

from __future__ import annotations

import pandas as pd
import pytest

from finops_lib.analysis.carbon import by, emissions

MACHINES = pd.DataFrame(
    {"instance_type": ["m5.xlarge"], "watts_idle": [10.0], "watts_10": [20.0], "watts_50": [30.0],
     "watts_100": [40.0], "embodied_kg": [350.4]}
)  # fmt: skip
GRID = pd.DataFrame({"region": ["us-east-1", "eu-north-1"], "kg_per_kwh": [0.4, 0.0]})


def estimate(kind: str = "m5.xlarge", region: str = "us-east-1", cpu: float = 50.0) -> pd.Series:
    usage = pd.DataFrame(
        {"instance_type": [kind], "region": [region], "hours": [1000.0], "cpu_pct": [cpu]}
    )
    return emissions(usage, MACHINES, GRID).iloc[0]


def test_emissions_are_watts_times_hours_times_the_building_and_the_grid() -> None:
    row = estimate()
    assert row["energy_kwh"] == pytest.approx(30.0 * 1.135)
    assert row["use_kg"] == pytest.approx(30.0 * 1.135 * 0.4)
    assert row["embodied_kg"] == pytest.approx(350.4 / 35_040 * 1000)
    assert row["total_kg"] == pytest.approx(row["use_kg"] + row["embodied_kg"])


@pytest.mark.parametrize(("cpu", "watts"), [(0, 10.0), (5, 15.0), (75, 35.0), (100, 40.0)])
def test_emissions_follow_the_load_between_the_measured_points(cpu: float, watts: float) -> None:
    assert estimate(cpu=cpu)["energy_kwh"] == pytest.approx(watts * 1.135)


def test_emissions_without_a_measured_load_take_the_average_one() -> None:
    assert estimate(cpu=float("nan"))["energy_kwh"] == estimate(cpu=50.0)["energy_kwh"]


def test_emissions_of_a_managed_machine_are_those_of_its_hardware() -> None:
    assert estimate("ml.m5.xlarge")["total_kg"] == estimate()["total_kg"]


def test_emissions_of_a_clean_grid_leave_what_is_embodied() -> None:
    assert estimate(region="eu-north-1")["total_kg"] == pytest.approx(10.0)


def test_by_counts_the_hours_of_what_is_not_known_beside_the_sums() -> None:
    usage = pd.DataFrame(
        {"instance_type": ["m5.xlarge", "z9.huge"], "region": "us-east-1", "hours": [1000.0, 7.0],
         "cpu_pct": 50.0}
    )  # fmt: skip
    row = by(emissions(usage, MACHINES, GRID), "region").iloc[0]
    assert (row["hours"], row["unknown_hours"]) == (1007.0, 7.0)
    assert row["total_kg"] == pytest.approx(30.0 * 1.135 * 0.4 + 10.0)
