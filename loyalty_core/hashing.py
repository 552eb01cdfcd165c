"""The hash of several fields, as both chains have it."""

import hashlib
from collections.abc import Iterable


def fields_hash(fields: Iterable[str]) -> bytes:
    """SHA-256 over the fields, each preceded by its length in bytes: two different sets of fields are never the same
    bytes."""
    pieces = []
    for text in fields:
        data = text.encode()
        pieces.append(len(data).to_bytes(4, "big"))
        pieces.append(data)
    return hashlib.sha256(b"".join(pieces)).digest()
