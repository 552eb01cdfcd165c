"""Charts: what a flight gets by carrier, class, fare or route; rows as frozen values, found by table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..located_yaml import suggestion
from .choice import Choice
from .conditions import Path, Vocabulary, compile_condition
from .exact import Exact, exact, percent_of

if TYPE_CHECKING:
    from .pipeline import Pipelines
    from .shapes.programme import ChartShape, RowShape
    from .sources import Reader

_NONE: Exact = (0, 1)


@dataclass(frozen=True, slots=True)
class Row:
    """``percent`` and ``rate`` by unit, "*" for every unit that is not named; as factors (12.5 % is 1/8). What is not
    named is 0. ``unknown``: (word, unit) of what the definition says it doesn't know; ``note``: what the trace says
    beside."""

    percent: Mapping[str, Exact]
    amounts: Mapping[str, int]
    rate: Mapping[str, Exact]
    rule: str
    note: str = ""
    unknown: frozenset[tuple[str, str]] = frozenset()

    def is_unknown(self, word: str, unit: str) -> bool:
        """Does the definition not know this? ``word`` is percent or rate."""
        known = self.percent if word == "percent" else self.rate
        return (word, unit) in self.unknown or ((word, "*") in self.unknown and unit not in known)

    def told(self, percent: Exact) -> "Row":
        """The same with a percent that was told in place of those that are unknown."""
        units = [unit for word, unit in self.unknown if word == "percent"]
        if not units:
            return self
        rest = frozenset(one for one in self.unknown if one[0] != "percent")
        return replace(self, percent={**self.percent, **dict.fromkeys(units, percent)}, unknown=rest)

    def percent_for(self, unit: str) -> Exact:
        """As a factor."""
        return self.percent.get(unit) or self.percent.get("*") or _NONE

    def rate_for(self, unit: str) -> Exact:
        return self.rate.get(unit) or self.rate.get("*") or _NONE


@dataclass(frozen=True, slots=True)
class Chart:
    """``otherwise``: what a flight is that no row takes, "unknown" or "nothing"; "" where the definition doesn't say,
    which counts as unknown. ``accrual``: its own steps for some units, None for those of the programme."""

    name: str
    rows: Choice[Row]
    otherwise: str
    rule: str
    accrual: "Pipelines | None" = None
    by_class: bool = False
    """Some row asks for a class or cabin, so that a flight without either is a class unknown."""

    def told(self, row: Row | None, percent: Decimal) -> Row | None:
        """The row with a percent that was told; it also stands for a row that the definition doesn't know."""
        factor = percent_of(percent)
        if row is not None:
            return row.told(factor)
        return None if self.otherwise == "nothing" else Row({"*": factor}, {}, {}, self.rule)


def compile_chart(
    model: "ChartShape", path: Path, reader: "Reader", words: Vocabulary, units: Mapping[str, str]
) -> Choice[Row]:
    """The rows of a chart, those of several columns taken apart."""
    entries = []
    if not model.rows and model.otherwise is None:
        reader.complain("missing", "a chart without rows says what flights are otherwise", *path)
    column_word, heads = "", []
    if model.columns is not None:
        given = [
            word for word in type(model.columns).model_fields if getattr(model.columns, word) is not None
        ]
        if len(given) != 1:
            reader.complain("bad_value", "exactly one word heads the columns", *path, "columns")
        else:
            column_word = given[0]
            heads = getattr(model.columns, column_word)
    for number, row in enumerate(model.rows):
        place = (*path, "rows", number)
        rule = reader.rule(*place)
        if row.percent is None and row.amounts is None and row.rate is None:
            reader.complain("missing", "a row needs percent, amounts or rate", *place)
        for word in ("percent", "amounts", "rate"):
            _check_values(getattr(row, word), (*place, word), reader, units, len(heads))
        if not heads:
            condition = compile_condition(row, row.unless, place, reader, words, flat=True)
            entries.append((row.priority, condition, _row(row, None, rule)))
            continue
        if getattr(row, column_word) is not None:
            text = f'"{column_word}" heads the columns, so a row can\'t name it'
            reader.complain("bad_value", text, *place, column_word)
        for column, head in enumerate(heads):
            if is_empty_cell(row, column):
                continue
            narrowed = row.model_copy(update={column_word: head})
            condition = compile_condition(narrowed, row.unless, place, reader, words, flat=True)
            entries.append((row.priority, condition, _row(row, column, rule)))
    return Choice(entries)


def _check_values(
    values: Mapping[str, Sequence[Any]] | None,
    path: Path,
    reader: "Reader",
    units: Mapping[str, str],
    columns: int,
) -> None:
    for unit, each in (values or {}).items():
        if unit != "*" and unit not in units:
            near = suggestion(unit, units, offer=True)
            reader.complain("unknown_value", f'no unit "{unit}"{near}', *path, unit)
        if len(each) not in (1, columns or 1):
            text = f"{len(each)} values, but {columns} columns" if columns else "several values need columns"
            reader.complain("bad_value", text, *path, unit)
        elif not columns and each == [None]:
            reader.complain("bad_value", "nothing belongs only into a column", *path, unit)


def _at(values: Sequence[Any], column: int | None) -> Any:
    return values[column] if column is not None and column < len(values) and len(values) > 1 else values[0]


def is_empty_cell(row: "RowShape", column: int) -> bool:
    """A column in which a row says nothing at all."""
    given = [each for word in (row.percent, row.amounts, row.rate) for each in (word or {}).values() if each]
    return bool(given) and all(_at(each, column) is None for each in given)


def _row(row: "RowShape", column: int | None, rule: str) -> Row:
    def of(values: Mapping[str, Sequence[Decimal | int | str | None]] | None) -> dict[str, Any]:
        found = {unit: _at(each, column) for unit, each in (values or {}).items() if each}
        return {unit: value for unit, value in found.items() if value is not None and value != "unknown"}

    unknown = frozenset(
        (word, unit)
        for word in ("percent", "rate")
        for unit, each in (getattr(row, word) or {}).items()
        if each and _at(each, column) == "unknown"
    )

    return Row(
        percent={unit: percent_of(value) for unit, value in of(row.percent).items()},
        amounts=of(row.amounts),
        rate={unit: exact(value) for unit, value in of(row.rate).items()},
        rule=rule,
        note=row.note or "",
        unknown=unknown,
    )
