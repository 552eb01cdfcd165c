"""One server process for all tests of the independent client; what each test books is its own."""

from collections.abc import Callable, Iterator

import pytest

from tests.independent.gateway_client import GatewayClient, SessionKey
from tests.independent.server_process import FIRST, PLAIN, ServerProcess

Connect = Callable[..., GatewayClient]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("independent"))
    process.install()
    process.start()
    yield process
    assert process.stop() == 0


@pytest.fixture
def connect(server: ServerProcess) -> Iterator[Connect]:
    """Connections of any client id, closed when the test ends."""
    opened: list[GatewayClient] = []

    def _connect(client_id: int = FIRST, keys: dict[int, SessionKey] | None = None) -> GatewayClient:
        client = GatewayClient(
            server.port, client_id, server.client_keys.get(client_id), server.key.public_key(), keys
        )
        opened.append(client)
        return client

    yield _connect
    for client in opened:
        client.socket.close()


@pytest.fixture
def plain(connect: Connect) -> GatewayClient:
    """A connection of the client without cipher."""
    return connect(PLAIN)


@pytest.fixture
def ciphered(connect: Connect) -> tuple[GatewayClient, SessionKey]:
    """A connection after its handshake, and the session key."""
    client = connect(FIRST)
    return client, client.handshake()
