"""The campaign of ``python -m tests.replays`` in small: it has everything in it, and finds what differs."""

from itertools import islice, pairwise
from pathlib import Path

import pytest

from tests.replays import rebuilding
from tests.replays.departures import Sent
from tests.replays.journal import build
from tests.replays.rebuilding import Done, rebuild
from tests.replays.traffic import Activated, Imported, Restarted, traffic
from tests.storage.books import count, query

SEED, MESSAGES = 3, 250
LISTS = {"FTL", "PRL", "ETL", "PFS", "PNL", "ADL", "ASL"}


def test_a_journal_of_all_kinds_is_rebuilt_hash_for_hash(tmp_path: Path) -> None:
    built = build(tmp_path, SEED, MESSAGES)
    kinds = {kind for kind, _state in built.ends}
    assert LISTS | {"ffp_accrual", "ffp_redeem", "ffp_claim", "MVT", "members", "programme"} <= kinds
    assert {"applied", "refused", "quarantined", "waiting", "repeated"} <= {
        state for _kind, state in built.ends
    }
    original = f"sqlite:///{tmp_path}/var/ffgate.sqlite"
    assert built.rows == count(original, "journal") >= MESSAGES
    again = "SELECT count(*) FROM handling AS first JOIN handling AS later USING (journal_id)"
    granted = (
        f"{again} WHERE first.state = 'refused' AND later.state = 'applied' AND later.number > first.number"
    )
    assert query(original, granted)[0][0] > 0
    assert {lane for (lane,) in query(original, "SELECT DISTINCT lane FROM handling")} == {"main", "east"}
    assert {link for (link,) in query(original, "SELECT DISTINCT link FROM journal")} >= {"clock", "outbox"}
    assert rebuild(tmp_path, {"SQLite": f"sqlite:///{tmp_path}/rebuilt.sqlite"}) == []


def test_one_seed_makes_one_traffic() -> None:
    first = list(islice(traffic(7, 2000), 1500))
    assert first == list(islice(traffic(7, 2000), 1500))
    assert first != list(islice(traffic(8, 2000), 1500))
    assert all(before.at <= after.at for before, after in pairwise(first))
    assert {type(event) for event in first} == {Sent, Imported, Activated, Restarted}


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"state_hash": "other"}, ["SQLite: state_hash is other, of the original same"]),
        ({"chain_head": "other"}, ["SQLite: chain_head is other, of the original same"]),
        ({"entries": 4}, ["SQLite: entries is 4, of the original 5"]),
        ({"checks": [{"name": "debts", "ok": False, "found": ["M1"]}]}, ["SQLite: debts: ['M1']"]),
        ({"same": False}, ["SQLite: ffgate replay says that the books are not the same"]),
    ],
)
def test_what_differs_is_told(
    fault: dict[str, object], told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = {"ok": True, "state_hash": "same", "chain_head": "same", "entries": 5, "checks": []}

    def command(directory: Path, *arguments: str) -> Done:
        is_rebuilt = arguments[0] == "replay" or "--config" in arguments
        return Done(0, {"rows": 9, "same": True, **good, **(fault if is_rebuilt else {})}, 1.0, 1.0, 1.0)

    monkeypatch.setattr(rebuilding, "ffgate", command)
    assert rebuild(tmp_path, {"SQLite": "sqlite:///rebuilt.sqlite"}) == told


def test_a_command_that_fails_is_no_comparison(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("database: {url: 'sqlite:///nowhere.sqlite'}\n")
    with pytest.raises(RuntimeError, match="no database at"):
        rebuild(tmp_path, {})
