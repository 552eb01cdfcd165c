"""Accrual: the steps of every unit, in their order, compiled from a definition; each must end in whole numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..located_yaml import suggestion
from . import steps
from .case import Case
from .conditions import Path, Test, Vocabulary, compile_condition
from .exact import Exact, exact, percent_of

if TYPE_CHECKING:
    from .charts import Row
    from .shapes.accrual import BaseShape, StepShape
    from .sources import Reader
    from .tiers.ladder import Tier

SOURCES = frozenset({"distance", "price", "amount", "source"})
BASES = ("accrued", "distance", "price", "lesser")


@dataclass(frozen=True, slots=True)
class Pipelines:
    """Unit → its steps, in the order of the definition; ``uses_distance``: a distance that isn't known is a reason to
    credit nothing."""

    units: tuple[tuple[str, tuple[steps.Step, ...]], ...]
    uses_distance: bool
    rules: Mapping[str, str]
    """Unit → the place of its first step."""

    def run(self, case: Case) -> dict[str, int]:
        """Whole amounts of the units, without zeros."""
        amounts = case.amounts
        for unit, each in self.units:
            n, d = 0, 1
            for step in each:
                n, d = step(case, n, d)
            if case.lacking:
                case.lacking, case.unpriced = False, case.unpriced | {unit}
                case.notes.append((unit, self.rules[unit], steps.unpriced, (unit,)))
            elif n:
                amounts[unit] = n // d
        return amounts


@dataclass(frozen=True, slots=True)
class Ground:
    """What a version's pipelines are made over."""

    reader: "Reader"
    words: Vocabulary
    units: Mapping[str, str]
    tiers: Sequence["Tier"]
    rows: Sequence["Row"]
    promoted: frozenset[str]
    """Units to which promotions add."""
    promotions_whole: frozenset[str]
    """Those of them to which whole numbers are added."""


def compile_pipelines(models: Mapping[str, tuple[Sequence["StepShape"], Path]], ground: Ground) -> Pipelines:
    """``models``: unit → its steps and their place."""
    units: list[tuple[str, tuple[steps.Step, ...]]] = []
    uses_distance = False
    kept: dict[str, bool] = {}
    for unit, (several, path) in models.items():
        if unit not in ground.units:
            near = suggestion(unit, ground.units, offer=True)
            ground.reader.complain("unknown_value", f'no unit "{unit}"{near}', *path)
        maker = Maker(ground, unit, [name for name, _ in units], kept)
        units.append((unit, maker.make(several, path)))
        uses_distance = uses_distance or maker.uses_distance
    rules = {unit: ground.reader.rule(*path, 0) for unit, (_several, path) in models.items()}
    return Pipelines(tuple(units), uses_distance, rules)


class Maker:
    """Makes the steps of one unit. ``kept``: the values kept so far, and whether they are whole."""

    def __init__(self, ground: Ground, unit: str, units_before: list[str], kept: dict[str, bool]) -> None:
        self.ground, self.reader, self.unit = ground, ground.reader, unit
        self.units_before, self.kept = units_before, kept
        self.uses_distance = False
        self.whole = True
        self.accrued_whole = True
        self.base_whole = True
        self.adds = False
        self.promoted = False

    def make(self, models: Sequence["StepShape"], path: Path) -> tuple[steps.Step, ...]:
        made: list[steps.Step] = []
        fraction_at: Path = path
        for number, model in enumerate(models):
            place = (*path, number)
            given = [word for word in type(model).model_fields if getattr(model, word) is not None]
            if len(given) != 1:
                self.reader.complain("bad_value", "exactly one step belongs here", *place)
                continue
            word = given[0]
            if (number == 0) != (word in SOURCES):
                text = (
                    "the first step says where the value comes from: distance, price, amount or a unit listed before"
                    if number == 0
                    else f'"{getattr(model, word) if word == "source" else word}" can only be the first step'
                )
                if word == "source" and number:
                    text += suggestion(model.source, [*type(model).model_fields], offer=False)
                self.reader.complain("bad_value", text, *place)
                continue
            before = self.whole
            step = getattr(self, f"_{word}")(getattr(model, word), (*place, word), self.reader.rule(*place))
            if before and not self.whole:
                fraction_at = place
            made.append(step)
        if not self.promoted and self.unit in self.ground.promoted:
            made.append(self._promotions(True, path, ""))
        if not self.whole:
            text = f'"{self.unit}" can end in a fraction from here on: a round step is missing'
            self.reader.complain("bad_value", text, *fraction_at)
        return tuple(made)

    def _test(self, model: Any, path: Path) -> Test | None:
        return compile_condition(model.when, model.unless, path, self.reader, self.ground.words).test()

    # --- sources

    def _distance(self, _model: Any, _path: Path, rule: str) -> steps.Step:
        self.uses_distance = True
        return steps.from_distance(self.unit, rule)

    def _price(self, model: Any, _path: Path, rule: str) -> steps.Step:
        self.whole = False
        return steps.from_price(self.unit, model.of, rule)

    def _amount(self, model: Any, _path: Path, rule: str) -> steps.Step:
        return steps.from_amount(self.unit, model.amount, rule)

    def _source(self, name: str, path: Path, rule: str) -> steps.Step:
        if name in self.units_before:
            return steps.from_unit(self.unit, name, rule)
        if name not in self.kept:
            known = [*self.units_before, *self.kept, "distance", "price", "amount"]
            text = f'no unit or kept value "{name}" stands before this{suggestion(name, known)}'
            self.reader.complain("unknown_value", text, *path)
        self.whole = self.kept.get(name, True)
        return steps.from_kept(self.unit, name, rule)

    # --- factors

    def _factor(self, word: str, model: Any, path: Path, rule: str) -> steps.Step:
        test = self._test(model, path)
        if model.value is None:
            if not self._rows_whole(word):
                self.whole = False
            if test is None:
                return steps.times_row(self.unit, word)
            return steps.times_row_when(self.unit, word, test)
        factor = percent_of(model.value) if word == "percent" else exact(model.value)
        if factor[1] != 1:
            self.whole = False
        return steps.times(word, factor, test, rule)

    def _rows_whole(self, word: str) -> bool:
        """Can no row make a fraction of a whole number? Nobody can say that of what is unknown."""
        if any(row.unknown and row.is_unknown(word, self.unit) for row in self.ground.rows):
            return False
        if word == "percent":
            return all(row.percent_for(self.unit)[1] == 1 for row in self.ground.rows)
        return all(row.rate_for(self.unit)[1] == 1 for row in self.ground.rows)

    def _percent(self, model: Any, path: Path, rule: str) -> steps.Step:
        return self._factor("percent", model, path, rule)

    def _rate(self, model: Any, path: Path, rule: str) -> steps.Step:
        return self._factor("rate", model, path, rule)

    # --- limits

    def _at_least(self, model: Any, path: Path, rule: str) -> steps.Step:
        test = self._test(model, path)
        if model.times is None:
            if model.round is not None:
                self.reader.complain("bad_value", 'is only for "times: percent"', *path, "round")
            return steps.at_least(model.amount, test, rule)
        if model.round is None and not self._rows_whole("percent"):
            self.whole = False
        return steps.at_least_percent(self.unit, model.amount, model.round, test, rule)

    def _at_most(self, model: Any, path: Path, rule: str) -> steps.Step:
        return steps.at_most(self.unit, model.amount, model.per == "flight", self._test(model, path), rule)

    def _round(self, model: Any, _path: Path, rule: str) -> steps.Step:
        self.whole = True
        return steps.rounded(model.mode, model.to, rule)

    # --- what is added

    def _bonus(self, model: Any, path: Path, rule: str) -> steps.Step:
        tiers = self.ground.tiers
        for name in model.tiers:
            if all(tier.name != name for tier in tiers):
                near = suggestion(name, [tier.name for tier in tiers], offer=True)
                self.reader.complain("unknown_value", f'no tier "{name}"{near}', *path, "tiers", name)
        own = {name: percent_of(percent) for name, percent in model.tiers.items()}
        percents = tuple(
            own.get(tier.name, (0, 1)) if own else percent_of(tier.bonus_percent) for tier in tiers
        )
        first, self.adds = not self.adds, True
        if first:
            self.accrued_whole = self.whole
        base, text, zero_stays = self.base(model.of, (*path, "of"))
        if model.round is None and not (self.base_whole and all(d == 1 for _, d in percents)):
            self.whole = False
        return steps.bonus(
            percents,
            tuple(tier.name for tier in tiers),
            base,
            text,
            model.round,
            model.at_most,
            self._test(model, path),
            tuple(rule if own else tier.rule for tier in tiers),
            first=first,
            zero_stays=zero_stays,
        )

    def base(self, model: "BaseShape", path: Path) -> tuple[steps.Base, str, bool]:
        """What a bonus is taken of, in words, and whether 0 stays 0; ``base_whole`` tells whether it is whole."""
        self.base_whole = True
        given = [word for word in type(model).model_fields if getattr(model, word) is not None]
        if len(given) != 1:
            text = "exactly one of distance_at_least, lesser_at_least, lesser belongs here"
            self.reader.complain("bad_value", text, *path)
            return _accrued, "", True
        if model.lesser is not None:
            several = [
                self._base(word, 0, (*path, "lesser", number)) for number, word in enumerate(model.lesser)
            ]
            text = f"the smaller of {' and '.join(model.lesser)},"
            return _smallest([base for base, _, _ in several]), text, False
        least = model.distance_at_least if model.distance_at_least is not None else model.lesser_at_least
        return self._base(model.word or given[0].removesuffix("_at_least"), least, path)

    def _base(self, word: str, least: int | None, path: Path) -> tuple[steps.Base, str, bool]:
        if word in ("distance", "lesser"):
            self.uses_distance = True
        if word in BASES:
            text = steps.BASE_TEXTS[word] + (f" of {least} at least," if least is not None else "")
            if word == "price" or (word in ("accrued", "lesser") and not self.accrued_whole):
                self.base_whole = False
            return _BASES[word](least or 0), text, True
        if word == self.unit:
            self.base_whole = self.base_whole and self.whole
            return _running, f"{word} so far,", True
        if word in self.units_before:
            return _of_unit(word), f"{word},", False
        if word not in self.kept:
            known = [*BASES, *self.units_before, *self.kept, self.unit]
            text = f'no unit or kept value "{word}" stands before this{suggestion(word, known)}'
            self.reader.complain("unknown_value", text, *path)
        self.base_whole = self.base_whole and self.kept.get(word, True)
        return _of_kept(word), f"{word},", False

    def _add(self, model: Any, path: Path, rule: str) -> steps.Step:
        return steps.add(model.amount, self._test(model, path), rule)

    def _only(self, model: Any, path: Path, rule: str) -> steps.Step:
        test = self._test(model, path)
        if test is None:
            self.reader.complain("missing", "when or unless is missing here", *path)
            return steps.keep("")
        return steps.only(test, rule)

    def _keep(self, name: str, path: Path, _rule: str) -> steps.Step:
        if name in self.kept or name in self.ground.units or name in BASES:
            self.reader.complain("bad_value", f'"{name}" has a meaning already', *path)
        self.kept[name] = self.whole
        return steps.keep(name)

    def _promotions(self, _model: Any, path: Path, _rule: str) -> steps.Step:
        if self.promoted:
            self.reader.complain("bad_value", "promotions are added once", *path)
        if self.unit in self.ground.promoted and self.unit not in self.ground.promotions_whole:
            self.whole = False
        first, self.adds, self.promoted = not self.adds, True, True
        return steps.promotions(self.unit, first=first)


# --- bases -----------------------------------------------------------------------------------------------------------


def _accrued(case: Case, _n: int, _d: int) -> Exact:
    return case.accrued


def _running(_case: Case, n: int, d: int) -> Exact:
    return n, d


def _of_unit(unit: str) -> steps.Base:
    def base(case: Case, _n: int, _d: int) -> Exact:
        case.lacking = case.lacking or unit in case.unpriced
        return case.amounts.get(unit, 0), 1

    return base


def _of_kept(name: str) -> steps.Base:
    def base(case: Case, _n: int, _d: int) -> Exact:
        case.lacking = case.lacking or name in case.unpriced
        return case.kept[name]

    return base


def _smallest(bases: Sequence[steps.Base]) -> steps.Base:
    def base(case: Case, n: int, d: int) -> Exact:
        return min((each(case, n, d) for each in bases), key=lambda value: Fraction(*value))

    return base


def _of_distance(least: int) -> steps.Base:
    return lambda case, n, d: (max(case.miles, least), 1)


def _of_lesser(least: int) -> steps.Base:
    def base(case: Case, _n: int, _d: int) -> Exact:
        miles = max(case.miles, least)
        n, d = case.accrued
        return (n, d) if n < miles * d else (miles, 1)

    return base


def _of_price(_least: int) -> steps.Base:
    def base(case: Case, _n: int, _d: int) -> Exact:
        found = case.version.currencies.price(case, "fare")
        case.lacking = case.lacking or found is None
        return found[0] if found else (0, 1)

    return base


_BASES = {
    "accrued": lambda _least: _accrued,
    "distance": _of_distance,
    "lesser": _of_lesser,
    "price": _of_price,
}
