"""What a programme makes of a state, and what may settle it beside the state."""

from datetime import date

import pytest

from loyalty_core.errors import InputError
from loyalty_core.programme import Programme, load_programme
from tests.core.test_programme import SMALL

FLOWN_ON = date(2026, 8, 20)
POLICY = "policy: {listed: none, checked_in: pending, boarded: pending, flown: posted}\n"
RULES = """\
policy:
  listed: none
  checked_in: pending
  boarded: pending
  flown: posted
  posted_when:
    - {state: boarded, pfs_received: true, after_hours: 2}
    - {state: boarded, after_hours: 72}
    - {state: booked, stations: [LED], after_hours: 24}
    - {state: checked_in, stations: [LED, KXK]}
"""


def programme(rules: str = RULES) -> Programme:
    assert SMALL.count(POLICY) == 1
    return load_programme(SMALL.replace(POLICY, rules), "small.yaml")


@pytest.mark.parametrize(
    ("state", "station", "pfs", "now", "status", "due_at"),
    [
        ("flown", "DME", False, "", "posted", ""),
        ("boarded", "DME", False, "", "pending", "2026-08-23T21"),
        ("boarded", "DME", True, "", "pending", "2026-08-20T23"),
        ("boarded", "DME", True, "2026-08-20T22:59:59.999999Z", "pending", "2026-08-20T23"),
        ("boarded", "DME", True, "2026-08-20T23:00:00.000000Z", "posted", ""),
        ("boarded", "DME", False, "2026-08-23T21:00:00.000000Z", "posted", ""),
        ("booked", "DME", True, "2027-01-01T00:00:00.000000Z", "none", ""),
        ("booked", "LED", False, "", "none", "2026-08-21T21"),
        ("booked", "LED", False, "2026-08-21T21:00:00.000000Z", "posted", ""),
        ("unused", "LED", False, "2027-01-01T00:00:00.000000Z", "none", ""),
        ("checked_in", "KXK", False, "", "posted", ""),
        ("checked_in", "DME", False, "", "pending", ""),
        ("not_flown", "LED", True, "2027-01-01T00:00:00.000000Z", "none", ""),
    ],
)
def test_worth(state: str, station: str, pfs: bool, now: str, status: str, due_at: str) -> None:
    worth = programme().crediting.worth(state, station, FLOWN_ON, pfs, now)
    assert worth.status == status
    assert worth.due_at.startswith(due_at)
    assert bool(worth.due_at) == bool(due_at)


def test_the_rule_that_posted_is_named() -> None:
    now = "2026-08-23T21:00:00.000000Z"
    worth = programme().crediting.worth("boarded", "DME", FLOWN_ON, False, now)
    line = SMALL.replace(POLICY, RULES).splitlines().index("    - {state: boarded, after_hours: 72}") + 1
    assert worth.why == (("posted as boarded, 72 hours after the day of the flight", f"small.yaml:{line}"),)


def test_without_rules_the_state_alone_decides() -> None:
    crediting = load_programme(SMALL, "small.yaml").crediting
    assert not crediting.waits_for_pfs
    assert (
        crediting.worth("boarded", "LED", FLOWN_ON, True, "2030-01-01T00:00:00.000000Z").status == "pending"
    )


def test_code_shares_have_one_operating_flight_each() -> None:
    table = "codeshares:\n  - {marketing: ZZ 900, operating: QQ 1}\n"
    assert programme(POLICY + table).codeshares == {"ZZ/900": "QQ/1"}
    wrong = table + "  - {marketing: ZZ 900, operating: QQ 2}\n  - {marketing: QQ 1, operating: QQ 3}\n"
    with pytest.raises(InputError) as caught:
        programme(POLICY + wrong)
    assert [problem.text for problem in caught.value.problems] == [
        '"ZZ 900" has a row already',
        '"QQ 1" is an operating flight of this table',
    ]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("{state: boarded, after_hours: 72}", "{state: boarded}", 'write "boarded: posted" above'),
        ("{state: boarded, after_hours: 72}", "{state: flown, after_hours: 72}", '"flown" is posted anyway'),
        (
            "{state: booked, stations: [LED], after_hours: 24}",
            "{state: booked, after_hours: 24}",
            "no flight",
        ),
        ("stations: [LED, KXK]", "stations: [LED, QQQ]", '"QQQ" is no known airport'),
        ("after_hours: 72", "after_hours: -1", "0"),
        ("after_hours: 72", "after_hour: 72", 'did you mean "after_hours"'),
        ("state: boarded, after_hours: 72", "state: bordered, after_hours: 72", 'did you mean "boarded"'),
    ],
)
def test_mistakes_are_told_with_place(old: str, new: str, text: str) -> None:
    assert RULES.count(old) == 1
    with pytest.raises(InputError) as caught:
        programme(RULES.replace(old, new))
    (problem,) = caught.value.problems
    assert text in problem.text
    whole = SMALL.replace(POLICY, RULES.replace(old, new))
    assert problem.line == whole.count("\n", 0, whole.index(new)) + 1
