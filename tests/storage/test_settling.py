"""What makes a credit final beside the state; whose card counts; whose rules a reversal names. On both engines."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from adapter.explanation import as_text
from loyalty_core import (
    Clock,
    ClockAnswer,
    ClockCheck,
    ClockOutcome,
    Core,
    CouponReported,
    Flight,
    ListReceived,
    Name,
    ProgrammeActivated,
)
from tests.storage.airline import (
    CARD,
    DEPARTURE,
    ETL,
    FTL,
    NOON,
    PROGRAMME,
    VERA,
    coupon,
    listed,
    opening,
    person,
    submission,
)
from tests.storage.books import balances, books, one, outcome_of, query
from tests.storage.history_programmes import LATE

WAITING = submission(ProgrammeActivated(LATE, "demo.yaml"))
LAST_HOUR = NOON.replace(hour=20, minute=59) + timedelta(days=3)
DUE = NOON.replace(hour=21, minute=0) + timedelta(days=3)
BOARDED = listed("PRL", person(card=CARD, ticket="2986120000017", coupon=1))


def due(core: Core, at: object) -> int:
    (answer,) = core.answer([ClockCheck(at, 3600)])  # type: ignore[arg-type]
    assert isinstance(answer, ClockAnswer)
    return answer.due


def test_time_settles_what_waits(database_url: str) -> None:
    with books(database_url, WAITING) as core:
        one(core, submission(FTL))
        one(core, submission(BOARDED))
        assert balances(core) == {"pending": 840}
        assert (due(core, LAST_HOUR), due(core, DUE)) == (0, 1)
        assert outcome_of(core, submission(Clock(LAST_HOUR, 3600))) == ClockOutcome(timed_out=0)
        assert balances(core) == {"pending": 840}
        assert outcome_of(core, submission(Clock(DUE, 3600))) == ClockOutcome(timed_out=1)
        assert balances(core) == {"award": 840, "qualifying": 840, "segments": 1}
        assert due(core, DUE) == 0
        told = as_text(core.explain(card=CARD.number))
        assert "policy: posted as boarded, 72 hours after the day of the flight  [demo.yaml:" in told
        # What comes later is measured by the clock that struck, and may take it back.
        other = listed(
            "PRL", person(Name("SMITH", "ANN"), locator="ZZZZZZ"), edition=NOON + timedelta(minutes=1)
        )
        one(core, submission(other))
        assert balances(core) == {"pending": 840}
        one(core, submission(ETL))
        assert balances(core)["award"] == 840


def test_a_doubtful_credit_is_not_waited_for_longer_than_others(tmp_path: Path) -> None:
    """A stroke leaves nothing that the next one would find due again, however little it takes."""
    doubtful = replace(person(card=CARD, ticket="2986120000017", coupon=1), category="XYZZY")
    for number, (rule, ends) in enumerate([(b"then: none", {}), (b"then: posted", {"award": 1680})]):
        rules = submission(ProgrammeActivated(PROGRAMME.replace(b"then: none", rule), "demo.yaml"))
        with books(f"sqlite:///{tmp_path}/{number}.sqlite", rules) as core:
            one(core, submission(listed("PFS", doubtful)))
            second = coupon("C", flight=Flight("UT", "999"), ticket="2986120000099", on=date(2026, 8, 21))
            one(core, submission(second, received_at=NOON + timedelta(days=1)))
            assert balances(core) == {"pending": 1680}
            for days, left in ((45, 0), (46, 1), (47, 1)):
                at = NOON + timedelta(days=days)
                assert due(core, at) == left
                one(core, submission(Clock(at, 300, 1), received_at=at))
                assert due(core, at) == 0
            assert {name: amount for name, amount in balances(core).items() if name == "award"} == ends
            assert "pending" not in balances(core)


def test_the_clock_is_remembered_whatever_programme_was_in_force_then(tmp_path: Path) -> None:
    """A programme that begins to ask for the time in the same batch is told of the last stroke."""
    timeless = PROGRAMME.replace(b"pending_timeout: {days: 45, then: none}\n", b"")
    at = NOON + timedelta(minutes=1)
    late = [
        submission(ProgrammeActivated(PROGRAMME, "demo.yaml"), received_at=at),
        submission(coupon("C", on=(NOON - timedelta(days=60)).date()), received_at=at),
    ]
    ends = set()
    for size in (1, 2):
        first = (submission(ProgrammeActivated(timeless, "demo.yaml")), opening()[1])
        with books(f"sqlite:///{tmp_path}/{size}.sqlite", *first, members=False) as core:
            one(core, submission(Clock(NOON, 300)))
            for number in range(0, 2, size):
                core.execute(late[number : number + size])
            report = core.verify()
            ends.add((report["chain_head"], report["state_hash"]))
            assert balances(core) == {}
    assert len(ends) == 1


def test_a_pfs_settles_everybody_it_does_not_name(database_url: str) -> None:
    nothing_special = ListReceived("PFS", "MOWRMUT", DEPARTURE, NOON + timedelta(minutes=30))
    with books(database_url, WAITING) as core:
        one(core, submission(BOARDED))
        assert balances(core) == {"pending": 500}
        one(core, submission(nothing_special))
        assert balances(core)["award"] == 500


def test_a_pfs_that_came_first_is_remembered(tmp_path: Path) -> None:
    nothing_special = ListReceived("PFS", "MOWRMUT", DEPARTURE, NOON + timedelta(minutes=30))
    for number, batches in enumerate([[[nothing_special], [BOARDED]], [[nothing_special, BOARDED]]]):
        with books(f"sqlite:///{tmp_path}/{number}.sqlite", WAITING) as core:
            for batch in batches:
                core.execute([submission(each) for each in batch])
            assert balances(core)["award"] == 500
            assert query(core.url, "SELECT kind FROM entry") == [("accrual",)]


def test_a_reversal_names_the_rules_of_the_original(database_url: str) -> None:
    taken_back = coupon("R")
    with books(database_url) as core:
        one(core, submission(coupon()))
        one(core, submission(ProgrammeActivated(PROGRAMME + b"# changed\n", "demo.yaml")))
        one(core, submission(taken_back))
        digests = query(database_url, "SELECT kind, programme_digest FROM entry ORDER BY seq")
        assert [kind for kind, _digest in digests] == ["accrual", "reversal"]
        assert len({digest for _kind, digest in digests}) == 1


def test_two_coupons_under_one_card_are_two_carriages_on_both_engines(database_url: str) -> None:
    ann: CouponReported = coupon(name=Name("LUGOVAYA", "VALENTINA"), ticket="2986120000777")
    with books(database_url) as core:
        one(core, submission(coupon(name=VERA)))
        one(core, submission(ann))
        rows = query(database_url, 'SELECT "key", credit, reason FROM carriage ORDER BY 1')
        assert [tuple(row) for row in rows] == [
            ("2986120000017/1", "posted", ""),
            ("2986120000777/1", "suspense", "card_on_several_names"),
        ]
        told = as_text(core.explain(card=CARD.number))
        assert "only its holder earns by it" in told
        assert "known by card 7700000000011 of LUGOVAIA/V, ticket 2986120000777/1" in told
        # The list that knew both under one key falls to one of them; nothing is lost when it goes again.
        one(core, submission(FTL))
        one(core, submission(listed("FTL", person(Name("SMITH", "ANN"), locator="ZZZZZZ"), edition=DUE)))
        assert balances(core) == {"award": 840, "qualifying": 840, "segments": 1}
