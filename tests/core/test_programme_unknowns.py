"""What a programme doesn't know, and the sections about members over time: unknown percents, windows of thresholds,
claims, conversions, children's miles; with the mistakes that the loader tells."""

from datetime import date
from decimal import Decimal

import pytest

from loyalty_core.errors import InputError
from loyalty_core.outcomes import Reason
from loyalty_core.programme import Evaluation, Facts, Programme, Standing, check_examples, load_programme

SMALL = """\
programme: small
title: Small Miles
carriers: [QQ]
units: {award: {}, qualifying: {}, segments: {}}
distances: {name: small, pairs: {AAA-BBB: 225}, otherwise: unknown}
charts:
  - name: own
    when: {carriers: [QQ]}
    rows:
      - {classes: [J], percent: unknown, amounts: {segments: 2}}
      - {classes: [Y], percent: {award: 100, qualifying: unknown}}
      - {classes: [G], percent: unknown, amounts: {segments: 0}}
      - {classes: [L], percent: 50}
    otherwise: unknown
  - name: others
    unless: {carriers: [QQ]}
    otherwise: nothing
accrual:
  award: [distance, percent, {round: floor}]
  qualifying: [distance, percent, {round: floor}]
  segments: [{amount: 1}]
tiers:
  - {name: BLUE}
  - {name: RED, reached: {qualifying: 1000, within: ever}}
  - {name: GOLD, reached: {qualifying: 500, within: {months: 12, after: RED}}}
  - {name: GIVEN}
qualification: {period: {year_from: 04-01}, valid: {years: 1}}
expiry: {model: end_of_year, years: 1, not_before: {age: 12}}
conversions:
  - {from: award, to: qualifying, factor: 0.5, dates: {from: 2024-11-01, until: 2024-12-31}}
retro: {before_enrolment_months: 6, claim_after_enrolment_months: 3}
policy: {listed: none, checked_in: none, boarded: none, flown: posted}
window: {future_days: 1, past_days: 30}
"""


def small(text: str = "", *changes: tuple[str, str]) -> Programme:
    whole = SMALL + text
    for old, new in changes:
        assert whole.count(old) == 1, old
        whole = whole.replace(old, new)
    return load_programme(whole, "small.yaml")


def earn(letter: str, percent: str | None = None, carrier: str = "QQ") -> Evaluation:
    told = None if percent is None else Decimal(percent)
    facts = Facts(carrier, carrier, letter, False, "AAA", "BBB", date(2026, 1, 5), percent=told)
    return small().evaluate(facts, Standing())


def test_an_unknown_percent_gives_nothing_and_the_trace_says_so() -> None:
    found = earn("J")
    assert (dict(found.amounts), found.reason) == ({"segments": 2}, Reason.NONE)
    assert "the percent of award is not known to the programme: 0" in [step.text for step in found.trace]
    # One unit's percent is known, the other's isn't.
    assert dict(earn("Y").amounts) == {"award": 225, "segments": 1}
    # Nothing at all is known of what the flight earns.
    assert earn("G").reason == Reason.CLASS_UNKNOWN


def test_a_percent_that_is_told_stands_only_for_what_is_unknown() -> None:
    assert dict(earn("J", "150").amounts) == {"award": 337, "qualifying": 337, "segments": 2}
    assert dict(earn("Y", "50").amounts) == {"award": 225, "qualifying": 112, "segments": 1}
    assert dict(earn("L", "200").amounts) == {"award": 112, "qualifying": 112, "segments": 1}
    assert dict(earn("X", "200").amounts) == {"award": 450, "qualifying": 450, "segments": 1}
    assert earn("X").reason == Reason.CLASS_UNKNOWN
    assert earn("X", "200", "ZZ").reason == Reason.NOT_EARNING


EXAMPLES = """\
examples:
  - {name: red, history: {2015-01-01: {qualifying: 600}, 2024-05-01: {qualifying: 400}, on: 2024-05-01},
     expect: {tier: RED, until: 2026-03-31}}
  - {name: gold, history: {2024-05-01: {qualifying: 1000}, 2025-05-01: {qualifying: 500}, on: 2025-05-01},
     expect: {tier: GOLD, until: 2027-03-31}}
  - {name: too late, history: {2024-05-01: {qualifying: 1000}, 2025-05-02: {qualifying: 500}, on: 2025-05-02},
     expect: {tier: RED}}
  - {name: not yet, history: {on: 2025-05-02, residence: FR, enrolled_on: 2020-01-01}, expect: {until: never}}
  - {name: child, earned_on: 2024-05-01, member: {born: 2020-02-29}, expect: {expires_on: 2032-02-29}}
  - {name: leap, earned_on: 2024-05-01, member: {born: 2021-03-01}, expect: {expires_on: 2033-03-01}}
  - {name: grown, earned_on: 2024-05-01, member: {age: 30}, expect: {expires_on: 2025-12-31}}
  - {name: made to count, converted: {award: 1001, on: 2024-12-31}, expect: {qualifying: 500}}
  - {name: made later, converted: {award: 1001, on: 2025-01-01}, expect: {qualifying: 0}}
  - {name: claimed, claim: {flown_on: 2024-01-10, claimed_on: 2024-10-10, enrolled_on: 2024-07-10},
     expect: {refusal: ''}}
  - {name: late, claim: {flown_on: 2024-01-10, claimed_on: 2024-10-11, enrolled_on: 2024-07-10},
     expect: {refusal: too_late}}
  - {name: old, claim: {flown_on: 2024-01-09, claimed_on: 2024-07-11, enrolled_on: 2024-07-10},
     expect: {refusal: before_enrolment}}
  - {name: member, claim: {flown_on: 2014-01-09, claimed_on: 2024-07-11, enrolled_on: 2010-07-10},
     expect: {refusal: ''}}
"""


def test_examples_of_members_over_time_hold() -> None:
    assert check_examples(small(EXAMPLES)) == ()


def test_an_example_that_does_not_hold_is_told() -> None:
    found = check_examples(small(EXAMPLES, ("expect: {tier: RED}}", "expect: {tier: GOLD}}")))
    assert found == ("small.yaml:39: too late: tier RED, not GOLD",)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "within: ever",
            "within: never",
            "within ever, or within so many months or periods and after a tier",
        ),
        ("within: {months: 12, after: RED}", "within: {months: 12, periods: 2}", "months or periods"),
        ("within: {months: 12, after: RED}", "within: {months: 0}", "a whole number from 1 to 120"),
        ("within: {months: 12, after: RED}", "within: {after: GIVEN}", 'no tier "GIVEN" stands below'),
        ("year_from: 04-01", "year_from: 02-29", '"02-29" is no day of every year'),
        ("factor: 0.5", "factor: 0.5, round: half_up", "only floor"),
        ("factor: 0.5", "factor: 0.5, round: ceil", "only floor"),
        ("from: award, to: qualifying", "from: award, to: miles", 'no unit "miles"'),
        ("factor: 0.5", "factor: 0", "should be more than 0"),
        ("dates: {from: 2024-11-01", "dates: {from: 2025-11-01", "no day lies in this range"),
        ("retro: {", "retro: {before_enrolment_days: 3, ", "either days or months"),
        (
            "model: end_of_year, years: 1, not_before",
            "model: never, not_before",
            '"not_before" means nothing for never',
        ),
        ("    otherwise: nothing\n", "", "a chart without rows says what flights are otherwise"),
    ],
)
def test_mistakes_are_told(old: str, new: str, told: str) -> None:
    with pytest.raises(InputError) as raised:
        small("", (old, new))
    assert [problem for problem in raised.value.problems if told in problem.text]


@pytest.mark.parametrize(
    ("example", "told"),
    [
        ("history: {2024-05-01: {miles: 3}, on: 2024-05-01}, expect: {tier: RED}", 'no unit "miles"'),
        (
            "history: {2024-05-01: {qualifying: x}, on: 2024-05-01}, expect: {tier: RED}",
            "should be a whole number",
        ),
        ("history: {2024-05-01: 3, on: 2024-05-01}, expect: {tier: RED}", "should be counters by unit"),
        ("history: {May: {qualifying: 3}, on: 2024-05-01}, expect: {tier: RED}", '"May" is no date'),
        ("history: {2024-05-01: {qualifying: 3}}, expect: {tier: RED}", '"on" is missing here'),
        ("history: {on: 2024-05-01}, expect: {award: 3}", "only tier, until"),
        ("claim: {flown_on: 2024-05-01, claimed_on: 2024-05-02}, expect: {refusal: no}", 'no refusal "no"'),
        ("event: {kind: enrolment, on: 2024-05-01}, expect: {}", "expects nothing proves nothing"),
        ("claim: {flown_on: 2024-05-01, claimed_on: 2024-05-02}, expect: {}", "expects nothing proves"),
        ("migrated: {award: 3, on: 2024-05-01}, expect: {}", "expects nothing proves nothing"),
        ("history: {2024-05-01: {qualifying: 3}, on: 2024-05-01}, expect: {}", "expects nothing proves"),
        ("converted: {award: 3}, expect: {qualifying: 3}", '"" is no date'),
        (
            "converted: {award: 3, on: 2024-11-01}, member: {age: 3}, expect: {}",
            '"member" means nothing for converted',
        ),
        ("earned_on: 2024-05-01, member: {age: 3, born: 2021-01-01}, expect: {}", "either age or born"),
        (
            "earned_on: 2024-05-01, event: {kind: birthday, on: 2024-05-01}, expect: {}",
            "exactly one of given, standing",
        ),
    ],
)
def test_mistakes_of_examples_are_told(example: str, told: str) -> None:
    with pytest.raises(InputError) as raised:
        small(f"examples:\n  - {{name: one, {example}}}\n")
    assert [problem for problem in raised.value.problems if told in problem.text]
