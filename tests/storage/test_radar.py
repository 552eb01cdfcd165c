"""The radar: who flew without a credit and probably is a member, which lists came, and where they contradict."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from loyalty_core import (
    CardClaim,
    Departure,
    DepartureMoved,
    Flight,
    ListedPerson,
    ListReceived,
    MembersImported,
    Name,
    Submission,
    Transaction,
)
from tests.storage.airline import DEPARTURE, HEADER, NOON, coupon, submission
from tests.storage.books import books, outcome_of, query
from tests.storage.list_stories import told, who

KEY = DEPARTURE.key
LATE = NOON + timedelta(days=2)
EXPECTED = {"PRL": 60, "PFS": 60}
ZOYA, TIT = Name("ABAKUMOVA", "ZOYA"), Name("LISIN", "TIT")
MEMBERS = (
    HEADER
    + "R1,ABAKUMOVA,ZOYA,,,UT,7710000000014,active,,\n"
    + "R2,LISIN,TIT,,,UT,7710000000022,active,,\n"
    + "R3,GUSEV,PETR,,,UT,7710000000030,blocked,,\n"
    + "R4,TWIN,ANNA,,,UT,7710000000048,active,,\n"
    + "R5,TWIN,ANNA,,,UT,7710000000055,active,,\n"
).encode()
RETURN = Departure(Flight("UT", "452"), date(2026, 8, 22), "AER")


def boarded(*people: ListedPerson) -> ListReceived:
    return told("PRL", *people)


def card(number: str, airline: str = "UT") -> CardClaim:
    return CardClaim(airline, number)


def named(name: Name, locator: str, card: CardClaim | None = None, **said: Any) -> ListedPerson:
    return who(name, card, locator=locator, **said)


CASES: Sequence[tuple[str, tuple[Transaction, ...], str, str, tuple[str, ...]]] = (
    # what happened, messages, why no credit, likely member, what the reason says
    ("a digit of the card is wrong", (boarded(named(ZOYA, "AA1111", card("7710000000015"))),),
     "card_unknown", "probable R1", ("7710000000014 is one digit off", "name exact")),
    ("two digits of the card are swapped", (boarded(named(TIT, "AA1112", card("7170000000022"))),),
     "card_unknown", "probable R2", ("has two digits swapped",)),
    ("the neighbour's card has another name", (boarded(named(ZOYA, "AA1113", card("7710000000023"))),),
     "card_unknown", "possible R1", ("name exact",)),
    ("the card is blocked", (boarded(named(Name("GUSEV", "PETR"), "AA1114", card("7710000000030"))),),
     "card_blocked", "probable R3", ("is the member's, and blocked",)),
    ("the right card under a wrong name", (boarded(named(ZOYA, "AA1115", card("7710000000022"))),),
     "holder_mismatch", "possible R1", ("name exact",)),
    ("no card, and one member has the name", (boarded(named(ZOYA, "AA1116")),), "no_card", "possible R1", ("exact",)),
    ("no card, and the name is in Cyrillic", (boarded(named(Name("АБАКУМОВА", "ЗОЯ"), "AA1117")),),
     "no_card", "possible R1", ("equivalent",)),
    ("no card, and two members have the name", (boarded(named(Name("TWIN", "ANNA"), "AA1118")),), "", "", ()),
    ("no card, an initial only, and the other coupon of the ticket was credited",
     (boarded(named(Name("LISIN", "T"), "AA1119", ticket="2986120000111", coupon=1)),
      coupon(name=TIT, card=card("7710000000022"), ticket="2986120000111", number=2, flight=RETURN.flight,
             on=NOON.date(), board="AER", off="DME")),
     "no_card", "probable R2", ("coupon 2986120000111/2 was credited",)),
    ("no card here, but on another flight of the booking",
     (boarded(named(Name("TWIN", "ANNA"), "AA1120")),
      told("FTL", named(Name("TWIN", "ANNA"), "AA1120", card("7710000000055")), on=RETURN)),
     "no_card", "probable R5", ("booking AA1120 has the member's card on UT/452/2026-08-22/AER",)),
    ("nobody has the name", (boarded(named(Name("NOBODY", "ANN"), "AA1121")),), "", "", ()),
    ("the card is another programme's", (boarded(named(ZOYA, "AA1122", card("900000000017", "S7"))),), "", "", ()),
    ("only booked", (told("PNL", named(ZOYA, "AA1123")),), "", "", ()),
    ("travels as staff", (boarded(named(ZOYA, "AA1124", staff=True)),), "", "", ()),
    ("credited", (boarded(named(ZOYA, "AA1125", card("7710000000014"))),), "", "", ()),
)  # fmt: skip


@pytest.mark.parametrize(
    ("what", "messages", "why", "likely", "reasons"), CASES, ids=[case[0] for case in CASES]
)
def test_who_flew_without_a_credit(
    what: str,
    messages: tuple[Transaction, ...],
    why: str,
    likely: str,
    reasons: tuple[str, ...],
    tmp_path: Any,
) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite", submission(MembersImported(MEMBERS))) as core:
        core.execute([submission(each) for each in messages])
        found = core.departure(KEY, EXPECTED, LATE)
        assert found is not None
        missed = found["missed"]
        assert [one["why"] for one in missed] == ([why] if why else [])
        first = [f"{one['likelihood']} {one['member']}" for each in missed for one in each["suggestions"][:1]]
        assert first == ([likely] if likely else [])
        told_why = "; ".join(
            text for each in missed for one in each["suggestions"][:1] for text in one["why"]
        )
        for reason in reasons:
            assert reason in told_why


TICKET = "2986120000017"
LISTED = who(ticket=TICKET, coupon=1)
GO_SHOW = named(ZOYA, "BB1111", category="GOSHO")
NO_SHOW = named(TIT, "CC1111", category="NOSHO")
CONTRADICTIONS: Sequence[tuple[str, tuple[Transaction, ...], tuple[str, ...]]] = (
    ("all agree",
     (told("PNL", LISTED, at=-600), boarded(LISTED), told("ETL", LISTED), told("PFS", who(ZOYA, category="NOSHO"))),
     ()),
    ("PRL and PFS", (boarded(LISTED), told("PFS", replace(LISTED, category="NOSHO"))), ("boarded_and_exception",)),
    ("missing in the ETL",
     (boarded(LISTED, named(ZOYA, "BB1111", ticket="2986120000018", coupon=1)), told("ETL", LISTED)),
     ("counts_differ", "one_boarding_list")),
    ("no ticket, so not in the ETL", (boarded(LISTED, named(ZOYA, "BB1111")), told("ETL", LISTED)), ("counts_differ",)),
    ("in the ETL only", (boarded(named(ZOYA, "BB1111")), told("ETL", LISTED)), ("one_boarding_list",)),
    ("flown by coupon, in no list", (boarded(named(ZOYA, "BB1111")), coupon()), ("flown_but_unlisted",)),
    ("booked and vanished",
     (told("PNL", LISTED, at=-600), boarded(named(ZOYA, "BB1111")), told("PFS", GO_SHOW)),
     ("vanished",)),
    ("boarded without a booking",
     (told("PNL", named(ZOYA, "BB1111"), at=-600), boarded(named(ZOYA, "BB1111"), LISTED), told("PFS", NO_SHOW)),
     ("without_booking",)),
    ("no PFS yet: nobody has vanished", (told("PNL", LISTED, at=-600), boarded(named(ZOYA, "BB1111"))), ()),
)  # fmt: skip


@pytest.mark.parametrize(
    ("what", "messages", "codes"), CONTRADICTIONS, ids=[case[0] for case in CONTRADICTIONS]
)
def test_where_lists_contradict_each_other(
    what: str, messages: tuple[Transaction, ...], codes: tuple[str, ...], tmp_path: Any
) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        core.execute([submission(each) for each in messages])
        found = core.departure(KEY, EXPECTED, LATE)
        assert found is not None
        assert tuple(one["code"] for one in found["contradictions"]) == codes


def states(found: Any) -> list[tuple[str, str, int]]:
    return [(one["kind"], one["state"], one["late_minutes"]) for one in found["lists"]]


def test_which_lists_came_and_when(database_url: str) -> None:
    off_block = datetime(2026, 8, 20, 9, 0, tzinfo=UTC)
    with books(database_url) as core:
        assert core.departure(KEY, EXPECTED, LATE) is None
        core.execute([submission(moved(off_block))])
        core.execute([submission(told("PRL", LISTED, at=1), received_at=NOON)])
        core.execute([submission(told("PRL", LISTED, at=0), received_at=NOON + timedelta(minutes=1))])
        core.execute([submission(told("PRL", LISTED, at=5), received_at=NOON + timedelta(minutes=7))])
        core.execute([submission(ListReceived("FTL", "MOWRMUT", DEPARTURE, NOON, nil=True))])
        old = replace(DEPARTURE, on=date(2020, 1, 1))
        core.execute([submission(ListReceived("FTL", "MOWRMUT", old, NOON, (LISTED,)))])
        found = core.departure(KEY, EXPECTED, NOON)
        assert states(found) == [
            ("PRL", "superseded", 125),
            ("FTL", "nothing", 0),
            ("PRL", "superseded", 0),
            ("PRL", "taken", 0),
            ("PFS", "missing", 125),
        ]
        assert states(core.departure(old.key, {}, NOON)) == [("FTL", "refused", 0)]
        # Without a movement the whole local day counts as the time of departure.
        assert core.departures_on("2026-08-20") == [KEY]
        assert core.departures_on("2026-08-21") == []


def test_an_unknown_time_of_departure_is_the_whole_local_day(tmp_path: Any) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite", submission(boarded(LISTED))) as core:
        midnight = datetime(2026, 8, 20, 21, 0, tzinfo=UTC)  # at Moscow
        for at, state in ((59, "awaited"), (61, "missing")):
            found = core.departure(KEY, {"PFS": 60}, midnight + timedelta(minutes=at))
            assert found is not None
            assert found["lists"][-1]["state"] == state
        found = core.departure(KEY, {"PNL": -60}, NOON)
        assert found is not None
        assert found["lists"][-1]["expected_by"] == "2026-08-19T20:00:00Z"


def moved(
    off_block: datetime, *, made: int = 0, off: str = "AER", on: date = DEPARTURE.on, board: str = "DME"
) -> DepartureMoved:
    edition = NOON + timedelta(minutes=made)
    return DepartureMoved("MOWOOUT", DEPARTURE.flight, on, board, edition, off_block, None, off)


def test_the_latest_movement_stands_in_any_order(database_url: str, tmp_path: Any) -> None:
    first = datetime(2026, 8, 20, 12, 5, tzinfo=UTC)
    messages = [
        moved(first),
        moved(first + timedelta(minutes=3), made=1),
        moved(first, made=2, off="SVX"),
        boarded(LISTED),
    ]
    for number, order in enumerate(permutations(messages)):
        url = database_url if not number else f"sqlite:///{tmp_path}/{number}.sqlite"
        with books(url) as core:
            for each in order:
                core.execute([submission(each)])
            found = core.departure(KEY, {}, NOON)
            assert found is not None
            told_so = found["movement"]
            assert (told_so["off_block"], told_so["off_point"]) == ("2026-08-20T12:05:00Z", "SVX")
            assert told_so["diverted"]
            again = outcome_of(core, submission(moved(first), b"again"))
            assert again.superseded  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("board", "on", "off_block", "flown_on"),
    [
        ("DME", 20, "2026-08-20T12:05:00+00:00", "2026-08-20"),
        ("DME", 20, "2026-08-20T21:30:00+00:00", "2026-08-21"),  # half past midnight at Moscow
        (
            "DME",
            20,
            "2026-08-23T12:00:00+00:00",
            "2026-08-21",
        ),  # days late: the nearest day that the date can mean
        ("PKC", 19, "2026-08-19T20:00:00+00:00", "2026-08-20"),  # Kamchatka is twelve hours ahead
        ("QQQ", 20, "2026-08-20T23:00:00+00:00", "2026-08-20"),  # an unknown place: as in UTC
    ],
)
def test_a_movement_is_found_under_the_local_date(
    board: str, on: int, off_block: str, flown_on: str, tmp_path: Any
) -> None:
    message = moved(datetime.fromisoformat(off_block), on=date(2026, 8, on), board=board)
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        outcome = outcome_of(core, submission(message))
        assert outcome.departure == f"UT/451/{flown_on}/{board}"  # type: ignore[attr-defined]
        assert core.departures_on(flown_on) == [f"UT/451/{flown_on}/{board}"]


def test_the_radar_uses_indexes(tmp_path: Any) -> None:
    """What grows with the journal is found by keys, never by looking through a table."""
    url = f"sqlite:///{tmp_path}/books.sqlite"
    with books(url, submission(boarded(LISTED))):
        pass
    for statement in (
        "SELECT * FROM departure WHERE flown_on = '2026-08-20'",
        "SELECT * FROM movement WHERE flown_on = '2026-08-20'",
        "SELECT * FROM carriage WHERE credit = 'suspense'",
        "SELECT * FROM handling WHERE state = 'quarantined'",
        "SELECT * FROM arrival WHERE departure_key = 'x'",
        "SELECT * FROM member_name WHERE key = 'x'",
    ):
        plan = " ".join(str(row[3]) for row in query(url, f"EXPLAIN QUERY PLAN {statement}"))
        assert "USING" in plan, (statement, plan)


def quarantining(raw: bytes, received_at: datetime = NOON) -> Submission:
    from loyalty_core import Problem

    base = submission(boarded(LISTED), raw, received_at=received_at)
    return replace(base, transactions=(), problems=(Problem("line_unknown", "what is that?"),), kind="PFS")


def test_what_could_not_be_used_is_at_hand(database_url: str) -> None:
    with books(database_url) as core:
        core.execute([quarantining(b"PFS 1"), quarantining(b"PFS 2", NOON - timedelta(days=30))])
        found = core.unusable(NOON - timedelta(days=1), NOON + timedelta(days=1))
        assert [(one["kind"], one["raw"], one["problems"]) for one in found["quarantined"]] == [
            ("PFS", b"PFS 1", ["line_unknown"])
        ]
        # The map was mended, and it came again.
        core.execute([submission(told("PFS", who(category="NOSHO")), b"PFS 1")])
        assert core.unusable(NOON - timedelta(days=1), NOON + timedelta(days=1))["quarantined"] == []
