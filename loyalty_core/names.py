"""Do two spellings name one person? Compares across alphabets, transliteration tables and telex habits.

A name is brought to words without titles, each word to its possible *readings* (``names_tables``). Two words
are the same name when they share a reading. What is left over decides the grade:

* EXACT: the same letters, only case, hyphens, spaces, apostrophes and Ё/Е apart;
* EQUIVALENT: the same name spelt by another table, or with titles or a patronymic more;
* PROBABLE: a given name missing, cut or only an initial; names swapped; the other sex's ending; one of two
  surnames; a letter that only some tables tell apart;
* REJECT: anything else.

Only EQUIVALENT and better may be credited; PROBABLE is for people (or a birth date) to decide.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import IntEnum
from functools import lru_cache

from . import names_tables as tables
from .transactions import Name

SURNAME_CUT_MIN = 15
"""Only a surname this long can have been cut by a line's length: IVANOV isn't IVANOVSKII cut."""
GIVEN_CUT_MIN = 2
"""Shorter beginnings of a given name are initials."""


def _rules_by_first_letter() -> dict[str, tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]]:
    """The Latin rules in their order, but for each letter only those that can begin with it."""
    found: dict[str, list[tuple[re.Pattern[str], tuple[str, ...]]]] = {}
    for pattern, readings in tables.LATIN:
        head = re.sub(r"^(?:\^|\(\?<=[^)]*\))+", "", pattern)
        letters = head[1 : head.index("]")] if head.startswith("[") else head[0]
        for letter in letters:
            found.setdefault(letter, []).append((re.compile(pattern), readings))
    return {letter: tuple(rules) for letter, rules in found.items()}


_LATIN_RULES = _rules_by_first_letter()
_REDUCTIONS = tuple((re.compile(pattern), replacement) for pattern, replacement in tables.REDUCTIONS)
_SPACES = re.compile(r"[\s/.,_]+")


class Grade(IntEnum):
    """How sure it is that two names are one person's; higher is surer."""

    REJECT = 0
    PROBABLE = 1
    EQUIVALENT = 2
    EXACT = 3


@dataclass(frozen=True, slots=True)
class Match:
    """The outcome of a comparison: ``reason`` is for logs and staff, ``score`` 0–100 orders matches."""

    grade: Grade
    reason: str
    score: int


@dataclass(frozen=True, slots=True)
class _Word:
    """One word: its plain letters and the readings they allow (the first is the likeliest)."""

    letters: str
    readings: tuple[str, ...]

    def same(self, other: "_Word") -> bool:
        return not set(self.readings).isdisjoint(other.readings)


@dataclass(frozen=True, slots=True)
class _Parsed:
    surname: _Word
    surname_words: tuple[_Word, ...]
    given: _Word
    """All given names joined, without titles and patronymic."""
    given_words: tuple[_Word, ...]
    patronymic: _Word | None
    plain: tuple[str, str]
    """Letters of surname and given field as received, for EXACT."""


def match(claim: Name, known: Sequence[Name]) -> Match:
    """Compare a claimed name with all known spellings of one person; the best outcome counts."""
    best = Match(Grade.REJECT, "no name is known", 0)
    parsed = _parse(claim)
    for name in known:
        outcome = _compare(parsed, _parse(name))
        if (outcome.grade, outcome.score) > (best.grade, best.score) or best.reason == "no name is known":
            best = outcome
            if best.grade is Grade.EXACT:
                break
    return best


def name_key(name: Name) -> str:
    """A short ASCII key that links messages about a passenger: ``IVANOV/I``, without given name ``IVANOV/``.

    The same for the usual transliterations of one name. It is coarse on purpose (different people may share
    it): use it within one departure, together with a locator or a ticket, never alone.
    """
    parsed = _parse(name)
    given = parsed.given_words[0] if parsed.given_words else parsed.given
    initial = _ascii(given.readings[0][:1])[:1]
    return f"{_ascii(parsed.surname.readings[0])}/{initial}"


def _compare(claim: _Parsed, known: _Parsed) -> Match:
    if not claim.surname.letters:
        return Match(Grade.REJECT, "the surname is missing", 0)
    if claim.plain == known.plain and claim.given.letters:
        return Match(Grade.EXACT, "the same letters", 100)
    straight = _compare_in_order(claim, known)
    if straight.grade is not Grade.REJECT:
        return straight
    if claim.given.letters:
        if claim.surname.same(known.given) and claim.given.same(known.surname):
            return Match(Grade.PROBABLE, "surname and given name are swapped", 70)
    else:
        # Everything in the surname field: "IVANOV IVAN", with or without a patronymic behind.
        first, rest = claim.surname_words[0], claim.surname_words[1:]
        if rest and any(
            a.same(known.surname) and b.same(known.given)
            for a, b in ((first, rest[0]), (rest[0], first), (first, _join(rest)))
        ):
            return Match(Grade.PROBABLE, "both names stand in the surname field", 70)
    return straight


def _compare_in_order(claim: _Parsed, known: _Parsed) -> Match:
    surname = _compare_surnames(claim, known)
    given = _compare_given(claim, known)
    grade = min(surname.grade, given.grade)
    if grade is Grade.REJECT:
        worse = surname if surname.grade is Grade.REJECT else given
        return Match(Grade.REJECT, worse.reason, min(surname.score, given.score))
    reasons = [part.reason for part in (surname, given) if part.grade < Grade.EXACT]
    if grade is Grade.EXACT:  # the letters agree, but not the fields as a whole: titles
        return Match(Grade.EQUIVALENT, "the same letters but for titles", 98)
    return Match(grade, "; ".join(reasons), min(surname.score, given.score))


def _compare_surnames(claim: _Parsed, known: _Parsed) -> Match:
    a, b = claim.surname, known.surname
    if a.letters == b.letters:
        return Match(Grade.EXACT, "", 100)
    if a.same(b):
        return Match(Grade.EQUIVALENT, "the surname is spelt by another table", 95)
    if _mixed_up(a, b):
        return Match(Grade.PROBABLE, "the surname differs by a letter that spellings mix up", 80)
    if any(_other_sex(x, y) for x in a.readings for y in b.readings):
        return Match(Grade.PROBABLE, "the surname has the ending of the other sex", 75)
    if len(claim.surname_words) != len(known.surname_words) and any(
        x.same(y)
        for x in (claim.surname_words if len(claim.surname_words) > 1 else (a,))
        for y in (known.surname_words if len(known.surname_words) > 1 else (b,))
    ):
        return Match(Grade.PROBABLE, "only one of two surnames agrees", 65)
    if _starts(a, b, SURNAME_CUT_MIN):
        return Match(Grade.PROBABLE, "the surname is cut", 65)
    return Match(Grade.REJECT, "the surname is another one", _likeness(a, b))


def _compare_given(claim: _Parsed, known: _Parsed) -> Match:
    a, b = claim.given, known.given
    if not a.letters or not b.letters:
        return Match(Grade.PROBABLE, "the given name is missing", 50)
    same = a.same(b)
    patronymics = _compare_patronymics(claim.patronymic, known.patronymic)
    if same and not patronymics:
        return Match(Grade.PROBABLE, "the patronymic is another one", 60)
    if a.letters == b.letters and claim.patronymic is None and known.patronymic is None:
        return Match(Grade.EXACT, "", 100)
    if same:
        spelt = a.letters != b.letters
        reason = "the given name is spelt by another table" if spelt else "a patronymic more or less"
        return Match(Grade.EQUIVALENT, reason, 95)
    for longer, shorter in ((claim, known), (known, claim)):
        reason, grade, score = _compare_longer_given(longer, shorter)
        if grade is not Grade.REJECT:
            return Match(grade, reason, score)
    if _mixed_up(a, b):
        return Match(Grade.PROBABLE, "the given name differs by a letter that spellings mix up", 80)
    return Match(Grade.REJECT, "the given name is another one", _likeness(a, b))


def _compare_longer_given(longer: _Parsed, shorter: _Parsed) -> tuple[str, Grade, int]:
    """How a given name with more letters can still be the shorter one."""
    first = longer.given_words[0]
    if len(longer.given_words) > 1 and first.same(shorter.given):
        rest = longer.given_words[1:]
        if all(len(word.letters) == 1 for word in rest):
            father = shorter.patronymic
            if father is None or _starts(_join(rest), father, 1):
                return "the initial of a patronymic more", Grade.EQUIVALENT, 92
        if shorter.patronymic is not None and _starts(_join(rest), shorter.patronymic, 1):
            return "the patronymic is cut", Grade.EQUIVALENT, 92
        return "one given name more", Grade.PROBABLE, 70
    for whole in longer.given.readings:
        for part in shorter.given.readings:
            if part and whole.startswith(part):
                rest_letters = whole[len(part) :]
                if len(part) >= 3 and len(rest_letters) >= 5 and _is_patronymic(rest_letters):
                    return "a patronymic is glued to the given name", Grade.EQUIVALENT, 90
                if len(shorter.given.letters) == 1:
                    return "only the initial of the given name", Grade.PROBABLE, 55
                if len(part) >= GIVEN_CUT_MIN:
                    return "the given name is cut", Grade.PROBABLE, 65
    # An initial of the transliterated letter: I for Ю, Y for Я, Z for Ж.
    if len(shorter.given.letters) == 1 and _ascii(longer.given.readings[0])[:1] == _ascii(
        shorter.given.readings[0]
    ):
        return "only the initial of the given name", Grade.PROBABLE, 55
    return "", Grade.REJECT, 0


def _compare_patronymics(a: _Word | None, b: _Word | None) -> bool:
    return a is None or b is None or a.same(b)


def _other_sex(a: str, b: str) -> bool:
    for male, female in tables.SEX_ENDINGS:
        for x, y in ((a, b), (b, a)):
            if x.endswith(male) and y.endswith(female) and x[: -len(male)] == y[: -len(female)] != "":
                return True
    return False


def _starts(a: _Word, b: _Word, length_min: int) -> bool:
    """True when one word is the beginning of the other, long enough to mean something."""
    for x in a.readings:
        for y in b.readings:
            short, long = sorted((x, y), key=len)
            if len(short) >= length_min and long.startswith(short):
                return True
    return False


def _mixed_up(a: _Word, b: _Word) -> bool:
    """Equal but for letters that only some tables tell apart (Ы and И, Щ and Ш) or by a doubtful reading."""
    return not _coarse(a.letters).isdisjoint(_coarse(b.letters))


@lru_cache(maxsize=50_000)
def _coarse(letters: str) -> frozenset[str]:
    return frozenset(_ascii(reading) for reading in _readings(letters, doubtful=True))


def _likeness(a: _Word, b: _Word) -> int:
    return int(40 * SequenceMatcher(None, a.readings[0], b.readings[0], autojunk=False).ratio())


def _is_patronymic(reading: str) -> bool:
    return len(reading) >= 5 and reading.endswith(tables.PATRONYMIC_ENDINGS)


def _ascii(reading: str) -> str:
    return "".join(tables.ASCII[letter] for letter in reading)


def _join(words: Sequence[_Word]) -> _Word:
    return words[0] if len(words) == 1 else _word("".join(word.letters for word in words))


@lru_cache(maxsize=50_000)
def _parse(name: Name) -> _Parsed:
    surname_letters, given_letters = _split(name.surname), _split(name.given)
    plain = ("".join(surname_letters), "".join(given_letters))
    # A hyphen parts two surnames but never two given names: АННА-МАРИЯ is one name, as is ANNAMARIA.
    surname_words = [_word(part) for part in _without_titles(_split(name.surname.replace("-", " ")))]
    given_letters = _without_titles(given_letters)
    if given_letters:
        given_letters[-1] = _without_glued_title(given_letters[-1])
    elif surname_words and not name.given.strip():
        surname_words[-1] = _word(_without_glued_title(surname_words[-1].letters))
    given_words, patronymic = _without_patronymic([_word(part) for part in given_letters])
    given_words = [word for word in given_words if word.letters not in tables.PLACEHOLDERS]
    return _Parsed(
        surname=_join(surname_words) if surname_words else _word(""),
        surname_words=tuple(surname_words),
        given=_join(given_words) if given_words else _word(""),
        given_words=tuple(given_words),
        patronymic=patronymic,
        plain=plain,
    )


def _split(text: str) -> list[str]:
    """Words of upper-case letters and digits; hyphens and apostrophes vanish, Ё is Е."""
    text = unicodedata.normalize("NFC", text).upper().replace("Ё", "Е")
    words = ("".join(c for c in part if c.isalnum()) for part in _SPACES.split(text))
    return [word for word in words if word]


def _without_titles(words: list[str]) -> list[str]:
    return [word for word in words if word not in tables.TITLES]


def _without_glued_title(word: str) -> str:
    for title in tables.TITLES_GLUED:
        # Three letters must remain: AMR and OMRI are names.
        if word.endswith(title) and len(word) - len(title) >= 3:
            return word[: -len(title)]
    return word


def _without_patronymic(words: list[_Word]) -> tuple[list[_Word], _Word | None]:
    """Given names and patronymic (ПЕТРОВИЧ, or АЛИ ОГЛЫ as one); the first word is always a given name."""
    kept: list[_Word] = []
    patronymic: _Word | None = None
    for word in words:
        if len(kept) > 1 and word.readings[0] in tables.FATHER_WORDS:
            patronymic = kept.pop()
        elif kept and any(_is_patronymic(reading) for reading in word.readings):
            patronymic = word
        else:
            kept.append(word)
    return kept, patronymic


@lru_cache(maxsize=50_000)
def _word(letters: str) -> _Word:
    return _Word(letters, _readings(letters))


def _readings(letters: str, doubtful: bool = False) -> tuple[str, ...]:
    if any("А" <= letter <= "ӿ" for letter in letters):
        cyrillic = (tables.LOOKALIKES.get(letter, letter) for letter in letters)
        return (_reduce("".join(tables.CYRILLIC.get(letter, "") for letter in cyrillic)),)
    if not tables.DOMESTIC_ZONE_DIGITS.isdisjoint(letters) and all(
        c in tables.DOMESTIC_ZONE for c in letters
    ):
        zone = (tables.DOMESTIC_ZONE[letter] for letter in letters)
        return (_reduce("".join(tables.CYRILLIC[letter] for letter in zone)),)
    return _latin_readings(letters, doubtful)


def _latin_readings(letters: str, doubtful: bool) -> tuple[str, ...]:
    decomposed = unicodedata.normalize("NFD", "".join(tables.LATIN_SPECIAL.get(c, c) for c in letters))
    text = "".join(c for c in decomposed if not unicodedata.combining(c))
    readings = [""]
    place = 0
    while place < len(text):
        length = 1
        choices: tuple[str, ...] = ("",)
        for pattern, found in _LATIN_RULES.get(text[place], ()):
            hit = pattern.match(text, place)
            if hit:
                length, choices = hit.end() - place, found
                break
        # Likelier first: the leading choice of every rule stays in front, so a cut drops far-fetched ones.
        choices = tuple(c.lstrip("?") for c in choices if doubtful or not c.startswith("?"))
        readings = [reading + choice for choice in choices for reading in readings][: tables.READINGS_MAX]
        place += length
    return tuple(dict.fromkeys(_reduce(reading) for reading in readings))


def _reduce(reading: str) -> str:
    for pattern, replacement in _REDUCTIONS:
        reading = pattern.sub(replacement, reading)
    return reading
