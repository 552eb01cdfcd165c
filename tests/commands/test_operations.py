"""Operations with miles as messages: in by a link that may, refused by one that may not, and replayed."""

import re
from pathlib import Path

import pytest

from tests.commands.test_books import MEMBERS, data, import_members, run

AT = ("--received-at", "2026-08-20T18:00:00Z")
STAFF = (
    "operations: [ffp_reserve, ffp_capture, ffp_release, ffp_redeem, ffp_adjust, ffp_approve, ffp_transfer]"
)
SETTINGS = """
links:
  dcs: {type: http, listen: "tcp:8080:interface=127.0.0.1"}
  staff: {type: http, listen: "tcp:8081:interface=127.0.0.1", %s}
"""
CARD = '<ffp company="UT">2904000000017</ffp>'
ADJUST = f'{CARD}<adjustment amount="9000" reason="goodwill" by="Ivanova"/>'
MESSAGES = [
    ("ffp_adjust", "A", ADJUST, "pending: 9000 miles, balance 0"),
    ("ffp_approve", "B", '<adjustment key="A" by="ivanova"/>', "refused (second_person_needed)"),
    ("ffp_approve", "C", '<adjustment key="A" by="Petrov"/>', "posted: 9000 miles, balance 9000"),
    (
        "ffp_reserve",
        "D",
        f'{CARD}<miles amount="8000" until="2026-08-20T20:00:00Z"/>',
        "posted: 8000 miles, 8000 held, balance 1000",
    ),
    ("ffp_capture", "E", '<hold key="D" amount="5000"/>', "posted: 5000 miles, balance 4000"),
    ("ffp_redeem", "F", f'{CARD}<miles amount="4001"/>', "refused (insufficient_miles)"),
    (
        "ffp_transfer",
        "G",
        f'{CARD}<to company="UT">2904000000025</to><miles amount="400"/>',
        "posted: 400 miles, balance 3600",
    ),
    ("ffp_reverse", "H", '<operation key="E" reason="cancelled" by="Petrov"/>', "operation_not_permitted"),
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(SETTINGS % STAFF)
    return tmp_path


def ingest(place: Path, kind: str, key: str, inner: str, link: str = "staff", code: int = 0) -> str:
    path = place / f"{key}.xml"
    path.write_text(f'<query><{kind} reference="{key}">{inner}</{kind}></query>')
    return run("ingest", "--link", link, *AT, path, code=code).stdout


def test_operations_from_message_to_replay(place: Path) -> None:
    import_members(place, MEMBERS)
    for kind, key, inner, answer in MESSAGES:
        told = ingest(place, kind, key, inner, code=1 if "not_permitted" in answer else 0)
        assert answer in told, (kind, told)
    # What was done is not done again; its first answer stands.
    assert "a repeat" in ingest(place, "ffp_capture", "E", '<hold key="D" amount="5000"/>')
    giver, taker = (run("explain", "--card", f"29040000000{each}").stdout for each in (17, 25))
    assert "goodwill (by Ivanova and Petrov)" in giver
    assert "5000 of lot main/1/1: held -> spent" in giver
    assert "400 award: member:demo:M1:award -> member:demo:M2:award" in taker
    (place / "config.yaml").write_text(SETTINGS % "operations: []")
    found = data("replay", "--into", f"sqlite:///{place}/rebuilt.sqlite")
    assert found["same"], found


@pytest.mark.parametrize("kind", [message[0] for message in MESSAGES])
def test_a_link_moves_no_miles_unless_its_settings_say_so(kind: str, place: Path) -> None:
    import_members(place, MEMBERS)
    inner = next(message[2] for message in MESSAGES if message[0] == kind)
    told = ingest(place, kind, "K", inner, link="dcs", code=1)
    assert "operation_not_permitted" in told
    assert "quarantined" in told
    assert data("verify")["entries"] == 0


def test_a_wrong_name_among_the_operations_is_found(place: Path) -> None:
    (place / "config.yaml").write_text(SETTINGS % "operations: [ffp_adjsut]")
    told = run("check", code=3)
    assert re.search(r"config.yaml:4:\d+: links.staff.*operations", told.output), told.output


def test_what_was_refused_and_granted_when_it_came_again_is_replayed(place: Path) -> None:
    """... at the time and by the settings of then: what a link may send today is another matter."""
    import_members(place, MEMBERS)

    def at(time: str, kind: str, key: str, inner: str, code: int = 0) -> str:
        path = place / f"{key}.xml"
        path.write_text(f'<query><{kind} reference="{key}">{inner}</{kind}></query>')
        when = ("--received-at", f"2026-08-20T{time}Z")
        return run("ingest", "--link", "staff", *when, path, code=code).stdout

    spend = ("ffp_redeem", "F", f'{CARD}<miles amount="400"/>')
    give = ("ffp_adjust", "A", f'{CARD}<adjustment amount="900" reason="goodwill" by="Ivanova"/>')
    assert "insufficient_miles" in at("18:00:00", *spend)
    (place / "config.yaml").write_text(SETTINGS % "operations: [ffp_redeem]")
    assert "not_permitted" in at("18:01:00", *give, code=1)
    (place / "config.yaml").write_text(SETTINGS % STAFF)
    assert "posted" in at("18:05:00", *give)
    assert "posted: 400 miles, balance 500" in at("18:10:00", *spend)
    (place / "config.yaml").write_text(SETTINGS % "operations: []")
    found = data("replay", "--into", f"sqlite:///{place}/rebuilt.sqlite")
    assert found["same"], found
