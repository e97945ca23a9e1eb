"""What each limit of the checks costs and catches on labelled accounts: all but those of `thresholds.py`.

    python benchmarks/thresholds_managed.py --size 600 --seeds 2

For each limit and value: labelled waste found, false alarms, what is called waste though it cannot be
judged, and dollars of what was called waste, over all accounts. The default is marked.
"""

from __future__ import annotations

from typing import Annotated

import pandas as pd
import typer
from labelled_account import AS_OF, Account, labelled_account

from finops_lib.checks import CHECKS

SWEEPS: dict[tuple[str, str], tuple[float, ...]] = {
    ("idle_elasticache_clusters", "connection_limit"): (1, 3, 5, 7, 20, 100),
    ("idle_elasticache_clusters", "network_limit_mib_per_day"): (1, 10, 25, 100, 1_000, 10_000),
    ("idle_elasticache_clusters", "window_days"): (1, 3, 7, 14),
    ("oversized_elasticache_nodes", "headroom"): (0.0, 0.1, 0.2, 0.4, 0.6),
    ("idle_opensearch_domains", "rate_limit_per_minute"): (0.1, 1, 10, 50, 100),
    ("idle_opensearch_domains", "requests_limit_per_hour"): (1, 10, 60, 1_000, 10_000),
    ("idle_redshift_clusters", "window_days"): (1, 3, 7, 14),
    ("idle_ecs_services", "cpu_limit_pct"): (0.1, 0.5, 1, 5, 50, 100),
    ("idle_ecs_services", "network_limit_kib_per_s"): (0.001, 0.1, 1, 100),
    ("idle_dynamodb_tables", "window_days"): (1, 3, 7, 14),
    ("unused_dynamodb_capacity", "peak_factor"): (1, 1.5, 2, 5, 10),
    ("unused_dynamodb_capacity", "min_saving_share"): (0.0, 0.1, 0.2, 0.5, 0.9),
    ("lasting_glue_endpoints", "max_age_days"): (1, 3, 7, 30, 365),
    ("unused_lambda_memory", "headroom"): (0.0, 0.2, 0.5, 0.75),
    ("unused_lambda_memory", "max_slowdown"): (0.01, 0.05, 0.25, 1.0),
    ("unused_lambda_memory", "min_saving_share"): (0.0, 0.1, 0.3, 0.6, 0.9),
    ("unused_lambda_concurrency", "headroom"): (0.0, 0.2, 0.5, 0.9),
    ("idle_gpu_training_jobs", "gpu_limit_pct"): (1, 2, 5, 20, 85, 95),
    ("idle_gpu_training_jobs", "min_hours"): (0.5, 1, 10, 24),
    ("runaway_training_jobs", "factor"): (1.2, 1.4, 2, 5, 15, 25),
    ("runaway_training_jobs", "min_history"): (1, 3, 4, 10),
    ("cpu_bound_gpu_instances", "cpu_limit_pct"): (50, 70, 90, 98),
    ("cpu_bound_gpu_instances", "gpu_limit_pct"): (10, 25, 50, 80, 98),
    ("cpu_bound_gpu_instances", "min_share"): (0.1, 0.5, 0.9, 1.0),
    ("cpu_bound_gpu_training_jobs", "cpu_limit_pct"): (50, 70, 90, 98),
    ("cpu_bound_gpu_training_jobs", "gpu_limit_pct"): (5, 10, 50, 80, 98),
    ("duplicate_s3_objects", "min_gib"): (1, 50, 100, 200, 500),
    ("noncurrent_s3_versions", "keep_days"): (0, 30, 90, 365),
    ("noncurrent_s3_versions", "min_gib"): (1, 100, 300, 1_000),
    ("obsolete_s3_objects", "max_age_days"): (0, 180, 365, 600, 1_000),
    ("obsolete_s3_objects", "max_reads_per_object"): (0.01, 0.1, 1, 10),
    ("compressible_s3_objects", "min_gib"): (1, 100, 500, 2_000),
    ("unfinished_s3_uploads", "min_age_days"): (0, 1, 7, 90, 1_000),
    ("unlimited_log_groups", "min_stored_gib"): (0.1, 1, 100, 2_000),
    ("unlimited_log_groups", "retention_days"): (7, 30, 90, 365, 900),
    ("old_generation_ec2_instances", "min_saving_pct"): (0, 3, 4, 10, 30),
    ("graviton_ec2_instances", "min_saving_pct"): (0, 5, 15, 25),
    ("old_generation_rds_instances", "min_saving_pct"): (0, 3, 10, 20),
    ("graviton_rds_instances", "min_saving_pct"): (0, 5, 10, 20),
    ("idle_auto_scaling_groups", "cpu_limit_pct"): (1, 2, 5, 50, 80),
    ("idle_studio_apps", "max_idle_days"): (0.01, 0.5, 2, 3, 5),
    ("oversized_ec2_instances", "percentile"): (50, 90, 99.5, 100),
    ("oversized_ec2_instances", "headroom"): (0.0, 0.1, 0.2, 0.4, 0.6),
    ("gp3_ebs_volumes", "min_saving"): (0.0, 0.5, 5, 20),
}
"""By check and limit, the values that are tried; the default is among them."""


def point(accounts: list[Account], check_id: str, limit: str, value: float) -> dict[str, object]:
    """One row of the curve."""
    check = CHECKS[check_id]
    default = check.thresholds[limit]
    counted = [_counted(account, check_id, {limit: type(default)(value)}) for account in accounts]
    found, true, false, blind, dollars = (sum(column) for column in zip(*counted, strict=True))
    return {
        "check": check_id, "limit": limit, "value": f"{value:g}",
        "default": "yes" if value == default else "", "found": f"{found:g} of {true:g}",
        "false": f"{false:g}", "unknown called waste": f"{blind:g}",
        "dollars a month": f"{dollars:,.0f}",
    }  # fmt: skip


def _counted(
    account: Account, check_id: str, settings: dict[str, float]
) -> tuple[float, float, float, float, float]:
    """Found, true, false, called waste though unknown, and dollars, of one account."""
    check = CHECKS[check_id]
    tables = [account.tables[name] for name in check.needs]
    rows = check.function(*tables, as_of=AS_OF, **settings)
    wasted = rows[(rows["status"] == "waste") & ~_protected(account, rows)]
    key = account.key[account.key["check_id"] == check_id].set_index("resource_id")["expected"]
    expected = wasted["resource_id"].map(key).fillna("ok")
    true = int((key == "waste").sum())
    counts = [int((expected == status).sum()) for status in ("waste", "ok", "unknown")]
    return counts[0], true, counts[1], counts[2], float(wasted["monthly_saving"].sum())


def _protected(account: Account, rows: pd.DataFrame) -> pd.Series:
    """Whether a tag keeps the resource whatever a check says; it counts neither way."""
    kinds = account.key.set_index("resource_id")["kind"]
    kinds = kinds[~kinds.index.duplicated()]
    return rows["resource_id"].map(kinds).fillna("").str.contains("protected")


def main(
    size: Annotated[int, typer.Option(help="resources of each labelled account")] = 600,
    seeds: Annotated[int, typer.Option(help="accounts")] = 2,
) -> None:
    """Print the curves as a Markdown table."""
    accounts = [labelled_account(size, seed) for seed in range(seeds)]
    rows = [
        point(accounts, check_id, limit, value)
        for (check_id, limit), values in SWEEPS.items()
        for value in values
    ]
    columns = list(rows[0])
    typer.echo("| " + " | ".join(columns) + " |")
    typer.echo("|" + "---|" * len(columns))
    for row in rows:
        typer.echo("| " + " | ".join(str(row[name]) for name in columns) + " |")


if __name__ == "__main__":
    typer.run(main)
