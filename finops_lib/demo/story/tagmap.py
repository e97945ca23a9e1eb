"""Map columns of the bill: one map per resource or type, taken once per line."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa

from finops_lib.demo.story.ledger import Ledger


def tag_column(
    resource: pd.Series, ledger: Ledger, spelling: Callable[[str], str] = str
) -> pa.Array:
    """The tags of each line's resource as an Arrow map; lines without a resource have an empty one."""
    maps = [[(spelling(k), v) for k, v in r.tags.items()] for r in ledger.resources]
    kinds = pa.array([*maps, []], type=pa.map_(pa.string(), pa.string()))
    index = resource.fillna(len(maps)).to_numpy(dtype=np.int64)
    return kinds.take(pa.array(index))


def details_column(instance_type: pd.Series) -> pa.Array:
    """FOCUS SkuPriceDetails: the instance type, where the charge is for an instance."""
    codes, types = pd.factorize(instance_type)
    maps = [[("InstanceType", name)] for name in types]
    kinds = pa.array([*maps, None], type=pa.map_(pa.string(), pa.string()))
    return kinds.take(pa.array(np.where(codes < 0, len(maps), codes)))


def user_key(key: str) -> str:
    """A tag key as the Cost and Usage Report 2.0 spells it: `user_team`, `aws_autoscaling_groupname`."""
    plain = key.replace(":", "_").replace("-", "_").lower()
    return plain if key.startswith("aws:") else f"user_{key}"
