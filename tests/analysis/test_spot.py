"""Spot for training, net of what interruptions repeat."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from finops_lib.analysis.spot import candidates

ADVISOR = pd.DataFrame(
    {"region": "us-east-1", "instance_type": ["m5.xlarge", "p3.8xlarge"],
     "saving_pct": [60.0, 60.0], "interruption_band": [0, 4]}
)  # fmt: skip


def job(kind: str = "ml.m5.xlarge", **more: object) -> pd.Series:
    row = {"region": "us-east-1", "instance_type": kind, "hours": 10.0, "instance_count": 1,
           "has_checkpoint": True, "cost": 100.0, **more}  # fmt: skip
    return candidates(pd.DataFrame([row]), ADVISOR).iloc[0]


def test_candidates_saving_is_the_price_less_the_repeated_work() -> None:
    row = job()
    rate = -math.log(0.95) / 730
    assert row["interruptions"] == pytest.approx(10 * rate)
    assert row["repeated_hours"] == pytest.approx(10 * rate * (0.25 + 0.25))
    assert row["saving"] == pytest.approx(100 - 40 * (1 + rate * 0.5))


def test_candidates_long_job_without_checkpoints_saves_less_and_may_lose() -> None:
    kept, lost = (job("ml.p3.8xlarge", hours=5_000.0, has_checkpoint=c) for c in (True, False))
    assert kept["saving"] > 0 > lost["saving"]


def test_candidates_more_machines_are_interrupted_more_often() -> None:
    assert job(instance_count=8)["interruptions"] == pytest.approx(8 * job()["interruptions"])


def test_candidates_type_that_the_advisor_does_not_list_is_unknown() -> None:
    assert math.isnan(job("ml.z9.huge")["saving"])
