"""Places: airports and cities, the countries they lie in, and the zones that a programme makes of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@cache
def countries() -> Mapping[str, str]:
    """Airport or city code → country (ISO 3166, two letters); a city lies in the country of its first airport."""
    found = dict(_airport_countries())
    for code, airports in city_airports().items():
        if code not in found and airports:
            found[code] = found[airports[0]]
    return MappingProxyType(found)


@cache
def _airport_countries() -> Mapping[str, str]:
    import airportsdata

    return {code: about["country"] for code, about in airportsdata.load("IATA").items()}


@cache
def city_airports() -> Mapping[str, tuple[str, ...]]:
    """City code → its airports, sorted."""
    import airportsdata

    known = _airport_countries()
    return MappingProxyType(
        {
            code: tuple(sorted(one for one in city["airports"] if one in known))
            for code, city in airportsdata.load_iata_macs().items()
        }
    )


@cache
def _places_of(country: str) -> frozenset[str]:
    return frozenset(code for code, lies_in in countries().items() if lies_in == country)


def is_country(code: str) -> bool:
    """Is this a country, with airports or without (Monaco)?"""
    return code in _country_codes() or bool(_places_of(code))


@cache
def _country_codes() -> frozenset[str]:
    """ISO 3166, as the database of time zones lists it."""
    table = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    return frozenset(line[:2] for line in table.splitlines() if line[:1] != "#")


@dataclass(frozen=True, slots=True)
class Atlas:
    """The places a version of a programme speaks of: ``cities`` are its own (city → the airport that stands for it),
    ``zones`` are its groups of places by name."""

    cities: Mapping[str, str]
    zones: Mapping[str, frozenset[str]]

    def codes(self, words: Iterable[str]) -> frozenset[str]:
        """All codes under which a flight from one of these places may be reported. A word is a place (three letters), a
        country (two) or a zone. A city is also each of its airports; an airport that stands for a city is also that."""
        found: set[str] = set()
        for word in words:
            if word in self.zones:
                found |= self.zones[word]
            elif len(word) == 2:
                found |= _places_of(word)
            else:
                found.add(word)
                found.update(city_airports().get(word, ()))
        found.update(city for city, airport in self.cities.items() if airport in found)
        return frozenset(found)

    def country(self, code: str) -> str:
        """ "" where the place is not known."""
        return countries().get(self.cities.get(code, code), "") or countries().get(code, "")
