"""The short form in which stories are written; ``stories/README.md`` explains it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from loyalty_core import (
    CardClaim,
    Clock,
    CouponReported,
    Departure,
    Flight,
    ListedPerson,
    ListReceived,
    Marketing,
    MembersImported,
    Name,
    Transaction,
    located_yaml,
)

NOON = datetime(2026, 8, 20, 12, tzinfo=UTC)
HEADER = "member,surname,given,other_names,birth_date,card_airline,card,card_state,replaced_by,tier\n"
LONG = "ROZHDESTVENSKAYAKONSTANTINOPOLSKAYAZAMOSKVORETSKAYA"

NAMES = {
    "VERA": Name("LUGOVAYA", "VERA"),
    "VERA_RU": Name("ЛУГОВАЯ", "ВЕРА ПЕТРОВНА"),
    "VERA_V": Name("LUGOVAYA", "V"),
    "VERA_MRS": Name("LUGOVAYA", "VERAMRS"),
    "IVAN": Name("ORLOV", "IVAN"),
    "IGOR": Name("ORLOV", "IGOR"),
    "ORLOV_I": Name("ORLOV", "I"),
    "PAVEL": Name("SMIRNOV", "PAVEL"),
    "ANN": Name("SMITH", "ANN"),
    "BOB": Name("SMITH", "BOB"),
    "MARIA": Name(LONG, "MARIA"),
    "MARIA_CUT": Name(LONG[:34], "M"),
    "OLEG": Name("BORISOV", "OLEG"),
}
CARDS = {
    "V": "7700000000011",
    "V_OLD": "7700000000128",
    "V_TWIN": "7700000000300",
    "I": "7700000000201",
    "G": "7700000000219",
    "I2": "7700000000227",
    "P": "7700000000243",
    "M": "7700000000235",
    "B": "7700000000029",
    "NOBODYS": "7700000000999",
    "S7": "900000000017",
}
MEMBERS = {
    "M1": "M1,LUGOVAYA,VERA,ЛУГОВАЯ/ВЕРА,,UT,7700000000011,active,,\n"
    "M1,LUGOVAYA,VERA,ЛУГОВАЯ/ВЕРА,,UT,7700000000128,replaced,7700000000011,\n",
    "M2": "M2,BORISOV,OLEG,,,UT,7700000000029,blocked,,\n",
    "M3": f"M3,{LONG},MARIA,,,UT,7700000000235,active,,\n",
    "M5": "M5,LUGOVAYA,VERA,ЛУГОВАЯ/ВЕРА,,UT,7700000000300,active,,\n",
    "M7": "M7,ORLOV,IVAN,,,UT,7700000000201,active,,\n",
    "M8": "M8,ORLOV,IGOR,,,UT,7700000000219,active,,\n",
    "M9": "M9,ORLOV,IVAN,,,UT,7700000000227,active,,\n",
    "LATER": "L1,SMIRNOV,PAVEL,,,UT,7700000000243,active,,\n",
}
LOCATORS = {"VERA": "0AAAAA", "IVAN": "0BBBBB", "IGOR": "0BBBBB", "ORLOV": "0BBBBB", "PAVEL": "0CCCCC"}


@dataclass(frozen=True)
class Story:
    name: str
    messages: tuple[Transaction, ...]
    ends: tuple[str, ...]
    miles: dict[str, str]
    policy: str


def read_stories(path: Path) -> list[Story]:
    """All stories of a file; InputError or ValueError where one can't be understood."""
    rows: Any = located_yaml.load(path.read_text(encoding="utf-8"), str(path)).value
    return [
        Story(
            row["story"],
            tuple(read_message(text) for text in row["messages"]),
            tuple(sorted(row["ends"])),
            {member: str(amount) for member, amount in row.get("miles", {}).items()},
            row.get("policy", ""),
        )
        for row in rows
    ]


def read_message(text: str) -> Transaction:
    """One message from its short form."""
    head, _bar, tail = text.partition("|")
    kind, *words = head.split()
    if kind == "MEMBERS":
        return MembersImported((HEADER + "".join(MEMBERS[word] for word in words)).encode())
    if kind == "CLOCK":
        return Clock(NOON + timedelta(hours=int(words[0])), 3600)
    letter = words.pop(0) if kind == "COUPON" else ""
    departure = _departure(words.pop(0))
    minute, by = 0.0, "MOWRMUT"
    while words:
        word = words.pop(0)
        if word == "by":
            by = words.pop(0)
        else:
            minute = float(word)
    persons = [one.split() for one in tail.split(";") if one.strip()]
    if kind == "COUPON":
        return _coupon(letter, departure, persons[0])
    made = NOON + timedelta(minutes=minute)
    if persons == [["NIL"]]:
        return ListReceived(kind, by, departure, made, nil=True)
    listed = tuple(_listed(kind, number, words) for number, words in enumerate(persons, 5))
    return ListReceived(kind, by, departure, made, listed)


def _flight(text: str) -> Flight:
    carrier, _dot, number = text.rpartition(".")
    return Flight(carrier or "UT", number)


def _departure(text: str) -> Departure:
    rest, _at, board = text.partition("@")
    flight, _stroke, day = rest.partition("/")
    return Departure(_flight(flight), date(2026, 8, int(day or 20)), board or "DME")


def _ticket(word: str) -> tuple[str, int]:
    number, _stroke, coupon = word.removeprefix("t").partition("/")
    return f"29861200000{int(number):02d}", int(coupon or 0)


def _said(words: Sequence[str]) -> dict[str, Any]:
    """The fields of a person that a list and a coupon report have in common, and whatever stands as NAME=VALUE."""
    name, *rest = words
    said: dict[str, Any] = {
        "name": NAMES[name],
        "cards": [],
        "locator": LOCATORS.get(name.split("_")[0], "0ZZZZZ"),
    }
    role = next((word.removeprefix("role=") for word in rest if word.startswith("role=")), "FQTV")
    for word in rest:
        card, _dash, booked = word.partition("-")
        if word == "L-":
            said["locator"] = ""
        elif word[0] == "L" and word[1:].isdigit():
            said["locator"] = f"0LLLL{word[1:]}"
        elif card in CARDS:
            said["cards"].append(CardClaim("S7" if card == "S7" else "UT", CARDS[card], role, booked))
        elif word[0] == "t" and word[1].isdigit():
            said["ticket"], said["coupon"] = _ticket(word)
        elif word == "staff":
            said["staff"] = True
        elif "=" in word:
            key, _equals, value = word.partition("=")
            said[key] = value
        else:
            raise ValueError(f"{word} is no word of a story")
    return said


def _listed(kind: str, line: int, words: list[str]) -> ListedPerson:
    first = words.pop(0) if kind in ("PFS", "ADL") else ""
    said = _said(words)
    marketing = said.get("M", "")
    return ListedPerson(
        said["name"],
        said.get("to", "AER"),
        said.get("as", "Y"),
        ((said["locator"], "UT"),) if said["locator"] else (),
        tuple(said["cards"]),
        ticket=said.get("ticket", ""),
        coupon=said.get("coupon", 0),
        marketing=Marketing(_flight(marketing[:-1]), marketing[-1]) if marketing else None,
        seats=int(said.get("seats", 1)),
        line=line,
        line_end=line,
        category=first if kind == "PFS" else "",
        change=first if kind == "ADL" else "",
        staff=said.get("staff", False),
    )


def _coupon(letter: str, departure: Departure, words: list[str]) -> CouponReported:
    said = _said(words)
    at = said.get("at")
    report = CouponReported(
        "gateway",
        said["cards"][0],
        said["name"],
        letter,
        departure.flight,
        departure.on,
        departure.board_point,
        said.get("to", "AER"),
        said.get("as", "Y"),
        ticket=said.get("ticket", ""),
        coupon=said.get("coupon", 0),
        reported_at=NOON + timedelta(minutes=float(at)) if at else None,
        fare_basis=said.get("fare", ""),
    )
    return replace(report, operating=_flight(said["op"])) if "op" in said else report
