"""Pairs of names with the best grade that the truth allows: one person in two spellings, or two persons nearly alike.

``pairs(seed)`` is the same for a seed everywhere. Kinds are functions of a dice; a kind may return nothing where its
idea doesn't fit the persons drawn, and is asked again.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from loyalty_core import Name
from loyalty_core.names import Grade
from tests.names import people, spellings
from tests.names.differing import DIFFERING
from tests.names.people import Person
from tests.names.spellings import DOCUMENTS, STANDARDS, letters, write, write_by_habit

SEED = 20260820
EACH = 550
"""Pairs of each kind."""


@dataclass(frozen=True, slots=True)
class Pair:
    """``due`` is the grade that the pair deserves; for two persons REJECT, though PROBABLE does no harm."""

    kind: str
    claim: Name
    known: tuple[Name, ...]
    due: Grade
    same: bool


Kind = Callable[[random.Random], tuple[Name, Name | tuple[Name, ...]] | None]

TITLES = ("MR", "MRS", "MS", "MISS", "MSTR", "CHD", "INF", "DR", "PROF")
SHORT = dict(
    people.in_two("""
АЛЕКСАНДР/САША АЛЕКСАНДРА/САША МИХАИЛ/МИША ЕКАТЕРИНА/КАТЯ МАРИЯ/МАША НИКОЛАЙ/КОЛЯ ВЛАДИМИР/ВОВА
    ДМИТРИЙ/ДИМА ТАТЬЯНА/ТАНЯ СЕРГЕЙ/СЕРЁЖА СВЕТЛАНА/СВЕТА ЕВГЕНИЙ/ЖЕНЯ ИВАН/ВАНЯ АННА/АНЯ ИРИНА/ИРА ЕЛЕНА/ЛЕНА
    ОЛЬГА/ОЛЯ НАТАЛЬЯ/НАТАША ПАВЕЛ/ПАША ГРИГОРИЙ/ГРИША КОНСТАНТИН/КОСТЯ ЮРИЙ/ЮРА ВАСИЛИЙ/ВАСЯ
    """)
)


def somebody(dice: random.Random) -> Person:
    woman = dice.random() < 0.5
    surname = dice.choice(
        people.RUSSIAN_SURNAMES if dice.random() < 0.7 else people.CAUCASUS_AND_TURKIC_SURNAMES
    )
    return Person(
        people.woman(surname) if woman else surname,
        dice.choice(people.WOMEN if woman else people.MEN),
        dice.choice(people.PATRONYMICS)[woman],
        woman,
    )


def own(person: Person) -> Name:
    return Name(person.surname, person.given)


def full(person: Person) -> Name:
    return Name(person.surname, f"{person.given} {person.patronymic}")


def written(name: Name, table: str) -> Name:
    return Name(write(name.surname, table), write(name.given, table))


def by_some(name: Name, dice: random.Random) -> Name:
    """As some host has it: in Cyrillic, by a document's table or by habit."""
    if dice.random() < 0.3:
        return name
    if dice.random() < 0.2:
        return Name(write_by_habit(name.surname, dice), write_by_habit(name.given, dice))
    return written(name, dice.choice(DOCUMENTS))


def _exact(dice: random.Random) -> tuple[Name, Name]:
    name = by_some(own(somebody(dice)), dice)
    second = dice.choice(people.RUSSIAN_SURNAMES) if spellings.letters(name.surname)[0] > "Z" else "LUGIN"
    double = Name(f"{name.surname}-{second}", name.given)
    claim, known = dice.choice(
        [
            (Name(name.surname.title(), name.given.lower()), name),
            (
                Name(name.surname, name.given.replace("Ё", "Е")),
                Name(name.surname.replace("Ё", "Е"), name.given),
            ),
            (Name(double.surname.replace("-", " "), double.given), double),
            (Name(double.surname.replace("-", ""), double.given), double),
            (Name(f"O'{name.surname}", name.given), Name(f"O{name.surname}", name.given)),
            (Name(f" {name.surname}  ", f"{name.given}."), name),
        ]
    )
    return claim, known


def _table(table: str) -> Kind:
    return lambda dice: (written(person := own(somebody(dice)), table), person)


def _two_tables(dice: random.Random) -> tuple[Name, Name]:
    person = own(somebody(dice))
    first, second = dice.sample(STANDARDS, 2)
    return written(person, first), written(person, second)


def _mixed(dice: random.Random) -> tuple[Name, Name]:
    person = own(somebody(dice))
    first, second = dice.sample(DOCUMENTS, 2)
    return Name(write(person.surname, first), write(person.given, second)), by_some(person, dice)


def _habit(dice: random.Random) -> tuple[Name, Name]:
    person = own(somebody(dice))
    return Name(write_by_habit(person.surname, dice), write_by_habit(person.given, dice)), person


def _two_habits(dice: random.Random) -> tuple[Name, Name]:
    person = own(somebody(dice))
    name = Name(write_by_habit(person.surname, dice), write_by_habit(person.given, dice))
    return name, written(person, dice.choice(DOCUMENTS))


def _titled(dice: random.Random) -> tuple[Name, Name] | None:
    person = own(somebody(dice))
    name = by_some(person, dice)
    title = dice.choice(TITLES)
    if title == "DR" and name.given.endswith("AN"):
        return None  # ALEKSAN DR, glued, is ALEKSANDR for everybody
    claim = dice.choice(
        [
            Name(name.surname, f"{name.given} {title}"),
            Name(name.surname, name.given + title),
            Name(name.surname, f"{title} {name.given}"),
            Name(f"{name.surname} {title}", name.given),
            Name(f"Г-Н {name.surname}" if name.surname[0] > "Z" else f"{title}. {name.surname}", name.given),
        ]
    )
    return claim, person


def _patronymic(dice: random.Random) -> tuple[Name, Name]:
    person = somebody(dice)
    long, short = by_some(full(person), dice), by_some(own(person), dice)
    return (long, short) if dice.random() < 0.5 else (short, long)


def _patronymic_spelt(dice: random.Random) -> tuple[Name, Name]:
    person = full(somebody(dice))
    return by_some(person, dice), by_some(person, dice)


def _patronymic_initial(dice: random.Random) -> tuple[Name, Name]:
    person = somebody(dice)
    short = Name(person.surname, f"{person.given} {person.patronymic[0]}{dice.choice(('', '.'))}")
    return by_some(short, dice), full(person)


def _patronymic_glued(dice: random.Random) -> tuple[Name, Name]:
    person = somebody(dice)
    glued = by_some(Name(person.surname, person.given + person.patronymic), dice)
    return Name(glued.surname, glued.given + dice.choice(("", "", "MR"))), dice.choice((own, full))(person)


def _patronymic_cut(dice: random.Random) -> tuple[Name, Name] | None:
    """A list's column ends within the patronymic."""
    person = somebody(dice)
    name = written(full(person), dice.choice(DOCUMENTS))
    given, patronymic = name.given.split(" ")
    left = dice.randrange(2, len(patronymic))
    return Name(name.surname, f"{given} {patronymic[:left]}"), full(person)


def _everything(dice: random.Random) -> tuple[Name, Name]:
    person = somebody(dice)
    name = written(full(person), dice.choice(DOCUMENTS))
    tail = dice.choice(("", " MR", "MR", " MRS", "MRS"))
    return Name(name.surname, name.given + tail), by_some(own(person), dice)


def _earlier_name(dice: random.Random) -> tuple[Name, tuple[Name, ...]]:
    person = somebody(dice)
    before = Name(dice.choice(people.UKRAINIAN_SURNAMES), person.given)
    return by_some(own(person), dice), (before, own(person))


def _neighbour(table: str, surnames: list[str], given: list[str]) -> Kind:
    return lambda dice: (written(n := Name(dice.choice(surnames), dice.choice(given)), table), n)


def _lookalike(dice: random.Random) -> tuple[Name, Name] | None:
    person = own(somebody(dice))
    swapped = str.maketrans("АВСЕНКМОРТХ", "ABCEHKMOPTX")
    typed = "".join(c.translate(swapped) if dice.random() < 0.5 else c for c in person.surname)
    return (Name(typed, person.given), person) if typed != person.surname and not typed.isascii() else None


def _marks(dice: random.Random) -> tuple[Name, Name]:
    spelt = dice.choice(people.FOREIGN).split(" ")[:3]
    first, second = (Name(*name.split("/")) for name in dice.sample(spelt, 2))
    return first, second


def _transcribed(dice: random.Random) -> tuple[Name, Name]:
    *latin, cyrillic = dice.choice(people.FOREIGN).split(" ")
    return Name(*dice.choice(latin).split("/")), Name(*cyrillic.split("/"))


def _initial(dice: random.Random) -> tuple[Name, Name]:
    person = somebody(dice)
    name = by_some(own(person), dice)
    both = f"{name.given[0]} {write(person.patronymic, 'icao')[0]}" if name.given[0] <= "Z" else name.given[0]
    return Name(name.surname, dice.choice((name.given[0], name.given[0] + " MR", both))), full(person)


def _missing(dice: random.Random) -> tuple[Name, Name]:
    name = somebody(dice)
    return Name(by_some(own(name), dice).surname, dice.choice(("", "MR", "MRS"))), own(name)


def _cut(dice: random.Random) -> tuple[Name, Name] | None:
    """The given name ends where the column does."""
    person = own(somebody(dice))
    name = written(person, dice.choice(DOCUMENTS))
    if len(name.given) < 5:
        return None
    left = dice.randrange(3, len(name.given) - 1)
    return Name(name.surname, name.given[:left]), person


def _cut_at_64(dice: random.Random) -> tuple[Name, Name]:
    """1SURNAME/GIVEN in 64 characters: so long a name is cut to an initial, then the surname."""
    surname = "-".join(write(dice.choice(people.CAUCASUS_AND_TURKIC_SURNAMES), "icao") for _ in range(8))
    given = write(dice.choice(people.MEN), "icao")
    return Name(surname[:61], given[0]), Name(surname, given)


def _swapped(dice: random.Random) -> tuple[Name, Name]:
    person = somebody(dice)
    name = by_some(own(person), dice)
    return dice.choice((Name(name.given, name.surname), Name(f"{name.surname} {name.given}", ""))), own(
        person
    )


def _sex_ending(dice: random.Random) -> tuple[Name, Name] | None:
    man = dice.choice(people.RUSSIAN_SURNAMES)
    given = dice.choice(people.WOMEN)
    if people.woman(man) == man:
        return None
    return by_some(Name(man, given), dice), Name(people.woman(man), given)


def _one_of_two(dice: random.Random) -> tuple[Name, Name]:
    person = somebody(dice)
    two = f"{person.surname}-{dice.choice(people.UKRAINIAN_SURNAMES)}"
    return written(own(person), dice.choice(DOCUMENTS)), Name(two, person.given)


def _short_form(dice: random.Random) -> tuple[Name, Name]:
    given, short = dice.choice(sorted(SHORT.items()))
    surname = dice.choice(people.CAUCASUS_AND_TURKIC_SURNAMES)
    return by_some(Name(surname, short), dice), Name(surname, given)


EXACT = {"letters, hyphens, case": _exact}
EQUIVALENT: dict[str, Kind] = {
    **{f"{table}, Cyrillic": _table(table) for table in STANDARDS},
    "passport's zone, Cyrillic": _table("zone"),
    "Ukrainian table, Cyrillic": _neighbour("ukraine", people.UKRAINIAN_SURNAMES, people.UKRAINIAN_GIVEN),
    "Belarusian table, Cyrillic": _neighbour("belarus", people.BELARUSIAN_SURNAMES, people.BELARUSIAN_GIVEN),
    "Kazakh letters": _neighbour("kazakhstan", people.KAZAKH_LETTERED, people.KAZAKH_GIVEN),
    "two tables": _two_tables,
    "surname and given name by two tables": _mixed,
    "agents' habits, Cyrillic": _habit,
    "agents' habits, a table": _two_habits,
    "titles": _titled,
    "patronymic on one side": _patronymic,
    "patronymic on both sides": _patronymic_spelt,
    "patronymic's initial": _patronymic_initial,
    "patronymic glued": _patronymic_glued,
    "patronymic cut": _patronymic_cut,
    "table, patronymic and title": _everything,
    "name borne earlier": _earlier_name,
    "look-alike letters": _lookalike,
    "Latin marks kept, spelt out, dropped": _marks,
    "foreign name transcribed": _transcribed,
}
PROBABLE: dict[str, Kind] = {
    "initial": _initial,
    "given name missing": _missing,
    "given name cut": _cut,
    "line cut at 64": _cut_at_64,
    "swapped, or in one field": _swapped,
    "surname's ending of the other sex": _sex_ending,
    "one of two surnames": _one_of_two,
    "short form of the given name": _short_form,
}


def pairs(seed: int = SEED, each: int = EACH) -> Iterator[Pair]:
    for due, kinds in ((Grade.EXACT, EXACT), (Grade.EQUIVALENT, EQUIVALENT), (Grade.PROBABLE, PROBABLE)):
        for kind, make in kinds.items():
            for claim, known in _drawn(kind, make, seed, each):
                same_letters = any(_letters(claim) == _letters(name) for name in known)
                allowed = Grade.EXACT if same_letters and due is Grade.EQUIVALENT else due
                yield Pair(kind, claim, known, allowed, True)
    for kind, differ in DIFFERING.items():
        for claim, known in _drawn(kind, lambda dice, differ=differ: _two(differ, dice), seed, 2 * each):
            yield Pair(kind, claim, known, Grade.REJECT, False)


def _two(
    differ: Callable[[random.Random, Person], tuple[Name, Name] | None], dice: random.Random
) -> tuple[Name, Name] | None:
    """Two persons' names, each as some host has it, unless a document may write both alike."""
    found = differ(dice, somebody(dice))
    if found is None:
        return None
    one, other = found
    if spellings.indistinguishable(one.surname, other.surname) and spellings.indistinguishable(
        one.given, other.given
    ):
        return None
    claim, known = by_some(one, dice), by_some(other, dice)
    # By two tables, too, two names can come out alike: ШЕРНОВ in the French manner is CHERNOV.
    alike = all(
        x == y or letters(a) == letters(b)
        for x, y, a, b in (
            (one.surname, other.surname, claim.surname, known.surname),
            (one.given, other.given, claim.given, known.given),
        )
    )
    return None if alike else (claim, known)


def _drawn(kind: str, make: Kind, seed: int, count: int) -> Iterator[tuple[Name, tuple[Name, ...]]]:
    dice = random.Random(f"{seed} {kind}")
    while count:
        found = make(dice)
        if found is not None:
            claim, known = found
            yield claim, known if isinstance(known, tuple) else (known,)
            count -= 1


def _letters(name: Name) -> tuple[str, str]:
    return letters(name.surname), letters(name.given)
