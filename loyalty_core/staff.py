"""Who on the staff it is: two spellings of one name are one person, who can't be the second to approve.

Compared are names without case, marks, blanks and punctuation: as they look in capitals and in small letters, whatever
alphabet the letters are of, and as they read in the other alphabet.
"""

import unicodedata

from .names_reading import word

_CAPITALS = str.maketrans("АВЕЅКМНОРСТУХІЈΑΒΕΖΗΙΚΜΝΟΡΤΥΧ01", "ABESKMHOPCTYXIJABEZHIKMNOPTYXOI")
_SMALL = str.maketrans("аеорсухіјѕһԁԛԝαγηικνορτυχωl01", "aeopcyxijshdqwaynikvoptuxwioi")
"""Letters and digits that look like a Latin letter, and it. (I, l and 1 are one.)"""


def same_person(one: str, other: str) -> bool:
    """May these be one person? A name without a letter or digit may be anybody."""
    return bool(_spellings(one) & _spellings(other)) or not _letters(one) or not _letters(other)


def _letters(name: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", name) if letter.isalnum())


def _spellings(name: str) -> set[str]:
    letters = _letters(name)
    capitals = letters.upper()
    return {
        f"looks {capitals.translate(_CAPITALS)}",
        f"small {letters.casefold().translate(_SMALL)}",
        f"reads {word(capitals).key}" if capitals.isalpha() else f"looks {capitals}",
    }
