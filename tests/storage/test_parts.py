"""Telegrams in parts: any order, repeats, conflicts; what is complete is never lost."""

from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest

from loyalty_core import Clock, ClockOutcome, Core, PartOutcome, PartReceived, State, Submission
from tests.storage.airline import FTL, NOON, part_submission, submission
from tests.storage.books import books, count, one, outcome_of, query

SET = "MOWRMUT/FTL/UT451/20AUG/201205"
TEXTS = ("PART1\r\n", "PART2 ТЕЛО\n", "PART3\nENDFTL\n")


def part(
    number: int, text: str = "", *, last: int = 3, set_key: str = SET, link: str = "spool"
) -> Submission:
    content = text or TEXTS[number - 1]
    return part_submission(PartReceived(set_key, number, number == last, content), link=link, kind="FTL")


def told(core: Core, message: Submission) -> PartOutcome:
    outcome = outcome_of(core, message)
    assert isinstance(outcome, PartOutcome)
    return outcome


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_any_order_closes_the_set_once(order: tuple[int, ...], tmp_path: Path) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        results = [one(core, part(number)) for number in order]
        assert [result.state for result in results] == [State.WAITING, State.WAITING, State.APPLIED]
        assert [outcome.texts for result in results for outcome in result.outcomes] == [(), (), TEXTS]  # type: ignore[attr-defined]


def test_all_parts_in_one_batch(database_url: str) -> None:
    with books(database_url) as core:
        results = core.execute([part(number) for number in (3, 1, 1, 2)])
        assert results[3].outcomes[0].texts == TEXTS  # type: ignore[attr-defined]
        assert results[2].repeated


def test_parts_come_again(database_url: str) -> None:
    with books(database_url) as core:
        assert not told(core, part(1)).texts
        assert one(core, part(1)).repeated
        again = one(core, part(1, link="other"))
        assert again.state is State.APPLIED, "a repeat waits for nothing"
        assert again.outcomes == (PartOutcome(SET, 1, repeated=True),)
        told(core, part(2))
        assert told(core, part(3)).texts == TEXTS
        late = one(core, part(3, link="other"))
        assert late.outcomes == (PartOutcome(SET, 3, repeated=True),)
        assert count(database_url, "part") == 3


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ([part(1)], part(1, "ANOTHER TEXT")),
        ([part(3)], part(4, "BEYOND", last=9)),
        ([part(3)], part(2, "A SECOND END", last=2)),
        ([part(2)], part(1, "END BEFORE THE SECOND", last=1)),
        ([part(3)], part(4, "TWO ENDS", last=4)),
        ([part(1)], submission(PartReceived(SET, 1, True, TEXTS[0]), link="spool", kind="FTL")),
    ],
    ids=[
        "other text",
        "beyond the end",
        "end twice",
        "end before a part",
        "end behind the end",
        "end or not",
    ],
)
def test_what_contradicts_is_quarantined_with_all_its_set(
    first: list[Submission], then: Submission, database_url: str
) -> None:
    with books(database_url) as core:
        core.execute(first)
        for _again in range(2):
            result = one(core, then)
            assert result.state is State.QUARANTINED
            assert result.outcomes[0].conflict  # type: ignore[attr-defined]
        assert count(database_url, "part") == len(first)
        # Nobody can say which is true, so whatever else comes completes nothing.
        for number in (1, 2, 3):
            one(core, part(number, link="other"))
        assert [tuple(row) for row in query(database_url, "SELECT state FROM part_set")] == [("disputed",)]
        assert core.unread_sets() == []
        states = core.status()["links"]
        assert {state for link in states.values() for state in link} <= {"quarantined", "applied"}
        assert states["spool"] == {"quarantined": len(first) + 1}
        words = core.explain(journal_id=1 + 2)["journal"]["handling"][-1]
        assert words["problems"][0]["code"] == "part_conflict"


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3])
def test_two_texts_for_one_part_are_never_applied(order: tuple[int, ...], database_url: str) -> None:
    """Whichever comes first, unless the set had closed before: then the second is told and changes nothing."""
    messages = [part(1), part(1, "ANOTHER TEXT"), part(2), part(3)]
    with books(database_url) as core:
        results = [one(core, messages[number]) for number in order]
        closed = {order[3]} & {0, 1}
        assert len(core.unread_sets()) == len(closed)
        assert any(result.outcomes[0].conflict for result in results)  # type: ignore[attr-defined]
        (state,) = (row[0] for row in query(database_url, "SELECT state FROM part_set"))
        assert state == ("closed" if closed else "disputed")


def test_a_disputed_set_is_not_given_up_once_more(database_url: str) -> None:
    with books(database_url) as core:
        core.execute([part(1), part(1, "ANOTHER TEXT")])
        assert core.status()["part_sets"] == {"open": 0, "given_up": 0}
        at = NOON + timedelta(days=1)
        (outcome,) = one(core, submission(Clock(at, 1), link="clock", kind="clock", received_at=at)).outcomes
        assert outcome == ClockOutcome()


def test_a_complete_set_survives_a_restart_and_ends_its_parts(database_url: str) -> None:
    with books(database_url) as core:
        one(core, part(2))
        one(core, part(1))
        assert core.unread_sets() == []
    with books(database_url, members=False) as core:
        assert told(core, part(3)).texts == TEXTS
    with books(database_url, members=False) as core:
        (unread,) = core.unread_sets()
        assert (unread.set_key, unread.texts, unread.link, unread.kind) == (SET, TEXTS, "spool", "FTL")
        states = core.status()["links"]["spool"]
        assert states == {"waiting": 2, "applied": 1}
        joined = Submission(
            **{
                name: getattr(submission(FTL, link="spool"), name)
                for name in Submission.__dataclass_fields__
                if name != "set_key"
            },
            set_key=SET,
        )
        assert one(core, joined).state is State.APPLIED
        assert core.unread_sets() == []
        assert core.status()["links"]["spool"] == {"applied": 4}
        # What was read is not opened again by a late copy.
        one(core, part(1, link="other"))
        assert core.unread_sets() == []
        assert one(core, joined).repeated


def test_a_telegram_known_already_still_ends_its_set(database_url: str) -> None:
    """The joined text had come whole before on this link: nothing is decided again, but the set is read."""
    whole = submission(FTL, link="spool")
    joined = Submission(
        **{name: getattr(whole, name) for name in Submission.__dataclass_fields__ if name != "set_key"},
        set_key=SET,
    )
    with books(database_url) as core:
        one(core, whole)
        for number in (1, 2, 3):
            one(core, part(number))
        assert len(core.unread_sets()) == 1
        assert one(core, joined).repeated
        assert core.unread_sets() == []
        assert "waiting" not in core.status()["links"]["spool"]


def test_sets_do_not_mix(database_url: str) -> None:
    with books(database_url) as core:
        told(core, part(1))
        told(core, part(2))
        other = told(core, part(3, set_key="ANOTHER"))
        assert not other.texts
        assert told(core, part(3)).texts == TEXTS
