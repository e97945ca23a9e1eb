"""Constants and conversions, each with its source; no other module spells a magic number."""

HOURS_PER_MONTH = 730.0
"""Hours in the month that AWS prices by (8,760 / 12): https://calculator.aws, "730 hours per month"."""

HOURS_PER_DAY = 24
DAYS_PER_YEAR = 365
MONTHS_PER_YEAR = 12
HOURS_PER_YEAR = HOURS_PER_DAY * DAYS_PER_YEAR

BYTES_PER_GIB = 2**30
MIB_PER_GIB = 1024

CENT = 0.01
"""The precision to which every total ties to the bill, in the billing currency."""
