"""Who is who on a departure: people joined, kept apart, merged and parted again, in any order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from loyalty_core import (
    CardClaim,
    Core,
    CreditStatus,
    Departure,
    Flight,
    ListOutcome,
    ListReceived,
    MembersImported,
    Name,
    Reason,
    State,
    Transaction,
)
from tests.storage.airline import (
    CARD,
    DEPARTURE,
    HEADER,
    NOON,
    VERA,
    coupon,
    listed,
    opening,
    person,
    submission,
)
from tests.storage.books import balances, books, coupon_outcome, one, outcome_of, query

TICKET, OTHER_TICKET = "2986120000017", "2986120000777"
IVAN, IGOR = Name("ORLOV", "IVAN"), Name("ORLOV", "IGOR")
IVANS_CARD, IGORS_CARD = CardClaim("UT", "7700000000201"), CardClaim("UT", "7700000000219")
FAMILY = (HEADER + "M7,ORLOV,IVAN,,,UT,7700000000201,active,,\n").encode()
SON = (HEADER + "M8,ORLOV,IGOR,,,UT,7700000000219,active,,\n").encode()


def in_any_order(
    tmp_path: Path, messages: Sequence[Transaction], *first: bytes
) -> tuple[dict[str, Any], Core]:
    """Runs all orders, singly and in one batch; all must agree. Gives the last report and its open core."""
    hashes: dict[str, tuple[int, ...]] = {}
    core: Core | None = None
    for number, order in enumerate(permutations(range(len(messages)))):
        if core is not None:
            core.close()
        core = Core.open(f"sqlite:///{tmp_path}/{number}.sqlite")
        core.execute([*opening(), *(submission(MembersImported(file)) for file in first)])
        batch = [submission(messages[each]) for each in order]
        if number % 3 == 0:
            core.execute(batch)
        else:
            for each in batch:
                one(core, each)
        report = core.verify()
        assert report["ok"], (order, [check for check in report["checks"] if not check["ok"]])
        hashes[report["state_hash"]] = order
    assert core is not None
    assert len(hashes) == 1, f"orders with different ends: {list(hashes.values())}"
    return report, core


def carriages(core: Core) -> list[tuple[str, str, str, str]]:
    rows = query(core.url, 'SELECT departure_key, "key", state, credit FROM carriage ORDER BY 1, 2')
    return [tuple(row) for row in rows]


def test_a_list_with_ticket_and_locator_joins_two_that_share_nothing(tmp_path: Path) -> None:
    ftl = listed("FTL", person(card=CARD))
    etl = listed("ETL", person(locator="", ticket=TICKET, coupon=1))
    prl = listed("PRL", person(ticket=TICKET, coupon=1))
    _report, core = in_any_order(tmp_path, [ftl, etl, prl])
    assert carriages(core) == [(DEPARTURE.key, f"{TICKET}/1", "boarded", "posted")]
    assert balances(core)["award"] == 840  # the FTL knows the booking class, the others only the cabin
    core.close()


def test_two_carriages_with_credits_merge_into_one_credit(tmp_path: Path) -> None:
    """The card came with a locator, and in another spelling with a coupon; the PRL says that both are one person."""
    ftl = listed("FTL", person(card=CARD))
    report = coupon(name=Name("ЛУГОВА", "ВЕРА"), ticket=TICKET)  # another key: a letter is missing
    named = (
        HEADER + "M1,LUGOVAYA,VERA,ЛУГОВАЯ/ВЕРА;LUGOVA/VERA,1987-04-09,UT,7700000000011,active,,\n"
    ).encode()
    prl = listed("PRL", person(ticket=TICKET, coupon=1))
    with books(f"sqlite:///{tmp_path}/books.sqlite", submission(MembersImported(named))) as core:
        one(core, submission(ftl))
        one(core, submission(report))
        assert balances(core) == {"award": 840, "qualifying": 840, "segments": 1}  # one flies a leg once
        one(core, submission(prl))
        assert balances(core) == {"award": 840, "qualifying": 840, "segments": 1}
        assert len(carriages(core)) == 1
    _report, core = in_any_order(tmp_path, [ftl, report, prl], named)
    core.close()


def test_a_newer_edition_without_the_linking_person_parts_them_again(tmp_path: Path) -> None:
    ftl = listed("FTL", person(card=CARD))
    report = coupon(name=Name("ЛУГОВА", "ВЕРА"), ticket=TICKET)
    named = (
        HEADER + "M1,LUGOVAYA,VERA,ЛУГОВАЯ/ВЕРА;LUGOVA/VERA,1987-04-09,UT,7700000000011,active,,\n"
    ).encode()
    prl = listed("PRL", person(ticket=TICKET, coupon=1))
    stranger = person(Name("SMITH", "ANN"), locator="ZZZZZZ")
    newer = listed("PRL", stranger, edition=NOON + timedelta(minutes=5))
    _report, core = in_any_order(tmp_path, [ftl, report, prl, newer], named)
    assert [each[2:] for each in carriages(core)] == [
        ("flown", "posted"),
        ("listed", "refused"),
        ("boarded", "none"),
    ]
    assert balances(core) == {"award": 840, "qualifying": 840, "segments": 1}
    core.close()


def test_father_and_son_in_one_booking_stay_two(tmp_path: Path) -> None:
    ftl = listed("FTL", person(IVAN, card=IVANS_CARD, line=5), person(IGOR, card=IGORS_CARD, line=9))
    prl = listed(
        "PRL",
        person(IVAN, card=IVANS_CARD, ticket=TICKET, coupon=1, line=5),
        person(IGOR, card=IGORS_CARD, ticket=OTHER_TICKET, coupon=1, line=9),
    )
    _report, core = in_any_order(
        tmp_path, [ftl, prl, coupon(name=IGOR, card=IGORS_CARD, ticket=OTHER_TICKET)], FAMILY, SON
    )
    assert len(carriages(core)) == 2
    assert balances(core, "M7")["award"] == 840
    assert balances(core, "M8")["award"] == 840
    core.close()


def test_the_son_who_flew_earns_nothing_on_the_card_of_the_father_who_did_not(tmp_path: Path) -> None:
    """One booking, one initial: the father is listed with his card, only the son boards, and has no card."""
    ftl = listed("FTL", person(IVAN, card=IVANS_CARD))
    prl = listed("PRL", person(IGOR, ticket=OTHER_TICKET, coupon=1))
    _report, core = in_any_order(tmp_path, [ftl, prl], FAMILY)
    assert [each[2:] for each in carriages(core)] == [("boarded", "none"), ("listed", "pending")]
    assert balances(core, "M7") == {"pending": 840}
    # The father's own coupon settles it.
    one(core, submission(coupon(name=IVAN, card=IVANS_CARD, ticket=TICKET)))
    assert balances(core, "M7")["award"] == 840
    core.close()


@pytest.mark.parametrize("name", ["ЛУГОВАЯ", "LUGOVAYA", "LUGOVAIA", "LUGOVAJA"])
def test_a_card_under_two_spellings_of_a_name_is_one_person(name: str, tmp_path: Path) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        one(core, submission(listed("FTL", person(card=CARD, locator=""))))
        outcome = coupon_outcome(core, submission(coupon(name=Name(name, "VERA"))))
        assert outcome.status is CreditStatus.POSTED
        assert len(carriages(core)) == 1
        assert "pending" not in balances(core)


# --- editions ---------------------------------------------------------------------------------------------------------

FIRST = listed("PRL", person(card=CARD, ticket=TICKET, coupon=1))
NEWER_WITHOUT = listed(
    "PRL", person(Name("SMITH", "ANN"), locator="ZZZZZZ"), edition=NOON + timedelta(minutes=5)
)
NEWER_WITH = listed(
    "PRL", person(card=CARD, ticket=TICKET, coupon=1, group="C"), edition=NOON + timedelta(minutes=9)
)


def test_who_is_missing_from_the_newest_edition_gets_the_credit_taken_back(database_url: str) -> None:
    with books(database_url) as core:
        first = outcome_of(core, submission(FIRST))
        assert first == ListOutcome(persons=1, posted=1)
        assert balances(core)["award"] == 500
        one(core, submission(NEWER_WITHOUT))
        assert balances(core) == {}
        late = outcome_of(core, submission(FIRST, link="other"))
        assert late == ListOutcome(persons=1, superseded=True)
        assert balances(core) == {}
        one(core, submission(NEWER_WITH))
        assert balances(core)["award"] == 1260


def test_only_the_highest_edition_stands_in_any_order(tmp_path: Path) -> None:
    _report, core = in_any_order(tmp_path, [FIRST, NEWER_WITHOUT, NEWER_WITH])
    assert balances(core)["award"] == 1260
    core.close()


def test_a_nil_list_cancels_nothing_in_any_order(tmp_path: Path) -> None:
    nil = ListReceived("PRL", "MOWRMUT", DEPARTURE, NOON + timedelta(minutes=30), nil=True)
    _report, core = in_any_order(tmp_path, [FIRST, nil])
    assert balances(core)["award"] == 500
    core.close()


def test_lists_of_one_creation_time_stand_beside_each_other(tmp_path: Path) -> None:
    other = listed("PRL", person(IVAN, card=IVANS_CARD, locator="1AAAAA"))
    _report, core = in_any_order(tmp_path, [FIRST, other], FAMILY)
    assert balances(core)["award"] == 500
    assert balances(core, "M7")["award"] == 500
    core.close()


def test_two_originators_have_editions_of_their_own(tmp_path: Path) -> None:
    other = listed(
        "PRL",
        person(Name("SMITH", "ANN"), locator="ZZZZZZ"),
        originator="AERRMUT",
        edition=NEWER_WITHOUT.edition,
    )
    _report, core = in_any_order(tmp_path, [FIRST, other])
    assert balances(core)["award"] == 500
    core.close()


@pytest.mark.parametrize("fraction", [1, 500_000])
def test_editions_within_a_second_are_told_apart(fraction: int, tmp_path: Path) -> None:
    newer = listed("PRL", NEWER_WITHOUT.persons[0], edition=NOON + timedelta(microseconds=fraction))
    _report, core = in_any_order(tmp_path, [FIRST, newer])
    assert balances(core) == {}
    core.close()


# --- one coupon, several departures -----------------------------------------------------------------------------------

LATER = Departure(Flight("UT", "455"), DEPARTURE.on, "DME")


def _on(departure: Departure, kind: str, *persons: Any, edition_minute: int = 0) -> ListReceived:
    return ListReceived(kind, "MOWRMUT", departure, NOON + timedelta(minutes=edition_minute), persons)


def test_who_was_moved_to_another_flight_is_credited_for_that_one(tmp_path: Path) -> None:
    """Checked in on one departure, boarded on the next with the same coupon: whatever comes first."""
    checked_in = _on(DEPARTURE, "FTL", person(card=CARD, ticket=TICKET, coupon=1))
    boarded = _on(LATER, "PRL", person(card=CARD, ticket=TICKET, coupon=1))
    _report, core = in_any_order(tmp_path, [checked_in, boarded])
    assert carriages(core) == [
        (DEPARTURE.key, f"{TICKET}/1", "listed", "refused"),
        (LATER.key, f"{TICKET}/1", "boarded", "posted"),
    ]
    assert balances(core) == {"award": 500, "qualifying": 500, "segments": 1}
    core.close()


def test_a_coupon_that_is_taken_back_anywhere_earns_nowhere(tmp_path: Path) -> None:
    flown = coupon(flight=LATER.flight)
    mistaken = replace(coupon(), operating=DEPARTURE.flight)
    taken_back = coupon("R", reported_at=NOON)
    # Two departures, both flown: the later departure wins; then nothing of it is left.
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        one(core, submission(mistaken))
        assert coupon_outcome(core, submission(flown)).status is CreditStatus.POSTED
        refused = coupon_outcome(core, submission(mistaken, link="other"))
        assert (refused.status, refused.reason) == (CreditStatus.REFUSED, Reason.COUPON_CREDITED_ELSEWHERE)
        assert balances(core)["award"] == 840
        gone = coupon("R", flight=LATER.flight, reported_at=NOON)
        one(core, submission(gone))
        assert balances(core) == {}
        assert [each[3] for each in carriages(core)] == ["none", "none"]
    _report, core = in_any_order(tmp_path, [mistaken, flown, coupon("R", flight=LATER.flight), taken_back])
    core.close()


def test_an_import_does_not_credit_a_coupon_that_another_member_was_credited_for(database_url: str) -> None:
    """The card of the other departure was unknown when its message came; the coupon is somebody's by now."""
    with books(database_url) as core:
        one(core, submission(coupon(name=IVAN, card=IVANS_CARD)))
        one(core, submission(coupon(flight=LATER.flight)))
        assert balances(core)["award"] == 840
        one(core, submission(MembersImported(FAMILY)))
        assert balances(core, "M7") == {}
        assert balances(core)["award"] == 840
        assert len(query(database_url, "SELECT 1 FROM standing_credit")) == 1


# --- members ----------------------------------------------------------------------------------------------------------


def test_a_change_of_the_member_reaches_flights_under_all_cards(database_url: str) -> None:
    """The file names the new card only; the flight was flown with the old one."""
    with books(database_url) as core:
        old = CardClaim("UT", "7700000000037")
        one(core, submission(coupon(name=Name("ARTEMEV", "IGNAT"), card=old)))
        assert balances(core, "M3")["award"] == 1050  # SILVER
        gold = (HEADER + "M3,ARTEMEV,IGNAT,,1990-01-02,UT,7700000000045,active,,GOLD\n").encode()
        one(core, submission(MembersImported(gold)))
        assert balances(core, "M3")["award"] == 1260
        renamed = (HEADER + "M3,SMIRNOV,PAVEL,,1990-01-02,UT,7700000000045,active,,GOLD\n").encode()
        one(core, submission(MembersImported(renamed)))
        assert balances(core, "M3") == {}


def test_a_card_does_not_go_to_another_member(tmp_path: Path) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite", submission(MembersImported(FAMILY))) as core:
        one(core, submission(coupon(name=IVAN, card=IVANS_CARD)))
        twin = (HEADER + "M9,ORLOV,IVAN,,,UT,7700000000201,active,,\n").encode()
        result = one(core, submission(MembersImported(twin)))
        assert result.state is State.QUARANTINED
        (problem,) = result.problems
        assert (problem.line, problem.text) == (2, "card 7700000000201 belongs to member M7")
        assert core.member("M9") is None
        assert balances(core, "M7")["award"] == 840


def test_a_holder_under_many_names_is_found_by_the_best(tmp_path: Path) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        assert (
            coupon_outcome(core, submission(coupon(name=Name("SMITH", "ANN")))).status is CreditStatus.PENDING
        )
        # The host corrects its mistake in another document about the same coupon.
        assert coupon_outcome(core, submission(coupon(name=VERA))).status is CreditStatus.POSTED
        assert balances(core)["award"] == 840
