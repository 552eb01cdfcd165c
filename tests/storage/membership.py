"""What is said of members and cards in tests: statements in the shortest form, and all their orders."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import permutations
from pathlib import Path

from loyalty_core import (
    CardStated,
    Core,
    MemberRelated,
    MembersImported,
    MembersMerged,
    MemberStated,
    MembersUnmerged,
    Submission,
)
from tests.storage.airline import HEADER, NOON, opening, submission

SINCE = date(2026, 8, 1)


def at(hours: float) -> datetime:
    """An instant of saying, so many hours after noon of the flight's day."""
    return NOON + timedelta(hours=hours)


def member(state: str, *, since: date = SINCE, said: float = -2, number: str = "M1") -> MemberStated:
    return MemberStated("UT", number, state, since, at(said))


def card(
    state: str, *, since: date = SINCE, said: float = -2, number: str = "7700000000011", by: str = ""
) -> CardStated:
    return CardStated("UT", number, state, since, at(said), by)


def members(*rows: str, columns: str = "", said: float = 0) -> Submission:
    """A member file in the columns of ``HEADER`` and more, received at ``said``."""
    text = HEADER.rstrip() + columns + "\n" + "".join(f"{row}\n" for row in rows)
    return submission(MembersImported(text.encode()), received_at=at(said))


def state_after(url: str, batches: Sequence[Sequence[Submission]], first: Sequence[Submission] = ()) -> str:
    """The state hash of new books after all this; the invariants must hold."""
    core = Core.open(url)
    try:
        for batch in ([*opening(), *first], *batches):
            for result in core.execute(batch) if batch else ():
                assert not result.system_error
        report = core.verify()
        assert report["ok"], [check for check in report["checks"] if not check["ok"]]
        return str(report["state_hash"])
    finally:
        core.close()


def all_orders(tmp_path: Path, messages: Sequence[Submission], first: Sequence[Submission] = ()) -> str:
    """The one state hash in which all orders of these messages end."""
    found: dict[str, tuple[int, ...]] = {}
    for number, order in enumerate(permutations(range(len(messages)))):
        batch = [messages[each] for each in order]
        batches = [batch] if number % 2 else [[each] for each in batch]
        found[state_after(f"sqlite:///{tmp_path}/{number}.sqlite", batches, first)] = order
    assert len(found) == 1, f"orders with different ends: {list(found.values())}"
    return next(iter(found))


def merge(number: str, into: str, *, said: float = -2) -> MembersMerged:
    return MembersMerged("UT", number, into, at(said))


def unmerge(number: str, *, said: float = -1) -> MembersUnmerged:
    return MembersUnmerged("UT", number, at(said))


def relate(
    relation: str, number: str = "", other: str = "", *, card: str = "", since: date = SINCE, said: float = -2
) -> MemberRelated:
    return MemberRelated("UT", relation, since, at(said), number, card, other)
