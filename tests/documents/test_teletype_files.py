"""Files of telegrams read without a journal, own ones and the reference corpus."""

from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest

from adapter.documents.document import Document
from adapter.documents.teletype_files import Reading, read_files
from adapter.documents.teletype_grammar import Grammar
from adapter.errors import DocumentError, Problem

SAMPLES = Path(__file__).resolve().parent / "samples"
RECEIVED = datetime(2026, 8, 20, 15, 0, tzinfo=UTC)


def read(grammars: dict[str, Grammar], *files: tuple[str, bytes]) -> tuple[Reading, ...]:
    return read_files(files, grammars, encoding="utf-8", received_at=RECEIVED)


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.txt").read_bytes()


def test_parts_of_several_files_are_one_message(grammars: dict[str, Grammar]) -> None:
    files = [(f"in/{number}.txt", sample(f"PRL_part{number}")) for number in (3, 1, 2)]
    (reading,) = read(grammars, *files)
    assert (reading.kind, reading.parts, reading.unread, reading.problems) == ("PRL", (1, 2, 3), (), ())
    assert reading.files == ("in/1.txt", "in/2.txt", "in/3.txt")
    assert reading.document is not None
    places = [reading.places[p.sourceline - 1] for p in reading.document.tree.findall("group/passenger")]
    assert places == [("in/1.txt", 6), ("in/2.txt", 6), ("in/3.txt", 6)]


def test_several_messages_of_one_file(grammars: dict[str, Grammar]) -> None:
    broken = sample("FTL_latin").replace(b"1MELNIK", b"1melnik")
    content = sample("PRL_part1") + sample("PRL_part2") + sample("PRL_part3") + broken + sample("FTL_nil")
    readings = read(grammars, ("all.txt", content))
    assert [(r.kind, r.parts, r.document is not None) for r in readings] == [
        ("PRL", (1, 2, 3), True),
        ("FTL", (1,), False),
        ("FTL", (1,), True),
    ]
    (problem,) = readings[1].problems
    first = content[: content.index(broken)].count(b"\n")
    assert (problem.code, problem.file, problem.line) == ("line_unreadable", "all.txt", first + 9)
    assert readings[1].unread == tuple(("all.txt", first + line) for line in range(9, 14))


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_each_part_is_within_reach_of_another(order: tuple[int, ...], grammars: dict[str, Grammar]) -> None:
    """Dated each by itself: the ends are too far apart, the one between is their link."""
    files = []
    for number in order:
        minute, end = number - 1, "ENDPNL" if number == 3 else f"ENDPART{number}"
        text = f"MOWFFXY\n.DMEDCXY 20120{minute}{minute}0\nPNL\nXY418/20AUG DME PART{number}\n"
        files.append((f"{number}.txt", f"{text}-LED03Y\n1ABLE/{'ABC'[minute]}\n{end}\n".encode()))
    (reading,) = read(grammars, *files)
    assert (reading.parts, reading.problems) == ((1, 2, 3), ())
    assert reading.document is not None


def test_gaps_repeats_and_conflicts(grammars: dict[str, Grammar]) -> None:
    one, two, three = (sample(f"PRL_part{number}") for number in (1, 2, 3))
    (gap,) = read(grammars, ("1", one), ("3", three))
    assert (gap.document, gap.problems[0].code) == (None, "part_missing")
    (repeated,) = read(grammars, ("1", one), ("2", two), ("2b", two), ("3", three))
    assert repeated.document is not None
    assert [(problem.code, problem.file) for problem in repeated.problems] == [("part_repeated", "2b")]
    (conflict,) = read(grammars, ("1", one), ("2", two), ("2b", two.replace(b"BEN", b"BOB")), ("3", three))
    assert (conflict.document, conflict.problems[0].code) == (None, "part_conflict")


def test_unusable_telegrams_count_all_their_lines_as_unread(grammars: dict[str, Grammar]) -> None:
    pnl = b"\nMOWFFXY\n.DMEDCXY 201206\nQQQ\nXY418/20AUG DME PART1\nANY\nENDQQQ\n"
    (reading,) = read(grammars, ("x.txt", pnl))
    assert (reading.kind, reading.document, reading.problems[0].code) == ("QQQ", None, "kind_unknown")
    assert reading.problems[0].line == 4
    assert reading.unread == tuple(("x.txt", line) for line in range(2, 8))
    (empty,) = read(grammars, ("e.txt", b""))
    assert (empty.problems[0].code, empty.lines) == ("telegram_empty", 0)


def test_a_document_that_fails_its_check_is_unusable(grammars: dict[str, Grammar]) -> None:
    def refuse(document: Document) -> Document:
        raise DocumentError([Problem("invalid", "no", line=6)], document.kind)

    files = [("f.txt", sample("FTL_latin"))]
    (reading,) = read_files(files, grammars, encoding="utf-8", received_at=RECEIVED, check=refuse)
    assert reading.document is None
    assert [(problem.code, problem.line) for problem in reading.problems] == [("invalid", 6)]


CORPUS_DAY = datetime(2021, 8, 20, 15, 0, tzinfo=UTC)


def test_every_list_of_the_constructed_corpus(grammars: dict[str, Grammar], shared: Path) -> None:
    files = sorted((shared / "corpus/constructed").glob("[FEP][TR]L_*.txt"))
    assert len(files) >= 8
    for file in files:
        readings = read_files(
            [(file.name, file.read_bytes())], grammars, encoding="utf-8", received_at=CORPUS_DAY
        )
        assert len(readings) == 1, file
        assert readings[0].document is not None, (file, readings[0].problems)
        assert readings[0].unread == (), file
        assert {problem.code for problem in readings[0].problems} <= {"fewer_names_than_total"}, file


def test_twelve_parts_of_one_real_list(grammars: dict[str, Grammar], shared: Path) -> None:
    files = [(file.name, file.read_bytes()) for file in (shared / "corpus/astra/typeb/PRL").glob("*.txt")]
    assert len(files) == 12
    (reading,) = read_files(files, grammars, encoding="utf-8", received_at=CORPUS_DAY)
    assert reading.document is not None
    assert (reading.parts, reading.unread, reading.problems) == (tuple(range(1, 13)), (), ())
    assert len(reading.document.tree.findall("group/passenger")) == 115
    assert len(reading.document.tree.findall("group/passenger/ticket")) == 115


def test_parts_made_at_different_minutes(grammars: dict[str, Grammar]) -> None:
    """A PNL whose parts are dated each by itself is one list, twice within two minutes two; an FTL never."""

    def part(kind: str, minute: int, number: int, last: int) -> bytes:
        end = f"END{kind}" if number == last else f"ENDPART{number}"
        head = f"MOWFFUT\n.MOWRMUT 2012{minute:02}\n{kind}\nUT451/20AUG DME PART{number}\n"
        return f"{head}-AER02Y\n1ORLOVA/VERA\n.R/FQTV UT 290400000001{number}\n{end}\n".encode()

    pnl = [("2.txt", part("PNL", 6, 2, 2)), ("1.txt", part("PNL", 5, 1, 2))]
    assert [reading.parts for reading in read(grammars, *pnl)] == [(1, 2)]
    again = [("3.txt", part("PNL", 8, 1, 2)), ("4.txt", part("PNL", 9, 2, 2))]
    assert [reading.parts for reading in read(grammars, *pnl, *again)] == [(1, 2), (1, 2)]
    ftl = [("1.txt", part("FTL", 5, 1, 2)), ("2.txt", part("FTL", 6, 2, 2))]
    assert [reading.parts for reading in read(grammars, *ftl)] == [(1,), (2,)]
