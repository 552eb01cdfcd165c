"""Replaced cards, child cards, members merged and parted again: old numbers for ever, and the books exact."""

from collections.abc import Callable
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

from loyalty_core import (
    BalanceCheck,
    CardCheck,
    CardClaim,
    Core,
    CreditStatus,
    Flight,
    Name,
    ProgrammeActivated,
    Reason,
    StatementOutcome,
    StatementStatus,
)
from tests.storage.airline import CARD, FTL, PRL, PROGRAMME, VERA, coupon, listed, person, submission
from tests.storage.books import balances, books, coupon_outcome, one, outcome_of
from tests.storage.membership import all_orders, card, member, members, merge, relate, state_after, unmerge

OLD = CardClaim("UT", "7700000000508")
MARRIED = Name("ZORINA", "VERA")
TWICE = members("M5,ZORINA,VERA,,1987-04-09,UT,7700000000508,,,GOLD")
"""M1 once more, under her married name."""
FLOWN = {"award": 840, "qualifying": 840, "segments": 1}
ELSEWHERE = coupon(
    name=MARRIED, card=OLD, ticket="2986120000999", on=date(2026, 8, 3), flight=Flight("UT", "417")
)


def standing(core: Core, number: str = "M1") -> dict[str, int]:
    return {name: amount for name, amount in balances(core, number).items() if amount}


def shown(core: Core) -> Callable[[str], dict[str, Any]]:
    """Members as they are shown, but for what was said of them."""

    def show(number: str) -> dict[str, Any]:
        found = core.member(number)
        assert found is not None
        return {name: value for name, value in found.items() if name != "told"}

    return show


def test_a_card_lost_and_replaced_keeps_its_flights(tmp_path: Path) -> None:
    new = members(
        "M1,LUGOVAYA,VERA,ЛУГОВАЯ/ВЕРА,1987-04-09,UT,7700000000011,,,",
        "M1,LUGOVAYA,VERA,ЛУГОВАЯ/ВЕРА,1987-04-09,UT,7700000000516,issued,,",
    )
    messages = [submission(coupon()), submission(card("lost", by="7700000000516")), new]
    all_orders(tmp_path, messages)
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        one(core, messages[0])
        lost = outcome_of(core, messages[1])
        assert isinstance(lost, StatementOutcome)
        assert standing(core) == {}, "on the day of the flight it was lost, and nothing has taken its place"
        one(core, new)
        assert standing(core) == FLOWN
        one(core, submission(coupon(ticket="2986120000018", on=date(2026, 8, 21))))
        assert standing(core)["segments"] == 2, "the old number goes on as an alias"


def test_a_successor_is_a_card_of_the_same_member(tmp_path: Path) -> None:
    messages = [
        submission(coupon()),
        submission(card("lost", by="7700000000029")),
        submission(card("stolen", said=-1)),
    ]
    all_orders(tmp_path, messages)
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        for message in messages:
            one(core, message)
        assert (standing(core), standing(core, "M2")) == ({}, {})


def test_an_old_number_credits_the_survivor(database_url: str) -> None:
    with books(database_url, TWICE) as core:
        one(core, submission(merge("M5", "M1")))
        one(core, submission(listed("FTL", person(MARRIED, card=OLD))))
        one(core, submission(listed("PRL", person(MARRIED, card=OLD, ticket="2986120000017", coupon=1))))
        assert standing(core, "M5") == {}
        assert standing(core)["award"] == 840 * 3 // 2, "with the tier granted to the other number"
        (check,) = core.answer([CardCheck("UT", OLD.number, MARRIED)])
        assert (check.reason, check.tier) == (Reason.NONE, "GOLD")  # type: ignore[attr-defined]
        (check,) = core.answer([BalanceCheck("UT", OLD.number, VERA)])
        assert check.balances[0].amount == 1260  # type: ignore[attr-defined]


def test_merge_takes_flights_along_and_unmerge_gives_them_back(tmp_path: Path) -> None:
    flights = [submission(coupon()), submission(ELSEWHERE)]
    never = state_after(f"sqlite:///{tmp_path}/never.sqlite", [flights], [TWICE])
    merged = all_orders(tmp_path, [*flights, submission(merge("M5", "M1"))], [TWICE])
    assert merged != never
    parted = all_orders(
        tmp_path, [*flights, submission(merge("M5", "M1")), submission(unmerge("M5"))], [TWICE]
    )
    assert parted == never
    again = [merge("M5", "M1"), unmerge("M5"), merge("M5", "M1", said=-0.5)]
    assert (
        state_after(f"sqlite:///{tmp_path}/again.sqlite", [flights, list(map(submission, again))], [TWICE])
        == merged
    )


def test_merge_in_the_ledger(database_url: str) -> None:
    with books(database_url, TWICE) as core:
        one(core, submission(coupon()))
        one(core, submission(ELSEWHERE))
        alone = (standing(core), standing(core, "M5"), *map(shown(core), ("M1", "M5")))
        result = one(core, submission(merge("M5", "M1")))
        assert len(result.entries) == 4, (
            "both flights are priced anew: one by its member, the other by the tier"
        )
        assert standing(core, "M5") == {}
        assert standing(core) == {"award": 2520, "qualifying": 1680, "segments": 2}
        lots = core.member("M1")["lots"]  # type: ignore[index]
        assert [lot["expires_on"] for lot in lots] == sorted(
            lot["expires_on"]
            for each in alone[2:]
            for lot in each["lots"]  # type: ignore[index]
        )
        one(core, submission(unmerge("M5")))
        after = (standing(core), standing(core, "M5"), *map(shown(core), ("M1", "M5")))
        for report in (*alone[2:], *after[2:]):
            del report["tiers"]  # what was believed meanwhile stays told
        assert after == alone


def test_the_same_flight_under_both_numbers_earns_once(tmp_path: Path) -> None:
    twice = coupon(name=MARRIED, card=OLD, ticket="2986120000999")
    messages = [submission(coupon()), submission(twice), submission(merge("M5", "M1"))]
    all_orders(tmp_path, messages, [TWICE])
    with books(f"sqlite:///{tmp_path}/books.sqlite", TWICE) as core:
        for message in messages:
            one(core, message)
        assert standing(core)["segments"] == 1
        one(core, submission(unmerge("M5")))
        assert (standing(core)["segments"], standing(core, "M5")["segments"]) == (1, 1)


def test_chains_and_rings_of_merges_end_with_one_survivor(tmp_path: Path) -> None:
    third = members("M6,LUGOVAYA,VERA,,,UT,7700000000607,,,", said=0.1)
    flights = [submission(coupon()), submission(ELSEWHERE)]
    for name, words in (
        ("chain", [merge("M5", "M6"), merge("M6", "M1", said=-1.5)]),
        ("ring", [merge("M5", "M1"), merge("M1", "M5", said=-1.5)]),
        ("longer", [merge("M5", "M1"), merge("M1", "M6", said=-1.5), merge("M6", "M5", said=-1.2)]),
    ):
        found = set()
        for number, order in enumerate(permutations(words)):
            url = f"sqlite:///{tmp_path}/{name}{number}.sqlite"
            for_each = [[submission(word)] for word in order]
            found.add(state_after(url, [flights[:1], *for_each, flights[1:]], [TWICE, third]))
        assert len(found) == 1, name


def test_a_merge_waits_for_both_members(tmp_path: Path) -> None:
    messages = [
        submission(merge("M5", "M7")),
        TWICE,
        members("M7,ZORINA,VERA,,,UT,7700000000706,,,", said=0.5),
    ]
    all_orders(tmp_path, [*messages, submission(ELSEWHERE)])
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        waiting = outcome_of(core, messages[0])
        assert isinstance(waiting, StatementOutcome)
        assert waiting.status is StatementStatus.WAITING
        for message in (messages[1], submission(ELSEWHERE)):
            one(core, message)
        assert standing(core, "M5")["segments"] == 1
        one(core, messages[2])
        assert (standing(core, "M5"), standing(core, "M7")["segments"]) == ({}, 1)


def test_what_is_said_of_the_survivor_counts(database_url: str) -> None:
    with books(database_url, TWICE) as core:
        for word in (merge("M5", "M1"), member("closed", number="M5")):
            one(core, submission(word))
        assert coupon_outcome(core, submission(ELSEWHERE)).status is CreditStatus.POSTED
        one(core, submission(member("blocked")))
        assert standing(core) == {}


PARENTAL = submission(ProgrammeActivated(PROGRAMME + b"members: {children: parent}\n", "demo.yaml"))
CHILD = members("M8,LUGOVAYA,ANNA,,2015-05-05,UT,7700000000805,,,")
ANNA = Name("LUGOVAYA", "ANNA")
CHILDS = coupon(name=ANNA, card=CardClaim("UT", "7700000000805"), ticket="2986120000888")


def test_a_child_card_earns_for_itself_or_for_its_parent(tmp_path: Path) -> None:
    messages = [submission(coupon()), submission(CHILDS), submission(relate("parent", "M8", "M1")), CHILD]
    for number, (first, own, parents) in enumerate((([], 1, 1), ([PARENTAL], 0, 2))):
        folder = tmp_path / str(number)
        folder.mkdir()
        all_orders(folder, messages, first)
        with books(f"sqlite:///{folder}/books.sqlite", *first) as core:
            for message in messages:
                one(core, message)
            found = [standing(core, each).get("segments", 0) for each in ("M8", "M1")]
            assert found == [own, parents], "two persons on one flight are no duplicate"
            one(core, submission(relate("parent", "M8", said=-1, since=date(2026, 8, 20))))
            assert [standing(core, each).get("segments", 0) for each in ("M8", "M1")] == [1, 1]


def test_a_parents_state_concerns_its_children(tmp_path: Path) -> None:
    messages = [
        submission(CHILDS),
        submission(relate("parent", "M8", "M1")),
        submission(member("closed")),
        CHILD,
    ]
    all_orders(tmp_path, messages, [PARENTAL])
    with books(f"sqlite:///{tmp_path}/books.sqlite", PARENTAL, CHILD) as core:
        for message in messages[:3]:
            one(core, message)
        assert (standing(core), standing(core, "M8")) == ({}, {})


def test_lists_credit_the_survivor_whatever_came_first(tmp_path: Path) -> None:
    messages = [submission(FTL), submission(PRL), submission(merge("M1", "M5"))]
    all_orders(tmp_path, messages, [TWICE])
    with books(f"sqlite:///{tmp_path}/books.sqlite", TWICE) as core:
        for message in messages:
            one(core, message)
        assert (standing(core), standing(core, "M5")["segments"]) == ({}, 1)
        assert CARD.number not in {each["number"] for each in core.member("M5")["cards"]}  # type: ignore[index]


def test_a_member_file_merges_too(tmp_path: Path) -> None:
    row = "M5,ZORINA,VERA,,1987-04-09,UT,7700000000508,,,GOLD"
    columns = ",merged_into,said_at"
    merging = members(f"{row},M1,2026-08-20T10:00:00Z", columns=columns, said=0.2)
    parting = members(f"{row},-,2026-08-20T11:00:00Z", columns=columns, said=0.1)
    flights = [submission(coupon()), submission(ELSEWHERE)]
    never = state_after(f"sqlite:///{tmp_path}/never.sqlite", [flights], [TWICE])
    parted = all_orders(tmp_path, [*flights, merging, parting], [TWICE])
    assert parted == never


def test_a_file_that_names_the_survivor_in_no_row_of_its_own(tmp_path: Path) -> None:
    twin = "M6,LUGOVAYA,VERA,,1987-04-09,UT,7700000000128,active,,"
    file = members(f"{twin},M1", columns=",merged_into", said=-1)
    flown = submission(coupon(card=CardClaim("UT", "7700000000128")))
    all_orders(tmp_path, [file, flown])
    with books(f"sqlite:///{tmp_path}/one.sqlite") as core:
        core.execute([file])
        core.execute([flown])
        assert (balances(core)["award"], balances(core, "M6")) == (840, {})
