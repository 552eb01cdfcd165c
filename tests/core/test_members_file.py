"""Member files: what is read, and that every mistake is told with its row, all at once."""

from datetime import date, datetime
from pathlib import Path

import pytest

from loyalty_core.errors import InputError
from loyalty_core.member_rows import MemberRow
from loyalty_core.members_file import (
    BYTES_MAX,
    GROUPS_MAX,
    NAME_CHARACTERS_MAX,
    NUMBER_CHARACTERS_MAX,
    OTHER_NAMES_MAX,
    PROBLEMS_MAX,
    ROWS_MAX,
    TIER_CHARACTERS_MAX,
    read_members,
)
from loyalty_core.problems import Problem
from loyalty_core.programme import load_programme
from loyalty_core.transactions import Name

FOLDER = Path(__file__).resolve().parents[2] / "loyalty_core" / "programmes"
HEADER = "member,surname,given,card_airline,card"
FULL = HEADER + ",other_names,birth_date,programme,card_state,replaced_by,tier,enrolled_on"
TOLD = FULL + ",residence,groups"


def problems(text: str | bytes, **limits: int) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        read_members(text.encode() if isinstance(text, str) else text, **limits)
    return list(caught.value.problems)


def test_a_full_row() -> None:
    text = FULL + "\nm1,x,y\n".replace("m1,x,y", "M1,Sedov, Oleg ,UT,777,СЕДОВ/ОЛЕГ; SEDOFF/OLEG;SEDOV/OLEG,")
    text = text.rstrip("\n") + "1990-02-28,demo,lost,778,GOLD,2024-01-31\n"
    (row,) = read_members(text.encode())
    assert row == MemberRow(
        member="M1",
        surname="SEDOV",
        given="OLEG",
        other_names=(Name("СЕДОВ", "ОЛЕГ"), Name("SEDOFF", "OLEG"), Name("SEDOV", "OLEG")),
        birth_date=date(1990, 2, 28),
        programme="demo",
        tier="GOLD",
        enrolled_on=date(2024, 1, 31),
        card_airline="UT",
        card="777",
        card_state="lost",
        replaced_by="778",
        row=2,
    )
    assert row.names == (Name("SEDOV", "OLEG"), Name("СЕДОВ", "ОЛЕГ"), Name("SEDOFF", "OLEG"))


def test_the_least_row() -> None:
    (row,) = read_members(f"{HEADER}\nM1,СЕДОВ,ОЛЕГ,UT,777".encode())
    assert (row.card_state, row.replaced_by, row.tier, row.programme) == ("", "", "", "")
    assert (row.birth_date, row.enrolled_on, row.other_names) == (None, None, ())


def test_where_a_member_lives_and_in_which_groups() -> None:
    most = " ".join(f"g{each:02d}" for each in range(GROUPS_MAX))
    text = f"{HEADER},residence,groups\nM1,SEDOV,OLEG,UT,1,MC,  vip crew_2  VIP vip \nM2,ORLOV,LEV,UT,2,,{most}\n"
    first, second = read_members(text.encode())
    assert (first.residence, first.groups) == ("MC", ("VIP", "crew_2", "vip"))
    assert (second.residence, " ".join(second.groups)) == ("", most)
    rows = "M1,SEDOV,OLEG,UT,1,MC,vip crew\nM1,SEDOV,OLEG,UT,2,FR,crew vip\n"
    (problem,) = problems(f"{HEADER},residence,groups\n{rows}")
    assert (problem.code, problem.path, problem.line) == ("members_disagree", "residence", 3)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffmember,surname,given,card_airline,card\r\nM1,SEDOV,OLEG,UT,777\r\n",
        "Card;Card_Airline;Given;Surname;Member\n777;UT;OLEG;SEDOV;M1\n",
        '"member","surname","given","card_airline","card"\n\n"M1","SEDOV","OLEG","UT","777"\n,,,,\n',
        'member;surname;given;card_airline;card;other_names\nM1;SEDOV;OLEG;UT;777;"A/B;C/D"\n',
    ],
)
def test_dialects(text: str) -> None:
    (row,) = read_members(text.encode())
    assert (row.member, row.surname, row.given, row.card_airline, row.card) == (
        "M1",
        "SEDOV",
        "OLEG",
        "UT",
        "777",
    )


@pytest.mark.parametrize(
    ("cells", "code", "path"),
    [
        ({"card": ""}, "missing", "card"),
        ({"member": ""}, "missing", "member"),
        ({"card_airline": ""}, "missing", "card_airline"),
        ({"surname": ""}, "missing", "surname"),
        ({"given": ""}, "missing", "given"),
        ({"given": "-"}, "missing", "given"),
        ({"given": "OLEG2"}, "bad_value", "given"),
        ({"given": "OL\u200bEG"}, "bad_value", "given"),
        ({"surname": "S" * (NAME_CHARACTERS_MAX + 1)}, "too_long", "surname"),
        ({"card": "7" * (NUMBER_CHARACTERS_MAX + 1)}, "too_long", "card"),
        ({"card": "777а"}, "not_ascii", "card"),
        ({"card": "７７７"}, "not_ascii", "card"),
        ({"card": "777 1"}, "bad_value", "card"),
        ({"card": "ab7"}, "bad_value", "card"),
        ({"card_airline": "ЮТ"}, "not_ascii", "card_airline"),
        ({"card_airline": "UTAIR"}, "bad_value", "card_airline"),
        ({"other_names": "SEDOV"}, "bad_value", "other_names"),
        ({"other_names": "SEDOV/"}, "missing", "other_names"),
        ({"other_names": ";".join(["A/B"] * (OTHER_NAMES_MAX + 1))}, "too_long", "other_names"),
        ({"birth_date": "28.02.1990"}, "bad_value", "birth_date"),
        ({"birth_date": "19900228"}, "bad_value", "birth_date"),
        ({"birth_date": "1990-02-30"}, "bad_value", "birth_date"),
        ({"enrolled_on": "soon"}, "bad_value", "enrolled_on"),
        ({"programme": "De mo"}, "bad_value", "programme"),
        ({"tier": "gold"}, "bad_value", "tier"),
        ({"tier": "G" * (TIER_CHARACTERS_MAX + 1)}, "too_long", "tier"),
        ({"residence": "ZZ"}, "unknown_value", "residence"),
        ({"residence": "fr"}, "unknown_value", "residence"),
        ({"residence": "FRA"}, "unknown_value", "residence"),
        ({"residence": "РФ"}, "unknown_value", "residence"),
        ({"groups": "vip,crew"}, "bad_value", "groups"),
        ({"groups": "vip -"}, "bad_value", "groups"),
        ({"groups": "v" * 61}, "bad_value", "groups"),
        ({"groups": " ".join(f"g{each}" for each in range(GROUPS_MAX + 1))}, "too_long", "groups"),
        ({"card_state": "blockd"}, "unknown_value", "card_state"),
        ({"card_state": "replaced"}, "missing", "replaced_by"),
        ({"replaced_by": "778"}, "bad_value", "replaced_by"),
        ({"card_state": "lost", "replaced_by": "777"}, "bad_value", "replaced_by"),
    ],
)
def test_one_mistake_in_a_row(cells: dict[str, str], code: str, path: str) -> None:
    good = {"member": "M1", "surname": "SEDOV", "given": "OLEG", "card_airline": "UT", "card": "777"}
    row = good | cells
    text = f"{TOLD}\nM0,A,B,UT,1,,,,,,,,,\n" + ",".join(f'"{row.get(name, "")}"' for name in TOLD.split(","))
    (problem,) = problems(text)
    assert (problem.code, problem.path, problem.line) == (code, path, 3), problem


def test_near_words_are_offered() -> None:
    text = f"{TOLD}\nM1,SEDOV,OLEG,UT,12 34,,,,blockd,,gold,,mc,\n"
    told = " ".join(problem.text for problem in problems(text))
    for near in ('did you mean "1234"', 'did you mean "blocked"', 'did you mean "GOLD"', 'did you mean "MC"'):
        assert near in told
    (problem,) = problems("member,surname,given,card_airline,card,birthdate\n")
    assert 'did you mean "birth_date"' in problem.text


def test_all_problems_at_once_in_order_of_rows() -> None:
    text = (
        f"{FULL}\n,SEDOV,OLEG,UT,1,,x,,,,,\nM2,SEDOV,,UT,2,,,,,,,\nM3,SEDOV,OLEG\nM4,SEDOV,OLEG,UT,,,,,,,,\n"
    )
    assert [(problem.line, problem.path) for problem in problems(text)] == [
        (2, "member"),
        (2, "birth_date"),
        (3, "given"),
        (4, ""),
        (5, "card"),
    ]


def test_rows_that_contradict_each_other() -> None:
    text = "\n".join(
        [
            FULL,
            "M1,SEDOV,OLEG,UT,1,,1990-02-28,,,,,",
            "M1,SEDOV,OLEG,UT,2,,1990-03-28,,,,GOLD,",
            "M2,ORLOV,LEV,UT,1,,,,,,,",
            "M3,ORLOV,LEV,UT,3,,,,replaced,2,,",
            "M4,ORLOV,LEV,UT,4,,,,replaced,5,,",
            "M4,ORLOV,LEV,UT,5,,,,replaced,4,,",
            "M5,ORLOV,LEV,UT,6,,,,replaced,999,,",
            "M6,ORLOV,LEV,S7,1,,,,,,,",
        ]
    )
    assert [(problem.line, problem.code, problem.path) for problem in problems(text)] == [
        (3, "members_disagree", "birth_date"),
        (3, "members_disagree", "tier"),
        (4, "duplicate_card", "card"),
        (5, "bad_value", "replaced_by"),
        (6, "bad_value", "replaced_by"),
        (7, "bad_value", "replaced_by"),
    ]


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "no_rows", 1),
        (b"\n\n", "no_rows", 1),
        (HEADER.encode(), "no_rows", 1),
        (b"surname,given,card_airline,card\n", "missing_column", 1),
        (HEADER.encode() + b",card\n", "duplicate_column", 1),
        (HEADER.encode() + b",colour\n", "unknown_column", 1),
        (HEADER.encode() + b"\nM1,SEDOV,OLEG,UT,\x00\n", "not_text", 2),
        (HEADER.encode() + b'\nM1,SEDOV,OLEG,UT,"7"7\n', "not_csv", 2),
        (HEADER.encode() + b'\nM1,SEDOV,OLEG,UT,"7\n', "not_csv", 2),
        (f"{HEADER}\nM1,СЕДОВ,ОЛЕГ,UT,777\n".encode("cp1251"), "not_utf8", 2),
        (HEADER.encode("utf-16"), "not_utf8", 1),
    ],
)
def test_what_is_no_member_file(content: bytes, code: str, line: int) -> None:
    assert [(problem.code, problem.line) for problem in problems(content)] == [(code, line)]


def test_row_is_the_line_below_a_cell_of_two_lines() -> None:
    text = f'{HEADER}\nM1,"SE\nDOV",OLEG,UT,1\nM2,ORLOV,,UT,2\n'
    assert [problem.line for problem in problems(text)] == [4]


def test_limits() -> None:
    text = HEADER + "".join(f"\nM{i},SEDOV,OLEG,UT,{i}" for i in range(1, 6))
    assert len(read_members(text.encode(), rows_max=5)) == 5
    (refused,) = problems(text, rows_max=4)
    assert (refused.code, refused.line) == ("too_many_rows", 6)
    assert "split the file" in refused.text
    assert [p.code for p in problems(text, bytes_max=len(text) - 1)] == ["file_too_large"]
    assert len(read_members(text.encode(), bytes_max=len(text))) == 5
    many = HEADER + "\nM1,,OLEG,UT,1" * (PROBLEMS_MAX + 10)
    assert len(problems(many)) == PROBLEMS_MAX
    assert (ROWS_MAX, BYTES_MAX) == (25_000, 33_554_432)


def test_the_members_of_the_demo() -> None:
    rows = read_members((FOLDER / "demo_members.csv").read_bytes())
    programme = load_programme((FOLDER / "demo.yaml").read_text(encoding="utf-8"), "demo.yaml")
    members = {row.member: row for row in rows}
    assert 8 <= len(members) <= 10
    assert {row.card_airline for row in rows} <= set(programme.carriers)
    assert {row.tier for row in rows} <= {"", *(tier.name for tier in programme.tiers)}
    assert all(len(row.card) == 13 and row.card.isdigit() for row in rows)
    assert {"active", "blocked", "replaced", "lost"} == {row.card_state for row in rows}
    assert any(row.birth_date is None for row in rows)
    assert any(not any(name.surname.isascii() for name in row.names) for row in rows)


def test_states_and_relations() -> None:
    columns = ",card_state,card_since,member_state,member_since,said_at,parent,parent_since,person,company"
    cells = ",issued,2026-01-02,temporary,2026-01-03,2026-01-04T12:00:00+03:00,M2,2026-01-05,p-1,-"
    (row,) = read_members(f"{HEADER}{columns}\nM1,SEDOV,OLEG,UT,777{cells}".encode())
    assert (row.card_state, row.card_since) == ("issued", date(2026, 1, 2))
    assert (row.member_state, row.member_since) == ("temporary", date(2026, 1, 3))
    assert row.said_at == datetime.fromisoformat("2026-01-04T09:00:00+00:00")
    assert row.relations == (
        ("parent", "M2", date(2026, 1, 5)),
        ("company", "", None),
        ("person", "p-1", None),
    )


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("member_state", "asleep", "unknown_value"),
        ("card_since", "2026-01-02", "missing"),
        ("member_since", "2026-01-02", "missing"),
        ("said_at", "2026-01-02", "bad_value"),
        ("said_at", "2026-01-02T12:00:00", "bad_value"),
        ("parent", "M1", "bad_value"),
        ("merged_into", "m-2", "bad_value"),
        ("person", "a/b", "bad_value"),
        ("guardian_since", "2026-01-02", "missing"),
    ],
)
def test_mistakes_about_states_and_relations(column: str, value: str, code: str) -> None:
    (problem,) = problems(f"{HEADER},{column}\nM1,SEDOV,OLEG,UT,777,{value}")
    assert problem.code == code
