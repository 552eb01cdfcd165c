"""Time zones of airports: a flight's date is the local one at its board point."""

from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@cache
def zone_of(airport: str) -> ZoneInfo:
    """The time zone of an airport or of the first airport of a city; UTC where neither is known."""
    airports, cities = _places()
    try:
        return ZoneInfo(airports.get(airport) or airports.get(cities.get(airport, "")) or "UTC")
    except ZoneInfoNotFoundError:
        return ZoneInfo("UTC")


@cache
def _places() -> tuple[dict[str, str], dict[str, str]]:
    import airportsdata

    airports = {code: about["tz"] for code, about in airportsdata.load("IATA").items()}
    cities = {
        code: next((one for one in sorted(city["airports"]) if one in airports), "")
        for code, city in airportsdata.load_iata_macs().items()
    }
    return airports, cities
