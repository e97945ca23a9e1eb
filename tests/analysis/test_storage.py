"""gp3 at exact parity and fitted to what is used."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from finops_lib.analysis.storage import as_gp3, gp3_options, provisioned

PRICE = {
    "gp2": 0.1, "gp3": 0.08, "gp3-iops": 0.005, "gp3-throughput": 0.04, "io1": 0.125,
    "io1-iops": 0.065, "io2": 0.125, "io2-iops": 0.065,
}  # fmt: skip
UNMEASURED = {"iops": [np.nan], "throughput_mibps": [np.nan]}


def volume(kind: str, size_gib: float, iops: float | None = None) -> pd.DataFrame:
    return pd.DataFrame(
        {"volume_type": [kind], "size_gib": [size_gib], "iops": pd.Series([iops], dtype="float64")}
    )


def option(
    kind: str, size: float, provisioned_iops: float | None = None, **needed: list[float]
) -> pd.Series:
    measured = pd.DataFrame(needed or UNMEASURED)
    return gp3_options(volume(kind, size, provisioned_iops), measured, PRICE).iloc[0]


@pytest.mark.parametrize(
    ("size_gib", "saving"),
    [(100, 1.88), (160, 3.08), (200, -1.0), (334, 1.68), (500, 5.0), (2000, 20.0), (5400, 38.0)],
)
def test_gp3_options_of_gp2_at_exact_parity_give_the_published_table(
    size_gib: float, saving: float
) -> None:
    assert option("gp2", size_gib)["parity_saving"] == pytest.approx(saving, abs=1e-9)


@pytest.mark.parametrize("size_gib", [171, 200, 249])
def test_gp3_options_between_171_and_249_gib_cost_more_at_parity_but_less_when_fitted(
    size_gib: float,
) -> None:
    found = option("gp2", size_gib, iops=[900.0], throughput_mibps=[40.0])
    assert found["parity_saving"] < 0
    assert found["fitted_saving"] == pytest.approx(0.2 * 0.1 * size_gib)


def test_gp3_options_without_metrics_have_no_fitted_saving() -> None:
    assert np.isnan(option("gp2", 200)["fitted_saving"])


def test_gp3_options_of_busy_gp2_are_fitted_no_higher_than_parity() -> None:
    found = option("gp2", 2000, iops=[20_000.0], throughput_mibps=[900.0])
    assert found["fitted_saving"] == found["parity_saving"]


def test_gp3_options_of_quiet_io2_save_operations_and_size() -> None:
    found = option("io2", 500, 8000, iops=[600.0], throughput_mibps=[20.0])
    assert found["fitted_saving"] == pytest.approx(500 * 0.125 + 8000 * 0.065 - 500 * 0.08)


def test_gp3_options_of_io2_that_gp3_cannot_match_have_no_parity() -> None:
    assert np.isnan(option("io2", 500, 40_000)["parity_saving"])


def test_as_gp3_gives_iops_enough_for_the_throughput() -> None:
    found = as_gp3(
        pd.Series([500.0]), pd.DataFrame({"iops": [3000.0], "throughput_mibps": [1000.0]})
    )
    assert found["iops"].item() == 4000


def test_as_gp3_of_a_small_volume_with_many_iops_is_missing() -> None:
    found = as_gp3(pd.Series([10.0]), pd.DataFrame({"iops": [8000.0], "throughput_mibps": [125.0]}))
    assert found["iops"].isna().item()


def test_provisioned_of_other_types_is_missing() -> None:
    assert provisioned(volume("st1", 500))["iops"].isna().item()


def test_gp3_options_of_gp3_save_what_it_pays_for_and_does_not_use() -> None:
    found = option("gp3", 100.0, 16_000.0, iops=[3_500.0], throughput_mibps=[50.0])
    assert found["list_cost"] == pytest.approx(8 + 13_000 * 0.005)
    assert found["parity_saving"] == 0.0
    assert (found["fitted_iops"], found["fitted_throughput_mibps"]) == (3_500.0, 125.0)
    assert found["fitted_saving"] == pytest.approx(12_500 * 0.005)


def test_gp3_options_of_gp3_throughput_is_paid_above_what_is_included() -> None:
    given = volume("gp3", 100.0).assign(throughput_mibps=500.0)
    need = pd.DataFrame({"iops": [100.0], "throughput_mibps": [200.0]})
    found = gp3_options(given, need, PRICE).iloc[0]
    assert found["list_cost"] == pytest.approx(8 + 375 * 0.04)
    assert found["fitted_saving"] == pytest.approx(300 * 0.04)


def test_gp3_options_price_of_operations_is_needed_where_more_are_bought() -> None:
    price = {**PRICE, "gp3-iops": np.nan, "gp3-throughput": np.nan}
    quiet = pd.DataFrame({"iops": [100.0], "throughput_mibps": [10.0]})
    found = gp3_options(volume("gp2", 500.0), quiet, price).iloc[0]
    assert found["fitted_saving"] == pytest.approx(10.0)
    assert np.isnan(found["parity_saving"])
