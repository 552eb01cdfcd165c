"""Reads a programme definition: YAML and tables with places, checked shape, checked sense, compiled form.

Every rule of the result knows its line, so that each step of a calculation can name it. All problems of a definition
are reported together.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction

from pydantic import ValidationError

from .. import located_yaml
from ..crediting import Credit, Crediting, Settling
from ..distance import is_known
from ..errors import InputError
from ..located_yaml import Path
from ..programme import Programme
from .bundle import bundle
from .compiling import NEEDED, Sections, compile_version
from .examples.worked import compile_examples
from .organisation import MemberRules, Operations, PendingTimeout, Window
from .shapes.organisation import CodeshareShape, MembersShape, PolicyShape
from .shapes.programme import SECTIONS, ProgrammeShape, VersionShape
from .sources import Reader, read_sources
from .tiers.ladder import Tier
from .versions import Version, with_stand_ins

UNITS = {"award": "award", "qualifying": "qualifying", "segments": "segments"}
"""Units of a programme that names none."""
KEPT_NAMES = frozenset(
    {"distance", "price", "amount", "accrued", "lesser", "percent", "rate", "reason", "on", "residence"}
)
"""Words that can't name a unit, because they mean something where units are named."""


def load(text: str, file: str, files: Mapping[str, str] | None = None) -> Programme:
    """The compiled programme of a definition; InputError with every problem at file:line:column. ``text`` may be a
    bundle; ``files`` are tables to bundle with it."""
    if files:
        text = bundle(text, files)
    sources = read_sources(text, file)
    try:
        model = ProgrammeShape.model_validate(sources.value)
    except ValidationError as error:
        schema = ProgrammeShape.model_json_schema()
        raise InputError(located_yaml.problems_of(error.errors(), sources, schema)) from None
    reader = Reader(sources)
    programme = _compile(model, reader, hashlib.sha256(text.encode()).hexdigest())
    if reader.problems:
        # Sections that several versions share are compiled, and complain, in each.
        raise InputError(
            sorted(
                dict.fromkeys(reader.problems),
                key=lambda one: (one.file != file, one.file, one.line, one.column),
            )
        )
    return programme


def _compile(model: ProgrammeShape, reader: Reader, digest: str) -> Programme:
    units = _units(model, reader)
    versions = _versions(model, reader, units)
    tiers = dict.fromkeys(tier.name for version in reversed(versions) for tier in version.tiers)
    timeout = model.pending_timeout
    return Programme(
        name=model.programme,
        title=model.title,
        carriers=tuple(model.carriers),
        digest=digest,
        units=units,
        versions=tuple(versions),
        crediting=_crediting(model.policy, reader),
        window=Window(model.window.future_days, model.window.past_days),
        operations=Operations(**model.operations.model_dump()),
        pending_timeout=PendingTimeout(**timeout.model_dump()) if timeout else None,
        codeshares=_codeshares(model.codeshares, reader),
        members=_members(model.members, reader),
        examples=compile_examples(
            model.examples, ("examples",), reader, units, list(tiers), _events(versions)
        ),
    )


def _events(versions: Sequence[Version]) -> list[str]:
    """For what members are given something, in any version."""
    of_all = [version.allowances for version in versions]
    grants = [event for one in of_all for grant in one.grants for event in grant.on]
    return list(dict.fromkeys([*grants, *(each.kind for one in of_all for each in one.compensations)]))


def _units(model: ProgrammeShape, reader: Reader) -> dict[str, str]:
    """Unit → its title."""
    if model.units is None:
        return dict(UNITS)
    for name in model.units:
        if name in KEPT_NAMES:
            reader.complain(
                "bad_value", f'"{name}" has a meaning of its own and names no unit', "units", name
            )
    named = {name: unit.title or name for name, unit in model.units.items()}
    return named if "award" in named else {"award": "award", **named}


def version_sections(model: ProgrammeShape) -> Iterator[tuple[Sections, VersionShape | None, Path]]:
    """Of each version its sections with those it has from the versions before it, its shape and its place. The first
    is that from ever (None), where the definition has rules outside of versions."""
    sections: dict[str, tuple[object, Path]] = {
        name: (getattr(model, name), (name,)) for name in SECTIONS if getattr(model, name) is not None
    }
    if not model.versions or "charts" in sections or "accrual" in sections:
        yield sections, None, ()
    for number, one in enumerate(model.versions):
        place: Path = ("versions", number)
        own = {
            name: (getattr(one, name), (*place, name)) for name in SECTIONS if getattr(one, name) is not None
        }
        sections = {**sections, **own}
        yield sections, one, place


def _versions(model: ProgrammeShape, reader: Reader, units: Mapping[str, str]) -> list[Version]:
    """The version from ever, where the definition has rules outside of versions, and the others as they are listed."""
    made = []
    for sections, one, place in version_sections(model):
        if one is not None:
            if not any(getattr(one, name) is not None for name in SECTIONS):
                reader.complain("missing", "a version needs something of its own", *place)
            if one.from_ and one.until and one.from_ > one.until:
                reader.complain("bad_value", f"ends on {one.until}, before it begins", *place, "until")
        _check_needed(sections, reader, place)
        made.append(_version(sections, reader, units, one, place))
        if len(made) > 1 and one is not None and one.tiers is not None:
            _check_ladder(made[-2].tiers, made[-1].tiers, (*place, "tiers"), reader)
    return [with_stand_ins(each, made[-1].tiers) for each in made]


def _check_ladder(before: Sequence[Tier], tiers: Sequence[Tier], place: Path, reader: Reader) -> None:
    """Members keep tiers from version to version: each has those of the one before it in the list, in that order."""
    names, known = [tier.name for tier in tiers], [tier.name for tier in before]
    for tier in before:
        if tier.name not in names:
            text = (
                f'tier "{tier.name}" of the version before is missing here:'
                " if nobody reaches it any more, leave out its condition, not the tier"
            )
            reader.complain("missing", text, *place)
    kept = [name for name in names if name in known]
    if names[:1] != known[:1] and set(known[:1]) <= set(names):
        reader.complain(
            "bad_value", f'the base tier is "{known[0]}" in the version before', *place, 0, "name"
        )
    elif kept != [name for name in known if name in names]:
        reader.complain("bad_value", f"in the version before the order is {', '.join(known)}", *place)


def _check_needed(sections: Sections, reader: Reader, place: Path) -> None:
    for name in NEEDED:
        if name not in sections:
            reader.complain("missing", f'"{name}" is missing here', *place)
    if "expiry" not in sections:
        reader.complain("missing", '"expiry" is missing here', *place)


def _version(
    sections: Sections, reader: Reader, units: Mapping[str, str], model: VersionShape | None, place: Path
) -> Version:
    first, last = date.min, date.max
    if model is not None:
        first, last = model.from_ or first, model.until or last
    chosen_by = model.chosen_by if model is not None else "flight_date"
    return compile_version(sections, reader, units, first=first, last=last, chosen_by=chosen_by, place=place)


def _members(model: MembersShape, reader: Reader) -> MemberRules:
    words = model.model_dump(exclude={"company_percent"})
    rule = reader.rule("members", "company_percent") if model.company_percent else ""
    return MemberRules(**words, company_percent=Fraction(model.company_percent), rule=rule)


def _codeshares(models: Sequence[CodeshareShape], reader: Reader) -> Mapping[str, str]:
    table: dict[str, str] = {}
    operating = {one.operating for one in models}
    for number, one in enumerate(models):
        place = ("codeshares", number, "marketing")
        if one.marketing in operating:
            text = f'"{one.marketing}" is an operating flight of this table'
            reader.complain("bad_value", text, *place)
        marketing = one.marketing.replace(" ", "/")
        if marketing in table:
            reader.complain("bad_value", f'"{one.marketing}" has a row already', *place)
        table[marketing] = one.operating.replace(" ", "/")
    return table


def _crediting(model: PolicyShape, reader: Reader) -> Crediting:
    table: dict[str, Credit] = model.model_dump(exclude={"posted_when"})
    settlings = []
    for number, one in enumerate(model.posted_when):
        place = ("policy", "posted_when", number)
        if not (one.stations or one.pfs_received or one.after_hours is not None):
            text = f'without stations, pfs_received or after_hours write "{one.state}: posted" above'
            reader.complain("bad_value", text, *place)
        if table.get(one.state) == "posted":
            reader.complain("bad_value", f'never used: "{one.state}" is posted anyway', *place, "state")
        if one.state == "booked" and not one.stations:
            text = "a booking is no flight: only stations whose lists never come may be credited by it"
            reader.complain("bad_value", text, *place, "state")
        for position, station in enumerate(one.stations):
            if not is_known(station):
                text = f'"{station}" is no known airport'
                reader.complain("unknown_value", text, *place, "stations", position)
        stations = frozenset(one.stations)
        hours, pfs = one.after_hours, bool(one.pfs_received)
        settlings.append(Settling(one.state, stations, pfs, hours, reader.rule(*place)))
    return Crediting(table, tuple(settlings))
