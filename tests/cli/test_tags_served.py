"""finops tags on the demo account that another process serves: up to the target, again, and back."""

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
TOTAL = "every required key"


@pytest.fixture
def finops(served, tmp_path):
    """Runs a command in a folder where `served.yaml` is the served account's parameter file."""
    bill = re.search(r"Its bill: (\S+)", served).group(1)
    moment = re.search(r"--as-of (\S+)", served).group(1)
    given = {"source.billing": [bill], "source.metric_days": 1, "as_of": moment, "month": "2026-10"}
    save_params(load_params(ROOT / "params" / "demo.yaml", given), tmp_path / "served.yaml")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    environment |= dict(re.findall(r"^  export (\w+)=(\S+)", served, re.MULTILINE))

    def run(*arguments):
        done = subprocess.run(
            [FINOPS, *arguments], cwd=tmp_path, env=environment, text=True, capture_output=True,
            timeout=900, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def reached(finops, folder):
    """Required key to (resources that carry it, resources) of the account as it is read now."""
    finops("collect", "--params", "served.yaml", "--output", folder)
    said = finops("tags", "compliance", folder, "--params", "served.yaml")
    rows = re.findall(r"^(\S.*?) +(\d+) +(\d+) +[\d.]+% +95\.0%$", said, re.MULTILINE)
    assert len(rows) == 6
    return {key: (int(tagged), int(resources)) for key, tagged, resources in rows}


def outcomes(said):
    """How many tags came to each outcome, from the table that the commands print."""
    rows = re.findall(r"^(tagged|already|undone|kept|failed\S*) .*?(\d+)$", said, re.MULTILINE)
    counts = {}
    for outcome, tags in rows:
        counts[outcome] = counts.get(outcome, 0) + int(tags)
    return counts


def test_bulk_plan_over_http_lifts_compliance_above_ninety_percent_once_and_back(finops):
    before = reached(finops, "before")
    assert before[TOTAL][0] / before[TOTAL][1] == pytest.approx(0.20, abs=0.02)
    finops("tags", "suggest", "before", "--params", "served.yaml", "--bulk", "project=shared")
    finops("tags", "approve", "tags.csv", "--approver", "Jo Doe", "--confidence", "low")
    apply = ("tags", "apply", "tags.csv", "--role", "FinOpsReader", "--execute")

    first = outcomes(finops(*apply))
    assert set(first) == {"tagged"}
    after = reached(finops, "after")
    assert after[TOTAL][1] == before[TOTAL][1]
    assert after[TOTAL][0] / after[TOTAL][1] > 0.90
    assert sum(n for n, _ in after.values()) > sum(n for n, _ in before.values())

    again = finops(*apply)
    assert outcomes(again) == {"already": first["tagged"]}
    assert "Nothing had to be changed." in again

    undone = finops("tags", "undo", "tags.log.jsonl", "--role", "FinOpsReader", "--execute")
    assert outcomes(undone) == {"undone": first["tagged"]}
    assert reached(finops, "back") == before
