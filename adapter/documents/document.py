"""What opening a message yields: a validated tree, or one part of a longer telegram."""

from dataclasses import dataclass

from lxml import etree

from adapter.errors import Problem


@dataclass(frozen=True, slots=True)
class Document:
    """A message as a tree that passed its XSD.

    ``kind`` selects the map. For XML, ``tree`` is the *method* element (``<ffp_info>``) and ``wrapper`` names what is
    around it ("", "query", "sirena/query"): the reply is wrapped alike. For teletype, ``tree`` is the grammar's tree;
    the ``sourceline`` of each element is its line in the joined telegram.
    ``digest`` is SHA-256 over the canonical clear form. ``key`` is an idempotency key the host gave, "" when none.
    ``lines`` and ``unread`` account for every line of a telegram; ``warnings`` are problems the message survived.
    """

    kind: str
    tree: etree._Element
    digest: bytes
    wrapper: str = ""
    key: str = ""
    lines: int = 0
    unread: tuple[int, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Manner:
    """How one link's telegrams are read: with the grammar profile of a vendor ("" is none), and whether a list with
    local damage is used as far as it goes.
    """

    profile: str = ""
    tolerant: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multi-part telegram (``PART2`` … ``ENDPART2``); its set is joined by the core."""

    kind: str
    set_key: str
    number: int
    final: bool
    text: str
    digest: bytes
