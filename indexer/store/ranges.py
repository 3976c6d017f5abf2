"""What a written value stands for: a size, a time, a page or a number as a half-open range.

So "2025-03" is all of that month, and every comparison is one with an end of the range.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar

from indexer.errors import UsageError

__all__ = ["Range", "iso_range", "number_of", "range_of", "year_start"]

Value = TypeVar("Value", int, str)

UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")
DATE = re.compile(r"(\d{4})(?:年|[-/年](\d{1,2})(?:月|[-/月](\d{1,2})日?)?)?")
NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")

LARGEST = 2**63 - 1  # what SQLite holds


@dataclass(frozen=True, slots=True)
class Range(Generic[Value]):
    """All values from `low` up to, and without, `high`."""

    low: Value
    high: Value


def range_of(field: str, value: str) -> Range[int]:
    """What a value of size (bytes), modified (nanoseconds since 1970, of days here) or page stands for.

    Raises UsageError for one that is none.

    >>> range_of("size", "10 kB"), range_of("page", "3")
    (Range(low=10000, high=10001), Range(low=3, high=4))
    """
    plain = _plain(value)
    if field == "modified":
        return _times(plain, value)
    found = SIZE.fullmatch(plain) if field == "size" else re.fullmatch(r"(\d+)()", plain)
    if not found or found[2] not in UNITS:
        example = "in bytes, such as 500, 20kB or 10MB" if field == "size" else "a page number, such as 3"
        raise UsageError(f"“{value}” is no {field}; write it {example}")
    amount = min(round(Decimal(found[1]) * UNITS[found[2]]), LARGEST - 1)
    return Range(amount, amount + 1)


def iso_range(value: str) -> Range[str] | None:
    """A year, a month or a day as the beginnings of ISO dates; None where it is no date.

    >>> iso_range("2025-12"), iso_range("2025/3/1")
    (Range(low='2025-12', high='2026-01'), Range(low='2025-03-01', high='2025-03-02'))
    """
    days = _days(_plain(value))
    if days is None:
        return None
    length = (4, 7, 10)[days.precision]
    return Range(days.low.date().isoformat()[:length], days.high.date().isoformat()[:length])


def number_of(value: str) -> float | None:
    """The number that a value is; None where it is none."""
    plain = _plain(value)
    return float(plain) if NUMBER.fullmatch(plain) else None


def year_start(year: int) -> int:
    """When a year begins here, in nanoseconds since 1970."""
    return _nanoseconds(datetime(year, 1, 1))


@dataclass(frozen=True, slots=True)
class _Days:
    """From one midnight here to another; precision 0 for a year, 1 for a month, 2 for a day."""

    low: datetime
    high: datetime
    precision: int


def _days(plain: str) -> _Days | None:
    found = DATE.fullmatch(plain)
    if not found:
        return None
    year, month, day = (int(part) if part else None for part in found.groups())
    try:
        low = datetime(year or 0, month or 1, day or 1)
        if day:
            return _Days(low, datetime.fromordinal(low.toordinal() + 1), 2)
        if month:
            return _Days(low, datetime(low.year + month // 12, month % 12 + 1, 1), 1)
        return _Days(low, datetime(low.year + 1, 1, 1), 0)
    except ValueError:
        return None


def _times(plain: str, value: str) -> Range[int]:
    days = _days(plain)
    if days is None:
        raise UsageError(f"“{value}” is no date; write it as 2025, 2025-03 or 2025-03-01")
    return Range(_nanoseconds(days.low), _nanoseconds(days.high))


def _nanoseconds(local: datetime) -> int:
    try:
        seconds = int(local.timestamp())
    except (OverflowError, OSError, ValueError):
        # Some systems know no times before 1970 or far ahead; no file is that old or that new.
        seconds = 0 if local.year < 1971 else LARGEST // 10**9
    return max(-LARGEST, min(seconds * 10**9, LARGEST))


def _plain(value: str) -> str:
    """Full-width digits and letters as plain ones, lower case."""
    return unicodedata.normalize("NFKC", value).strip().lower()
