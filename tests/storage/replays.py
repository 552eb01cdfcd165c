"""Replays of a test's books from their own journal, by the code that replays an installation's."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from adapter.replaying import Replayed, rebuild
from loyalty_core import Core, Submission


def replayed(source_url: str, target_url: str, messages: Iterable[Submission]) -> Replayed:
    """The books of ``source_url`` rebuilt in an empty database. The journal says what was decided, in which order and
    when; ``messages`` stand in for reading its bytes, for tests make up messages that no map knows."""
    known = {(one.link, one.digest, one.set_key): one for one in messages if not one.problems}

    def read(row: Mapping[str, Any]) -> Submission:
        one = known[row["link"], bytes(row["digest"]), row["set_key"]]
        return replace(one, received_at=datetime.fromisoformat(row["received_at"]))

    source, target = Core.open(source_url, read_only=True), Core.open(target_url)
    try:
        return rebuild(source, target, read)
    finally:
        source.close()
        target.close()


def check_replay(source_url: str, target_url: str, messages: Iterable[Submission]) -> None:
    """The journal alone gives the same books, hash for hash."""
    found = replayed(source_url, target_url, messages)
    names = ("chain_head", "state_hash", "entries", "handled", "journal_id")
    assert {name: found.rebuilt[name] for name in names} == {name: found.original[name] for name in names}
    assert found.rebuilt["ok"], [check for check in found.rebuilt["checks"] if not check["ok"]]
