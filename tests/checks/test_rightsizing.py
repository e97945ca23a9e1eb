"""Oversized machines as findings."""

from __future__ import annotations

import pytest

CHECK = "oversized_ec2_instances"


@pytest.mark.parametrize(("cpu", "expected"), [(40.0, "waste"), (40.1, "ok")])
def test_oversized_ec2_instances_headroom_decides(account, measure, status, cpu, expected):
    assert status(measure(account, "i-large", "CPUUtilization", cpu), CHECK, "i-large") == expected


def test_oversized_ec2_instances_half_a_window_is_unknown(account, measure, status):
    short = measure(account, "i-large", "CPUUtilization", 20.0, 7 * 24)
    assert status(short, CHECK, "i-large") == "unknown"


def test_oversized_ec2_instances_memory_of_half_a_window_stays(account, measure, status):
    short = measure(account, "i-large", "mem_used_percent", 20.0, 7 * 24)
    assert status(short, CHECK, "i-large") == "ok"


def test_oversized_rds_instances_without_free_memory_keep_theirs(account, measure, status):
    full = measure(account, "db-large", "FreeableMemory", 1.0)
    assert status(full, "oversized_rds_instances", "db-large") == "ok"
