"""The demo account served by one process, read by another over the network as any account is."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from finops_lib.params import load_params, save_params

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FINOPS = Path(sys.executable).with_name("finops")


def test_collect_through_the_endpoint_parameter_reads_the_served_account(served, tmp_path):
    told = dict(re.findall(r"export (\w+)=(\S+)", served))
    bill = re.search(r"Its bill: (\S+)", served).group(1)
    given = {"source.billing": [bill], "source.endpoint_url": told.pop("AWS_ENDPOINT_URL"),
             "as_of": "2026-11-04T12:00:00", "month": "2026-10"}  # fmt: skip
    save_params(load_params(ROOT / "params" / "demo.yaml", given), tmp_path / "served.yaml")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | told
    done = subprocess.run(
        [FINOPS, "collect", "--params", "served.yaml", "--output", "estate"], cwd=tmp_path,
        env=environment, text=True, capture_output=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    estate = json.loads((tmp_path / "estate" / "estate.json").read_text())
    october = next(m for m in estate["notes"]["totals"] if m["month"] == "2026-10")
    assert 79_000 < october["billed"] < 81_000
    assert estate["rows"]["instances"] > 100
    assert estate["rows"]["gaps"] == 0
