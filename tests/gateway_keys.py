"""RSA keys for gateway tests: made once a session, 1024 bits because that is what real clients have."""

import pytest

from adapter.wire.sirena_crypto import ClientKey, PrivateKey
from adapter.wire.sirena_keys import KeyStore

CLIENT_ID = 4242


@pytest.fixture(scope="session")
def server_key() -> PrivateKey:
    return PrivateKey.generate(1024)


@pytest.fixture(scope="session")
def client_key() -> PrivateKey:
    return PrivateKey.generate(1024)


@pytest.fixture
def key_store(client_key: PrivateKey) -> KeyStore:
    store = KeyStore()
    store.set_public_key(CLIENT_ID, ClientKey.load(client_key.public_pem.encode()))
    return store
