"""The adapter's errors. The base class decides policy, the subclass the wording (see DESIGN in docs of each class)."""

from collections.abc import Sequence

from loyalty_core.problems import Problem

__all__ = [
    "AdapterError",
    "ConfigError",
    "DocumentError",
    "MappingError",
    "Overloaded",
    "Problem",
    "TelegramError",
    "WireError",
]


class AdapterError(Exception):
    """Parent of everything the adapter raises on purpose."""


class WireError(AdapterError):
    """The peer broke the protocol: the link is closed.

    ``code`` is a stable word for metrics and logs; ``reply`` holds the protocol's own reject, if it has one,
    to be written before closing.
    """

    def __init__(self, code: str, text: str, reply: bytes = b"") -> None:
        super().__init__(text)
        self.code = code
        self.reply = reply


class _Problems(AdapterError):
    def __init__(self, problems: Sequence[Problem], kind: str = "") -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
        self.kind = kind


class DocumentError(_Problems):
    """This message is unusable: the link stays open, the row is journalled and quarantined; a repeat doesn't help.

    ``kind`` is the message kind as far as it was recognised, "" when not even that. ``wrapper`` is the document's
    wrapper as in ``Document.wrapper``, so that the error answer is wrapped like any other; ``digest`` is that of the
    canonical form where the document could be parsed, of the raw bytes where not; ``key`` is the host's own key.
    """

    def __init__(
        self,
        problems: Sequence[Problem],
        kind: str = "",
        *,
        wrapper: str = "",
        digest: bytes = b"",
        key: str = "",
    ) -> None:
        super().__init__(problems, kind)
        self.wrapper = wrapper
        self.digest = digest
        self.key = key


class MappingError(_Problems):
    """A valid document that our map can't read: our defect. Quarantined, to be reprocessed after the fix."""


class TelegramError(_Problems):
    """A telegram of ours that can't be written as asked: nothing is sent, the caller has to ask for another one."""


class ConfigError(_Problems):
    """The configuration can't be used; all mistakes at once."""


class Overloaded(AdapterError):
    """No room for one more message now: nothing was kept, the host repeats."""
