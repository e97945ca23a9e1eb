"""Endpoints behind fewer machines: peaks added up, headroom kept, unmeasured ones left out."""

import numpy as np
import pandas as pd
import pytest

from finops_lib.analysis.multi_model import consolidation

PLACES = ["region", "instance_type"]
HOURLY = pd.Series(
    [0.23, 9.0],
    pd.MultiIndex.from_tuples(
        [("us-east-1", "ml.m5.xlarge"), ("eu-west-1", "ml.m5.xlarge")], names=PLACES
    ),
)


def variant(name, cpu, memory, machines=1, **more):
    plain = {"account_id": "1", "region": "us-east-1", "endpoint_name": name,
             "instance_type": "ml.m5.xlarge", "machines": float(machines), "cpu_pct": cpu,
             "memory_pct": memory}  # fmt: skip
    return {**plain, **more}


def test_consolidation_adds_peaks_up_and_saves_the_machines_that_are_not_needed():
    table = consolidation(
        pd.DataFrame(
            [variant("a", 20.0, 30.0), variant("b", 15.0, 20.0), variant("c", 10.0, 25.0)]
        ),
        HOURLY,
    )
    row = table.iloc[0]
    assert (row["machines"], row["needed"], row["endpoint_names"]) == (3.0, 1.0, "a, b, c")
    assert (row["cpu_pct"], row["memory_pct"]) == (45.0, 75.0)
    assert row["monthly_saving"] == pytest.approx(2 * 0.23 * 730)


@pytest.mark.parametrize(("memory", "groups"), [(40.0, 1), (40.1, 0)])
def test_consolidation_breaks_even_where_the_peaks_fill_the_machine_to_its_headroom(memory, groups):
    both = pd.DataFrame([variant("a", 10.0, 40.0), variant("b", 10.0, memory)])
    assert len(consolidation(both, HOURLY)) == groups


def test_consolidation_leaves_out_what_is_unmeasured_alone_or_elsewhere():
    rows = [variant("a", 10.0, 10.0), variant("b", 10.0, np.nan),
            variant("c", 10.0, 10.0, region="eu-west-1"),
            variant("d", 10.0, 10.0, instance_type="ml.c5.xlarge")]  # fmt: skip
    assert consolidation(pd.DataFrame(rows), HOURLY).empty


def test_consolidation_without_a_price_has_no_saving_and_is_still_told():
    both = pd.DataFrame([variant("a", 10.0, 10.0), variant("b", 10.0, 10.0)])
    assert consolidation(both, HOURLY.iloc[1:])["monthly_saving"].isna().all()
