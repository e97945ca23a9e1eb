"""EC2: images, instances with their Auto Scaling groups, volumes and snapshots."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.ec2.models.amis import Ami
from moto.ec2.models.elastic_block_store import Snapshot
from moto.ec2.models.instances import InstanceState

from finops_lib.demo.story.ledger import Ledger, Resource, identifier
from finops_lib.demo.story.planting.backends import VOLUME, born, ec2, subnet
from finops_lib.demo.story.timeline import AS_OF


def plant_images(ledger: Ledger) -> None:
    """The company's images; each stands on the snapshot that the ledger names."""
    snapshots = {item.name: item for item in ledger.of_kind("snapshot")}
    for item in ledger.of_kind("image"):
        backend = ec2(item)
        image = Ami(
            backend, item.id, name=item.name, creation_date=born(item), root_device_type="ebs",
            virtualization_type="hvm", architecture="x86_64", region_name=f"{item.region}a",
            root_device_name="/dev/xvda",
        )  # fmt: skip
        del backend.snapshots[image.ebs_snapshot.id]
        image.ebs_snapshot = _snapshot(snapshots[item.spec["snapshot"]], image=item)
        backend.amis[item.id] = image
        backend.create_tags([item.id], dict(item.tags))


def plant_instances(ledger: Ledger) -> None:
    """Every instance under its own id and launch time, running, stopped or Spot; then their groups."""
    images = {item.account: item.id for item in ledger.of_kind("image")}
    for item in ledger.of_kind("instance"):
        _plant_instance(item, images.get(item.account, identifier("image", "public-base")))
    members = [item for item in ledger.of_kind("instance") if item.spec["asg"]]
    for _, group in groupby(members, key=lambda item: item.spec["asg"]):
        _plant_group(list(group))


def plant_disks(ledger: Ledger) -> None:
    """Volumes, attached ones to their instance, and the snapshots that no image stands on."""
    for item in ledger.of_kind("volume"):
        _plant_volume(item)
    for item in ledger.of_kind("snapshot"):
        if item.id not in ec2(item).snapshots:
            _snapshot(item)


def _plant_instance(item: Resource, image_id: str) -> None:
    backend = ec2(item)
    (instance,) = backend.run_instances(
        image_id, 1, None, [],
        instance_type=item.spec["instance_type"], is_instance_type_default=False,
        region_name=item.region, subnet_id=subnet(item).id, block_device_mappings=[],
        instance_market_options={"MarketType": "spot"} if item.spec["is_spot"] else None,
    ).instances  # fmt: skip
    instance.id = item.id
    instance.launch_time = born(item)
    instance.virtualization_type, instance.architecture = "hvm", "x86_64"
    instance.root_device_name = "/dev/xvda"
    backend.create_tags([item.id], dict(item.tags))
    if not item.spec["is_on"]:
        stopped = (
            AS_OF - timedelta(days=40) if item.role == "stopped_instance" else AS_OF.replace(hour=7)
        )
        instance._state = InstanceState("stopped", 80)
        instance._reason = f"User initiated ({stopped:%Y-%m-%d %H:%M:%S} UTC)"


def _plant_group(members: list[Resource]) -> None:
    first = members[0]
    backend: Any = autoscaling_backends[first.account][first.region]
    name, instance_type = first.spec["asg"], first.spec["instance_type"]
    backend.create_launch_configuration(
        name=name, image_id=identifier("image", "public-base"), key_name=None, kernel_id="",
        ramdisk_id="", security_groups=[], user_data=None, instance_type=instance_type,
        instance_monitoring=False, instance_profile_name=None, spot_price=None, ebs_optimized=True,
        associate_public_ip_address=False, block_device_mappings=[],
    )  # fmt: skip
    group = backend.create_auto_scaling_group(
        name=name, availability_zones=sorted({m.spec["zone"] for m in members}), desired_capacity=0,
        max_size=2 * len(members), min_size=0, launch_config_name=name, launch_template={},
        vpc_zone_identifier=None, default_cooldown=None, health_check_period=None,
        health_check_type=None, load_balancers=[], target_group_arns=[], placement_group=None,
        termination_policies=[], tags=[],
    )  # fmt: skip
    backend.attach_instances(name, [member.id for member in members])
    group.min_size = len(members)
    group.created_time = min(born(member) for member in members)


def _plant_volume(item: Resource) -> None:
    backend = ec2(item)
    spec = item.spec
    volume = VOLUME(
        backend, item.id, int(spec["size_gib"]), backend.get_zone_by_name(spec["zone"]),
        volume_type=spec["volume_type"],
        iops=spec.get("iops", {"gp3": 3000}.get(spec["volume_type"])),
        throughput=125 if spec["volume_type"] == "gp3" else None, encrypted=True,
    )  # fmt: skip
    volume.create_time = born(item)
    backend.volumes[item.id] = volume
    backend.create_tags([item.id], dict(item.tags))
    if "instance" in spec:
        attachment = backend.attach_volume(item.id, spec["instance"], spec["device"])
        attachment.attach_time = born(item)


def _snapshot(item: Resource, image: Resource | None = None) -> Any:
    backend = ec2(item)
    volume_id = item.spec.get("volume_id", identifier("volume", f"gone/{item.name}"))
    volume = VOLUME(backend, volume_id, int(item.spec["size_gib"]), f"{item.region}a")
    words = f"Created by CreateImage for {image.id}" if image else item.name
    snapshot = Snapshot(
        backend, item.id, volume, words, encrypted=True, from_ami=image.id if image else None
    )
    snapshot.start_time = born(item)
    backend.snapshots[item.id] = snapshot
    backend.create_tags([item.id], dict(item.tags))
    return snapshot
