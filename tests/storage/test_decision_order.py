"""Documents that are decided again have a place of their own in the order of replay, with its own time and settings."""

from dataclasses import replace
from pathlib import Path

import pytest

from loyalty_core import Core, MembersImported, Problem, ProgrammeActivated, State, Submission
from tests.storage import books as test_books
from tests.storage.airline import MEMBERS, NOON, PROGRAMME, coupon, opening, submission
from tests.storage.books import count, one, query
from tests.storage.miles import DAY, FAMILY, HOUR, OLEG, adjust, order, redeem
from tests.storage.replays import check_replay

LATER = NOON + 3 * HOUR


def _run(url: str, messages: list[Submission], **options: str) -> None:
    core = Core.open(url, **options)
    try:
        for message in messages:
            one(core, message)
        assert core.verify()["ok"]
    finally:
        core.close()


def _refused_then_granted() -> list[Submission]:
    spent = order(redeem("R", 400))
    return [*opening(), spent, order(adjust("A", 900)), replace(spent, received_at=LATER)]


def _out_of_window_then_in() -> list[Submission]:
    flown = submission(coupon(on=(NOON + 40 * DAY).date()))
    return [*opening(), flown, replace(flown, received_at=NOON + 41 * DAY)]


def _unreadable_then_read() -> list[Submission]:
    flown = submission(coupon(), key="K")
    bad = replace(flown, transactions=(), problems=(Problem("cut", "the end is missing"),))
    return [*opening(), bad, order(adjust("A", 900)), replace(flown, received_at=LATER)]


def _unreadable_and_read_by_todays_maps_only() -> list[Submission]:
    """It never came again, so it was never read; the maps of today could."""
    flown = submission(coupon())
    return [*opening(), replace(flown, transactions=(), problems=(Problem("cut", "the end is missing"),))]


def _members_before_their_programme() -> list[Submission]:
    members = submission(MembersImported(MEMBERS))
    return [
        members,
        submission(ProgrammeActivated(PROGRAMME, "demo.yaml")),
        submission(coupon()),
        replace(members, received_at=LATER),
    ]


def _a_new_key_with_the_same_refusal() -> list[Submission]:
    """The second attempt only names a key, so that another document can't have it."""
    refused = order(redeem("R", 400))
    other = order(adjust("A", 300, OLEG))
    return [
        *opening(),
        FAMILY,
        replace(refused, key="K1"),
        replace(refused, key="K2", received_at=LATER),
        replace(other, key="K2"),
    ]


STORIES = [
    _refused_then_granted,
    _out_of_window_then_in,
    _unreadable_then_read,
    _unreadable_and_read_by_todays_maps_only,
    _members_before_their_programme,
    _a_new_key_with_the_same_refusal,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__.strip("_"))
def test_what_was_decided_again_is_replayed_where_it_was(story, database_url: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    messages = story()
    _run(database_url, messages)
    readable = [one if one.transactions else submission(coupon()) for one in messages]
    check_replay(database_url, f"sqlite:///{tmp_path}/rebuilt.sqlite", readable)


def test_a_row_says_when_and_where_it_was_decided(database_url: str) -> None:
    first, second = _refused_then_granted()[:-1], _refused_then_granted()[-1:]
    _run(database_url, first, lane="west", config_digest="old")
    _run(database_url, second, lane="east", config_digest="new")
    core = Core.open(database_url, read_only=True)
    try:
        rows = list(core.journal_rows())
        assert [row["number"] for row in rows] == [1, 2, 3, 4, 5]
        assert [row["id"] for row in rows] == [1, 2, 3, 4, 3]
        assert [row["state"] for row in rows[2:]] == ["refused", "applied", "applied"]
        assert (rows[2]["config_digest"], rows[4]["config_digest"]) == ("old", "new")
        assert rows[4]["received_at"] == "2026-08-20T15:05:00Z" > rows[2]["received_at"]
        assert list(core.journal_rows(4)) == rows[4:]
        told = core.explain(journal_id=3)["journal"]["handling"]
        assert [(each["number"], each["state"], each["at"]) for each in told] == [
            (3, "refused", rows[2]["received_at"]),
            (5, "applied", rows[4]["received_at"]),
        ]
    finally:
        core.close()
    (posted,) = query(database_url, "SELECT posted_at FROM entry WHERE journal_id = 3")
    assert posted == (rows[4]["received_at"],)


def test_a_defect_of_then_is_no_decision_of_now(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What we failed on was not decided, though it could be today; it took no key either."""
    flown = submission(coupon(), key="K")
    other = order(adjust("A", 300))
    core = Core.open(database_url)
    try:
        core.execute(opening())
        with monkeypatch.context() as broken:
            broken.setattr("loyalty_core.core.decide", lambda *_given: 1 // 0)
            (failed,) = core.execute([flown])
            assert failed.system_error
        assert one(core, replace(other, key="K")).state is State.APPLIED
    finally:
        core.close()
    check_replay(
        database_url, f"sqlite:///{tmp_path}/rebuilt.sqlite", [*opening(), flown, replace(other, key="K")]
    )


def test_a_repeat_that_changes_nothing_leaves_no_row(database_url: str) -> None:
    with test_books.books(database_url) as core:
        refused = order(redeem("R", 400))
        for hours in range(4):
            assert one(core, replace(refused, received_at=NOON + hours * HOUR)).state is State.REFUSED
        assert count(database_url, "handling") == count(database_url, "journal") == 3
