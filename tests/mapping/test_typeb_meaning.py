"""What passenger lists say, as the core hears it: PFS, PNL, ADL and ASL, and whatever stands beside a name."""

from datetime import UTC, date, datetime

import pytest

from adapter.documents.document import Document, Manner
from adapter.engine import load_messages
from adapter.envelope import Envelope
from loyalty_core import CardClaim, Departure, Flight, ListedPerson, ListReceived, Marketing, Name

RECEIVED = datetime(2026, 8, 20, 15, tzinfo=UTC)
CATALOGUE, MAPS = load_messages()


def read(
    kind: str,
    body: str,
    flight: str = "UT451/20AUG DME",
    head: str = "MOWFFUT\n.MOWRMUT 201206\n",
    manner: Manner | None = None,
) -> ListReceived:
    text = f"{head}{kind}\n{flight} PART1\n{body}END{kind}\n"
    envelope = Envelope("dcs", "typeb", "1", text.encode(), RECEIVED)
    document = CATALOGUE.open(envelope, manner or Manner())
    assert isinstance(document, Document)
    (found,) = MAPS.read(document, envelope)
    assert isinstance(found, ListReceived)
    return found


def only(kind: str, lines: str, group: str = "-AER01Y\n") -> ListedPerson:
    (person,) = read(kind, f"{group}1GROMOV/LEV MR\n{lines}").persons
    return person


# --- PFS --------------------------------------------------------------------------------------------------------------

SALES = """AER 00/008/097
LED 00/000/004
-AER
FQTVN 1Y
1GROMOV/LEV MR
.L/0K7QR3/UT
.F/UT 2904000000017
INVOL 2C
1ABRAMOVA/INGA
.L/0K7QR9/UT
.M/S75451Y20DMEAER
2MELNIK/OLEG/CBBG
NOSHO 2Y
1SOKOL/YAN
1SOKOL/ANNA
.L/0K7QS1/UT
-LED
CHGSG 1L
1DUB/IYA
"""


def test_pfs() -> None:
    found = read("PFS", SALES)
    assert found.departure == Departure(Flight("UT", "451"), date(2026, 8, 20), "DME")
    said = [
        (person.name.surname, person.name.given, person.category, person.off_point, person.group_class)
        for person in found.persons
    ]
    assert said == [
        ("GROMOV", "LEV MR", "FQTVN", "AER", "Y"),
        ("ABRAMOVA", "INGA", "INVOL", "AER", "C"),
        ("MELNIK", "OLEG", "INVOL", "AER", "C"),
        ("SOKOL", "YAN", "NOSHO", "AER", "Y"),
        ("SOKOL", "ANNA", "NOSHO", "AER", "Y"),
        ("DUB", "IYA", "CHGSG", "LED", "L"),
    ]
    first, second, third = found.persons[:3]
    assert first.cards == (CardClaim("UT", "2904000000017", "FQTV"),)
    assert second.marketing == Marketing(Flight("S7", "5451"), "Y")
    assert (third.seats, found.persons[4].locators) == (2, (("0K7QS1", "UT"),))


def test_a_pfs_of_numbers_has_no_persons() -> None:
    found = read("PFS", "AER 00/008/097\n")
    assert (found.persons, found.nil) == ((), False)


@pytest.mark.parametrize("kind", ["FTL", "PRL", "ETL", "ASL", "PNL"])
@pytest.mark.parametrize("remark", ["1CHD", "CHLD HK1 23FEB20", "CHD HK1 23FEB20-1GROMOV/LEV"])
def test_a_child_is_known_by_its_remark(kind: str, remark: str) -> None:
    assert only(kind, f".R/{remark}\n").child is True


@pytest.mark.parametrize(
    "remark", ["CHML HK1", "1INF GROMOV/YAN", "INFT HK1 GROMOV/YAN 01JAN26", "TKNE HK1 INF2984400000032/1"]
)
def test_an_adult_with_an_infant_is_no_child_and_no_infant(remark: str) -> None:
    assert only("PRL", f".R/{remark}\n").child is False


def test_of_a_party_only_the_one_named_is_a_child() -> None:
    party = "-AER02Y\n2GROMOV/LEV MR/YAN\n"
    named = read("PNL", f"{party}.R/CHLD HK1 23FEB20-1GROMOV/YAN\n").persons
    assert [person.child for person in named] == [False, True]
    unnamed = read("PNL", f"{party}.R/CHLD HK1 23FEB20\n").persons
    assert [person.child for person in unnamed] == [False, False], "nobody knows whom it means"


def test_the_tier_behind_a_card() -> None:
    body = "-AER\nGOSHO 1Y\n1GROMOV/LEV\n.F/LH 2904000000017/SEN\n"
    (person,) = read("PFS", "AER 00/000/001\n" + body).persons
    assert person.cards == (CardClaim("LH", "2904000000017", "FQTV", tier="SEN"),)


# --- PNL, ADL, ASL ----------------------------------------------------------------------------------------------------

BOOKED = """-AER03L
2GROMOV/LEV MR/IYA MRS-A2
.L/0K7QR3/UT
.R/FQTV UT 2904000000017-1GROMOV/LEV MR
.R/OTHS HK1 FQTSTATUS SILVER-1GROMOV/LEV MR
.R/TKNE HK1 2984400000032/1-1GROMOV/LEV MR
.R/TKNE HK1 2984400000033/2-1GROMOV/IYA MRS
1ZIMIN/PAVEL .L/0K7QZ1
.ID2/12
"""


def test_pnl_of_a_party() -> None:
    found = read("PNL", BOOKED)
    lev, iya, pavel = found.persons
    assert (lev.name, iya.name) == (Name("GROMOV", "LEV MR"), Name("GROMOV", "IYA MRS"))
    assert lev.locators == iya.locators == (("0K7QR3", "UT"),)
    assert (lev.cards, iya.cards) == ((CardClaim("UT", "2904000000017"),), ())
    assert (lev.tiers, iya.tiers) == (("SILVER",), ())
    assert (lev.ticket, lev.coupon, iya.ticket, iya.coupon) == ("2984400000032", 1, "2984400000033", 2)
    assert [person.group_class for person in found.persons] == ["L", "L", "L"]
    assert [person.staff for person in found.persons] == [False, False, True]
    assert pavel.locators == (("0K7QZ1", ""),)


def test_a_pnl_of_numbers_has_no_persons() -> None:
    found = read("PNL", "CFG/008C114Y\n-AER014Y\n-LED002L\n")
    assert (found.persons, found.nil) == ((), False)


def test_adl_changes() -> None:
    body = "-AER010Y\nDEL\n1SOKOL/ANNA\n.L/0K7QS1\nADD\n1GROMOV/LEV\n.L/0K7QR3\nCHG\n1DUB/IYA\n.L/0K7QR7\n"
    found = read("ADL", "ANA/012\n" + body)
    assert [(person.name.surname, person.change) for person in found.persons] == [
        ("SOKOL", "DEL"),
        ("GROMOV", "ADD"),
        ("DUB", "CHG"),
    ]


def test_asl() -> None:
    person = only("ASL", ".R/TKNE HK1 2984400000032/1\n.R/ASVC HI1 A/0B5/SEAT/SEAT/A/2984400000044C1\n")
    assert (person.ticket, person.coupon) == ("2984400000032", 1)


# --- long lists -------------------------------------------------------------------------------------------------------


def test_lines_beyond_those_that_the_parser_can_count() -> None:
    """libxml2 remembers a line up to 65,534; what comes behind is known by an attribute."""
    lines = ["MOWFFUT", ".MOWRMUT 201206", "PNL", "UT451/20AUG DME PART1"]
    for letter in "FPAJCDIZWSYBHKLMNQTVXGUE":
        lines.append(f"-AER950{letter}")
        lines += ["1GROMOV/LEV", ".L/0K7QR3/UT", ".R/FQTV UT 2904000000017"] * 950
    document = CATALOGUE.join(("\n".join([*lines, "ENDPNL", ""]),), "PNL", RECEIVED)
    (found,) = MAPS.read(document, Envelope("dcs", "typeb", "1", b"", RECEIVED))
    assert isinstance(found, ListReceived)
    placed = [(person.line, person.line_end) for person in found.persons]
    assert placed[-1] == (len(lines) - 2, len(lines)) > (65_535, 65_535)
    assert placed == [(at, at + 2) for at, line in enumerate(lines, 1) if line.startswith("1")]


# --- corrections ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["FTL", "ETL", "ASL", "PRL", "PNL", "ADL", "PFS"])
def test_a_correction_says_so(kind: str) -> None:
    head = "MOWFFUT\n.MOWRMUT 201206\n"
    assert not read(kind, "NIL\n").correction
    assert read(kind, "NIL\n", head=f"{head}COR\n").correction
    assert read(kind, "NIL\n", head=f"{head}PDM\nCOR\n").edition == read(kind, "NIL\n").edition


# --- lists with damage ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", [1, 2])
@pytest.mark.parametrize("kind", ["FTL", "ETL", "ASL", "PRL", "PNL", "ADL"])
def test_a_list_that_has_lost_a_name_says_so(kind: str, group: int) -> None:
    mark = "ADD\n" if kind == "ADL" else ""
    body = f"-AER01Y\n{mark}1GROMOV/LEV\n.L/0K7QR3\n-LED01Y\n{mark}1DUB/IYA\n.L/0K7QR7\n"
    assert not read(kind, body).incomplete
    broken = body.replace("GROMOV/LEV" if group == 1 else "DUB/IYA", "GRO?MOV/LEV")
    assert read(kind, broken, manner=Manner(tolerant=True)).incomplete


@pytest.mark.parametrize("category", [1, 2])
def test_a_pfs_that_has_lost_a_name_says_so(category: int) -> None:
    broken = SALES.replace("SOKOL/YAN" if category == 2 else "GROMOV/LEV", "SO?KOL/YAN")
    assert not read("PFS", SALES, manner=Manner(tolerant=True)).incomplete
    assert read("PFS", broken, manner=Manner(tolerant=True)).incomplete


# --- what stands beside a name ----------------------------------------------------------------------------------------


def test_infants_are_nobody_of_their_own() -> None:
    person = only(
        "PRL",
        ".L/0K7QR3/UT\n.R/1INF GROMOV/MARK\n.R/TKNE HK1 2984400000032/1\n.R/TKNE HK1 INF2984400000045/1\n",
    )
    assert (person.ticket, person.coupon) == ("2984400000032", 1)


def test_a_ticket_without_coupon_and_a_russian_one() -> None:
    assert only("PRL", ".R/TKNA HK1 2984400000032\n").coupon == 0
    assert only("PRL", ".R/TKNE HK1 83A2451071307/2\n").ticket == "83A2451071307"


def test_several_cards_suffixes_and_tiers() -> None:
    person = only(
        "FTL",
        ".R/FQTV UT 2904000000017-L\n.R/FQTV S7 905000000\n.R/FQTU UT 2904000000017\n.R/FQTV UT 2904000000025/GOLD\n",
    )
    assert person.cards == (
        CardClaim("UT", "2904000000017", "FQTV", "L"),
        CardClaim("S7", "905000000"),
        CardClaim("UT", "2904000000017", "FQTU"),
        CardClaim("UT", "2904000000025", "FQTV", "", "GOLD"),
    )


@pytest.mark.parametrize(
    ("line", "staff"), [(".ID1/3", True), (".DG2/", True), (".RG1/7", True), (".WL/4", False)]
)
def test_who_travels_as_staff(line: str, staff: bool) -> None:
    assert only("PRL", line + "\n").staff is staff


# --- codes ------------------------------------------------------------------------------------------------------------

LOOK_ALIKE = dict(zip("АВЕКМНОРСТУХ", "ABEKMHOPCTYX", strict=True))
CLASSES = dict(
    zip(
        "РФПАИБДЫШЮСЭЖЦКЛМНЯТВХГУЕО",
        "RPFAJCDIZWSYBHKLMNQTVXGUEO",
        strict=True,
    )
)


@pytest.mark.parametrize(("cyrillic", "latin"), CLASSES.items())
def test_every_class_letter(cyrillic: str, latin: str) -> None:
    assert only("FTL", ".R/FQTV UT 2904000000017\n", f"-СОЧ01{cyrillic}\n").group_class == latin


def test_look_alike_letters_are_not_equal_letters() -> None:
    """С is class S and not C, В is V, Н is N, Р is R, У is U; those that do agree agree by the table."""
    different = {letter for letter, shape in LOOK_ALIKE.items() if CLASSES[letter] != shape}
    assert different == set("ВНРСУ")


def test_codes_of_a_wholly_russian_list() -> None:
    found = read("PNL", "-СОЧ01С\n1ГРОМОВ/ЛЕВ\n.L/0К7QР3/ЮТ\n.M/С75451Л20ДМДСОЧ\n", flight="ЮТ451/20AUG ДМД")
    assert found.departure == Departure(Flight("UT", "451"), date(2026, 8, 20), "DME")
    (person,) = found.persons
    assert (person.off_point, person.group_class) == ("AER", "S")
    assert person.locators == (("0К7QР3", "UT"),)
    assert person.marketing == Marketing(Flight("S7", "5451"), "L")
