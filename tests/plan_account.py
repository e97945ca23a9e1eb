"""An emulated account with a resource for each of eleven actions, and the plan that acts on all of them."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import boto3

from finops_lib.params.governance import Limits
from finops_lib.plans.review import observe, sign

ACCOUNT, REGION = "123456789012", "us-east-1"
ALL = Limits(max_steps=1000, max_percent=100)
READS = ("Describe", "Get", "List", "Head")


class Killed(BaseException):
    """The process dies here; nothing in the library may catch it."""


class Wire:
    """Clients of the emulated account that record every call and may kill the process at one."""

    def __init__(self, url: str, config: Any = None) -> None:
        self.config = config
        self.url, self.calls, self.seen, self.lethal = url, [], set(), False
        self.clients = cache(self._client)

    def _client(self, account: str, region: str, service: str) -> Any:
        client = boto3.client(
            service, region_name=region, endpoint_url=self.url,
            aws_access_key_id="demo", aws_secret_access_key="demo", config=self.config,
        )  # fmt: skip
        client.meta.events.register("before-call.*.*", self._before)
        client.meta.events.register("after-call.*.*", self._after)
        return client

    def _before(self, model: Any, params: dict[str, Any], context: Any, **_: Any) -> None:
        key = (model.name, str(params["body"]), params["url"])
        context["boundary"] = key
        self._boundary((*key, "before"))

    def _after(self, model: Any, http_response: Any, context: Any, **_: Any) -> None:
        if http_response.status_code < 300:
            self.calls.append(context["boundary"])
        self._boundary((*context["boundary"], "after"))

    def _boundary(self, key: tuple[str, ...]) -> None:
        if self.lethal and key not in self.seen:
            self.seen.add(key)
            raise Killed

    def changes(self) -> Counter[tuple[str, ...]]:
        """How often each changing call succeeded."""
        return Counter(call for call in self.calls if not call[0].startswith(READS))


def step(number: int, action: str, resource_id: str, service: str, **changes: Any) -> dict:
    return {
        "step": number, "finding_id": f"f{number:03d}", "check_id": "c", "account_id": ACCOUNT,
        "region": REGION, "resource_id": resource_id, "service": service, "team": None,
        "owner": None, "category": "terminate", "action": action, "parameters": {},
        "before_state": None, "monthly_saving": 10.0, "monthly_saving_low": None,
        "monthly_saving_high": None, "naive_saving": 10.0, "risk": "low", "confidence": "high",
        "prerequisite": None, "not_before": None, "undo": None, "permissions": None,
        "approver": None, "status": "proposed", "note": None, **changes,
    }  # fmt: skip


def plant_and_plan(wire: Wire, each: int) -> dict:
    """`each` resources for each of eleven actions, and the signed plan that acts on all of them."""
    ec2, s3 = wire.clients(ACCOUNT, REGION, "ec2"), wire.clients(ACCOUNT, REGION, "s3")
    ml, rds = wire.clients(ACCOUNT, REGION, "sagemaker"), wire.clients(ACCOUNT, REGION, "rds")
    launched = ec2.run_instances(
        ImageId="ami-12345678", MinCount=4 * each, MaxCount=4 * each, InstanceType="m5.xlarge"
    )
    ids = [i["InstanceId"] for i in launched["Instances"]]
    rows = []
    for n in range(each):
        volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8, VolumeType="gp2")
        other = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8, VolumeType="gp2")
        address = ec2.allocate_address(Domain="vpc")
        s3.create_bucket(Bucket=f"data-{n}")
        ml.create_notebook_instance(
            NotebookInstanceName=f"nb-{n}", InstanceType="ml.t3.medium",
            RoleArn="arn:aws:iam::123456789012:role/ml",
        )  # fmt: skip
        rds.create_db_instance(
            DBInstanceIdentifier=f"db-{n}", DBInstanceClass="db.m5.large", Engine="postgres",
            AllocatedStorage=20, MasterUsername="u", MasterUserPassword="password",
        )  # fmt: skip
        cluster = rds.create_db_cluster(
            DBClusterIdentifier=f"aurora-{n}", Engine="aurora-postgresql", MasterUsername="u",
            MasterUserPassword="password",
        )["DBCluster"]  # fmt: skip
        rds.describe_db_clusters()  # moto's clusters are being created until they are asked for.
        lifecycle = {"Rules": [{"ID": "tier", "Status": "Enabled", "Filter": {"Prefix": ""},
                     "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}]}]}  # fmt: skip
        rows += [
            ("terminate_instance", ids[4 * n], "EC2", {}),
            ("stop_instance", ids[4 * n + 1], "EC2", {}),
            ("resize_instance", ids[4 * n + 2], "EC2", {"instance_type": "m5.large"}),
            ("schedule_instance", ids[4 * n + 3], "EC2", {"schedule": "office-hours"}),
            ("delete_volume", volume["VolumeId"], "EC2", {}),
            ("modify_volume", other["VolumeId"], "EC2",
             {"type": "gp3", "iops": 3000, "throughput": 125}),
            ("release_address", address["AllocationId"], "EC2", {}),
            ("put_lifecycle", f"data-{n}", "S3", {"lifecycle": lifecycle}),
            ("stop_notebook_instance", f"nb-{n}", "SageMaker", {}),
            ("delete_database", f"db-{n}", "RDS", {}),
            ("stop_database_cluster", cluster["DBClusterArn"], "RDS", {}),
        ]  # fmt: skip
    steps = [step(i, a, r, s, parameters=p) for i, (a, r, s, p) in enumerate(rows, start=1)]
    counts = {"EC2": 7 * each, "S3": each, "SageMaker": each, "RDS": 2 * each}
    seen = observe({"steps": steps, "estate_counts": counts}, wire.clients)
    wire.calls.clear()
    return sign(seen, "Ada", [row["step"] for row in steps])


def one_step(wire: Wire, action: str) -> dict:
    """The signed plan of one of the eleven actions."""
    plan = plant_and_plan(wire, 1)
    kept = [s for s in plan["steps"] if s["action"] == action]
    return sign({"steps": kept, "estate_counts": plan["estate_counts"]}, "Ada")
