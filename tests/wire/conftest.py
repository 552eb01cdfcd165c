from tests.gateway_keys import client_key, key_store, server_key

__all__ = ["client_key", "key_store", "server_key"]
