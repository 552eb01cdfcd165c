"""Years and months that are not on the wire."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from adapter.wire.typeb_dates import nearest_day, resolve_created, resolve_flight_date


@pytest.mark.parametrize(
    ("day", "month", "received", "expected"),
    [
        (20, 8, datetime(2026, 8, 20), date(2026, 8, 20)),
        (31, 12, datetime(2027, 1, 1), date(2026, 12, 31)),
        (1, 1, datetime(2026, 12, 31, 23), date(2027, 1, 1)),
        (29, 2, datetime(2028, 3, 1), date(2028, 2, 29)),
        (29, 2, datetime(2027, 3, 1), None),
        (16, 2, datetime(2026, 8, 15), date(2026, 2, 16)),  # 180 days before
        (15, 2, datetime(2026, 8, 15), None),  # 181 before, 184 after
        (11, 2, datetime(2026, 8, 15), date(2027, 2, 11)),  # 180 days after
        (12, 2, datetime(2026, 8, 15), None),
    ],
)
def test_flight_dates(day: int, month: int, received: datetime, expected: date | None) -> None:
    assert resolve_flight_date(day, month, received.replace(tzinfo=UTC)) == expected


def test_a_written_year_must_lie_in_the_window_too() -> None:
    received = datetime(2026, 8, 20, tzinfo=UTC)
    assert resolve_flight_date(20, 8, received, 2026) == date(2026, 8, 20)
    assert resolve_flight_date(20, 8, received, 2025) is None


@pytest.mark.parametrize(
    ("token", "received", "expected"),
    [
        ("201205", datetime(2026, 8, 20, 15), datetime(2026, 8, 20, 12, 5)),
        ("20120533", datetime(2026, 8, 20, 15), datetime(2026, 8, 20, 12, 5, 33)),
        ("211459", datetime(2026, 8, 20, 15), datetime(2026, 8, 21, 14, 59)),  # less than a day ahead
        ("211501", datetime(2026, 8, 20, 15), datetime(2026, 7, 21, 15, 1)),
        ("312355", datetime(2026, 3, 1), datetime(2026, 1, 31, 23, 55)),  # February has no 31st
        ("312355", datetime(2027, 1, 1, 0, 5), datetime(2026, 12, 31, 23, 55)),
        ("010005", datetime(2026, 12, 31, 23, 59), datetime(2027, 1, 1, 0, 5)),
        ("291200", datetime(2027, 3, 5), datetime(2027, 1, 29, 12, 0)),
        ("320000", datetime(2026, 8, 20), None),
        ("202400", datetime(2026, 8, 20), None),
        ("000000", datetime(2026, 8, 20), None),
    ],
)
def test_creation_times(token: str, received: datetime, expected: datetime | None) -> None:
    wanted = expected.replace(tzinfo=UTC) if expected else None
    assert resolve_created(token, received.replace(tzinfo=UTC)) == wanted


def test_receipt_in_another_zone_is_the_same_instant() -> None:
    moscow = timezone(timedelta(hours=3))
    there = datetime(2026, 9, 1, 1, 0, tzinfo=moscow)
    assert resolve_created("312150", there) == datetime(2026, 8, 31, 21, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "to", "expected"),
    [
        (20, date(2026, 8, 20), date(2026, 8, 20)),
        (1, date(2026, 8, 31), date(2026, 9, 1)),
        (31, date(2026, 9, 1), date(2026, 8, 31)),
        (31, date(2026, 12, 31), date(2026, 12, 31)),
        (1, date(2026, 12, 31), date(2027, 1, 1)),
        (0, date(2026, 8, 20), None),
    ],
)
def test_nearest_day(day: int, to: date, expected: date | None) -> None:
    assert nearest_day(day, to) == expected
