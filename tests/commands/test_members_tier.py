"""``ffgate members tier`` as its users see it, and what is shown of a given tier afterwards."""

from pathlib import Path

import pytest

from adapter.config import programme_file
from tests.commands.command import run
from tests.commands.test_books import data, flown, import_members, place

__all__ = ["place"]

EXTENSION = (
    "qualification: {period: calendar_year, valid: {years: 1}, extension: {fulfilment: 20, unit: segments}}"
)
GOLD = ("members", "tier", "UT:M1", "GOLD", "--kind", "gift", "--since", "2026-08-01")
REASON = ("--reason", "lost baggage")


def test_a_tier_is_given_shown_and_taken_back(place: Path) -> None:
    flown(place)
    before = data("members", "show", "M1")["balances"]["award"]
    assert run(*GOLD, "--until", "2027-07-31", *REASON).stdout == "applied, UT M1; journal row 5\n"
    shown = run("members", "show", "M1").stdout
    assert "member M1 of demo: GOLD until 2027-07-31, active" in shown
    assert "given      GOLD since 2026-08-01 until 2027-07-31, gift: lost baggage" in shown
    assert "GOLD since 2026-08-01 until 2027-07-31, given by gift, journal row 5" in shown
    assert "SILVER from the start until 2026-07-31, given by member file" in shown
    assert data("members", "show", "M1")["balances"]["award"] == before + 210
    told = run("explain", "--ticket", "2984400000032/1").stdout
    assert "the member was SILVER (member file) on the day of the flight" in told
    assert "GOLD (gift) on the day of the flight" in told
    assert data(*GOLD, "--withdraw", *REASON)["status"] == "applied"
    shown = run("members", "show", "M1").stdout
    assert "member M1 of demo: SILVER, active" in shown
    assert "\ngiven " not in shown
    assert "given_tier gift GOLD withdrawn: lost baggage since 2026-08-01" in shown
    assert data("members", "show", "M1")["balances"]["award"] == before
    assert data("replay", "--into", f"sqlite:///{place}/rebuilt.sqlite")["same"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("UT:M1", "RUBY", "--kind", "gift"), 1, "refused (tier_unknown) tier, UT M1; journal row 5"),
        (
            ("UT:M1", "gold", "--kind", "paid", "--until", "2027-12-31"),
            1,
            "refused (not_offered) kind, UT M1",
        ),
        (("UT:M9", "GOLD", "--kind", "match"), 0, "waiting, UT M9"),
        (("M1", "GOLD", "--kind", "gift"), 2, "'M1' is not AIRLINE:NUMBER"),
        (("UT:M1", "GOLD", "--kind", "present"), 2, "'present' is not one of"),
        (("UT:M1", "GOLD", "--kind", "gift", "--until", "soon"), 1, "member/@until"),
        (("UT:M1", "GOLD", "--kind", "gift", "--withdraw", "--until", "2027-12-31"), 2, "has no end"),
    ],
)
def test_what_can_not_be_given(place: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    flown(place)
    found = run("members", "tier", *arguments, "--since", "2027-01-01", *REASON, code=code)
    assert words in found.stdout + found.stderr


def test_what_an_extension_lacks_is_shown(place: Path) -> None:
    rules = programme_file("demo", Path()).read_text("utf-8")
    rules = rules.replace("expiry:", f"{EXTENSION}\n\nexpiry:", 1)
    (place / "payable.yaml").write_text(rules, "utf-8")
    with (place / "config.yaml").open("a") as settings:
        settings.write("programmes: [payable.yaml]\n")
    import_members(place)
    gift = ("--kind", "gift", "--since", "2026-01-01", "--until", "2026-12-31", "--reason", "welcome back")
    paid = ("--kind", "paid", "--since", "2027-01-01", "--until", "2027-12-31", "--reason", "receipt 4711")
    run("members", "tier", "UT:M2", "SILVER", *paid)
    words = "given      SILVER since 2027-01-01 until 2027-12-31, paid: receipt 4711; does not count: "
    assert f"{words}no SILVER on the day before" in run("members", "show", "M2").stdout
    run("members", "tier", "UT:M2", "SILVER", *gift)
    assert f"{words}0 of 3 segments are known" in run("members", "show", "M2").stdout
    (extended,) = [one for one in data("members", "show", "M2")["given_tiers"] if one["kind"] == "paid"]
    assert extended["extension"] == {
        "counts": False,
        "held": True,
        "unit": "segments",
        "counted": 0,
        "needed": 3,
    }
