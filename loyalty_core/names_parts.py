"""Brings a name to its parts: words of surname, given name and patronymic, without titles and placeholders."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from . import names_words as words
from .names_reading import CACHED_MAX, Word, join, manner_of, word
from .transactions import Name

UNTITLED_MIN = 3
"""Letters that must remain without a glued title of two, for AMR is a name; one less without a longer one."""

_GAPS = re.compile(r"[\s/.,_]+")
_PLAIN = re.compile(r"[A-ZА-Я]+(?:[ -][A-ZА-Я]+)*")


@dataclass(frozen=True, slots=True)
class Parts:
    """A name's words. ``surname`` and ``given`` are joined words, empty where there are none; the patronymic may be an
    initial. ``plain`` has the letters of both fields as received."""

    surname: Word
    surname_words: tuple[Word, ...]
    given: Word
    given_words: tuple[Word, ...]
    patronymic: Word | None
    plain: tuple[str, str]


@lru_cache(maxsize=CACHED_MAX)
def parts_of(name: Name) -> Parts:
    surname_letters, given_letters = _split(name.surname), _split(name.given)
    plain = ("".join(surname_letters).replace("-", ""), "".join(given_letters).replace("-", ""))
    # A hyphen parts two surnames but never two given names: АННА-МАРИЯ is one name, as is ANNAMARIA.
    surname = [part for text in _untitled(surname_letters) for part in text.split("-") if part]
    given = [letters for letters in (text.replace("-", "") for text in given_letters) if letters]
    given = [letters for letters in given if letters not in words.TITLES]
    if given:
        given[-1] = without_glued_title(given[-1])
    elif surname and not plain[1]:
        surname[-1] = without_glued_title(surname[-1])
    given = [letters for letters in given if letters not in words.PLACEHOLDERS]
    manner = manner_of(plain[0]) or manner_of(plain[1])
    given_words, patronymic = _without_patronymic([word(letters, manner) for letters in given])
    surname_words = tuple(word(letters, manner) for letters in surname)
    return Parts(
        surname=join(surname_words, manner) if surname_words else word(""),
        surname_words=surname_words,
        given=join(given_words, manner) if given_words else word(""),
        given_words=given_words,
        patronymic=patronymic,
        plain=plain,
    )


def without_glued_title(letters: str) -> str:
    if not letters.endswith(words.TITLES_GLUED) or letters.endswith(words.UNTITLED):
        return letters
    title = next(title for title in words.TITLES_GLUED if letters.endswith(title))
    least = UNTITLED_MIN if len(title) == 2 else UNTITLED_MIN - 1
    return letters[: -len(title)] if len(letters) - len(title) >= least else letters


def is_initial(part: Word) -> bool:
    return len(part.letters) == 1 or part.letters in words.INITIALS_OF_TWO


def is_patronymic(reading: str) -> bool:
    return reading in words.PATRONYMICS_SHORT or (
        len(reading) >= 5 and reading.endswith(words.PATRONYMIC_ENDINGS + words.FATHER_ENDINGS)
    )


def _split(text: str) -> list[str]:
    """Words of upper-case letters, digits and hyphens; apostrophes vanish, Ё is Е."""
    if _PLAIN.fullmatch(text):
        return text.split()
    text = unicodedata.normalize("NFC", text).upper().replace("Ё", "Е")
    # Lm: the primes that ISO 9 has for Ь and Ъ, and apostrophes that count as letters.
    found = (
        "".join(c for c in part if c == "-" or (c.isalnum() and unicodedata.category(c) != "Lm"))
        for part in _GAPS.split(text)
    )
    return [part for part in found if part.strip("-")]


def _untitled(texts: list[str]) -> list[str]:
    """A surname's words without titles; a title alone is the surname (Mr Master)."""
    return [text for text in texts if text.replace("-", "") not in words.TITLES] or texts


def _without_patronymic(given: list[Word]) -> tuple[tuple[Word, ...], Word | None]:
    """Given names and patronymic (ПЕТРОВИЧ, its initial, or АЛИ ОГЛЫ as one); the first word is always a given name."""
    kept: list[Word] = []
    patronymic: Word | None = None
    for part in given:
        if len(kept) > 1 and part.readings[0] in words.FATHER_WORDS:
            patronymic = kept.pop()
        elif kept and any(map(is_patronymic, part.readings)):
            patronymic = part
        else:
            kept.append(part)
    if patronymic is None and len(kept) == 2 and len(kept[0].letters) > 1 and is_initial(kept[1]):
        patronymic = kept.pop()
    return tuple(kept), patronymic
