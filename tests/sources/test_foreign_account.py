"""An account that answers in part, as other emulators and young services do: gaps, never a stack trace."""

import json
from datetime import datetime
from functools import partial

import boto3
import pytest
from moto.server import ThreadedMotoServer

from finops_lib.collect import collect
from finops_lib.params import load_params
from finops_lib.period import Period
from finops_lib.run import make_report
from finops_lib.sources.aws import AwsSource
from finops_lib.sources.aws.calls import Asker, NotReadError, Session
from finops_lib.sources.aws.readers import Reader


@pytest.fixture(scope="module")
def foreign():
    """Another emulator than the demo's: no Cost Explorer data, some operations end in an HTML page."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "foreign")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "foreign")
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.delenv("AWS_PROFILE", raising=False)
        # Repeats of a request that never succeeds would take a minute.
        patch.setattr("finops_lib.collect.AwsSource", partial(AwsSource, max_attempts=1))
        yield server
    server.stop()


@pytest.fixture(scope="module")
def estate(foreign, tmp_path_factory):
    ec2 = boto3.client("ec2", region_name="us-east-1")
    ec2.create_volume(AvailabilityZone="us-east-1a", Size=100, VolumeType="gp3")
    folder = tmp_path_factory.mktemp("foreign")
    params = load_params(None, {"source.regions": ["us-east-1"]})
    return collect(
        params, folder / "estate", cache=folder / "cache",
        now=datetime(2026, 11, 25), progress=lambda *_: None,
    )  # fmt: skip


def test_collect_account_without_a_bill_keeps_what_it_has(estate):
    assert estate["volumes"]["size_gib"].to_list() == [100.0]
    assert estate.period == Period.month("2026-10")
    assert estate.currency == "USD"
    assert estate["resource_costs"].empty
    gaps = estate["gaps"].set_index("table")
    assert "Cost Explorer" in gaps.loc["costs", "reason"]


def test_collect_operation_that_ends_in_a_page_of_html_is_a_gap_in_plain_words(estate):
    reasons = estate["gaps"].set_index("table")["reason"]
    assert "list_apps" in reasons["studio_apps"]
    assert not estate["gaps"]["reason"].str.contains("<|\n").any()


@pytest.mark.slow
def test_make_report_account_without_a_bill_tells_what_can_be_told_and_names_the_rest(
    foreign, tmp_path
):
    params = load_params(None, {"source.regions": ["us-east-1"], "report.formats": ["html"]})
    folder, problems = make_report(params, tmp_path, progress=lambda *_: None)
    pages = {page.name for page in folder.glob("*.html")}
    assert pages == {"index.html", "03_optimization.html", "04_governance.html"}
    assert problems[0].startswith(
        "Not made without a bill: Visibility, Allocation, Executive summary. Cost Explorer"
    )
    assert json.loads((folder / "manifest.json").read_text())["totals"] == {
        "billed": None, "effective": None,
    }  # fmt: skip
    assert "$0.00" not in (folder / "index.html").read_text().split("Reports")[0]


def test_records_answer_of_another_form_is_a_gap(foreign):
    reader = Reader("volumes", lambda _: [{}["Volumes"]], ("ec2:DescribeVolumes",))
    asker = Asker(Session(AwsSource()), "123456789012", "us-east-1", datetime(2026, 11, 25))
    with pytest.raises(NotReadError, match=r"volumes is not of the documented form .*'Volumes'"):
        reader.records(asker)


def test_collect_page_of_html_is_told_by_its_title(estate):
    reason = estate["gaps"].set_index("table").loc["studio_apps", "reason"]
    assert reason == "sagemaker:list_apps was refused: 500 Internal Server Error"


def test_collect_account_that_holds_nothing_is_an_empty_estate(foreign, tmp_path):
    params = load_params(None, {"source.regions": ["eu-south-2"]})
    found = collect(
        params, tmp_path / "estate", cache=tmp_path / "cache",
        now=datetime(2026, 11, 25), progress=lambda *_: None,
    )  # fmt: skip
    assert found["volumes"].empty
    assert "studio_apps" in set(found["gaps"]["table"])
