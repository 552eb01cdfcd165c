"""Evidence: what one message says about one person on one departure, with the line it said it on."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from . import keys, names
from .sale import NOTHING_TOLD, Sale, sale_of_coupon, sale_of_person
from .stable_json import decode, encode
from .states import COUPON
from .transactions import (
    CardClaim,
    CouponReported,
    Departure,
    Flight,
    ListedPerson,
    ListReceived,
    Marketing,
    Name,
)

CABIN_LETTERS = frozenset("FCYПБЭ")
"""Letters that stand for a cabin in lists which are grouped by cabin (PRL and ETL without booking classes)."""

GROUPED_BY_CABIN = frozenset({"PRL", "ETL", "ASL"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence. ``edition`` orders lists of one originator and kind, ``event_at`` reports of one coupon;
    both are instants as text ("+" behind that of a correction), "" where the host gave none; of a claim it is the
    earliest day on which it was received and could be made.
    ``status`` is the coupon's letter, a PFS category or the change of an ADL; ``keys`` are the identity keys within the
    departure.
    """

    id: int
    departure_key: str
    journal_id: int
    line: int
    line_end: int
    originator: str
    kind: str
    edition: str
    event_at: str
    status: str
    name: Name
    off_point: str
    booking_class: str
    class_is_cabin: bool
    locators: tuple[tuple[str, str], ...]
    cards: tuple[CardClaim, ...]
    ticket: str
    coupon: int
    marketing: Marketing | None
    fare_basis: str
    staff: bool
    damaged: str
    operating_known: bool
    """False where a coupon was reported by its marketing flight alone: the departure is provisional."""
    fare: tuple[str, str]
    """Amount and currency as reported, ("", "") where the message has none."""
    sale: Sale
    """What else the message tells of the coupon's sale."""
    remark: str
    """Why, in staff's own words; "" from all others."""
    keys: tuple[str, ...]
    content: str
    """What was said, as stable JSON text: equal texts say the same. Kept, because it is compared and stored."""


def write_content(
    *,
    name: Name,
    off_point: str,
    booking_class: str,
    class_is_cabin: bool,
    locators: tuple[tuple[str, str], ...],
    cards: tuple[CardClaim, ...],
    ticket: str,
    coupon: int,
    marketing: Marketing | None,
    fare_basis: str,
    staff: bool,
    damaged: str,
    operating_known: bool,
    fare: tuple[str, str],
    sale: Sale,
    remark: str,
    keys: tuple[str, ...],
) -> str:
    """The said part of a piece of evidence as stable JSON text."""
    return encode(
        [
            [name.surname, name.given],
            off_point,
            booking_class,
            class_is_cabin,
            locators,
            [[card.airline, card.number, card.role, card.booked_class, card.tier] for card in cards],
            ticket,
            coupon,
            [
                marketing.flight.carrier,
                marketing.flight.number,
                marketing.flight.suffix,
                marketing.booking_class,
            ]
            if marketing
            else None,
            fare_basis,
            staff,
            damaged,
            operating_known,
            fare,
            sale.told(),
            remark,
            keys,
        ]
    )


def read_content(text: str) -> dict[str, object]:
    """The arguments of ``write_content`` that gave this text."""
    name, off, letter, cabin, locators, cards, ticket, coupon, marketing, *rest = decode(text)
    fare_basis, staff, damaged, operating_known, fare, sale, remark, identity = rest
    return {
        "name": Name(*name),
        "off_point": off,
        "booking_class": letter,
        "class_is_cabin": cabin,
        "locators": tuple((code, airline) for code, airline in locators),
        "cards": tuple(CardClaim(*card) for card in cards),
        "ticket": ticket,
        "coupon": coupon,
        "marketing": Marketing(Flight(*marketing[:3]), marketing[3]) if marketing else None,
        "fare_basis": fare_basis,
        "staff": staff,
        "damaged": damaged,
        "operating_known": operating_known,
        "fare": (fare[0], fare[1]),
        "sale": Sale(**sale) if sale else NOTHING_TOLD,
        "remark": remark,
        "keys": tuple(identity),
    }


def _person_keys(departure: Departure, person: ListedPerson) -> list[str]:
    found = []
    if person.ticket and person.coupon:
        found.append(keys.ticket_identity(departure, person.ticket, person.coupon))
    found += [keys.locator_identity(departure, locator, person.name) for locator, _airline in person.locators]
    found += [keys.card_identity(departure, card, person.name) for card in person.cards]
    return sorted(set(found))


def keys_of_list(message: ListReceived) -> list[tuple[str, ...]]:
    """The identity keys of each person with a seat, in list order.

    A key that two persons of the same list share names neither of them where their names may be one (two of one name in
    one booking), so it is dropped from both; whoever is left without any key is known by the list and line alone and
    joins nobody. Names that reject each other tell them apart (``identity``), and a ticket is nobody's name. But one
    person may stand in a list twice: deleted and added again by an ADL, or under two categories of a PFS, there by the
    very same name.
    """
    persons = [person for person in message.persons if person.seats > 0]
    edition = keys.edition_of(message)
    found = [_person_keys(message.departure, person) for person in persons]
    owners: dict[str, list[int]] = {}
    for number, own in enumerate(found):
        for key in own:
            owners.setdefault(key, []).append(number)
    shared = {
        (key, number)
        for key, numbers in owners.items()
        if len(numbers) > 1
        for number in numbers
        if any(
            other != number and _confused(message.kind, key, persons[number], persons[other])
            for other in numbers
        )
    }
    alone = f"{message.departure.key}|N|{message.originator}|{message.kind}|{edition}"
    return [
        tuple(key for key in own if (key, number) not in shared)
        # Two lists that contradict each other may be of one edition: what is said tells their lines apart.
        or (f"{alone}|{number + 1}|{_digest(_said(message, person))}",)
        for number, (own, person) in enumerate(zip(found, persons, strict=True))
    ]


_DIGEST_LENGTH = 16
"""Hexadecimal digits: plenty for the lines of one number in lists of one edition."""


def _digest(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(write_content(**said, keys=()).encode()).hexdigest()[:_DIGEST_LENGTH]


def _confused(kind: str, key: str, one: ListedPerson, other: ListedPerson) -> bool:
    """Does a key that both have in one list say nothing about who of them is meant?"""
    if "|T|" not in key and names.apart(one.name, other.name):
        return False
    if kind == "PFS" and one.name != other.name:
        return True
    return _occasion(one) == _occasion(other)


def _occasion(person: ListedPerson) -> str:
    return "DEL" if person.change == "DEL" else person.category


def _with_tiers(person: ListedPerson) -> tuple[CardClaim, ...]:
    """A level given beside the cards is that of the card, where there are only one of each."""
    if len(person.tiers) != 1 or len({(card.airline, card.number) for card in person.cards}) != 1:
        return person.cards
    return tuple(card if card.tier else replace(card, tier=person.tiers[0]) for card in person.cards)


def _said(message: ListReceived, person: ListedPerson) -> dict[str, Any]:
    """What a list says of a person, as ``write_content`` takes it, but for the keys."""
    return {
        "name": person.name,
        "off_point": person.off_point,
        "booking_class": person.group_class,
        "class_is_cabin": message.kind in GROUPED_BY_CABIN and person.group_class in CABIN_LETTERS,
        "locators": person.locators,
        "cards": _with_tiers(person),
        "ticket": keys.ascii_key(person.ticket) if person.ticket else "",
        "coupon": person.coupon,
        "marketing": person.marketing,
        "fare_basis": "",
        "staff": person.staff,
        "damaged": person.damaged,
        "operating_known": True,
        "fare": ("", ""),
        "sale": sale_of_person(person),
        "remark": "",
    }


def evidence_of_list(message: ListReceived, journal_id: int, ids: Iterable[int]) -> list[Evidence]:
    """One piece per person with a seat."""
    persons = [person for person in message.persons if person.seats > 0]
    edition = keys.edition_of(message)
    pieces = []
    for person, own, evidence_id in zip(persons, keys_of_list(message), ids, strict=False):
        said = _said(message, person) | {"keys": own}
        pieces.append(
            Evidence(
                id=evidence_id,
                departure_key=message.departure.key,
                journal_id=journal_id,
                line=person.line,
                line_end=person.line_end,
                originator=message.originator,
                kind=message.kind,
                edition=edition,
                event_at="",
                status=person.category or person.change,
                content=write_content(**said),
                **said,
            )
        )
    return pieces


def departure_of_coupon(report: CouponReported) -> Departure:
    return Departure(report.operating or report.marketing, report.on, report.board_point)


def keys_of_coupon(report: CouponReported) -> tuple[str, ...]:
    """The identity keys of the person a coupon report is about."""
    departure = departure_of_coupon(report)
    found = [keys.card_identity(departure, report.card, report.name)]
    if report.ticket and report.coupon:
        found.append(keys.ticket_identity(departure, report.ticket, report.coupon))
    return tuple(found)


def evidence_of_coupon(report: CouponReported, journal_id: int, evidence_id: int) -> Evidence:
    """The piece of evidence that one coupon report is."""
    departure = departure_of_coupon(report)
    said: dict[str, Any] = {
        "name": report.name,
        "off_point": report.off_point,
        "booking_class": report.booking_class,
        "class_is_cabin": False,
        "locators": (),
        "cards": (report.card,),
        "ticket": keys.ascii_key(report.ticket) if report.ticket else "",
        "coupon": report.coupon,
        "marketing": Marketing(report.marketing, report.booking_class),
        "fare_basis": report.fare_basis,
        "staff": False,
        "damaged": "",
        "operating_known": report.operating is not None,
        "fare": (report.fare_amount, report.fare_currency),
        "sale": sale_of_coupon(report),
        "remark": "",
        "keys": keys_of_coupon(report),
    }
    return Evidence(
        id=evidence_id,
        departure_key=departure.key,
        journal_id=journal_id,
        line=report.line,
        line_end=report.line,
        originator=report.originator,
        kind=COUPON,
        edition="",
        event_at=keys.order_of(report.reported_at),
        status=report.status,
        content=write_content(**said),
        **said,
    )
