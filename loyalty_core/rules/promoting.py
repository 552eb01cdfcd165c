"""Compiles promotions: what they add to which unit, taken of what the accrual of that unit knows."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..located_yaml import suggestion
from .case import Case
from .conditions import Path, compile_condition
from .exact import ROUNDINGS, Exact, percent_of
from .pipeline import Ground, Maker
from .promotions import Addition, Promotion, Promotions

if TYPE_CHECKING:
    from .shapes.accrual import PromotionShape


def compile_promotions(
    models: Sequence["PromotionShape"], path: Path, ground: Ground, accrual: Mapping[str, Any]
) -> tuple[Promotions, bool]:
    """The promotions of a version, and whether one of them needs the distance."""
    made: list[Promotion] = []
    uses_distance = False
    for number, model in enumerate(models):
        place = (*path, number)
        reader = ground.reader
        if any(one.name == model.name for one in made):
            reader.complain("bad_value", f'promotion "{model.name}" stands here twice', *place, "name")
        adds = {}
        for unit, addition in model.adds.items():
            at = (*place, "adds", unit)
            if unit not in accrual:
                near = suggestion(unit, accrual, offer=True)
                reader.complain("unknown_value", f'nothing accrues of "{unit}"{near}', *at)
            before = list(accrual)[: list(accrual).index(unit)] if unit in accrual else []
            maker = Maker(ground, unit, before, {})
            adds[unit] = _addition(addition, at, maker)
            uses_distance = uses_distance or maker.uses_distance
        for word in ("at_most", "budget"):
            for unit in getattr(model, word):
                if unit not in model.adds:
                    reader.complain("unknown_value", f'nothing is added to "{unit}"', *place, word, unit)
        test = compile_condition(model.when, model.unless, place, reader, ground.words).test()
        rule = reader.rule(*place)
        made.append(
            Promotion(model.name, test, adds, model.at_most, model.budget, model.order, model.stacks, rule)
        )
    return Promotions(tuple(sorted(made, key=lambda one: one.order))), uses_distance


def _addition(model: Any, path: Path, maker: Maker) -> Addition:
    if (model.percent is None) == (model.amount is None):
        maker.reader.complain("bad_value", "either percent or amount belongs here", *path)
    if model.percent is None:
        amount = model.amount or 0
        return Addition(lambda case, n, d: (amount, 1), True, True)
    base, _, zero_stays = maker.base(model.of, (*path, "of"))
    by, over = percent_of(model.percent)
    if model.round is None:
        whole = over == 1 and maker.base_whole

        def value(case: Case, n: int, d: int) -> Exact:
            of_n, of_d = base(case, n, d)
            return of_n * by, of_d * over

        return Addition(value, zero_stays, whole)
    rounding = ROUNDINGS[model.round]

    def rounded(case: Case, n: int, d: int) -> Exact:
        of_n, of_d = base(case, n, d)
        return rounding(of_n * by, of_d * over), 1

    return Addition(rounded, zero_stays, True)
