"""Everything that comes in to a made-up installation, in order of time: some years of departures, counters, member
files, new versions of the programme and restarts under other settings.

One seed makes one traffic. Nothing is made long before it is due, so any number of messages costs the same memory.
"""

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tests.replays.counters import Counters
from tests.replays.departures import Airline, Sent
from tests.replays.people import People

BEGIN = datetime(2023, 3, 1, 6, 0, tzinfo=UTC)
DAYS = 960
"""Longer than miles live: lots expire, and what was spent of them is taken back."""
ROWS_A_DEPARTURE = 9.3
"""Journal rows that one departure brings, with its share of all else; measured."""
MEMBERS_MIN = 40
OTHER_LINK = {"files": "telex", "telex": "files", "gateway": "partners", "partners": "gateway"}
AGAIN = 0.05
AGAIN_AT_COUNTERS = 0.2
"""Shares of messages that come a second time: hosts that got no answer, people who got no miles."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A member file is taken over."""

    at: datetime
    content: bytes


@dataclass(frozen=True, slots=True)
class Activated:
    """Another version of the programme comes into force."""

    at: datetime
    bonus_percent: int


@dataclass(frozen=True, slots=True)
class Restarted:
    """The server is stopped and started, as a process of this lane."""

    at: datetime
    lane: str


Event = Sent | Imported | Activated | Restarted


def traffic(seed: int, rows: int) -> Iterator[Event]:
    """Events by which the journal gets about so many rows and never fewer: whoever has enough of them stops."""
    return _Traffic(seed, rows).events()


class _Traffic:
    def __init__(self, seed: int, rows: int) -> None:
        self._chance = random.Random(seed)
        self._people = People(max(MEMBERS_MIN, rows // 25), self._chance)
        self._airline = Airline(self._people, self._chance)
        self._counters = Counters(self._people, self._chance)
        self._a_day = rows / ROWS_A_DEPARTURE / DAYS
        # A start takes seconds; a small journal has one on its way.
        self._restart_days = 100 if rows >= 10_000 else 500
        self._coming: list[tuple[datetime, int, Event]] = []
        self._number = 0

    def events(self) -> Iterator[Event]:
        for content in self._people.first_files():
            yield Imported(BEGIN, content)
        departures = 0
        day = 0
        while True:
            # Two days ahead: that is when the booking lists of a departure are written.
            today = BEGIN + timedelta(days=day)
            while departures < self._a_day * (day + 1):
                departures += 1
                leaves = today + timedelta(days=2, minutes=self._chance.randrange(24 * 60))
                for sent in self._airline.departure(leaves).messages():
                    self._put(sent)
                if self._chance.random() < 0.8:
                    for sent in self._counters.messages(self._sometime(today)):
                        self._put(sent)
            self._put_rare(day, today)
            tomorrow = today + timedelta(days=1)
            while self._coming and self._coming[0][0] < tomorrow:
                yield heapq.heappop(self._coming)[2]
            day += 1

    def _put_rare(self, day: int, today: datetime) -> None:
        if day % 30 == 20:
            for content in self._people.changes():
                self._put(Imported(self._sometime(today), content))
        if day % 300 == 150:
            self._put(Imported(self._sometime(today), self._people.bad_file()))
        if day % 320 == 200:
            self._put(Activated(self._sometime(today), 20 + day // 32))
        if day and day % self._restart_days == 0:
            lane = "east" if day // self._restart_days % 2 else "main"
            self._put(Restarted(self._sometime(today), lane))
        if self._chance.random() < self._a_day / 4:
            # One of the telegrams that are only passed on.
            at = self._sometime(today)
            text = f"MOWFFUT\n.MOWRMUT {at:%d%H%M}\nMVT\nUT280/{at:%d}.RA12345.DME\nAD1205/1215 EA1430 AER\n"
            self._put(Sent(at, "files", text.encode()))

    def _put(self, event: Event) -> None:
        self._number += 1
        heapq.heappush(self._coming, (event.at, self._number, event))
        if isinstance(event, Sent):
            again = AGAIN_AT_COUNTERS if b'reference="OP-' in event.raw else AGAIN
            if self._chance.random() < again:
                self._put(self._again(event))

    def _again(self, sent: Sent) -> Sent:
        chance = self._chance
        later = chance.choice(
            [timedelta(seconds=40), timedelta(hours=5), timedelta(days=chance.randint(1, 40))]
        )
        link = sent.link
        if chance.random() < 0.2 and sent.raw.isascii():
            link = OTHER_LINK.get(link, link)
        return replace(sent, at=sent.at + later, link=link)

    def _sometime(self, day: datetime) -> datetime:
        return day + timedelta(seconds=self._chance.randrange(24 * 3600))
