"""Named converters: from the text of a value to what a transaction holds, or a refusal with its reason.

Keys of the core (codes, card and ticket numbers) are canonical from here on: only the letters and digits
named below pass. ``str.isdigit``, ``int`` and XSD patterns all accept digits of other scripts, and a coupon
whose number can be spelt twice would earn twice; so a value that Unicode would fold into another one is
refused, never folded.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

__all__ = ["CONVERTERS", "Converter", "Refusal"]


class Refusal(Exception):
    """A value that a converter does not take; ``code`` for programs, the text for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Converter:
    """``result`` is the type it makes. ``takes_empty``: an empty value is a value and not an absent one."""

    name: str
    result: type
    call: Callable[[str], Any]
    takes_empty: bool = False


_CODE = re.compile(r"[A-Z0-9]+|[А-ЯЁ0-9]+")
_LATIN_CODE = re.compile(r"[A-Z0-9]+")
_CARD = re.compile(r"[A-Z0-9]{1,25}")
_TICKET = re.compile(r"[0-9]{13}")
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_FLIGHT = re.compile(r"([0-9]{1,5})([A-Z]?)")
_AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def _refuse_folding(value: str) -> None:
    if not value.isascii() and unicodedata.normalize("NFKC", value) != value:
        raise Refusal(
            "value_not_canonical", "the value has characters that are another spelling of plain ones"
        )


def _text(value: str) -> str:
    return value


def _upper(value: str) -> str:
    return value.upper()


def _written(form: re.Pattern[str], code: str, text: str) -> Callable[[str], str]:
    """A converter that takes values of this form as they are and refuses others with this code and text."""

    def convert(value: str) -> str:
        if form.fullmatch(value) is None:
            _refuse_folding(value)
            raise Refusal(code, text)
        return value

    return convert


def _integer(value: str) -> int:
    if _INTEGER.fullmatch(value) is None:
        raise Refusal("integer_invalid", "a whole number of at most 15 digits is expected")
    return int(value)


def _boolean(value: str) -> bool:
    if value not in _BOOLEANS:
        raise Refusal("boolean_invalid", "true or false is expected")
    return _BOOLEANS[value]


def _flight(value: str) -> re.Match[str]:
    found = _FLIGHT.fullmatch(value)
    if found is None or not found[1].strip("0"):
        raise Refusal(
            "flight_invalid", "a flight has 1 to 5 digits, not all zero, and perhaps one letter A to Z"
        )
    return found


def _flight_number(value: str) -> str:
    """The number of a flight such as 0280A, without leading zeros and suffix."""
    return _flight(value)[1].lstrip("0")


def _flight_suffix(value: str) -> str:
    """The suffix of a flight such as 0280A, empty for most."""
    return _flight(value)[2]


def _date_iso(value: str) -> date:
    """A calendar day, yyyy-mm-dd."""
    if _DATE.fullmatch(value) is None:
        raise Refusal("date_invalid", "a date is written yyyy-mm-dd")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Refusal("date_invalid", "there is no such day in the calendar") from None


def _datetime_zoned(value: str) -> datetime:
    """An instant with its zone, yyyy-mm-ddThh:mm:ss and Z or +hh:mm; held in UTC from here on."""
    if _INSTANT.fullmatch(value) is None:
        raise Refusal("instant_invalid", "an instant is written yyyy-mm-ddThh:mm:ss with Z or +hh:mm")
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refusal("instant_invalid", "there is no such instant") from None


def _amount(value: str) -> str:
    """An amount of money as a decimal text without leading zeros; its digits behind the point stay as
    sent.
    """
    if _AMOUNT.fullmatch(value) is None:
        raise Refusal("amount_invalid", "an amount has up to 12 digits and perhaps a point and up to 3 more")
    whole, point, part = value.partition(".")
    return (whole.lstrip("0") or "0") + point + part


_CODE_TEXT = "a code has capital letters of one alphabet and digits, nothing else"
_LATIN_CODE_TEXT = "a code has capital letters A to Z and digits, nothing else"
_CARD_TEXT = "a card number has 1 to 25 characters A to Z and 0 to 9"
_TICKET_TEXT = "a ticket number has 13 digits"

CONVERTERS: Mapping[str, Converter] = {
    converter.name: converter
    for converter in (
        Converter("text", str, _text, takes_empty=True),
        Converter("upper", str, _upper, takes_empty=True),
        Converter("code", str, _written(_CODE, "code_invalid", _CODE_TEXT)),
        Converter("latin_code", str, _written(_LATIN_CODE, "code_invalid", _LATIN_CODE_TEXT)),
        Converter("card_number", str, _written(_CARD, "card_number_invalid", _CARD_TEXT)),
        Converter("ticket_number", str, _written(_TICKET, "ticket_number_invalid", _TICKET_TEXT)),
        Converter("integer", int, _integer),
        Converter("boolean", bool, _boolean),
        Converter("flight_number", str, _flight_number),
        Converter("flight_suffix", str, _flight_suffix),
        Converter("date_iso", date, _date_iso),
        Converter("datetime_zoned", datetime, _datetime_zoned),
        Converter("amount", str, _amount),
    )
}
"""All converters by the name that maps use."""
