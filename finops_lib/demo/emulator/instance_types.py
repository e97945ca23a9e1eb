"""Instance types that moto does not list: the three of the p3 family that the company runs."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES, InstanceType, InstanceTypeBackend

P3 = {"p3.2xlarge": (8, 61, 1), "p3.8xlarge": (32, 244, 4), "p3.16xlarge": (64, 488, 8)}
"""vCPUs, GiB of memory and V100 GPUs of 16 GiB (https://aws.amazon.com/ec2/instance-types/p3/)."""

V100_MIB = 16 * 1024


def add_p3() -> None:
    """List them like any other type; a second call changes nothing."""
    for name, (cpus, memory_gib, gpus) in P3.items():
        if name not in INSTANCE_TYPES:
            INSTANCE_TYPES[name] = _p3(name, cpus, memory_gib, gpus)
            InstanceTypeBackend.instance_types.append(InstanceType(name))


def _p3(name: str, cpus: int, memory_gib: int, gpus: int) -> dict[str, Any]:
    """The family's largest type with this one's size, and without its local disks and fast network."""
    described: dict[str, Any] = deepcopy(INSTANCE_TYPES["p3dn.24xlarge"])
    described.pop("InstanceStorageInfo")
    gpu = {**described["GpuInfo"]["Gpus"][0], "Count": gpus, "LogicalGpuCount": gpus}
    gpu["MemoryInfo"] = {"SizeInMiB": V100_MIB}
    return described | {
        "InstanceType": name,
        "InstanceStorageSupported": False,
        "Hypervisor": "xen",
        "GpuInfo": {"Gpus": [gpu], "TotalGpuMemoryInMiB": gpus * V100_MIB},
        "MemoryInfo": {"SizeInMiB": memory_gib * 1024},
        "VCpuInfo": {
            "DefaultVCpus": cpus,
            "DefaultCores": cpus // 2,
            "DefaultThreadsPerCore": 2,
        },
    }
