"""Conditions: each word holds for what it says, and never for what isn't told."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from loyalty_core.outcomes import Reason
from loyalty_core.programme import Standing
from tests.core.rule_texts import earned, problems, programme

ZONES = (
    "{europe: {countries: [DE, FR], places: [SVO], except: [CDG]}, wide: {zones: [europe], places: [JFK]}}"
)


def holds(condition: str, standing: Standing | None = None, word: str = "when", **facts: Any) -> bool:
    rules = programme(charts=f"[{{name: one, {word}: {condition}, rows: [{{percent: 100}}]}}]", zones=ZONES)
    return earned(rules, standing, **facts).reason is Reason.NONE


@pytest.mark.parametrize(
    ("condition", "facts", "expected"),
    [
        ("{carriers: [QQ]}", {}, True),
        ("{carriers: [ZZ]}", {}, False),
        ("{operating: [ZZ, QQ]}", {}, True),
        ("{marketing: [ZZ]}", {}, False),
        ("{marketing: [ZZ]}", {"marketing_carrier": "ZZ"}, True),
        ("{classes: [Y]}", {}, True),
        ("{classes: [Y]}", {"class_is_cabin": True}, False),
        ("{cabins: [Y]}", {"class_is_cabin": True}, True),
        ("{cabins: [Y]}", {}, False),
        ("{classes: [Y], cabins: [C]}", {}, True),
        ("{classes: [Y], cabins: [C]}", {"class_is_cabin": True, "booking_class": "C"}, True),
        ("{classes: [Y], cabins: [C]}", {"booking_class": "C"}, False),
        ("{brands: [LIGHT]}", {"brand": "LIGHT"}, True),
        ("{brands: [LIGHT]}", {}, False),
        ("{fare_basis: {prefix: [YA, YB]}}", {"fare_basis": "YBOW"}, True),
        ("{fare_basis: {prefix: [YA], suffix: [OW]}}", {"fare_basis": "YBOW"}, False),
        ("{fare_basis: {suffix: [OW]}}", {"fare_basis": "YBOW"}, True),
        ("{fare_basis: {contains: [LT]}}", {"fare_basis": "YLTW"}, True),
        ("{fare_basis: {letters: {2: [A, B]}}}", {"fare_basis": "YBOW"}, True),
        ("{fare_basis: {letters: {2: [A, B], 4: [X]}}}", {"fare_basis": "YBOW"}, False),
        ("{fare_basis: {letters: {5: [A]}}}", {"fare_basis": "YBOW"}, False),
        ("{fare_basis: {prefix: [Y]}}", {}, False),
        ("{ticket_stock: [220, '014']}", {"ticket": "0141234567890"}, True),
        ("{ticket_stock: [220]}", {}, False),
        ("{roles: [FQTU]}", {"role": "FQTU"}, True),
        ("{passenger_types: [INF]}", {"passenger_type": "INF"}, True),
        ("{passenger_types: [INF]}", {}, False),
        ("{flights: [QQ 8000-8999]}", {"operating_number": "8451"}, True),
        ("{flights: [QQ 8000-8999]}", {"operating_number": "8451D"}, True),
        ("{flights: [QQ 8000-8999]}", {"operating_number": "9000"}, False),
        ("{flights: [ZZ 12]}", {"marketing_carrier": "ZZ", "marketing_number": "12"}, True),
        ("{flights: [ZZ 12]}", {"operating_number": "12"}, False),
        ("{flights: [QQ 12]}", {}, False),
        ("{between: [DME, AER]}", {}, True),
        ("{between: [AER, DME]}", {}, True),
        ("{between: [AER, [LED, DME]]}", {}, True),
        ("{between: [AER, LED]}", {}, False),
        ("{between: [RU, RU]}", {}, True),
        ("{between: [europe, RU]}", {"board_point": "FRA"}, True),
        ("{between: [europe, RU]}", {"board_point": "CDG"}, False),
        ("{between: [wide, RU]}", {"board_point": "JFK"}, True),
        ("{between: [MOW, AER]}", {}, True),
        ("{from: DME}", {}, True),
        ("{from: [AER]}", {}, False),
        ("{to: AER}", {}, True),
        ("{within_zone: [europe, wide]}", {"board_point": "FRA", "off_point": "MUC"}, True),
        ("{within_zone: [europe, wide]}", {"board_point": "FRA", "off_point": "JFK"}, True),
        ("{within_zone: [europe]}", {"board_point": "FRA", "off_point": "JFK"}, False),
        ("{domestic: true}", {}, True),
        ("{domestic: false}", {}, False),
        ("{domestic: false}", {"off_point": "FRA"}, True),
        ("{domestic: false}", {"off_point": "QQQ"}, False),
        ("{domestic: true}", {"off_point": "QQQ"}, False),
        ("{miles: {from: 1000, below: 1001}}", {}, True),
        ("{miles: {below: 1000}}", {}, False),
        ("{miles: {below: 1000}}", {"off_point": "QQQ"}, False),
        ("{dates: {from: 2026-01-05, until: 2026-01-05}}", {}, True),
        ("{dates: {from: 2026-01-06}}", {}, False),
        ("{booked: {until: 2025-12-31}}", {"booked_on": date(2025, 12, 31)}, True),
        ("{booked: {until: 2025-12-31}}", {}, False),
        ("{ticketed: {from: 2025-12-31}}", {"ticketed_on": date(2025, 12, 31)}, True),
        ("{ticketed: {from: 2025-12-31}}", {}, False),
        ("{weekdays: [mon]}", {}, True),
        ("{weekdays: [tue, sun]}", {}, False),
        ("{channels: [web]}", {"channel": "web"}, True),
        ("{channels: [web]}", {}, False),
        ("{classes: [Y], roles: [FQTU]}", {}, False),
    ],
)
def test_words_about_a_flight(condition: str, facts: dict[str, Any], expected: bool) -> None:
    assert holds(condition, **facts) is expected


@pytest.mark.parametrize(
    ("condition", "standing", "expected"),
    [
        ("{tiers: [SILVER, GOLD]}", Standing("GOLD"), True),
        ("{tiers: [SILVER]}", Standing("GOLD"), False),
        ("{tiers: [BASIC]}", Standing("OPAL"), True),
        ("{tiers: [BASIC]}", Standing(), True),
        ("{residence: [FR]}", Standing(residence="FR"), True),
        ("{residence: [FR]}", Standing(), False),
        ("{age: {from: 2, below: 12}}", Standing(born=date(2014, 1, 6)), True),
        ("{age: {from: 2, below: 12}}", Standing(born=date(2014, 1, 5)), False),
        ("{age: {below: 12}}", Standing(), False),
        ("{groups: [crew, vip]}", Standing(groups=frozenset({"vip"})), True),
        ("{groups: [crew]}", Standing(), False),
    ],
)
def test_words_about_a_member(condition: str, standing: Standing, expected: bool) -> None:
    assert holds(condition, standing) is expected


def test_unless_wants_that_not_all_of_it_holds() -> None:
    assert holds("{classes: [Y], roles: [FQTU]}", word="unless")
    assert not holds("{classes: [Y], roles: [FQTV]}", word="unless")


@pytest.mark.parametrize(
    ("condition", "what"),
    [
        ("{clases: [Y]}", 'did you mean "classes"'),
        ("{classes: []}", "should not be empty"),
        ("{classes: Y}", "should be a list"),
        ("{tiers: [SILVR]}", 'did you mean "SILVER"'),
        ("{fares: [FLEX]}", 'no fare "FLEX"'),
        ("{between: [DME, europ]}", 'did you mean "europe"'),
        ("{within_zone: [europ]}", 'did you mean "europe"'),
        ("{between: [DME, QQQ]}", '"QQQ" is no known airport'),
        ("{between: [DME, XX]}", '"XX" is no known country'),
        ("{between: [DME]}", "at least 2"),
        ("{residence: [XX]}", '"XX" is no country'),
        ("{miles: {from: 5, below: 5}}", "nothing lies in this range"),
        ("{miles: {}}", "nothing lies in this range"),
        ("{dates: {from: 2026-02-01, until: 2026-01-01}}", "no day lies in this range"),
        ("{dates: {from: 2026-02-30}}", "should be a date"),
        ("{flights: [QQ 9-8]}", "9 is above 8"),
        ("{flights: [QQ9]}", "pattern"),
        ("{weekdays: [monday]}", 'did you mean "mon"'),
        ("{fare_basis: {}}", "says nothing"),
        ("{fare_basis: {letters: {0: [A]}}}", "1"),
        ("{domestic: yes}", "true or false"),
    ],
)
def test_mistakes(condition: str, what: str) -> None:
    chart = f"[{{name: one, when: {condition}, rows: [{{percent: 100}}]}}]"
    (problem,) = problems(charts=chart, zones=ZONES)
    assert what in problem.text
    assert (problem.file, problem.line) == ("frame.yaml", 7)
    assert problem.column > chart.index("when")


def test_an_unless_that_says_nothing_is_told() -> None:
    (problem,) = problems(charts="[{name: one, unless: {}, rows: [{percent: 100}]}]")
    assert problem.text == "says nothing"


@pytest.mark.parametrize(
    ("zones", "what"),
    [
        ("{a: {zones: [b]}, b: {zones: [a]}}", "leads back here"),
        ("{a: {}}", "needs countries, places or zones"),
        ("{a: {zones: [bb]}, b: {places: [DME]}}", 'no zone "bb"'),
        ("{a: {countries: [XX]}}", "no known country"),
        ("{a: {places: [QQQ]}}", "no known airport"),
    ],
)
def test_mistakes_of_zones(zones: str, what: str) -> None:
    assert any(what in problem.text for problem in problems(zones=zones))


def test_derivation() -> None:
    rules = programme(
        operators="[{when: {operating: [WK], marketing: [LX]}, as: LX}]",
        stocks="{220: LH, '22': ZZ}",
        agreements="[{when: {operating: [UT]}, chart_of: marketing},"
        " {when: {operating: [TT]}, chart_of: ticketing}]",
        booking_class="[{when: {classes: [R], carriers: [LX]}, letter: fare_basis},"
        " {when: {classes: [S]}, letter: Y}]",
        fares="[{fare: BASIC, when: {classes: [O], fare_basis: {suffix: [BA]}}}]",
        charts="[{name: lx, when: {carriers: [LX], operating: [LX]}, rows: [{fares: [BASIC], percent: 10},"
        " {classes: [O], percent: 20}]},"
        " {name: lh, when: {carriers: [LH]}, rows: [{percent: 30}]},"
        " {name: zz, when: {carriers: [ZZ]}, rows: [{classes: [Y], percent: 40}]},"
        " {name: tt, when: {carriers: [TT]}, rows: [{percent: 50}]}]",
    )
    swiss = {"operating_carrier": "WK", "marketing_carrier": "LX", "booking_class": "R"}
    assert earned(rules, **swiss, fare_basis="OXXBA").award == 100
    assert earned(rules, **swiss, fare_basis="OXX").award == 200
    ticketed = {"operating_carrier": "TT", "marketing_carrier": "UT"}
    assert earned(rules, **ticketed, ticket="2201234567890").award == 300
    assert earned(rules, **ticketed, ticket="2291234567890").award == 400
    unknown = earned(rules, **ticketed, ticket="9991234567890")
    assert unknown.award == 500
    assert any("is not known: the chart of TT" in step.text for step in unknown.trace)
    assert earned(rules, operating_carrier="UT", marketing_carrier="ZZ", booking_class="S").award == 400
    texts = [step.text for step in earned(rules, **swiss, fare_basis="OXXBA").trace]
    assert texts[:3] == ["WK counts as LX", "R earns as O: first letter of the fare basis", "BASIC"]


@pytest.mark.parametrize(
    ("section", "value"),
    [
        ("operators", "[{when: {carriers: [QQ]}, as: ZZ}]"),
        ("agreements", "[{when: {carriers: [QQ]}, chart_of: marketing}]"),
        ("booking_class", "[{when: {fares: [X]}, letter: Y}]"),
        ("fares", "[{fare: X, when: {fares: [X]}}]"),
    ],
)
def test_what_is_not_known_yet_is_told(section: str, value: str) -> None:
    (problem,) = problems(**{section: value})
    assert "is not known yet at this point" in problem.text


def test_what_does_not_earn_says_why_and_in_which_field() -> None:
    rules = programme(
        not_earning="[{when: {brands: [AWARD]}, unless: {roles: [FQTU]}, why: an award},"
        " {when: {passenger_types: [INF]}, why: an infant}]"
    )
    refused = earned(rules, brand="AWARD")
    assert (refused.reason, refused.field, refused.trace[-1].text) == (
        Reason.NOT_EARNING,
        "brand",
        "an award",
    )
    assert earned(rules, brand="AWARD", role="FQTU").award == 1000
    assert earned(rules, passenger_type="INF").field == "passenger_type"
    assert earned(rules, price=Decimal(1)).award == 1000
