"""Requests that belong to the line, not to the programme: ping, ``key_info``, ``iclient_pub_key``.

They are recognised by the first tags of the clear body and answered at the link; nothing of such a body ever
reaches the documents, so a client that may not speak plaintext may still send these.
"""

import re
from datetime import UTC, datetime
from enum import Enum

from .sirena_answers import clock_text
from .sirena_crypto import ClientKey, PrivateKey
from .sirena_keys import KeyStore

PUBLIC_KEY_TEXT_BYTES_MAX = 8192
NEVER = datetime(2099, 12, 31, 23, 59, tzinfo=UTC).timestamp()
"""Shown for keys without an end: one observed client fails on an expiration that isn't a date."""

_PING = b"<_connection_test_"
_METHOD = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>)?\s*<sirena>\s*<query>\s*<(key_info|iclient_pub_key)(?=[\s/>])"
)
_PUBLIC_KEY = re.compile(rb"<pub_key>([^<]*)</pub_key>")


class TransportRequest(Enum):
    PING = "ping"
    KEY_INFO = "key_info"
    CLIENT_KEY = "iclient_pub_key"


def transport_request(body: bytes) -> TransportRequest | None:
    """Which request of the line this clear body is, None for everything else."""
    if _PING in body:
        return TransportRequest.PING
    match = _METHOD.match(body)
    return TransportRequest(match[1].decode("ascii")) if match else None


def ping_answer() -> bytes:
    return b"<sirena><answer><_connection_test_>ok</_connection_test_></answer>\n</sirena>\n"


def key_info_answer(keys: KeyStore, client_id: int, server_key: PrivateKey | None) -> bytes:
    """The client's keys as we know them, and the server's public key."""
    known = keys.client(client_id)
    lines: list[str] = []
    for state, key in (("current", known.current), ("future", known.future)):
        if key is not None:
            end = NEVER if key.expires_at is None else key.expires_at
            lines.append(f'<key state="{state}">{key.digest}</key>')
            lines.append(f"<expiration>{clock_text(end, '%H:%M %d.%m.%Y')}</expiration>")
    if known.unconfirmed is not None:
        lines.append(f"<unconfirmed>{known.unconfirmed.digest}</unconfirmed>")
    if server_key is not None:  # None: a gateway that serves plaintext only
        lines.append(f"<server_public_key>{server_key.public_pem}</server_public_key>")
    return _answer("<key_info><key_manager>" + "\n".join(lines) + "</key_manager></key_info>")


def client_key_answer(keys: KeyStore, client_id: int, body: bytes) -> bytes:
    """Keep the key that a client sent in as unconfirmed (a new one replaces it) and answer its digest.

    It is used for nothing before an operator has compared the digest and registered the key in the
    configuration.
    """
    match = _PUBLIC_KEY.search(body)
    if match is None:
        return _answer('<iclient_pub_key><error code="33008">pub_key is missing</error></iclient_pub_key>')
    if len(match[1]) > PUBLIC_KEY_TEXT_BYTES_MAX or (key := ClientKey.load(match[1])).key is None:
        return _answer(
            '<iclient_pub_key><error code="33003">pub_key is not an RSA public key</error></iclient_pub_key>'
        )
    keys.set_public_key(client_id, key, "unconfirmed")
    return _answer(f"<iclient_pub_key><digest>{key.digest}</digest></iclient_pub_key>")


def _answer(method: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<sirena><answer>{method}</answer>\n</sirena>\n'.encode()
