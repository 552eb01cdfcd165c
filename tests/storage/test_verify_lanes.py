"""Books that several processes wrote: sound ones are found sound, though one lane moved what another one made."""

from collections.abc import Iterator

import pytest

from loyalty_core import Core, Operation
from tests.storage.airline import opening
from tests.storage.books import one
from tests.storage.miles import adjust, capture, order, redeem, release, reserve, undo

Move = tuple[str, Operation]

STORIES: dict[str, list[Move]] = {
    "held in one, captured in another": [("west", reserve("H", 600)), ("east", capture("C", "H"))],
    "held in one, released in another": [("west", reserve("H", 600)), ("east", release("L", "H"))],
    "spent, given back and spent": [
        ("west", redeem("R1", 600)),
        ("west", undo("U1", "R1")),
        ("east", redeem("R2", 600)),
    ],
    "made late in the first lane, spent by the last": [
        ("west", adjust("A2", 500)),
        ("east", redeem("R1", 1200)),
        ("west", undo("U1", "R1")),
        ("east", redeem("R2", 1500)),
    ],
}


class Lanes:
    """On SQLite one process writes in several lanes, as a replay does; on PostgreSQL each lane has its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._cores = {"west": Core.open(url, lane="west")}
        if url.startswith("postgresql"):
            self._cores["east"] = Core.open(url, lane="east")

    def close(self) -> None:
        for core in self._cores.values():
            core.close()

    def do(self, lane: str, operation: Operation) -> None:
        core = self._cores.get(lane, self.core)
        (result,) = core.execute([order(operation)], lane=lane)
        assert result.state == "applied", result

    @property
    def core(self) -> Core:
        return self._cores["west"]


@pytest.fixture
def lanes(database_url: str) -> Iterator[Lanes]:
    found = Lanes(database_url)
    try:
        for message in opening():
            one(found.core, message)
        found.do("west", adjust("G", 1000))
        yield found
    finally:
        found.close()


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_sound_books_of_two_lanes_are_sound(story: list[Move], lanes: Lanes) -> None:
    for lane, operation in story:
        lanes.do(lane, operation)
    report = lanes.core.verify()
    assert report["ok"], [check for check in report["checks"] if not check["ok"]]
    assert set(report["lanes"]) == {"east", "west"}
