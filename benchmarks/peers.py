"""Other tools on the same account: what they call waste, in our names of the checks.

Each runs as a program of its own, from its own environment, through the standard AWS variables and at the
account's moment (freezegun stops its clock, as an emulated account's metrics end where its story does).
Cloud Custodian has policies instead of a rule set: POLICIES are its documentation's examples, with a
window of 14 days and an age of 90. Its sagemaker-endpoint has no metrics filter, so it has none for them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

PROGRAMS = {
    "Cloud Custodian": "custodian",
    "CleanCloud": "cleancloud",
    "aws-finops-dashboard": "aws-finops",
}
"""Peer to the program that is looked for on the PATH."""

COLUMNS = ["check_id", "resource_id", "monthly_saving"]
Found = tuple[str, str, float | None]


@dataclass(frozen=True)
class Place:
    """One account in one region: the AWS variables that reach it."""

    account_id: str
    region: str
    environment: Mapping[str, str]


def _metric(
    name: str, op: str, value: float, statistic: str = "Sum", **more: Any
) -> dict[str, Any]:
    return {
        "type": "metrics", "name": name, "statistics": statistic, "days": 14, "op": op, "value": value,
        **more,
    }  # fmt: skip


_SILENT: dict[str, Any] = {"missing-value": 0}

POLICIES: dict[str, tuple[str, str, list[Any]]] = {
    "idle_ec2_instances": ("aws.ec2", "InstanceId", [
        {"State.Name": "running"}, _metric("CPUUtilization", "less-than", 5, "Average")]),
    "unattached_ebs_volumes": ("aws.ebs", "VolumeId", [{"Attachments": []}, {"State": "available"}]),
    "old_ebs_snapshots": ("aws.ebs-snapshot", "SnapshotId", [
        {"type": "age", "days": 90, "op": "ge"}, {"type": "skip-ami-snapshots", "value": True}]),
    "idle_elastic_ips": ("aws.elastic-ip", "AllocationId", [{"AssociationId": "absent"}]),
    "idle_load_balancers": ("aws.app-elb", "LoadBalancerArn", [
        _metric("RequestCount", "less-than", 1, **_SILENT)]),
    "idle_nat_gateways": ("aws.nat-gateway", "NatGatewayId", [
        _metric("BytesOutToDestination", "less-than", 1, **_SILENT)]),
    "idle_rds_instances": ("aws.rds", "DBInstanceIdentifier", [
        _metric("DatabaseConnections", "equal", 0)]),
}  # fmt: skip
"""Check of ours to Cloud Custodian's resource, the name of its id, and its filters."""

RULES = {
    "aws.ec2.gpu.idle": "idle_gpu_instances", "aws.ebs.unattached": "unattached_ebs_volumes",
    "aws.ebs.snapshot.old": "old_ebs_snapshots", "aws.ec2.elastic_ip.unattached": "idle_elastic_ips",
    "aws.elb.clb.idle": "idle_load_balancers", "aws.elbv2.alb.idle": "idle_load_balancers",
    "aws.elbv2.nlb.idle": "idle_load_balancers", "aws.ec2.nat_gateway.idle": "idle_nat_gateways",
    "aws.rds.instance.idle": "idle_rds_instances",
    "aws.sagemaker.endpoint.idle": "idle_sagemaker_endpoints",
    "aws.sagemaker.notebook.idle": "idle_notebook_instances",
}  # fmt: skip
"""CleanCloud's rules that ask what a check of ours asks."""


def run(
    peer: str, program: str, places: Sequence[Place], now: datetime
) -> tuple[pd.DataFrame, list[str]]:
    """COLUMNS of what the peer calls waste in these places, and what it could not do there."""
    tool = {
        "Cloud Custodian": _custodian,
        "CleanCloud": _cleancloud,
        "aws-finops-dashboard": _dashboard,
    }
    found: list[Found] = []
    troubles: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        _stopped_clock(Path(folder) / "clock")
        for place in places:
            work = Path(folder) / f"{place.account_id}-{place.region}"
            work.mkdir()
            base = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
            environment = {
                **base, **place.environment, "HOME": str(work), "FINOPS_NOW": now.isoformat(),
                "PYTHONPATH": str(Path(folder) / "clock"),
            }  # fmt: skip
            try:
                found += tool[peer](program, place, work, environment)
            except (subprocess.SubprocessError, OSError, ValueError, KeyError) as error:
                troubles.append(f"{place.account_id} {place.region}: {error}")
    return pd.DataFrame(found, columns=COLUMNS).drop_duplicates(COLUMNS[:2]), troubles


def _stopped_clock(folder: Path) -> None:
    """A folder for PYTHONPATH that starts any Python at FINOPS_NOW."""
    folder.mkdir()
    for name in ("freezegun", "dateutil", "six"):
        spec = find_spec(name)
        origin = Path(str(spec and spec.origin))
        if origin.name == "__init__.py":
            shutil.copytree(origin.parent, folder / name)
        else:
            shutil.copy(origin, folder)
    (folder / "sitecustomize.py").write_text(
        "import os\nfrom datetime import datetime\nimport freezegun\n"
        "now = datetime.fromisoformat(os.environ['FINOPS_NOW'])\n"
        "freezegun.freeze_time(now, tick=True).start()\n"
    )


def _call(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
    done = subprocess.run(
        command, env=dict(environment), cwd=folder, capture_output=True, text=True, timeout=600,
        check=False,
    )  # fmt: skip
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()
        print(
            f"  {Path(command[0]).name} ended with {done.returncode}: {words[-1:]}", file=sys.stderr
        )


def _custodian(
    program: str, place: Place, folder: Path, environment: Mapping[str, str]
) -> Iterator[Found]:
    policies = [
        {"name": check.replace("_", "-"), "resource": resource, "filters": filters}
        for check, (resource, _, filters) in POLICIES.items()
    ]
    (folder / "policies.yml").write_text(yaml.safe_dump({"policies": policies}))
    command = ["run", "-s", "out", "--cache-period", "0", "-r", place.region, "policies.yml"]
    _call([program, *command], environment, folder)
    for check, (_, name, _) in POLICIES.items():
        told = folder / "out" / check.replace("_", "-") / "resources.json"
        for raw in json.loads(told.read_text()) if told.exists() else []:
            yield check, raw[name], None


def _cleancloud(
    program: str, place: Place, folder: Path, environment: Mapping[str, str]
) -> Iterator[Found]:
    command = ["scan", "--provider", "aws", "--region", place.region, "--output", "json",
               "--output-file", "out.json", "--no-feedback", "--category", "all"]  # fmt: skip
    _call([program, *command], environment, folder)
    for raw in json.loads((folder / "out.json").read_text())["findings"]:
        if raw["rule_id"] in RULES:
            yield RULES[raw["rule_id"]], raw["resource_id"], raw.get("estimated_monthly_cost_usd")


def _dashboard(
    program: str, place: Place, folder: Path, environment: Mapping[str, str]
) -> Iterator[Found]:
    (folder / ".aws").mkdir()
    names = {
        "aws_access_key_id": "AWS_ACCESS_KEY_ID", "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
        "aws_session_token": "AWS_SESSION_TOKEN",
    }  # fmt: skip
    keys = [f"{key} = {environment[name]}" for key, name in names.items() if name in environment]
    (folder / ".aws/credentials").write_text("\n".join(["[here]", *keys]))
    command = ["--audit", "--profiles", "here", "--regions", place.region, "--report-name", "out",
               "--report-type", "json", "--dir", str(folder)]  # fmt: skip
    _call([program, *command], environment, folder)
    for report in folder.glob("out*.json"):
        for told in json.loads(report.read_text()):
            kinds = {"unused_volumes": "unattached_ebs_volumes", "unused_eips": "idle_elastic_ips"}
            for kind, check in kinds.items():
                for ids in told[kind].values():
                    yield from ((check, identity, None) for identity in ids)
