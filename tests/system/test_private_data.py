"""Passports, contacts and payment cards in lists: in the journal's raw bytes, and nowhere else.

Canaries stand in every place where such data comes; tree, transactions, every table, the explanation, the answers to
decode and the log are searched for them.
"""

import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from lxml import etree
from twisted.internet.task import Clock

from adapter import explanation
from adapter.config import load_config
from adapter.documents.document import Document
from adapter.engine import Engine, load_messages
from adapter.envelope import Envelope, Reply
from adapter.logs import JsonLines
from loyalty_core import Core

CANARIES = (
    "KANAREJKA",
    "КАНАРЕЙКА",
    "7741003355",
    "77 41003355",
    "KN7741",
    "KANAREJKA@EXAMPLE",
    "5555555555554444",
)
REMARKS = """.R/DOCS HK1/P/RUS/7741003355/RUS/09APR87/F/01JAN30/KANAREJKA/VERA-1{name}
.R/DOCO HK1//V/KN7741/KANAREJKA/01JAN20/USA-1{name}
.R/DOCA HK1/R/RUS/UL KANAREJKA 7741003355/MOSKVA
.RN//77 41003355/KANAREJKA
.R/FOID HK1 PP7741003355-1{name}
.R/PSPT HK1 KN7741003355/RUS/09APR87/KANAREJKA/VERA/F
.R/PCTC HK1 KANAREJKA/RU77 41003355
.R/CTCM HK1 7741003355
.R/CTCE HK1 KANAREJKA//KANAREJKA@EXAMPLE.COM
.R/EPAY HK1 CC5555555555554444
.R/OTHS HK1 DOCS/7741003355/КАНАРЕЙКА
.R/OTHS HK1 PASSPORT KN7741003355
.R/CKIN HK1 ANNA KANAREJKA SAYS 7741003355
.U/KN7741003355
.C/KANAREJKA
.R/FQTV UT 7700000000011
.R/OTHS HK1 FQTSTATUS SILVER
.R/TKNE HK1 2986120000017/1
"""
RUSSIAN = """.R/DOCS HK1/P/РФ/7741003355/РФ/09АПР87/Ж/01ЯНВ30/КАНАРЕЙКА/ВЕРА-1{name}
.R/FOID HK1 ПС7741003355-1{name}
"""
HEAD = "MOWFFUT\n.MOWRMUT 2012{minute}\n{kind}\nUT451/20AUG DME PART{part}\n"
PERSON = (
    "1LUGOVAYA/VERA\n.L/0Q4MR7/UT\n"
    + REMARKS.format(name="LUGOVAYA/VERA")
    + RUSSIAN.format(name="LUGOVAYA/VERA")
)
OTHER = "1ZIMIN/OLEG\n.L/0Q4MR8/UT\n" + REMARKS.format(name="ZIMIN/OLEG").replace("0017/1", "0025/1")
SALES = (
    "AER 00/000/002\n-AER\nAPIPX 1Y\n1LUGOVAYA/VERA\n.L/0Q4MR7/UT\n"
    ".R/DOCS HK1/P/RUS/7741003355/RUS/09APR87/F/01JAN30/KANAREJKA/VERA\n"
)


def telegram(kind: str, body: str, *, part: int = 1, end: str = "", minute: str = "05") -> str:
    return HEAD.format(kind=kind, part=part, minute=minute) + body + (end or f"END{kind}") + "\n"


WHOLE = [
    telegram("PNL", f"-AER02Y\n{PERSON}{OTHER}"),
    telegram("ADL", f"-AER02Y\nCHG\n{PERSON}", minute="06"),
    telegram("FTL", f"-AER02Y\n{PERSON}{OTHER}", minute="07"),
    telegram("ETL", f"-AER02Y\n{PERSON}", minute="07"),
    telegram("PFS", SALES, minute="08"),
    # Not read: known by name only.
    telegram("PIM", "-AER\nLUGOVAYA/VERA/P/7741003355/RUS/09APR87/F/01JAN30/RUS/KANAREJKA/\n"),
    # Unusable: the end is another list's, a name line has no name, the total is wrong.
    telegram("PRL", f"-AER09Y\n{PERSON}", end="ENDFTL"),
    telegram("PRL", f"-AER01Y\n1\n{PERSON}1ZIMIN/KANAREJKA 7741003355\n{REMARKS}", minute="09"),
]
PARTS = [
    telegram("PRL", f"-AER02Y\n{PERSON}", part=1, end="ENDPART1", minute="10"),
    telegram("PRL", f"-AER02Y\n{OTHER}", part=2, minute="10"),
    telegram("PRL", f"-AER02Y\n{PERSON}", part=1, end="ENDPART1", minute="11"),
]
RECEIVED = datetime(2026, 8, 20, 15, tzinfo=UTC)
SETTINGS = """
database: {{url: sqlite:///{directory}/books.sqlite}}
admin: null
links:
  files: {{type: spool, directory: {directory}/spool, finished: {{suffix: .txt}}}}
"""


def found_in(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text]


@pytest.mark.parametrize("text", WHOLE[:6], ids=lambda text: text.split("\n")[2])
def test_neither_tree_nor_transactions(text: str) -> None:
    catalogue, maps = load_messages()
    envelope = Envelope("files", "typeb", "1", text.encode(), RECEIVED)
    document = catalogue.open(envelope)
    assert isinstance(document, Document)
    tree = etree.tostring(document.tree, encoding="unicode")
    assert found_in(tree) == []
    assert found_in(repr(document.warnings)) == []
    transactions = maps.read(document, envelope)
    assert found_in(repr(transactions)) == []
    if document.kind in ("PNL", "FTL"):
        assert "7700000000011" in repr(transactions), "the card next to it is read"


def test_neither_books_nor_explanation_nor_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "config.yaml").write_text(SETTINGS.format(directory=tmp_path), encoding="utf-8")
    config = load_config(tmp_path / "config.yaml")
    engine = Engine(config, Clock(), threads=False)
    replies: list[Reply] = []
    with caplog.at_level(logging.DEBUG):
        for number, text in enumerate([*WHOLE, *PARTS]):
            at = RECEIVED + timedelta(seconds=number)
            engine.exchange.handle(Envelope("files", "typeb", str(number), text.encode(), at), replies.append)
    assert len(replies) == len(WHOLE) + len(PARTS)
    assert [reply.quarantined for reply in replies[:6]] == [False] * 6
    assert [reply.quarantined for reply in replies[6:8]] == [True, True]
    engine.core.close()
    written = "\n".join(JsonLines().format(record) for record in caplog.records) + caplog.text
    assert found_in(written) == []
    assert found_in(repr([reply.problems for reply in replies])) == []

    database = sa.create_engine(config.database_url)
    holding = set()
    with database.connect() as connection:
        for table in sa.inspect(database).get_table_names():
            for row in connection.execute(sa.text(f"SELECT * FROM {table}")).mappings():
                columns = {
                    name: value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    for name, value in row.items()
                }
                holding |= {(table, name) for name, text in columns.items() if found_in(text)}
    database.dispose()
    assert holding == {("journal", "raw")}

    core = Core.open(config.database_url, read_only=True)
    rows = len(list(core.journal_rows()))
    looks = [core.explain(journal_id=number) for number in range(1, rows + 1)]
    looks += [core.explain(card="7700000000011"), core.explain(ticket="2986120000017")]
    assert any(look["carriages"] for look in looks)
    for look in looks:
        assert found_in(explanation.as_text(look)) == []
        assert found_in(json.dumps(explanation.as_data(look), ensure_ascii=False, default=str)) == []
    core.close()
