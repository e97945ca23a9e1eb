"""Spot instead of on demand for training: what it saves after the work that interruptions repeat.

The advisor's band is the share of machines of a type that were interrupted in a month
(https://aws.amazon.com/ec2/spot/instance-advisor/); it says nothing of the next month, and SageMaker's
own Spot prices may differ from EC2's. A type or region that it does not list stays unknown.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from finops_lib.units import HOURS_PER_MONTH

VINTAGE = "Spot Instance Advisor of 2025-06"
MONTHLY_INTERRUPTED = (0.05, 0.10, 0.15, 0.20, 0.40)
"""The upper end of each band (below 5 % to 15-20 %); the open one, above 20 %, is taken as 40 %."""
RESTART_HOURS = 0.25
"""Until a new machine has loaded the data again: an assumption, as is the next."""
CHECKPOINT_HOURS = 0.5


def candidates(jobs: pd.DataFrame, advisor: pd.DataFrame) -> pd.DataFrame:
    """Per on-demand training job: expected interruptions, repeated hours, saving and saving_after share.

    `jobs` has region, instance_type, hours (of one machine), instance_count, has_checkpoint and cost;
    `advisor` region, instance_type, saving_pct and interruption_band. Interruptions come at a constant
    rate -ln(1 - p) / 730 an hour and machine, and one stops the whole job; half the hours since the
    last checkpoint (without any: of the job) and a restart are done again.
    """
    rows = jobs.assign(ec2_type=jobs["instance_type"].str.removeprefix("ml."))
    rows = rows.merge(
        advisor.rename(columns={"instance_type": "ec2_type"}), on=["region", "ec2_type"], how="left"
    )
    monthly = rows["interruption_band"].map(dict(enumerate(MONTHLY_INTERRUPTED)))
    rate = -np.log1p(-monthly) / HOURS_PER_MONTH * rows["instance_count"].astype("float64")
    kept = rows["hours"].clip(upper=CHECKPOINT_HOURS).where(rows["has_checkpoint"], rows["hours"])
    interruptions = rate * rows["hours"]
    repeated = interruptions * (kept / 2.0 + RESTART_HOURS)
    price = 1.0 - rows["saving_pct"] / 100.0
    paid = price * (1.0 + repeated / rows["hours"].where(rows["hours"] > 0))
    return rows.assign(
        interruptions=interruptions, repeated_hours=repeated, saving_share=1.0 - paid,
        saving=rows["cost"] * (1.0 - paid),
    ).drop(columns="ec2_type")  # fmt: skip
