"""Distances: own table first, the globe otherwise, and always with the method."""

import subprocess
import sys

import pytest

from loyalty_core.distance import distance, is_known

TABLE = {("AER", "DME"): 840, ("LED", "VKO"): 400}


@pytest.mark.parametrize(
    ("board_point", "off_point", "found"),
    [
        ("DME", "AER", (840, "table own 7")),
        ("AER", "DME", (840, "table own 7")),
        ("MOW", "LED", (400, "table own 7")),
        ("LED", "MOW", (400, "table own 7")),
        ("DME", "LED", (414, "great circle DME-LED")),
        ("MOW", "AER", (847, "great circle MOW(VKO)-AER")),
        ("LED", "LED", (0, "great circle LED-LED")),
        ("DME", "QQQ", None),
        ("QQQ", "AER", None),
        ("", "AER", None),
        ("dme", "AER", None),
    ],
)
def test_table_then_globe(board_point: str, off_point: str, found: tuple[int, str] | None) -> None:
    assert distance(board_point, off_point, TABLE, "own 7", {"MOW": "VKO"}) == found


@pytest.mark.parametrize(
    ("board_point", "off_point", "about"),
    [
        ("JFK", "LHR", 3451),
        ("SYD", "LAX", 7488),
        ("SVO", "KZN", 461),
        ("AKL", "SCL", 6012),
        ("DME", "AER", 831),
    ],
)
def test_great_circles_as_published(board_point: str, off_point: str, about: int) -> None:
    """Published figures are of the ellipsoid, ours of a sphere: up to half a percent apart."""
    there, back = distance(board_point, off_point), distance(off_point, board_point)
    assert there is not None
    assert back is not None
    assert there[0] == back[0]
    assert there[0] == pytest.approx(about, rel=0.005)


def test_a_city_of_several_airports_lies_between_them() -> None:
    city = distance("MOW", "AER")
    airports = [distance(code, "AER") for code in ("DME", "SVO", "VKO")]
    assert city is not None
    miles = [airport[0] for airport in airports if airport]
    assert min(miles) < city[0] < max(miles)
    assert city[1] == "great circle MOW-AER"


def test_the_table_alone() -> None:
    assert distance("DME", "LED", TABLE, "own", great_circle=False) is None
    assert distance("DME", "AER", TABLE, "own", great_circle=False) == (840, "table own")


def test_known_places() -> None:
    assert is_known("DME")
    assert is_known("MOW")
    assert is_known("XMO", {"XMO": "DME"})
    assert not is_known("QQQ")
    assert not is_known("")


def test_the_atlas_is_not_loaded_before_it_is_needed() -> None:
    code = (
        "import sys; from loyalty_core.distance import distance;"
        "distance('A', 'B', {('A', 'B'): 1}, 't'); assert 'airportsdata' not in sys.modules;"
        "distance('DME', 'AER'); assert 'airportsdata' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
