"""Converters: what they make, and that one key has one spelling."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.mapping.converters import CONVERTERS, Refusal


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("text", "ivan I.", "ivan I."),
        ("upper", "ivan", "IVAN"),
        ("code", "S7", "S7"),
        ("code", "ДМД", "ДМД"),
        ("latin_code", "DME", "DME"),
        ("card_number", "2020000000017", "2020000000017"),
        ("ticket_number", "2981234567890", "2981234567890"),
        ("integer", "0042", 42),
        ("integer", "-7", -7),
        ("boolean", "true", True),
        ("boolean", "0", False),
        ("flight_number", "0280A", "280"),
        ("flight_suffix", "0280A", "A"),
        ("flight_suffix", "280", ""),
        ("date_iso", "2024-02-29", date(2024, 2, 29)),
        ("datetime_zoned", "2026-08-20T15:00:00+03:00", datetime(2026, 8, 20, 12, tzinfo=UTC)),
        ("datetime_zoned", "2026-08-20T15:00:00.25Z", datetime(2026, 8, 20, 15, 0, 0, 250000, tzinfo=UTC)),
        ("amount", "004000.50", "4000.50"),
        ("amount", "0", "0"),
    ],
)
def test_good_values(name: str, value: str, expected: Any) -> None:
    converter = CONVERTERS[name]
    assert converter.call(value) == expected
    assert type(converter.call(value)) is converter.result


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("code", "", "code_invalid"),
        ("code", "ut", "code_invalid"),
        ("code", "U T", "code_invalid"),
        ("code", "ДME", "code_invalid"),
        ("code", "ＵＴ", "value_not_canonical"),
        ("code", "U６", "value_not_canonical"),
        ("latin_code", "ДМД", "code_invalid"),
        ("card_number", "1010 12", "card_number_invalid"),
        ("card_number", "1" * 26, "card_number_invalid"),
        ("card_number", "１０１０", "value_not_canonical"),
        ("card_number", "١٢", "card_number_invalid"),
        ("ticket_number", "298123456789", "ticket_number_invalid"),
        ("ticket_number", "298123456789０", "value_not_canonical"),
        ("integer", "1_0", "integer_invalid"),
        ("integer", "１", "integer_invalid"),
        ("integer", "1" * 16, "integer_invalid"),
        ("boolean", "yes", "boolean_invalid"),
        ("flight_number", "000", "flight_invalid"),
        ("flight_number", "123456", "flight_invalid"),
        ("flight_suffix", "12AB", "flight_invalid"),
        ("date_iso", "2026-02-30", "date_invalid"),
        ("date_iso", "20260220", "date_invalid"),
        ("date_iso", "２026-02-20", "date_invalid"),
        ("datetime_zoned", "2026-08-20T15:00:00", "instant_invalid"),
        ("datetime_zoned", "2026-08-20T25:00:00Z", "instant_invalid"),
        ("datetime_zoned", "0001-01-01T00:00:00+14:00", "instant_invalid"),
        ("amount", "1,50", "amount_invalid"),
        ("amount", "-1", "amount_invalid"),
        ("amount", "1.2345", "amount_invalid"),
    ],
)
def test_bad_values_are_refused_with_a_code(name: str, value: str, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        CONVERTERS[name].call(value)
    assert caught.value.code == code


KEYS = ("latin_code", "card_number", "ticket_number", "flight_number", "date_iso", "amount", "integer")


@given(st.sampled_from(KEYS), st.text(max_size=30))
def test_a_key_is_ascii_or_refused(name: str, value: str) -> None:
    try:
        found = CONVERTERS[name].call(value)
    except Refusal:
        return
    assert value.isascii()
    assert type(found) is CONVERTERS[name].result
