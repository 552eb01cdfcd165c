"""Where a member lives and in which target groups he is: what the member file says of it counts wherever the programme
asks, from the day of the file on, whether the file comes before the flight or after it."""

from datetime import date, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from loyalty_core import CardClaim, Core, ProgrammeActivated, Submission, load_programme
from loyalty_core.rules.whatif import compare
from tests.storage.airline import NOON, PROGRAMME, VERA, coupon, opening, submission
from tests.storage.books import balances, books, count, one, query, tamper
from tests.storage.membership import all_orders, members
from tests.storage.miles import DAY, award, strike
from tests.storage.replays import check_replay
from tests.storage.test_grants import flight

ROW = "M1,LUGOVAYA,VERA,,1987-04-09,UT,7700000000011,active,,"
COLUMNS = ",residence,groups"


def rules(text: str, old: str = "", new: str = "") -> Submission:
    """The airline's programme with more sections, and one text replaced."""
    demo = PROGRAMME.decode()
    assert old in demo
    content = (demo.replace(old, new, 1) if old else demo).encode() + f"\n{text}\n".encode()
    return submission(ProgrammeActivated(content, "demo.yaml"), received_at=NOON - DAY)


def lives(residence: str, groups: str = "", said: float = 0) -> Submission:
    return members(f"{ROW},{residence},{groups}", columns=COLUMNS, said=said)


def fly(core: Core, *days: int) -> None:
    """Flights on these days of August, all reported at once."""
    core.execute([submission(flight(date(2026, 8, day), day), received_at=NOON + 9 * DAY) for day in days])


def residence_and_groups(core: Core) -> tuple[str, list[str]]:
    report = core.member("M1")
    assert report is not None
    return report["residence"], report["groups"]


def awards(url: str) -> list[int]:
    """What stands of the flights, in order of their days."""
    return [row[0] for row in query(url, "SELECT award FROM standing_credit ORDER BY flown_on")]


ADDS = "adds: {award: {percent: 100, of: accrued, round: floor}}"
LOCALS = rules(f"promotions: [{{name: locals, when: {{residence: [FR, MC]}}, {ADDS}}}]")
GUESTS = rules(f"promotions: [{{name: guests, when: {{groups: [vip, crew]}}, {ADDS}}}]")
TIERS = rules(
    "",
    "reached: {any_of: [{qualifying: 15000}, {segments: 15}]}",
    "reached: {segments: 15}\n    by_residence: [{residence: [MC], reached: {segments: 1}}]",
)


@pytest.mark.parametrize(
    ("programme", "told", "miles"),
    [
        (LOCALS, "MC,", 1680),
        (LOCALS, "DE,", 840),
        (LOCALS, ",", 840),
        (GUESTS, "MC,press vip", 1680),
        (GUESTS, "MC,press", 840),
        (GUESTS, ",", 840),
    ],
)
def test_what_a_flight_earns(programme: Submission, told: str, miles: int, database_url: str) -> None:
    file = members(f"{ROW},{told}", columns=COLUMNS)
    with books(database_url, programme, file, submission(coupon())) as core:
        assert balances(core)["award"] == miles
        report = core.member("M1")
        assert report is not None
        assert [report["residence"], " ".join(report["groups"])] == told.split(",")


@pytest.mark.parametrize("programme", [LOCALS, GUESTS, TIERS], ids=["residence", "groups", "tiers"])
def test_file_and_flights_in_any_order(programme: Submission, tmp_path: Path) -> None:
    file, wrong = lives("MC", "vip"), lives("DE", "press", said=-1)
    flights = [submission(coupon()), submission(flight(date(2026, 8, 22)), received_at=NOON + 3 * DAY)]
    all_orders(tmp_path, [file, wrong, *flights], first=[programme])


def test_a_tier_comes_and_goes_with_the_residence(database_url: str) -> None:
    """A flight of the next day is priced again by the tier that its member then had."""
    with books(database_url, TIERS) as core:
        for day in (18, 19):
            one(core, submission(flight(date(2026, 8, day), day)))
        assert (core.member("M1") or {})["tier"] == "BASIC"
        assert balances(core)["award"] == 1680
        one(core, lives("MC", said=1))
        assert (core.member("M1") or {})["tier"] == "SILVER"
        assert balances(core)["award"] == 840 + 1050
        one(core, lives("MC", said=2))
        entries = count(database_url, "entry")
        one(core, lives("DE", said=3))
        assert (core.member("M1") or {})["tier"] == "BASIC"
        assert balances(core)["award"] == 1680
        assert count(database_url, "entry") == entries + 2


def test_a_file_without_the_column_says_nothing(database_url: str) -> None:
    with books(database_url, LOCALS, lives("MC", "vip", said=-1), submission(coupon())) as core:
        one(core, members(ROW, said=1))
        assert balances(core)["award"] == 1680
        fly(core, 22)
        assert balances(core)["award"] == 3360
        assert residence_and_groups(core) == ("MC", ["vip"])


def test_a_budget_serves_who_is_put_into_a_group_later(database_url: str) -> None:
    limited = rules(
        f"promotions: [{{name: guests, when: {{groups: [vip]}}, {ADDS}, budget: {{award: 1000}}}}]"
    )
    with books(database_url, limited) as core:
        for day in (18, 19):
            one(core, submission(flight(date(2026, 8, day), day)))
        one(core, lives("", "vip", said=1))
        assert awards(database_url) == [1680, 1000]
        one(core, lives("", "", said=2))
        assert balances(core)["award"] == 1680
        assert query(database_url, "SELECT sum(used) FROM promotion_use")[0][0] == 0


def test_grants_are_given_and_taken_back(database_url: str) -> None:
    granting = rules(
        "grants: [{name: first flight, on: first_flight, amounts: {award: 70}, when: {residence: [MC]}}]"
    )
    with books(database_url, granting, submission(coupon())) as core:
        strike(core, NOON + DAY)
        assert award(core) == {"award": 840}
        one(core, lives("MC", said=25))
        strike(core, NOON + DAY + timedelta(hours=2))
        assert award(core) == {"award": 910}
        one(core, lives("DE", said=27))
        strike(core, NOON + DAY + timedelta(hours=4))
        assert award(core) == {"award": 840}


def test_miles_end_as_if_it_had_always_been_so(database_url: str) -> None:
    ending = rules(
        "",
        "expiry: {model: months, months: 24}",
        "expiry: [{model: never, when: {groups: [vip]}}, {model: months, months: 1}]",
    )
    late = NOON + 40 * DAY
    with books(database_url, ending, submission(coupon())) as core:
        strike(core, late)
        assert award(core) == {}
        one(core, members(f"{ROW},,vip", columns=COLUMNS, said=41 * 24))
        assert award(core) == {"award": 840}
        strike(core, late + 2 * DAY)
        assert award(core) == {"award": 840}
        one(core, members(f"{ROW},,", columns=COLUMNS, said=43 * 24))
        strike(core, late + 4 * DAY)
        assert award(core) == {}


def test_what_keeps_miles_alive_may_ask_for_the_member(database_url: str) -> None:
    ending = rules(
        "",
        "expiry: {model: months, months: 24}",
        "expiry: {model: inactivity, months: 2, activity: {residence: [MC]}}",
    )
    flights = [submission(flight(date(2026, each, 20), each), received_at=NOON) for each in (6, 8)]
    with books(database_url, ending, *flights) as core:
        strike(core, datetime.fromisoformat("2026-09-10T12:00:00+00:00"))
        assert award(core) == {"award": 840}
        one(core, lives("MC", said=22 * 24))
        assert award(core) == {"award": 1680}


def test_a_company_gets_its_share_of_what_the_traveller_gets(database_url: str) -> None:
    sharing = rules(
        f"members: {{company_percent: 10}}\npromotions: [{{name: locals, when: {{residence: [MC]}}, {ADDS}}}]"
    )
    firm = members("C1,SEVER,LLC,,,UT,7700000000904,active,,,company", columns=",kind")
    row = members(f"{ROW},MC,C1", columns=",residence,company")
    with books(database_url, sharing, firm, row, submission(coupon())) as core:
        assert (balances(core)["award"], balances(core, "C1")["award"]) == (1680, 168)


def test_a_childs_flight_asks_for_the_parent(database_url: str) -> None:
    """Whose account it is, is the member."""
    shared = rules(
        f"members: {{children: parent}}\npromotions: [{{name: vip, when: {{groups: [vip]}}, {ADDS}}}]"
    )
    child = "M7,LUGOVAYA,VERA,,2018-04-09,UT,7700000000201,active,,"
    file = members(f"{ROW},,vip,", f"{child},DE,,M1", columns=",residence,groups,parent")
    with books(database_url, shared, file) as core:
        one(core, submission(coupon(card=CardClaim("UT", "7700000000201"), name=VERA)))
        assert balances(core)["award"] == 1680


def test_a_merged_member_is_the_one_who_survives(tmp_path: Path) -> None:
    """Also while the other one's file says otherwise; and back again with the merge."""
    twin = "M6,LUGOVAYA,VERA,,1987-04-09,UT,7700000000128,active,,"
    files = [
        members(f"{ROW},MC,,", columns=",residence,groups,merged_into", said=-1),
        members(f"{twin},DE,,M1", columns=",residence,groups,merged_into", said=-1),
    ]
    flown = submission(coupon(card=CardClaim("UT", "7700000000128")))
    all_orders(tmp_path, [*files, flown], first=[LOCALS])
    with books(f"sqlite:///{tmp_path}/one.sqlite", LOCALS, *files, flown) as core:
        assert balances(core)["award"] == 1680


def test_a_replay_is_the_same(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/books.sqlite"
    messages = [submission(coupon()), lives("MC", "vip", said=-30), lives("DE", "crew vip", said=2)]
    with books(url, TIERS, *messages) as core:
        assert residence_and_groups(core) == ("DE", ["crew", "vip"])
    check_replay(url, f"sqlite:///{tmp_path}/again.sqlite", [*opening(), TIERS, *messages])


def test_files_of_one_instant(tmp_path: Path) -> None:
    hashes = set()
    files = [lives("MC", "vip"), lives("DE", "press"), lives("", "a b c")]
    for number, order in enumerate(permutations(files)):
        with books(f"sqlite:///{tmp_path}/{number}.sqlite", *order) as core:
            hashes.add(core.verify()["state_hash"])
    assert len(hashes) == 1


def test_what_a_draft_would_change(database_url: str) -> None:
    with books(database_url, lives("MC", "vip"), submission(coupon())) as core:
        plain = load_programme(PROGRAMME.decode(), "demo.yaml")
        drafts = [one.transactions[0].content.decode() for one in (LOCALS, GUESTS, TIERS)]  # type: ignore[attr-defined]
        for text, miles, tier in zip(drafts, (1680, 1680, 840), ("BASIC", "BASIC", "SILVER"), strict=True):
            draft = load_programme(text, "demo.yaml")
            (compared,) = compare(plain, draft, core.traffic("demo"), date(2026, 9, 1))
            assert (compared.a.amounts["award"], compared.b.amounts["award"]) == (840, miles)
            assert (compared.a.tier, compared.b.tier) == ("BASIC", tier)


def test_damage_to_where_a_member_lives_is_found(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite"
    with books(f"sqlite:///{path}", TIERS, lives("MC"), submission(coupon())):
        pass
    tamper(path, "UPDATE member SET residence = 'DE' WHERE number = 'M1'")
    core = Core.open(f"sqlite:///{path}")
    wrong = [check["name"] for check in core.verify()["checks"] if not check["ok"]]
    core.close()
    assert wrong == ["tiers are what flights and given tiers say"]
