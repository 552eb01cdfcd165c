"""Trees of lists made by chance, small and valid, in both alphabets, and what the properties ask of them.

Everything that identifies somebody (names, locators, cards, tickets, tags) is different in every passenger of
a tree, so that a test sees at once when something moved from one to another.
"""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from lxml import etree

RECEIVED = datetime(2026, 8, 20, 15, 0, tzinfo=UTC)
KINDS = ("ETL", "FTL", "PRL")
LATIN, CYRILLIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЭЮЯ"


class Airline:
    """The choices of one list: one alphabet for its codes, and numbers that are given out once."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.letters = chance.choice((LATIN, LATIN, CYRILLIC))
        self.given_out: set[str] = set()
        self.on = RECEIVED.date() - timedelta(days=chance.randrange(5))
        self.carrier = self.word(2)
        self.board, *self.points = (self.fresh(self.word, 3) for _ in range(4))

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    def word(self, length: int) -> str:
        return "".join(self.chance.choices(self.letters, k=length))

    def digits(self, length: int) -> str:
        return "".join(self.chance.choices("0123456789", k=length))

    def fresh(self, make: Callable[[int], str], length: int) -> str:
        while (made := make(length)) in self.given_out:
            pass
        self.given_out.add(made)
        return made

    def name(self, shortest: int = 2) -> str:
        return self.fresh(self.word, self.chance.randint(shortest, 12))

    def airline(self) -> str:
        return self.chance.choice((self.carrier, self.word(2), self.word(1) + self.digits(1), self.word(3)))

    def number(self) -> str:
        return str(self.chance.randrange(1, 10000))


def list_tree(kind: str, chance: random.Random, *, seats_max: int = 3, groups_max: int = 4) -> etree._Element:
    """A list of this kind. Its totals are exact: the number of names."""
    airline = Airline(chance)
    tree = etree.Element(
        kind, created=f"{RECEIVED - timedelta(minutes=chance.randrange(600)):%Y-%m-%dT%H:%M:%SZ}"
    )
    tree.set("originator", airline.word(7))
    flight = {"carrier": airline.carrier, "number": airline.number(), "date": airline.on.isoformat()}
    flight |= {"suffix": airline.word(1)} if airline.often(0.2) else {}
    etree.SubElement(tree, "flight", flight | {"board": airline.board})
    if airline.often(0.5):
        etree.SubElement(tree, "configuration", text=f"{airline.digits(3)}C{airline.digits(3)}Y")
    if airline.often(0.3):
        etree.SubElement(tree, "booking_classes", text="C/CDJ Y/YBHKM")
    if airline.often(0.3):
        etree.SubElement(tree, "time", {"code": "ATD"} | ({"value": "201431"} if airline.often(0.8) else {}))
    if airline.often(0.1):
        etree.SubElement(tree, "nil")
        return tree
    classes = [(off, airline.fresh(airline.word, 1)) for off in airline.points for _ in range(2)]
    for off, letter in classes[: chance.randint(1, groups_max)]:
        group = etree.SubElement(tree, "group", {"off": off, "class": letter, "count": "0"})
        counted = chance.choice((0, 1, 1, 2, 3, 5))
        for _ in range(counted):
            _passenger(group, kind, airline, seats_max)
        group.set("count", str(counted))
        if kind == "ETL" and airline.often(0.2):
            _passenger(group, kind, airline, seats_max).set("boarded", "false")
    return tree


def _passenger(group: etree._Element, kind: str, airline: Airline, seats_max: int) -> etree._Element:
    chance = airline.chance
    passenger = etree.SubElement(group, "passenger", seats="1", surname=airline.name())
    if seats_max > 1 and airline.often(0.1):
        passenger.set("seats", str(chance.randint(2, seats_max)))
    if airline.often(0.9):
        given = airline.name(1)
        passenger.set("given", f"{given} {airline.word(6)}" if airline.often(0.3) else given)
    if airline.often(0.1):
        passenger.set("party", airline.word(1) + airline.digits(1))
    elements = [element for element in _elements(kind, airline) if airline.often(0.5)]
    chance.shuffle(elements)
    for element in sorted(elements, key=lambda element: element.tag != "marketing"):
        passenger.append(element)
    return passenger


def _elements(kind: str, airline: Airline) -> Iterator[etree._Element]:
    chance, element = airline.chance, etree.Element
    code = airline.fresh(lambda length: "".join(chance.choices(airline.letters + "0123456789", k=length)), 6)
    yield element("locator", {"code": code} | ({"airline": airline.airline()} if airline.often(0.7) else {}))
    if kind != "ETL":
        route = {"board": airline.board, "off": chance.choice(airline.points), "class": airline.word(1)}
        flown = {"carrier": airline.airline(), "number": airline.number(), "date": airline.on.isoformat()}
        yield element("marketing", flown | route)
        for role, share in (("FQTV", 1.0), ("FQTV", 0.3), ("FQTU", 0.2), ("FQTR", 0.2)):
            card = {"role": role, "airline": airline.airline(), "number": airline.fresh(airline.digits, 13)}
            if role == "FQTV" and airline.often(0.4):
                card |= chance.choice(
                    ({"suffix": airline.word(1)}, {"tier": airline.word(chance.randint(1, 9))})
                )
            if airline.often(share):
                yield element("fqt", card)
    if kind != "FTL":
        for infant in ("false", "true"):
            ticket = {"number": airline.fresh(airline.digits, 13), "infant": infant}
            if airline.often(0.9):
                ticket["coupon"] = str(chance.randint(1, 4))
            if infant == "false" or airline.often(0.2):
                yield element("ticket", ticket)
        yield element("baggage", code="W", text=f"K/1/{airline.digits(2)}")
        yield element("baggage", code="N", text=f"{airline.fresh(airline.digits, 10)}001/{airline.points[0]}")
    if kind in ("PRL", "PNL", "ADL"):
        onward = {"carrier": airline.airline(), "number": airline.number(), "class": airline.word(1)}
        onward |= {"date": (airline.on + timedelta(days=1)).isoformat(), "off": airline.word(3)}
        yield element("connection", {"code": "O"} | onward)
        yield element("connection", {"code": "I2", "board": airline.word(3)} | onward)
        yield element("standby", code="ID2", text=airline.digits(4))
        yield element("infant", {"surname": airline.word(8), "given": airline.word(5)})
        yield element("child")
        yield element("seat", numbers=f"{airline.digits(2)}A")
        yield element("check_in", number=airline.digits(4))
        yield element("status", tier=chance.choice(("SILVER", "GOLD CARD")))
        yield element("remark", code="WCHR")
        yield element("private", code="DOCS")


def content(element: etree._Element) -> tuple[object, ...]:
    """An element as a value to be compared: name, attributes, children, without lines."""
    attributes = tuple(sorted((str(key), str(text)) for key, text in element.attrib.items()))
    return (element.tag, attributes, tuple(content(child) for child in element))
