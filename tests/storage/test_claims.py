"""Claims by members and resolutions by staff: what is answered, what is credited, in any order of arrival."""

import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest

from loyalty_core import (
    CardClaim,
    CaseResolved,
    ClaimOutcome,
    Core,
    CreditClaimed,
    Flight,
    MembersImported,
    Name,
    ResolveOutcome,
    Transaction,
)
from tests.storage.airline import CARD, DEPARTURE, NOON, VERA, coupon, opening, submission
from tests.storage.books import balances, books, count, outcome_of, query
from tests.storage.case_stories import (
    ACCEPT,
    AWAY,
    BOARDED,
    BOOKED,
    BY_TICKET,
    IVAN,
    IVANS_CARD,
    LOCATOR_KEY,
    MISMATCH,
    MISTYPED,
    MORE,
    NO_SHOW,
    STORIES,
    STRANGER,
    STRANGER_KEY,
    TICKET_KEY,
    UNDER_MARRIED_NAME,
    WITH_CARD,
    claiming,
    prl,
    resolving,
)
from tests.storage.list_stories import OTHERS, SECOND_CARD, TICKET, told, who

# --- what a claim is answered -----------------------------------------------------------------------------------------

ANSWERS: Sequence[tuple[str, tuple[Transaction, ...], CreditClaimed, str, str, str]] = (
    # what happened before, the messages of it, the claim; status, reason, what is missing
    ("never heard of this flight", (), BY_TICKET, "flight_unknown", "", ""),
    (
        "never heard of this ticket",
        (BOARDED,),
        claiming(flight=False, ticket="2986120000099"),
        "flight_unknown",
        "",
        "",
    ),
    ("the flight, but not the ticket", (BOARDED,), AWAY, "unproven", "", "listing"),
    ("the flight, but only a name", (BOARDED,), claiming(), "unproven", "", "ticket_or_locator"),
    ("only NIL came of the flight", (told("FTL"),), BY_TICKET, "unproven", "", "listing"),
    ("boarded without a card", (BOARDED,), BY_TICKET, "credited", "", ""),
    ("the coupon is left out", (BOARDED,), claiming(ticket=TICKET), "credited", "", ""),
    ("by locator", (BOARDED,), claiming(locator="0Q4MR7"), "credited", "", ""),
    ("by ticket alone", (BOARDED,), claiming(flight=False, ticket=TICKET), "credited", "", ""),
    (
        "a ticket of two flights, and which of them is not said",
        (BOARDED, coupon(number=2, flight=Flight("UT", "453"))),
        claiming(flight=False, ticket=TICKET),
        "unproven",
        "",
        "flight",
    ),
    ("credited long ago", (WITH_CARD,), BY_TICKET, "credited_before", "", ""),
    (
        "credited long ago, and the ticket is not known by heart",
        (WITH_CARD,),
        claiming(),
        "credited_before",
        "",
        "",
    ),
    ("booked only", (BOOKED,), BY_TICKET, "unproven", "", "proof_of_flying"),
    (
        "checked in only",
        (told("FTL", who(card=CARD, ticket=TICKET, coupon=1)),),
        BY_TICKET,
        "pending",
        "",
        "proof_of_flying",
    ),
    ("stayed behind", (BOARDED, NO_SHOW), BY_TICKET, "unproven", "", "proof_of_flying"),
    (
        "the list has a mistyped card",
        (prl(who(card=MISTYPED, ticket=TICKET, coupon=1)),),
        BY_TICKET,
        "credited",
        "",
        "",
    ),
    (
        "the list has another's card, to whom it is credited",
        (prl(who(card=SECOND_CARD, ticket=TICKET, coupon=1)),),
        BY_TICKET,
        "refused",
        "coupon_credited_elsewhere",
        "",
    ),
    (
        "somebody else flew on the ticket",
        (prl(who(STRANGER, ticket=TICKET, coupon=1)),),
        BY_TICKET,
        "suspense",
        "holder_mismatch",
        "",
    ),
    (
        "the card is unknown",
        (BOARDED,),
        claiming(card=MISTYPED, ticket=TICKET, coupon=1),
        "refused",
        "card_unknown",
        "",
    ),
    (
        "the card is somebody else's",
        (BOARDED,),
        claiming(IVAN, ticket=TICKET, coupon=1),
        "refused",
        "holder_mismatch",
        "",
    ),
    (
        "a programme that is not ours",
        (BOARDED,),
        claiming(card=CardClaim("S7", "1"), ticket=TICKET),
        "refused",
        "programme_not_served",
        "",
    ),
    (
        "too long ago",
        (),
        replace(BY_TICKET, on=DEPARTURE.on - timedelta(days=400)),
        "refused",
        "date_out_of_window",
        "",
    ),
    ("neither ticket nor flight", (), claiming(flight=False), "refused", "invalid", ""),
)


@pytest.mark.parametrize(
    ("what", "before", "claim", "status", "reason", "missing"), ANSWERS, ids=[case[0] for case in ANSWERS]
)
def test_a_claim_is_answered_in_one_call(
    what: str,
    before: tuple[Transaction, ...],
    claim: CreditClaimed,
    status: str,
    reason: str,
    missing: str,
    tmp_path: Path,
) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite", submission(MembersImported(OTHERS))) as core:
        core.execute([submission(each) for each in before])
        answer = outcome_of(core, submission(claim))
        assert isinstance(answer, ClaimOutcome)
        assert (answer.status, answer.reason, answer.missing) == (status, reason, missing), answer
        if status in ("credited", "credited_before"):
            assert (answer.award, answer.balance, answer.departure) == (840, 840, DEPARTURE.key)
        else:
            assert answer.balance == 0 or status == "pending"


def test_a_claim_that_could_not_be_upheld_is_answered_anew_when_repeated(database_url: str) -> None:
    with books(database_url) as core:
        first = submission(BY_TICKET)
        assert outcome_of(core, first).status == "flight_unknown"  # type: ignore[attr-defined]
        core.execute([submission(BOARDED)])
        # It was credited when the list came; and nothing is kept twice.
        before = count(database_url, "evidence"), count(database_url, "journal")
        assert outcome_of(core, first).status == "credited_before"  # type: ignore[attr-defined]
        assert (count(database_url, "evidence"), count(database_url, "journal")) == before


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("first", ["M1", "M9"])
def test_of_two_namesakes_the_one_who_claims_first_gets_the_flight(
    first: str, backwards: bool, database_url: str
) -> None:
    """Whatever the order in which their claims become known, and whoever has the smaller number."""
    cards = {"M1": CARD, "M9": IVANS_CARD}
    son = MembersImported(MORE.replace(b"ORLOV,IVAN", b"LUGOVAYA,VERA"))
    last = "M9" if first == "M1" else "M1"
    messages = [
        submission(claiming(card=cards[number], ticket=TICKET, coupon=1), received_at=NOON + timedelta(day))
        for number, day in ((first, 1), (last, 8))
    ]
    with books(database_url, submission(son), submission(BOARDED)) as core:
        for message in messages[::-1] if backwards else messages:
            answer = outcome_of(core, message)
            assert isinstance(answer, ClaimOutcome)
            assert answer.status == ("refused" if message is messages[1] and not backwards else "credited")
        assert {number: balances(core, number).get("award", 0) for number in (first, last)} == {
            first: 840,
            last: 0,
        }


def test_a_claim_of_a_sold_flight_meets_the_one_that_operated(tmp_path: Path) -> None:
    sold = replace(BY_TICKET, marketing=Flight("S7", "1123"), off_point="AER", booking_class="B")
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        core.execute([submission(BOARDED)])
        answer = outcome_of(core, submission(sold))
        assert isinstance(answer, ClaimOutcome)
        assert (answer.status, answer.departure) == ("credited", DEPARTURE.key)


ORDERS_MAX = 8


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("opened") / "books.sqlite"
    core = Core.open(f"sqlite:///{path}")
    core.execute([*opening(), submission(MembersImported(OTHERS))])
    core.close()
    return path


@pytest.mark.parametrize(("what", "messages", "miles"), STORIES, ids=[story[0] for story in STORIES])
def test_any_order_ends_alike(
    what: str,
    messages: tuple[Transaction, ...],
    miles: dict[str, dict[str, int]],
    opened: Path,
    tmp_path: Path,
) -> None:
    more = () if any(isinstance(each, MembersImported) for each in messages) else (MembersImported(MORE),)
    orders = list(permutations(messages))
    random.Random(len(what)).shuffle(orders)
    hashes = set()
    for number, order in enumerate([messages, messages[::-1], *orders][:ORDERS_MAX]):
        path = tmp_path / f"{number}.sqlite"
        shutil.copy(opened, path)
        core = Core.open(f"sqlite:///{path}")
        batch = [submission(each) for each in (*more, *order, *order[:1])]
        for part in [batch] if number % 2 else [[each] for each in batch]:
            assert not any(result.system_error for result in core.execute(part))
        report = core.verify()
        assert report["ok"], [check for check in report["checks"] if not check["ok"]]
        hashes.add(report["state_hash"])
        for member in ("M1", "M9"):
            found = core.member(member)
            assert found is not None
            assert found["balances"] == miles.get(member, {}), (member, order)
        core.close()
    assert len(hashes) == 1


@pytest.mark.parametrize("seed", range(3))
def test_any_mix_of_all_of_them_on_both_engines(seed: int, database_url: str, tmp_path: Path) -> None:
    chance = random.Random(seed)
    messages = [
        *(BOARDED, BY_TICKET, MISMATCH, ACCEPT, UNDER_MARRIED_NAME, MembersImported(MORE)),
        *(resolving("assign", STRANGER_KEY, card=CARD), resolving("reject", LOCATOR_KEY, at=3)),
        *(NO_SHOW, coupon(reported_at=NOON), AWAY),
    ]
    hashes = set()
    for number in range(3):
        chance.shuffle(messages)
        url = database_url if not number else f"sqlite:///{tmp_path}/{number}.sqlite"
        with books(url, submission(MembersImported(OTHERS))) as core:
            place = 0
            while place < len(messages):
                size = chance.randint(1, 5)
                core.execute([submission(each) for each in messages[place : place + size]])
                place += size
            hashes.add(core.verify()["state_hash"])
    assert len(hashes) == 1


# --- what staff gets to see -------------------------------------------------------------------------------------------


def test_what_stands_after_a_resolution(database_url: str) -> None:
    with books(database_url) as core:
        early = outcome_of(core, submission(resolving("assign", TICKET_KEY, card=CARD)))
        assert early == ResolveOutcome(state="claimed", credit="none", settled=1, waiting=True)
        core.execute([submission(BOARDED)])
        again = outcome_of(core, submission(resolving("assign", LOCATOR_KEY, card=CARD, at=1)))
        assert again == ResolveOutcome(state="boarded", credit="posted", award=840, settled=1)
        rejected = outcome_of(core, submission(resolving("reject", LOCATOR_KEY, at=2)))
        assert (rejected.credit, rejected.award) == ("refused", 0)  # type: ignore[attr-defined]
        (found,) = core.explain(card=CARD.number)["carriages"]
        trace = [(one["kind"], one["status"], one["originator"], one["remark"]) for one in found["evidence"]]
        assert ("STAFF", "REJECT", "a.petrova", "passport seen") in trace
        assert found["reason"] == "rejected_by_staff"
        accepted = outcome_of(core, submission(ACCEPT))
        assert accepted == ResolveOutcome(settled=1)
        assert query(database_url, "SELECT named_by, remark, accepted FROM accepted_name") == [
            ("a.petrova", "passport seen", 1)
        ]


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (resolving("assign", "no key", card=CARD), "carriage"),
        (resolving("assign", TICKET_KEY), "card"),
        (resolving("accept_name", card=CARD), "name"),
        (resolving("accept_name", card=CARD, name=Name("SMITH")), "name"),
        (resolving("accept_name", name=VERA), "card"),
    ],
)
def test_what_an_action_needs(message: CaseResolved, field: str, tmp_path: Path) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        answer = outcome_of(core, submission(message))
        assert (answer.reason, answer.field) == ("invalid", field)  # type: ignore[attr-defined]


@pytest.mark.parametrize("batches", [1, 2])
def test_a_list_that_names_nobody_makes_its_flight_known_at_once(batches: int, database_url: str) -> None:
    """Whether the list came in the batch of the claim or before it: a replay has other batches."""
    messages = [submission(told("ADL")), submission(BY_TICKET)]
    with books(database_url) as core:
        for first in range(0, 2, 3 - batches):
            results = core.execute(messages[first : first + 3 - batches])
        (answer,) = results[-1].outcomes
        assert isinstance(answer, ClaimOutcome)
        assert (answer.status, answer.missing) == ("unproven", "listing")
