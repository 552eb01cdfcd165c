"""Dates of teletype messages, which carry no year and often no month.

The time of receipt is the only clock: the same telegram read again with the same ``received_at`` has the
same dates.
"""

from datetime import UTC, date, datetime, timedelta

MONTHS = {
    name: number
    for names in (
        "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC",
        "ЯНВ ФЕВ МАР АПР МАЙ ИЮН ИЮЛ АВГ СЕН ОКТ НОЯ ДЕК",
    )
    for number, name in enumerate(names.split(), start=1)
}
"""Month words in flight lines. English is the rule; Russian ones are accepted, as the DCS itself accepts
them.
"""

FLIGHT_DAYS_MAX = 180
"""A flight line means the date that lies at most so many days before or after the receipt."""

CREATION_SKEW = timedelta(days=1)
"""A telegram may claim to be created so much later than we received it (clocks differ)."""


def month_day(day: int, month: int, year: int) -> date | None:
    """A calendar date, None where there is no such day (31FEB)."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def exists_in_some_year(day: int, month: int) -> bool:
    """Whether a day and month are a date at all; 29 February is, in leap years."""
    return month_day(day, month, 2024) is not None


def resolve_flight_date(day: int, month: int, received_at: datetime, year: int | None = None) -> date | None:
    """The scheduled local date of a flight line; None when no year brings it within ``FLIGHT_DAYS_MAX`` of
    receipt.

    A year that is written out (``20AUG26``) is believed, but has to lie in the same window: a list about a
    flight of years ago is damage, not news.
    """
    today = received_at.astimezone(UTC).date()
    years = (year,) if year is not None else (today.year, today.year - 1, today.year + 1)
    for candidate_year in years:
        candidate = month_day(day, month, candidate_year)
        if candidate is not None and abs((candidate - today).days) <= FLIGHT_DAYS_MAX:
            return candidate
    return None


def resolve_created(token: str, received_at: datetime) -> datetime | None:
    """Creation time from DDHHMM or DDHHMMSS: the latest month that is not later than receipt plus one day.

    Returns aware UTC, None for an impossible time such as ``311299`` or ``320000``.
    """
    received = received_at.astimezone(UTC)
    day, hour, minute = int(token[:2]), int(token[2:4]), int(token[4:6])
    second = int(token[6:8] or 0)
    latest = received + CREATION_SKEW
    year, month = latest.year, latest.month
    # Two months without a 31st never follow each other, and a 29th or 30th misses at most one month: four
    # is ample.
    for _ in range(4):
        try:
            created = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            created = None
        if created is not None and created <= latest:
            return created
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    return None


def nearest_day(day: int, to: date) -> date | None:
    """The date with this day of month that is nearest to another date (``.M/`` and ``.O/`` name only the
    day).
    """
    best: date | None = None
    for months in (-1, 0, 1):
        index = to.year * 12 + to.month - 1 + months
        candidate = month_day(day, index % 12 + 1, index // 12)
        if candidate is not None and (best is None or abs(candidate - to) < abs(best - to)):
            best = candidate
    return best
