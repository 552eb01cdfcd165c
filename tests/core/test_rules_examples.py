"""Worked examples: each of their words is looked at, and a wrong one is told."""

import pytest

from loyalty_core.programme import check_examples, load_programme
from loyalty_core.rules.examples.coverage import coverage
from tests.core.rule_texts import FILE, problems, programme, text

COUPON = "given: {operating: QQ, class: Y, from: DME, to: AER%s}"


def failures(example: str, **sections: str) -> tuple[str, ...]:
    return check_examples(programme(examples=f"[{{name: one, {example}}}]", **sections))


@pytest.mark.parametrize(
    ("example", "wrong"),
    [
        (COUPON % "" + ", expect: {award: 1000, qualifying: 0, distance: 1000, percent: 100}", ""),
        (COUPON % "" + ", expect: {award: 1001}", "award 1000, not 1001"),
        (COUPON % "" + ", expect: {reason: not_earning}", "reason , not not_earning"),
        (COUPON % "" + ", expect: {distance: 7}", "distance 1000, not 7"),
        (COUPON % ", distance: 7" + ", expect: {award: 7, distance: 7}", ""),
        (COUPON % "" + ", expect: {percent: {award: 12.5}}", "percent award 100, not award 12.5"),
        (COUPON % "" + ", expect: {rate: {award: 4}}", "rate award 0, not award 4"),
        (COUPON.replace("AER", "QQQ") % "" + ", expect: {reason: airport_unknown}", ""),
        ("standing: {qualifying: 10}, expect: {tier: SILVER}", ""),
        (
            "standing: {qualifying: 9, on: 2026-01-01, residence: FR}, expect: {tier: GOLD}",
            "tier BASIC, not GOLD",
        ),
        ("earned_on: 2024-02-29, expect: {expires_on: never}", ""),
        ("earned_on: 2024-02-29, expect: {expires_on: 2026-02-28}", "expires_on never, not 2026-02-28"),
    ],
)
def test_what_comes_out(example: str, wrong: str) -> None:
    assert failures(example) == ((f"frame.yaml:11: one: {wrong}",) if wrong else ())


def test_expiry_of_a_member() -> None:
    expiry = "[{model: never, when: {age: {below: 12}}}, {model: inactivity, months: 24}]"
    child = "earned_on: 2024-02-29, member: {age: 11}, expect: {expires_on: never}"
    active = "earned_on: 2024-02-29, last_activity: 2024-03-29, expect: {expires_on: 2026-03-29}"
    assert failures(child, expiry=expiry) == failures(active, expiry=expiry) == ()


def test_every_word_that_may_be_given() -> None:
    rules = programme(
        examples="[{name: one, given: {operating: QQ, marketing: ZZ, class: Y, from: DME, to: AER, flight: QQ 12,"
        " marketing_flight: '900', flown_on: 2026-02-03, booked_on: 2026-01-03, ticketed_on: 2026-01-04,"
        " fare_basis: YOW, brand: FLEX, ticket: 2201234567890, role: FQTU, tier: GOLD, distance: 5, price: 10.50,"
        " currency: EUR, surcharges: 1, taxes: '2.5', passenger_type: ADT, channel: web, residence: FR, age: 5,"
        " groups: [vip], earned_on_flight: {award: 7}}, expect: {award: 5}}]"
    )
    facts, standing = rules.examples[0].facts, rules.examples[0].standing
    assert facts is not None
    assert (facts.operating_number, facts.marketing_number, facts.ticket) == ("12", "900", "2201234567890")
    assert (str(facts.price), str(facts.taxes), facts.currency) == ("10.5", "2.5", "EUR")
    assert (standing.tier, standing.residence, standing.groups) == ("GOLD", "FR", {"vip"})
    assert (standing.age_on(facts.flown_on), dict(standing.earned_on_flight)) == (5, {"award": 7})


@pytest.mark.parametrize(
    ("example", "what"),
    [
        ("expect: {award: 5}", "exactly one of given, standing, earned_on"),
        (COUPON % ", tier: SILVR" + ", expect: {}", 'did you mean "SILVER"'),
        (COUPON % ", cabin: Y" + ", expect: {}", "either class or cabin"),
        (COUPON % ", flown_on: 2026-02-30" + ", expect: {}", "should be a date"),
        (COUPON % ", flight: ZZ 12" + ", expect: {}", "this flight is not of QQ"),
        (COUPON % ", earned_on_flight: {awrd: 5}" + ", expect: {}", 'did you mean "award"'),
        (COUPON % "" + ", expect: {awrd: 5}", 'did you mean "award"'),
        (COUPON % "" + ", expect: {award: many}", "whole number"),
        (COUPON % "" + ", expect: {percent: {award: many}}", "number"),
        (COUPON % "" + ", expect: {percent: {awrd: 5}}", 'did you mean "award"'),
        (COUPON % "" + ", expect: {reason: class_unknwn}", 'did you mean "class_unknown"'),
        (COUPON % "" + ", expect: {}", "an example that expects nothing proves nothing"),
        ("standing: {}, expect: {}", "an example that expects nothing proves nothing"),
        ("earned_on: 2024-01-01, expect: {}", "an example that expects nothing proves nothing"),
        ("event: {kind: birthday, on: 2024-01-01}, expect: {award: 5}", 'nothing is given for "birthday"'),
        ("standing: {qualifing: 5}, expect: {tier: GOLD}", 'did you mean "qualifying"'),
        ("standing: {qualifying: many}, expect: {tier: GOLD}", "whole number"),
        ("standing: {on: 2026}, expect: {tier: GOLD}", "is no date"),
        ("standing: {}, expect: {tier: GOLT}", 'did you mean "GOLD"'),
        ("standing: {}, expect: {award: 5}", "only tier"),
        ("earned_on: 2024-01-01, expect: {tier: GOLD}", "only expires_on"),
        ("earned_on: 2024-01-01, expect: {expires_on: soon}", "is no date"),
    ],
)
def test_mistakes(example: str, what: str) -> None:
    found = problems(examples=f"[{{name: one, {example}}}]")
    assert any(what in problem.text and problem.line == 11 for problem in found), found


def test_what_happened_is_something_that_the_file_has() -> None:
    happened = "[{name: one, event: {kind: %s, on: 2026-01-01}, expect: {award: 5}}]"
    sections = {
        "grants": "[{name: g, on: [enrolment, birthday], amounts: {award: 5}}]",
        "compensations": "[{name: c, kind: delay, amounts: {award: 5}}]",
    }
    for kind in ("enrolment", "birthday", "delay"):
        assert check_examples(programme(examples=happened % kind, **sections)) == ()
    (found,) = problems(examples=happened % "enrolmnt", **sections)
    assert found.text == 'nothing is given for "enrolmnt" (did you mean "enrolment"?)'
    assert found.path == "examples[0].event.kind"


def test_coverage_knows_claims() -> None:
    whole = text(
        retro="{months: 6}",
        examples="[{name: one, claim: {flown_on: 2026-01-01, claimed_on: 2026-02-01}, expect: {refusal: ''}}]",
    )
    found = coverage(whole, FILE, load_programme(whole, FILE))
    assert [one.examples for one in found if one.kind == "retro"] == [1]
