"""The scheduled detector: deployed, run as its build would run it, told once, removed without residue."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import pytest
from bills import as_legacy_csv, small_bill
from cfnlint.api import lint

from finops_lib.demo.emulator import start
from finops_lib.params.governance import Alerts, Detector, Governance
from finops_lib.params.tags import default_tag_keys
from finops_lib.plans.detector.source import build_zip
from finops_lib.plans.detector.stack import COMMANDS, STATE, template
from finops_lib.plans.governed import deploy, remove, status

ACCOUNT, REGION, TAGS = "123456789012", "us-east-1", default_tag_keys()
BILL = ("s3://bill/cur/bill.csv",)


def test_build_zip_twice_gives_the_same_bytes_and_holds_what_pip_needs():
    packed = build_zip(BILL, Alerts(), TAGS)
    assert packed == build_zip(BILL, Alerts(), TAGS)
    names = zipfile.ZipFile(io.BytesIO(packed)).namelist()
    assert {"params.yaml", "pyproject.toml", "README.md", "finops_lib/cli/__main__.py"} <= set(
        names
    )
    assert not [name for name in names if "__pycache__" in name]


def test_template_is_valid_cloudformation():
    text = json.dumps(template(BILL, "artifacts", "finops-detector/x.zip", "cron(0 7 * * ? *)"))
    found = [match.rule.id for match in lint(text, regions=["us-east-1"])]
    assert [rule for rule in found if not rule.startswith("I")] == []


@pytest.fixture
def clients(monkeypatch):
    with start() as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)

        @cache
        def client(account: str, region: str, service: str) -> Any:
            return boto3.client(service, region_name=region)

        s3 = client(ACCOUNT, REGION, "s3")
        for bucket in ("artifacts", "bill"):
            s3.create_bucket(Bucket=bucket)
        yield client


@pytest.fixture
def inbox():
    """What a receiver on this machine was told, and its Apprise address."""
    told: list[str] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield told, f"json://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def a_bill(path: Path) -> Path:
    """75 days of a service at about 100 a day until yesterday, and one day at 900."""
    line, today = small_bill().iloc[0], datetime.now(UTC).replace(tzinfo=None)
    rows = []
    for ago in range(75, 0, -1):
        day = (today - timedelta(days=ago)).strftime("%Y-%m-%d")
        rows.append({
            **line, "identity_line_item_id": f"line{ago}",
            "identity_time_interval": f"{day}T00:00:00Z/{day}T01:00:00Z",
            "bill_billing_period_start_date": f"{day[:7]}-01T00:00:00Z",
            "line_item_usage_start_date": f"{day}T00:00:00Z",
            "line_item_usage_end_date": f"{day}T01:00:00Z",
            "line_item_unblended_cost": 900.0 if ago == 6 else 100.0 + ago % 3,
        })  # fmt: skip
    return as_legacy_csv(pd.DataFrame(rows), path)


def governance(url: str) -> Governance:
    return Governance(
        artifacts="artifacts",
        schedules=(),
        alerts=Alerts(urls=(url,)),
        detector=Detector(bill=BILL),
    )


def build(clients: Any, folder: Path) -> str:
    """Run the deployed project's commands on its source, as CodeBuild does after it installed them."""
    [project] = clients(ACCOUNT, REGION, "codebuild").batch_get_projects(names=["finops-detector"])["projects"]  # fmt: skip
    bucket, _, key = project["source"]["location"].partition("/")
    packed = clients(ACCOUNT, REGION, "s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    folder.mkdir()
    zipfile.ZipFile(io.BytesIO(packed)).extractall(folder)
    variables = {v["name"]: v["value"] for v in project["environment"]["environmentVariables"]}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    commands = json.loads(project["source"]["buildspec"])["phases"]["build"]["commands"]
    assert commands == list(COMMANDS)
    done = subprocess.run(
        ["bash", "-euc", "\n".join(commands)], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, **variables, "PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_detector_is_deployed_tells_once_by_its_schedule_and_goes_without_residue(
    clients, inbox, tmp_path
):
    told, url = inbox
    s3, wanted = clients(ACCOUNT, REGION, "s3"), governance(url)
    s3.upload_file(str(a_bill(tmp_path / "bill.csv")), "bill", "cur/bill.csv")
    deploy(clients, ACCOUNT, wanted, TAGS, dry_run=False)
    assert deploy(clients, ACCOUNT, wanted, TAGS, dry_run=False).empty
    held = status(clients, ACCOUNT, wanted, TAGS).set_index("control")["status"]
    assert held.to_dict() == {"finops-detector": "deployed"}
    scheduler = clients(ACCOUNT, REGION, "scheduler")
    [daily] = scheduler.list_schedules()["Schedules"]
    assert scheduler.get_schedule(Name=daily["Name"])["Target"]["Arn"].endswith(":project/finops-detector")  # fmt: skip
    first = build(clients, tmp_path / "first")
    assert len(told) == 1, first
    assert "1 cost anomalies" in told[0]
    assert "Nothing that was not told already" in build(clients, tmp_path / "second")
    assert len(told) == 1
    assert STATE in [o["Key"] for o in s3.list_objects_v2(Bucket="artifacts")["Contents"]]
    remove(clients, ACCOUNT, dry_run=False)
    assert "Contents" not in s3.list_objects_v2(Bucket="artifacts")
    assert scheduler.list_schedules()["Schedules"] == []
    assert clients(ACCOUNT, REGION, "codebuild").list_projects()["projects"] == []
    assert clients(ACCOUNT, REGION, "iam").list_roles()["Roles"] == []
    assert clients(ACCOUNT, REGION, "logs").describe_log_groups()["logGroups"] == []


def test_deploy_without_a_bill_or_an_address_deploys_no_detector(clients):
    for less in ({"detector": Detector()}, {"alerts": Alerts()}):
        wanted = governance("json://127.0.0.1:1").model_copy(update=less)
        assert deploy(clients, ACCOUNT, wanted, TAGS).empty
