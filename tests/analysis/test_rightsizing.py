"""Smaller machines that do the same work, by our rule and by Cost Explorer's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from finops_lib.analysis.rightsizing import (
    Rule,
    aws_advice,
    aws_saving,
    family_prices,
    targets,
)
from finops_lib.schema import INSTANCE_TYPES, rows

ROOT = Path(__file__).parents[2]
AWS_ROWS = ROOT.parent / "shared/data/aws_rightsizing/recommendations_300.csv"

SIZES = {
    "m5.large": (2, 8, 0.096), "m5.xlarge": (4, 16, 0.192), "m5.2xlarge": (8, 32, 0.384),
    "c5.large": (2, 4, 0.085), "c5.xlarge": (4, 8, 0.17), "r5.large": (2, 16, 0.126),
    "m6g.large": (2, 8, 0.077), "t3.large": (2, 8, 0.0832), "m4.large": (2, 8, 0.1),
}  # fmt: skip
MARKS: dict[str, dict[str, Any]] = {
    "m6g.large": {"architecture": "arm64"},
    "t3.large": {"is_burstable": True},
    "m4.large": {"is_current_generation": False},
}
TYPES = rows(
    INSTANCE_TYPES,
    [
        {"instance_type": name, "vcpu": vcpu, "memory_gib": memory, "architecture": "x86_64",
         "is_current_generation": True, "is_burstable": False, **MARKS.get(name, {})}
        for name, (vcpu, memory, _) in SIZES.items()
    ],
)  # fmt: skip
PRICE = pd.Series({name: price for name, (_, _, price) in SIZES.items()})


def machine(instance_type: str, cpu: float, memory: float = np.nan) -> pd.DataFrame:
    return pd.DataFrame(
        {"resource_id": ["i-1"], "instance_type": [instance_type], "cpu_pct": [cpu],
         "memory_pct": [memory], "network_gbps": [np.nan]}
    )  # fmt: skip


def advised(instance_type: str, cpu: float, memory: float = np.nan, **rule: Any) -> list[str]:
    return list(
        targets(machine(instance_type, cpu, memory), TYPES, PRICE, Rule(**rule))["instance_type"]
    )


def test_targets_with_room_in_cpu_and_memory_put_the_own_family_first() -> None:
    assert advised("m5.xlarge", 20, 20) == ["m5.large", "c5.large", "r5.large"]


def test_targets_without_memory_metric_never_shrink_memory() -> None:
    assert advised("m5.xlarge", 20) == ["r5.large"]


@pytest.mark.parametrize(("cpu", "found"), [(40.0, True), (40.1, False)])
def test_targets_headroom_decides_at_its_limit(cpu: float, found: bool) -> None:
    assert ("m5.large" in advised("m5.xlarge", cpu, 20)) is found


@pytest.mark.parametrize("other", ["m6g.large", "t3.large", "m4.large"])
def test_targets_never_change_architecture_credits_or_generation(other: str) -> None:
    assert other not in advised("m5.xlarge", 10, 10, most=10)


def test_targets_cross_architecture_is_asked_for_and_of_high_risk() -> None:
    found = targets(machine("m5.xlarge", 20, 20), TYPES, PRICE, Rule(cross_architecture=True))
    assert found.set_index("instance_type")["risk"]["m6g.large"] == "high"


def test_targets_project_use_and_price() -> None:
    found = targets(machine("m5.2xlarge", 15, 10), TYPES, PRICE).iloc[0]
    assert found[["instance_type", "price_share", "projected_cpu_pct", "projected_memory_pct"]].tolist() == [
        "m5.large", pytest.approx(0.25), 60.0, 40.0,
    ]  # fmt: skip


def test_targets_of_a_busy_machine_are_none() -> None:
    assert advised("m5.xlarge", 81, 20) == []


def test_family_prices_follow_processors_where_no_list_names_the_size() -> None:
    found = family_prices(pd.Series({"m5.large": 0.115}), TYPES)
    assert found.to_dict() == pytest.approx(
        {"m5.large": 0.115, "m5.xlarge": 0.23, "m5.2xlarge": 0.46}
    )


@pytest.mark.parametrize(
    ("instance_type", "cpu", "action", "target"),
    [
        ("m5.xlarge", np.nan, "Terminate", None),
        ("m5.xlarge", 0.9, "Terminate", None),
        ("m5.xlarge", 1.0, "Modify", "m5.large"),
        ("m5.large", 1.0, "Terminate", None),
        ("m5.xlarge", 40.0, "Modify", "m5.large"),
        ("m5.xlarge", 41.0, "Keep", None),
    ],
)
def test_aws_advice_follows_cost_explorer(
    instance_type: str, cpu: float, action: str, target: str | None
) -> None:
    found = aws_advice(machine(instance_type, cpu), TYPES).iloc[0]
    assert found["action"] == action
    assert found["target"] == target if target else pd.isna(found["target"])


def test_aws_saving_counts_hours_without_reservation_for_a_month() -> None:
    saving = aws_saving(pd.Series([330.0]), pd.Series([0.192 - 0.096]))
    assert saving.item() == pytest.approx(68.83, abs=0.005)


@pytest.mark.skipif(not AWS_ROWS.exists(), reason="the recommendations of AWS are not here")
def test_aws_advice_agrees_with_the_published_recommendations() -> None:
    given = pd.read_csv(AWS_ROWS, skipinitialspace=True).rename(columns=str.strip)
    machines = pd.DataFrame(
        {
            "instance_type": given["Instance Type"],
            "cpu_pct": pd.to_numeric(given["CPU Utilization"], errors="coerce"),
        }
    )
    types = pd.read_csv(ROOT / "finops_lib/data/instance_types.csv")
    found = aws_advice(machines, types)
    first = given["Recommended Instance Type 1"].fillna("")
    agrees = (found["action"] == given["Recommended Action"]) & (
        found["target"].fillna("") == first
    )
    assert agrees.mean() >= 0.99
