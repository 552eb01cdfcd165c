"""Part sets in time: creation times that differ, limits, sets that are never completed, and the business clock."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from loyalty_core import (
    Clock,
    ClockAnswer,
    ClockCheck,
    ClockOutcome,
    Core,
    GivenUpSet,
    PartOutcome,
    PartReceived,
    State,
    Submission,
)
from tests.storage.airline import NOON, part_submission, submission
from tests.storage.books import books, one, query

KEY = "MOWRMUT/PNL/UT451/2026-08-20/DME"
TEXTS = ("ONE", "TWO", "THREE")
MINUTE = timedelta(minutes=1)


def part(
    number: int,
    text: str = "",
    *,
    last: int = 3,
    key: str = KEY,
    made: float = 0,
    apart: int = 120,
    came: float = 0,
    link: str = "spool",
    by: str = "MOWRMUT",
    most: int = 64,
) -> Submission:
    """Part ``number`` of a list, made and received so many minutes after noon."""
    transaction = PartReceived(
        key,
        number,
        number == last,
        text or TEXTS[number - 1],
        originator=by,
        created=NOON + made * MINUTE,
        apart_seconds=apart,
        open_sets_max=most,
    )
    return part_submission(transaction, link=link, kind="PNL", received_at=NOON + came * MINUTE)


def outcome(core: Core, message: Submission) -> PartOutcome:
    (found,) = one(core, message).outcomes
    assert isinstance(found, PartOutcome)
    return found


def clock(minutes: float, seconds: int = 300) -> Submission:
    at = NOON + minutes * MINUTE
    return submission(Clock(at, seconds), link="clock", kind="clock", received_at=at)


def given_up(core: Core, minutes: float) -> tuple[GivenUpSet, ...]:
    (found,) = one(core, clock(minutes)).outcomes
    assert isinstance(found, ClockOutcome)
    return found.given_up


def sets_of(core: Core) -> list[tuple[str, str]]:
    return [tuple(row) for row in query(core.url, "SELECT key, state FROM part_set ORDER BY key")]


# --- which set a part belongs to --------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_parts_dated_each_by_itself_are_one_list(order: tuple[int, ...], database_url: str) -> None:
    with books(database_url) as core:
        found = [outcome(core, part(number, made=number)) for number in order]
        assert [one.texts for one in found] == [(), (), TEXTS]
        assert len({one.set_key for one in found}) == 1


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_each_part_is_within_reach_of_another(
    order: tuple[int, ...], together: bool, database_url: str
) -> None:
    """12:05:00, 12:06:10, 12:07:20: the ends are too far apart, the one between is their link."""
    messages = [part(number, made=(number - 1) * 7 / 6) for number in order]
    with books(database_url) as core:
        results = core.execute(messages) if together else [one(core, each) for each in messages]
        assert [each.outcomes[0].texts for each in results] == [(), (), TEXTS]  # type: ignore[attr-defined]
        assert [state for _key, state in sets_of(core)] == ["closed"]
        assert core.unread_sets()[0].texts == TEXTS


@pytest.mark.parametrize("seed", range(8))
def test_a_chain_of_parts_in_any_order(seed: int, tmp_path) -> None:
    chance = random.Random(seed)
    made = [0.0]
    for _part in range(6):
        made.append(made[-1] + chance.choice([-1, 1]) * chance.random() * 2)
    messages = [part(number, f"TEXT {number}", last=7, made=at) for number, at in enumerate(made, 1)]
    chance.shuffle(messages)
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        cut = chance.randrange(7)
        core.execute(messages[:cut])
        core.execute(messages[cut:])
        assert core.unread_sets()[0].texts == tuple(f"TEXT {number}" for number in range(1, 8))
        assert len(sets_of(core)) == 1


def test_the_limit_of_the_tolerance(database_url: str) -> None:
    with books(database_url) as core:
        outcome(core, part(1))
        assert outcome(core, part(2, made=2)).set_key == outcome(core, part(3, made=-2)).set_key
        assert outcome(core, part(2, "ANOTHER", made=2.02)).set_key.endswith("/2026-08-20T12:07:01.200000Z")


def test_without_tolerance_the_times_must_be_equal(database_url: str) -> None:
    with books(database_url) as core:
        outcome(core, part(1, apart=0))
        assert outcome(core, part(2, apart=0, made=1)).set_key != outcome(core, part(2, apart=0)).set_key


@pytest.mark.parametrize("older_first", [True, False])
def test_two_editions_within_the_tolerance_are_kept_apart(older_first: bool, database_url: str) -> None:
    """The same list again a minute later: no number comes twice into a set."""
    older = [part(number) for number in (1, 2, 3)]
    newer = [part(number, f"NEW {number}", made=1) for number in (1, 2, 3)]
    with books(database_url) as core:
        found = [outcome(core, each) for each in ([*older, *newer] if older_first else [*newer, *older])]
        assert {one.texts for one in found if one.texts} == {TEXTS, ("NEW 1", "NEW 2", "NEW 3")}
        assert not any(one.conflict for one in found)
        assert [state for _key, state in sets_of(core)] == ["closed", "closed"]


def test_the_very_same_time_goes_before_the_nearest(database_url: str) -> None:
    with books(database_url) as core:
        old = outcome(core, part(1, made=0)).set_key
        new = outcome(core, part(1, "NEW", made=1.5)).set_key
        assert old != new
        assert outcome(core, part(2, made=0)).set_key == old
        assert outcome(core, part(2, "NEW TWO", made=1.5)).set_key == new
        assert outcome(core, part(3, made=1)).set_key == new, "the nearest"


def test_a_copy_without_time_is_known_by_its_key(database_url: str) -> None:
    def copy(number: int) -> Submission:
        return part_submission(
            PartReceived("#17/FTL", number, number == 2, TEXTS[number - 1], head=".COPY\n"), kind="FTL"
        )

    with books(database_url) as core:
        outcome(core, copy(1))
        assert outcome(core, copy(2)).texts == (".COPY\nONE", ".COPY\nTWO")
        assert sets_of(core) == [("#17/FTL", "closed")]


# --- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [True, False])
def test_an_originator_may_have_so_many_open_sets(together: bool, database_url: str) -> None:
    """64, the default: the next one is quarantined, and taken once there is room and it comes again."""
    first = [part(1, key=f"{KEY}/{number}") for number in range(64)]
    with books(database_url) as core:
        found = (
            core.execute(first)
            if together
            else [one(core, each) for each in first[:3]] + core.execute(first[3:])
        )
        assert {result.state for result in found} == {State.WAITING}
        beyond = part(1, key=f"{KEY}/beyond")
        refused = one(core, beyond)
        assert refused.state is State.QUARANTINED
        assert refused.outcomes[0].crowded  # type: ignore[attr-defined]
        assert one(core, beyond).journal_id == refused.journal_id
        # Others are not kept out, nor are further parts of what is open, nor whole sets of another link's copies.
        assert one(core, part(1, key="LEDRMUT/PNL", by="LEDRMUT")).state is State.WAITING
        assert one(core, part(1, key="#18", by="", link="other")).state is State.WAITING
        for number in (2, 3):
            one(core, part(number, key=f"{KEY}/7"))
        taken = one(core, beyond)
        assert (taken.state, taken.journal_id) == (State.WAITING, refused.journal_id)
        assert one(core, part(1, key=f"{KEY}/again")).state is State.QUARANTINED


def test_the_limit_holds_within_one_batch(tmp_path) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        batch = [part(1, key=f"{KEY}/{number}", most=2) for number in range(4)]
        states = [result.state for result in core.execute(batch)]
        assert states == [State.WAITING, State.WAITING, State.QUARANTINED, State.QUARANTINED]


def test_a_set_of_99_parts_in_any_order(tmp_path) -> None:
    texts = tuple(f"TEXT {number}" for number in range(1, 100))
    messages = [part(number, texts[number - 1], last=99) for number in range(1, 100)]
    random.Random(99).shuffle(messages)
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        found = [outcome(core, each) for each in messages[:50]]
        found += [result.outcomes[0] for result in core.execute(messages[50:])]  # type: ignore[misc]
        assert [each.texts for each in found[:-1]] == [()] * 98
        assert found[-1].texts == texts


# --- the business clock -----------------------------------------------------------------------------------------------


def test_what_stays_incomplete_is_quarantined_with_what_arrived(database_url: str) -> None:
    with books(database_url) as core:
        rows = [
            one(core, part(number, f"TEXT {number}", last=5, came=number)).journal_id for number in (2, 4)
        ]
        whole = [one(core, part(number, key="WHOLE")) for number in (1, 2, 3)]
        assert given_up(core, 8.9) == ()
        found = given_up(core, 9)
        assert found == (GivenUpSet(f"{KEY}/2026-08-20T12:05:00Z", "spool", "PNL", 2, 4, False, (1, 3)),)
        assert given_up(core, 60) == (), "once"
        handled = query(
            core.url,
            f"SELECT journal_id, attempt, state FROM handling WHERE journal_id IN ({rows[0]}, {rows[1]}) ORDER BY 1, 2",
        )
        assert [tuple(row) for row in handled] == [
            (row, attempt, state) for row in rows for attempt, state in ((1, "waiting"), (2, "quarantined"))
        ]
        told = core.explain(journal_id=rows[0])["journal"]["handling"][-1]
        assert told["problems"][0]["code"] == "parts_missing"
        assert whole[2].outcomes[0].texts  # type: ignore[attr-defined]
        report = core.status()
        assert report["part_sets"] == {"open": 0, "given_up": 1}
        assert report["quarantined"] == 2


def test_a_part_that_comes_to_a_set_given_up_waits_and_is_given_up_too(database_url: str) -> None:
    """Its row comes to an end like any other; the set still closes once all are there."""
    with books(database_url) as core:
        one(core, part(2, "TEXT 2", last=4, came=1))
        assert len(given_up(core, 9)) == 1
        late = one(core, part(3, "TEXT 3", last=4, came=10))
        assert late.state is State.WAITING
        assert core.status()["part_sets"] == {"open": 1, "given_up": 0}
        (again,) = given_up(core, 20)
        assert (again.arrived, again.missing) == (2, (1,))
        assert core.status()["links"]["spool"] == {"quarantined": 2}
        one(core, part(1, "TEXT 1", last=4, came=21))
        assert one(core, part(4, "TEXT 4", last=4, came=22)).outcomes[0].texts  # type: ignore[attr-defined]


def test_the_end_missing_is_told(tmp_path) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        one(core, part(3))
        one(core, part(1, key="OTHER"))
        assert [(each.last, each.final, each.missing) for each in given_up(core, 10)] == [
            (3, True, (1, 2)),
            (1, False, ()),
        ]


@pytest.mark.parametrize("order", list(permutations((1, 2))))
def test_the_last_part_that_came_counts_whatever_the_order(order: tuple[int, ...], tmp_path) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        for number in order:
            one(core, part(number, came=number * 3))
        assert given_up(core, 10.9) == ()
        assert len(given_up(core, 11)) == 1


def test_a_late_part_completes_a_set_that_was_given_up(database_url: str) -> None:
    with books(database_url) as core:
        one(core, part(1))
        one(core, part(3))
        assert given_up(core, 10)
        late = one(core, part(2, came=30))
        assert late.state is State.APPLIED
        assert late.outcomes[0].texts == TEXTS  # type: ignore[attr-defined]
        (unread,) = core.unread_sets()
        joined = replace(submission(PartReceived("x", 1, True, "x")), transactions=(), set_key=unread.set_key)
        one(core, replace(joined, problems=()))
        assert core.status()["links"]["spool"] == {"applied": 3}
        assert core.status()["part_sets"] == {"open": 0, "given_up": 0}


def test_the_same_part_in_other_words_is_no_conflict(tmp_path) -> None:
    """Another link's copy has other addresses and a PDM: the digest of the canonical form says that it is the same."""
    first = part(1)
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        one(core, first)
        again = replace(first, link="second line", raw=b"PDM\nONE")
        (found,) = one(core, again).outcomes
        assert found.repeated  # type: ignore[attr-defined]
        other = replace(part(1, "OTHER"), link="second line")
        assert one(core, other).state is State.QUARANTINED


def test_the_text_of_a_part_is_in_the_journal_only(tmp_path) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        one(core, part(1, "CANARY1"))
        one(core, part(2, "CANARY2"))
        one(core, part(3, "CANARY3"))
        assert core.unread_sets()[0].texts == ("CANARY1", "CANARY2", "CANARY3")
        tables = [row[0] for row in query(core.url, "SELECT name FROM sqlite_master WHERE type = 'table'")]
        holding = {
            name
            for name in tables
            for row in query(core.url, f"SELECT * FROM {name}")
            if "CANARY" in str(row)
        }
        assert holding == {"journal"}


def test_open_sets_and_their_age_survive_a_restart(database_url: str) -> None:
    with books(database_url) as core:
        one(core, part(1))
    with books(database_url, members=False) as core:
        assert core.answer([ClockCheck(NOON + 4.9 * MINUTE, 300)]) == [ClockAnswer(0)]
        assert core.answer([ClockCheck(NOON + 5 * MINUTE, 300)]) == [ClockAnswer(1)]
        assert len(given_up(core, 5)) == 1
        assert core.answer([ClockCheck(NOON + 9 * MINUTE, 300)]) == [ClockAnswer(0)]


def ends(url: str, batches: Sequence[Sequence[Submission]]) -> list[list[tuple[object, ...]]]:
    with books(url) as core:
        for batch in batches:
            assert not any(result.system_error for result in core.execute(batch))
        return [
            [tuple(row) for row in query(core.url, f"SELECT {columns} ORDER BY 1, 2")]
            for columns in (
                "key, state, touched_at FROM part_set",
                "set_key, number, head, journal_id FROM part",
                "journal_id, attempt, state, outcome, at FROM handling",
            )
        ]


@pytest.mark.parametrize("seed", range(6))
def test_batches_leave_no_trace(seed: int, tmp_path) -> None:
    """The same rows in the same order: one by one, all at once, or anything between."""
    chance = random.Random(seed)
    messages: list[Submission] = []
    for minute in range(40):
        key = chance.choice(["A", "B", "C"])
        number = chance.randint(1, 3)
        messages.append(part(number, f"{key}{number}", key=key, made=chance.choice([0, 1]), came=minute))
        if chance.random() < 0.3:
            messages.append(clock(minute + 0.5, seconds=180))
    together = []
    rest = list(messages)
    while rest:
        size = chance.randint(1, 9)
        together.append(rest[:size])
        rest = rest[size:]
    one_by_one = ends(f"sqlite:///{tmp_path}/single.sqlite", [[each] for each in messages])
    assert ends(f"sqlite:///{tmp_path}/some.sqlite", together) == one_by_one
    assert ends(f"sqlite:///{tmp_path}/all.sqlite", [messages]) == one_by_one
