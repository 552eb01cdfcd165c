"""``ffgate flight`` and ``flights``: the radar as its user sees it."""

import json
from pathlib import Path

import pytest

from tests.commands.command import run
from tests.commands.test_books import HEADER, SETTINGS

MEMBERS = HEADER + (
    "M1,ORLOVA,VERA,UT,2904000000017,active,SILVER\n"
    "M2,BELOV,OLEG,UT,2904000000025,active,\n"
    "M3,GUSEV,IVAN,UT,2904000000033,blocked,\n"
)
HEAD = "DMEKMUT\n.DMEKMUT 201205\n"
TELEGRAMS = {
    "ftl": "FTL\nUT0280/20AUG DME PART1\n-AER03Y\n1ORLOVA/VERA MRS\n.L/7KQ2ZM/UT\n.R/FQTV UT 2904000000017\n"
    "1BELOV/OLEG\n.L/7KQ2ZN/UT\n.R/FQTV UT 2904000000052\n"
    "1GUSEV/IVAN\n.L/7KQ2ZP/UT\n.R/FQTV UT 2904000000033\nENDFTL\n",
    "prl": "PRL\nUT0280/20AUG DME PART1\n-AER03Y\n1ORLOVA/VERA MRS\n.L/7KQ2ZM/UT\n.R/TKNE HK1 2984400000032/1\n"
    "1BELOV/OLEG\n.L/7KQ2ZN/UT\n.R/TKNE HK1 2984400000033/1\n1GUSEV/IVAN\n.L/7KQ2ZP/UT\nENDPRL\n",
    "pfs": "PFS\nUT280/20AUG DME PART1\nAER 00/000/002\n-AER\nNOSHO 1Y\n1ORLOVA/VERA\n.L/7KQ2ZM/UT\nENDPFS\n",
    "bad": "PFS\nUT280/20AUG DME PART1\nAER 00/000/003\n-AER\nNOSHO 1Y\n1ORLOVA/VERA\n.XX7KQ2ZM/UT\nENDPFS\n",
    "other": "PFS\nUT281/20AUG DME PART1\nAER 00/000/003\n-AER\nNOSHO 1Y\n1ORLOVA/VERA\n.XX7KQ2ZM/UT\nENDPFS\n",
    "mvt": "MVT\nUT280/20.VPBXX.DME\nAD1205/1217 EA1400 SVX\nPX112\n",
    "etl": "ETL\nUT280/20AUG DME PART1\n-AER01Y\n1BELOV/OLEG\n.R/TKNE HK1 2984400000033/1\nENDPART1\n",
}
CAME = "2026-08-20T14:00:00Z"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(SETTINGS)
    (tmp_path / "members.csv").write_text(MEMBERS)
    run("members", "import", tmp_path / "members.csv")
    return tmp_path


def take_in(place: Path, *names: str) -> None:
    for name in names:
        (place / f"{name}.txt").write_text(HEAD + TELEGRAMS[name])
        code = int(name in ("bad", "other"))
        run("ingest", "--link", "dcs-files", "--received-at", CAME, place / f"{name}.txt", code=code)


def test_a_flight_in_full(place: Path) -> None:
    take_in(place, *TELEGRAMS)
    text = run("flight", "UT280/20AUG26/DME", "--at", "2026-08-20T20:00:00Z").stdout
    for wanted in (
        "UT 280 on 2026-08-20 from DME",
        "departed 12:05Z, airborne 12:17Z, diverted to SVX",
        "boarded      2 refused",
        "not_flown    1 without credit",
        "FTL  3 people, made 2026-08-20T12:05:00Z by DMEKMUT, came 2026-08-20T14:00:00Z by dcs-files, late by 55 min",
        "PNL  missing: expected by 2026-08-20T10:05:00Z, 9 h overdue",
        "ETL  awaited",
        "ETL of DMEKMUT waits for its other parts: has part 1",
        "PFS by dcs-files, came 2026-08-20T14:00:00Z: line_unknown; journal row",
        "ORLOVA/VERA MRS: boarded (PRL), but NOSHO (PFS)",
        "BELOV/OLEG to AER, boarded, 2984400000033/1, 7KQ2ZN, UT 2904000000052: card_unknown",
        "probable: member M2 of demo, card 2904000000025",
        "GUSEV/IVAN to AER, boarded, 7KQ2ZP, UT 2904000000033: card_blocked",
    ):
        assert wanted in text, text
    assert text.count("line_unknown") == 1  # that of another flight is not this one's


@pytest.mark.parametrize("designator", ["UT280/20AUG/DME", "ЮТ0280/20АВГ/ДМД", "UT/280/2026-08-20/DME"])
def test_the_same_as_data_however_it_is_named(place: Path, designator: str) -> None:
    take_in(place, "ftl", "prl", "mvt")
    options = ("--json", "--at", "2026-08-20T20:00:00Z")
    found = json.loads(run("flight", designator, *options).stdout)
    assert found["departure"] == "UT/280/2026-08-20/DME"
    assert found["people"] == {"boarded": {"posted": 1, "refused": 2}}
    assert (found["credited"], found["award"]) == (1, 1050)
    assert found["movement"]["airborne"] == "2026-08-20T12:17:00Z"
    assert [one["suggestions"][0]["member"] for one in found["missed"]] == ["M2", "M3"]


def test_a_flight_of_which_nothing_could_be_read_is_known_all_the_same(place: Path) -> None:
    take_in(place, "bad", "etl")
    found = json.loads(run("flight", "UT280/2026-08-20/DME", "--json").stdout)
    assert [one["problems"] for one in found["quarantined"]] == [["line_unknown"]]
    assert [one["kind"] for one in found["incomplete"]] == ["ETL"]


def test_what_is_no_flight_or_an_unknown_one(place: Path) -> None:
    assert "is not a departure such as" in run("flight", "UT280", code=2).stderr
    assert "no such date" in run("flight", "UT280/31FEB/DME", code=2).stderr
    assert "nothing known" in run("flight", "UT999/2026-08-20/DME", code=1).stderr


def test_the_day_begins_with_what_is_worst(place: Path) -> None:
    take_in(place, "ftl", "prl", "pfs", "bad")
    quiet = (
        HEAD
        + TELEGRAMS["prl"].replace("UT0280", "UT0300").replace("-AER03Y", "-AER01Y").partition("1BELOV")[0]
    )
    (place / "quiet.txt").write_text(quiet + "ENDPRL\n")
    run("ingest", "--link", "dcs-files", "--received-at", CAME, place / "quiet.txt")
    first, second = run("flights", "2026-08-20", "--at", "2026-08-20T15:00:00Z").stdout.splitlines()
    assert first.startswith("UT280/20AUG/DME")
    assert "3 people, 0 credited; 2 without credit (2 with a likely member)" in first
    assert "1 quarantined; 1 contradictions" in first
    assert second.startswith("UT300/20AUG/DME")
    rows = run("flights", "2026-08-20", "--json", "--at", "2026-08-20T15:00:00Z").stdout.splitlines()
    assert [json.loads(row)["departure"].split("/")[1] for row in rows] == ["280", "300"]
    assert "no departures" in run("flights", "2026-08-19").stdout
