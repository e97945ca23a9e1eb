from datetime import datetime
from pathlib import Path

import pandas as pd

from finops_lib.analysis.what_changed import what_changed
from finops_lib.estate import Estate
from finops_lib.period import Period
from finops_lib.schema import GAPS, INVENTORY, rows

VOLUMES = next(table for table in INVENTORY if table.name == "volumes")


def estate(as_of, volumes=None, gaps=()):
    tables = {"gaps": rows(GAPS, [
        {"service": service, "account_id": "1", "region": None, "table": "x", "error": "AccessDenied", "reason": "no"}
        for service in gaps])}  # fmt: skip
    if volumes is not None:
        frame = VOLUMES.empty().reindex(range(len(volumes)))
        tables["volumes"] = frame.assign(account_id="1", region="r", resource_id=volumes)
    return Estate(as_of, Period.month("2026-10"), ("1",), "USD", Path("unused"), tables)


def daily(*rows):
    frame = pd.DataFrame(rows, columns=["ChargeDay", "ServiceName", "EffectiveCost"])
    return frame.assign(
        ChargeDay=pd.to_datetime(frame["ChargeDay"]), SubAccountId="1", RegionId="r"
    )


def test_what_changed_names_restated_days_new_days_services_resources_and_gaps():
    found = what_changed(
        estate(datetime(2026, 10, 3), ["v-1", "v-3"], gaps=("rds",)),
        estate(datetime(2026, 10, 2), ["v-1", "v-2"], gaps=("ce",)),
        daily(("2026-10-01", "ec2", 12.0), ("2026-10-02", "s3", 5.0)),
        daily(("2026-10-01", "ec2", 10.0)),
    )  # fmt: skip
    assert found[["topic", "name", "change"]].values.tolist()[1:] == [
        ["restated", "2026-10-01", 2.0],
        ["new days", "2026-10-02 to 2026-10-02", 5.0],
        ["appeared", "ServiceName s3", 5.0],
        ["resources", "volumes: came", 1],
        ["resources", "volumes: went", -1],
        ["gap opened", "rds 1 x", 1],
        ["gap closed", "ce 1 x", -1],
    ]


def test_what_changed_a_table_that_one_run_could_not_read_says_nothing_of_resources():
    same = daily(("2026-10-01", "ec2", 1.0))
    found = what_changed(
        estate(datetime(2026, 10, 3), []), estate(datetime(2026, 10, 2)), same, same
    )
    assert found["topic"].tolist() == ["read"]
