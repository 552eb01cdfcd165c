"""Reading and rendering with compiled maps: what the language promises, on a small message and on the shipped ones."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from lxml import etree

from adapter.documents.catalogue import Catalogue
from adapter.errors import DocumentError, MappingError, Problem
from adapter.mapping import Maps
from adapter.mapping.compiler import PROBLEMS_MAX, Reading
from loyalty_core import (
    Balance,
    CardAnswer,
    CardCheck,
    CardClaim,
    CouponOutcome,
    CouponReported,
    CreditStatus,
    Flight,
    Name,
    Reason,
)
from tests.mapping.installation import Installation, envelope, opened

GOOD = CardAnswer("UT", "2020000000017", tier="BASIC", names=(Name("SOKOLOVA", "VERA"),))


def text_of(element: etree._Element) -> str:
    return etree.tostring(element, encoding="unicode")


def test_absent_values_take_the_fields_default(installation: Installation) -> None:
    catalogue, maps = installation.load()
    document = opened(catalogue, '<report><card company="UT">17</card></report>')
    assert maps.read(document, envelope("")) == (CardCheck("UT", "17", None, None),)
    document = opened(
        catalogue, '<report><card company="ЮТ" born="1990-05-06"> 17 </card><holder surname="LIS"/></report>'
    )
    assert maps.read(document, envelope("")) == (CardCheck("UT", "17", Name("LIS", ""), date(1990, 5, 6)),)


def test_a_refused_value_has_its_place_and_code(installation: Installation) -> None:
    catalogue, maps = installation.load()
    document = opened(
        catalogue, '<query>\n<report>\n<card company="u" born="5 May">1-7</card></report></query>'
    )
    with pytest.raises(DocumentError) as caught:
        maps.read(document, envelope(""))
    error = caught.value
    assert (error.kind, error.wrapper, error.digest) == ("report", "query", document.digest)
    assert [(problem.code, problem.path, problem.value, problem.line) for problem in error.problems] == [
        ("code_invalid", "/query/report/card/@company", "u", 3),
        ("card_number_invalid", "/query/report/card", "1-7", 3),
        ("date_invalid", "/query/report/card/@born", "5 May", 3),
    ]


def test_of_many_refused_values_only_the_first_are_kept() -> None:
    reading = Reading("report", "dcs")
    for card in etree.fromstring(f"<report>{'<card/>' * 3 * PROBLEMS_MAX}</report>"):
        reading.refuse("card_number_invalid", "is no card number", card, "", "x")
    assert [problem.path for problem in reading.problems] == [
        f"/report/card[{number}]" for number in range(1, PROBLEMS_MAX + 1)
    ]


def test_pick_first_last_only(installation: Installation) -> None:
    def number(pick: str, notes: str) -> str:
        installation.write(
            "mappings/own/report.yaml",
            text.replace("from: card,", f"from: note, pick: {pick}, absent: refuse,"),
        )
        catalogue, maps = installation.load()
        (check,) = maps.read(
            opened(catalogue, f'<report><card company="UT">1</card>{notes}</report>'), envelope("")
        )
        assert isinstance(check, CardCheck)
        return check.number

    text = (installation.mappings / "own" / "report.yaml").read_text(encoding="utf-8")
    three = "<note>11</note><note>12</note><note>13</note>"
    assert number("first", three) == "11"
    assert number("last", three) == "13"
    assert number("only", "<note>14</note>") == "14"
    for notes, code in ((three, "value_repeated"), ("", "value_missing"), ("<note/>", "value_missing")):
        with pytest.raises(DocumentError) as caught:
            number("only", notes)
        assert [problem.code for problem in caught.value.problems] == [code]


@pytest.mark.parametrize("pick", ["first", "last"])
@pytest.mark.parametrize("empty", ["<note/>", "<note></note>", "<note> </note>"])
def test_an_empty_text_is_a_value_however_it_is_looked_for(
    installation: Installation, pick: str, empty: str
) -> None:
    installation.replace(
        "mappings/own/report.yaml",
        "from: card, convert: card_number",
        f"from: [note, card], pick: {pick}, convert: text",
    )
    catalogue, maps = installation.load()
    document = opened(catalogue, f'<report><card company="UT">17</card>{empty}</report>')
    assert maps.read(document, envelope("")) == (CardCheck("UT", "", None, None),)
    document = opened(catalogue, '<report><card company="UT">17</card></report>')
    assert maps.read(document, envelope("")) == (CardCheck("UT", "17", None, None),)


def test_alternatives_conditions_constants_and_defaults(installation: Installation) -> None:
    installation.replace(
        "mappings/own/report.yaml",
        '        given: "@given"',
        '        given: {from: ["@given", ../note], pick: first, default: NONE}',
    )
    installation.replace(
        "mappings/own/report.yaml", "from: holder", "from: holder\n      when: [holder/@given, note]"
    )
    catalogue, maps = installation.load()

    def given(inside: str) -> Name | None:
        document = opened(catalogue, f'<report><card company="UT">1</card>{inside}</report>')
        (check,) = maps.read(document, envelope(""))
        assert isinstance(check, CardCheck)
        return check.name

    assert given('<holder surname="LIS" given="A"/><note>B</note>') == Name("LIS", "A")
    assert given('<holder surname="LIS"/><note>B</note><note>C</note>') == Name("LIS", "B")
    assert given('<holder surname="LIS"/>') is None
    assert given("<note>B</note>") is None


def test_rendering_omits_what_is_absent_and_repeats_what_is_many(installation: Installation) -> None:
    catalogue, maps = installation.load()
    document = opened(catalogue, '<report><card company="UT">17</card></report>')
    rich = replace(GOOD, names=(Name("LIS", "A"), Name("ЛИС", "А")), expires_on=date(2027, 1, 31))
    assert text_of(maps.render(document, [rich])) == (
        '<report><card status="BASIC">17</card><name last="LIS"/><name last="ЛИС"/><expiry date="2027-01-31"/></report>'
    )
    assert (
        text_of(maps.render(document, [replace(GOOD, names=())]))
        == '<report><card status="BASIC">17</card></report>'
    )


def test_a_map_that_meets_what_it_cannot_render_is_our_defect(installation: Installation) -> None:
    catalogue, maps = installation.load()
    document = opened(catalogue, '<report><card company="UT">17</card></report>')
    for items in ([], [GOOD, GOOD], [replace(GOOD, tier="\x00")]):
        with pytest.raises(MappingError) as caught:
            maps.render(document, items)
        assert caught.value.kind == "report"
    with pytest.raises(MappingError):
        maps.read(replace(document, kind="unknown"), envelope(""))


def test_error_answers_refer_to_at_most_five_places(maps: Maps) -> None:
    problems = [Problem("value_invalid", "bad", f"/query/x/@{number}", value='<&"') for number in range(7)]
    element = maps.render_error(
        "ffp_status", 2, "Invalid request", [*problems[:1], Problem("x", "no place"), *problems]
    )
    assert element.tag == "ffp_status"
    error = element[0]
    assert (error.get("code"), error.get("message")) == ("2", "Invalid request")
    assert len(error) <= 5
    assert error[0].get("value") == '<&"'


REPORT = """<ffp company="ЮТ">2020000000017</ffp>
<passenger surname="SOKOLOVA" name="VERA"/>
<coupon ticket="2981234567890" number="2" status="F" reported="2026-08-20T02:30:00+03:00"/>
<segment company="S7" flight="0041D" operating_company="ЮТ" date="2026-08-19" departure="ДМД"
 arrival="LED" subclass="Э"/>"""


def test_a_coupon_is_read_with_tables_fallbacks_and_lines(catalogue: Catalogue, maps: Maps) -> None:
    document = opened(
        catalogue, f"<ffp_accrual>\n<item id='b'>{REPORT}</item>\n<item id='a'>{REPORT}</item></ffp_accrual>"
    )
    first, second = maps.read(document, envelope("", "host"))
    assert first == CouponReported(
        originator="host",
        card=CardClaim("UT", "2020000000017"),
        name=Name("SOKOLOVA", "VERA"),
        status="F",
        marketing=Flight("S7", "41", "D"),
        on=date(2026, 8, 19),
        board_point="DME",
        off_point="LED",
        booking_class="Y",
        operating=Flight("UT", "41", "D"),
        ticket="2981234567890",
        coupon=2,
        reported_at=datetime(2026, 8, 19, 23, 30, tzinfo=UTC),
        item=1,
        line=2,
    )
    assert isinstance(second, CouponReported)
    assert (second.item, second.line) == (2, 7)


def test_a_refused_field_is_referred_to_where_it_was_read(catalogue: Catalogue, maps: Maps) -> None:
    document = opened(
        catalogue,
        f'<query><ffp_accrual><item id="b">{REPORT}</item><item id="a">{REPORT}</item></ffp_accrual></query>',
    )
    posted = CouponOutcome(CreditStatus.POSTED, award=420, qualifying=410, balance=9000)

    def references(name: str) -> list[dict[str, str]]:
        refused = CouponOutcome(CreditStatus.REFUSED, Reason.AIRPORT_UNKNOWN, name)
        element = maps.render(document, [posted, refused])
        assert [item.get("id") for item in element] == ["b", "a"]
        assert element.xpath("string(item[1]/result/award)") == "420"
        return [dict(one.attrib) for one in element.findall("item[2]/error/reference")]  # type: ignore[arg-type]

    segment = "/query/ffp_accrual/item[2]/segment"
    assert references("off_point") == [{"path": f"{segment}/@arrival", "value": "LED"}]
    assert references("operating.number") == [{"path": f"{segment}/@flight", "value": "0041D"}]
    assert references("card.number") == [{"path": "/query/ffp_accrual/item[2]/ffp", "value": "2020000000017"}]
    assert references("marketing") == [{"path": f"{segment}/@company", "value": "S7"}]
    assert references("fare_amount") == []
    assert references("") == []


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (Reason.INVALID, "2"), (Reason.DATE_OUT_OF_WINDOW, "2"), (Reason.AIRPORT_UNKNOWN, "2"),
        (Reason.CLASS_UNKNOWN, "2"), (Reason.KEY_REUSED, "2"), (Reason.CARD_UNKNOWN, "3"),
        (Reason.HOLDER_MISMATCH, "4"), (Reason.CARD_BLOCKED, "5"), (Reason.CARD_CLOSED, "5"),
        (Reason.PROGRAMME_NOT_SERVED, "5"), (Reason.TIER_WITHHELD, "6"),
        (Reason.CARD_ON_SEVERAL_NAMES, "4"), (Reason.PRICE_UNKNOWN, "2"),
    ],
)  # fmt: skip
def test_every_reason_has_its_code(catalogue: Catalogue, maps: Maps, reason: Reason, code: str) -> None:
    check = opened(catalogue, '<ffp_info><ffp company="UT" surname="LIS" name="">17</ffp></ffp_info>')
    element = maps.render(check, [CardAnswer("UT", "17", reason)])
    assert element.xpath("string(error/@code)") == code
    assert element.xpath("string(error/@message)")
    coupon = opened(catalogue, f"<ffp_accrual>{REPORT}</ffp_accrual>")
    element = maps.render(coupon, [CouponOutcome(CreditStatus.REFUSED, reason)])
    assert element.xpath("string(error/@code | result/@code)") == code
    assert bool(element.findall("error")) == (code == "2")


def test_balances_and_expiry(catalogue: Catalogue, maps: Maps) -> None:
    document = opened(
        catalogue, '<ffp_balance><ffp company="UT" surname="LIS" name="A">17</ffp></ffp_balance>'
    )
    answer = replace(GOOD, balances=(Balance("award", 1200), Balance("qualifying", -5)))
    info = maps.render(document, [answer])[1]
    assert [(one.get("unit"), one.text) for one in info.findall("balance")] == [
        ("award", "1200"),
        ("qualifying", "-5"),
    ]
    assert info.find("expiry") is None
    info = maps.render(document, [replace(answer, expires_on=date(2027, 3, 1), expires_amount=40)])[1]
    assert dict(info[2].attrib) == {"date": "2027-03-01", "amount": "40"}
