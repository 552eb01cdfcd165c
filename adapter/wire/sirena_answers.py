"""Bodies that the gateway itself writes: errors below the method, all directly under ``answer``.

Each ends with the closing root tag on a line of its own and a newline: one observed client reads lines until
it meets exactly ``</sirena>``.
"""

from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from .sirena import Header

CRYPT_ERROR_TEXTS = {
    1: "No public key is registered for this client",
    2: "The client's public key has expired, register a new one",
    3: "The signature of the message does not verify",
    4: "The message does not decrypt with this session key",
    5: "The session key is unknown or has expired",
    7: "The registered public key of this client is unreadable, register a new one",
}
_OTHER_CRYPT_ERROR = "Encryption failed, check the keys and the algorithm"

RETRY_SECONDS = 15


def crypt_error(header: Header, code: int, now: float, instance: str) -> bytes:
    """Body of a crypto error frame: the number stands in the attribute and again before the text."""
    text = CRYPT_ERROR_TEXTS.get(code, _OTHER_CRYPT_ERROR)
    return _error(header, f"<error code='-1' crypt_error='{code}'>{code} {text}</error>", now, instance)


def not_processed(header: Header, now: float, instance: str) -> bytes:
    """Body of the answer to a request that wasn't looked at: the client repeats it."""
    text = f"Nothing was processed, repeat in {RETRY_SECONDS} seconds"
    return _error(header, f"<error code='-1'>{text}</error>", now, instance)


def refused(header: Header, code: int, text: str, now: float, instance: str) -> bytes:
    """Body of the last frame before the link is closed."""
    return _error(header, f'<error code="{code}">{escape(text)}</error>', now, instance)


def _error(header: Header, error: str, now: float, instance: str) -> bytes:
    attributes = (
        f'client_id="{header.client_id}" msgid="{header.message_id}" '
        f'time="{clock_text(now, "%H:%M:%S %d.%m.%Y")}" instance={quoteattr(instance)}'
    )
    return f"<sirena><answer {attributes}>{error}</answer>\n</sirena>\n".encode()


def clock_text(now: float, form: str) -> str:
    """A point in time (Unix seconds) as text, in UTC."""
    return datetime.fromtimestamp(now, UTC).strftime(form)
