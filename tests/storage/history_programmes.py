"""Programmes for histories: each makes something of evidence that the plain one doesn't."""

import re

from tests.storage.airline import PROGRAMME

LATE = PROGRAMME.replace(
    b"  boarded: posted\n  flown: posted\n",
    b"""  boarded: pending
  flown: posted
  posted_when:
    - {state: boarded, pfs_received: true}
    - {state: boarded, after_hours: 72}
    - {state: listed, stations: [LED], after_hours: 24}
    - {state: booked, stations: [LED], after_hours: 24}
codeshares:
  - {marketing: ZZ 900, operating: UT 451}
""",
)
"""The same programme with a policy that waits and a table of code shares."""
assert LATE != PROGRAMME

RISING = re.sub(
    rb"tiers:\n.*?\n\n",
    b"""tiers:
  - name: BASIC
  - {name: SILVER, bonus_percent: 25, reached: {segments: 1}}
  - {name: GOLD, bonus_percent: 50, reached: {any_of: [{segments: 4}, {qualifying: 4000}]}}
  - {name: PLATINUM, bonus_percent: 100, reached: {segments: 7}}
qualification:
  period: {rolling_months: 1}
  valid: {months: 1}
  soft_landing: 1
  extension: {fulfilment: 25, unit: segments}

""",
    PROGRAMME[: PROGRAMME.index(b"examples:\n")],
    count=1,
    flags=re.DOTALL,
).replace(
    b"  segments:\n    - amount: 1\n",
    b"  segments:\n    - amount: 1\n    - bonus: {tiers: {GOLD: 100, PLATINUM: 200}, of: accrued, round: floor}\n",
)
"""The same programme with tiers that one flight reaches, that end with the month and land softly; what a tier adds
counts for tiers, so that the price of a flight changes those of the following ones."""
assert b"rolling_months" in RISING
assert b"{GOLD: 100" in RISING

LIVELY = (
    RISING.replace(
        b"expiry: {model: months, months: 24}\n",
        b"expiry:\n  - {model: never, when: {tiers: [GOLD]}}\n  - {model: never, when: {residence: [MC]}}\n"
        b"  - {model: inactivity, months: 1}\n",
    ).replace(
        b"reached: {segments: 1}}",
        b"reached: {segments: 1},\n     by_residence: [{residence: [FR], reached: {segments: 2}}]}",
    )
    + b"""
grants:
  - {name: welcome, on: enrolment, amounts: {award: 300}}
  - {name: first flight, on: first_flight, amounts: {award: 500, qualifying: 25000}}
  - {name: birthday, on: birthday, amounts: {award: 70}, unless: {tiers: [PLATINUM]}}
  - {name: press, on: first_flight, amounts: {qualifying: 4000}, when: {groups: [press]}}
promotions:
  - {name: double, when: {classes: [Y]}, adds: {award: {percent: 100, of: accrued, round: floor}}}
  - {name: guests, when: {groups: [vip]}, adds: {segments: 1, award: 10}}
  - {name: locals, when: {residence: [FR, MC]}, adds: {qualifying: 900}}
retro: {months: 1, before_enrolment_days: 10}
"""
)
"""The latter with miles that end within a month of silence, grants and promotions: what strokes of the clock decide
about, and decide about again when more is known, where a member lives among it; and a window for claims."""
assert LIVELY.count(b"inactivity") == 1
assert LIVELY.count(b"by_residence") == 1

SELLING = (
    RISING[: RISING.index(b"accrual:\n")].replace(
        b"not_earning:\n",
        b"""fares:
  - {fare: LOW, when: {brands: [LIGHT]}}
  - {fare: CHILD, when: {passenger_types: [CHD]}, priority: 1}
not_earning:
  - {when: {channels: [agency], brands: [LIGHT]}, why: sold cheaply}
""",
    )
    + b"""currencies: {EUR: 1}
accrual:
  award:
    - distance
    - percent
    - percent: {value: 10, when: {fares: [CHILD]}}
    - at_least: {amount: 500, unless: {fares: [LOW]}}
    - round: half_up
    - bonus: {tiers: true, of: lesser, round: floor}
  qualifying: [price: {of: total}, percent: {value: 300, when: {booked: {until: 2026-05-31}}}, round: floor]
  segments: [amount: 1]
versions:
  - from: 2026-07-01
    chosen_by: ticketing_date
    accrual: {qualifying: [price: {of: fare_and_surcharges}, percent: 1000, round: floor]}
"""
    + RISING[RISING.index(b"tiers:\n") :]
)
"""RISING by the sale: what each coupon report tells of it moves miles, and what counts for tiers comes of the price."""
assert b"fares:" in SELLING

OTHER = PROGRAMME.replace(b"programme: demo", b"programme: other").replace(
    "carriers: [UT, ЮТ]".encode(), b"carriers: [S7]"
)
"""The programme of a partner, whose cards are shown on our flights, too."""
assert OTHER.count(b"other") > PROGRAMME.count(b"other")
