"""Who created what moved in an anomaly: only where asked for, under a pseudonym unless by name."""

from datetime import datetime

import pandas as pd
from bills import as_legacy_csv, small_bill

from finops_lib.collect import collect
from finops_lib.params import load_params
from finops_lib.phases import anomalies
from finops_lib.workbook import Workbook

ANOMALY = {
    "anomaly_id": "one", "service": None, "account_id": None, "region": None, "usage_type": None,
    "kind": "spike", "start": pd.Timestamp("2026-10-02"), "end": pd.Timestamp("2026-10-03"),
    "impact": 5.0,
}  # fmt: skip


def creators(folder, created_by="drop", *, mask=False):
    """What the causes of one anomaly say of who created what moved."""
    bill = as_legacy_csv(small_bill(), folder / "bill.csv")
    given = {
        "source.billing": [str(bill)], "source.account": False, "source.created_by": created_by,
        "month": "2026-10", "report.mask": mask, "report.mask_key": "key" if mask else "",
    }  # fmt: skip
    params = load_params(None, given)
    estate = collect(
        params, folder / "estate", cache=folder / "cache", now=datetime(2026, 11, 2),
        progress=lambda *_: None,
    )  # fmt: skip
    causes = anomalies.anomaly_causes(Workbook(estate, params), pd.DataFrame([ANOMALY]))
    return causes.loc[causes["dimension"] == "created by", "value"].tolist()


def test_anomaly_causes_creators_are_not_read_unless_asked_for(tmp_path):
    assert creators(tmp_path) == []


def test_anomaly_causes_creators_are_masked_unless_asked_for_by_name(tmp_path):
    (hidden,) = creators(tmp_path, "mask")
    assert hidden.startswith("principal ")
    assert "secret" not in hidden


def test_anomaly_causes_creators_stay_masked_in_a_masked_report(tmp_path):
    (hidden,) = creators(tmp_path, "show", mask=True)
    assert hidden.startswith("principal ")


def test_anomaly_causes_creators_by_name(tmp_path):
    assert creators(tmp_path, "show") == ["IAMUser:secret-name"]
