"""The workbook as it would be in another month, on another basis or under other parameters."""

from __future__ import annotations

from dataclasses import replace

from finops_lib.params import Params
from finops_lib.period import Period
from finops_lib.workbook import Workbook


def variant(
    book: Workbook, *, month: str = "", basis: str = "", params: Params | None = None
) -> Workbook:
    """The workbook on the same Estate; what the checks found is not worked out anew.

    `params` may differ in how findings are planned for and bought for, not in what is a finding.
    """
    period = Period.month(month) if month else book.period
    other = replace(
        book,
        estate=replace(book.estate, period=period),
        basis=basis or book.basis,
        params=params or book.params,
    )
    # Filled in before it is asked for: the checks look at the Estate, which is the same one.
    vars(other)["_examined"] = (book.findings, book.coverage)
    return other
