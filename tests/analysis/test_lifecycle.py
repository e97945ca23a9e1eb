"""Storage classes net of every fee."""

from __future__ import annotations

import pandas as pd
import pytest

from finops_lib.analysis.lifecycle import best, configuration, options

PRICE = {"s3-standard-ia": 0.0125, "s3-glacier-instant": 0.004}


def bucket(objects: float = 1_000, read_gib: float = 0.0, age: float = 400) -> pd.DataFrame:
    return pd.DataFrame(
        {"resource_id": ["b"], "size_gib": [1_000.0], "object_count": [objects], "age": [age],
         "read_gib_per_month": [read_gib], "monthly_cost": [23.0]}
    )  # fmt: skip


def chosen(**values: float) -> str | None:
    found = best(options(bucket(**values), PRICE), 12)
    return None if found.empty else str(found["storage_class"].item())


def test_options_of_unread_objects_save_the_difference_in_price() -> None:
    saving = options(bucket(), PRICE).set_index("storage_class")["monthly_saving"]
    assert saving.to_dict() == pytest.approx({"STANDARD_IA": 10.5, "GLACIER_IR": 19.0})


def test_options_without_a_price_in_the_region_are_none() -> None:
    only = options(bucket(), {"s3-standard-ia": 0.0125})
    assert best(only, 12)["storage_class"].tolist() == ["STANDARD_IA"]
    assert best(options(bucket(), {}), 12).empty


def test_best_of_what_is_read_is_the_class_with_the_lower_fee() -> None:
    assert chosen(read_gib=700.0) == "STANDARD_IA"


def test_best_of_what_is_read_whole_and_often_is_none() -> None:
    assert chosen(read_gib=2_000.0) is None


def test_best_of_many_small_objects_is_none_by_the_128_kib_floor() -> None:
    assert chosen(objects=100_000_000) is None


def test_best_of_a_move_that_pays_back_too_late_is_none() -> None:
    assert chosen(objects=12_000_000) is None


def test_options_of_a_young_bucket_leave_out_the_longer_minimum() -> None:
    assert list(options(bucket(age=40), PRICE)["storage_class"]) == ["STANDARD_IA"]


def test_configuration_keeps_the_rules_that_are_there_and_is_repeatable() -> None:
    own = {"ID": "own", "Status": "Enabled", "Filter": {"Prefix": ""}}
    once = configuration({"Rules": [own]}, "GLACIER_IR")
    assert [rule["ID"] for rule in once["Rules"]] == ["own", "finops-storage-class"]
    assert configuration(once, "GLACIER_IR") == once
