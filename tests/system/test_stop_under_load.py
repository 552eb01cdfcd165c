"""SIGTERM while all links are busy: the end comes soon, with no half answer, and what was answered is kept."""

import contextlib
import http.client
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapter.wire.framing import Waiting
from adapter.wire.length_prefixed import LengthPrefixedConnection
from adapter.wire.sirena_client import ClientConnection
from tests.system.book_oracle import journalled, verify
from tests.system.doomed import WAIT_SECONDS, Launcher, Server, command
from tests.system.host_book import (
    CLIENT_ID,
    GROMOV,
    SETTINGS,
    Files,
    accrual,
    drop,
    nil_list,
    report,
    wait_for_files,
)
from tests.system.server import MEMBERS

STOP_SECONDS = 10
WINDOW = 8
"""Requests that a host has under way at once."""
ANSWERS_BEFORE_THE_STOP = 150
FILES = 40


class Host(threading.Thread):
    """Sends a new coupon whenever an answer came, until the server closes the connection."""

    def __init__(self, link: str, port: int, number: int, answered: Callable[[], None]) -> None:
        super().__init__()
        self.link = link
        self.port = port
        self.answers: dict[bytes, bytes] = {}
        self.broken = ""
        self._number = number
        self._serial = 0
        self._answered = answered

    def run(self) -> None:
        try:
            with contextlib.suppress(OSError):
                if self.link == "dcs":
                    self._ask_by_http()
                else:
                    self._ask_by_frames()
        except Exception as error:
            self.broken = repr(error)

    def _next(self) -> bytes:
        self._serial += 1
        # One person takes one seat on one flight: every coupon is for another one.
        flight = str(1 + self._number * 1000 + self._serial)
        return accrual(
            self.link, report(*GROMOV, f"29861{self._number:02}{self._serial:06}", flight=flight)
        ).raw

    def _note(self, request: bytes, answer: bytes) -> None:
        self.answers[request] = answer
        self._answered()

    def _ask_by_http(self) -> None:
        # A half body raises IncompleteRead, a half head BadStatusLine: neither is an OSError.
        while True:
            request = self._next()
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)
            with contextlib.closing(line):
                try:
                    line.request("POST", "/astra", request)
                    answer = line.getresponse()
                except http.client.RemoteDisconnected:
                    return
                body = answer.read()
            if answer.status == 200:
                self._note(request, body)

    def _ask_by_frames(self) -> None:
        codec: Any = ClientConnection(CLIENT_ID) if self.link == "gateway" else LengthPrefixedConnection()
        waiting: dict[int, bytes] = {}
        answers = 0
        with socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_SECONDS) as line:
            try:
                while True:
                    while len(waiting) < WINDOW:
                        request = self._next()
                        waiting[self._serial] = request
                        frame = (self._serial, request) if self.link == "gateway" else (request,)
                        line.sendall(codec.send(*frame))
                    data = line.recv(65536)
                    if not data:
                        return
                    codec.receive_data(data)
                    if self.link == "gateway":
                        while (answer := codec.next_answer()) is not None:
                            if not answer.is_not_processed:
                                self._note(waiting[answer.message_id], answer.body)
                            del waiting[answer.message_id]
                    else:
                        while (body := codec.next_frame()) is not None:
                            answers += 1
                            self._note(waiting.pop(answers), body)
            finally:
                if codec.waiting is not Waiting.NOTHING:
                    self.broken = "the connection ended in the middle of an answer"


def test_sigterm_under_load(launcher: Launcher, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(SETTINGS, encoding="utf-8")
    command(launcher, tmp_path, "members", "import", str(MEMBERS))
    enough = threading.Semaphore(0)
    files = Files({f"{number:03}.txt": nil_list(number + 1) for number in range(FILES)})
    server = Server(launcher, tmp_path)
    hosts: list[Host] = []
    try:
        assert server.wait_until_ready(), server.log()
        links = ("dcs", "dcs", "partners", "partners", "gateway", "gateway")
        hosts = [Host(link, server.ports[link], number, enough.release) for number, link in enumerate(links)]
        for host in hosts:
            host.start()
        for _ in range(ANSWERS_BEFORE_THE_STOP):
            assert enough.acquire(timeout=WAIT_SECONDS)
        drop(tmp_path / "spool" / "incoming", files)
        assert enough.acquire(timeout=WAIT_SECONDS)
        server.terminate()
        assert server.wait(STOP_SECONDS) == 0, server.log()
    finally:
        server.close()
        for host in hosts:
            host.join(WAIT_SECONDS)
    assert [host.broken for host in hosts if host.broken] == []
    assert all(host.answers for host in hosts)
    assert all(b'status="posted"' in answer for host in hosts for answer in host.answers.values())
    kept = journalled(tmp_path)
    lost = [(host.link, raw) for host in hosts for raw in host.answers if (host.link, raw) not in kept]
    assert lost == []
    assert verify(tmp_path)["ok"]

    again = Server(launcher, tmp_path)
    try:
        assert again.wait_until_ready(), again.log()
        wait_for_files(again)
        again.terminate()
        assert again.wait(STOP_SECONDS) == 0
    finally:
        again.close()
    assert sum(1 for link, _raw in journalled(tmp_path) if link == "files") == FILES
    assert len(list((tmp_path / "spool" / "done").iterdir())) == FILES
