"""EBS: root and data volumes, the ones that nothing uses, snapshots and the images built on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from finops_lib.demo.story import rates, teams
from finops_lib.demo.story.ledger import Charge, Resource, resource
from finops_lib.demo.story.timeline import AS_OF

USAGE_TYPES = {
    "gp2": "EBS:VolumeUsage.gp2",
    "gp3": "EBS:VolumeUsage.gp3",
    "io1": "EBS:VolumeUsage.piops",
    "io2": "EBS:VolumeUsage.io2",
}
INCLUDED_IOPS = {"gp3": 3000}

UNATTACHED_SIZES = (500,) * 5 + (100,) * 40 + (50,) * 40
"""85 volumes of 8,500 GiB together."""

OLD_SNAPSHOTS = 520
OLD_SNAPSHOT_GIB = 15_000.0
STORED_SHARE = 0.4
"""What a snapshot stores of its volume's size, on average: later ones hold changed blocks only."""


def volume(
    name: str, role: str, owner: teams.Owner, size_gib: float, volume_type: str, **more: Any
) -> Resource:
    """A volume with its charges for space and, where they are paid, for operations."""
    spec = {"size_gib": size_gib, "volume_type": volume_type, **more.pop("spec", {})}
    category = more.pop("category", "storage")
    charges = _volume_charges(size_gib, volume_type, spec.get("iops"))
    return resource("volume", name, role, category, owner, charges=charges, spec=spec, **more)


def attached_volumes(instances: Sequence[Resource]) -> Iterator[Resource]:
    """The root volume of every instance, and data volumes of those that keep data."""
    for machine in instances:
        root = machine.spec["root_gib"], machine.spec["root_type"]
        yield _attached(machine, "root", "root_volume", *root, device="/dev/xvda")
    by_name = {machine.name: machine for machine in instances}
    for number in (1, 2, 3):
        host = by_name[f"kafka-broker-{number:02d}"]
        yield _attached(host, "io2", "oversized_io2", 500, "io2", iops=8000, profile="quiet_disk")
    host = by_name["feature-store-01"]
    yield _attached(host, "io2", "busy_io2", 500, "io2", iops=16_000, profile="busy_disk")
    for number in range(1, 17):
        host = by_name[f"dev-workbench-{number:02d}"]
        yield _attached(host, "data", "data_volume", 500, "gp2", profile="quiet_disk")
    for number in (1, 2, 3, 4, 5):
        host = by_name[f"feature-store-{number:02d}"]
        yield _attached(host, "data", "data_volume", 200, "gp3", profile="quiet_disk")


def unattached_volumes() -> Iterator[Resource]:
    """85 volumes of 8,500 GiB that nothing uses, and two that only look so."""
    owners = (teams.RECS_DEV, teams.VISION, teams.SERVING_DEV, teams.CHURN, teams.LANGUAGE)
    for number, size_gib in enumerate(UNATTACHED_SIZES, start=1):
        region = teams.SECOND_REGION if number % 9 == 0 else teams.MAIN_REGION
        kind = {0: "gp3", 1: "io1"}.get(number % 17, "gp2")
        spec = {"zone": region + "a"} | ({"iops": 100} if kind == "io1" else {})
        yield volume(
            f"orphan-{number:02d}", "unattached_volume", owners[number % 5], size_gib, kind,
            region=region, spec=spec, category="waste",
        )  # fmt: skip
    recent = {"zone": teams.MAIN_REGION + "a"}
    yield volume("restore-test", "fresh_volume", teams.FRAUD_STAGING, 200, "gp3",
                 start=AS_OF - timedelta(days=2), spec=recent)  # fmt: skip
    yield volume("moved-yesterday", "detached_yesterday", teams.RECS, 300, "gp2",
                 start=datetime(2026, 3, 3), spec=recent, profile="disk_until_yesterday")  # fmt: skip


def snapshots(volumes: Sequence[Resource], seed: int) -> Iterator[Resource]:
    """520 forgotten snapshots of 15,000 GiB; and those of an image, of a backup and of this month."""
    rng = np.random.default_rng(seed)
    sizes = rng.choice([8.0, 16.0, 24.0, 40.0, 60.0], size=OLD_SNAPSHOTS)
    sizes = np.maximum(np.round(sizes * OLD_SNAPSHOT_GIB / sizes.sum()), 1.0)
    sizes[-1] += OLD_SNAPSHOT_GIB - sizes.sum()
    shares = rng.uniform(STORED_SHARE - 0.25, STORED_SHARE + 0.25, OLD_SNAPSHOTS)
    ages = rng.integers(100, 390, OLD_SNAPSHOTS)
    owners = (teams.RECS, teams.FRAUD, teams.CHURN, teams.VISION, teams.SERVING)
    for number in range(OLD_SNAPSHOTS):
        yield _snapshot(
            f"manual-{number + 1:03d}", "old_snapshot", owners[number % 5], float(sizes[number]),
            float(shares[number]), AS_OF - timedelta(days=int(ages[number])), category="waste",
        )  # fmt: skip
    for number in (1, 2, 3):
        yield _snapshot(f"base-image-{number}", "image_snapshot", teams.SERVING, 40.0, 0.9,
                        datetime(2026, 2, 1 + number), spec={"image": f"halcyon-base-{number}"})  # fmt: skip
    for number in range(1, 13):
        yield _snapshot(f"vault-{number:02d}", "backup_snapshot", teams.FRAUD, 100.0, 0.3,
                        datetime(2025, 10, 20) + timedelta(days=20 * number),
                        tags={"aws:backup:source-resource": volumes[number].bill_id})  # fmt: skip
    for number in range(1, 25):
        yield _snapshot(f"recent-{number:02d}", "recent_snapshot", teams.RECS, 80.0, 0.2,
                        AS_OF - timedelta(days=number + 3),
                        spec={"volume_id": volumes[number].id})  # fmt: skip


def images() -> Iterator[Resource]:
    """The images that instances are started from, each on a snapshot that must stay."""
    for number in (1, 2, 3):
        yield resource("image", f"halcyon-base-{number}", "image", "storage", teams.SERVING,
                       start=datetime(2026, 2, 1 + number), spec={"snapshot": f"base-image-{number}"})  # fmt: skip


def _attached(
    machine: Resource, part: str, role: str, size_gib: float, volume_type: str, **more: Any
) -> Resource:
    profile = more.pop("profile", "none")
    spec = {
        "instance": machine.id,
        "zone": machine.spec["zone"],
        "device": more.pop("device", f"/dev/sd{'f' if part == 'data' else 'g'}"),
        **more,
    }
    return volume(
        f"{machine.name}-{part}", role, machine.owner, size_gib, volume_type,
        region=machine.region, start=machine.start, spec=spec, profile=profile,
    )  # fmt: skip


def _volume_charges(size_gib: float, volume_type: str, iops: int | None) -> tuple[Charge, ...]:
    space = Charge("AmazonEC2", USAGE_TYPES[volume_type], f"CreateVolume-{volume_type.capitalize()}",
                   "GB-Mo", rates.EBS_GIB_MONTH[volume_type], size_gib, "month")  # fmt: skip
    paid_iops = (iops or 0) - INCLUDED_IOPS.get(volume_type, 0)
    if paid_iops <= 0 or volume_type not in rates.EBS_IOPS_MONTH:
        return (space,)
    usage_type = "EBS:VolumeP-IOPS." + {"io1": "piops"}.get(volume_type, volume_type)
    operations = Charge("AmazonEC2", usage_type, space.operation, "IOPS-Mo",
                        rates.EBS_IOPS_MONTH[volume_type], paid_iops, "month")  # fmt: skip
    return (space, operations)


def _snapshot(
    name: str,
    role: str,
    owner: teams.Owner,
    size_gib: float,
    share: float,
    start: datetime,
    **more: Any,
) -> Resource:
    spec = {"size_gib": size_gib, "stored_gib": size_gib * share, **more.pop("spec", {})}
    charge = Charge("AmazonEC2", "EBS:SnapshotUsage", "CreateSnapshot", "GB-Mo",
                    rates.SNAPSHOT_GIB_MONTH, size_gib * share, "month")  # fmt: skip
    category = more.pop("category", "storage")
    return resource(
        "snapshot", name, role, category, owner, start=start, charges=(charge,), spec=spec, **more
    )
