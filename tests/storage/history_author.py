"""Seeded histories: random people on random flights, and everything that may be said of them.

A history is a set of messages: lists in editions, late and contradicting; coupon reports; member files; what is said of
members and cards; claims and resolutions; and a last stroke of the business clock.
"""

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from loyalty_core import (
    CardClaim,
    CardStated,
    CaseResolved,
    Clock,
    CouponReported,
    CreditClaimed,
    Departure,
    Flight,
    ListedPerson,
    ListReceived,
    Marketing,
    MembersImported,
    MembersMerged,
    MemberStated,
    MembersUnmerged,
    Name,
    ProgrammeActivated,
    Submission,
    TierGiven,
    Transaction,
    keys,
)
from tests.storage.airline import HEADER, NOON, PROGRAMME, submission
from tests.storage.history_programmes import LATE, LIVELY, OTHER, RISING, SELLING


@dataclass(frozen=True)
class Passenger:
    names: tuple[Name, ...]
    """Spellings under which messages name this person."""
    cards: tuple[str, ...]
    locator: str


LONG = "ROZHDESTVENSKAYAKONSTANTINOPOLSKAYAZAMOSKVORETSKAYA"
PASSENGERS = (
    Passenger(
        (Name("LUGOVAYA", "VERA"), Name("ЛУГОВАЯ", "ВЕРА")), ("7700000000011", "7700000000128"), "0AAAAA"
    ),
    Passenger((Name("ORLOV", "IVAN"), Name("ОРЛОВ", "ИВАН")), ("7700000000201",), "0BBBBB"),
    Passenger((Name("ORLOV", "IGOR"), Name("ORLOV", "I")), ("7700000000219",), "0BBBBB"),
    Passenger((Name("ORLOV", "IVAN"),), ("7700000000227",), "0CCCCC"),  # a namesake
    Passenger((Name(LONG, "MARIA"), Name(LONG[:34], "M")), ("7700000000235",), "0DDDDD"),
    Passenger((Name("NOBODY", "KNOWN"),), ("7700000000078",), "0AAAAA"),  # no member has this card
)
FAMILY = PASSENGERS[1:3]
PARTNERS_CARD = "900000000017"
MEMBERS = (
    "M1,LUGOVAYA,VERA,,,UT,7700000000011,replaced,7700000000128,\nM1,LUGOVAYA,VERA,,,UT,7700000000128,active,,\n",
    "M2,ORLOV,IVAN,,,UT,7700000000201,active,,SILVER\n",
    "M3,ORLOV,IGOR,,,UT,7700000000219,active,,\n",
    "M4,ORLOV,IVAN,,,UT,7700000000227,active,,\n",
    f"M5,{LONG},MARIA,,,UT,7700000000235,blocked,,\n",
    f"X1,LUGOVAYA,VERA,,,S7,{PARTNERS_CARD},active,,\n",
)
NUMBERS = ("M1", "M2", "M3", "M4", "M5")
CARDS = tuple(card for passenger in PASSENGERS for card in passenger.cards)
CATEGORIES = (
    *("NOSHO", "OFFLK", "CHGFL", "FQTVN", "INVOL", "CHGCL", "CHGSG", "IDPAD", "GOSHO", "APIPX"),
    "XYZZY",  # one that nobody knows
)
MONEY = ("fare_currency", "surcharges_amount", "taxes_amount")
"""What no report tells without an amount."""
SALE = {
    "fare_amount": ["1000", "250.50"],
    "fare_currency": ["EUR", "EUR", "RUB"],
    "surcharges_amount": ["90"],
    "taxes_amount": ["40.40"],
    "brand": ["LIGHT", "FLEX", "light"],
    "passenger_type": ["ADT", "CHD"],
    "channel": ["web", "agency"],
    "booked_on": [date(2026, 5, 31), date(2026, 6, 1)],
    "ticketed_on": [date(2026, 6, 30), date(2026, 7, 1), date(2026, 8, 21)],
}
"""What coupon reports tell of the sale."""
CODESHARES = (Flight("S7", "7123"), Flight("ZZ", "900"))


@dataclass(frozen=True)
class History:
    """``opening`` comes first and ``closing`` (the clock) mostly last; in between every order is as good."""

    opening: tuple[Submission, ...]
    messages: tuple[Submission, ...]
    closing: tuple[Submission, ...]
    closes_last: bool = False
    """Nothing comes behind the clock: what it decides about isn't decided by anything else."""


def _file(rows: str, enrolled: str = "", told: str = ",,") -> MembersImported:
    """A member file; with days of enrolment and ``told`` (residence, groups, instant) where rules ask for them."""
    if not enrolled:
        return MembersImported((HEADER + rows).encode())
    more = "".join(f"{row},{enrolled},{told}\n" for row in rows.splitlines())
    born = more.replace("VERA,,,", "VERA,,1990-07-30,")
    return MembersImported((HEADER.rstrip() + ",enrolled_on,residence,groups,said_at\n" + born).encode())


class _Author:
    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.departures = [self._departure(number) for number in range(self.chance.randint(1, 3))]

    def _departure(self, number: int) -> Departure:
        on = date(2026, 7, 20) + timedelta(days=self.chance.randrange(0, 30, 10))
        board = self.chance.choice(["DME", "DME", "LED"])
        return Departure(Flight("UT", str(self.chance.choice([451, 452 + number]))), on, board)

    def history(self) -> History:
        chance = self.chance
        programme = chance.choice([PROGRAMME, LATE, RISING, LIVELY, SELLING])
        lively = programme is LIVELY
        known, later = [], []
        for rows in MEMBERS:
            (known if chance.random() < 0.7 else later).append(rows)
        enrolled = "2026-07-21" if lively else ""
        messages = [submission(_file(rows, enrolled)) for rows in later]
        messages += [self._message() for _number in range(chance.randint(4, 14))]
        if chance.random() < 0.4:
            messages += [each for _number in range(chance.randint(1, 4)) for each in self._stated()]
        if chance.random() < 0.3:
            messages.append(self._clock(NOON - timedelta(days=chance.randrange(30))))
        if lively:
            # Before the late evidence comes that keeps miles alive, some have ended.
            messages += [self._clock(NOON + timedelta(hours=chance.randrange(30))) for _number in range(2)]
            messages += [submission(self._restated()) for _number in range(chance.randint(0, 3))]
        long_ago = NOON - timedelta(days=60)
        first = [submission(ProgrammeActivated(programme, "demo.yaml"), received_at=long_ago)]
        first.append(submission(ProgrammeActivated(OTHER, "other.yaml")))
        if known:
            first.append(submission(_file("".join(known), enrolled)))
        unique = {one.digest: one for one in messages}
        last = self._clock(NOON + timedelta(days=chance.choice([2, 2, 60])))
        return History(tuple(first), tuple(unique.values()), (last,), lively)

    def _restated(self) -> MembersImported:
        """A member file that says again, or otherwise, where somebody lives and in which groups he is, of today or of
        an earlier day."""
        chance = self.chance
        told = (chance.choice(["", "FR", "MC"]), chance.choice(["", "vip", "press vip"]))
        said_at = NOON - timedelta(days=chance.choice([0, 0, 1, 10, 20]), minutes=chance.choice([-5, 0, 5]))
        enrolled = chance.choice(["2026-07-21", "2026-07-21", "2026-08-19"])
        return _file(chance.choice(MEMBERS[:4]), enrolled, ",".join([*told, said_at.isoformat()]))

    def _clock(self, at: datetime) -> Submission:
        return submission(Clock(at, 3600), received_at=NOON)

    def _message(self) -> Submission:
        chance = self.chance
        departure = chance.choice(self.departures)
        if chance.random() < 0.35:
            return submission(self._coupon(departure))
        kind = chance.choice(["FTL", "FTL", "PRL", "PRL", "ETL", "ASL", "PFS", "PFS", "PNL", "ADL", "ADL"])
        by = chance.choice(["MOWRMUT", "MOWRMUT", "LEDRM1A"])
        edition = NOON + timedelta(seconds=chance.choice([0, 0.5, 60, 120]))
        correction, incomplete = chance.random() < 0.1, chance.random() < 0.1
        if kind == "FTL" and chance.random() < 0.15:
            # The list of a marketing carrier: its flight stands in the heading.
            departure = replace(departure, flight=chance.choice(CODESHARES))
        aboard = chance.choices(PASSENGERS, k=chance.choice([0, 1, 1, 2, 2, 3]))
        if chance.random() < 0.2:
            aboard += FAMILY  # of whom other lists name one alone
        persons = tuple(self._listed(kind, who, line) for line, who in enumerate(aboard, 5))
        nil = not persons and chance.random() < 0.5
        return submission(ListReceived(kind, by, departure, edition, persons, nil, incomplete, correction))

    def _stated(self) -> list[Submission]:
        """A statement; members may claim again on another day, in a document of its own."""
        statement = self._statement()
        if not isinstance(statement, CreditClaimed):
            return [submission(statement)]
        days = self.chance.sample(range(5), self.chance.choice([1, 2, 2]))
        return [
            submission(statement, f"{statement!r} {day}".encode(), received_at=NOON + timedelta(days=day))
            for day in days
        ]

    def _statement(self) -> Transaction:
        """What staff or a member says."""
        chance = self.chance
        at = NOON + timedelta(minutes=chance.choice([-60, -60, 0, 5]))
        since = date(2026, 7, 15) + timedelta(days=chance.choice([0, 10, 20]))
        who = chance.choice(PASSENGERS)
        card = CardClaim("UT", chance.choice(who.cards))
        departure = chance.choice(self.departures)
        match chance.randrange(9):
            case 8:
                return self._given_tier(since, at)
            case 0:
                return MemberStated(
                    "UT", chance.choice(NUMBERS), chance.choice(["active", "blocked"]), since, at
                )
            case 1:
                states = ["active", "blocked", "lost"]
                return CardStated("UT", chance.choice(CARDS), chance.choice(states), since, at)
            case 2:
                return MembersMerged("UT", *chance.sample(NUMBERS, 2), at)
            case 3:
                return MembersUnmerged("UT", chance.choice(NUMBERS), at)
            case 4:
                action = chance.choice(["accept_name", "accept_name", "forget_name"])
                other = chance.choice(PASSENGERS).names[0]
                return CaseResolved("staff", "seen", action, at, card=card, name=other)
            case 5 | 6:
                action = chance.choice(["assign", "uphold", "reject", "withdraw"])
                return CaseResolved("staff", "seen", action, at, self._carriage(departure, who), card)
        ticket = self._ticket(who) if chance.random() < 0.7 else ""
        leg = (departure.flight, departure.on, departure.board_point)
        name, locator = chance.choice(who.names), "" if ticket else who.locator
        return CreditClaimed("portal", card, name, ticket, int(bool(ticket)), *leg, locator=locator)

    def _given_tier(self, since: date, at: datetime) -> TierGiven:
        chance = self.chance
        kind = chance.choice(["gift", "match", "paid"])
        state = chance.choice(["given", "given", "withdrawn"])
        endless = state == "withdrawn" or (kind != "paid" and chance.random() < 0.3)
        until = None if endless else since + timedelta(days=chance.choice([0, 10, 40]))
        tier, number = chance.choice(["SILVER", "GOLD"]), chance.choice(NUMBERS)
        return TierGiven("UT", number, tier, kind, since, at, "told", until, state)

    def _carriage(self, departure: Departure, who: Passenger) -> str:
        """One of the keys by which staff may know a carriage."""
        name, card = self.chance.choice(who.names), CardClaim("UT", self.chance.choice(who.cards))
        return self.chance.choice(
            [
                keys.ticket_identity(departure, self._ticket(who), 1),
                keys.locator_identity(departure, who.locator, name),
                keys.card_identity(departure, card, name),
            ]
        )

    def _listed(self, kind: str, who: Passenger, line: int) -> ListedPerson:
        chance = self.chance
        cards = ()
        if kind == "FTL" or chance.random() < 0.3:
            # Now and then a card of another: swiped by an agent, or mistyped; and now and then two.
            owner = who if chance.random() < 0.85 else chance.choice(PASSENGERS)
            numbers = chance.sample(owner.cards, chance.randint(1, len(owner.cards)))
            role, booked = chance.choice(["FQTV"] * 8 + ["FQTR", "FQTU"]), chance.choice(["", "", "C"])
            cards = tuple(CardClaim("UT", number, role, booked) for number in numbers)
            if who is PASSENGERS[0] and chance.random() < 0.3:
                cards += (CardClaim("S7", PARTNERS_CARD),)
        ticket = self._ticket(who) if kind != "FTL" and chance.random() < 0.6 else ""
        return ListedPerson(
            chance.choice(who.names),
            chance.choice(["AER", "AER", "VVO"]),
            chance.choice("YYCL"),
            ((who.locator, "UT"),) if chance.random() < 0.8 else (),
            cards,
            ticket=ticket,
            coupon=chance.choice([0, 1, 1, 1]) if ticket else 0,
            marketing=Marketing(chance.choice(CODESHARES), "Y") if chance.random() < 0.2 else None,
            seats=chance.choice([1] * 9 + [0]),
            line=line,
            line_end=line,
            category=chance.choice(CATEGORIES) if kind == "PFS" else "",
            change=chance.choice(["ADD", "CHG", "DEL"]) if kind == "ADL" else "",
            child=chance.random() < 0.1,
            staff=chance.random() < 0.05,
        )

    def _ticket(self, who: Passenger) -> str:
        # Two tickets each (one may have been exchanged for the other), and one that wanders.
        return f"29861{PASSENGERS.index(who):04d}{self.chance.choice([1, 1, 1, 2, 9]):04d}"

    def _coupon(self, departure: Departure) -> CouponReported:
        chance = self.chance
        who = chance.choice(PASSENGERS)
        marketing = operating = departure.flight
        if chance.random() < 0.25:
            marketing = chance.choice(CODESHARES)
        ticket = self._ticket(who) if chance.random() < 0.8 else ""
        sale: dict[str, Any] = {}
        if chance.random() < 0.6:
            sale = {name: chance.choice(values) for name, values in SALE.items() if chance.random() < 0.4}
            if "fare_amount" not in sale:
                sale = {name: value for name, value in sale.items() if name not in MONEY}
        owner = who if chance.random() < 0.9 else chance.choice(PASSENGERS)
        return CouponReported(
            "gateway",
            CardClaim("UT", chance.choice(owner.cards)),
            chance.choice(who.names),
            chance.choice("OACLFFFFREVGXS"),
            marketing,
            departure.on,
            departure.board_point,
            chance.choice(["AER", "AER", "VVO"]),
            chance.choice("YYCZ"),
            operating=operating if chance.random() < 0.5 else None,
            ticket=ticket,
            coupon=int(bool(ticket)),
            reported_at=chance.choice([None, NOON, NOON + timedelta(seconds=1)]),
            **sale,
        )


def history_of(seed: int) -> History:
    return _Author(seed).history()
