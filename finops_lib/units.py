"""Constants and conversions, each with its source; no other module spells a magic number."""

HOURS_PER_MONTH = 730.0
"""Hours in the month that AWS prices by (8,760 / 12): https://calculator.aws, "730 hours per month"."""

HOURS_PER_DAY = 24
HOURS_PER_WEEK = 168
DAYS_PER_YEAR = 365
MONTHS_PER_YEAR = 12
HOURS_PER_YEAR = HOURS_PER_DAY * DAYS_PER_YEAR

BYTES_PER_GIB = 2**30
GIB_PER_TIB = 1024
MIB_PER_GIB = 1024
KIB_PER_GIB = 2**20

CENT = 0.01
"""The precision to which every total ties to the bill, in the billing currency."""


def bytes_to_gib(n_bytes: float) -> float:
    """GiB of a number of bytes (AWS bills "GB" of storage as GiB, 2^30 bytes)."""
    return n_bytes / BYTES_PER_GIB
