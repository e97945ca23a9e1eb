"""Billing exports of every form become one lake in FOCUS columns that ties to its source."""

from finops_lib.sources.billing.read import Bill, no_bill, read_bill

__all__ = ["Bill", "no_bill", "read_bill"]
