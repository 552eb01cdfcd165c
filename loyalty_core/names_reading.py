"""One word of a name and its readings: which spellings of a word, in two alphabets, are the same word."""

import re
import unicodedata
from functools import cached_property, lru_cache
from itertools import pairwise

from . import names_tables as tables
from . import names_words as words

CACHED_MAX = 50_000
"""Words remembered: given names and common surnames come again and again."""


_BEFORE = re.compile(r"(?:\^|\(\?<[=!][^)]*\))*")


class _Table:
    """Rules sorted by the letters that they can begin with: most letters have just one, and no context."""

    def __init__(self, *parts: tables.Rules) -> None:
        self._plain: dict[str, tuple[str, ...]] = {}
        self._in_context: dict[str, list[tuple[re.Pattern[str], tuple[str, ...]]]] = {}
        for pattern, choices in (rule for part in parts for rule in part):
            head = _BEFORE.sub("", pattern, count=1)
            letters = head[1 : head.index("]")] if head.startswith("[") else head[0]
            for letter in letters:
                if letter in self._plain:
                    continue
                if pattern in (letter, f"[{letters}]"):
                    self._plain[letter] = choices
                else:
                    self._in_context.setdefault(letter, []).append((re.compile(pattern), choices))

    def read(self, letters: str) -> list[tuple[str, ...]]:
        """The choices for each place of the word."""
        found = []
        place = 0
        while place < len(letters):
            letter = letters[place]
            for pattern, choices in self._in_context.get(letter, ()):
                hit = pattern.match(letters, place)
                if hit:
                    found.append(choices)
                    place = hit.end()
                    break
            else:
                if letter in self._plain:
                    found.append(self._plain[letter])
                place += 1
        return found


_CYRILLIC = _Table(tables.CYRILLIC)
_UKRAINIAN = _Table(tables.UKRAINIAN, tables.CYRILLIC)
# By manner, and whether the word ends like a Slavic surname.
_LATIN = {
    (manner, slavic): _Table(rules, () if slavic else tables.FOREIGN, tables.LATIN)
    for manner, rules in (("", ()), ("french", tables.FRENCH), ("french name", tables.FRENCH_NAME))
    for slavic in (False, True)
}
_FRENCH_WORD = re.compile(tables.FRENCH_WORD)
_SLAVIC_WORD = re.compile(tables.SLAVIC_WORD)
_REDUCTIONS = tuple((re.compile(pattern), replacement) for pattern, replacement in tables.REDUCTIONS)
_SOFTENED = re.compile(tables.SOFTENED)
_DOUBLED = re.compile(r"([BCDGKLMNPQRTVWXZБВГДЗКЛМНПРТФХ])\1|FF(?!$)")
_ASCII = re.compile("[0-9A-Z]")
_CYRILLIC_LETTER = re.compile("[Ѐ-ӿ]")
_SIGNS = str.maketrans("ЁЪ", "ЕЬ")


class Word:
    """A word by its plain letters. ``readings`` are good for a credit, the first is the likeliest."""

    def __init__(self, letters: str, manner: str = "") -> None:
        self.letters = letters
        self._cyrillic, self._tokens = _tokens(letters, manner)
        self.readings = _spell(self._tokens, ("~", "?"))
        self._set = frozenset(self.readings)

    def same(self, other: "Word") -> bool:
        return not self._set.isdisjoint(other._set)

    def same_given(self, other: "Word") -> bool:
        """As given names, which may differ by more than surnames: there are few of them."""
        return not (self._set.isdisjoint(other._set) and self.given_readings.isdisjoint(other.given_readings))

    def mixed_up(self, other: "Word") -> bool:
        """Equal but for letters that only some tables tell apart (Ы and И, Щ and Ш) or by a doubtful reading."""
        return not self._coarse.isdisjoint(other._coarse)

    def written_alike(self, other: "Word") -> bool:
        """For a word of the same reading: no letter that tells them apart after all. Nobody transcribes within one
        alphabet: КОЗМИН is not КОЗЬМИН there. And no table doubles a consonant (only S between vowels, F at the
        end): ФИЛИПОВ is never FILIPPOV. But ГОФМАН is HOFFMANN: foreign names were transcribed by ear."""
        if self._russian and other._russian:
            return self._russian == other._russian
        across = bool(self._cyrillic) != bool(other._cyrillic)
        return self._doubled == other._doubled or (across and (self._foreign or other._foreign))

    def other_sex(self, other: "Word") -> bool:
        """The same surname with the ending of the other sex."""
        man, woman = self._stems
        other_man, other_woman = other._stems
        return not (man.isdisjoint(other_woman) and woman.isdisjoint(other_man))

    def kin(self, other: "Word") -> bool:
        """Another form of the same given name."""
        return any(
            not kin.isdisjoint(_kin().get(reading, frozenset()))
            for kin in (_kin().get(reading, frozenset()) for reading in self.given_readings)
            for reading in other.given_readings
        )

    @cached_property
    def given_readings(self) -> frozenset[str]:
        return self._wider(("?",), ("~",))

    @cached_property
    def key(self) -> str:
        """The likeliest reading in ASCII."""
        return ascii_reading(self.readings[0])

    @cached_property
    def pieces(self) -> frozenset[str]:
        """Neighbouring letters, to see how far two words are from each other."""
        framed = f" {self.readings[0]} "
        return frozenset(map("".join, pairwise(framed)))

    @cached_property
    def _coarse(self) -> frozenset[str]:
        return frozenset(map(ascii_reading, self._wider((), ("~", "?"))))

    @cached_property
    def _russian(self) -> str:
        """The Cyrillic letters where all are Russian, else nothing."""
        return self._cyrillic.translate(_SIGNS) if max(self._cyrillic, default="") <= "Я" else ""

    @cached_property
    def _doubled(self) -> int:
        return len(_DOUBLED.findall(self._cyrillic or self.letters))

    @cached_property
    def _foreign(self) -> bool:
        return not self._cyrillic and not _SLAVIC_WORD.search(self.letters)

    @cached_property
    def _stems(self) -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]:
        """What remains without a man's ending, and without a woman's; each with the ending it would need."""
        found: tuple[set[tuple[str, str]], set[tuple[str, str]]] = (set(), set())
        for endings in words.SEX_ENDINGS:
            for ending, stems in zip(endings, found, strict=True):
                stems.update(
                    (reading[: -len(ending)], endings[0])
                    for reading in self.readings
                    if reading.endswith(ending) and reading != ending
                )
        return frozenset(found[0]), frozenset(found[1])

    def _wider(self, without: tuple[str, ...], marks: tuple[str, ...]) -> frozenset[str]:
        if any(choice.startswith(marks) for choices in self._tokens for choice in choices):
            return frozenset(_spell(self._tokens, without))
        return self._set


@lru_cache(maxsize=CACHED_MAX)
def word(letters: str, manner: str = "") -> Word:
    """The word; ``manner`` is what the whole name shows of how it was written, see ``manner_of``."""
    return Word(letters, manner)


def join(parts: tuple[Word, ...], manner: str = "") -> Word:
    return parts[0] if len(parts) == 1 else word("".join(part.letters for part in parts), manner)


def manner_of(letters: str) -> str:
    """``ukrainian`` (or Belarusian) by the letters of a Cyrillic name, ``french`` by those of a Latin one, or ""."""
    if letters.isascii():
        return "french" if _FRENCH_WORD.search(letters) else ""
    return "" if tables.UKRAINIAN_LETTERS.isdisjoint(letters) else "ukrainian"


def ascii_reading(reading: str) -> str:
    return _SOFTENED.sub(_soften, reading).translate(tables.ASCII)


def _soften(found: re.Match[str]) -> str:
    if found[0] == "Е":
        return ""
    return "И" if found[0][-1] == "И" else "Е"


def _tokens(letters: str, manner: str) -> tuple[str, list[tuple[str, ...]]]:
    """The word's Cyrillic letters, nothing for a Latin one, and the choices for each letter."""
    if letters.isascii():
        if not tables.DOMESTIC_ZONE_DIGITS.isdisjoint(letters):
            zone = letters.translate(tables.DOMESTIC_ZONE)
            if not _ASCII.search(zone):
                return zone, _CYRILLIC.read(zone)
        return "", _read_latin(letters, manner)
    if _CYRILLIC_LETTER.search(letters):
        cyrillic = letters.translate(tables.LOOKALIKES)
        latin = letters.translate(tables.LOOKALIKES_LATIN)
        if latin.isascii() and _ASCII.search(cyrillic):
            return "", _read_latin(
                latin, manner
            )  # IVАNOV with one Cyrillic А: only so are all its letters of one alphabet
        return cyrillic, (_UKRAINIAN if "ukrainian" in (manner, manner_of(cyrillic)) else _CYRILLIC).read(
            cyrillic
        )
    plain = (c if c in tables.MARKED else unicodedata.normalize("NFD", c)[0] for c in letters)
    return "", _read_latin("".join(plain).translate(tables.LATIN_SPECIAL), manner)


def _read_latin(letters: str, manner: str) -> list[tuple[str, ...]]:
    spelt = "french" if _FRENCH_WORD.search(letters) else "french name" if manner == "french" else ""
    return _LATIN[spelt, _SLAVIC_WORD.search(letters) is not None].read(letters)


def _spell(tokens: list[tuple[str, ...]], without: tuple[str, ...]) -> tuple[str, ...]:
    """Every way through the choices that have none of these marks, the likeliest first, reduced."""
    readings = [""]
    sure = ""  # letters since the last place with a choice
    for choices in tokens:
        if len(choices) == 1:
            sure += choices[0]
        else:
            good = [sure + choice.lstrip("~?") for choice in choices if choice[:1] not in without]
            # The leading choice of every rule stays in front, so that a cut drops far-fetched readings.
            readings = [reading + choice for choice in good for reading in readings][: tables.READINGS_MAX]
            sure = ""
    readings = [reading + sure for reading in readings]
    text = " ".join(readings)
    for pattern, replacement in _REDUCTIONS:
        text = pattern.sub(replacement, text)
    return tuple(dict.fromkeys(text.split(" ")))


@lru_cache(maxsize=1)
def _kin() -> dict[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    for number, line in enumerate(words.KIN.strip().splitlines()):
        for spelling in line.split():
            for reading in word(spelling.replace("Ё", "Е")).readings:
                found[reading] = found.get(reading, frozenset()) | {number}
    return found
