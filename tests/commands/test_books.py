"""``members``, ``status``, ``verify``, ``explain`` and ``replay``: what people and scripts get from the books."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from adapter.engine import Engine
from loyalty_core import Core, StorageUnavailable
from tests.commands.command import run
from tests.storage.books import query

SETTINGS = """
links:
  dcs: {type: http, listen: "tcp:8080:interface=127.0.0.1", operations: [ffp_merge, ffp_unmerge, ffp_card_state]}
  dcs-files: {type: spool, directory: spool, encoding: cp866}
"""
HEADER = "member,surname,given,card_airline,card,card_state,tier\n"
MEMBERS = HEADER + "M1,ORLOVA,VERA,UT,2904000000017,active,SILVER\nM2,BELOV,OLEG,UT,2904000000025,active,\n"
HEAD = "DMEKMUT\n.DMEKMUT 201205\n{kind}\nUT0280/20AUG DME PART1\n-AER01Y\n1ORLOVA/VERA MRS\n.L/7KQ2ZM/UT\n"
FTL = HEAD.format(kind="FTL") + ".R/FQTV UT 2904000000017\nENDFTL\n"
PRL = HEAD.format(kind="PRL") + (
    ".R/FQTV UT 2904000000017\n.R/TKNE HK1 2984400000032/1\n"
    ".R/DOCS HK1/P/RUS/4512998877/RUS/01FEB70/F/01FEB30/ORLOVA/VERA\n.RN//SECRETNAME\nENDPRL\n"
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(SETTINGS)
    return tmp_path


def data(*arguments: str | Path, code: int = 0) -> Any:
    return json.loads(run(*arguments, "--json", code=code).stdout)


def import_members(place: Path, text: str = MEMBERS, *options: str, code: int = 0) -> Result:
    (place / "members.csv").write_text(text)
    return run("members", "import", place / "members.csv", *options, code=code)


def flown(place: Path) -> None:
    import_members(place)
    for name, text in (("ftl.txt", FTL), ("prl.txt", PRL)):
        (place / name).write_text(text)
        run("ingest", "--link", "dcs-files", "--received-at", "2026-08-20T18:00:00Z", place / name)


def test_a_dry_run_says_what_would_change_and_changes_nothing(place: Path) -> None:
    assert "would be 2 opened" in import_members(place, MEMBERS, "--dry-run").stdout
    run("members", "show", "M1", code=1)
    assert "2 opened" in import_members(place).stdout


def test_every_mistake_is_told_with_its_row_and_nothing_is_changed(place: Path) -> None:
    bad = (
        MEMBERS
        + "M3,,OLEG,UT,2904000000033,active,\nM4,GUSEV,IVAN,UT,2904000000041,lent,\nM5,LIS,IRA,UT,29,active,TIN\n"
    )
    told = import_members(place, bad, code=1).stderr.splitlines()
    assert [line.split("members.csv:")[1].split(":")[0] for line in told] == ["4", "5"]
    unknown_tier = MEMBERS + "M5,LIS,IRA,UT,29,active,TIN\n"
    assert (
        "members.csv:4: programme demo has no tier TIN" in import_members(place, unknown_tier, code=1).stderr
    )
    run("members", "show", "M1", code=1)


def test_going_back_to_an_earlier_file_is_no_repeat(place: Path) -> None:
    stolen = MEMBERS.replace("2904000000025,active", "2904000000025,blocked")
    for text, state in ((stolen, "blocked"), (MEMBERS, "active"), (stolen, "blocked"), (MEMBERS, "active")):
        import_members(place, text)
        assert data("members", "show", "M2")["cards"][0]["state"] == state
    assert "nothing changed" in import_members(place, MEMBERS).stdout


def test_nothing_is_taken_over_where_the_books_could_not_be_opened_in_order(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_members(place)

    async def failing(engine: Engine) -> None:
        raise StorageUnavailable("part sets of the last run could not be read")

    with monkeypatch.context() as broken:
        broken.setattr(Engine, "start", failing)
        more = MEMBERS + "M3,GUSEV,IVAN,UT,2904000000033,active,\n"
        assert "could not be read" in import_members(place, more, code=1).stderr
    run("members", "show", "M3", code=1)
    assert data("status")["links"]["members"] == {"applied": 1}


def test_a_member_is_shown_by_any_number(place: Path) -> None:
    flown(place)
    for number in ("M1", "2904000000017"):
        found = data("members", "show", number)
        assert (found["number"], found["tier"]) == ("M1", "SILVER")
        assert found["balances"] == {"award": 1050, "qualifying": 840, "segments": 1}
    text = run("members", "show", "M1").stdout
    assert "award      1050" in text
    assert "earned on 2026-08-20" in text


def test_status_and_verify(place: Path) -> None:
    flown(place)
    counts = data("status")
    assert counts["messages"] == {"applied": 4}
    assert counts["links"]["dcs-files"] == {"applied": 2}
    assert (counts["entries"], counts["quarantined"], counts["pending"]) == (3, 0, 0)
    report = data("verify")
    assert report["ok"]
    assert {"name", "ok", "found"} <= report["checks"][0].keys()
    assert len(report["state_hash"]) == len(report["chain_head"]) == 64
    assert "hash chain" in run("verify").stdout


@pytest.mark.parametrize(
    "what", [("--ticket", "2984400000032/1"), ("--card", "2904000000017"), ("--journal", "4")]
)
def test_explain_leads_from_the_bytes_to_the_miles_without_passports(
    place: Path, what: tuple[str, str]
) -> None:
    flown(place)
    text = run("explain", *what).stdout
    for wanted in (
        ".R/FQTV UT 2904000000017",
        "From DME to AER it is 840 miles",
        "210 more as SILVER: 25 % of",
        "1050 award: programme:demo:issue -> member:demo:M1:award",
        "reversal of main/1",
        "demo.yaml:",
    ):
        assert wanted in text
    told = json.dumps(data("explain", *what)) + text
    assert "4512998877" not in told
    assert "SECRETNAME" not in told


def test_explain_wants_one_question_and_says_when_it_knows_nothing(place: Path) -> None:
    flown(place)
    run("explain", code=2)
    run("explain", "--card", "1", "--journal", "1", code=2)
    assert "nothing known" in run("explain", "--ticket", "999/1", code=1).stderr


def test_replay_rebuilds_the_same_books_and_only_into_empty_ones(place: Path) -> None:
    flown(place)
    url = f"sqlite:///{place}/rebuilt.sqlite"
    found = data("replay", "--into", url)
    assert found["same"]
    assert found["original"] == found["rebuilt"]
    (read_by,) = query(
        f"sqlite:///{place}/var/ffgate.sqlite", "SELECT DISTINCT config_digest, maps_digest FROM handling"
    )
    assert all(read_by)
    assert query(url, "SELECT DISTINCT config_digest, maps_digest FROM handling") == [read_by]
    assert "is not empty" in run("replay", "--into", url, code=1).stderr


def test_replay_decides_each_row_in_its_lane(place: Path) -> None:
    import_members(place)
    for lane, name, text in (("east", "ftl.txt", FTL), ("west", "prl.txt", PRL)):
        (place / name).write_text(text)
        (place / "config.yaml").write_text(f"{SETTINGS}database: {{lane: {lane}}}\n")
        run("ingest", "--link", "dcs-files", "--received-at", "2026-08-20T18:00:00Z", place / name)
    found = data("replay", "--into", f"sqlite:///{place}/rebuilt.sqlite")
    assert found["same"], found
    lanes = query(f"sqlite:///{place}/rebuilt.sqlite", "SELECT name, seq FROM lane ORDER BY name")
    assert lanes == [("east", 1), ("west", 2)]
    assert data("verify")["lanes"].keys() == {"east", "west"}


def test_replay_compares_with_the_books_of_one_moment_while_a_server_writes(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_members(place)
    source = f"sqlite:///{place}/var/ffgate.sqlite"
    coming = [("ftl.txt", FTL), ("prl.txt", PRL)]
    verify, journal_rows = Core.verify, Core.journal_rows

    def a_message_comes(core: Core) -> None:
        if core.url == source:
            name, text = coming.pop(0)
            (place / name).write_text(text)
            run("ingest", "--link", "dcs-files", "--received-at", "2026-08-20T18:00:00Z", place / name)

    def verify_and_go_on(core: Core) -> dict[str, Any]:
        report = verify(core)
        a_message_comes(core)
        return report

    def read_and_go_on(core: Core, since: int = 0) -> Iterator[dict[str, Any]]:
        rows = list(journal_rows(core, since))
        a_message_comes(core)
        yield from rows

    monkeypatch.setattr(Core, "verify", verify_and_go_on)
    monkeypatch.setattr(Core, "journal_rows", read_and_go_on)
    found = data("replay", "--into", f"sqlite:///{place}/rebuilt.sqlite")
    assert found["same"], found
    assert coming == []
    assert data("status")["entries"] > found["original"]["entries"]


def test_the_database_is_for_its_owner_only(place: Path) -> None:
    import_members(place)
    for path in (place / "var").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


STATEMENTS = {
    "merge": '<ffp_merge reference="m1"><member company="UT" into="M2" said="2026-08-20T09:00:00Z">M1</member>'
    "</ffp_merge>",
    "card": '<ffp_card_state><ffp company="UT" state="lost" since="2026-08-01" said="2026-08-20T09:00:00Z"'
    ' replaced_by="2904000000025">2904000000017</ffp></ffp_card_state>',
    "unmerge": '<ffp_unmerge><member company="UT" said="2026-08-20T09:30:00Z">M1</member></ffp_unmerge>',
}


def test_statements_are_messages_like_others_and_are_replayed(place: Path) -> None:
    # A file that names no states: one that does says them at the time of its import.
    import_members(place, MEMBERS.replace(",active,", ",,"))

    def said(name: str) -> None:
        (place / f"{name}.xml").write_text(STATEMENTS[name])
        run("ingest", "--link", "dcs", "--received-at", "2026-08-20T18:00:00Z", place / f"{name}.xml")

    said("merge")
    said("merge")
    for number, text in enumerate((FTL, PRL)):
        (place / f"{number}.txt").write_text(text)
        run("ingest", "--link", "dcs-files", "--received-at", "2026-08-20T18:00:00Z", place / f"{number}.txt")
    said("card")
    shown = data("members", "show", "M1")
    assert shown["merged_into"] == "M2"
    assert [card["replaced_by"] for card in shown["cards"]] == ["2904000000025"]
    assert {told["aspect"] for told in shown["told"]} == {"state", "merged_into"}
    assert data("members", "show", "M2")["balances"]
    assert data("replay", "--into", f"sqlite:///{place}/merged.sqlite")["same"]
    said("unmerge")
    assert data("members", "show", "M1")["merged_into"] == ""
    assert data("replay", "--into", f"sqlite:///{place}/parted.sqlite")["same"]
    assert data("verify")["ok"]
