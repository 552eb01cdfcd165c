"""``programme diff``: a draft over what the books hold."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from adapter.config import programme_file
from tests.commands.command import run
from tests.commands.test_books import MEMBERS, SETTINGS, import_members, place
from tests.storage.books import query

__all__ = ["place"]

DAYS = ("20AUG", "21AUG", "22AUG")
LIST = """DMEKMUT
.DMEKMUT {day}1205
PRL
UT0280/{date} DME PART1
-AER02Y
1ORLOVA/VERA MRS
.L/7KQ2ZM/UT
.R/FQTV UT 2904000000017
.R/TKNE HK1 29844000000{day}/1
1BELOV/OLEG MR
.L/7KQ2ZN/UT
.R/FQTV UT 2904000000025
.R/TKNE HK1 29844000001{day}/1
ENDPRL
"""


@pytest.fixture(scope="module")
def flown_books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Books in which three flights of both members stand, for every test to copy."""
    folder = tmp_path_factory.mktemp("books")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        (folder / "config.yaml").write_text(SETTINGS)
        import_members(folder, MEMBERS)
        for date in DAYS:
            file = folder / f"{date}.txt"
            file.write_text(LIST.format(day=date[:2], date=date))
            run("ingest", "--link", "dcs-files", "--received-at", f"2026-08-{date[:2]}T18:00:00Z", file)
    return folder


@pytest.fixture
def draft(place: Path, flown_books: Path) -> Path:
    """SILVER from 1,000 miles on, and less bonus for it; three flights of both members stand in the books."""
    shutil.copytree(flown_books, place, dirs_exist_ok=True)
    text = programme_file("demo", Path()).read_text("utf-8")
    for old, new in (
        ("{qualifying: 15000}", "{qualifying: 1000}"),
        ("bonus_percent: 25", "bonus_percent: 10"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    path = place / "draft.yaml"
    path.write_text(text, "utf-8")
    return path


def diff(*arguments: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        run("programme", "diff", *arguments, "--on", "2026-08-31", "--json").stdout
    )
    return found


def test_who_wins_and_who_loses(draft: Path) -> None:
    found = diff("demo", draft)
    assert (found["members"], found["credits"], found["recorded_award"]) == (2, 6, 3 * 625 + 3 * 500)
    assert found["members_as_recorded_by_a"] == 2
    # Vera is SILVER as granted and loses 75 a flight. Oleg reaches it with his second flight: the third gets 50 more.
    assert [(one["member"], one["change"]) for one in found["losers"]] == [("M1", -225)]
    assert [(one["member"], one["change"]) for one in found["winners"]] == [("M2", 50)]
    assert found["units"]["award"] == {"a": 3375, "b": 3200, "change": -175}
    assert found["units"]["qualifying"]["change"] == 0
    assert {"a": "BASIC", "b": "SILVER", "members": 1} in found["tiers"]
    assert found["liability"]["open"] == {"a": 3375, "b": 3200, "change": -175}
    assert list(found["liability"]["by_year"]) == ["2028"]
    assert sum(each["members"] for each in found["changes"]) == 2


def test_the_same_twice_is_no_change(draft: Path) -> None:
    found = diff("demo", "demo")
    assert (found["win"], found["lose"], found["same"]) == (0, 0, 2)
    assert found["winners"] == found["losers"] == []


def test_what_staff_gave_counts_on_both_sides(draft: Path) -> None:
    gift = ("--kind", "gift", "--since", "2026-08-01", "--reason", "goodwill")
    run("members", "tier", "UT:M2", "GOLD", *gift)
    found = diff("demo", "demo")
    assert (found["members_as_recorded_by_a"], found["same"]) == (2, 2)
    assert found["recorded_award"] > 3 * 625 + 3 * 500


def test_a_table_of_members_and_a_database_by_its_url(draft: Path, place: Path) -> None:
    url = f"sqlite:///{place}/var/ffgate.sqlite"
    before = query(url, "SELECT count(*), max(number) FROM handling")
    table = place / "members.csv"
    text = run(
        "programme", "diff", "demo", draft, "--journal", url, "--csv", table, "--on", "2026-08-31"
    ).stdout
    assert "1 win, 1 lose, 0 get the same award" in text
    assert "Tiers: BASIC -> SILVER 1" in text
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["member"], row["change"], row["tier_b"]) for row in rows] == [
        ("M1", "-225", "SILVER"),
        ("M2", "50", "SILVER"),
    ]
    assert query(url, "SELECT count(*), max(number) FROM handling") == before


def test_what_ended_is_owed_no_more(draft: Path) -> None:
    found = json.loads(run("programme", "diff", "demo", draft, "--on", "2028-08-21", "--json").stdout)
    assert found["liability"]["open"]["a"] == 2 * (625 + 500)


def test_a_draft_with_mistakes_is_told_before_anything_is_read(draft: Path) -> None:
    draft.write_text(draft.read_text("utf-8").replace("round: floor}", "round: flor}"), "utf-8")
    assert "flor" in run("programme", "diff", "demo", draft, code=1).stderr


def test_no_database_is_made(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none.sqlite"
    assert "no database" in run("programme", "diff", "demo", "demo", "--journal", url, code=1).stderr
    assert not (tmp_path / "none.sqlite").exists()
