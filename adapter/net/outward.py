"""What a link that can send offers, and how it says that it could not."""

from typing import Protocol, runtime_checkable

from twisted.internet.defer import Deferred

__all__ = ["NotSent", "Outward"]


class NotSent(Exception):
    """A telegram was not taken by the other side; ``code`` is a stable word of ours.

    ``perhaps_sent`` is true unless the link knows for certain that nothing of it has left: only then may it be sent
    once more without being marked as a possible duplicate. ``is_final``: sending it again can't help (too long, for
    example).
    """

    def __init__(self, code: str, text: str, *, perhaps_sent: bool = True, is_final: bool = False) -> None:
        super().__init__(text)
        self.code = code
        self.perhaps_sent = perhaps_sent
        self.is_final = is_final


@runtime_checkable
class Outward(Protocol):
    """A link by which telegrams can leave."""

    def send(self, telegram: bytes) -> "Deferred[None]":
        """Send one telegram, framing and coding being the link's affair.

        Fires when the other side has taken it, as far as the protocol can tell; fails with ``NotSent``,
        ``ConnectionError`` or, where it can never be sent, ``ValueError``. Whoever has waited long enough cancels it:
        the link then forgets the telegram, and what it hears of it later is nobody's business.
        """
