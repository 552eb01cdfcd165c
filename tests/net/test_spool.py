"""Spool directories: what is claimed, what becomes of it, and every step at which a process may end."""

import os
from datetime import UTC, datetime

import pytest

from adapter.envelope import Envelope, Reply
from adapter.net.spool_files import Finished
from tests.net.spools import AT, KEPT, NIL, RETRY, UNUSABLE, Host, Spool


def test_a_file_is_claimed_handed_over_and_archived(spool: Spool) -> None:
    host = Host()
    spool.drop("one.txt")
    spool.process(host)
    (envelope,) = host.taken
    assert (envelope.link, envelope.protocol, envelope.id, envelope.source) == (
        "dcs",
        "typeb",
        "one.txt#1",
        "one.txt",
    )
    assert (envelope.raw, envelope.encoding) == (NIL.encode(), "cp866")
    assert envelope.received_at == datetime.fromtimestamp(AT, UTC)
    assert (envelope.created_hint, envelope.kind_hint) == (None, "")
    assert spool.where() == {"done": ["one.txt"]}
    assert spool.counted == ["spool_claimed", "spool_done"]


def test_directories_are_closed_to_others(spool: Spool) -> None:
    spool.process(Host())
    for folder in ("incoming", "claimed", "done", "quarantine"):
        assert (spool.root / folder).stat().st_mode & 0o777 == 0o700


def test_the_name_of_a_copy_is_read(spool: Spool) -> None:
    host = Host()
    spool.drop("2026_08_20_12_06_07_123.0001234561.FTL.XY418.20.08.txt")
    spool.process(host)
    assert host.taken[0].created_hint == datetime(2026, 8, 20, 12, 6, 7, tzinfo=UTC)
    assert host.taken[0].kind_hint == "FTL"


def test_every_telegram_of_a_file_is_an_envelope(spool: Spool) -> None:
    host = Host()
    spool.drop("two.txt", NIL + "\n" + NIL)
    spool.process(host)
    assert [envelope.id for envelope in host.taken] == ["two.txt#1", "two.txt#2"]
    assert b"".join(envelope.raw for envelope in host.taken) == (NIL + "\n" + NIL).encode()


def test_suffix_rule(spool: Spool) -> None:
    host = Host()
    path = spool.drop("one.part")
    spool.drop(".hidden.txt")
    spool.process(host)
    assert host.taken == []
    path.rename(path.with_suffix(".txt"))
    spool.tick()
    assert len(host.taken) == 1
    assert spool.where() == {"incoming": [".hidden.txt"], "done": ["one.txt"]}


def test_unchanged_rule(spool: Spool) -> None:
    host = Host()
    path = spool.drop("one", NIL[:20])
    spool.process(host, Finished(unchanged_seconds=3))
    spool.tick(2)
    path.write_text(NIL)  # it grew: the wait begins again
    os.utime(path, (AT, AT))
    spool.tick(2)
    spool.tick(2)
    assert host.taken == []
    os.utime(path, (AT + 1, AT + 1))  # and so does it for a new time alone
    spool.tick(1)
    spool.tick(2)
    assert host.taken == []
    spool.tick(1)
    assert [envelope.raw for envelope in host.taken] == [NIL.encode()]


def test_files_beside_incoming_are_told_once(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    host = Host()
    spool.process(host)
    (spool.root / "lost.txt").write_text(NIL)
    (spool.root / ".hidden").write_text(NIL)
    for _ in range(3):
        spool.tick()
    assert spool.counted == ["spool_stray"]
    [record] = [one for one in caplog.records if "where nobody reads them" in one.getMessage()]
    assert "lost.txt" in record.getMessage()
    (spool.root / "lost.txt").rename(spool.root / "incoming" / "lost.txt")
    spool.tick()
    assert len(host.taken) == 1
    (spool.root / "lost.txt").write_text(NIL)
    spool.tick()
    assert spool.counted.count("spool_stray") == 2


def test_what_is_no_plain_file_stays_where_it_is(spool: Spool) -> None:
    host = Host()
    target = spool.drop("target")
    (spool.root / "incoming/link.txt").symlink_to(target)
    (spool.root / "incoming/folder.txt").mkdir()
    os.mkfifo(spool.root / "incoming/pipe.txt")
    spool.process(host)
    spool.tick()
    assert host.taken == []


def test_quarantine_says_why_without_saying_who(spool: Spool) -> None:
    host = Host(lambda envelope: UNUSABLE if envelope.id.endswith("2") else KEPT)
    spool.drop("two.txt", NIL + NIL)
    spool.process(host)
    assert spool.names("done") == spool.names("claimed") == []
    file, why = sorted((spool.root / "quarantine").iterdir())
    assert file.read_text() == NIL + NIL
    assert why.name == file.name + ".why"
    assert why.read_text() == "two.txt#2 from line 7\n  line_unknown line 11 column 1\n"


def test_not_processed_stays_claimed_and_is_handed_over_again(spool: Spool) -> None:
    replies = [KEPT, RETRY, RETRY, KEPT]
    host = Host(lambda envelope: replies.pop(0))
    spool.drop("two.txt", NIL + NIL)
    spool.process(host, retry_seconds=5)
    assert spool.where() == {"claimed": ["two.txt"]}
    spool.tick(4)
    assert len(host.taken) == 2
    spool.tick(1)
    spool.tick(5)
    assert [envelope.id for envelope in host.taken] == ["two.txt#1", "two.txt#2", "two.txt#2", "two.txt#2"]
    assert spool.where() == {"done": ["two.txt"]}


def test_a_handler_that_fails_is_tried_again(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    failures = [RuntimeError("defect")]

    def reply(envelope: Envelope) -> Reply:
        if failures:
            raise failures.pop()
        return KEPT

    spool.drop("one.txt")
    spool.process(Host(reply))
    assert spool.where() == {"claimed": ["one.txt"]}
    assert "could not be handed over" in caplog.text
    spool.tick(5)
    assert spool.where() == {"done": ["one.txt"]}


@pytest.mark.parametrize("content", ["", "не телеграмма", "\x00\x01\x02"])
def test_garbage_is_handed_over_as_one_envelope(spool: Spool, content: str) -> None:
    host = Host(lambda envelope: UNUSABLE)
    spool.drop("bad.txt", content)
    spool.process(host)
    assert [envelope.raw for envelope in host.taken] == [content.encode("cp866")]
    assert spool.where()["quarantine"][0] == "bad.txt"


def test_limits_of_files(spool: Spool) -> None:
    host = Host()
    spool.drop("long.txt", NIL * 30)
    spool.process(host, file_bytes_max=len(NIL) * 29, telegram_bytes_max=100)
    assert [len(envelope.raw) for envelope in host.taken] == [101]
    spool.drop("many.txt", NIL * 3)
    spool.process(host, telegrams_in_file_max=2)
    assert host.taken[1].raw == NIL.encode() * 3
    assert {"spool_file_too_long", "spool_file_too_many"} <= set(spool.counted)


def test_limits_in_flight(spool: Spool) -> None:
    host = Host(lambda envelope: None)
    for number in range(5):
        spool.drop(f"{number}.txt", NIL * 3)
    link = spool.process(host, files_in_flight_max=2, in_flight_max=4)
    assert (len(host.taken), link.in_flight) == (4, 4)
    assert len(spool.names("claimed")) == 2
    for _ in range(3):
        host.waiting.pop(0)(KEPT)
    assert link.in_flight == 3  # no more telegrams in the two files
    spool.tick()
    assert (len(spool.names("claimed")), link.in_flight) == (2, 4)
    while host.waiting:
        host.waiting.pop(0)(KEPT)
        spool.tick()
    assert len(spool.names("done")) == 5
    assert len(host.taken) == 15


def test_pause_and_resume(spool: Spool) -> None:
    host = Host(lambda envelope: None)
    spool.drop("one.txt", NIL * 2)
    link = spool.process(host, in_flight_max=1)
    link.pause()
    host.waiting.pop()(KEPT)
    spool.drop("two.txt")
    spool.tick(5)
    assert len(host.taken) == 1
    link.resume()
    assert len(host.taken) == 2
    spool.tick()
    assert spool.names("incoming") == []


def test_stop_waits_for_answers_and_leaves_the_rest_claimed(spool: Spool) -> None:
    host = Host(lambda envelope: None)
    spool.drop("one.txt")
    spool.drop("two.txt", NIL * 2)
    link = spool.process(host, in_flight_max=2)
    fired: list[None] = []
    link.stop().addCallback(fired.append)
    host.waiting.pop(0)(KEPT)
    assert fired == []
    host.waiting.pop(0)(KEPT)
    assert fired == [None]
    assert len(host.taken) == 2
    assert spool.where() == {"claimed": ["two.txt"], "done": ["one.txt"]}
    assert not spool.clock.getDelayedCalls()


def test_stop_with_nothing_under_way_fires_at_once(spool: Spool) -> None:
    fired: list[None] = []
    host = Host(lambda envelope: RETRY)
    spool.drop("one.txt")
    spool.process(host).stop().addCallback(fired.append)
    assert fired == [None]
    assert not spool.clock.getDelayedCalls()


def test_two_files_of_one_name_never_displace_each_other(spool: Spool) -> None:
    host = Host(lambda envelope: None)
    spool.drop("one.txt", NIL)
    spool.process(host)
    spool.drop("one.txt", NIL.replace("418", "419"))
    spool.tick()
    assert spool.names("claimed") == ["one.txt", "one.txt"]
    while host.waiting:
        host.waiting.pop()(KEPT)
    assert spool.names("done") == ["one.txt", "one.txt"]
    assert len({path.read_text() for path in (spool.root / "done").iterdir()}) == 2
