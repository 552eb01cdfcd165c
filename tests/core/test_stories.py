"""The stories of ``stories``: every order of their messages, singly and in one batch, ends as they say."""

import random
import shutil
from itertools import permutations
from pathlib import Path

import pytest

from loyalty_core import Core, MembersImported, ProgrammeActivated
from tests.core.story_language import HEADER, MEMBERS, Story, read_stories
from tests.storage.airline import PROGRAMME, submission
from tests.storage.books import query
from tests.storage.history_programmes import LATE

FOLDER = Path(__file__).parent / "stories"
STORIES = [story for path in sorted(FOLDER.glob("*.yaml")) for story in read_stories(path)]
ORDERS_MAX = 120


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Books with programme and members, by policy."""
    folder = tmp_path_factory.mktemp("opened")
    members = (HEADER + "".join(rows for name, rows in MEMBERS.items() if name != "LATER")).encode()
    for name, programme in {"": PROGRAMME, "late": LATE}.items():
        core = Core.open(f"sqlite:///{folder}/{name}.sqlite")
        core.execute(
            [submission(ProgrammeActivated(programme, "demo.yaml")), submission(MembersImported(members))]
        )
        core.close()
    return {"": folder / ".sqlite", "late": folder / "late.sqlite"}


def orders_of(story: Story) -> list[tuple[int, ...]]:
    """All orders of up to five messages."""
    orders = list(permutations(range(len(story.messages))))
    if len(orders) > ORDERS_MAX:
        orders = [orders[0], *random.Random(story.name).sample(orders, ORDERS_MAX - 1)]
    return orders


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_story(story: Story, opened: dict[str, Path], tmp_path: Path) -> None:
    hashes = set()
    path = tmp_path / "books.sqlite"
    for number, order in enumerate(orders_of(story)):
        shutil.copy(opened[story.policy], path)
        core = Core.open(f"sqlite:///{path}")
        batch = [submission(story.messages[each]) for each in order]
        for part in [batch] if number % 2 else [[each] for each in batch]:
            assert not any(result.system_error for result in core.execute(part))
        report = core.verify()
        assert report["ok"], (order, [check for check in report["checks"] if not check["ok"]])
        hashes.add(report["state_hash"])
        rows = query(core.url, "SELECT state, credit, reason FROM carriage")
        core.close()
        assert tuple(sorted(" ".join(row).strip() for row in rows)) == story.ends, order
        balances = query(core.url, "SELECT account, unit, amount FROM balance WHERE account LIKE 'member:%'")
        assert _miles(balances) == story.miles, order
        for each in tmp_path.iterdir():
            each.unlink()
    assert len(hashes) == 1, "the order shows"


def _miles(balances: object) -> dict[str, str]:
    """Award miles by member, then pending ones with that word: ``840, 500 pending``."""
    found: dict[str, str] = {}
    for account, _unit, amount in sorted(balances):  # type: ignore[call-overload]
        _member, _programme, number, purpose = account.split(":")
        if amount and purpose in ("award", "pending"):
            told = str(amount) + (" pending" if purpose == "pending" else "")
            found[number] = f"{found[number]}, {told}" if number in found else told
    return found


def test_there_are_enough_and_no_two_of_one_name() -> None:
    assert len({story.name for story in STORIES}) == len(STORIES) >= 60
