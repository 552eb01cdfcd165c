"""One departure of a made-up airline: who is on it, and all that its hosts say about them, as bytes with times.

Booking, check-in, boarding, tickets, exceptions and coupons tell the same story in their own ways, some of it wrong,
late, twice, in parts, cut off or never.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapter.work import COMMAND_LINK
from simulators.morning import MONTHS
from simulators.population import ROUTES, name_of
from tests.replays.people import People, cyrillic

SIZES = (1, 2, 2, 3, 3, 4, 4, 5, 6, 8, 12)
BIG = 80
CLASSES = "YYYBMKLVNQGCDJZ"
EXCEPTIONS = ("NOSHO", "NOSHO", "OFFLK", "CHGFL", "INVOL", "FQTVN", "GOSHO", "CHGCL", "IDPAD")
LEFT_BEHIND = frozenset({"NOSHO", "OFFLK", "CHGFL"})


@dataclass(frozen=True, slots=True)
class Sent:
    """One message on its way in: when it arrives, by which link, its bytes."""

    at: datetime
    link: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Passenger:
    """Somebody on a departure. ``category`` is what the PFS says, "" for nothing."""

    surname: str
    given: str
    owned: str
    """The member's card; ``card`` is what was shown, "" for none."""
    card: str
    locator: str
    ticket: str
    coupon: int
    letter: str
    category: str

    @property
    def cabin(self) -> str:
        return "C" if self.letter in "CDJZ" else "Y"


class Airline:
    """Makes departures one after the other; all chance comes from ``chance``."""

    def __init__(self, people: People, chance: random.Random) -> None:
        self._people = people
        self._chance = chance
        self._travellers = 0
        self._earlier: list[Passenger] = []
        """Some whose journey may go on with the next coupon."""

    def departure(self, leaves: datetime) -> "Departure":
        chance = self._chance
        size = BIG if chance.random() < 0.005 else chance.choice(SIZES)
        board, off = chance.choice(ROUTES)
        found: list[Passenger] = []
        for _ in range(size):
            found.append(self._passenger(found))
        self._earlier = chance.sample(found, min(3, size)) + self._earlier[:20]
        return Departure(chance, str(chance.randint(100, 999)), leaves, board, off, found)

    def _passenger(self, others: list[Passenger]) -> Passenger:
        chance, people = self._chance, self._people
        category = chance.choice(EXCEPTIONS) if chance.random() < 0.15 else ""
        if self._earlier and chance.random() < 0.12:
            before = self._earlier.pop(chance.randrange(len(self._earlier)))
            if before.coupon < 4:
                return replace(before, coupon=before.coupon + 1, category=category)
        self._travellers += 1
        number = self._travellers
        member = people.someone()
        surname, given = name_of(member)
        owned = people.card(member)
        card = owned if chance.random() < 0.65 else ""
        if card and chance.random() < 0.03:
            # Somebody else's card, or one that nobody has.
            card = chance.choice([people.card(people.someone()), f"79{number:011d}"])
        with_others = bool(others) and chance.random() < 0.25
        return Passenger(
            surname,
            given[:1] if chance.random() < 0.02 else given,
            owned,
            card,
            others[-1].locator if with_others else _locator(number),
            f"298{number:010d}",
            1,
            chance.choice(CLASSES),
            category,
        )


def _locator(number: int) -> str:
    signs = "0123456789BCDFGHJKLMNPQRSTVWXZ"
    return "0" + "".join(signs[number * 7919 // 30**place % 30] for place in range(5))


class Departure:
    """What is said about one departure."""

    def __init__(
        self,
        chance: random.Random,
        flight: str,
        leaves: datetime,
        board: str,
        off: str,
        passengers: list[Passenger],
    ) -> None:
        self._chance = chance
        self._flight = flight
        self._leaves = leaves
        self._board = board
        self._off = off
        self._passengers = passengers
        self._originator = chance.choice(["MOWRMUT", "MOWRMUT", "MOWRMUT", "LEDRM1A"])
        self._link = chance.choice(["files", "files", "telex"])
        self._is_cyrillic = chance.random() < 0.2

    def messages(self) -> Iterator[Sent]:
        """In no order of time."""
        for kind, hours, share, part in _LISTS:
            if self._chance.random() < share:
                yield from self._list(kind, self._leaves + timedelta(hours=hours), part(self))
        yield from self._coupons()
        yield from self._cases()

    # --- telegrams ----------------------------------------------------------------------------------------------------

    def _list(self, kind: str, created: datetime, blocks: "list[_Block]") -> Iterator[Sent]:
        chance = self._chance
        lag = timedelta(minutes=chance.randint(1, 6))
        if chance.random() < 0.06:
            lag = timedelta(hours=chance.randint(1, 24 * 9))
        count = min(chance.choice([1, 1, 1, 2, 3]), len(blocks)) if kind in ("PRL", "FTL") else 1
        cuts = [0, *sorted(chance.sample(range(1, len(blocks)), count - 1)), len(blocks)] if count > 1 else []
        if not cuts:
            raw = self._telegram(kind, created, 1, _lines(blocks, blocks) or ["NIL"], f"END{kind}")
            yield Sent(created + lag, self._link, raw[: len(raw) * 2 // 3] if chance.random() < 0.01 else raw)
        for number in range(1, len(cuts)):
            if chance.random() < 0.03:
                continue  # never comes
            lines = _lines(blocks[cuts[number - 1] : cuts[number]], blocks)
            end = f"END{kind}" if number == count else f"ENDPART{number}"
            raw = self._telegram(kind, created, number, lines, end)
            yield Sent(created + lag + timedelta(seconds=chance.randint(0, 90)), self._link, raw)

    def _telegram(self, kind: str, created: datetime, part: int, lines: list[str], end: str) -> bytes:
        day = f"{self._leaves.day:02d}{MONTHS[self._leaves.month - 1]}"
        head = f"MOWFFUT\n.{self._originator} {created:%d%H%M}\n{kind}\nUT{self._flight}/{day} {self._board}"
        text = "\n".join([f"{head} PART{part}", *lines, end]) + "\n"
        return text.encode("cp866" if self._link == "telex" else "utf-8")

    def _block(self, heading: str, one: Passenger, *lines: str) -> "_Block":
        if self._is_cyrillic:
            name = f"1{cyrillic(one.surname)}/{cyrillic(one.given)}"
        else:
            name = f"1{one.surname}/{one.given}" + self._chance.choice(["", "", " MR"])
        text = "\n".join([name, f".L/{one.locator}/UT", *(line for line in lines if line)])
        return f"-{self._off}{heading}", text

    def _booked(self) -> "list[_Block]":
        return sorted(
            self._block(
                "{0:02d}" + one.letter,
                one,
                f".R/FQTV UT HK1 {one.card}" if one.card else "",
                f".R/TKNE HK1 {one.ticket}/{one.coupon}" if self._chance.random() < 0.7 else "",
            )
            for one in self._passengers
            if one.category != "GOSHO"
        )

    def _changed(self) -> "list[_Block]":
        found = []
        for one in self._passengers:
            if self._chance.random() < 0.3:
                change = self._chance.choice(["ADD", "ADD", "CHG", "DEL"])
                card = f".R/FQTV UT HK1 {one.card}" if one.card else ""
                found.append(self._block(f"{{0:02d}}{one.letter}\n{change}", one, card))
        return sorted(found)

    def _checked_in(self) -> "list[_Block]":
        with_class = self._chance.random() < 0.3
        return sorted(
            self._block(
                "{0:02d}" + one.letter,
                one,
                ".M/S7123B20LEDDME" if self._chance.random() < 0.01 else "",
                f".R/FQTV UT {one.card}" + (f"-{one.letter}" if with_class else ""),
            )
            for one in self._passengers
            if one.card and one.category != "NOSHO"
        )

    def _aboard(self, *extra: str) -> "list[_Block]":
        with_card = self._chance.random() < 0.5
        return sorted(
            self._block(
                "{0:02d}" + one.cabin,
                one,
                *extra,
                f".R/FQTV UT {one.card}" if one.card and with_card else "",
                f".R/TKNE HK1 {one.ticket}/{one.coupon}" if self._chance.random() < 0.9 else "",
            )
            for one in self._passengers
            if one.category not in LEFT_BEHIND
        )

    def _boarded(self) -> "list[_Block]":
        return self._aboard(".W/K/1/14", ".R/SEAT HK1 12A")

    def _ticketed(self) -> "list[_Block]":
        return self._aboard()

    def _excepted(self) -> "list[_Block]":
        """A flight without exceptions has its numbers all the same."""
        named = sorted(
            self._block(
                f"\n{one.category} {{0}}{one.cabin}",
                one,
                f".F/UT {one.card}" if one.card and one.category == "FQTVN" else "",
            )
            for one in self._passengers
            if one.category
        )
        return [(f"{self._off} 00/{len(self._passengers):03d}", ""), *named]

    # --- coupons ------------------------------------------------------------------------------------------------------

    def _coupons(self) -> Iterator[Sent]:
        chance = self._chance
        told = [one for one in self._passengers if one.card and chance.random() < 0.55]
        while told:
            size = chance.choice([1, 1, 2, 4])
            few, told = told[:size], told[size:]
            at = self._leaves + timedelta(hours=chance.choice([-20, 3, 4, 9, 30, 24 * 6, 24 * 31]))
            at += timedelta(seconds=chance.randrange(3600))
            yield self._accrual(at, few, ["A", "C"] if at < self._leaves else list("FFFFFFFFFL"))
            if chance.random() < 0.08:
                later = at + timedelta(days=chance.randint(1, 20))
                yield self._accrual(later, few[:1], list("FRVE"))

    def _cases(self) -> Iterator[Sent]:
        """Members claim what nobody credited, and staff decide whose a carriage is."""
        chance = self._chance
        for one in self._passengers:
            at = self._leaves + timedelta(days=chance.randint(2, 50), seconds=chance.randrange(86400))
            said = f"{at - timedelta(minutes=3):%Y-%m-%dT%H:%M:%SZ}"
            who = (
                f'<ffp company="UT">{one.owned}</ffp><passenger surname="{one.surname}" name="{one.given}"/>'
            )
            if chance.random() < (0.03 if one.card else 0.1):
                text = (
                    f'<query><ffp_claim claimed="{said}">{who}<ticket number="{one.ticket}" coupon="{one.coupon}"/>'
                    f'<segment company="UT" flight="{self._flight}" date="{self._leaves:%Y-%m-%d}"'
                    f' departure="{self._board}" locator="{one.locator}"/></ffp_claim></query>'
                )
                yield Sent(at, "back-office", text.encode())
            if chance.random() < 0.03:
                action = chance.choice(["assign", "assign", "uphold", "reject", "withdraw", "accept_name"])
                key = f"UT/{self._flight}/{self._leaves:%Y-%m-%d}/{self._board}|T|{one.ticket}/{one.coupon}"
                about = f'<carriage key="{key}"/>' if action != "accept_name" else who
                about += f'<ffp company="UT">{one.owned}</ffp>' if action == "assign" else ""
                text = (
                    f'<query><ffp_resolve action="{action}" by="a.petrova" reason="asked" stated="{said}">{about}'
                    "</ffp_resolve></query>"
                )
                link = chance.choice(["back-office", COMMAND_LINK])
                yield Sent(at + timedelta(hours=2), link, text.encode())

    def _accrual(self, at: datetime, few: list[Passenger], statuses: list[str]) -> Sent:
        chance = self._chance
        reports = [self._report(at, one, chance.choice(statuses)) for one in few]
        if len(reports) > 1:
            reports = [f'<item id="{number}">{each}</item>' for number, each in enumerate(reports, 1)]
        reference = f' reference="H{chance.randrange(10**9)}"' if chance.random() < 0.1 else ""
        link = chance.choice(["gateway", "gateway", "partners", "dcs"])
        body = f"<query><ffp_accrual{reference}>{''.join(reports)}</ffp_accrual></query>"
        return Sent(at, link, (body if link == "dcs" else f"<sirena>{body}</sirena>").encode())

    def _report(self, at: datetime, one: Passenger, status: str) -> str:
        chance = self._chance
        reported = (
            f' reported="{at - timedelta(minutes=9):%Y-%m-%dT%H:%M:%SZ}"' if chance.random() < 0.6 else ""
        )
        # Now and then a value that the schema doesn't have.
        letter = one.letter if chance.random() < 0.995 else "7"
        return (
            f'<ffp company="UT">{one.card}</ffp><passenger surname="{one.surname}" name="{one.given}"/>'
            f'<coupon ticket="{one.ticket}" number="{one.coupon}" status="{status}"{reported}/>'
            f'<segment company="UT" flight="{self._flight}" date="{self._leaves:%Y-%m-%d}"'
            f' departure="{self._board}" arrival="{self._off}" subclass="{letter}" fare_basis="{letter}RT"/>'
        )


_Block = tuple[str, str]
"""Heading of a group, with a place for its total, and the lines of one passenger."""


def _lines(part: list[_Block], whole: list[_Block]) -> list[str]:
    """The blocks with each heading once; totals are those of the whole list, as in each of its parts."""
    totals = Counter(heading for heading, _text in whole)
    found: list[str] = []
    before = ""
    for heading, text in part:
        found += ([] if heading == before else [heading.format(totals[heading])]) + ([text] if text else [])
        before = heading
    return found


_LISTS: tuple[tuple[str, float, float, Callable[[Departure], list[_Block]]], ...] = (
    ("PNL", -44, 0.5, Departure._booked),
    ("ADL", -28, 0.3, Departure._changed),
    ("ADL", -7, 0.15, Departure._changed),
    ("FTL", -1, 0.8, Departure._checked_in),
    ("FTL", -0.5, 0.2, Departure._checked_in),
    ("PRL", 0.25, 0.7, Departure._boarded),
    ("PRL", 0.5, 0.1, Departure._boarded),
    ("ASL", 0.75, 0.1, Departure._ticketed),
    ("PFS", 1, 0.5, Departure._excepted),
    ("ETL", 2, 0.6, Departure._ticketed),
)
"""Kind, hours after leaving at which it is written, how often it is at all, and what it says."""
