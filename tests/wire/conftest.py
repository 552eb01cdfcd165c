import pytest

from adapter.wire.sirena_server import ServerConnection
from tests.gateway_keys import CLIENT_ID, client_key, key_store, server_key
from tests.wire.server_frames import DES_KEY, NOW

__all__ = ["client_key", "key_store", "server", "server_key", "session"]


@pytest.fixture
def server(key_store, server_key):
    return ServerConnection(key_store, server_key, "FFG")


@pytest.fixture
def session(key_store):
    return key_store.register(CLIENT_ID, DES_KEY, NOW)
