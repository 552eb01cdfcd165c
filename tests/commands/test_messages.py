"""``ffgate decode`` and ``ffgate ingest``: what scripts read from them, their exit codes, and bad files."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.commands.command import run

FTL = """QU MOWFFUT
.DMEKMUT 201205
FTL
UT0280/20AUG DME PART1
-AER02Y
1ORLOVA/VERA MRS
.L/7KQ2ZM/UT
.R/FQTV UT 2904000000017-M
1BELOV/OLEG
.L/7KQ2ZN/UT
.R/FQTV UT 2904000000025
END{end}
"""
SECOND = """QU MOWFFUT
.DMEKMUT 201205
FTL
UT0280/20AUG DME PART2
-AER03Y
1ZIMIN/YURI
.R/FQTV UT 2904000000033
ENDFTL
"""
CHECK = (
    '<query><ffp_info><ffp company="UT" surname="ORLOVA" name="VERA">2904000000017</ffp></ffp_info></query>\n'
)
RECEIVED = ("--received-at", "2026-08-21T06:30:00Z")
SETTINGS = """
links:
  dcs: {type: http, listen: "tcp:8080:interface=127.0.0.1"}
  all: {type: http, listen: "tcp:8081:interface=127.0.0.1", journal: all}
  dcs-files: {type: spool, directory: spool, encoding: cp866}
"""


def rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def write(directory: Path, name: str, text: str | bytes) -> Path:
    path = directory / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(tmp_path, "config.yaml", SETTINGS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_decode_gives_one_object_per_message_with_lines_and_transactions(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", FTL.format(end="FTL"))
    [one] = rows(run("decode", "--json", *RECEIVED, path))
    assert (one["file"], one["files"], one["kind"], one["parts"]) == (str(path), [str(path)], "FTL", [1])
    assert (one["problems"], one["lines"], one["unread"]) == ([], 12, [])
    [transaction] = one["transactions"]
    assert transaction["type"] == "ListReceived"
    assert transaction["departure"]["on"] == "2026-08-20"
    assert transaction["edition"] == "2026-08-20T12:05:00+00:00"
    assert [person["line"] for person in transaction["persons"]] == [6, 9]


def test_decode_needs_no_settings_and_creates_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "a.txt", FTL.format(end="FTL"))
    monkeypatch.chdir(tmp_path)
    run("decode", *RECEIVED, path)
    assert list(tmp_path.iterdir()) == [path]


def test_decode_joins_parts_from_several_files_and_names_their_lines(tmp_path: Path) -> None:
    first = write(tmp_path, "1.txt", FTL.format(end="PART1").replace("-AER02Y", "-AER03Y"))
    second = write(tmp_path, "2.txt", "\n" + SECOND.replace("1ZIMIN/YURI\n", "1ZIMIN/YURI\n.Q/NONSENSE\n"))
    [one] = rows(run("decode", "--json", *RECEIVED, second, first, code=1))
    assert one["parts"] == [1, 2]
    assert set(one["files"]) == {str(first), str(second)}
    # What follows a line that nobody knows may belong to somebody else: it is left unread with it.
    assert one["unread"] == [{"file": str(second), "line": 8}, {"file": str(second), "line": 9}]
    [problem] = one["problems"]
    assert (problem["file"], problem["line"]) == (str(second), 8)
    assert set(problem) >= {"code", "file", "line", "column", "text"}


def test_decode_tells_of_a_part_that_is_missing(tmp_path: Path) -> None:
    [one] = rows(run("decode", "--json", *RECEIVED, write(tmp_path, "2.txt", SECOND), code=1))
    assert one["parts"] == [2]
    assert one["problems"]
    assert one["transactions"] == []


def test_decode_reads_xml_with_and_without_its_http_head(tmp_path: Path) -> None:
    head = "POST /astra HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nContent-Length: 7\r\n\r\n"
    bare = write(tmp_path, "check.xml", CHECK)
    dumped = write(tmp_path, "dump.txt", head + CHECK.replace("2904000000017", "29 04"))
    good, bad = rows(run("decode", "--json", bare, dumped, code=1))
    assert (good["kind"], good["problems"]) == ("ffp_info", [])
    assert good["transactions"][0]["type"] == "CardCheck"
    assert bad["kind"] == "ffp_info"
    assert bad["problems"][0]["line"] == 5, "the line in the file, below the head"


@pytest.mark.parametrize(
    ("name", "content", "kind", "code"),
    [
        ("other.xml", b"<term><query/></term>", "term", "unknown_method"),
        ("cut.xml", b"<query><ffp_in", "", "xml_not_well_formed"),
        ("pfs.txt", b".DMEKMUT 201205\nPFS\nUT0280/20AUG DME PART1\nENDPFS\n", "PFS", "element_unexpected"),
        ("noise.txt", bytes(range(256)), "", "encoding_wrong"),
        ("empty.txt", b"", "", "telegram_empty"),
    ],
)
def test_decode_names_what_it_cannot_use(
    tmp_path: Path, name: str, content: bytes, kind: str, code: str
) -> None:
    path = write(tmp_path, name, content)
    [one] = rows(run("decode", "--json", *RECEIVED, path, code=1))
    assert one["kind"] == kind
    assert code in [problem["code"] for problem in one["problems"]]
    assert one["transactions"] == []
    assert f"{path}:" in run("decode", *RECEIVED, path, code=1).stdout


def test_decode_reads_telegrams_in_the_encoding_that_is_named(tmp_path: Path) -> None:
    text = FTL.format(end="FTL").replace("ORLOVA/VERA MRS", "ОРЛОВА/ВЕРА")
    path = write(tmp_path, "a.txt", text.encode("cp866"))
    assert rows(run("decode", "--json", *RECEIVED, path, code=1))[0]["problems"]
    [one] = rows(run("decode", "--json", "--encoding", "cp866", *RECEIVED, path))
    assert one["transactions"][0]["persons"][0]["name"]["surname"] == "ОРЛОВА"


def test_decode_says_in_words_what_a_message_means(tmp_path: Path) -> None:
    text = run("decode", *RECEIVED, write(tmp_path, "a.txt", FTL.format(end="FTL"))).stdout
    assert "FTL, 12 lines, 0 unread: 1 transaction" in text
    assert "line 6  ORLOVA/VERA MRS  AER Y  FQTV UT 2904000000017-M" in text


def test_ingest_takes_parts_in_and_reads_the_set_they_close(installed: Path) -> None:
    first = write(installed, "1.txt", FTL.format(end="PART1").replace("-AER02Y", "-AER03Y"))
    second = write(installed, "2.txt", SECOND)
    one, two, joined = rows(run("ingest", "--link", "dcs-files", "--json", *RECEIVED, second, first))
    assert (one["file"], one["state"], one["kind"]) == (str(second), "waiting", "FTL")
    assert two["state"] == "applied"
    assert (joined["state"], joined["kind"]) == ("applied", "FTL")
    assert joined["set_key"]
    assert joined["outcomes"][0]["type"] == "ListOutcome"
    assert joined["outcomes"][0]["persons"] == 3
    again = rows(run("ingest", "--link", "dcs-files", "--json", *RECEIVED, second, first))
    assert [row["repeated"] for row in again] == [True, True]
    assert [row["journal_id"] for row in again] == [one["journal_id"], two["journal_id"]]


def test_ingest_quarantines_as_a_link_would_and_says_so(installed: Path) -> None:
    path = write(installed, "bad.txt", FTL.format(end="FTL").replace("1BELOV/OLEG", "BELOV"))
    [one] = rows(run("ingest", "--link", "dcs-files", "--json", *RECEIVED, path, code=1))
    assert (one["state"], one["kind"]) == ("quarantined", "FTL")
    assert one["problems"]
    assert one["journal_id"]
    assert "quarantined" in run("ingest", "--link", "dcs-files", *RECEIVED, path, code=1).stdout


def test_ingest_answers_questions_and_journals_them_only_where_told(installed: Path) -> None:
    path = write(installed, "check.xml", CHECK)
    [asked] = rows(run("ingest", "--link", "dcs", "--json", path))
    assert (asked["state"], asked["journal_id"], asked["kind"]) == ("answered", None, "ffp_info")
    assert asked["outcomes"][0]["reason"] == "card_unknown"
    assert '<error code="3"' in asked["reply"]
    [kept] = rows(run("ingest", "--link", "all", "--json", path))
    assert kept["journal_id"]
    assert '<error code="3"' in kept["reply"]


def test_ingest_refuses_an_unknown_link_and_names_those_there_are(installed: Path) -> None:
    path = write(installed, "check.xml", CHECK)
    refused = run("ingest", "--link", "dsc", path, code=2)
    assert "'dsc'" in refused.stderr
    assert "dcs" in refused.stderr


def test_a_time_that_is_none_is_a_usage_error(installed: Path) -> None:
    path = write(installed, "check.xml", CHECK)
    assert "not a time" in run("decode", "--received-at", "yesterday", path, code=2).stderr


def test_every_sample_file_is_named_and_served_kinds_are_read_in_full(shared: Path) -> None:
    files = sorted((shared / "corpus" / "constructed").iterdir())
    decoded = rows(run("decode", "--json", *RECEIVED, *files, code=1))
    assert {file for one in decoded for file in one["files"]} == {str(file) for file in files}
    served = [one for one in decoded if len(one["kind"]) == 3 or one["kind"] == "ffp_info"]
    assert len(served) >= 14
    assert [one["file"] for one in served if one["problems"] or one["unread"]] == []
    assert all(one["problems"] for one in decoded if one not in served)


def test_twelve_real_parts_are_one_list(shared: Path) -> None:
    files = sorted((shared / "corpus" / "astra" / "typeb" / "PRL").iterdir())
    [one] = rows(run("decode", "--json", "--received-at", "2014-01-10T00:00:00Z", *files))
    assert one["parts"] == list(range(1, 13))
    assert one["unread"] == []


UNREAD = (
    FTL.format(end="PRL").replace("\nFTL\n", "\nPRL\n").replace("2904000000017-M", "\n.R/TKNE HK1 29861/9")
)


def test_lines_that_nobody_could_read_leave_a_trace(installed: Path) -> None:
    path = write(installed, "prl.txt", UNREAD)
    [one] = rows(run("ingest", "--link", "dcs-files", "--json", *RECEIVED, path))
    assert (one["state"], one["problems"]) == ("applied", [])
    assert [(each["code"], each["line"]) for each in one["warnings"]] == [
        ("line_unreadable", 8),
        ("line_unreadable", 9),
    ]
    text = run("explain", "--journal", str(one["journal_id"])).stdout
    assert "warning: line_unreadable: line 8, column 4: not in the form of: accrual" in text
    told = json.loads(run("explain", "--json", "--journal", str(one["journal_id"])).stdout)
    assert [each["line"] for each in told["journal"]["handling"][-1]["warnings"]] == [8, 9]


def test_a_repeat_names_unread_lines_to_whoever_ingests(installed: Path) -> None:
    path = write(installed, "prl.txt", UNREAD)
    text = run("ingest", "--link", "dcs-files", *RECEIVED, path, path).stdout
    assert text.count("warning: line 9, column 4: not in the form of: ticket [line_unreadable]") == 2
