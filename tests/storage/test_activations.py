"""A table of code shares is activated while its flights are in progress."""

from itertools import permutations
from pathlib import Path

from loyalty_core import Core, ProgrammeActivated
from tests.core.story_language import read_message
from tests.storage.airline import PROGRAMME, submission
from tests.storage.books import balances, books, one
from tests.storage.history_programmes import LATE
from tests.storage.test_identity import carriages

TABLE = submission(ProgrammeActivated(LATE, "demo.yaml"))
SOLD, OPERATED = (
    submission(read_message(text)) for text in ("FTL ZZ.900 by ZZAAAA | VERA V", "FTL 451 | VERA V")
)
WITHOUT = submission(ProgrammeActivated(PROGRAMME + b"# as before\n", "demo.yaml"))


def test_whenever_the_table_comes_the_flight_is_one(tmp_path: Path) -> None:
    found = set()
    for number, order in enumerate(permutations([TABLE, SOLD, OPERATED])):
        for size in (1, 3):
            core: Core
            with books(f"sqlite:///{tmp_path}/{number}-{size}.sqlite") as core:
                for at in range(0, 3, size):
                    core.execute(order[at : at + size])
                report = core.verify()
                assert report["ok"]
                found.add(report["state_hash"])
                assert balances(core) == {"pending": 840}
                assert sorted(each[3] for each in carriages(core)) == ["pending", "refused"]
    assert len(found) == 1


def test_without_the_table_they_are_two_again(tmp_path: Path) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite", TABLE) as core:
        for each in (SOLD, OPERATED, WITHOUT):
            one(core, each)
        assert sorted(each[3] for each in carriages(core)) == ["pending", "pending"]
        assert core.verify()["ok"]
