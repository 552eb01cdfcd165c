"""Reads a programme definition: YAML with places, checked shape, checked sense, compiled form.

Every rule of the result knows its line, so that each step of a calculation can name it. All problems of a
file are reported together.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath

from pydantic import ValidationError

from . import located_yaml
from .crediting import Credit, Crediting, Settling
from .distance import is_known
from .errors import InputError
from .problems import Problem
from .programme import Example, Programme
from .programme_model import (
    ChartModel,
    CodeshareModel,
    DistancesModel,
    ExampleModel,
    ExpiryModel,
    MembersModel,
    PolicyModel,
    ProgrammeModel,
    ReachedModel,
    RowModel,
    TierModel,
    WhenModel,
)
from .programme_rules import (
    Bonus,
    Chart,
    ClassRow,
    Condition,
    Exclusion,
    Expiry,
    Facts,
    MemberRules,
    Minimum,
    Operations,
    PendingTimeout,
    Tier,
    Window,
)


def load(text: str, file: str) -> Programme:
    """The compiled programme of a definition; InputError with every problem at file:line:column."""
    located = located_yaml.load(text, file)
    try:
        model = ProgrammeModel.model_validate(located.value)
    except ValidationError as error:
        schema = ProgrammeModel.model_json_schema()
        raise InputError(located_yaml.problems_of(error.errors(), located, schema)) from None
    return _Compiler(located, file).compile(model, hashlib.sha256(text.encode()).hexdigest())


class _Compiler:
    """Turns the checked shape into the compiled form and collects what makes no sense on the way."""

    def __init__(self, located: located_yaml.Located, file: str) -> None:
        self._located = located
        self._name = PurePath(file).name
        self._problems: list[Problem] = []

    def compile(self, model: ProgrammeModel, digest: str) -> Programme:
        accrual = model.accrual
        minimum = accrual.minimum
        programme = Programme(
            name=model.programme,
            title=model.title,
            carriers=tuple(model.carriers),
            digest=digest,
            tiers=self._tiers(model.tiers),
            charts=self._charts(model.charts),
            exclusions=tuple(
                Exclusion(_condition(one.when), one.why, self._rule("not_earning", number))
                for number, one in enumerate(model.not_earning)
                if self._says_something(one.when, number)
            ),
            minimum=Minimum(minimum.miles, minimum.stage, self._rule("accrual", "minimum"))
            if minimum
            else None,
            bonus=Bonus(
                accrual.bonus.base,
                accrual.bonus.rounding,
                accrual.bonus.qualifying,
                self._rule("accrual", "bonus"),
            ),
            rounding=accrual.rounding,
            rounding_rule=self._rule("accrual", "rounding"),
            distance_name=model.distances.name,
            distance_table=self._distance_table(model.distances),
            cities=self._cities(model.distances),
            great_circle=model.distances.otherwise == "great_circle",
            distance_rule=self._rule("distances", "otherwise"),
            expiry=self._expiry(model.expiry),
            crediting=self._crediting(model.policy),
            window=Window(model.window.future_days, model.window.past_days),
            operations=Operations(**model.operations.model_dump()),
            pending_timeout=PendingTimeout(**model.pending_timeout.model_dump())
            if model.pending_timeout
            else None,
            codeshares=self._codeshares(model.codeshares),
            members=self._members(model.members),
            examples=self._examples(model.examples, {tier.name for tier in model.tiers}),
        )
        if self._problems:
            raise InputError(sorted(self._problems, key=lambda problem: (problem.line, problem.column)))
        return programme

    def _rule(self, *path: str | int) -> str:
        # With a key the rule begins at the key, not at a value that may stand lines below it.
        line, _ = self._located.place(path, key=True)
        return f"{self._name}:{line}"

    def _complain(self, code: str, text: str, *path: str | int) -> None:
        self._problems.append(self._located.problem(code, text, path))

    def _says_something(self, when: WhenModel, number: int) -> bool:
        if when.model_fields_set and any(getattr(when, name) for name in when.model_fields_set):
            return True
        self._complain(
            "bad_value", "without a condition nothing would ever earn", "not_earning", number, "when"
        )
        return False

    def _tiers(self, models: Sequence[TierModel]) -> tuple[Tier, ...]:
        tiers: list[Tier] = []
        for rank, model in enumerate(models):
            place = ("tiers", rank)
            if any(tier.name == model.name for tier in tiers):
                self._complain("bad_value", f'tier "{model.name}" stands here twice', *place, "name")
            if rank == 0 and model.reached is not None:
                self._complain("bad_value", "the base tier needs no condition", *place, "reached")
            reached: Callable[[int, int], bool] = _always
            if rank > 0:
                if model.reached is None:
                    self._complain("missing", f'tier "{model.name}" does not say how it is reached', *place)
                else:
                    reached = self._reached(model.reached, (*place, "reached"))
            tiers.append(Tier(model.name, _exact(model.bonus_percent), reached, self._rule(*place)))
        return tuple(tiers)

    def _reached(self, model: ReachedModel, path: tuple[str | int, ...]) -> Callable[[int, int], bool]:
        given = [name for name in ReachedModel.model_fields if getattr(model, name) is not None]
        if len(given) != 1:
            self._complain(
                "bad_value", "exactly one of any_of, all_of, qualifying, segments belongs here", *path
            )
            return _always
        if (qualifying_min := model.qualifying) is not None:
            return lambda qualifying, segments: qualifying >= qualifying_min
        if (segments_min := model.segments) is not None:
            return lambda qualifying, segments: segments >= segments_min
        word = given[0]
        parts = [
            self._reached(part, (*path, word, number))
            for number, part in enumerate(model.any_of or model.all_of or ())
        ]
        if not parts:
            self._complain("bad_value", "at least one condition belongs here", *path, word)
        decide = any if word == "any_of" else all
        return lambda qualifying, segments: decide(part(qualifying, segments) for part in parts)

    def _charts(self, models: Sequence[ChartModel]) -> tuple[Chart, ...]:
        charts: list[Chart] = []
        open_chart = ""
        for number, model in enumerate(models):
            place = ("charts", number)
            if open_chart:
                text = f'never used: chart "{open_chart}" before it takes every flight'
                self._complain("bad_value", text, *place)
            when = _condition(model.when)
            if when == Condition():
                open_chart = open_chart or model.name
            if not model.classes and not model.cabins:
                self._complain("missing", "a chart needs rows: classes or cabins", *place)
            charts.append(
                Chart(
                    model.name,
                    when,
                    self._rows(model.classes, (*place, "classes")),
                    self._rows(model.cabins, (*place, "cabins")),
                    model.counts_for_tier,
                    self._rule(*place),
                )
            )
        return tuple(charts)

    def _rows(self, models: Sequence[RowModel], path: tuple[str | int, ...]) -> Mapping[str, ClassRow]:
        rows: dict[str, ClassRow] = {}
        for number, model in enumerate(models):
            row = ClassRow(_exact(model.percent), model.segments, self._rule(*path, number))
            for position, letter in enumerate(model.letters):
                if letter in rows:
                    text = f'"{letter}" has a row already, at {rows[letter].rule}'
                    self._complain("bad_value", text, *path, number, "letters", position)
                rows[letter] = row
        return rows

    def _distance_table(self, model: DistancesModel) -> Mapping[tuple[str, str], tuple[int, str]]:
        table: dict[tuple[str, str], tuple[int, str]] = {}
        for pair, miles in model.pairs.items():
            first, second = sorted(pair.split("-"))
            rule = self._rule("distances", "pairs", pair)
            if first == second:
                self._complain("bad_value", "a distance needs two places", "distances", "pairs", pair)
            elif (first, second) in table:
                text = f"this pair has a row already, at {table[first, second][1]}"
                self._complain("bad_value", text, "distances", "pairs", pair)
            table[first, second] = (miles, rule)
        return table

    def _cities(self, model: DistancesModel) -> Mapping[str, str]:
        for city, airport in model.cities.items():
            if not is_known(airport):
                self._complain(
                    "unknown_value", f'"{airport}" is no known airport', "distances", "cities", city
                )
        return dict(model.cities)

    def _members(self, model: MembersModel) -> MemberRules:
        words = model.model_dump(exclude={"company_percent"})
        rule = self._rule("members", "company_percent") if model.company_percent else ""
        return MemberRules(**words, company_percent=_exact(model.company_percent), rule=rule)

    def _expiry(self, model: ExpiryModel) -> Expiry:
        wanted = {"never": None, "months": "months", "end_of_year": "years"}[model.model]
        for word in ("months", "years"):
            given = getattr(model, word) is not None
            if given and word != wanted:
                self._complain("bad_value", f'"{word}" means nothing for {model.model}', "expiry", word)
            if word == wanted and not given:
                self._complain("missing", f'"{word}" is missing here', "expiry")
        return Expiry(model.model, (getattr(model, wanted) or 0) if wanted else 0)

    def _codeshares(self, models: Sequence[CodeshareModel]) -> Mapping[str, str]:
        table: dict[str, str] = {}
        operating = {one.operating for one in models}
        for number, one in enumerate(models):
            place = ("codeshares", number, "marketing")
            if one.marketing in operating:
                text = f'"{one.marketing}" is an operating flight of this table'
                self._complain("bad_value", text, *place)
            marketing = one.marketing.replace(" ", "/")
            if marketing in table:
                self._complain("bad_value", f'"{one.marketing}" has a row already', *place)
            table[marketing] = one.operating.replace(" ", "/")
        return table

    def _crediting(self, model: PolicyModel) -> Crediting:
        table: dict[str, Credit] = model.model_dump(exclude={"posted_when"})
        settlings = []
        for number, one in enumerate(model.posted_when):
            place = ("policy", "posted_when", number)
            if not (one.stations or one.pfs_received or one.after_hours is not None):
                text = f'without stations, pfs_received or after_hours write "{one.state}: posted" above'
                self._complain("bad_value", text, *place)
            if table.get(one.state) == "posted":
                self._complain("bad_value", f'never used: "{one.state}" is posted anyway', *place, "state")
            if one.state == "booked" and not one.stations:
                text = "a booking is no flight: only stations whose lists never come may be credited by it"
                self._complain("bad_value", text, *place, "state")
            for position, station in enumerate(one.stations):
                if not is_known(station):
                    text = f'"{station}" is no known airport'
                    self._complain("unknown_value", text, *place, "stations", position)
            stations = frozenset(one.stations)
            hours, pfs = one.after_hours, bool(one.pfs_received)
            settlings.append(Settling(one.state, stations, pfs, hours, self._rule(*place)))
        return Crediting(table, tuple(settlings))

    def _examples(self, models: Sequence[ExampleModel], tiers: set[str]) -> tuple[Example, ...]:
        examples = []
        for number, model in enumerate(models):
            place = ("examples", number)
            given = model.given
            if bool(given.booking_class) == bool(given.cabin):
                self._complain("bad_value", "either booking_class or cabin belongs here", *place, "given")
            if given.tier and given.tier not in tiers:
                near = located_yaml.suggestion(given.tier, tiers, offer=True)
                self._complain("unknown_value", f'no tier "{given.tier}"{near}', *place, "given", "tier")
            try:
                flown_on = date.fromisoformat(given.flown_on)
            except ValueError:
                self._complain("bad_value", f'"{given.flown_on}" is no date', *place, "given", "flown_on")
                continue
            facts = Facts(
                operating_carrier=given.operating,
                marketing_carrier=given.marketing or given.operating,
                booking_class=given.booking_class or given.cabin,
                class_is_cabin=bool(given.cabin),
                board_point=given.board_point,
                off_point=given.off_point,
                flown_on=flown_on,
                fare_basis=given.fare_basis,
                ticket=given.ticket,
                role=given.role,
            )
            # A reason not named is expected to be none: an example that earns by accident isn't one.
            expect = {"reason": "", **model.expect.model_dump(exclude_unset=True)}
            examples.append(Example(model.name, facts, given.tier, expect, self._rule(*place)))
        return tuple(examples)


def _condition(model: WhenModel) -> Condition:
    return Condition(
        operating=frozenset(model.operating),
        marketing=frozenset(model.marketing),
        classes=frozenset(model.classes),
        roles=frozenset(model.roles),
        fare_basis_prefix=tuple(model.fare_basis_prefix),
        fare_basis_contains=tuple(model.fare_basis_contains),
        ticket_prefix=tuple(model.ticket_prefix),
    )


def _exact(value: Decimal) -> Fraction:
    return Fraction(value)


def _always(qualifying: int, segments: int) -> bool:
    return True
