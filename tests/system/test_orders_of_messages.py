"""Four messages about one passenger, as bytes, in every order and each twice: one credit, one state; and replayed."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from adapter.config import Config, load_config
from adapter.engine import Engine, load_messages
from adapter.envelope import Envelope, Reply
from adapter.replaying import Replay
from loyalty_core import Core
from tests.system.server import MEMBERS, SETTINGS, ffgate

RECEIVED = datetime(2026, 8, 20, 18, 0, tzinfo=UTC)
HEAD = "MOWFFUT\n.MOWRMUT 201205\n{kind}\nUT451/20AUG DME PART{part}\n"
FTL = (
    HEAD.format(kind="FTL", part=1)
    + "-AER01Y\n1GROMOV/LEV MR\n.L/0K7QR3/UT\n.R/FQTV UT 2904000000017\nENDFTL\n"
)
PRL_1 = (
    HEAD.format(kind="PRL", part=1)
    + "-AER02Y\n1ABRAMOVA/INGA\n.L/0K7QR9/UT\n.R/TKNE HK1 2984400000098/1\nENDPART1\n"
)
PRL_2 = (
    HEAD.format(kind="PRL", part=2)
    + "-AER02Y\n1GROMOV/LEV MR\n.L/0K7QR3/UT\n.R/TKNE HK1 2984400000032/1\nENDPRL\n"
)
ETL = (
    HEAD.format(kind="ETL", part=1)
    + "-AER01Y\n1ГРОМОВ/ЛЕВ\n.L/0К7QР3/ЮТ\n.R/TKNE HK1 2984400000032/1\nENDETL\n"
)
ACCRUAL = """<sirena><query><ffp_accrual><ffp company="UT">2904000000017</ffp>
<passenger surname="GROMOV" name="LEV"/><coupon ticket="2984400000032" number="1" status="F"/>
<segment company="UT" flight="451" date="2026-08-20" departure="DME" arrival="AER" subclass="Y"/>
</ffp_accrual></query></sirena>"""
MESSAGES: dict[str, list[tuple[str, str, str]]] = {
    # name -> (link, protocol, text) of what has to be sent for it
    "FTL": [("dcs-files", "typeb", FTL)],
    "PRL": [("dcs-files", "typeb", PRL_2), ("dcs-files", "typeb", PRL_1)],
    "ETL": [("dcs-files", "typeb", ETL)],
    "accrual": [("gateway", "sirena", ACCRUAL)],
}


class Gateway:
    """The whole gateway without sockets and threads, on a database of its own that has the demo's members."""

    def __init__(self, directory: Path, empty: Path) -> None:
        (directory / "config.yaml").write_text(SETTINGS)
        (directory / "var").mkdir()
        (directory / "var" / "ffgate.sqlite").write_bytes(empty.read_bytes())
        self.config: Config = load_config(directory / "config.yaml")
        self.engine = Engine(self.config, Clock(), threads=False)
        self.messages = 0

    def send(self, name: str) -> list[Reply]:
        replies: list[Reply] = []
        for link, protocol, text in MESSAGES[name]:
            self.messages += 1
            received_at = RECEIVED + timedelta(seconds=self.messages)
            envelope = Envelope(link, protocol, str(self.messages), text.encode(), received_at)
            self.engine.exchange.handle(envelope, replies.append)
        return replies


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with programme and members and nothing else."""
    directory = tmp_path_factory.mktemp("empty")
    (directory / "config.yaml").write_text(SETTINGS)
    ffgate(directory, "members", "import", str(MEMBERS))
    return directory / "var" / "ffgate.sqlite"


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, empty: Path) -> dict[str, Any]:
    gateway = Gateway(tmp_path_factory.mktemp("reference"), empty)
    for name in MESSAGES:
        gateway.send(name)
    report = gateway.engine.core.verify()
    member = gateway.engine.core.member("2904000000017")
    gateway.engine.core.close()
    assert report["ok"], report["checks"]
    assert member is not None
    # 840 miles at 100 % and a quarter more for a silver member.
    assert member["balances"] == {"award": 1050, "qualifying": 840, "segments": 1}
    return report


@pytest.mark.parametrize("order", list(permutations(MESSAGES)), ids="-".join)
def test_every_order_each_twice_and_replayed(
    order: tuple[str, ...], tmp_path: Path, empty: Path, reference: dict[str, Any]
) -> None:
    gateway = Gateway(tmp_path, empty)
    first = {name: gateway.send(name) for name in order}
    again = {name: gateway.send(name) for name in order}
    report = gateway.engine.core.verify()
    assert report["ok"], report["checks"]
    assert report["state_hash"] == reference["state_hash"]
    assert first == again, "a repeat gets the first answer"
    assert not any(reply.quarantined for replies in first.values() for reply in replies)
    gateway.engine.core.close()

    source = Core.open(gateway.config.database_url, read_only=True)
    target = Core.open(f"sqlite:///{tmp_path}/rebuilt.sqlite")
    replayed = Replay(gateway.config, load_messages(gateway.config), source, target).run()
    source.close()
    target.close()
    assert replayed.same, (replayed.original, replayed.rebuilt)
