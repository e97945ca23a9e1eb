"""Half-open UTC periods: a start that belongs to it and an end that does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from finops_lib.errors import ParameterError


@dataclass(frozen=True, order=True)
class Period:
    """`[start, end)` in naive UTC, the form in which the lake stores its timestamps."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Refuse time zones (the lake is naive UTC) and empty periods."""
        if self.start.tzinfo or self.end.tzinfo:
            raise ParameterError(
                "A Period holds naive UTC times; convert with naive_utc(...) before building it."
            )
        if self.end <= self.start:
            raise ParameterError(f"A period must end after it starts: {self.start} … {self.end}.")

    @classmethod
    def month(cls, text: str) -> Period:
        """The calendar month named like "2026-10"; raises ParameterError for anything else."""
        try:
            start = datetime.strptime(text, "%Y-%m")
        except ValueError:
            raise ParameterError(
                f"'{text}' is not a month; write it as YYYY-MM, for example 2026-10."
            ) from None
        return cls(start, _first_of_next_month(start))

    @classmethod
    def days_until(cls, end: datetime, days: int) -> Period:
        """The `days` days that end at `end`."""
        return cls(end - timedelta(days=days), end)

    @property
    def days(self) -> float:
        """Length in days (a month's own, not 30)."""
        return (self.end - self.start) / timedelta(days=1)

    @property
    def hours(self) -> float:
        """Length in hours."""
        return (self.end - self.start) / timedelta(hours=1)

    @property
    def label(self) -> str:
        """Name of the period: "2026-10" for a whole month, else both dates, the end exclusive."""
        if self.start.day == 1 and self.end == _first_of_next_month(self.start):
            return f"{self.start:%Y-%m}"
        return f"{self.start:%Y-%m-%d}_{self.end:%Y-%m-%d}"

    def previous(self, n: int = 1) -> Period:
        """The period `n` before: calendar months for a month, else spans of the same length."""
        if "_" in self.label:
            span = (self.end - self.start) * n
            return Period(self.start - span, self.end - span)
        start = self.start
        for _ in range(n):
            start = (start - timedelta(days=1)).replace(day=1)
        return Period.month(f"{start:%Y-%m}")

    def next(self) -> Period:
        """The period of the same kind that follows: the next calendar month, or the same span."""
        if "_" in self.label:
            return Period(self.end, self.end + (self.end - self.start))
        return Period(self.end, _first_of_next_month(self.end))

    def elapsed(self, as_of: datetime) -> Period:
        """The whole days of this period that lie before `as_of` (all of it once it is over)."""
        midnight = datetime.combine(as_of.date(), datetime.min.time())
        return (
            self
            if as_of >= self.end
            else Period(self.start, max(midnight, self.start + timedelta(days=1)))
        )

    def is_partial(self, as_of: datetime) -> bool:
        """Whether the period is unfinished at `as_of`."""
        return as_of < self.end

    def contains(self, moment: datetime) -> bool:
        """Whether `moment` lies in `[start, end)`."""
        return self.start <= moment < self.end


def naive_utc(moment: datetime | date) -> datetime:
    """`moment` as naive UTC: aware times are converted, dates become their midnight."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, datetime.min.time())
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _first_of_next_month(moment: datetime) -> datetime:
    return (moment.replace(day=1) + timedelta(days=32)).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
