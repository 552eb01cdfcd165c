"""A session key ends, the client registers another one and goes on: with a server whose clock is put forward."""

from collections.abc import Iterator

import pytest

from tests.independent.gateway_client import (
    HANDSHAKE,
    NOT_PROCESSED,
    PYTHON_CLIENT,
    Answer,
    GatewayClient,
    SessionKey,
    query,
)
from tests.independent.messages import GROMOV, ffp_info
from tests.independent.server_process import FIRST, SECOND, ServerProcess

KEY_SECONDS = 60
HANDSHAKES_PER_SECOND = 3


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    module = "tests.independent.launch_with_later_clock"
    process = ServerProcess(tmp_path_factory.mktemp("expiry"), module=module)
    process.install(key_seconds=KEY_SECONDS, handshakes_per_second=HANDSHAKES_PER_SECOND)
    process.start()
    yield process
    assert process.stop() == 0


class Clock:
    """Only ever goes forward, as the server's does: a test that begins is later than all before it."""

    ahead_seconds = 0

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self.forward(10)

    def forward(self, seconds: int) -> None:
        Clock.ahead_seconds += seconds
        self._server.clock_ahead(Clock.ahead_seconds)


@pytest.fixture
def clock(running: ServerProcess) -> Clock:
    return Clock(running)


@pytest.fixture
def client(running: ServerProcess, clock: Clock) -> Iterator[GatewayClient]:
    with _connect(running) as connected:
        yield connected


def _connect(
    server: ServerProcess, client_id: int = FIRST, keys: dict[int, SessionKey] | None = None
) -> GatewayClient:
    return GatewayClient(server.port, client_id, server.client_keys[client_id], server.key.public_key(), keys)


def _send(client: GatewayClient, key: SessionKey, key_id: int | None = None) -> Answer:
    client.send(*client.pack(query(ffp_info(*GROMOV)), flags=PYTHON_CLIENT, key=key, key_id=key_id))
    return client.receive()


def test_after_its_time_a_key_is_5_and_a_new_one_serves(client: GatewayClient, clock: Clock) -> None:
    """What the Python client does: 5, handshake on the same connection, the same request once more."""
    key = client.handshake()
    assert _send(client, key).method.find("info") is not None
    clock.forward(KEY_SECONDS - 5)
    assert _send(client, key).method.find("info") is not None
    clock.forward(10)
    assert _send(client, key).crypt_error == 5
    assert _send(client, key, key_id=0).crypt_error == 5

    fresh = client.handshake()
    assert fresh.number != key.number
    assert _send(client, fresh).method.find("info") is not None
    assert _send(client, key).crypt_error == 5


def test_use_does_not_lengthen_a_keys_life(client: GatewayClient, clock: Clock) -> None:
    """Clients count from the registration as well."""
    key = client.handshake()
    for _each in range(3):
        clock.forward(18)
        assert _send(client, key).method.find("info") is not None
    clock.forward(18)
    assert _send(client, key).crypt_error == 5


def test_a_younger_key_outlives_an_older_one(
    running: ServerProcess, client: GatewayClient, clock: Clock
) -> None:
    older = client.handshake()
    clock.forward(40)
    with _connect(running, keys=client.keys) as other:
        younger = other.handshake()
        clock.forward(30)
        assert _send(client, older).crypt_error == 5
        assert _send(client, younger).method.find("info") is not None
        assert _send(other, younger, key_id=0).header.key_id == younger.number


def test_a_batch_under_an_expired_key_is_refused_one_by_one(client: GatewayClient, clock: Clock) -> None:
    key = client.handshake()
    clock.forward(KEY_SECONDS + 5)
    frames = [client.pack(query(ffp_info(*GROMOV)), flags=PYTHON_CLIENT, key=key) for _each in range(20)]
    client.socket.sendall(b"".join(header.packed() + body for header, body in frames))
    answers = [client.receive() for _each in frames]
    assert {answer.crypt_error for answer in answers} == {5}
    assert {answer.header.message_id for answer in answers} == {header.message_id for header, _body in frames}
    key = client.handshake()
    again = client.batch([ffp_info(*GROMOV)] * 20, flags=PYTHON_CLIENT, key=key)
    assert all(answer.method.find("info") is not None for answer in again)


def test_too_many_handshakes_are_not_processed_and_later_ones_are(
    running: ServerProcess, clock: Clock
) -> None:
    """Byte 46 all off, byte 47 says "retry", a plain text: the clients repeat it."""
    with _connect(running, SECOND) as client:
        bodies = [client.seal(b"8 bytes!") for _each in range(HANDSHAKES_PER_SECOND * 3)]
        headers = [client.header(len(body), flags=HANDSHAKE) for body in bodies]
        client.socket.sendall(b"".join(h.packed() + b for h, b in zip(headers, bodies, strict=True)))
        answers = [client.receive() for _each in bodies]
        turned_away = [answer for answer in answers if not answer.header.flags & HANDSHAKE]
        assert len(answers) - len(turned_away) >= HANDSHAKES_PER_SECOND
        assert turned_away
        for answer in turned_away:
            assert (answer.header.flags, answer.header.more_flags) == (0, NOT_PROCESSED)
            children = list(answer.envelope)
            assert [(child.tag, child.get("code")) for child in children] == [("error", "-1")]
            assert children[0].get("crypt_error") is None
            assert answer.envelope.get("msgid") == str(answer.header.message_id)
        clock.forward(10)
        assert _send(client, client.handshake()).method.find("info") is not None
