"""What a host tells of a coupon's sale, from its bytes to the books: brand, day of issue, surcharges and taxes change
the miles, the answer says the new ones, and ``explain`` why."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest
from lxml import etree
from twisted.internet.task import Clock

from adapter.config import load_config
from adapter.engine import Engine
from adapter.envelope import Envelope, Reply
from adapter.explanation import as_text
from adapter.ingesting import finish
from loyalty_core import MembersImported
from tests.storage.airline import submission

RECEIVED = datetime(2026, 8, 20, 18, 0, tzinfo=UTC)
PROGRAMME = """
programme: fares
title: By the fare
carriers: [UT]
policy: {listed: pending, checked_in: pending, boarded: pending, flown: posted}
window: {future_days: 2, past_days: 365}
charts:
  - name: brands
    rows:
      - {brands: [LIGHT], percent: 50}
      - {brands: [FLEX], percent: 200}
      - {percent: 100, priority: -1}
currencies: {EUR: 1}
accrual: {award: [price: {of: total}, percent, round: floor]}
tiers: [{name: BASIC}]
expiry: {model: never}
versions:
  - from: 2026-06-01
    chosen_by: ticketing_date
    accrual: {award: [price: {of: total}, percent, percent: 1000, round: floor]}
"""
SETTINGS = """
database: {url: sqlite:///books.sqlite}
programmes: [fares.yaml]
admin: null
links: {dcs: {type: http, listen: "tcp:0:interface=127.0.0.1"}}
"""
MEMBER = b"member,surname,given,card_airline,card,card_state,tier\nM1,GROMOV,LEV,UT,2904000000017,active,\n"
REPORT = """<query><ffp_accrual><ffp company="UT">2904000000017</ffp><passenger surname="GROMOV" name="LEV"/>
<coupon ticket="2984400000032" number="1" status="F" reported="2026-08-20T15:0{minute}:00Z"{coupon}/>
<segment company="UT" flight="451" date="2026-08-20" departure="DME" arrival="AER" subclass="Y"{segment}/>
{fare}</ffp_accrual></query>"""
FARE = '<fare amount="100" currency="EUR"{}/>'


def report(minute: int, coupon: str = "", segment: str = "", fare: str = "") -> str:
    return REPORT.format(minute=minute, coupon=coupon, segment=segment, fare=fare)


DIALOGUE = [
    # By the flight's date the rules since June count: ten miles for 1 EUR.
    (report(0, fare=FARE.format("")), "1000"),
    (report(1, fare=FARE.format(' surcharges="30" taxes="20"')), "1500"),
    (report(2, segment=' brand="FLEX"'), "3000"),
    # Issued in May: one mile for 1 EUR.
    (report(3, coupon=' ticketed="2026-05-31"'), "300"),
    # A report that is silent about all this takes nothing of it back.
    (report(4), "300"),
]


class Host:
    def __init__(self, directory: Path) -> None:
        (directory / "config.yaml").write_text(SETTINGS)
        (directory / "fares.yaml").write_text(PROGRAMME)
        self.engine = Engine(load_config(directory / "config.yaml"), Clock(), threads=False)
        finish(self.engine.start())
        self.core = self.engine.core
        self.core.execute([submission(MembersImported(MEMBER), received_at=RECEIVED)])
        self.asked = 0

    def ask(self, text: str) -> etree._Element:
        self.asked += 1
        replies: list[Reply] = []
        at = RECEIVED + timedelta(minutes=self.asked)
        self.engine.exchange.handle(
            Envelope("dcs", "http", str(self.asked), text.encode(), at), replies.append
        )
        (reply,) = replies
        assert reply.body is not None
        return etree.fromstring(reply.body)

    def end(self) -> None:
        finish(self.engine.stop(0.0))

    def balance(self) -> int:
        member = self.core.member("M1")
        assert member is not None
        return int(member["balances"].get("award", 0))


def test_each_answer_has_the_miles_of_all_that_was_told_so_far(tmp_path: Path) -> None:
    host = Host(tmp_path)
    for text, award in DIALOGUE:
        assert host.ask(text).xpath("string(//award)") == award
        assert host.balance() == int(award)
    told = as_text(host.core.explain(card="2904000000017"))
    assert "  sold with fare 100 EUR, brand FLEX, ticketed 2026-05-31, surcharges 30, taxes 20\n" in told
    first, second, third, last = (
        part.partition("Together")[0] for part in told.split("How it came about:")[1:]
    )
    stands_in = "those from 2026-06-01, by ticketing date 2026-08-20 (the ticketing date is not known: the flight date)"
    assert all(stands_in in part for part in (first, second, third))
    assert "award: begins with 100 EUR, the total (surcharges and taxes not told)" in first
    assert "award: begins with 150 EUR, the total  [" in second
    assert (
        "The rules that count are the first, by flight date 2026-08-20, not those from 2026-06-01, which go by"
        " ticketing date 2026-05-31.  [fares.yaml:2]\n"
    ) in last
    assert host.core.verify()["ok"]
    host.end()


def test_a_day_after_the_flight_costs_no_miles(tmp_path: Path) -> None:
    host = Host(tmp_path)
    settled = report(0, coupon=' booked="2026-05-31" ticketed="2026-08-22"', fare=FARE.format(""))
    for status in ("posted", "posted"):  # the same document has the same answer
        reply = host.ask(settled)
        assert (reply.xpath("string(//@status)"), reply.xpath("string(//award)")) == (status, "1000")
    told = as_text(host.core.explain(card="2904000000017"))
    assert "  sold with fare 100 EUR, booked 2026-05-31\n" in told
    assert "\n      issued on 2026-08-22, which is after the flight: not counted\n" in told
    assert "the ticketing date is not known: the flight date" in told
    host.end()


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), *list(permutations(range(5)))[7::17]], ids=str)
def test_every_order_ends_alike(order: tuple[int, ...], tmp_path: Path, reference: str) -> None:
    host = Host(tmp_path)
    for number in order:
        host.ask(DIALOGUE[number][0])
    assert host.balance() == 300
    assert host.core.verify()["state_hash"] == reference
    host.end()


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> str:
    host = Host(tmp_path_factory.mktemp("reference"))
    for text, _award in reversed(DIALOGUE):
        host.ask(text)
    found = str(host.core.verify()["state_hash"])
    host.end()
    return found
