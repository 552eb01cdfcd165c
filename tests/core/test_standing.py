"""States over time: later words paint over earlier ones, and each state lets do what the tables say."""

from itertools import permutations

import pytest

from loyalty_core.outcomes import Reason
from loyalty_core.rules.organisation import MemberRules
from loyalty_core.standing import (
    CARDS,
    MEMBERS,
    CardState,
    MemberState,
    card_now,
    card_refusal,
    check_refusal,
    may_redeem,
    member_now,
    member_refusal,
    spans,
    word_on,
)

JAN, FEB, MAR, APR = (f"2026-0{month}-01" for month in range(1, 5))
DEFAULT = MemberRules()
LOST = MemberRules(while_blocked="lost", before_closing="lost", before_death="lost")
NONE, BLOCKED, CLOSED = Reason.NONE, Reason.CARD_BLOCKED, Reason.CARD_CLOSED


def told(*said: tuple[str, str]) -> dict[tuple[str, str], str]:
    """Each (since, word) said one instant after the one before."""
    return {one: f"t{number}" for number, one in enumerate(said)}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], []),
        ([(JAN, "blocked")], [(JAN, "blocked")]),
        ([(JAN, "blocked"), (FEB, "active")], [(JAN, "blocked"), (FEB, "active")]),
        # Said later of earlier days: all that follows is painted over.
        ([(MAR, "blocked"), (FEB, "closed")], [(FEB, "closed")]),
        ([(JAN, "blocked"), (MAR, "active"), (FEB, "closed")], [(JAN, "blocked"), (FEB, "closed")]),
        ([(JAN, "blocked"), ("", "active")], [("", "active")]),
        ([(JAN, "blocked"), (JAN, "active")], [(JAN, "active")]),
    ],
)
def test_later_words_paint_over_earlier_ones(
    said: list[tuple[str, str]], expected: list[tuple[str, str]]
) -> None:
    items = list(told(*said).items())
    for order in permutations(items):
        assert spans(dict(order)) == expected


def test_of_one_instant_the_later_day_counts_then_the_stricter_word() -> None:
    assert spans({(JAN, "blocked"): "t", (FEB, "active"): "t"}) == [(JAN, "blocked"), (FEB, "active")]
    for words in permutations(["active", "temporary", "blocked", "closed", "died"]):
        assert spans({(JAN, word): "t" for word in words}) == [(JAN, "died")]


def test_what_stood_on_a_day() -> None:
    said = told((FEB, "temporary"), (MAR, "active"))
    assert [word_on(said, day) for day in (JAN, FEB, "2026-02-28", MAR, APR)] == [
        "", "temporary", "temporary", "active", "active",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], ("active", "")),
        ([(JAN, "issued")], ("issued", "")),
        ([(JAN, "lost 8")], ("lost", "8")),
        # Its successor stays known until the card itself is in use again.
        ([(JAN, "lost 8"), (FEB, "closed")], ("closed", "8")),
        ([(JAN, "lost 8"), (FEB, "stolen 9")], ("stolen", "9")),
        ([(JAN, "lost 8"), (FEB, "active"), (MAR, "closed")], ("closed", "")),
        ([(JAN, "lost 8"), (FEB, "active")], ("active", "")),
        ([(JAN, "lost 8"), (FEB, "blocked")], ("blocked", "")),
    ],
)
def test_a_card_and_its_successor(said: list[tuple[str, str]], expected: tuple[str, str]) -> None:
    state, successor = card_now(told(*said))
    assert (state.value, successor) == expected


@pytest.mark.parametrize(
    ("said", "rules", "flown", "reason"),
    [
        ([], DEFAULT, JAN, NONE),
        ([(FEB, "blocked")], DEFAULT, JAN, NONE),
        ([(FEB, "blocked")], DEFAULT, FEB, BLOCKED),
        ([(FEB, "blocked"), (MAR, "active")], DEFAULT, FEB, NONE),
        ([(FEB, "blocked"), (MAR, "active")], LOST, FEB, BLOCKED),
        ([(FEB, "blocked"), (MAR, "active")], LOST, MAR, NONE),
        # Blocked once more: what the first block had withheld was released, and stays so.
        ([(JAN, "blocked"), (FEB, "active"), (MAR, "blocked")], DEFAULT, JAN, NONE),
        ([(JAN, "blocked"), (FEB, "active"), (MAR, "blocked")], DEFAULT, MAR, BLOCKED),
        ([(FEB, "blocked"), (MAR, "closed")], DEFAULT, FEB, BLOCKED),
        ([(FEB, "closed")], DEFAULT, JAN, NONE),
        ([(FEB, "closed")], DEFAULT, FEB, CLOSED),
        ([(FEB, "closed")], LOST, JAN, CLOSED),
        ([(FEB, "closed"), (MAR, "active")], LOST, JAN, NONE),
        ([(FEB, "closed"), (MAR, "active")], DEFAULT, FEB, CLOSED),
        ([(FEB, "died")], DEFAULT, JAN, NONE),
        ([(FEB, "died")], LOST, JAN, CLOSED),
        ([(FEB, "died")], DEFAULT, MAR, CLOSED),
        ([(JAN, "temporary")], DEFAULT, FEB, NONE),
    ],
)
def test_what_a_member_may_earn(
    said: list[tuple[str, str]], rules: MemberRules, flown: str, reason: Reason
) -> None:
    assert member_refusal(told(*said), flown, rules) == reason


@pytest.mark.parametrize(
    ("state", "flown_then", "check", "redeems"),
    [
        ("active", NONE, NONE, True),
        ("issued", NONE, NONE, False),
        ("expired", NONE, CLOSED, False),
        ("replaced", BLOCKED, BLOCKED, False),
        ("lost", BLOCKED, BLOCKED, False),
        ("stolen", BLOCKED, BLOCKED, False),
        ("blocked", BLOCKED, BLOCKED, False),
        ("closed", CLOSED, CLOSED, False),
    ],
)
def test_what_a_card_may_do(state: str, flown_then: Reason, check: Reason, redeems: bool) -> None:
    said = told((FEB, state))
    assert card_refusal(said, FEB, DEFAULT) == flown_then
    assert card_refusal(said, JAN, DEFAULT) == NONE
    assert check_refusal(state, "active") == check
    assert may_redeem(state, "active") is redeems


def test_checks_and_redemptions_look_at_card_and_member() -> None:
    found = {
        state.value: (check_refusal("active", state), may_redeem("active", state)) for state in MemberState
    }
    assert found == {
        "active": (NONE, True),
        "temporary": (NONE, False),
        "blocked": (BLOCKED, False),
        "closed": (CLOSED, False),
        "died": (CLOSED, False),
    }
    assert check_refusal("blocked", "closed") == check_refusal("closed", "blocked") == CLOSED


def test_every_state_has_its_row() -> None:
    assert set(MEMBERS) == set(MemberState)
    assert set(CARDS) == set(CardState)
    assert member_now({}) is MemberState.ACTIVE
