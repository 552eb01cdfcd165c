"""What was written is told as taken once the other side's TCP has it."""

import socket
import struct
import sys

import pytest
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from zope.interface import directlyProvides

from adapter.net.outward import NotSent
from adapter.net.tcp_receipts import POLL_SECONDS_MAX, TcpReceipts, acknowledged_bytes
from tests.net.matip_peer import results


class Socket:
    """A socket whose TCP says what the test wants; as a transport it is its own handle."""

    def __init__(self, acknowledged: int) -> None:
        self.acknowledged = acknowledged
        self.asked = 0
        self.is_gone = False
        directlyProvides(self, ITCPTransport)

    def getHandle(self) -> "Socket":
        if self.is_gone:
            raise AttributeError("socket")
        return self

    def getsockopt(self, _level: int, _option: int, _size: int) -> bytes:
        self.asked += 1
        return bytes(120) + struct.pack("=Q", self.acknowledged) + bytes(64)


needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what TCP acknowledged")


@needs_linux
def test_each_is_told_when_all_before_it_arrived():
    clock, transport = Clock(), Socket(1)
    receipts = TcpReceipts(transport, clock)
    receipts.wrote(10)
    first = results(receipts.when_taken())
    receipts.wrote(5)
    second = results(receipts.when_taken())
    clock.advance(5)
    assert (first, second) == ([], [])
    transport.acknowledged = 11
    clock.advance(POLL_SECONDS_MAX)
    assert (first, second) == ([None], [])
    transport.acknowledged = 16
    clock.advance(POLL_SECONDS_MAX)
    assert second == [None]
    assert clock.getDelayedCalls() == []


@needs_linux
def test_a_slow_other_side_is_not_asked_all_the_time():
    clock, transport = Clock(), Socket(0)
    receipts = TcpReceipts(transport, clock)
    receipts.wrote(1)
    receipts.when_taken()
    clock.pump([0.01] * 6000)
    assert transport.asked < 80


@needs_linux
def test_the_end_of_the_connection_leaves_it_open_what_arrived():
    clock, transport = Clock(), Socket(0)
    receipts = TcpReceipts(transport, clock)
    receipts.wrote(1)
    arrived, lost = receipts.when_taken(), receipts.when_taken()
    arrived.cancel()
    found = results(lost)
    receipts.end()
    assert found[0].check(NotSent)
    assert found[0].value.perhaps_sent
    assert results(arrived)[0].type.__name__ == "CancelledError"
    assert clock.getDelayedCalls() == []


@needs_linux
def test_what_had_arrived_by_the_end_is_told():
    clock, transport = Clock(), Socket(0)
    receipts = TcpReceipts(transport, clock)
    receipts.wrote(1)
    found = results(receipts.when_taken())
    transport.acknowledged = 1
    receipts.end()
    assert found == [None]


def test_where_nobody_can_tell_what_was_written_counts():
    receipts = TcpReceipts(StringTransport(), Clock())
    receipts.wrote(1)
    assert results(receipts.when_taken()) == [None]


@needs_linux
def test_a_lost_connection_has_no_socket_to_ask():
    clock, transport = Clock(), Socket(0)
    receipts = TcpReceipts(transport, clock)
    receipts.wrote(1)
    found = results(receipts.when_taken())
    transport.is_gone = True
    receipts.end()
    assert found[0].check(NotSent)


@needs_linux
def test_real_sockets_tell():
    class Transport:
        def __init__(self, handle: socket.socket) -> None:
            self.getHandle = lambda: handle
            directlyProvides(self, ITCPTransport)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname()) as caller, listener.accept()[0] as called:
            for writer, reader in ((caller, called), (called, caller)):
                before = acknowledged_bytes(Transport(writer))
                writer.sendall(bytes(1000))
                # The other side's TCP has these once it has what came after them and was answered.
                assert reader.recv(1000, socket.MSG_WAITALL) == bytes(1000)
                reader.sendall(b"x")
                assert writer.recv(1) == b"x"
                assert acknowledged_bytes(Transport(writer)) - before == 1000
        assert acknowledged_bytes(Transport(caller)) is None
