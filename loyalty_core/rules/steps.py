"""The steps of an accrual as functions: a case and the value so far, the value after.

A step that changes something leaves a note; its text is made when somebody asks. 0 stays 0 for minimum, bonus and
promotion (a row of 0 % earns nothing), unless a bonus is taken of something that is named. A price that nobody told is
not 0: the case is ``lacking`` until something multiplies by 0.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from .case import Case
from .conditions import Test
from .exact import ROUNDINGS, Exact, shown

if TYPE_CHECKING:
    from .promotions import Addition, Promotion

Step = Callable[[Case, int, int], Exact]
Base = Callable[[Case, int, int], Exact]

BASE_TEXTS = {
    "accrued": "what was accrued,",
    "distance": "the distance",
    "lesser": "the smaller of accrued and distance,",
    "price": "the price",
}


# --- sources ---------------------------------------------------------------------------------------------------------


def from_distance(unit: str, rule: str) -> Step:
    def step(case: Case, _n: int, _d: int) -> Exact:
        miles = case.miles
        case.notes.append((unit, rule, _distance, (miles,)))
        return miles, 1

    return step


def from_price(unit: str, of: str, rule: str) -> Step:
    def step(case: Case, _n: int, _d: int) -> Exact:
        found = case.version.currencies.price(case, of)
        if found is None:
            case.lacking = True
            case.notes.append((unit, rule, _no_price, (case.facts.price is not None, case.facts.currency)))
            return 0, 1
        value, text, rate_rule = found
        case.notes.append((unit, rate_rule or rule, _price, (of, text)))
        return value

    return step


def from_amount(unit: str, default: int, rule: str) -> Step:
    def step(case: Case, _n: int, _d: int) -> Exact:
        amount = case.row.amounts.get(unit)
        if amount is None:
            case.notes.append((unit, rule, _fixed, (default,)))
            return default, 1
        case.notes.append((unit, case.row.rule, _fixed, (amount,)))
        return amount, 1

    return step


def from_unit(unit: str, other: str, rule: str) -> Step:
    def step(case: Case, _n: int, _d: int) -> Exact:
        amount = case.amounts.get(other, 0)
        case.lacking = other in case.unpriced
        case.notes.append((unit, rule, _other, (other, amount)))
        return amount, 1

    return step


def from_kept(unit: str, name: str, rule: str) -> Step:
    def step(case: Case, _n: int, _d: int) -> Exact:
        n, d = case.kept[name]
        case.lacking = name in case.unpriced
        case.notes.append((unit, rule, _other, (name, n, d)))
        return n, d

    return step


# --- factors ---------------------------------------------------------------------------------------------------------


def times_row(unit: str, word: str) -> Step:
    """``word``: percent or rate, as the row says for the unit."""
    is_percent = word == "percent"

    def step(case: Case, n: int, d: int) -> Exact:
        row = case.row
        if row.unknown and row.is_unknown(word, unit):
            case.notes.append((word, row.rule, _unknown, (word, unit)))
            return 0, 1
        by, over = row.percent_for(unit) if is_percent else row.rate_for(unit)
        if by == 0:
            case.lacking = False
        n, d = n * by, d * over
        case.notes.append((word, row.rule, _times, (by, over, n, d, is_percent)))
        return n, d

    return step


def times(word: str, factor: Exact, test: Test | None, rule: str) -> Step:
    by, over = factor
    is_percent = word == "percent"

    def step(case: Case, n: int, d: int) -> Exact:
        if test is not None and not test(case):
            return n, d
        if by == 0:
            case.lacking = False
        n, d = n * by, d * over
        case.notes.append((word, rule, _times, (by, over, n, d, is_percent)))
        return n, d

    return step


def times_row_when(unit: str, word: str, test: Test) -> Step:
    step = times_row(unit, word)
    return lambda case, n, d: step(case, n, d) if test(case) else (n, d)


# --- limits ----------------------------------------------------------------------------------------------------------


def at_least(amount: int, test: Test | None, rule: str) -> Step:
    def step(case: Case, n: int, d: int) -> Exact:
        if n == 0 or n >= amount * d or (test is not None and not test(case)):
            return n, d
        case.notes.append(("minimum", rule, _raised, (amount,)))
        return amount, 1

    return step


def at_least_percent(unit: str, amount: int, rounding: str | None, test: Test | None, rule: str) -> Step:
    """So much percent of the minimum as the row says."""
    rounded = ROUNDINGS[rounding] if rounding else None

    def step(case: Case, n: int, d: int) -> Exact:
        if n == 0 or (test is not None and not test(case)):
            return n, d
        by, over = case.row.percent_for(unit)
        least_n, least_d = amount * by, over
        if rounded is not None:
            least_n, least_d = rounded(least_n, least_d), 1
        if n * least_d >= least_n * d:
            return n, d
        case.notes.append(("minimum", rule, _raised, (least_n, least_d)))
        return least_n, least_d

    return step


def at_most(unit: str, amount: int, per_flight: bool, test: Test | None, rule: str) -> Step:
    def step(case: Case, n: int, d: int) -> Exact:
        if test is not None and not test(case):
            return n, d
        most = amount
        if per_flight:
            most = max(0, amount - case.standing.earned_on_flight.get(unit, 0))
        if n <= most * d:
            return n, d
        case.notes.append(("maximum", rule, _cut, (most, amount if per_flight else 0)))
        return most, 1

    return step


def rounded(mode: str, to: int, rule: str) -> Step:
    rounding = ROUNDINGS[mode]

    def step(case: Case, n: int, d: int) -> Exact:
        whole = rounding(n, d * to) * to
        case.notes.append(("rounding", rule, _rounded, (mode, whole)))
        return whole, 1

    return step


# --- what is added ---------------------------------------------------------------------------------------------------


def bonus(
    percents: tuple[Exact, ...],
    names: tuple[str, ...],
    base: Base,
    base_text: str,
    mode: str | None,
    most: int | None,
    test: Test | None,
    rules: tuple[str, ...],
    *,
    first: bool,
    zero_stays: bool,
) -> Step:
    """Percent by the rank of the tier. ``first``: the first that is added, so that ``accrued`` is the value it gets."""
    rounding = ROUNDINGS[mode] if mode else None

    def step(case: Case, n: int, d: int) -> Exact:
        if first:
            case.accrued = (n, d)
        rank = case.rank
        by, over = percents[rank]
        if by == 0 or case.lacking or (zero_stays and n == 0) or (test is not None and not test(case)):
            return n, d
        of_n, of_d = base(case, n, d)
        add_n, add_d = of_n * by, of_d * over
        if rounding is not None:
            add_n, add_d = rounding(add_n, add_d), 1
        is_cut = most is not None and add_n > most * add_d
        if is_cut:
            assert most is not None
            add_n, add_d = most, 1
        case.notes.append(
            (
                "tier bonus",
                rules[rank],
                _bonus,
                (names[rank], by, over, base_text, of_n, of_d, mode, add_n, add_d, most if is_cut else None),
            )
        )
        return n * add_d + add_n * d, d * add_d

    return step


def add(amount: int, test: Test | None, rule: str) -> Step:
    def step(case: Case, n: int, d: int) -> Exact:
        if test is not None and not test(case):
            return n, d
        case.notes.append(("addition", rule, _added, (amount,)))
        return n + amount * d, d

    return step


def only(test: Test, rule: str) -> Step:
    def step(case: Case, n: int, d: int) -> Exact:
        if (n == 0 and not case.lacking) or test(case):
            return n, d
        case.lacking = False
        case.notes.append(("condition", rule, _nothing, ()))
        return 0, 1

    return step


def keep(name: str) -> Step:
    def step(case: Case, n: int, d: int) -> Exact:
        case.kept[name] = (n, d)
        if case.lacking:
            case.unpriced = case.unpriced | {name}
        return n, d

    return step


def promotions(unit: str, *, first: bool) -> Step:
    def step(case: Case, n: int, d: int) -> Exact:
        if first:
            case.accrued = (n, d)
        running_n, running_d = n, d
        for promotion in case.version.promotions.of(case):
            addition = promotion.adds.get(unit)
            if addition is None or case.lacking or (n == 0 and addition.zero_stays):
                continue
            running_n, running_d = _promoted(case, unit, promotion, addition, running_n, running_d)
        return running_n, running_d

    return step


def _promoted(case: Case, unit: str, promotion: "Promotion", addition: "Addition", n: int, d: int) -> Exact:
    add_n, add_d = addition.value(case, n, d)
    whole_n, whole_d = add_n, add_d
    for most in (
        promotion.at_most.get(unit),
        promotion.budget.get(unit),
        case.standing.left.get(promotion.name, {}).get(unit),
    ):
        if most is not None and add_n > most * add_d:
            add_n, add_d = max(0, most), 1
    cut = (add_n, add_d) != (whole_n, whole_d)
    if add_n > 0:
        # A budget is of whole units: what a later step rounds off is taken from it all the same.
        case.promoted.setdefault(promotion.name, {})[unit] = -(-add_n // add_d)
    case.notes.append(
        (
            "promotion",
            promotion.rule,
            _promotion,
            (promotion.name, add_n, add_d, whole_n if cut else None, whole_d),
        )
    )
    return n * add_d + add_n * d, d * add_d


# --- texts -----------------------------------------------------------------------------------------------------------


def _distance(miles: int) -> str:
    return f"from the distance, {miles}"


def _price(of: str, text: str) -> str:
    return f"from the {of.replace('_', ' ')}, {text}"


def _no_price(has_price: bool, currency: str) -> str:
    return f"no rate for {currency or 'a price without currency'}" if has_price else "the price is not known"


def _fixed(amount: int) -> str:
    return f"fixed, {amount}"


def _other(name: str, n: int, d: int = 1) -> str:
    return f"from {name}, {shown(n, d)}"


def _times(by: int, over: int, n: int, d: int, is_percent: bool) -> str:
    factor = f"{shown(by * 100, over)} %" if is_percent else f"x {shown(by, over)}"
    return f"{factor} = {shown(n, d)}"


def _unknown(word: str, unit: str) -> str:
    return f"the {word} of {unit} is not known to the programme: 0"


def _raised(n: int, d: int = 1) -> str:
    return f"raised to {shown(n, d)}"


def _cut(most: int, per_flight: int) -> str:
    return f"cut to {most}" + (f", what {per_flight} for the flight leave" if per_flight else "")


def _rounded(mode: str, whole: int) -> str:
    return f"{mode}: {whole}"


def _bonus(
    name: str,
    by: int,
    over: int,
    base: str,
    of_n: int,
    of_d: int,
    mode: str | None,
    add_n: int,
    add_d: int,
    most: int | None,
) -> str:
    how = f"{mode}: " if mode else ""
    cut = f", at most {most}" if most is not None else ""
    return f"{name} {shown(by * 100, over)} % of {base} {shown(of_n, of_d)}, {how}{shown(add_n, add_d)}{cut}"


def _added(amount: int) -> str:
    return f"plus {amount}"


def unpriced(unit: str) -> str:
    return f"{unit} hangs on a price that is not known: nothing is counted"


def _nothing() -> str:
    return "does not count: 0"


def _promotion(name: str, n: int, d: int, whole: int | None, whole_d: int) -> str:
    left = f", what is left of {shown(whole, whole_d)}" if whole is not None else ""
    return f"{name}: {shown(n, d)}{left}"
