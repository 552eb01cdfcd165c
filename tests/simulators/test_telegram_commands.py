"""``ffsim`` over the roads for telegrams, against a real server; and its journal replayed afterwards."""

import json
import signal
import socket
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from simulators import morning
from simulators.mail_server import deliver, telegram_mail
from tests.simulators.test_ffsim import ffsim
from tests.system.server import END_SECONDS, MEMBERS, Server, ffgate, serving

NOW = datetime.now(UTC)
DAY = (NOW - timedelta(days=1)).date()
SETTINGS = """
database: {{url: sqlite:///var/ffgate.sqlite}}
programmes: [demo]
admin: {{listen: "tcp:0:interface=127.0.0.1"}}
links:
  astra:
    type: astra_gateway
    listen: udp:0:interface=127.0.0.1
    own_name: FFGTW
    routers: {{BETDC: {{address: 127.0.0.1, port: {port}}}}}
  telex: {{type: typeb_tcp, listen: "tcp:0:interface=127.0.0.1", acknowledge: true, framing: soh}}
  plain: {{type: typeb_tcp, listen: "tcp:0:interface=127.0.0.1"}}
  posts: {{type: typeb_http, listen: "tcp:0:interface=127.0.0.1"}}
  mail: {{type: mailbox, directory: mail, poll_seconds: 0.05}}
"""


def port_of(server: Server, link: str) -> str:
    return server.addresses[link].rsplit(":", 1)[1]


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(server: Server, what: str) -> None:
    deadline = time.monotonic() + END_SECONDS
    while what not in server.get("/metrics")[1].decode():
        assert time.monotonic() < deadline, server.get("/metrics")[1].decode()


def test_all_roads_with_ffsim_and_a_replay(tmp_path: Path) -> None:
    files = []
    for number, text in enumerate(
        (
            morning.ftl(NOW - timedelta(minutes=50), DAY),
            *morning.prl(NOW - timedelta(minutes=40), DAY),
            morning.etl(NOW - timedelta(minutes=30), DAY),
        )
    ):
        file = tmp_path / f"telegram-{number}.txt"
        file.write_text(text, encoding="utf-8")
        files.append(str(file))
    listen = free_udp_port()
    settings = SETTINGS.format(port=listen)
    (tmp_path / "config.yaml").write_text(settings, encoding="utf-8")
    ffgate(tmp_path, "members", "import", str(MEMBERS))
    with serving(tmp_path, settings) as server:
        sent = ffsim("astra", f"--port={port_of(server, 'astra')}", f"--listen={listen}", files[0])
        assert sent.returncode == 0, sent.stderr
        words = [line.split()[:2] for line in sent.stdout.splitlines()]
        assert [word for arrow, word in words if arrow == "<"] == ["ACK", "F_ACK"]
        telex = ffsim(
            "telex", f"--port={port_of(server, 'telex')}", "--framing=soh", "--acknowledged", files[1]
        )
        assert (telex.returncode, telex.stdout) == (0, "1 acknowledged\n"), telex.stderr
        plain = ffsim("telex", f"--port={port_of(server, 'plain')}", files[2])
        assert (plain.returncode, plain.stdout) == (0, "1 sent\n"), plain.stderr
        wait_for(server, 'ffgate_link_events_total{event="kept",link="plain"} 1.0')
        posted = ffsim("http", f"--port={port_of(server, 'posts')}", "--path=/typeb", files[3])
        assert (posted.returncode, posted.stdout.endswith("\ntrue\n")) == (0, True), posted.stderr
        mailed = ffsim("mail", *files[:1], files[3], f"--to={tmp_path / 'mail'}", "--attach")
        assert mailed.returncode == 0, mailed.stderr
        wait_for(server, 'ffgate_link_events_total{event="spool_done",link="mail"} 1.0')
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(END_SECONDS) == 0
    report = json.loads(ffgate(tmp_path, "status", "--json").stdout)
    assert not report["messages"].get("quarantined"), report
    replayed = ffgate(tmp_path, "replay", "--into", f"sqlite:///{tmp_path}/rebuilt.sqlite")
    assert "same" in replayed.stdout
    taken = ffgate(tmp_path, "ingest", "--link", "astra", files[0])
    assert "repeat" in taken.stdout


def test_nobody_receipts(tmp_path: Path) -> None:
    file = tmp_path / "ftl.txt"
    file.write_text(morning.ftl(NOW, DAY), encoding="utf-8")
    port = free_udp_port()
    sent = ffsim("astra", f"--port={port}", f"--listen={free_udp_port()}", "--seconds=1.5", str(file))
    assert sent.returncode == 1
    assert "TIME" in sent.stderr
    assert sent.stdout.count("> TLG_OUT") == 2
    assert ffsim("telex", f"--port={port}", str(file)).returncode == 1


def test_mail_is_delivered_whole_or_not_at_all(tmp_path: Path) -> None:
    mailbox = tmp_path / "mail"
    message = telegram_mail([("a.txt", "ЮТ\r\n")], sender="a@b.example", charset="cp866")
    first, second = deliver(mailbox, message), deliver(mailbox, message, 1)
    assert first != second
    assert sorted(path.name for path in mailbox.iterdir()) == ["cur", "new", "tmp"]
    assert first.read_bytes() == message
    assert not any((mailbox / "tmp").iterdir())
