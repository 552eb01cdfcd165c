"""Compiles one version: its sections, taken together, into the rules that evaluate."""

from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from ..distance import is_known
from ..located_yaml import suggestion
from ..stable_json import encode
from .charts import Chart, Row, compile_chart
from .choice import Choice
from .conditions import Path, Vocabulary, compile_condition
from .derivation import compile_derivation
from .distances import Distances, Pair
from .expiry import compile_expiry
from .grants import compile_allowances
from .money import compile_currencies
from .pipeline import Ground, Pipelines, compile_pipelines
from .places import Atlas, is_country
from .promoting import compile_promotions
from .promotions import Promotions
from .sources import Reader
from .tiers.ladder import compile_qualification, compile_tiers
from .versions import ChosenBy, Exclusion, Version

if TYPE_CHECKING:
    from .shapes.programme import DistancesShape, ZoneShape

Sections = Mapping[str, tuple[Any, Path]]
"""Section → its shape and where it stands."""

ZONES_DEPTH_MAX = 8
NEEDED = ("charts", "accrual", "tiers")
"""Sections without which nothing can be earned."""


def compile_version(
    sections: Sections,
    reader: Reader,
    units: Mapping[str, str],
    *,
    first: date,
    last: date,
    chosen_by: ChosenBy,
    place: Path,
) -> Version:
    """``sections``: what holds in this version, whichever version it was written in. Complains to the reader; what it
    returns then is good for nothing but finding more mistakes."""
    return _Compiler(sections, reader, units).compile(first, last, chosen_by, place)


_DERIVING = (
    "zones",
    "operators",
    "agreements",
    "stocks",
    "booking_class",
    "fares",
    "tiers",
    "qualification",
)
"""Sections that say what words of conditions mean."""


def _plain(value: Any) -> Any:
    """A section as JSON has it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, str | int) else str(value)


class _Compiler:
    def __init__(self, sections: Sections, reader: Reader, units: Mapping[str, str]) -> None:
        self._sections, self._reader, self._units = sections, reader, units

    def _section(self, name: str) -> Any:
        return self._sections[name][0] if name in self._sections else None

    def _path(self, name: str) -> Path:
        return self._sections[name][1] if name in self._sections else (name,)

    def compile(self, first: date, last: date, chosen_by: ChosenBy, place: Path) -> Version:
        reader = self._reader
        distances = self._distances()
        fares = {one.fare for one in self._section("fares") or ()}
        tiers = compile_tiers(self._section("tiers") or (), self._path("tiers"), reader, self._units)
        ranks = {tier.name: rank for rank, tier in reversed(list(enumerate(tiers)))}
        words = Vocabulary(self._atlas(distances), ranks, fares, distances.codes, is_known)
        derivation = compile_derivation(self._section, self._path, reader, words)
        exclusions = tuple(
            self._exclusion(one, number, words)
            for number, one in enumerate(self._section("not_earning") or ())
        )
        models = self._section("charts") or ()
        rows = [
            compile_chart(model, (*self._path("charts"), number), reader, words, self._units)
            for number, model in enumerate(models)
        ]
        pipelines, own, promotions = self._accrual(words, tiers, rows)
        return Version(
            first=first,
            last=last,
            chosen_by=chosen_by,
            rule=reader.rule(*place),
            distances=distances,
            derivation=derivation,
            exclusions=exclusions,
            charts=self._charts(rows, own, words),
            pipelines=pipelines,
            promotions=promotions,
            currencies=compile_currencies(self._section("currencies"), self._path("currencies"), reader),
            tiers=tiers,
            ranks=ranks,
            qualification=compile_qualification(
                self._section("qualification"), self._path("qualification"), reader, self._units
            ),
            expiry=compile_expiry(self._section("expiry") or (), self._path("expiry"), reader, words),
            allowances=compile_allowances(self._section, self._path, reader, words, self._units),
            atlas=words.atlas,
            ends_by=self._mark("expiry", first, last),
            grants_by=self._mark("grants", first, last),
        )

    def _mark(self, name: str, first: date, last: date) -> str:
        """A digest of what a section says and, where it has conditions, of what their words are derived from."""
        own = _plain(self._section(name))
        text = encode(own)
        asked = ("when", "unless", "activity")
        conditional = any(f'"{word}":{{' in text for word in asked)
        others = [_plain(self._section(other)) for other in _DERIVING] if conditional else []
        return sha256(encode([str(first), str(last), own, others]).encode()).hexdigest()

    # --- places

    def _distances(self) -> Distances:
        model: DistancesShape | None = self._section("distances")
        if model is None:
            return Distances(rule=self._reader.rule())
        path, reader = self._path("distances"), self._reader
        rows: dict[date | None, dict[Pair, tuple[int, str]]] = {}
        for number, row in enumerate(model.rows):
            since = rows.setdefault(row.since, {})
            self._pair(since, row.from_, row.to, row.miles, (*path, "rows", number), "from")
        pairs: dict[Pair, tuple[int, str]] = {}
        for pair, miles in model.pairs.items():
            here, there = pair.split("-")
            self._pair(pairs, here, there, miles, (*path, "pairs", pair))
        table = rows.pop(None, {}) | pairs
        changes: dict[Pair, list[tuple[date, int, str]]] = {}
        for day, since in sorted(rows.items(), key=lambda each: each[0] or date.min, reverse=True):
            for ends, (miles, rule) in since.items():
                if day is not None and ends not in pairs:
                    changes.setdefault(ends, []).append((day, miles, rule))
        for city, airport in model.cities.items():
            if not is_known(airport):
                text = f'"{airport}" is no known airport'
                reader.complain("unknown_value", text, *path, "cities", city)
        return Distances(
            model.name,
            table,
            dict(model.cities),
            great_circle=model.otherwise == "great_circle",
            rule=reader.rule(*path, "otherwise"),
            changes={ends: tuple(each) for ends, each in changes.items()},
        )

    def _pair(
        self, table: dict[Pair, tuple[int, str]], here: str, there: str, miles: int, path: Path, at: str = ""
    ) -> None:
        pair = min(here, there), max(here, there)
        place = (*path, at) if at else path
        if here == there:
            self._reader.complain("bad_value", "a distance needs two places", *place)
        elif pair in table:
            text = f"this pair has a row already, at {table[pair][1]}"
            self._reader.complain("bad_value", text, *place)
        table[pair] = (miles, self._reader.rule(*path))

    def _atlas(self, distances: Distances) -> Atlas:
        models: Mapping[str, ZoneShape] = self._section("zones") or {}
        zones: dict[str, frozenset[str]] = {}
        for name in models:
            self._zone(name, models, zones, Atlas(distances.cities, {}), distances, ())
        return Atlas(distances.cities, zones)

    def _zone(
        self,
        name: str,
        models: "Mapping[str, ZoneShape]",
        zones: dict[str, frozenset[str]],
        atlas: Atlas,
        distances: Distances,
        on_the_way: tuple[str, ...],
    ) -> frozenset[str]:
        if name in zones:
            return zones[name]
        model, path = models[name], (*self._path("zones"), name)
        complain = self._reader.complain
        own = distances.codes
        for word, codes in (
            ("countries", model.countries),
            ("places", model.places),
            ("except", model.except_),
        ):
            for position, code in enumerate(codes):
                if len(code) == 2 and not is_country(code):
                    complain("unknown_value", f'"{code}" is no known country', *path, word, position)
                elif len(code) == 3 and code not in own and not is_known(code):
                    complain("unknown_value", f'"{code}" is no known airport', *path, word, position)
        found = atlas.codes([*model.countries, *model.places])
        for position, other in enumerate(model.zones):
            at = (*path, "zones", position)
            if other not in models:
                complain("unknown_value", f'no zone "{other}"{suggestion(other, models, offer=True)}', *at)
            elif other in (*on_the_way, name) or len(on_the_way) >= ZONES_DEPTH_MAX:
                complain("bad_value", f'zone "{other}" leads back here', *at)
            else:
                found |= self._zone(other, models, zones, atlas, distances, (*on_the_way, name))
        if not found:
            complain("bad_value", "a zone needs countries, places or zones", *path)
        zones[name] = found - atlas.codes(model.except_)
        return zones[name]

    # --- charts and accrual

    def _exclusion(self, model: Any, number: int, words: Vocabulary) -> Exclusion:
        place = (*self._path("not_earning"), number)
        condition = compile_condition(model.when, model.unless, place, self._reader, words)
        test = condition.test()
        if not condition.tests:
            text = "without a condition nothing would ever earn"
            self._reader.complain("bad_value", text, *place, "when")
        return Exclusion(test or (lambda case: False), model.why, condition.field, self._reader.rule(*place))

    def _charts(
        self, rows: Sequence[Choice[Row]], own: Sequence[Pipelines | None], words: Vocabulary
    ) -> Choice[Chart]:
        entries = []
        path = self._path("charts")
        open_chart: tuple[int, str] | None = None
        for number, model in enumerate(self._section("charts") or ()):
            place = (*path, number)
            condition = compile_condition(model.when, model.unless, place, self._reader, words)
            if open_chart is not None and model.priority <= open_chart[0]:
                text = f'never used: chart "{open_chart[1]}" before it takes every flight'
                self._reader.complain("bad_value", text, *place)
            if condition.is_open:
                open_chart = (model.priority, model.name)
            heads = model.columns
            chart = Chart(
                model.name,
                rows[number],
                model.otherwise or "",
                self._reader.rule(*place),
                own[number],
                any(one.classes or one.cabins for one in (*model.rows, *([heads] if heads else ()))),
            )
            entries.append((model.priority, condition, chart))
        return Choice(entries)

    def _accrual(
        self, words: Vocabulary, tiers: Any, rows: Sequence[Choice[Row]]
    ) -> tuple[Pipelines, list[Pipelines | None], Promotions]:
        models, path = self._section("accrual") or {}, self._path("accrual")
        promoted_models = self._section("promotions") or ()
        charts = self._section("charts") or ()
        every = dict.fromkeys((*models, *(unit for chart in charts for unit in chart.accrual or ())))
        ground = Ground(self._reader, words, self._units, tiers, (), frozenset(), frozenset())
        promotions, measured = compile_promotions(promoted_models, self._path("promotions"), ground, every)
        promoted = frozenset(unit for one in promotions.all for unit in one.adds)
        uneven = {unit for one in promotions.all for unit, added in one.adds.items() if not added.whole}

        def pipelines(several: Any, of_rows: Sequence[Row]) -> Pipelines:
            there = Ground(
                self._reader, words, self._units, tiers, of_rows, promoted, frozenset(promoted - uneven)
            )
            made = compile_pipelines(several, there)
            return Pipelines(made.units, made.uses_distance or measured, made.rules)

        general = {unit: (steps, (*path, unit)) for unit, steps in models.items()}
        own: list[Pipelines | None] = []
        for number, chart in enumerate(charts):
            if chart.accrual is None:
                own.append(None)
                continue
            there = (*self._path("charts"), number, "accrual")
            mixed = {**general, **{unit: (steps, (*there, unit)) for unit, steps in chart.accrual.items()}}
            own.append(pipelines(mixed, rows[number].items))
        general_rows = [row for number, one in enumerate(rows) for row in one.items if own[number] is None]
        return pipelines(general, general_rows), own, promotions
