"""Two persons whose names are nearly alike: each function makes two names of one drawn person and somebody near."""

import random
from collections.abc import Callable

from loyalty_core import Name
from tests.names import people
from tests.names.people import Person

ALPHABET = "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЫЭЮЯ"

# Real surnames that sound or look alike, or whose Latin spellings come near each other.
NEAR_SURNAMES = people.in_two("""
    ЩЕРБАКОВ/ШЕРБАКОВ ЩУКИН/ШУКИН ЦАПЛИН/ЧАПЛИН ЦАРЁВ/ЧАРЕЕВ ЖУКОВ/ЗУКОВ ЖУКОВ/ЮКОВ ЮКОВ/ЗЮКОВ ВАЛИЕВ/ВАЛЕВ
    АЛИЕВ/АЛЕЕВ ГАЛИЕВ/ГАЛЕЕВ АНДРЕЕВ/АНДРЕЕНКО АНДРЕЕВ/АНДРЕЙКИН ИВАНОВ/ИВАНКОВ ИВАНОВ/ИВАНЦОВ ИВАНОВ/ИВАШОВ
    БЫКОВ/БИКОВ БЫКОВ/БУКОВ РЫБИН/РЯБИН РЫЖОВ/РЕЖОВ СЫТИН/СИТИН ФИЛИПОВ/ФИЛИППОВ КИРИЛОВ/КИРИЛЛОВ ХАРИН/ГАРИН
    ХАРИТОНОВ/КАРИТОНОВ ХОХЛОВ/КОХЛОВ ЯНИН/ЖАНИН ШИШКИН/ЧИЖКИН ШУБИН/ЧУБИН ШУМАКОВ/ЧУМАКОВ ШЕРНОВ/ЧЕРНОВ ЧЕРНОВ/ЧЕРНЫХ
    ЧЕРНОВ/ЧЕРНИН ШАПКИН/ЩАПКИН ЛАВРОВ/ЛАВРЁНОВ СОБОЛЕВ/СОБАЛЕВ КОЗЛОВ/КАЗЛОВ КОВАЛЁВ/КАВАЛЕРОВ ПЕТРОВ/ПЕТРИН
    ПЕТРОВ/ПЕРОВ ПОПОВ/ПАПОВ СОРОКИН/СОРКИН ЗАЙЦЕВ/ЗАЕЦЕВ ЦВЕТКОВ/СВЕТКОВ САФОНОВ/САФРОНОВ СИМОНОВ/СЕМЁНОВ ДЁМИН/ДЯМИН
    КУЗИН/КУЗЬКИН ЕРШОВ/ЕРИЩЕВ ТИТОВ/ТЮТОВ МАКСИМОВ/МАКИМОВ МАРКИН/МАРЬИН МИРОНОВ/МИРНОВ ГУСЕВ/ГУССКИЙ ГРОМОВ/ХРОМОВ
    ГАЛКИН/ХАЛКИН ГОЛУБЕВ/ХОЛУБЕВ ДЬЯКОВ/ДЯТКОВ КАРИМОВ/КЕРИМОВ АХМЕТОВ/АХМЕДОВ МАМЕДОВ/МАХМУДОВ ОМАРОВ/УМАРОВ
    ЮСУПОВ/ЮНУСОВ ПЕТРОСЯН/ПОГОСЯН САРКИСЯН/САРГСЯН КОВАЛЕНКО/КОВАЛЕВСКИЙ БЕЛОВ/БЕЛЫЙ БЕЛОВ/БЕЛИН БЕЛОУСОВ/БЕЛОВУСОВ
    ЛЕВИН/ЛЕВИТИН ЛЕБЕДЕВ/ЛЕБЕДИН ЛЕОНОВ/ЛЕОНТЬЕВ ЧЕХОВ/ЧЕКОВ ТОЛСТОЙ/ТОЛСТЫХ ЮДИН/ЮДАЕВ ЯШИН/ЯШКИН ЯКОВЛЕВ/ЯКОВЕНКО
    КОРОЛЁВ/КОРОЛЬКОВ КОРОЛЁВ/КАРЕЛОВ ЦОЙ/ЧОЙ КИМ/КИН
""")

NEAR_GIVEN = people.in_two("""
    МАРИНА/МАРИЯ МАРИЯ/ДАРЬЯ АЛИНА/АЛЛА АЛИНА/ЭЛИНА АННА/ИННА АННА/ЖАННА ЯНА/ЖАННА ЯНА/ЯНИНА ИРИНА/АРИНА ИРИНА/ИННА
    ПОЛИНА/АЛИНА КАРИНА/МАРИНА НИНА/ЗИНА НИНА/ИННА ЛИЛИЯ/ЛИДИЯ ЛИЛИЯ/ЮЛИЯ ЛАРИСА/РАИСА ОЛЕСЯ/АЛИСА СВЕТЛАНА/СНЕЖАНА
    АЛЕКСАНДР/АЛЕКСЕЙ АЛЕКСАНДРА/АНАСТАСИЯ ЕВГЕНИЙ/ЕВГЕНИЯ ВАЛЕРИЙ/ВАЛЕРИЯ ВАЛЕНТИН/ВАЛЕНТИНА АЛЕКСАНДР/АЛЕКСАНДРА
    ЮЛИЙ/ЮЛИЯ ЮЛИАН/ЮЛИАНА ЮЛИЯ/ЮЛИАНА АНТОН/АНТОНИНА ВИКТОР/ВИКТОРИЯ ВАСИЛИЙ/ВАСИЛИСА ВИТАЛИЙ/ВАЛЕРИЙ ОЛЕГ/ЛЕВ
    ИГОРЬ/ЕГОР ДЕНИС/ДМИТРИЙ ДАНИИЛ/ДАНИЯР РОМАН/РУСЛАН РАШИД/РАВИЛЬ РИНАТ/РЕНАТ ТИМУР/ТИМОФЕЙ ЯН/ЯКОВ ПАВЕЛ/САВЕЛ
    МАКСИМ/МАРК МАРАТ/МУРАТ АРТЁМ/АРТУР АРСЕН/АРСЕНИЙ АРМЕН/АРСЕН ХАСАН/ХУСЕЙН КАМИЛЬ/КАМАЛ ШАМИЛЬ/ЭМИЛЬ ИЛЬЯ/ИЛЬДАР
""")


def near_surname(dice: random.Random, person: Person) -> tuple[Name, Name] | None:
    """One letter exchanged, added, left out, or two in the wrong order."""
    surname = person.surname
    spot = dice.randrange(len(surname) - 2)
    letter = dice.choice(ALPHABET)
    other = dice.choice(
        [
            surname[:spot] + letter + surname[spot + 1 :],
            surname[:spot] + letter + surname[spot:],
            surname[:spot] + surname[spot + 1 :],
            surname[:spot] + surname[spot + 1] + surname[spot] + surname[spot + 2 :],
        ]
    )
    return Name(surname, person.given), Name(other, person.given)


def _farther_surname(dice: random.Random, person: Person) -> tuple[Name, Name] | None:
    found = near_surname(dice, person)
    if found is None or len(found[1].surname) < 4:
        return None
    farther = near_surname(dice, Person(found[1].surname, person.given))
    return (found[0], farther[1]) if farther else None


def _listed_surname(dice: random.Random, person: Person) -> tuple[Name, Name]:
    one, other = dice.sample(dice.choice(NEAR_SURNAMES), 2)
    if person.woman:
        one, other = people.woman(one), people.woman(other)
    return Name(one, person.given), Name(other, person.given)


def _listed_given(dice: random.Random, person: Person) -> tuple[Name, Name]:
    one, other = dice.sample(dice.choice(NEAR_GIVEN), 2)
    return Name(person.surname, one), Name(person.surname, other)


def _same_initial(dice: random.Random, person: Person) -> tuple[Name, Name] | None:
    same = [g for g in people.MEN + people.WOMEN if g[0] == person.given[0] and g != person.given]
    return (Name(person.surname, person.given), Name(person.surname, dice.choice(same))) if same else None


def _siblings(dice: random.Random, person: Person) -> tuple[Name, Name] | None:
    other = dice.choice(people.WOMEN if person.woman else people.MEN)
    if other == person.given:
        return None
    return (
        Name(person.surname, f"{person.given} {person.patronymic}"),
        Name(person.surname, f"{other} {person.patronymic}"),
    )


def _father_and_son(dice: random.Random, person: Person) -> tuple[Name, Name] | None:
    other = dice.choice(people.PATRONYMICS)[person.woman]
    if other == person.patronymic:
        return None
    return (
        Name(person.surname, f"{person.given} {person.patronymic}"),
        Name(person.surname, f"{person.given} {other}"),
    )


def _couple(dice: random.Random, person: Person) -> tuple[Name, Name] | None:
    man = dice.choice(people.RUSSIAN_SURNAMES)
    if people.woman(man) == man:
        return None
    given = dice.choice(
        [pair for pair in NEAR_GIVEN if pair[1] == pair[0] + "А" or pair[1] == pair[0][:-1] + "Я"]
    )
    return Name(man, given[0]), Name(people.woman(man), given[1])


def _crossed(dice: random.Random, person: Person) -> tuple[Name, Name] | None:
    """ИВАН АЛЕКСАНДРОВ and АЛЕКСАНДР ИВАНОВ."""
    one, other = dice.sample([g for g in people.MEN if f"{g}ОВ" in people.RUSSIAN_SURNAMES], 2)
    return Name(f"{one}ОВ", other), Name(f"{other}ОВ", one)


def _strangers(dice: random.Random, person: Person) -> tuple[Name, Name] | None:
    other = dice.choice(people.RUSSIAN_SURNAMES)
    return Name(person.surname, person.given), Name(other, dice.choice(people.MEN))


def _same_given(dice: random.Random, person: Person) -> tuple[Name, Name] | None:
    other = dice.choice(people.RUSSIAN_SURNAMES)
    if person.woman:
        other = people.woman(other)
    return (
        None if other == person.surname else (Name(person.surname, person.given), Name(other, person.given))
    )


DIFFERING: dict[str, Callable[[random.Random, Person], tuple[Name, Name] | None]] = {
    "surname one letter away": near_surname,
    "surname two letters away": _farther_surname,
    "surnames that come near": _listed_surname,
    "given names that come near": _listed_given,
    "given name with the same initial": _same_initial,
    "sister or brother": _siblings,
    "same name, other father": _father_and_son,
    "husband and wife": _couple,
    "crossed names": _crossed,
    "strangers": _strangers,
    "same given name": _same_given,
}
