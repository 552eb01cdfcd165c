"""Name lines, and whom the elements below them speak about.

``1IVANOV/IVAN`` is one passenger, ``2ZADOVA/NINA/TANYA`` a party of two, ``2MUSICIAN/IVAN/CBBG`` one passenger
with an extra seat. ``-B4`` at the end is a reference that four passengers share, perhaps of several name
lines: only the first of them carries the locator (Astra 4.3).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from adapter.documents.teletype_rules import Rule
from adapter.documents.teletype_sections import chosen, is_named
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
    if rule.needs and not any(name == rule.needs for name, _ in reader.marks):
        problem = Problem("line_out_of_place", f"no {rule.needs} is named before it", line=number, column=column)
        reader.lose(problem, rule, text)
        return
    seats = int(values.pop("seats"))
    given = values.pop("given", "")
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
    if reader.grammar.breaks.words is not None and reader.found.hidden_word(reader, text, number, column):
        return
    if seats == 1:
        people = [" ".join(people)] if len(people) != 1 else people
    else:
        people = [" ".join(people)] if len(people) < 2 else people
        if rule.nameless:
            people += [""] * (seats - len(people) - len(extra))
    first = {"seats": str(seats - len(people) + 1), **values}
    if reader.marks:
        first.update(reader.marks)
    for name in people:
        attributes = {**first, "seats": "1"} if reader.party else first
        if name:
            attributes["given"] = name
        if extra and not reader.party:
            attributes["extra"] = "/".join(extra)
        person = Node(number, rule.element, attributes)
        section.node.children.append(person)
        reader.party.append(person)
    if bool(reader.marks) == section.marked or not section.announced:
        section.persons += len(people)
        section.seats += seats
    if values.get("party"):
        reader.members += reader.party
    if _is_doubtful(reader, before, values, text):
        reader.doubt(text, number, column, is_name=True)


def _is_doubtful(reader: "BodyReader", before: Sequence[Node], values: dict[str, str], text: str) -> bool:
    """A name line that damage to something else may have made: ``-1IVANOV/IVAN`` at the end of a remark cut
    off, or ``.R/`` with a digit for its dot.
    """
    if len(values["surname"]) < 4 and f".{values['surname']}/" in reader.grammar.elements:
        return True
    if text[1:] in reader.grammar.literal_tails:
        return True
    own = reader.party[0].attributes
    return bool(before) and any(
        own["surname"] == one.attributes["surname"] and own.get("given") == one.attributes.get("given")
        for one in before
    )


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
