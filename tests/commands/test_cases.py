"""``ffgate suspense``, ``resolve`` and ``claim`` as their users see them, and that a replay ends alike."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.command import run
from tests.commands.test_books import HEADER, SETTINGS

MEMBERS = HEADER + "M1,ORLOVA,VERA,UT,2904000000017,active,\nM2,BELOV,OLEG,UT,2904000000025,active,\n"
HEAD = "DMEKMUT\n.DMEKMUT 201205\n{kind}\nUT0280/20AUG DME PART1\n-AER03B\n"
PRL = HEAD.format(kind="PRL") + (
    "1GUSEVA/VERA MRS\n.L/7KQ2ZM/UT\n.R/FQTV UT 2904000000017\n.R/TKNE HK1 2984400000032/1\n"
    "1BELOV/OLEG\n.L/7KQ2ZN/UT\n.R/TKNE HK1 2984400000033/1\n1SMITH/ANN\n.L/7KQ2ZP/UT\nENDPRL\n"
)
MVT = "DMEKMUT\n.DMEKMUT 201215\nMVT\nUT280/20.VPBXX.DME\nAD1205/1217 EA1400 AER\n"
CARRIAGE = "UT/280/2026-08-20/DME|T|2984400000032/1"
CARD, BELOVS = ("--card", "UT:2904000000017"), ("--card", "UT:2904000000025")
BY = ("--by", "a.petrova", "--reason", "passport seen")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(SETTINGS)
    (tmp_path / "members.csv").write_text(MEMBERS)
    run("members", "import", tmp_path / "members.csv")
    for name, text in (("prl", PRL), ("mvt", MVT)):
        (tmp_path / name).write_text(text)
        run("ingest", "--link", "dcs-files", "--received-at", "2026-08-20T18:00:00Z", tmp_path / name)
    return tmp_path


def data(*arguments: str, code: int = 0) -> Any:
    return json.loads(run(*arguments, "--json", code=code).stdout)


def test_a_case_is_listed_with_its_key_and_decided(place: Path) -> None:
    text = run("suspense").stdout
    assert "UT280/20AUG/DME  GUSEVA/VERA MRS to AER, boarded" in text
    assert f"carriage {CARRIAGE}" in text
    assert "holder_mismatch" in text
    (case,) = [json.loads(line) for line in run("suspense", "--json").stdout.splitlines()]
    assert (case["carriage"], case["departure"]) == (CARRIAGE, "UT/280/2026-08-20/DME")
    decided = run("resolve", "assign", case["carriage"], *CARD, *BY).stdout
    assert "boarded, posted, 840 award; journal row" in decided
    assert run("suspense").stdout == "nothing is in suspense\n"
    told = run("explain", "--ticket", "2984400000032/1").stdout
    assert "STAFF ASSIGN from a.petrova" in told
    assert "because: passport seen" in told
    assert "Whose flight it is was decided by staff." in told


def test_a_spelling_is_accepted(place: Path) -> None:
    accepted = data("resolve", "accept_name", *CARD, "--name", "GUSEVA/VERA", *BY)
    assert (accepted["settled"], accepted["reason"], accepted["waiting"]) == (1, "", False)
    assert run("suspense").stdout == "nothing is in suspense\n"
    told = run("explain", "--card", "2904000000017").stdout
    assert "GUSEVA/VERA is the holder's name too, card UT 2904000000017: said by a.petrova" in told
    assert data("explain", "--card", "2904000000017")["accepted_names"][0]["remark"] == "passport seen"


def test_what_can_not_be_decided(place: Path) -> None:
    assert "refused (invalid) card" in run("resolve", "assign", CARRIAGE, *BY, code=1).stdout
    assert "is not AIRLINE:NUMBER" in run("resolve", "assign", CARRIAGE, "--card", "29", *BY, code=2).stderr
    assert "carriage/@key" in run("resolve", "reject", "no key", *BY, code=1).stderr
    assert (
        "is not SURNAME/GIVEN" in run("resolve", "accept_name", *CARD, "--name", "GUSEVA", *BY, code=2).stderr
    )


# The commands' own time is the time of receipt, so the flight has to be near it for a date without a year.
FLIGHT = ("--flight", "UT280/2026-08-20/DME")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--ticket", "2984400000033/1", *FLIGHT), 0, "credited on UT/280/2026-08-20/DME: 840 award, balance 840"),
        (("--ticket", "2984400000033"), 0, "credited on UT/280/2026-08-20/DME"),
        (("--locator", "7KQ2ZN", *FLIGHT), 0, "credited on"),
        (FLIGHT, 1, "unproven, missing: ticket_or_locator"),
        (("--ticket", "2984400000044", *FLIGHT), 1, "unproven, missing: listing"),
        (("--ticket", "2984400000044"), 1, "flight_unknown"),
        (("--flight", "UT999/2026-08-20/DME", "--ticket", "2984400000044"), 1, "flight_unknown"),
        (("--ticket", "2984400000032/1", *FLIGHT), 1, "suspense (holder_mismatch)"),
    ],
)  # fmt: skip
def test_a_claim_is_answered(place: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    assert words in run("claim", *BELOVS, "--name", "Belov/Oleg", *arguments, code=code).stdout


def test_a_claim_needs_a_flight_or_a_ticket(place: Path) -> None:
    who = ("claim", *BELOVS, "--name", "BELOV/OLEG")
    assert "name the ticket or the flight" in run(*who, code=2).stderr
    assert (
        "--locator needs --flight" in run(*who, "--ticket", "2984400000033", "--locator", "A", code=2).stderr
    )
    assert "is not a departure such as" in run(*who, "--flight", "UT280", code=2).stderr


def test_a_replay_of_movements_claims_and_decisions_ends_alike(place: Path) -> None:
    run("claim", *BELOVS, "--name", "BELOV/OLEG", "--ticket", "2984400000044", code=1)
    run("claim", *BELOVS, "--name", "BELOV/OLEG", "--ticket", "2984400000044", *FLIGHT, code=1)
    run("claim", *BELOVS, "--name", "BELOV/OLEG", "--ticket", "2984400000033", *FLIGHT)
    run("resolve", "accept_name", *CARD, "--name", "GUSEVA/VERA", *BY)
    run("resolve", "assign", CARRIAGE, *BELOVS, *BY)
    run("resolve", "withdraw", CARRIAGE, *BY)
    run("resolve", "reject", "UT/280/2026-08-20/DME|L|7KQ2ZP|SMIT/A", *BY)
    found = data("replay", "--into", f"sqlite:///{place}/rebuilt.sqlite")
    assert found["same"], found
    assert found["original"]["entries"] > 3
    assert data("members", "show", "M1")["balances"]["award"] == 840
    assert data("verify")["ok"]
