"""How far is it? The programme's own distance table first, the great circle between the airports otherwise.

Miles are statute miles. Every answer says how it was found, because a member will ask.
"""

import math
from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType

EARTH_RADIUS_MILES = 3958.8

_NOTHING: Mapping[str, str] = MappingProxyType({})


def distance(
    board_point: str,
    off_point: str,
    table: Mapping[tuple[str, str], int] | None = None,
    table_name: str = "",
    cities: Mapping[str, str] = _NOTHING,
    great_circle: bool = True,
) -> tuple[int, str] | None:
    """Whole miles between two airports or cities, and the method: ``table NAME`` or ``great circle DME-AER``.

    ``table`` holds sorted pairs of codes and counts both ways. ``cities`` names the airport that stands for
    a city code; it is used where the code itself is neither in the table nor an airport. None: a point is
    unknown, or the pair is not in the table and ``great_circle`` is off.
    """
    ends = (board_point, off_point)
    resolved = tuple(cities.get(code, code) for code in ends)
    if table:
        for pair in (ends, resolved):
            miles = table.get((min(pair), max(pair)))
            if miles is not None:
                return miles, f"table {table_name}"
    if not great_circle:
        return None
    exact = _great_circle_miles(*resolved)
    if exact is None:
        return None
    shown = "-".join(
        code if code == airport else f"{code}({airport})"
        for code, airport in zip(ends, resolved, strict=True)
    )
    return math.floor(exact + 0.5), f"great circle {shown}"


def is_known(code: str, cities: Mapping[str, str] = _NOTHING) -> bool:
    """Is there a place on the globe for this airport or city code?"""
    return _position(cities.get(code, code)) is not None


@lru_cache(maxsize=20_000)
def _great_circle_miles(a: str, b: str) -> float | None:
    # One order for both directions, so that rounding can't tell there from back.
    here, there = _position(min(a, b)), _position(max(a, b))
    if here is None or there is None:
        return None
    (latitude_a, longitude_a), (latitude_b, longitude_b) = here, there
    # Haversine: exact enough for short legs too, where the cosine formula loses digits.
    half = (
        math.sin((latitude_b - latitude_a) / 2) ** 2
        + math.cos(latitude_a) * math.cos(latitude_b) * math.sin((longitude_b - longitude_a) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_MILES * math.asin(min(1.0, math.sqrt(half)))


def _position(code: str) -> tuple[float, float] | None:
    """Latitude and longitude in radians; a city with several airports lies in the middle of them."""
    airports, cities = _atlas()
    return airports.get(code) or cities.get(code)


@cache
def _atlas() -> tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float]]]:
    # A tenth of a second and some megabytes: only paid when the first great circle is drawn.
    import airportsdata

    airports = {
        code: (math.radians(about["lat"]), math.radians(about["lon"]))
        for code, about in airportsdata.load("IATA").items()
    }
    cities = {}
    for code, city in airportsdata.load_iata_macs().items():
        places = [airports[airport] for airport in sorted(city["airports"]) if airport in airports]
        if places:
            cities[code] = (
                sum(latitude for latitude, _ in places) / len(places),
                sum(longitude for _, longitude in places) / len(places),
            )
    return airports, cities
