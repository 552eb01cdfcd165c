"""Name lines, and whom the elements below them speak about.

``1IVANOV/IVAN`` is one passenger, ``2ZADOVA/NINA/TANYA`` a party of two, ``2MUSICIAN/IVAN/CBBG`` one passenger
with an extra seat. ``-B4`` at the end is a reference that four passengers share, perhaps of several name
lines: only the first of them carries the locator (Astra 4.3).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from adapter.documents.teletype_rules import Rule
from adapter.documents.teletype_sections import Section, chosen, is_named
from adapter.documents.teletype_telling import is_nearly
from adapter.documents.teletype_tree import Leaf, Node
from adapter.errors import Problem
from adapter.wire.typeb_lines import BLANKS

if TYPE_CHECKING:
    from adapter.documents.teletype_damage import Damage
    from adapter.documents.teletype_reader import BodyReader

SHARED = ("locator", "marketing")
"""Elements that a party's first passenger carries for all of them."""


def open_persons(
    reader: "BodyReader", rule: Rule, values: dict[str, str], number: int, text: str, column: int
) -> None:
    """A name line: one passenger with so many seats, or several of one party with a seat each."""
    section = reader.section
    assert section is not None  # nobody gets here without
    before = reader.party
    reader.party, reader.lost, reader.marks_fresh = [], False, False
    reader.named = ("", "")
    if rule.needs and not any(name == rule.needs for name, _ in reader.marks):
        problem = Problem(
            "line_out_of_place", f"no {rule.needs} is named before it", line=number, column=column
        )
        reader.lose(problem, rule, text)
        return
    given = values.get("given", "")
    if "damaged" in values:
        what = "not as names are written: the passenger is taken as it stands"
        reader.found.warn(Problem(values["damaged"], what, line=number, column=column))
    if (
        values["seats"] == "1"
        and "/" not in given
        and given not in rule.extra_seats
        and values["surname"][0] != rule.blocked[:1]
        and reader.grammar.breaks.words is None
    ):
        if reader.marks:
            values.update(reader.marks)
        person = Node(number, rule.element, values)
        section.node.children.append(person)
        reader.party = [person]
        _count(reader, section, 1, 1, values)
        _watch(reader, before, values, number, text, column)
        return
    seats = int(values.pop("seats"))
    values.pop("given", None)
    names = [part.strip(BLANKS) for part in given.split("/") if part.strip(BLANKS)] if given else []
    extra = [name for name in names if name in rule.extra_seats]
    people = [name for name in names if name not in rule.extra_seats] if extra else names
    if not people and names and values["surname"] == rule.blocked:
        section.node.children.append((number, "blocked", {"seats": str(seats)}))
        reader.lost = True  # what follows a blocked seat speaks about nobody
        return
    if seats > 1 and len(names) > seats:
        what = f"{len(names)} names on {seats} seats"
        reader.lose(Problem("more_names_than_seats", what, line=number, column=column), rule, text)
        return
    if (
        seats > 1 or len(people) < len(names) or values["surname"][:1] == rule.blocked[:1]
    ) and _is_nearly_a_seat(rule, values["surname"], seats, people, names):
        what = "nearly the words for an extra or a blocked seat"
        reader.lose(Problem("line_unreadable", what, line=number, column=column), rule, text)
        return
    if reader.grammar.breaks.words is not None and reader.found.hidden_word(reader, text, number, column):
        return
    if seats == 1:
        people = [" ".join(people)] if len(people) != 1 else people
    else:
        people = [" ".join(people)] if len(people) < 2 else people
        if rule.nameless:
            people += [""] * (seats - len(people) - len(extra))
    if reader.marks:
        values.update(reader.marks)
    for name in people:
        attributes = {"seats": "1" if reader.party else str(seats - len(people) + 1), **values}
        if name:
            attributes["given"] = name
        if extra and not reader.party:
            attributes["extra"] = "/".join(extra)
        person = Node(number, rule.element, attributes)
        section.node.children.append(person)
        reader.party.append(person)
    _count(reader, section, len(people), seats, values)
    given_names = sum(1 for name in people if name)
    if rule.nameless and len(people) > max(given_names, 1):
        what = f"{given_names} given names for {seats} seats: the others have none"
        reader.found.warn(Problem("fewer_names_than_seats", what, line=number, column=column))
        if not section.announced:
            reader.doubt(text, number, column, name=True, certain=True)
    else:
        if len(people) > 1 and len(people) + len(extra) != seats:
            what = f"{len(names)} names on {seats} seats: nobody says whose the others are"
            reader.found.warn(Problem("fewer_names_than_seats", what, line=number, column=column))
        _watch(reader, before, reader.party[0].attributes, number, text, column)


def _count(reader: "BodyReader", section: Section, persons: int, seats: int, values: dict[str, str]) -> None:
    if bool(reader.marks) == section.marked or not section.announced:
        section.persons += persons
        section.seats += seats
    if "party" in values:
        reader.members += reader.party


def _watch(
    reader: "BodyReader",
    before: Sequence[Node],
    values: dict[str, str],
    number: int,
    text: str,
    column: int,
) -> None:
    """Remembers a name line that damage to something else may have made."""
    surname = values["surname"]
    if reader.found.bad[0] == number - 1 > 0 and reader.found.completes(number, text):
        reader.doubt(text, number, column, name=True, certain=True)
    elif (len(surname) < 4 or text[1:] in reader.grammar.literal_tails) and (
        likeness := _likeness(reader, surname, text)
    ) is not None:
        reader.doubt(text, number, column, name=True, certain=likeness)
    else:
        for one in before:
            if one.attributes["surname"] == surname and one.attributes.get("given") == values.get("given"):
                # ``-1IVANOV/IVAN`` at the end of a remark may have been cut off.
                reader.doubt(text, number, column, name=True, certain=len(before) > 1)
                break


def _likeness(reader: "BodyReader", surname: str, text: str) -> bool | None:
    """Whether damage to something else may have made a name line, None if not: ``.R/`` with a digit for its dot
    (True: hardly anything else), another element so, or a word such as ADD with one for its first letter.
    """
    prefix = f".{surname}/"
    if prefix in reader.grammar.continued:
        return True
    rule = reader.grammar.elements.get(prefix)
    if rule is not None and _could_be(rule, f".{text[1:]}"):
        return rule.words
    return False if text[1:] in reader.grammar.literal_tails else None


def _could_be(rule: Rule, text: str) -> bool:
    """Whether a line has more of this element than its beginning: U and O are surnames too."""
    return rule.words or any(
        not (rule.free or form.free) and form.pattern.fullmatch(text) for form in rule.forms
    )


def _is_nearly_a_seat(
    rule: Rule, surname: str, seats: int, people: Sequence[str], names: Sequence[str]
) -> bool:
    """Whether a name line seems to speak of a seat: of one nobody sits in, or of a passenger's second one."""
    blocked = rule.blocked
    if names and not people and is_nearly(surname, blocked):
        return True
    if names and not people and seats <= len(names):
        return True
    if (
        not names
        and surname.startswith(blocked)
        and surname[len(blocked) :].strip(BLANKS) in rule.extra_seats
    ):
        return True
    return any(is_nearly(name, code) for name in people for code in rule.extra_seats)


def speaks_about(party: Sequence[Node], rule: Rule, bound: str) -> Sequence[Node]:
    """Whom of a party a remark speaks about: a lone passenger, or those it names; nobody where it doesn't
    say, or names somebody else.
    """
    if not bound:
        return party if len(party) < 2 else ()
    if len(party) > 1:
        return chosen(party, bound)
    return party if is_named(party[0], bound.lstrip("0123456789")) else ()


def share(members: Sequence[Node], found: "Damage") -> None:
    """Gives the members of each party what only its first passenger carries. A party that has more members
    than its reference says is not one: then nothing is shared.
    """
    parties: dict[tuple[str, str], list[Node]] = {}
    for person in members:
        attributes = person.attributes
        parties.setdefault((attributes["party"], attributes.get("change", "")), []).append(person)
    for (reference, _), party in parties.items():
        size = int("".join(character for character in reference if character.isdigit()))
        if len(party) > size > 0:
            what = f"{len(party)} passengers with the reference {reference}"
            found.warn(Problem("party_too_large", what, line=party[size].line, column=1))
            continue
        for name in SHARED:
            carried = [child for child in party[0].children if isinstance(child, tuple) and child[1] == name]
            for person in party[1:] if carried and size else ():
                if not any(isinstance(child, tuple) and child[1] == name for child in person.children):
                    _insert(person, carried)


def _insert(person: Node, carried: list[Leaf]) -> None:
    """Marketing flights and locators lead; the marketing flight is the very first."""
    after = 1 if person.children and carried[0][1] == "locator" and _is_marketing(person.children[0]) else 0
    person.children[after:after] = carried


def _is_marketing(child: Leaf | Node) -> bool:
    return isinstance(child, tuple) and child[1] == "marketing"
