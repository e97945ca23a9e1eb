"""What a volume would need and cost as gp3: exact parity, or what its own metrics ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

GP3_FREE_IOPS = 3000.0
GP3_FREE_MIBPS = 125.0
"""What gp3 includes in the price of its size (https://aws.amazon.com/ebs/pricing/)."""

CONVERTIBLE = ("gp2", "io1", "io2")
"""Volume types that gp3 may replace."""

IO_SIZE_MIB = 0.25
"""The largest I/O that io1 and gp3 count as one operation, in MiB."""


@dataclass(frozen=True)
class Gp3Limits:
    """The most that one gp3 volume can be given.

    The defaults hold in every region and partition, also where larger volumes are not offered yet
    (https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html).
    """

    iops: float = 16_000.0
    mibps: float = 1_000.0
    iops_per_gib: float = 500.0


def gp3_given(volumes: pd.DataFrame) -> pd.DataFrame:
    """Columns iops and throughput_mibps of gp3 volumes: as provisioned, at least what the price includes."""
    given = volumes.reindex(columns=["iops", "throughput_mibps"]).astype("float64")
    return given.fillna(0.0).clip(lower=[GP3_FREE_IOPS, GP3_FREE_MIBPS], axis=1)


def provisioned(volumes: pd.DataFrame) -> pd.DataFrame:
    """Columns iops and throughput_mibps that each volume can do now; missing for other types.

    gp2: 3 IOPS a GiB between 100 and 16,000, bursts to 3,000 below 1,000 GiB; 128 MiB/s up to
    170 GiB, 250 MiB/s above. gp3: as provisioned, else what its price includes. io1: as provisioned, 256 KiB each, up to 500 MiB/s, from 32,000 IOPS up
    to 1,000. io2: as provisioned, 256 KiB each, up to 4,000 MiB/s.
    """
    kind, size = volumes["volume_type"], volumes["size_gib"].astype("float64")
    given = volumes["iops"].astype("float64")
    gp2_iops = (3 * size).clip(GP3_FREE_IOPS, 16_000)
    gp3 = gp3_given(volumes)
    iops = np.select(
        [kind == "gp2", kind == "gp3", kind.isin(["io1", "io2"])], [gp2_iops, gp3["iops"], given],
        default=np.nan,
    )  # fmt: skip
    io1_top = np.where(given > 32_000, 1_000.0, 500.0)
    throughput = np.select(
        [kind == "gp2", kind == "gp3", kind == "io1", kind == "io2"],
        [np.where(size <= 170, 128.0, 250.0), gp3["throughput_mibps"],
         np.minimum(given * IO_SIZE_MIB, io1_top), np.minimum(given * IO_SIZE_MIB, 4_000.0)],
        default=np.nan,
    )  # fmt: skip
    return pd.DataFrame({"iops": iops, "throughput_mibps": throughput}, index=volumes.index)


def as_gp3(
    size_gib: pd.Series, needed: pd.DataFrame, limits: Gp3Limits | None = None
) -> pd.DataFrame:
    """Columns iops and throughput_mibps of the smallest gp3 that does `needed`; missing: none does.

    `needed` has iops and throughput_mibps. gp3 gives 0.25 MiB/s an IOPS, so throughput may ask for more
    IOPS than the work does.
    """
    top = limits or Gp3Limits()
    throughput = np.ceil(needed["throughput_mibps"]).clip(lower=GP3_FREE_MIBPS)
    for_throughput = np.ceil(throughput / IO_SIZE_MIB)
    iops = np.maximum(np.ceil(needed["iops"]).clip(lower=GP3_FREE_IOPS), for_throughput)
    most = np.minimum(top.iops, (size_gib * top.iops_per_gib).clip(lower=GP3_FREE_IOPS))
    fits = (iops <= most) & (throughput <= top.mibps)
    return pd.DataFrame({"iops": iops.where(fits), "throughput_mibps": throughput.where(fits)})


def gp3_cost(size_gib: pd.Series, target: pd.DataFrame, price: Mapping[str, float]) -> pd.Series:
    """Dollars a month of gp3 volumes; `price` by gp3 (GiB), gp3-iops and gp3-throughput (MiB/s).

    A price that is missing leaves those unpriced that need it: what the size includes needs none.
    """
    iops = target["iops"] - GP3_FREE_IOPS
    throughput = target["throughput_mibps"] - GP3_FREE_MIBPS
    return (
        size_gib * price["gp3"]
        + (iops * price["gp3-iops"]).where(iops != 0, 0.0)
        + (throughput * price["gp3-throughput"]).where(throughput != 0, 0.0)
    )


def list_cost(volumes: pd.DataFrame, price: Mapping[str, float]) -> pd.Series:
    """Dollars a month of gp2, gp3, io1 and io2 volumes at list; `price` by type and "type-iops".

    io2 above 32,000 IOPS is cheaper per operation than this says.
    """
    kind, size = volumes["volume_type"], volumes["size_gib"].astype("float64")
    iops_price = (kind + "-iops").map(price).astype("float64").where(kind != "gp2", 0.0)
    others = size * kind.map(price).astype("float64") + (
        volumes["iops"].fillna(0.0).astype("float64") * iops_price
    ).where(kind != "gp2", 0.0)
    return others.where(kind != "gp3", gp3_cost(size, gp3_given(volumes), price))


def gp3_options(
    volumes: pd.DataFrame,
    measured: pd.DataFrame,
    price: Mapping[str, float],
    *,
    limits: Gp3Limits | None = None,
) -> pd.DataFrame:
    """Per volume list_cost, and iops, throughput_mibps, saving of `parity_` and `fitted_` gp3 (wide).

    `measured` has iops and throughput_mibps that the work needs (missing: not measured), headroom
    included, by the volumes' index. Work that reaches what is provisioned may be cut off by it, so fitted
    is parity there. A saving may be negative: parity of gp2 between 171 and 249 GiB costs more. Of a gp3
    volume parity is what it is, and fitted what it uses of the operations and throughput that it pays for.
    """
    now = provisioned(volumes)
    cost = list_cost(volumes, price)
    size = volumes["size_gib"].astype("float64")
    roomy = (measured <= now).all(axis=1)
    known = measured.notna().all(axis=1)
    options = {"parity": now, "fitted": measured.where(roomy, now).where(known)}
    found = pd.DataFrame({"list_cost": cost})
    for name, wanted in options.items():
        target = as_gp3(size, wanted, limits)
        found[[f"{name}_iops", f"{name}_throughput_mibps"]] = target
        found[f"{name}_saving"] = cost - gp3_cost(size, target, price)
    return found
