"""The scheduled detector and mail: deployed, run as their builds would run them, removed without residue."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from datetime import UTC, datetime, timedelta
from email import message_from_string
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import pytest
from bills import as_legacy_csv, small_bill
from cfnlint.api import lint
from moto.ses.models import ses_backends

from finops_lib.demo.emulator import start
from finops_lib.params.governance import Alerts, Budget, Detector, Governance, WeeklyMail
from finops_lib.params.tags import default_tag_keys
from finops_lib.plans.builds import detector, weekly_mail
from finops_lib.plans.builds.project import template
from finops_lib.plans.builds.source import build_zip, parameters
from finops_lib.plans.governed import deploy, remove, status

SENDER = "FinOps <finops@example.com>"
ACCOUNT, REGION, TAGS = "123456789012", "us-east-1", default_tag_keys()
BILL = ("s3://bill/cur/bill.csv",)


def test_build_zip_twice_gives_the_same_bytes_and_holds_what_pip_needs():
    given = parameters(BILL, TAGS, {"alerts": Alerts()})
    packed = build_zip(given)
    assert packed == build_zip(given)
    names = zipfile.ZipFile(io.BytesIO(packed)).namelist()
    assert {"params.yaml", "pyproject.toml", "README.md", "finops_lib/cli/__main__.py"} <= set(
        names
    )
    assert not [name for name in names if "__pycache__" in name]


@pytest.mark.parametrize("part", [detector, weekly_mail])
def test_template_is_valid_cloudformation(part):
    wanted = mailing() if part is weekly_mail else governance("json://127.0.0.1:1")
    text = json.dumps(template(part.job(wanted), "x/x.zip"))
    found = [match.rule.id for match in lint(text, regions=["us-east-1"])]
    assert [rule for rule in found if not rule.startswith("I")] == []


@pytest.fixture
def emulator():
    with start() as running:
        yield running


@pytest.fixture
def clients(emulator, monkeypatch):
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)

    @cache
    def client(account: str, region: str, service: str) -> Any:
        return boto3.client(service, region_name=region)

    s3 = client(ACCOUNT, REGION, "s3")
    for bucket in ("artifacts", "bill"):
        s3.create_bucket(Bucket=bucket)
    return client


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


def mailing() -> Governance:
    return Governance(
        artifacts="artifacts",
        schedules=(),
        budgets=(Budget(name="total", limit=3000.0),),
        alerts=Alerts(emails=("team@example.com",), sender=SENDER, smtp=f"ses:{REGION}"),
        weekly_mail=WeeklyMail(bill=BILL, subject="ACME"),
    )


def in_role(clients: Any, arn: str, stack: str) -> dict[str, str]:
    """The environment of who has taken on the stack's role; of it the emulated IAM judges actions alone."""
    body = clients(ACCOUNT, REGION, "cloudformation").get_template(StackName=stack)["TemplateBody"]
    [held] = body["Resources"]["BuildRole"]["Properties"]["Policies"]
    wide = [{**s, "Resource": "*", "Condition": {}} for s in held["PolicyDocument"]["Statement"]]
    clients(ACCOUNT, REGION, "iam").put_role_policy(
        RoleName=arn.rpartition("/")[2], PolicyName="finops",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": wide}),
    )  # fmt: skip
    taken = clients(ACCOUNT, REGION, "sts").assume_role(RoleArn=arn, RoleSessionName="build")
    key = taken["Credentials"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SESSION_TOKEN": key["SessionToken"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}  # fmt: skip


def build(clients: Any, emulator: Any, folder: Path, part: Any = detector) -> str:
    """Run the deployed project's commands on its source in its role, which IAM holds to its policy."""
    [project] = clients(ACCOUNT, REGION, "codebuild").batch_get_projects(names=[part.STACK])["projects"]  # fmt: skip
    bucket, _, key = project["source"]["location"].partition("/")
    packed = clients(ACCOUNT, REGION, "s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    folder.mkdir()
    zipfile.ZipFile(io.BytesIO(packed)).extractall(folder)
    variables = {v["name"]: v["value"] for v in project["environment"]["environmentVariables"]}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    commands = json.loads(project["source"]["buildspec"])["phases"]["build"]["commands"]
    assert commands == list(part.COMMANDS)
    role = in_role(clients, project["serviceRole"], part.STACK)
    emulator.enforce_iam = True
    done = subprocess.run(
        ["bash", "-euc", "\n".join(commands)], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, **variables, **role, "PATH": path},
    )  # fmt: skip
    emulator.enforce_iam = False
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_detector_is_deployed_tells_once_by_its_schedule_and_goes_without_residue(
    clients, emulator, inbox, tmp_path
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
    first = build(clients, emulator, tmp_path / "first")
    assert len(told) == 1, first
    assert "1 cost anomalies" in told[0]
    assert "Nothing that was not told already" in build(clients, emulator, tmp_path / "second")
    assert len(told) == 1
    assert detector.STATE in [o["Key"] for o in s3.list_objects_v2(Bucket="artifacts")["Contents"]]
    remove(clients, ACCOUNT, dry_run=False)
    assert residue(clients) == []


def residue(clients: Any) -> list[Any]:
    """Everything that a stack of ours left in the account."""

    def of(service: str) -> Any:
        return clients(ACCOUNT, REGION, service)

    return [
        *of("s3").list_objects_v2(Bucket="artifacts").get("Contents", []),
        *of("scheduler").list_schedules()["Schedules"],
        *of("codebuild").list_projects()["projects"],
        *of("iam").list_roles()["Roles"],
        *of("logs").describe_log_groups()["logGroups"],
    ]


def test_weekly_mail_is_deployed_mails_the_bill_by_its_schedule_and_goes_without_residue(
    clients, emulator, tmp_path
):
    wanted = mailing()
    clients(ACCOUNT, REGION, "s3").upload_file(
        str(a_bill(tmp_path / "bill.csv")), "bill", "cur/bill.csv"
    )
    clients(ACCOUNT, REGION, "ses").verify_email_identity(EmailAddress=SENDER)
    deploy(clients, ACCOUNT, wanted, TAGS, dry_run=False)
    assert deploy(clients, ACCOUNT, wanted, TAGS, dry_run=False)["part"].tolist() == []
    held = status(clients, ACCOUNT, wanted, TAGS).set_index("control")["status"]
    assert held["finops-weekly-mail"] == "deployed"
    scheduler = clients(ACCOUNT, REGION, "scheduler")
    [weekly] = scheduler.list_schedules()["Schedules"]
    given = scheduler.get_schedule(Name=weekly["Name"])
    assert given["ScheduleExpression"] == "cron(0 7 ? * MON *)"
    assert given["Target"]["Arn"].endswith(":project/finops-weekly-mail")
    said = build(clients, emulator, tmp_path / "first", weekly_mail)
    assert "3 pictures to team@example.com: sent." in said
    [message] = ses_backends[ACCOUNT][REGION].sent_messages
    assert (message.source, message.destinations) == ("finops@example.com", ["team@example.com"])
    parts = list(message_from_string(message.raw_data).walk())
    assert [p.get_content_type() for p in parts].count("image/png") == 3
    assert message_from_string(message.raw_data)["Subject"].startswith("ACME: costs to ")
    assert "The seven days to " in parts[1].get_payload(decode=True).decode()
    remove(clients, ACCOUNT, dry_run=False)
    assert residue(clients) == []


def test_weekly_mail_role_may_send_from_its_sender_alone_and_from_smtp_not_at_all():
    statements = template(weekly_mail.job(mailing()), "x.zip")["Resources"]["BuildRole"]
    [*_, sends] = statements["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert sends["Condition"] == {"StringEquals": {"ses:FromAddress": "finops@example.com"}}
    alerts = mailing().alerts.model_copy(update={"smtp": "mail.example.com:25"})
    by_smtp = template(
        weekly_mail.job(mailing().model_copy(update={"alerts": alerts})), "x.zip"
    )  # fmt: skip
    assert "ses:" not in json.dumps(by_smtp)


def test_deploy_without_a_bill_an_address_or_a_server_deploys_no_mail(clients):
    alerts = mailing().alerts
    for less in ({"weekly_mail": WeeklyMail()}, {"artifacts": ""}, {"budgets": ()}):
        wanted = mailing().model_copy(update=less)
        found = deploy(clients, ACCOUNT, wanted, TAGS)
        assert ("weekly mail" in set(found["part"])) == (less == {"budgets": ()})
    for less in ({"emails": ()}, {"smtp": ""}):
        wanted = mailing().model_copy(update={"alerts": alerts.model_copy(update=less)})
        assert "weekly mail" not in set(deploy(clients, ACCOUNT, wanted, TAGS)["part"])


def test_deploy_without_a_bill_or_an_address_deploys_no_detector(clients):
    for less in ({"detector": Detector()}, {"alerts": Alerts()}):
        wanted = governance("json://127.0.0.1:1").model_copy(update=less)
        assert deploy(clients, ACCOUNT, wanted, TAGS).empty
