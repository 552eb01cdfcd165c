"""Links on real sockets: what string transports can't show."""

import select
import socket
import struct
from pathlib import Path

import pytest

from tests.net.real_process import RealLinks


def connect(port: int) -> socket.socket:
    peer = socket.create_connection(("127.0.0.1", port), timeout=20)
    peer.settimeout(20)
    return peer


def read_all(peer: socket.socket) -> bytes:
    data = bytearray()
    while chunk := peer.recv(65536):
        data += chunk
    return bytes(data)


def read_exactly(peer: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        chunk = peer.recv(size - len(data))
        assert chunk, "closed too early"
        data += chunk
    return bytes(data)


def message(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


def test_many_messages_and_a_stop_in_good_order():
    with RealLinks() as links, connect(links.partners_port) as peer:
        peer.sendall(message(b"<a/>") * 500)
        expected = message(b"<a/>\n") * 500
        assert read_exactly(peer, len(expected)) == expected
        links.begin_stop()
        assert peer.recv(1) == b""
        peer.close()
        counts = links.stop()
    assert counts == {"connected": 1, "received": 500, "answered": 500, "disconnected": 1}


def test_answers_arrive_although_the_peer_sent_more_than_was_read():
    # The broken frame ends the connection while megabytes are still on their way to it: closing at once would reset
    # it, and the answer before the breach would be lost.
    with RealLinks(limits={"in_flight_max": 4}) as links, connect(links.partners_port) as peer:
        peer.sendall(message(b"<a/>") + b"\0\0\0\0" + bytes(2_000_000))
        assert read_all(peer) == message(b"<a/>\n")


def test_a_peer_that_never_reads_is_cut_off_and_others_are_served():
    limits = {"out_stalled_seconds": 0.5, "out_buffer_bytes_max": 65536}
    with RealLinks(times=50_000, limits=limits) as links:
        with connect(links.partners_port) as deaf, connect(links.partners_port) as good:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            request = message(b"<a/>") * 2000  # 400 MB of answers, if they were all made
            deaf.sendall(request)
            good.sendall(message(b"<b/>"))
            assert struct.unpack(">I", read_exactly(good, 4)) == (200_001,)
            assert read_exactly(good, 200_001) == b"<b/>" * 50_000 + b"\n"
            # Error or hang-up is all that this peer waits for; it still doesn't read.
            waiting = select.poll()
            waiting.register(deaf, 0)
            assert waiting.poll(20_000), "the link didn't cut the connection"
        counts = links.stop()
    assert counts["out_stalled"] == 1
    assert counts["received"] < 500


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux's table of TCP timers")
def test_keep_alive_finds_the_dead():
    with RealLinks() as links, connect(links.partners_port) as peer:
        peer.sendall(message(b"<a/>"))
        assert read_exactly(peer, 9) == message(b"<a/>\n")
        port = peer.getsockname()[1]
        with open("/proc/net/tcp", encoding="ascii") as table:
            lines = [line.split() for line in table]
        server = f"0100007F:{links.partners_port:04X}"
        client = f"0100007F:{port:04X}"
        timers = [line[5] for line in lines if line[1] == server and line[2] == client]
        assert timers
        kind, due = timers[0].split(":")
        # 01 while the answer isn't acknowledged yet, 02 is the keep-alive timer; in hundredths of a second.
        assert kind in {"01", "02"}
        assert int(due, 16) <= 60 * 100
