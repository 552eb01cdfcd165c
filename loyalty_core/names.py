"""Do two spellings name one person? Compares across alphabets, transliteration tables and telex habits.

A name is brought to words without titles (``names_parts``), each word to its possible *readings* (``names_reading``,
``names_tables``). Two words are the same name when they share a reading. What is left over decides the grade:

* EXACT: the same letters, only case, hyphens, spaces, apostrophes and Ё/Е apart;
* EQUIVALENT: the same name spelt by another table, or with titles or a patronymic more;
* PROBABLE: a given name missing, cut or only an initial; names swapped; the surname with the other sex's ending; one
  of two surnames; another form of the given name; a letter that only some tables tell apart;
* REJECT: anything else.

Only EQUIVALENT and better may be credited; PROBABLE is for people (or a birth date) to decide.

IVANOVA is not IVANOV. With one and the same given name it is probable: a wife in her husband's booking has another
given name, but a woman abroad often has the man's ending, and agents forget it. Where the given name is cut, an
initial or the other sex's too, it is somebody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from functools import lru_cache

from . import names_words as words
from .names_parts import Parts, is_initial, is_patronymic, parts_of
from .names_reading import Word, join, word
from .transactions import Name

SURNAME_CUT_MIN = 15
"""Only a surname this long can have been cut by a line's length: IVANOV isn't IVANOVSKII cut."""
GIVEN_CUT_MIN = 2
"""Shorter beginnings of a given name are initials."""
HALF_LETTERS = ("K", "T", "S", "Z", "C", "SH", "SHC")
OUTCOMES_MAX = 20_000
"""Comparisons remembered: a passenger is compared again with every message of the flight."""


class Grade(IntEnum):
    """How sure it is that two names are one person's; higher is surer."""

    REJECT = 0
    PROBABLE = 1
    EQUIVALENT = 2
    EXACT = 3


class Rule(Enum):
    """What a comparison found: a stable word, the best grade it leaves, and a factor of the score."""

    SAME_LETTERS = "same_letters", Grade.EXACT, 1.0
    TITLES = "titles", Grade.EQUIVALENT, 0.98

    SURNAME_SPELLING = "surname_spelling", Grade.EQUIVALENT, 0.97
    SURNAME_LETTER = "surname_letter", Grade.PROBABLE, 0.8
    SURNAME_SEX = "surname_sex", Grade.PROBABLE, 0.75
    SURNAME_ORDER = "surname_order", Grade.PROBABLE, 0.75
    SURNAME_ONE_OF_TWO = "surname_one_of_two", Grade.PROBABLE, 0.65
    SURNAME_CUT = "surname_cut", Grade.PROBABLE, 0.65
    SURNAME_OTHER = "surname_other", Grade.REJECT, 0.4
    SURNAME_MISSING = "surname_missing", Grade.REJECT, 0.0

    GIVEN_SPELLING = "given_spelling", Grade.EQUIVALENT, 0.97
    PATRONYMIC_MORE = "patronymic_more", Grade.EQUIVALENT, 0.97
    PATRONYMIC_SPELLING = "patronymic_spelling", Grade.EQUIVALENT, 0.97
    PATRONYMIC_INITIAL = "patronymic_initial", Grade.EQUIVALENT, 0.95
    PATRONYMIC_CUT = "patronymic_cut", Grade.EQUIVALENT, 0.95
    PATRONYMIC_GLUED = "patronymic_glued", Grade.EQUIVALENT, 0.95
    GIVEN_LETTER = "given_letter", Grade.PROBABLE, 0.8
    GIVEN_MORE = "given_more", Grade.PROBABLE, 0.7
    GIVEN_CUT = "given_cut", Grade.PROBABLE, 0.65
    GIVEN_FORM = "given_form", Grade.PROBABLE, 0.6
    PATRONYMIC_OTHER = "patronymic_other", Grade.PROBABLE, 0.6
    GIVEN_INITIAL = "given_initial", Grade.PROBABLE, 0.55
    GIVEN_MISSING = "given_missing", Grade.PROBABLE, 0.5
    GIVEN_OTHER = "given_other", Grade.REJECT, 0.4

    SWAPPED = "swapped", Grade.PROBABLE, 0.7
    IN_ONE_FIELD = "in_one_field", Grade.PROBABLE, 0.7
    OTHER_SEX = "other_sex", Grade.REJECT, 0.4
    NOTHING_KNOWN = "nothing_known", Grade.REJECT, 0.0

    def __init__(self, word: str, grade: Grade, score: float) -> None:
        self.word = word
        self.grade = grade
        self.score = score


@dataclass(frozen=True, slots=True)
class Match:
    """The outcome of a comparison.

    ``reason``: the words of all rules that fired, for logs and staff: ``surname_spelling given_initial``. Where not the
    member's main spelling matched but one borne earlier or another one, it ends in ``by name 2``, the place among the
    known ones. ``score``, 0 to 1, orders matches of one grade: the product of the rules' factors, 1 only for EXACT,
    above 0.85 for EQUIVALENT, 0.2 to 0.8 for PROBABLE; a REJECT has at most 0.4, times the likeness of what differs.
    """

    grade: Grade
    reason: str
    score: float


_NOTHING_KNOWN = Match(Grade.REJECT, Rule.NOTHING_KNOWN.word, 0.0)
_NO_RULE: tuple[Rule, ...] = ()


def match(claim: Name, known: Sequence[Name]) -> Match:
    """Compare a claimed name with all known spellings of one person; the best outcome counts, of equals the first."""
    best, place = _NOTHING_KNOWN, 0
    for number, name in enumerate(known, start=1):
        outcome = _compare_names(claim, name)
        if not place or (outcome.grade, outcome.score) > (best.grade, best.score):
            best, place = outcome, number
            if best.grade is Grade.EXACT:
                break
    if place > 1 and best.grade is not Grade.REJECT:
        return Match(best.grade, f"{best.reason} by name {place}", best.score)
    return best


def apart(one: Name, other: Name) -> bool:
    """Can these not be names of one person, whichever of them is the fuller?"""
    return _compare_names(one, other).grade is _compare_names(other, one).grade is Grade.REJECT


def name_key(name: Name) -> str:
    """A short ASCII key that links messages about a passenger: ``IVANOV/I``, without given name ``IVANOV/``.

    The same for the usual transliterations of one name. It is coarse on purpose (different people may share
    it): use it within one departure, together with a locator or a ticket, never alone.
    """
    parts = parts_of(name)
    given = parts.given_words[0] if parts.given_words else parts.given
    return f"{parts.surname.key}/{given.key[:1]}"


@lru_cache(maxsize=OUTCOMES_MAX)
def _compare_names(claim: Name, known: Name) -> Match:
    return _compare(parts_of(claim), parts_of(known))


def _compare(claim: Parts, known: Parts) -> Match:
    if not claim.surname.letters:
        return _outcome((Rule.SURNAME_MISSING,))
    if claim.plain == known.plain and claim.given.letters:
        return _outcome((Rule.SAME_LETTERS,))
    surname = _surname_rules(claim, known)
    given = _given_rules(claim, known)
    if Rule.SURNAME_OTHER not in surname and Rule.GIVEN_OTHER not in given:
        if Rule.SURNAME_SEX in surname and any(rule.grade < Grade.EQUIVALENT for rule in given):
            return _outcome((Rule.OTHER_SEX,))
        # Nothing said of either: the letters agree, but not the fields as a whole.
        return _outcome(surname + given or (Rule.TITLES,))
    if claim.given.letters:
        if claim.surname.same(known.given) and claim.given.same(known.surname):
            return _outcome((Rule.SWAPPED,))
    elif _in_one_field(claim.surname_words, known):
        return _outcome((Rule.IN_ONE_FIELD,))
    if Rule.SURNAME_OTHER in surname:
        return _outcome(surname, _likeness(claim.surname, known.surname))
    return _outcome(given, _likeness(claim.given, known.given))


def _outcome(rules: tuple[Rule, ...], likeness: float = 1.0) -> Match:
    score = likeness
    for rule in rules:
        score *= rule.score
    return Match(min(rule.grade for rule in rules), " ".join(rule.word for rule in rules), round(score, 3))


def _surname_rules(claim: Parts, known: Parts) -> tuple[Rule, ...]:
    a, b = claim.surname, known.surname
    if a.letters == b.letters:
        return _NO_RULE
    # Two surnames each by itself: joined, their endings couldn't be seen.
    if a.same(b) or (
        1 < len(claim.surname_words) == len(known.surname_words)
        and all(x.same(y) for x, y in zip(claim.surname_words, known.surname_words, strict=True))
    ):
        return (Rule.SURNAME_SPELLING if a.written_alike(b) else Rule.SURNAME_LETTER,)
    if a.mixed_up(b):
        return (Rule.SURNAME_LETTER,)
    if a.other_sex(b):
        return (Rule.SURNAME_SEX,)
    if len(claim.surname_words) > 1 or len(known.surname_words) > 1:
        if _reordered(claim.surname_words, known.surname_words):
            return (Rule.SURNAME_ORDER,)
        if len(claim.surname_words) != len(known.surname_words) and any(
            x.same(y) for x in claim.surname_words for y in known.surname_words
        ):
            return (Rule.SURNAME_ONE_OF_TWO,)
    if _starts(a, b, SURNAME_CUT_MIN):
        return (Rule.SURNAME_CUT,)
    return (Rule.SURNAME_OTHER,)


def _reordered(a: tuple[Word, ...], b: tuple[Word, ...]) -> bool:
    return len(a) == len(b) == 2 and a[0].same(b[1]) and a[1].same(b[0])


def _in_one_field(together: tuple[Word, ...], known: Parts) -> bool:
    """Everything in the surname field: IVANOV IVAN, with or without a patronymic behind."""
    if len(together) < 2:
        return False
    first, second, rest = together[0], together[1], join(together[1:])
    return any(
        a.same(known.surname) and b.same(known.given)
        for a, b in ((first, second), (second, first), (first, rest))
    )


def _given_rules(claim: Parts, known: Parts) -> tuple[Rule, ...]:
    a, b = claim.given, known.given
    if not a.letters or not b.letters:
        return (Rule.GIVEN_MISSING,)
    father = _patronymic_rules(claim.patronymic, known.patronymic)
    if a.letters == b.letters:
        return father
    if a.same_given(b):
        return (Rule.GIVEN_SPELLING, *father)
    for longer, shorter in ((claim, known), (known, claim)):
        rules = _longer_given_rules(longer, shorter)
        if rules:
            return rules
    # What is less than the whole given name is contradicted by another patronymic.
    if Rule.PATRONYMIC_OTHER in father:
        return (Rule.GIVEN_OTHER,)
    if _only_initials(claim, known) or _only_initials(known, claim):
        return (Rule.GIVEN_INITIAL,)
    if (
        _starts(a, b, GIVEN_CUT_MIN)
        or _starts(_uncut(a), b, GIVEN_CUT_MIN)
        or _starts(a, _uncut(b), GIVEN_CUT_MIN)
    ):
        return (Rule.GIVEN_CUT,)
    if a.mixed_up(b):
        return (Rule.GIVEN_LETTER,)
    if a.kin(b):
        return (Rule.GIVEN_FORM,)
    return (Rule.GIVEN_OTHER,)


def _patronymic_rules(a: Word | None, b: Word | None) -> tuple[Rule, ...]:
    if a is None or b is None:
        return _NO_RULE if a is b else (Rule.PATRONYMIC_MORE,)
    if a.letters == b.letters:
        return _NO_RULE
    if a.same_given(b) or a.mixed_up(b):  # a doubtful letter is no other father
        return (Rule.PATRONYMIC_SPELLING,)
    for short, whole in ((a, b), (b, a)):
        if is_initial(short) and (_is_initial(short.letters, whole) or short.key[:1] == whole.key[:1]):
            return (Rule.PATRONYMIC_INITIAL,)
    return (Rule.PATRONYMIC_OTHER,)


def _longer_given_rules(longer: Parts, shorter: Parts) -> tuple[Rule, ...]:
    """How a given name with more words or letters can still be the shorter one."""
    if len(longer.given_words) > 1 and longer.given_words[0].same_given(shorter.given):
        rest = join(longer.given_words[1:])
        father = shorter.patronymic
        if father is not None and (_starts(rest, father, 2) or _starts(_uncut(rest), father, 2)):
            return (Rule.PATRONYMIC_CUT,)
        return (Rule.GIVEN_MORE,)
    if shorter.patronymic is not None and _glued(shorter.given, shorter.patronymic, longer.given):
        return (Rule.PATRONYMIC_GLUED,)
    for whole in longer.given.given_readings:
        for part in shorter.given.given_readings:
            rest_letters = whole[len(part) :]
            if len(part) >= 3 and whole.startswith(part) and is_patronymic(rest_letters):
                return (Rule.PATRONYMIC_OTHER if shorter.patronymic else Rule.PATRONYMIC_GLUED,)
    return _NO_RULE


def _glued(given: Word, father: Word, together: Word) -> bool:
    return join((given, father)).same_given(together) or any(
        start + end in together.given_readings for start in given.given_readings for end in father.readings
    )


def _only_initials(short: Parts, whole: Parts) -> bool:
    """I, I P and IP for IVAN PETROVICH; also the first letter of another spelling: Y for Я, I for Ю, Z for Ж."""
    letters = [part.letters for part in short.given_words]
    if len(short.given.letters) == 2 and (len(letters) == 2 or whole.patronymic is not None):
        father = whole.patronymic
        if not (father is None or _is_initial(short.given.letters[1], father)):
            return False
    elif len(short.given.letters) != 1:
        return False
    return _is_initial(short.given.letters[0], whole.given)


def _is_initial(letter: str, whole: Word) -> bool:
    return whole.letters.startswith(letter) or any(
        letter in words.INITIALS.get(reading[:1], "") or (own and reading.startswith(own))
        for own in word(letter).readings
        for reading in whole.given_readings
    )


def _starts(a: Word, b: Word, length_min: int) -> bool:
    """True when one word is the beginning of the other, long enough to mean something."""
    short, long = sorted((a.letters, b.letters), key=len)
    if len(short) >= length_min and long.startswith(short):
        return True
    for x in a.readings:
        for y in b.readings:
            short, long = (x, y) if len(x) < len(y) else (y, x)
            if len(short) >= length_min and long.startswith(short):
                return True
    return False


def _uncut(cut: Word) -> Word:
    """Without half a letter at the end: ZAK is ZAKHAR cut within Х."""
    return word(cut.letters[:-1]) if cut.letters.endswith(HALF_LETTERS) else cut


def _likeness(a: Word, b: Word) -> float:
    """0 to 1: the share of neighbouring letters that both words have."""
    return 2 * len(a.pieces & b.pieces) / (len(a.pieces) + len(b.pieces))
