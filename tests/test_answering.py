"""Answers to lists as texts: golden examples, widths, parts; and which lists are answered at all."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from adapter.answering import CARDS_MAX, AnswerForm, compose
from adapter.config import load_config
from adapter.documents.document import Document
from adapter.engine import MAPPINGS, load_messages, policies_of
from adapter.mapping import Maps
from adapter.outgoing import CODES, composer
from adapter.pipeline import Pipeline
from adapter.wire.typeb import read_telegram
from adapter.wire.typeb_egress import mark_resent
from loyalty_core import Departure, FaultyCard, Flight, ListAnswer, Reason
from tests.test_pipeline import envelope

GOLDEN = Path(__file__).parent / "answers"
FORM = AnswerForm((), "MOWFFXY", "dcs", "utf-8")
RECEIVED = datetime(2026, 8, 20, 12, 6, 41, tzinfo=UTC)


def card(number: str, reason: Reason, line: int, **fields: str) -> FaultyCard:
    said = {"airline": "XY", "role": "FQTV", "off_point": "AER", "locator": "0Q4MR7", **fields}
    return FaultyCard(number=number, reason=reason, line=line, **said)


ANSWER = ListAnswer(
    key="FTL/XY/418/2026-08-20/DME/MOWRMXY/2026-08-20T12:05:00.000000Z/0123456789ab",
    link="dcs",
    kind="FTL",
    originator="MOWRMXY",
    departure=Departure(Flight("XY", "418"), date(2026, 8, 20), "DME"),
    edition=datetime(2026, 8, 20, 12, 5, tzinfo=UTC),
    received_at=RECEIVED,
    cards=(
        card("4100000000018", Reason.CARD_UNKNOWN, 6),
        card("4100000000026", Reason.CARD_BLOCKED, 9, off_point="LED", locator=""),
        card("4100000000034", Reason.HOLDER_MISMATCH, 12, off_point="LED", role="FQTU"),
        card("4100000000042", Reason.CARD_CLOSED, 15),
    ),
)
CYRILLIC = replace(
    ANSWER,
    departure=Departure(Flight("XY", "7", "Д"), date(2026, 8, 20), "ДМД"),
    cards=(card("41Щ", Reason.CARD_UNKNOWN, 6, locator="0М71МГ"),),
)
EXAMPLES = {
    "ftl": (ANSWER, FORM),
    "pnl_to_others": (
        replace(ANSWER, kind="PNL", cards=ANSWER.cards[:1]),
        replace(FORM, to=("LEDKKXY", "MOWKKXY"), priority="QN"),
    ),
    "cyrillic_kept": (CYRILLIC, replace(FORM, encoding="cp866")),
    "cyrillic_lost": (CYRILLIC, replace(FORM, encoding="ascii")),
    "as_long_as_can_be": (
        replace(
            ANSWER,
            cards=(card("9" * 40, Reason.HOLDER_MISMATCH, 65535, airline="XYZA", locator="ABCDEFGH"),),
        ),
        FORM,
    ),
}


@pytest.fixture(scope="module")
def maps() -> Maps:
    return load_messages()[1]


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_golden_answers(name: str, maps: Maps) -> None:
    telegrams = compose(*EXAMPLES[name], maps.codes(CODES))
    golden = GOLDEN / f"{name}.txt"
    assert "".join(one.text for one in telegrams) == golden.read_text("utf-8"), golden
    assert [one.key for one in telegrams] == [f"answer/{ANSWER.key}/1"]
    assert {one.answers for one in telegrams} == {ANSWER.key}
    assert max(map(len, telegrams[0].text.splitlines())) <= 63


def test_every_golden_answer_has_its_test() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(EXAMPLES)


def test_every_reason_of_a_card_has_a_text(maps: Maps) -> None:
    codes = maps.codes(CODES)
    assert MAPPINGS.is_dir()
    for reason in (
        Reason.CARD_UNKNOWN,
        Reason.CARD_BLOCKED,
        Reason.CARD_CLOSED,
        Reason.HOLDER_MISMATCH,
        Reason.HOLDER_UNCERTAIN,
    ):
        code, message = codes[reason]
        assert code in (3, 4, 5, 6)
        assert message


def test_a_long_answer_goes_in_parts_and_no_card_is_cut(maps: Maps) -> None:
    cards = tuple(
        card(f"41000{number:08}", Reason.CARD_UNKNOWN, number) for number in range(1, CARDS_MAX + 8)
    )
    telegrams = compose(replace(ANSWER, cards=cards), FORM, maps.codes(CODES))
    assert len(telegrams) > 2
    said = []
    for number, one in enumerate(telegrams, 1):
        assert len(mark_resent(one.text).replace("\n", "\r\n")) <= 3000, "as it leaves the second time"
        read = read_telegram(one.text, RECEIVED, listed_kinds=("FQA",))
        assert read.problems == ()
        assert (read.part, read.final) == (number, number == len(telegrams))
        body = read.lines[slice(*read.body)]
        assert body[0] == f"RE FTL 201205 {len(cards)} CARDS"
        said += body[1:]
    assert said.pop() == "AND 7 MORE"
    pairs = list(zip(said[::2], said[1::2], strict=True))
    assert all(first.startswith("LINE ") and second == "3 CARD NOT FOUND" for first, second in pairs)
    assert len(pairs) == CARDS_MAX


def test_the_same_facts_give_the_same_text(maps: Maps) -> None:
    assert compose(ANSWER, FORM, maps.codes(CODES)) == compose(ANSWER, FORM, maps.codes(CODES))


SETTINGS = """
links:
  dcs: {type: spool, directory: a, answer: {origin: MOWFFXY, link: out}}
  fixed: {type: spool, directory: b, encoding: cp866, answer: {origin: MOWFFXY, to: [LEDKKXY], priority: QN}}
  out: {type: spool, directory: c, encoding: koi8-r}
"""


def test_settings_say_how_a_list_is_answered(tmp_path: Path, maps: Maps) -> None:
    (tmp_path / "config.yaml").write_text(SETTINGS, encoding="utf-8")
    write = composer(load_config(tmp_path / "config.yaml"), maps.codes(CODES))
    (one,) = write(ANSWER) or ()
    assert (one.link, one.text.splitlines()[0]) == ("out", "MOWRMXY")
    (one,) = write(replace(ANSWER, link="fixed")) or ()
    assert (one.link, one.text.splitlines()[0]) == ("fixed", "QN LEDKKXY")
    assert write(replace(ANSWER, link="out")) is None
    assert write(replace(ANSWER, link="gone")) is None


LIST = "{head}{kind}\nUT280/20AUG DME PART1\n-AER01Y\n1IVANOV/IVAN\n{fqt}END{kind}\n"


@pytest.mark.parametrize(
    ("link", "head", "kind", "wanted"),
    [
        ("dcs", "MOWFFXY\n.MOWRMXY 201205\n", "FTL", True),
        ("dcs", "", "FTL", False),  # a copy names nobody to answer
        ("fixed", "", "FTL", True),
        ("out", "MOWFFXY\n.MOWRMXY 201205\n", "FTL", False),
        ("dcs", "MOWFFXY\n.MOWFFXY 201205\n", "FTL", False),  # it came from ourselves
        ("fixed", "MOWFFXY\n.MOWFFXY 201205\n", "FTL", False),
        ("dcs", "MOWFFXY\n.MOWRMXY 201205\n", "ETL", False),
    ],
)
def test_which_lists_want_an_answer(link: str, head: str, kind: str, wanted: bool, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(SETTINGS, encoding="utf-8")
    pipeline = Pipeline(*load_messages(), policies_of(load_config(tmp_path / "config.yaml")))
    fqt = ".R/FQTV UT 2900000000017\n" if kind == "FTL" else ".R/TKNE HK1 2986145372512/1\n"
    raw = LIST.format(head=head, kind=kind, fqt=fqt).encode()
    came = replace(envelope("typeb", raw, RECEIVED), link=link, created_hint=RECEIVED)
    work = pipeline.receive(came)
    assert work.refusal is None, work.refusal
    assert isinstance(work.document, Document)
    assert work.submission is not None
    assert work.submission.wants_answer is wanted
