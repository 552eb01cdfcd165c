"""Canonical ASCII keys: one spelling per card, ticket and person, whatever the host typed.

XSD, ``re`` and ``int()`` all take non-ASCII digits, so the same coupon could come under a second spelling and be
credited twice: keys are made here, before anything is compared or made unique.
"""

import unicodedata
from datetime import UTC, date, datetime
from functools import lru_cache

from .names import name_key
from .transactions import CardClaim, Departure, ListReceived, Name

# Russian paper and electronic stocks put a Cyrillic letter into the number; by look alone, as printed.
_LOOK_ALIKE = str.maketrans("АВСЕНКМОРТХУ", "ABCEHKMOPTXY")

CACHED_MAX = 32_768
"""Numbers whose keys are remembered: the same card and ticket are looked at by several steps of a batch."""

SURNAME_KEY_MAX = 30
"""Letters of a surname that a key looks at. Systems cut names at their own width (Astra at 64 characters of the line,
the given name down to its initial first, then the surname), so that one list has less of it than another."""

_LOCATOR_LETTERS = str.maketrans("БВГДКЛМНПРСТФХЦЖШ", "BVGDKLMNPRSTFXCZW")


@lru_cache(maxsize=CACHED_MAX)
def ascii_key(text: str) -> str:
    """Upper-case ASCII letters and digits of ``text``: spaces, punctuation and invisible characters vanish, digits of
    any script and look-alike Cyrillic letters become ASCII; a letter that has no such form is spelt by its code point
    behind a lower-case u, so that it matches only itself.
    """
    if text.isascii() and text.isalnum():
        return text.upper()
    folded = unicodedata.normalize("NFKC", text).upper().translate(_LOOK_ALIKE)
    return "".join(_ascii_letter(letter) for letter in folded)


def _ascii_letter(letter: str) -> str:
    if letter.isascii() and letter.isalnum():
        return letter
    digit = unicodedata.decimal(letter, None)
    if digit is not None:
        return str(digit)
    # Z spaces, P punctuation, C control and format characters.
    return "" if unicodedata.category(letter)[0] in "ZPC" else f"u{ord(letter):04X}"


def coupon_key(ticket: str, coupon: int) -> str:
    """``2986145372512/1``, or "" while ticket or coupon number is not known."""
    return f"{ascii_key(ticket)}/{coupon}" if ticket and coupon else ""


def ticket_identity(departure: Departure, ticket: str, coupon: int) -> str:
    return f"{departure.key}|T|{coupon_key(ticket, coupon)}"


def _person_key(name: Name) -> str:
    surname, _stroke, initial = name_key(name).partition("/")
    return f"{surname[:SURNAME_KEY_MAX]}/{initial}"


def locator_identity(departure: Departure, locator: str, name: Name) -> str:
    """A locator has one spelling in each alphabet, letter for letter (observed: the departure control system Astra)."""
    return f"{departure.key}|L|{ascii_key(locator.upper().translate(_LOCATOR_LETTERS))}|{_person_key(name)}"


def card_identity(departure: Departure, card: CardClaim, name: Name) -> str:
    return f"{departure.key}|C|{ascii_key(card.number)}|{_person_key(name)}"


def instant(moment: datetime | None) -> str:
    """``2026-08-20T12:05:00Z`` (microseconds only where there are any); "" for None. For people: these texts don't
    sort like the instants, see ``order_of``."""
    if moment is None:
        return ""
    return (
        moment.astimezone(UTC)
        .isoformat(timespec="microseconds")
        .replace(".000000", "")
        .replace("+00:00", "Z")
    )


def order_of(moment: datetime | None) -> str:
    """``2026-08-20T12:05:00.000000Z``: of one width, so that texts sort like the instants; "" for None."""
    if moment is None:
        return ""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


CORRECTED = "+"
"""Ends the edition of a correction, which is sent with the creation time of the list that it corrects: so it sorts
behind that list, and before whatever was made later."""


def edition_of(message: ListReceived) -> str:
    """The edition of a list: its creation time as ``order_of``, with a mark where it is a correction."""
    return order_of(message.edition) + (CORRECTED if message.correction else "")


def moment_of(order: str) -> datetime:
    """The instant (aware UTC) that ``order_of`` wrote."""
    return datetime.fromisoformat(order)


def read_date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
