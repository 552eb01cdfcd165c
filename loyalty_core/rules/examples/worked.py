"""Worked examples: what a programme's owner says must come out, and whether it does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ...located_yaml import suggestion
from ..conditions import Path
from ..facts import Facts, Standing
from ..shapes.words import decimal_of
from ..tiers.spells import Flown
from .checking import DAY

if TYPE_CHECKING:
    from ..shapes.programme import ExampleShape
    from ..sources import Reader

REASONS = ("", "airport_unknown", "class_unknown", "not_earning", "price_unknown")
NOBODY = Standing()
REFUSALS = ("", "too_late", "too_early", "before_enrolment")
"""Of claims."""
KINDS = ("given", "standing", "earned_on", "event", "migrated", "converted", "claim", "history")
"""What an example can be about, one of them."""
_BESIDE = {"last_activity": ("earned_on",), "member": ("earned_on", "event")}


@dataclass(frozen=True, slots=True)
class Example:
    """``facts`` with ``standing``: a coupon; ``counters``: a member's counters, by ``on``; ``earned_on``: a day on
    which miles were earned. ``happened`` with ``facts``: an event and its minutes; ``migrated``: balances on a day;
    ``converted``: amounts made into another unit; ``flown``: what counters grew by over time, looked at ``on`` a day;
    ``claim``: when it was flown, when claimed, when the member enrolled. ``expect``: word → value; for percent and rate
    unit → value."""

    name: str
    expect: Mapping[str, Any]
    rule: str
    facts: Facts | None = None
    standing: Standing = NOBODY
    counters: Mapping[str, int] | None = None
    on: date | None = None
    earned_on: date | None = None
    last_activity: date | None = None
    happened: tuple[str, int] | None = None
    migrated: Mapping[str, int] | None = None
    converted: Mapping[str, int] | None = None
    claim: tuple[date, date, date | None] | None = None
    flown: Flown | None = None


def compile_examples(
    models: Sequence["ExampleShape"],
    path: Path,
    reader: "Reader",
    units: Mapping[str, str],
    tiers: Sequence[str],
    events: Sequence[str] = (),
) -> tuple[Example, ...]:
    """``events``: what can happen by this definition."""
    return tuple(
        example
        for number, model in enumerate(models)
        if (example := _Maker(model, (*path, number), reader, units, tiers, events).make()) is not None
    )


class _Maker:
    def __init__(
        self,
        model: "ExampleShape",
        path: Path,
        reader: "Reader",
        units: Mapping[str, str],
        tiers: Sequence[str],
        events: Sequence[str],
    ) -> None:
        self._model, self._path, self._units, self._tiers = model, path, units, tiers
        self._reader, self._events = reader, events

    def _complain(self, code: str, text: str, *path: str | int) -> None:
        self._reader.complain(code, text, *self._path, *path)

    def make(self) -> Example | None:
        model = self._model
        kinds = [word for word in KINDS if getattr(model, word) is not None]
        if len(kinds) != 1:
            self._complain("bad_value", f"exactly one of {', '.join(KINDS)} belongs here")
            return None
        for word, kind in _BESIDE.items():
            if getattr(model, word) is not None and kinds[0] not in kind:
                self._complain("bad_value", f'"{word}" means nothing for {kinds[0]}', word)
        if not model.expect:
            self._complain("missing", "an example that expects nothing proves nothing", "expect")
        rule = self._reader.rule(*self._path)
        if kinds[0] == "given":
            facts, standing = self._given()
            expect = self._expected_of_coupon()
            return Example(model.name, expect, rule, facts, standing)
        make: Mapping[str, Callable[[str], Example]] = {
            "standing": self._of_counters,
            "earned_on": self._of_day,
            "event": self._of_event,
            "migrated": self._of_migration,
            "converted": self._of_conversion,
            "claim": self._of_claim,
            "history": self._of_history,
        }
        return make[kinds[0]](rule)

    def _of_day(self, rule: str) -> Example:
        model = self._model
        assert model.earned_on is not None
        self._only_expected("expires_on")
        expires: date | None = None
        if (told := model.expect.get("expires_on")) not in (None, "never"):
            expires = self._day(told, "expect", "expires_on")
        return Example(
            model.name,
            {"expires_on": expires},
            rule,
            standing=self._member(model.earned_on),
            earned_on=model.earned_on,
            last_activity=model.last_activity,
        )

    def _of_event(self, rule: str) -> Example:
        model = self._model
        event = model.event
        assert event is not None
        carrier = event.operating or ""
        if event.kind not in self._events:
            near = suggestion(event.kind, self._events, offer=True)
            text = f'nothing is given for "{event.kind}"{near}'
            self._complain("unknown_value", text, "event", "kind")
        # A day and a place of what happened, in the shape in which conditions ask.
        facts = Facts(
            carrier, carrier, "", False, event.from_, event.to, event.on, role="", channel=event.channel
        )
        happened = (event.kind, event.minutes)
        return Example(
            model.name, self._expected_units(), rule, facts, self._member(event.on), happened=happened
        )

    def _of_migration(self, rule: str) -> Example:
        """Balances by unit, and ``on``."""
        balance = dict(self._model.migrated or {})
        on = self._day(balance.pop("on", ""), "migrated", "on")
        for unit, amount in balance.items():
            self._check_unit(unit, amount, "migrated")
        return Example(self._model.name, self._expected_units(), rule, on=on, migrated=balance)

    def _of_conversion(self, rule: str) -> Example:
        """Amounts by unit, and ``on``."""
        amounts = dict(self._model.converted or {})
        on = self._day(amounts.pop("on", ""), "converted", "on")
        for unit, amount in amounts.items():
            self._check_unit(unit, amount, "converted")
        return Example(self._model.name, self._expected_units(), rule, on=on, converted=amounts)

    def _of_history(self, rule: str) -> Example:
        """Day → counters, and ``on``, ``enrolled_on``, ``residence``."""
        days: dict[date, Mapping[str, int]] = {}
        words: dict[str, Any] = {"on": None, "enrolled_on": None, "residence": ""}
        for word, value in (self._model.history or {}).items():
            if word == "residence":
                words[word] = str(value)
            elif word in words:
                words[word] = self._day(value, "history", word)
            elif (day := self._day(word, "history", word)) is not None:
                counters = value if isinstance(value, dict) else {}
                if not counters:
                    self._complain("wrong_type", "should be counters by unit", "history", word)
                for unit, amount in counters.items():
                    self._check_unit(unit, amount, "history", word)
                days[day] = counters
        if words["on"] is None:
            self._complain("missing", '"on" is missing here', "history")
        expect: dict[str, Any] = {}
        for word, value in self._model.expect.items():
            if word == "until":
                expect[word] = None if value == "never" else self._day(value, "expect", word)
            elif word == "tier":
                self._check_tier(str(value), "expect", word)
                expect[word] = value
            else:
                self._complain("unknown_key", f'"{word}" can\'t come of it, only tier, until', "expect", word)
        flown = Flown(sorted(days.items()), (), words["residence"], words["enrolled_on"])
        return Example(self._model.name, expect, rule, on=words["on"], flown=flown)

    def _of_claim(self, rule: str) -> Example:
        claim = self._model.claim
        assert claim is not None
        self._only_expected("refusal")
        refusal = self._model.expect.get("refusal", "")
        if refusal not in REFUSALS:
            near = suggestion(str(refusal), REFUSALS[1:], offer=True)
            self._complain("unknown_value", f'no refusal "{refusal}"{near}', "expect", "refusal")
        days = (claim.flown_on, claim.claimed_on, claim.enrolled_on)
        return Example(self._model.name, {"refusal": refusal}, rule, claim=days)

    def _member(self, day: date) -> Standing:
        member = self._model.member
        if member is None:
            return Standing()
        self._check_tier(member.tier, "member", "tier")
        if member.born is not None and member.age is not None:
            self._complain("bad_value", "either age or born belongs here", "member", "born")
        born = member.born or _born(member.age, day)
        return Standing(member.tier, member.residence or "", born, frozenset(member.groups))

    def _only_expected(self, word: str) -> None:
        for other in self._model.expect:
            if other != word:
                self._complain("unknown_key", f'"{other}" can\'t come of it, only {word}', "expect", other)

    def _expected_units(self) -> Mapping[str, int]:
        for unit, amount in self._model.expect.items():
            self._check_unit(unit, amount, "expect")
        return dict(self._model.expect)

    def _check_unit(self, unit: str, amount: object, *path: str) -> None:
        if unit not in self._units:
            near = suggestion(unit, self._units, offer=True)
            self._complain("unknown_value", f'no unit "{unit}"{near}', *path, unit)
        elif isinstance(amount, bool) or not isinstance(amount, int):
            self._complain("wrong_type", "should be a whole number", *path, unit)

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
        self._only_expected("tier")
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
            percent=given.percent,
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
