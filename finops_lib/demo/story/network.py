"""Networks: NAT gateways, endpoints, addresses, load balancers and the bytes that cross borders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from finops_lib.demo.story import rates, teams
from finops_lib.demo.story.ledger import Charge, Resource, identifier, resource
from finops_lib.demo.story.timeline import AS_OF

NAT_GIB_PER_HOUR = {"nat-production-a": 52.0, "nat-production-b": 22.0, "nat-research": 9.0}

HOURS_OF_OCTOBER = 744.0

OWNERS = {
    "nat-production-a": teams.SERVING,
    "nat-production-b": teams.SERVING,
    "nat-research": teams.LANGUAGE,
    "nat-staging-idle": teams.FRAUD_STAGING,
}


def network() -> Iterator[Resource]:
    """All of it; the idle parts carry the roles that the answer key names."""
    yield from _gateways()
    yield from _addresses()
    yield from _load_balancers()
    yield _distribution()
    yield resource("vpc_endpoint", "s3-development", "gateway_endpoint", "transfer", teams.RECS_DEV,
                   spec={"type": "Gateway", "service": "s3"})  # fmt: skip
    hours = Charge("AmazonVPC", "VpcEndpoint-Hours", "VpcEndpoint", "Hrs", rates.ENDPOINT_HOUR, 2.0)
    yield resource("vpc_endpoint", "sagemaker-runtime", "interface_endpoint", "transfer", teams.SERVING,
                   charges=(hours,), spec={"type": "Interface", "service": "sagemaker.runtime"})  # fmt: skip


def _gateways() -> Iterator[Resource]:
    for name, owner in OWNERS.items():
        hours = Charge("AmazonEC2", "NatGateway-Hours", "NatGateway", "Hrs", rates.NAT_HOUR, 1.0)
        gib = NAT_GIB_PER_HOUR.get(name, 0.0)
        traffic = Charge(
            "AmazonEC2", "NatGateway-Bytes", "NatGateway", "GB", rates.NAT_GIB, gib, "shifted"
        )
        is_idle = gib == 0
        yield resource(
            "nat_gateway", name, "idle_nat" if is_idle else "nat_gateway",
            "waste" if is_idle else "transfer", owner, charges=(hours,) if is_idle else (hours, traffic),
            start=datetime(2025, 9, 1), profile="nat_idle" if is_idle else "nat",
            spec={"zone": teams.MAIN_REGION + ("b" if name.endswith("-b") else "a"), "gib_per_hour": gib,
                  "address_name": f"eip-{name}"},
        )  # fmt: skip


def _addresses() -> Iterator[Resource]:
    owners = (teams.RECS_DEV, teams.SERVING_DEV, teams.VISION, teams.FRAUD_STAGING)
    for number in range(1, 9):
        region = teams.SECOND_REGION if number == 8 else teams.MAIN_REGION
        yield _address(f"eip-spare-{number}", "idle_address", owners[number % 4], "", region)
    for number in (1, 2):
        yield _address(
            f"eip-bastion-{number}", "used_address", teams.SERVING, f"bastion-{number:02d}"
        )
    for gateway, owner in OWNERS.items():
        yield _address(f"eip-{gateway}", "used_address", owner, gateway)


def _address(
    name: str, role: str, owner: teams.Owner, user: str, region: str = teams.MAIN_REGION
) -> Resource:
    usage_type = "PublicIPv4:InUseAddress" if user else "PublicIPv4:IdleAddress"
    charge = Charge("AmazonVPC", usage_type, "AllocateAddressVPC", "Hrs", rates.ADDRESS_HOUR, 1.0)
    return resource("address", name, role, "transfer" if user else "waste", owner, region=region,
                    charges=(charge,), spec={"user": user})  # fmt: skip


def _load_balancers() -> Iterator[Resource]:
    live = (("prod-api", "application", teams.SERVING), ("recs-api", "application", teams.RECS),
            ("fraud-scoring", "network", teams.FRAUD), ("features-api", "application", teams.RECS))  # fmt: skip
    for name, kind, owner in live:
        yield _load_balancer(name, kind, "live_load_balancer", owner, "load_balancer", lcu=4.0)
    idle = (("poc-search", "application", teams.VISION), ("old-gateway", "classic", teams.SERVING_DEV),
            ("blue-green-old", "network", teams.RECS))  # fmt: skip
    for name, kind, owner in idle:
        yield _load_balancer(name, kind, "idle_load_balancer", owner, "load_balancer_idle", lcu=0.0)
    yield _load_balancer("churn-canary", "application", "new_load_balancer", teams.CHURN,
                         "load_balancer_idle", lcu=0.0, start=AS_OF - timedelta(days=1, hours=12))  # fmt: skip


def _load_balancer(
    name: str, kind: str, role: str, owner: teams.Owner, profile: str, *, lcu: float,
    start: datetime | None = None,
) -> Resource:  # fmt: skip
    infix = {"application": "app/", "network": "net/", "classic": ""}[kind]
    tail = "" if kind == "classic" else "/" + identifier("vpc", f"lb/{name}")[4:20]
    suffix = {"application": "", "network": ":Network", "classic": ":Classic"}[kind]
    hours = Charge("AWSELB", "LoadBalancerUsage", "LoadBalancing" + suffix, "Hrs",
                   rates.LOAD_BALANCER_HOUR[kind], 1.0)  # fmt: skip
    units = Charge(
        "AWSELB", "LCUUsage", "LoadBalancing" + suffix, "LCU-Hrs", rates.LCU_HOUR, lcu, "traffic"
    )
    return resource(
        "load_balancer", name, role, "waste" if role == "idle_load_balancer" else "transfer", owner,
        id=f"{infix}{name}{tail}", start=start, profile=profile,
        charges=(hours, units) if lcu else (hours,), spec={"kind": kind},
    )  # fmt: skip


def cross_zone(gib_per_month: float) -> Charge:
    """Traffic to other availability zones, billed to the machine at either end."""
    return Charge("AmazonEC2", "DataTransfer-Regional-Bytes", "InterZone-Out", "GB", rates.CROSS_ZONE_GIB,
                  gib_per_month / HOURS_OF_OCTOBER, "traffic", category="transfer")  # fmt: skip


def internet(service: str, gib_per_month: float, rate: float) -> Charge:
    """Traffic to the internet; beyond the first 10 TiB of a month the rate is lower."""
    operation = {"AmazonEC2": "RunInstances", "AmazonS3": "GetObject"}[service]
    return Charge(service, "DataTransfer-Out-Bytes", operation, "GB", rate,
                  gib_per_month / HOURS_OF_OCTOBER, "traffic", category="transfer")  # fmt: skip


def inter_region(gib_per_month: float) -> Charge:
    """Copies to the second region."""
    return Charge("AmazonS3", "USE1-USW2-AWS-Out-Bytes", "PutObjectForRepl", "GB", rates.INTER_REGION_GIB,
                  gib_per_month / HOURS_OF_OCTOBER, "traffic", category="transfer")  # fmt: skip


def _distribution() -> Resource:
    cdn = Charge("AmazonCloudFront", "US-DataTransfer-Out-Bytes", "GET", "GB", rates.CDN_GIB,
                 600 / HOURS_OF_OCTOBER, "traffic")  # fmt: skip
    return resource(
        "distribution", "E2HALCYONDOCS", "cdn", "transfer", teams.SERVING, charges=(cdn,)
    )
