"""``ffgate send``: what becomes of a file, and what is refused."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from adapter.cli import cli
from adapter.door import Door, DoorClosed, door_file, find_door, open_door, order
from adapter.errors import TelegramError
from adapter.texts import telegrams_of
from adapter.wire.typeb_egress import mark_resent
from loyalty_core import Core

WHOLE = "QU MOWRMXY\n.MOWFFXY 201206\nFQA\nHELLO\n"
SETTINGS = """
database: {url: sqlite:///books.sqlite}
sending: {queue_max: 2}
links:
  dcs: {type: spool, directory: spool, encoding: cp866}
  xml: {type: http, listen: "tcp:0:interface=127.0.0.1"}
"""
AT = datetime(2026, 8, 20, 12, 6, 41, tzinfo=UTC)


def made(text: str, *to: str, origin: str = "") -> tuple[str, ...]:
    return telegrams_of(text.encode("cp866"), "cp866", to, origin, AT)


def codes(text: str, *to: str, origin: str = "") -> list[tuple[str, int]]:
    with pytest.raises(TelegramError) as raised:
        made(text, *to, origin=origin)
    return [(problem.code, problem.line) for problem in raised.value.problems]


def wire_size(text: str) -> int:
    """As a link sends it the second time."""
    return len(mark_resent(text).replace("\n", "\r\n"))


def test_a_whole_telegram_goes_as_it_is() -> None:
    assert made(WHOLE) == (WHOLE,)
    assert made("\x01" + WHOLE.replace("\n", "\r\n\r\n") + "\x03") == (WHOLE,), "framing belongs to the line"


def test_a_text_gets_an_envelope() -> None:
    assert made("FQA\nПРИВЕТ\n", "MOWRMXY", "LEDKKXY", origin="MOWFFXY") == (
        "MOWRMXY LEDKKXY\n.MOWFFXY 201206\nFQA\nПРИВЕТ\n",
    )


SECOND = "LEDRMXY\n.MOWFFXY 201207\nFQA\nAGAIN\n"


def test_each_telegram_of_a_file_is_one() -> None:
    assert made(f"ZCZC 1\n{WHOLE}NNNN\n\nZCZC 2\n{SECOND}NNNN\n") == (WHOLE, SECOND)
    assert made(f"\x01{WHOLE}\x03\r\n\x01{SECOND}\x03") == (WHOLE, SECOND)
    assert made(WHOLE + SECOND) == (WHOLE, SECOND)
    copy = "FTL\nXY418/20AUG DME PART{}\nNIL\n"
    first, last = copy.format(1) + "ENDPART1\n", copy.format(2) + "ENDFTL\n"
    head = "MOWRMXY\n.MOWFFXY 201206\n"
    assert made(first + last, "MOWRMXY", origin="MOWFFXY") == (head + first, head + last)
    assert codes(f"{WHOLE}NNNN\n\n{SECOND}\a\n") == [("control_character", 11)]
    assert codes((WHOLE + "NNNN\n") * 100) == [("telegrams_too_many", 1)]


def test_a_list_gets_an_envelope_and_keeps_its_end() -> None:
    copy = "FTL\nXY418/20AUG DME PART1\nNIL\nENDFTL\n"
    assert made(copy, "MOWRMXY", origin="MOWFFXY") == (f"MOWRMXY\n.MOWFFXY 201206\n{copy}",)


def test_a_long_text_goes_in_parts() -> None:
    lines = [f"LINE {number:04} OF A LONG TEXT" for number in range(300)]
    parts = made("\n".join(["FQA", *lines]), "MOWRMXY", origin="MOWFFXY")
    assert len(parts) == 3
    assert all(wire_size(part) <= 3000 for part in parts)
    assert parts[0].splitlines()[-1] == "PART 1 CONTINUED"
    assert [line for part in parts for line in part.splitlines() if line.startswith("LINE")] == lines


@pytest.mark.parametrize(
    "lines", [["X"] * 2000, ["X" * 63] * 200, ["X" * number for number in range(64)] * 4]
)
def test_parts_keep_their_size_on_the_wire_even_when_sent_again(lines: list[str]) -> None:
    parts = made("\n".join(["FQA", *lines]), "MOWRMXY", origin="MOWFFXY")
    assert len(parts) > 1
    assert all(wire_size(part) <= 3000 for part in parts)
    whole = WHOLE + "X\n" * 984
    assert wire_size(whole) == 2998
    assert made(whole) == (whole,)


@pytest.mark.parametrize(
    ("text", "to", "origin", "found"),
    [
        ("", (), "", [("telegram_empty", 1)]),
        ("\n\nFQA\nX\n", (), "", [("origin_missing", 3)]),
        (WHOLE, ("MOWRMXY",), "", [("envelope_twice", 1)]),
        ("HELLO\n", ("MOWRMXY",), "MOWFFXY", [("kind_missing", 1)]),
        ("FQA\nX\n", ("MOW",), "MOWFFXY", [("address_odd", 0)]),
        ("FQA\nX\n", ("MOWRMXY",), "MOW", [("origin_invalid", 0)]),
        (f"{WHOLE}\n{'X' * 70}\n", (), "", [("line_too_long", 6)]),
        (f"{WHOLE}BELL \a\n", (), "", [("control_character", 5)]),
        (WHOLE + "X\n" * 1500, (), "", [("telegram_too_long", 0)]),
        (WHOLE + "X\n" * 990, (), "", [("telegram_too_long", 0)]),
        (".MOWFFXY 201206\nFQA\nX\n", (), "", [("address_missing", 1)]),
        (
            "FTL\nXY418/20AUG DME\n" + "X\n" * 1500 + "ENDFTL",
            ("MOWRMXY",),
            "MOWFFXY",
            [("telegram_too_long", 0)],
        ),
    ],
)
def test_what_cannot_be_sent_is_told_with_its_line(
    text: str, to: tuple[str, ...], origin: str, found: list[tuple[str, int]]
) -> None:
    assert codes(text, *to, origin=origin) == found


def test_bytes_of_another_encoding_are_told_with_their_line() -> None:
    with pytest.raises(TelegramError) as raised:
        telegrams_of(b"FQA\nOK\n\xff\xfe\n", "utf-8", (), "", AT)
    assert [(one.code, one.line) for one in raised.value.problems] == [("wrong_encoding", 3)]


class Place:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "config.yaml").write_text(SETTINGS, encoding="utf-8")

    def file(self, name: str, text: str) -> str:
        path = self.directory / name
        path.write_text(text, encoding="cp866")
        return str(path)

    def send(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, ["send", "-c", str(self.directory / "config.yaml"), *arguments])

    def outbox(self) -> Any:
        core = Core.open(f"sqlite:///{self.directory}/books.sqlite", read_only=True)
        try:
            return core.status()["outbox"].get("dcs", {}).get("queued", 0)
        finally:
            core.close()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_telegrams_are_queued_without_a_server(place: Place) -> None:
    result = place.send("--link", "dcs", place.file("a.txt", WHOLE))
    assert result.exit_code == 0, result.output
    assert "a.txt: queued for link dcs, journal row 1" in result.output
    assert place.outbox() == 1
    again = place.send("--json", "--link", "dcs", place.file("b.txt", WHOLE))
    assert json.loads(again.output)["repeated"] is True
    assert place.outbox() == 1


def test_nothing_is_queued_where_one_file_cannot_be_sent(place: Place) -> None:
    good, bad = place.file("a.txt", WHOLE), place.file("b.txt", WHOLE + "X" * 80)
    result = place.send("--link", "dcs", good, bad)
    assert result.exit_code == 1
    assert f"{bad}:5:1: 80 columns, at most 69 [line_too_long]" in result.output
    assert not (place.directory / "books.sqlite").exists()


@pytest.mark.parametrize("link", ["xml", "other"])
def test_a_link_that_cannot_send_is_refused(link: str, place: Place) -> None:
    result = place.send("--link", link, place.file("a.txt", WHOLE))
    assert result.exit_code == 2
    assert "links that can: dcs" in result.output


def test_a_full_queue_refuses(place: Place) -> None:
    for number in range(2):
        assert place.send("--link", "dcs", place.file("a.txt", f"{WHOLE}{number}\n")).exit_code == 0
    result = place.send("--link", "dcs", place.file("a.txt", f"{WHOLE}MORE\n"))
    assert result.exit_code == 1
    assert "too many telegrams wait for link dcs" in result.output
    assert place.outbox() == 2


def test_without_door_a_running_writer_is_named(place: Place) -> None:
    core = Core.open(f"sqlite:///{place.directory}/books.sqlite")
    try:
        result = place.send("--link", "dcs", place.file("a.txt", WHOLE))
    finally:
        core.close()
    assert result.exit_code == 1
    assert "is being written by process" in result.output


def test_the_door_is_for_its_user_only_and_replaces_an_old_one(tmp_path: Path) -> None:
    path = door_file(tmp_path / "books.sqlite")
    assert find_door(path) is None
    for secret in ("old", "new"):
        open_door(path, Door("127.0.0.1", 1, secret, 7))
    assert path.stat().st_mode & 0o777 == 0o600
    found = find_door(path)
    assert found is not None
    assert found.secret == "new"
    path.write_text("{}", encoding="utf-8")
    assert find_door(path) is None
    with pytest.raises(DoorClosed, match="process 7 does not answer"):
        order(found, "telegrams", {})
