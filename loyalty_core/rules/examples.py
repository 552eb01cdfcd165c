"""Worked examples: what a programme's owner says must come out, and whether it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..located_yaml import suggestion
from .conditions import Path
from .facts import Facts, Standing
from .model_words import decimal_of

if TYPE_CHECKING:
    from .model import ExampleShape
    from .sources import Reader

REASONS = ("", "airport_unknown", "class_unknown", "not_earning")
NOBODY = Standing()
DAY = date(2026, 1, 1)
"""The flight date of an example that names none."""


@dataclass(frozen=True, slots=True)
class Example:
    """``facts`` with ``standing``: a coupon; ``counters``: a member's counters, by ``on``; ``earned_on``: a day on
    which miles were earned. ``expect``: word → value; for percent and rate unit → value."""

    name: str
    expect: Mapping[str, Any]
    rule: str
    facts: Facts | None = None
    standing: Standing = NOBODY
    counters: Mapping[str, int] | None = None
    on: date | None = None
    earned_on: date | None = None
    last_activity: date | None = None


def compile_examples(
    models: Sequence["ExampleShape"],
    path: Path,
    reader: "Reader",
    units: Mapping[str, str],
    tiers: Sequence[str],
) -> tuple[Example, ...]:
    return tuple(
        example
        for number, model in enumerate(models)
        if (example := _Maker(model, (*path, number), reader, units, tiers).make()) is not None
    )


class _Maker:
    def __init__(
        self,
        model: "ExampleShape",
        path: Path,
        reader: "Reader",
        units: Mapping[str, str],
        tiers: Sequence[str],
    ) -> None:
        self._model, self._path, self._units, self._tiers = model, path, units, tiers
        self._reader = reader

    def _complain(self, code: str, text: str, *path: str | int) -> None:
        self._reader.complain(code, text, *self._path, *path)

    def make(self) -> Example | None:
        model = self._model
        kinds = [word for word in ("given", "standing", "earned_on") if getattr(model, word) is not None]
        if len(kinds) != 1:
            self._complain("bad_value", "exactly one of given, standing, earned_on belongs here")
            return None
        rule = self._reader.rule(*self._path)
        if kinds[0] == "given":
            facts, standing = self._given()
            expect = self._expected_of_coupon()
            return Example(model.name, expect, rule, facts, standing)
        if kinds[0] == "standing":
            return self._of_counters(rule)
        for word in model.expect:
            if word != "expires_on":
                self._complain("unknown_key", f'"{word}" can\'t come of it, only expires_on', "expect", word)
        member = model.member
        standing = Standing()
        if member is not None:
            self._check_tier(member.tier, "member", "tier")
            assert model.earned_on is not None
            born = _born(member.age, model.earned_on)
            standing = Standing(member.tier, member.residence or "", born, frozenset(member.groups))
        expires: date | None = None
        if (told := model.expect.get("expires_on")) not in (None, "never"):
            expires = self._day(told, "expect", "expires_on")
        return Example(
            model.name,
            {"expires_on": expires},
            rule,
            standing=standing,
            earned_on=model.earned_on,
            last_activity=model.last_activity,
        )

    def _of_counters(self, rule: str) -> Example:
        model = self._model
        counters: dict[str, int] = {}
        on, residence = None, ""
        for word, value in (model.standing or {}).items():
            if word == "on":
                on = self._day(value, "standing", "on")
            elif word == "residence":
                residence = str(value)
            elif word not in self._units or word == "award":
                known = [unit for unit in self._units if unit != "award"]
                near = suggestion(word, [*known, "on", "residence"], offer=True)
                self._complain("unknown_value", f'no counter "{word}"{near}', "standing", word)
            elif isinstance(value, bool) or not isinstance(value, int):
                self._complain("wrong_type", "should be a whole number", "standing", word)
            else:
                counters[word] = value
        for word in model.expect:
            if word != "tier":
                self._complain("unknown_key", f'"{word}" can\'t come of it, only tier', "expect", word)
        self._check_tier(str(model.expect.get("tier", "")), "expect", "tier")
        standing = Standing(residence=residence)
        return Example(model.name, dict(model.expect), rule, standing=standing, counters=counters, on=on)

    def _given(self) -> tuple[Facts, Standing]:
        given = self._model.given
        assert given is not None
        if given.class_ and given.cabin:
            self._complain("bad_value", "either class or cabin belongs here", "given")
        self._check_tier(given.tier, "given", "tier")
        for unit in given.earned_on_flight:
            if unit not in self._units:
                near = suggestion(unit, self._units, offer=True)
                self._complain("unknown_value", f'no unit "{unit}"{near}', "given", "earned_on_flight", unit)
        flown_on = given.flown_on or DAY
        facts = Facts(
            operating_carrier=given.operating,
            marketing_carrier=given.marketing or given.operating,
            booking_class=given.class_ or given.cabin,
            class_is_cabin=bool(given.cabin),
            board_point=given.from_,
            off_point=given.to,
            flown_on=flown_on,
            fare_basis=given.fare_basis,
            ticket=given.ticket,
            role=given.role,
            operating_number=self._number(given.flight, given.operating, "flight"),
            marketing_number=self._number(
                given.marketing_flight, given.marketing or given.operating, "marketing_flight"
            ),
            brand=given.brand,
            passenger_type=given.passenger_type,
            channel=given.channel,
            booked_on=given.booked_on,
            ticketed_on=given.ticketed_on,
            price=given.price,
            currency=given.currency or "",
            surcharges=given.surcharges,
            taxes=given.taxes,
            distance=given.distance,
        )
        standing = Standing(
            given.tier,
            given.residence or "",
            _born(given.age, flown_on),
            frozenset(given.groups),
            dict(given.earned_on_flight),
        )
        return facts, standing

    def _number(self, flight: str, carrier: str, word: str) -> str:
        """The number of a flight, which may be written with its airline."""
        airline, blank, number = flight.rpartition(" ")
        if blank and airline != carrier:
            self._complain("bad_value", f"this flight is not of {carrier}", "given", word)
        return number

    def _expected_of_coupon(self) -> Mapping[str, Any]:
        # A reason not named is expected to be none: an example that earns by accident isn't one.
        expect: dict[str, Any] = {"reason": ""}
        words = [*self._units, "reason", "distance", "percent", "rate", "trace"]
        for word, value in self._model.expect.items():
            at = ("expect", word)
            if word in ("percent", "rate"):
                expect[word] = self._by_unit(word, value)
            elif word == "reason":
                if value not in REASONS:
                    near = suggestion(value, REASONS[1:], offer=True)
                    self._complain("unknown_value", f'no reason "{value}"{near}', *at)
                expect[word] = value
            elif word == "trace":
                expect[word] = str(value)
            elif word not in words:
                near = suggestion(word, words, offer=True)
                self._complain("unknown_key", f'no unit "{word}"{near}', *at)
            elif isinstance(value, bool) or not isinstance(value, int):
                self._complain("wrong_type", "should be a whole number", *at)
            else:
                expect[word] = value
        return expect

    def _by_unit(self, word: str, value: Any) -> Mapping[str, Fraction]:
        several = value if isinstance(value, dict) else {"*": value}
        found = {}
        for unit, number in several.items():
            at = ("expect", word, unit)
            if unit != "*" and unit not in self._units:
                near = suggestion(unit, self._units, offer=True)
                self._complain("unknown_value", f'no unit "{unit}"{near}', *at)
            try:
                found[unit] = Fraction(decimal_of(number, "", 0, 10**9))
            except ValueError as error:
                self._complain("wrong_type", str(error), *at)
        return found

    def _check_tier(self, tier: str, *path: str) -> None:
        if tier and tier not in self._tiers:
            near = suggestion(tier, self._tiers, offer=True)
            self._complain("unknown_value", f'no tier "{tier}"{near}', *path)

    def _day(self, value: object, *path: str) -> date | None:
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self._complain("bad_value", f'"{value}" is no date', *path)
            return None


def _born(age: int | None, day: date) -> date | None:
    """A birth date that gives this age on a day."""
    return None if age is None else date(max(1, day.year - age), day.month, min(day.day, 28))
