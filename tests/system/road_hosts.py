"""Hosts that bring one telegram over each road, by plain sockets and files, and wait for the road's own receipt."""

import contextlib
import http.client
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

from adapter.wire.astra_gateway import Datagram, Type, read_datagram, receipt, render_datagram
from simulators.mail_server import deliver, telegram_mail
from tests.system.doomed import WAIT_SECONDS, Server

REPEAT_SECONDS = 0.1


class Host(ABC):
    """``bring`` gives the telegram to the server, again and again, as the road has it; False: the server has ended
    before it said that it has the telegram.
    """

    link = ""
    settings = ""

    @abstractmethod
    def bring(self, server: Server, telegram: bytes) -> bool: ...

    def close(self) -> None:  # noqa: B027 - most have nothing to give back
        """What the host holds is given back."""


class AstraHost(Host):
    """The author of telegrams on the gateway: repeats until ACK, then waits for F_ACK, and confirms that."""

    link = "astra"

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(REPEAT_SECONDS)
        port = self._socket.getsockname()[1]
        self.settings = (
            '{type: astra_gateway, listen: "udp:0:interface=127.0.0.1", own_name: FFGTW,'
            f" routers: {{BETDC: {{address: 127.0.0.1, port: {port}}}}}, repeat_seconds: 0.1}}"
        )
        self.seen: list[str] = []
        self._kept_by_receiver = False

    def bring(self, server: Server, telegram: bytes) -> bool:
        address = ("127.0.0.1", server.ports[self.link])
        sent = Datagram(4711, Type.TLG_OUT, "BETDC", "FFGTW", body=telegram)
        has_ack = False
        for _ in range(int(WAIT_SECONDS / REPEAT_SECONDS)):
            # Like the real one it doesn't repeat what a router has taken.
            if not has_ack:
                self._socket.sendto(render_datagram(sent), address)
            for datagram in self._come():
                if datagram.number != sent.number:  # flow control, at every start
                    if datagram.type is Type.FLOW_B_ON:
                        self._socket.sendto(render_datagram(receipt(datagram, Type.F_ACK)), address)
                    continue
                self.seen.append(datagram.type.name)
                assert datagram.sender == "FFGTW"
                has_ack = has_ack or datagram.type is Type.ACK
                if datagram.type is Type.F_ACK and has_ack:
                    assert datagram.body == telegram[:9] + b" 4711"
                    self._socket.sendto(render_datagram(receipt(datagram, Type.ACK_ACK)), address)
                    return True
            if server.has_ended():
                return False
        raise AssertionError(f"no receipt\n{server.log()}")

    def _come(self) -> Iterator[Datagram]:
        # An ended server shows as ECONNREFUSED on the next call.
        with contextlib.suppress(TimeoutError, ConnectionRefusedError):
            while True:
                yield read_datagram(self._socket.recv(65536))

    def close(self) -> None:
        self._socket.close()


class TelexHost(Host):
    """A message switch on a TCP stream that waits for an ACK byte."""

    link = "telex"
    settings = '{type: typeb_tcp, listen: "tcp:0:interface=127.0.0.1", acknowledge: true}'

    def bring(self, server: Server, telegram: bytes) -> bool:
        address = ("127.0.0.1", server.ports[self.link])
        try:
            with socket.create_connection(address, timeout=WAIT_SECONDS) as line:
                line.sendall(b"ZCZC 001\r\n" + telegram.replace(b"\n", b"\r\n") + b"NNNN\r\n")
                return line.recv(1) == b"\x06"
        except ConnectionError:
            return False


class PostHost(Host):
    """A departure control system that posts its telegrams."""

    link = "posts"
    settings = '{type: typeb_http, listen: "tcp:0:interface=127.0.0.1"}'

    def bring(self, server: Server, telegram: bytes) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", server.ports[self.link], timeout=WAIT_SECONDS)
        try:
            connection.request("POST", "/typeb", telegram)
            answer = connection.getresponse()
            return (answer.status, answer.read()) == (200, b"true")
        except (ConnectionError, http.client.HTTPException):
            return False
        finally:
            connection.close()


class MailHost(Host):
    """A mail server: it delivers once, and the rest is the server's business."""

    link = "mail"
    settings = "{type: mailbox, directory: mail, senders: ['@airline.example'], poll_seconds: 0.05}"

    def bring(self, server: Server, telegram: bytes) -> bool:
        mailbox = server.directory / "mail"
        if not self._delivered(mailbox):
            text = telegram.decode()
            deliver(mailbox, telegram_mail([("ftl.txt", text)], sender="dcs@airline.example", attach=True))
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            if any((mailbox / ".done" / "cur").iterdir()):
                return True
            if server.has_ended(0.02):
                return False
        raise AssertionError(f"not done\n{server.log()}")

    def _delivered(self, mailbox: Path) -> bool:
        return any(any((mailbox / folder).iterdir()) for folder in ("new", "cur", ".done/cur"))


HOSTS: tuple[type[Host], ...] = (AstraHost, TelexHost, PostHost, MailHost)
