"""What is derived from the facts before a chart is looked for: who operated, whose chart counts, the class that earns,
the fare family."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .case import Case
from .choice import Choice
from .conditions import Path, Vocabulary, compile_condition

if TYPE_CHECKING:
    from .sources import Reader

STOCK_DIGITS_MAX = 13

Ruled = tuple[str, str]
"""What a list says, and the rule that says so."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """The four lists and the table of ticket stocks (first digits → airline)."""

    operators: Choice[Ruled]
    agreements: Choice[Ruled]
    booking_class: Choice[Ruled]
    fares: Choice[Ruled]
    stocks: Mapping[str, str]
    _asked: tuple[bool, bool, bool, bool] = field(init=False, repr=False)
    """Which of the four lists say something."""

    def __post_init__(self) -> None:
        lists = (self.operators, self.agreements, self.booking_class, self.fares)
        object.__setattr__(self, "_asked", tuple(bool(each) for each in lists))

    def derive(self, case: Case) -> None:
        """Fills in operating, carrier, letter and fare of a case, in this order."""
        facts = case.facts
        operators, agreements, booking_class, fares = self._asked
        if operators and (found := self.operators.pick(case)) is not None:
            case.operating = found[0]
            case.notes.append(("operator", found[1], _operator, (facts.operating_carrier, found[0])))
        if agreements and (found := self.agreements.pick(case)) is not None:
            case.carrier = self._chart_of(case, *found)
        else:
            case.carrier = case.operating
        if booking_class and (found := self.booking_class.pick(case)) is not None:
            letter = facts.fare_basis[:1] if found[0] == "fare_basis" else found[0]
            if letter:
                case.notes.append(("class", found[1], _class, (case.letter, letter, found[0])))
                case.letter = letter
        if fares and (found := self.fares.pick(case)) is not None:
            case.fare = found[0]
            case.notes.append(("fare", found[1], str, (found[0],)))

    def _chart_of(self, case: Case, whose: str, rule: str) -> str:
        if whose == "marketing":
            carrier = case.facts.marketing_carrier
        elif whose == "ticketing":
            carrier = self._issuer(case.facts.ticket)
            if not carrier:
                case.notes.append(("agreement", rule, _no_issuer, (case.facts.ticket, case.operating)))
                return case.operating
        else:
            carrier = case.operating
        case.notes.append(("agreement", rule, _agreement, (whose, carrier)))
        return carrier

    def _issuer(self, ticket: str) -> str:
        """The airline of the ticket's stock; the longest prefix that is known decides."""
        for length in range(min(len(ticket), STOCK_DIGITS_MAX), 0, -1):
            if (airline := self.stocks.get(ticket[:length])) is not None:
                return airline
        return ""


def compile_derivation(section: Any, path: Any, reader: "Reader", words: Vocabulary) -> Derivation:
    """``section`` gives a version's sections by name, ``path`` where each stands."""

    def choice(name: str, value: str, *not_yet: str) -> Choice[Ruled]:
        entries = []
        for number, model in enumerate(section(name) or ()):
            place: Path = (*path(name), number)
            condition = compile_condition(model.when, model.unless, place, reader, words, not_yet=not_yet)
            entries.append((model.priority, condition, (getattr(model, value), reader.rule(*place))))
        return Choice(entries)

    return Derivation(
        operators=choice("operators", "as_", "carriers", "fares"),
        agreements=choice("agreements", "chart_of", "carriers", "fares"),
        booking_class=choice("booking_class", "letter", "fares"),
        fares=choice("fares", "fare", "fares"),
        stocks=dict(section("stocks") or {}),
    )


def _operator(told: str, counts: str) -> str:
    return f"{told} counts as {counts}"


def _class(before: str, letter: str, source: str) -> str:
    told = before.removeprefix("/") or "(none)"
    why = "first letter of the fare basis" if source == "fare_basis" else "by the list of classes"
    return f"{told} earns as {letter}: {why}"


def _agreement(whose: str, carrier: str) -> str:
    return f"the chart of the {whose} airline, {carrier}"


def _no_issuer(ticket: str, operating: str) -> str:
    return f"stock of ticket {ticket or '(none)'} is not known: the chart of {operating}"
