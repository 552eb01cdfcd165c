"""What shops and the staff of a made-up programme ask for: miles held, spent, given, moved and pooled, as bytes.

Much of it can't be granted: not enough miles, a hold that has ended, a second person who is the first. Some is asked by
a link that may not, and some questions are kept because their link keeps all or because they are wrong. Now and then
the staff say what is to be known of a member or card.
"""

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from simulators.population import name_of
from tests.replays.departures import Sent
from tests.replays.people import People

FIRST = ("adjust", "adjust", "reserve", "reserve", "reserve", "redeem", "redeem", "transfer", "pool")
SECOND = {
    "reserve": ("capture", "capture", "release"),
    "adjust": ("approve", "approve", "reverse"),
    "redeem": ("reverse",),
    "capture": ("reverse",),
    "transfer": ("reverse",),
}
"""What may follow an operation."""
BY_GATEWAY = frozenset({"reserve", "capture", "release", "redeem"})
"""What the settings let the gateway send; everything else is for the staff's own link."""


class Counters:
    """Asks one thing after the other; all chance comes from ``chance``."""

    def __init__(self, people: People, chance: random.Random) -> None:
        self._people = people
        self._chance = chance
        self._number = 0
        self._open: deque[tuple[str, str]] = deque(maxlen=40)
        self._pools: list[str] = []

    def messages(self, at: datetime) -> Iterator[Sent]:
        """The next ones: a question, or something asked for and mostly what follows from it."""
        chance = self._chance
        which = chance.random()
        if which < 0.2:
            yield self._question(at) if which < 0.1 else self._statement(at)
            return
        if which < 0.27:
            yield from self._granted_at_last(at)
            return
        yield self._first(at)
        while self._open and chance.random() < 0.4:
            at += timedelta(minutes=chance.choice([2, 30, 30, 60 * 24 * 7]))
            # Mostly about what was asked last.
            place = -1 if chance.random() < 0.7 else chance.randrange(len(self._open))
            yield self._second(at, *self._open[place])

    def _granted_at_last(self, at: datetime) -> Iterator[Sent]:
        """The very same message is refused first; what happens in between makes it good."""
        card = self._card()
        wish = self._sent(at, "redeem", f'{card}<miles amount="4000"/>')
        yield wish
        gift = f'{card}<adjustment amount="4500" reason="goodwill" by="Ivanova"/>'
        yield self._sent(at + timedelta(minutes=10), "adjust", gift)
        yield replace(wish, at=at + timedelta(minutes=20))

    def _first(self, at: datetime) -> Sent:
        chance = self._chance
        amount = chance.choice([50, 200, 700, 2500, 9000])
        card = self._card()
        kind = chance.choice(FIRST)
        pool = ' pool="true"' if chance.random() < 0.1 else ""
        match kind:
            case "adjust":
                amount *= chance.choice([1, 1, 1, -1])
                body = f'{card}<adjustment amount="{amount}" reason="goodwill" by="Ivanova"/>'
            case "reserve":
                until = at + timedelta(minutes=chance.choice([5, 90, 1400]))
                body = f'{card}<miles amount="{amount}" until="{until:%Y-%m-%dT%H:%M:%SZ}"{pool}/>'
            case "redeem":
                body = f'{card}<miles amount="{amount}"{pool}/>'
            case "transfer":
                body = f'{card}{self._card("to")}<miles amount="{amount}"/>'
            case _:
                body = card + self._pool()
        return self._sent(at, kind, body)

    def _second(self, at: datetime, key: str, before: str) -> Sent:
        chance = self._chance
        kind = chance.choice(SECOND[before])
        match kind:
            case "capture":
                amount = chance.choice(["", ' amount="30"'])
                keep = chance.choice(["", ' keep_rest="true"']) if amount else ""
                body = f'<hold key="{key}"{amount}{keep}/>'
            case "release":
                body = f'<hold key="{key}"/>'
            case "approve":
                by = chance.choice(["Petrov", "Petrov", "ivanova"])
                refused = chance.choice(["", "", ' approved="false"'])
                body = f'<adjustment key="{key}" by="{by}"{refused}/>'
            case _:
                body = f'<operation key="{key}" reason="cancelled" by="Petrov"/>'
        return self._sent(at, kind, body)

    def _sent(self, at: datetime, kind: str, body: str) -> Sent:
        self._number += 1
        key = f"OP-{self._number}"
        if kind in SECOND:
            self._open.append((key, kind))
        text = f'<query><ffp_{kind} reference="{key}">{body}</ffp_{kind}></query>'
        if self._chance.random() < (0.5 if kind in BY_GATEWAY else 0.03):
            return Sent(at, "gateway", f"<sirena>{text}</sirena>".encode())
        return Sent(at, "back-office", text.encode())

    def _pool(self) -> str:
        chance = self._chance
        action = chance.choice(["open", "join", "join", "leave"]) if self._pools else "open"
        if action == "open":
            self._pools.append(f"FAMILY{len(self._pools)}")
        pool = chance.choice(self._pools[-20:])
        share = chance.choice([0, 30, 100])
        return f'<pool key="{pool}" action="{action}" share="{share}" spends="true"/>'

    def _card(self, element: str = "ffp") -> str:
        return f'<{element} company="UT">{self._people.card(self._people.someone())}</{element}>'

    def _statement(self, at: datetime) -> Sent:
        """What staff say of members and cards; some is taken back when it is told once more."""
        chance, people = self._chance, self._people
        number, other = (f"P{people.someone():07d}" for _ in range(2))
        said = f'said="{at - timedelta(minutes=chance.choice([1, 1, 60 * 24 * 3])):%Y-%m-%dT%H:%M:%SZ}"'
        since = f'since="{at - timedelta(days=chance.choice([0, 0, 20])):%Y-%m-%d}"'
        kind = chance.choice(
            ["member_state", "card_state", "card_state", "merge", "unmerge", "relation", "tier"]
        )
        match kind:
            case "member_state":
                state = chance.choice(["active", "active", "blocked", "temporary", "closed"])
                body = f'<member company="UT" state="{state}" {since} {said}>{number}</member>'
            case "card_state":
                state = chance.choice(["active", "active", "lost", "blocked"])
                card = people.card(people.someone())
                body = f'<ffp company="UT" state="{state}" {since} {said}>{card}</ffp>'
            case "tier":
                tier, state = (
                    chance.choice(["SILVER", "GOLD"]),
                    chance.choice(["given", "given", "withdrawn"]),
                )
                why = f'kind="{chance.choice(["gift", "match"])}" tier="{tier}" state="{state}" reason="told"'
                body = f'<member company="UT" {why} {since} {said}>{number}</member>'
            case "merge":
                body = f'<member company="UT" into="{other}" {said}>{number}</member>'
            case "unmerge":
                body = f'<member company="UT" {said}>{number}</member>'
            case _:
                relation = chance.choice(["company", "company", "guardian", "parent"])
                to = f' other="{other}"' if chance.random() < 0.7 else ""
                body = (
                    f'<relation company="UT" kind="{relation}"{to} {since} {said}>'
                    f"<member>{number}</member></relation>"
                )
        return Sent(at, "back-office", f"<query><ffp_{kind}>{body}</ffp_{kind}></query>".encode())

    def _question(self, at: datetime) -> Sent:
        """One that is in the journal all the same."""
        member = self._people.someone()
        surname, given = name_of(member)
        card = self._people.card(member)
        if self._chance.random() < 0.5:
            asked = f'<ffp company="UT" surname="{surname}" name="{given}">{card}</ffp>'
            text = f"<sirena><query><ffp_info>{asked}</ffp_info></query></sirena>"
            return Sent(at, "partners", text.encode())
        text = f'<sirena><query><ffp_info><ffp company="UT">{card}</ffp></ffp_info></query></sirena>'
        return Sent(at, "gateway", text.encode())
