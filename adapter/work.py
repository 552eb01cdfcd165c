"""One message on its way between its link and the gate, and what the settings say about it."""

from dataclasses import dataclass
from typing import Protocol

from adapter.documents.document import Document
from adapter.envelope import Envelope
from adapter.errors import Problem
from loyalty_core import OPEN_SETS_MAX, Question, Submission

INVALID_CHECKS_PER_MINUTE_MAX = 60
"""Invalid card checks of one link that are journalled in a minute; the rest is only answered and counted."""


class ClosedSet(Protocol):
    """A complete set of telegram parts whose joined text has not been read yet, as the core keeps it."""

    @property
    def set_key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def texts(self) -> tuple[str, ...]: ...
    @property
    def link(self) -> str: ...
    @property
    def encoding(self) -> str: ...
    @property
    def received_at(self) -> str:
        """When the part that closed the set came; ISO 8601 with zone."""

    @property
    def source(self) -> str:
        """The file of that part."""


COMMAND_LINK = "command"
"""What the journal names as the link of what staff said by a command."""

COMMAND_PROTOCOL = "http"
"""How such a message is written."""


@dataclass(frozen=True, slots=True)
class LinkPolicy:
    """What the config says about one link's journal."""

    journal_all: bool = False
    """Card checks and balances go into the journal as well."""
    invalid_checks_per_minute_max: int = INVALID_CHECKS_PER_MINUTE_MAX
    open_sets_max: int = OPEN_SETS_MAX
    """Incomplete telegrams that one originator may have open."""
    answers_lists: bool = False
    """Cards of its lists that are not good are told to the originator."""
    operations: frozenset[str] | None = frozenset()
    """Messages that move miles and that this link may send; None for all."""
    answers_without_originator: bool = False
    """... or to fixed addresses, so that a copy without origin line is answered too."""
    own_address: str = ""
    """Whom the answers come from: lists of our own that came back have nobody to correct them."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error reply that stands already, whatever the core will say about keeping the message."""

    code: int
    problems: tuple[Problem, ...] = ()
    wrapper: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """One message, opened: ``submission`` goes through the gate, then ``questions``; either may be absent.

    ``unjournalled`` marks an invalid question beyond the link's rate. ``warnings`` are what the message survived.
    """

    envelope: Envelope
    kind: str
    document: Document | None = None
    submission: Submission | None = None
    questions: tuple[Question, ...] = ()
    refusal: Refusal | None = None
    unjournalled: bool = False
    warnings: tuple[Problem, ...] = ()
