"""Every check on an Estate, with the thresholds and exclusions of the parameters."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from finops_lib.checks import run_checks
from finops_lib.estate import Estate
from finops_lib.params import Params


def examine(
    estate: Estate, params: Params, only: Sequence[str] = ()
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """FINDINGS and COVERAGE of every check on the Estate, or of those that `only` names."""
    return run_checks(
        {**estate.tables, "gaps": estate["gaps"]}, as_of=estate.as_of,
        thresholds=params.checks, exclusions=params.exclusions, only=only,
    )  # fmt: skip
