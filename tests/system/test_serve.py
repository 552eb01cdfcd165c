"""A real process with real sockets: one message each way, the end by signal, what keeps it from starting."""

import json
import signal
import socket
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.system.book_oracle import journalled
from tests.system.server import END_SECONDS, MEMBERS, SETTINGS, ffgate, serving

CHECK = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<query><ffp_info>'
    b'<ffp company="UT" surname="GROMOV" name="LEV">2904000000017</ffp></ffp_info></query>'
)
YESTERDAY = datetime.now(UTC) - timedelta(days=1)
"""The server counts its messages as received now, so what they speak of must have happened lately."""
FLOWN = (
    '<query><ffp_accrual><ffp company="UT">2904000000017</ffp><passenger surname="GROMOV" name="LEV"/>'
    '<coupon ticket="29861200{number:05}" number="1" status="F"/>'
    '<segment company="UT" flight="280" date="{day:%Y-%m-%d}" departure="DME" arrival="AER" subclass="Y"/>'
    "</ffp_accrual></query>"
)


def test_serve_answers_over_http_and_ends_by_sigterm(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(SETTINGS, encoding="utf-8")
    ffgate(tmp_path, "members", "import", str(MEMBERS))
    with serving(tmp_path) as server:
        assert set(server.addresses) == {"dcs", "gateway", "partners", "dcs-files", "admin"}
        status, body = server.post(CHECK)
        assert status == 200
        assert b'<answer><ffp_info><ffp company="UT">2904000000017</ffp><info status="SILVER">' in body
        assert server.post(b"<query><ffp_in")[1].count(b'<answer><error code="2"/>') == 1
        assert b'<order><error code="2"' in server.post(b"<query><order/></query>")[1]
        assert server.get("/healthz")[0] == 200
        assert json.loads(server.get("/readyz")[1]) == {"status": "ready"}
        figures = server.get("/metrics")[1].decode()
        assert 'ffgate_messages_total{kind="ffp_info",link="dcs",state="answered"} 1.0' in figures
        refused = ffgate(tmp_path, "ingest", "--link", "dcs", str(tmp_path / "config.yaml"), code=1)
        assert str(server.process.pid) in refused.stderr, (
            "a second writer is refused with the first one's name"
        )
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(END_SECONDS) == 0
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    messages = [line for line in lines if line["logger"] == "ffgate.message"]
    assert [line["state"] for line in messages] == ["answered", "quarantined", "quarantined"]
    assert "GROMOV" not in server.log.read_text()
    report = json.loads(ffgate(tmp_path, "verify", "--json").stdout)
    assert report["ok"], report


def test_a_file_dropped_into_the_spool_is_read(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        ready = threading.Event()
        incoming = tmp_path / "spool" / "incoming"
        flight, origin = f"{YESTERDAY:%d%b}".upper(), f"{YESTERDAY:%d}1205"
        telegram = f"MOWFFUT\n.DMEKMUT {origin}\nETL\nUT0280/{flight} DME PART1\nNIL\nENDETL\n"
        (incoming / "nil.tmp").write_text(telegram, encoding="utf-8")
        (incoming / "nil.tmp").rename(incoming / "nil.txt")
        done = tmp_path / "spool" / "done"
        for _ in range(200):
            if any(done.iterdir()):
                break
            ready.wait(0.05)
        assert [path.name.split("~")[0] for path in done.iterdir()] == ["nil.txt"]
        # A shell starts what it puts into the background with SIGINT ignored, and servers respect that.
        ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        server.process.send_signal(signal.SIGTERM if ignored else signal.SIGINT)
        assert server.process.wait(END_SECONDS) == 0


def test_sigterm_under_load_leaves_no_half_answer_and_nothing_answered_is_lost(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(SETTINGS, encoding="utf-8")
    ffgate(tmp_path, "members", "import", str(MEMBERS))
    answered: dict[bytes, bytes] = {}
    broken: list[str] = []
    enough = threading.Semaphore(0)

    with serving(tmp_path) as server:

        def host(number: int) -> None:
            for step in range(5000):
                request = FLOWN.format(number=number * 5000 + step, day=YESTERDAY).encode()
                try:
                    status, body = server.post(request)
                except (OSError, ConnectionError):
                    return
                except Exception as error:
                    # A head or body that stops in the middle is what this test is about.
                    broken.append(repr(error))
                    return
                if status == 200:
                    answered[request] = body
                    enough.release()

        hosts = [threading.Thread(target=host, args=(number,)) for number in range(4)]
        for one in hosts:
            one.start()
        for _ in range(40):
            assert enough.acquire(timeout=30)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(END_SECONDS) == 0
        for one in hosts:
            one.join(END_SECONDS)
    assert broken == []
    assert b'status="posted"' in next(iter(answered.values()))
    assert all(body.rstrip().endswith(b"</answer>") for body in answered.values())
    kept = journalled(tmp_path)
    assert [request for request in answered if ("dcs", request) not in kept] == []
    report = json.loads(ffgate(tmp_path, "status", "--json").stdout)
    assert report["messages"].keys() <= {"applied", "refused"}


def test_what_keeps_it_from_starting_is_said_with_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("links: {dcs: {type: htp}}\n", encoding="utf-8")
    wrong = ffgate(tmp_path, "serve", code=3)
    assert "config.yaml:1:" in wrong.stderr
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = f'admin: null\nlinks: {{dcs: {{type: http, listen: "tcp:{port}:interface=127.0.0.1"}}}}\n'
        (tmp_path / "config.yaml").write_text(settings, encoding="utf-8")
        refused: subprocess.CompletedProcess[str] = ffgate(tmp_path, "serve", code=1)
    assert str(port) in refused.stderr
    assert "ready" not in refused.stdout
