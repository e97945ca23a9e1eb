import json
from datetime import datetime

import pandas as pd
import pytest

from finops_lib.analysis.baseline import against_baseline, baseline
from finops_lib.errors import ParameterError
from finops_lib.period import Period


def document(month, costs, currency="USD"):
    spend = pd.DataFrame(
        {"name": list(costs), "billed_cost": costs.values(), "effective_cost": costs.values()}
    )
    return baseline(Period.month(month), datetime(2026, 11, 2), currency, {"service": spend},
                    kpis={"savings_rate": float("nan"), "coverage": 0.5})  # fmt: skip


def test_baseline_survives_json_and_an_unknown_kpi_is_null():
    written = document("2026-09", {"ec2": 30.0})
    assert json.loads(json.dumps(written)) == written
    assert written["kpis"] == {"savings_rate": None, "coverage": 0.5}


def test_against_baseline_compares_per_day_with_names_of_either_side():
    found = against_baseline(
        document("2026-10", {"ec2": 62.0, "s3": 31.0}),
        document("2026-09", {"ec2": 30.0, "rds": 60.0}),
    )
    assert found[["dimension", "name", "per_day_then", "per_day_now", "change"]].values.tolist() == [
        ["total", "total", 3.0, 3.0, 0.0],
        ["service", "rds", 2.0, 0.0, -62.0],
        ["service", "ec2", 1.0, 2.0, 31.0],
        ["service", "s3", 0.0, 1.0, 31.0],
    ]  # fmt: skip


def test_against_baseline_in_another_currency_is_refused():
    with pytest.raises(ParameterError, match="EUR"):
        against_baseline(document("2026-10", {"a": 1.0}), document("2026-09", {"a": 1.0}, "EUR"))
