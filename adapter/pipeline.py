"""From an envelope to what the core is asked, and from the core's answer to the reply: who is told what.

Way of a message: ``receive`` opens and maps it, which gives a ``Work`` that names what goes through the gate;
``reply`` renders what came back. Nothing here waits, and nothing is raised: a message that can't be used
becomes a ``Work`` too, with the error already decided, so that the host is answered only once the evidence is
in the journal.

| what happened                        | goes through the gate            | host sees                    |
|---|---|---|
| questions                            | only where the link journals all | the answers                  |
| transactions                         | yes                              | the outcomes                 |
| not well-formed                      | quarantined                      | 33003, or code 2 over HTTP   |
| invalid, or an unknown method        | quarantined                      | code 2, with the place       |
| an operation its link may not send    | quarantined                      | code 2                       |
| an invalid question                  | quarantined, up to a rate        | code 2, with the place       |
| our map can't read it, or a defect   | quarantined                      | code 1                       |
| one part of a telegram               | yes, the closed set once more    | nothing: no reply channel    |
| a telegram that is only passed on    | yes, without any transaction     | nothing: no reply channel    |
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, get_args

from adapter.documents.document import Document, Part
from adapter.documents.xml import answer, unreadable_answer
from adapter.envelope import Envelope, Reply
from adapter.errors import DocumentError, MappingError, Overloaded, Problem
from adapter.work import ClosedSet, LinkPolicy, Refusal, Work
from loyalty_core import (
    Answer,
    CaseResolved,
    CreditClaimed,
    ListReceived,
    Operation,
    PartOutcome,
    PartReceived,
    Question,
    Reason,
    Result,
    State,
    Statement,
    StorageUnavailable,
    Submission,
    Transaction,
)

if TYPE_CHECKING:
    from adapter.documents.catalogue import Catalogue
    from adapter.mapping import Maps

log = logging.getLogger("ffgate.pipeline")

_GUARDED = (Operation, CreditClaimed, CaseResolved, *get_args(Statement))
"""What a link has to be allowed by name."""
NOT_PERMITTED = "operation_not_permitted"
ANSWERED_KINDS = frozenset({"FTL", "PNL"})
"""Lists that come early enough for a card to be corrected, and say who holds it."""
WARNINGS_KEPT_MAX = 100
"""Warnings of one message that go into the journal, one more says how many were left off: a list of thousands of
unread lines must not cost as many times its own size.
"""
GATEWAY_WRAPPER = "sirena/query"
SYSTEM_ERROR = 1
INVALID = 2
_TEXTS = {SYSTEM_ERROR: "System error", INVALID: "Invalid request"}


class Pipeline:
    """The rules between links and core, for all links of one process; belongs to the reactor's thread."""

    def __init__(
        self,
        catalogue: "Catalogue",
        maps: "Maps",
        policies: Mapping[str, LinkPolicy] | None = None,
        otherwise: LinkPolicy | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._maps = maps
        self._policies = dict(policies or {})
        self._default = otherwise or LinkPolicy()
        self._invalid: dict[str, tuple[int, int]] = {}

    def receive(self, envelope: Envelope) -> Work:
        """Open and map one message; whatever is wrong with it is in the ``Work``, never raised."""
        try:
            opened = self._catalogue.open(envelope)
        except DocumentError as error:
            return self._unusable(envelope, error, error.kind, None, "")
        except Exception:
            log.exception("a message could not be opened", extra={"link": envelope.link})
            return self._defect(envelope, "", None, "")
        if isinstance(opened, Part):
            return self._part(envelope, opened)
        return self._map(envelope, opened)

    def follow(self, work: Work, result: Result) -> Work | None:
        """The joined telegram, where ``result`` says that this part has closed its set; else None."""
        for outcome in result.outcomes:
            # A part repeated after its set has closed comes with the stored outcome; the set is read once.
            if isinstance(outcome, PartOutcome) and outcome.texts and not result.repeated:
                envelope = work.envelope
                return self._join(
                    outcome.set_key,
                    work.kind,
                    outcome.texts,
                    envelope.link,
                    envelope.encoding,
                    envelope.received_at,
                    envelope.source,
                )
        return None

    def reread(self, closed: ClosedSet, received_at: str = "", source: str = "") -> Work:
        """The joined telegram of a set that had closed when the process ended before it was read; a replay gives
        the time and the file of the first reading.
        """
        received = datetime.fromisoformat(received_at or closed.received_at)
        return self._join(
            closed.set_key,
            closed.kind,
            closed.texts,
            closed.link,
            closed.encoding,
            received,
            source or closed.source,
        )

    def reply(self, work: Work, result: Result | None, answers: tuple[Answer, ...] = ()) -> Reply:
        """What the host is told once the core has kept and decided everything that ``work`` named."""
        quarantined = result is not None and result.state is State.QUARANTINED
        problems = work.refusal.problems if work.refusal is not None else ()
        if work.envelope.protocol == "typeb":
            return Reply(quarantined=quarantined, kept=True, problems=problems)
        kept = result is not None
        if work.refusal is not None:
            body = self._error(work, work.refusal)
        elif result is not None and result.system_error:
            body = self._error(work, Refusal(SYSTEM_ERROR))
        elif quarantined:
            body = self._error(work, Refusal(INVALID, _problems_of(result)))
        else:
            body = self._render(work, result, answers)
        return Reply(body, quarantined=quarantined, kept=kept, problems=problems)

    def failed(self, work: Work, error: Exception) -> Reply:
        """What the host is told when nothing was kept: repeat, or that the fault is ours."""
        if isinstance(error, Overloaded | StorageUnavailable) or work.envelope.protocol == "typeb":
            return Reply(not_processed=True)
        return Reply(self._error(work, Refusal(SYSTEM_ERROR)))

    def _map(self, envelope: Envelope, document: Document, set_key: str = "") -> Work:
        kind = document.kind
        warnings = _warnings(document)
        try:
            items = self._maps.read(document, envelope)
        except DocumentError as error:
            return self._unusable(envelope, error, kind, document, set_key)
        except MappingError as error:
            log.error("a valid %s could not be mapped: %s", kind, error, extra={"link": envelope.link})
            return self._refused(envelope, kind, document, Refusal(SYSTEM_ERROR, error.problems), set_key)
        except Exception:
            log.exception("a valid %s could not be mapped", kind, extra={"link": envelope.link})
            return self._defect(envelope, kind, document, set_key)
        questions = tuple(item for item in items if isinstance(item, Question))
        if questions:
            journalled = self._policy(envelope.link).journal_all
            submission = (
                _submission(envelope, kind, document.digest, warnings=warnings) if journalled else None
            )
            return Work(envelope, kind, document, submission, questions, warnings=warnings)
        transactions = tuple(item for item in items if isinstance(item, Transaction))
        if not self._permitted(envelope.link, kind, transactions):
            problem = Problem(NOT_PERMITTED, f"this link may not send {kind}: its operations don't name it")
            return self._refused(envelope, kind, document, Refusal(INVALID, (problem,)), set_key)
        submission = _submission(
            envelope, kind, document.digest, transactions, document.key, set_key, warnings=warnings
        )
        if self._wants_answer(envelope.link, kind, transactions):
            submission = replace(submission, wants_answer=True)
        return Work(envelope, kind, document, submission, warnings=warnings)

    def _part(self, envelope: Envelope, part: Part) -> Work:
        transaction = PartReceived(
            part.set_key,
            part.number,
            part.final,
            part.text,
            originator=part.originator,
            created=part.created,
            apart_seconds=part.apart_seconds,
            head=part.head,
            open_sets_max=self._policy(envelope.link).open_sets_max,
        )
        return Work(
            envelope, part.kind, submission=_submission(envelope, part.kind, part.digest, (transaction,))
        )

    def _join(
        self,
        set_key: str,
        kind: str,
        texts: tuple[str, ...],
        link: str,
        encoding: str,
        received_at: datetime,
        source: str,
    ) -> Work:
        raw = "\n".join(text.removesuffix("\n") for text in texts).encode(encoding, "surrogateescape")
        envelope = Envelope(link, "typeb", set_key, raw, received_at, encoding, source)
        try:
            document = self._catalogue.join(texts, kind, received_at, link=link)
        except DocumentError as error:
            return self._unusable(envelope, error, kind, None, set_key)
        except Exception:
            log.exception("the parts of a %s could not be joined", kind, extra={"link": link})
            return self._defect(envelope, kind, None, set_key)
        return self._map(envelope, document, set_key)

    def _unusable(
        self, envelope: Envelope, error: DocumentError, kind: str, document: Document | None, set_key: str
    ) -> Work:
        refusal = Refusal(INVALID, error.problems, error.wrapper)
        if self._maps.asks(kind) and not self._room_for_invalid(envelope):
            return Work(envelope, kind, document, refusal=refusal, unjournalled=True)
        return self._refused(envelope, kind, document, refusal, set_key, error.digest, error.key)

    def _defect(self, envelope: Envelope, kind: str, document: Document | None, set_key: str) -> Work:
        problem = Problem("defect", "ffgate itself failed on this message; its log says where")
        return self._refused(envelope, kind, document, Refusal(SYSTEM_ERROR, (problem,)), set_key)

    def _refused(
        self,
        envelope: Envelope,
        kind: str,
        document: Document | None,
        refusal: Refusal,
        set_key: str,
        digest: bytes = b"",
        key: str = "",
    ) -> Work:
        warnings: tuple[Problem, ...] = ()
        if document is not None:
            digest, key, warnings = document.digest, document.key, _warnings(document)
        # Without a canonical form there is only the message itself to take the digest over.
        digest = digest or hashlib.sha256(envelope.raw).digest()
        problems = refusal.problems or (Problem("unusable", "the message could not be read"),)
        submission = _submission(
            envelope, kind, digest, key=key, set_key=set_key, problems=problems, warnings=warnings
        )
        return Work(envelope, kind, document, submission, refusal=refusal, warnings=warnings)

    def _room_for_invalid(self, envelope: Envelope) -> bool:
        """True while fewer invalid questions came by this link in this minute than are to be journalled."""
        minute = int(envelope.received_at.timestamp()) // 60
        since, count = self._invalid.get(envelope.link, (minute, 0))
        count = count + 1 if since == minute else 1
        self._invalid[envelope.link] = (minute, count)
        return count <= self._policy(envelope.link).invalid_checks_per_minute_max

    def _wants_answer(self, link: str, kind: str, transactions: tuple[Transaction, ...]) -> bool:
        policy = self._policy(link)
        return (
            policy.answers_lists
            and kind in ANSWERED_KINDS
            and all(
                isinstance(one, ListReceived)
                and one.originator != policy.own_address
                and (one.originator or policy.answers_without_originator)
                for one in transactions
            )
        )

    def _permitted(self, link: str, kind: str, transactions: tuple[Transaction, ...]) -> bool:
        """Who moves miles, speaks for staff or claims for members has to be named in the settings; everything else is
        every host's business."""
        allowed = self._policy(link).operations
        return (
            allowed is None or kind in allowed or not any(isinstance(one, _GUARDED) for one in transactions)
        )

    def _policy(self, link: str) -> LinkPolicy:
        return self._policies.get(link, self._default)

    def _render(self, work: Work, result: Result | None, answers: tuple[Answer, ...]) -> bytes:
        document = work.document
        if document is None:
            raise ValueError("an XML message without refusal has a document")
        try:
            items = answers if work.questions else result.outcomes if result is not None else ()
            return answer(self._maps.render(document, items), _wrapper(work, document.wrapper))
        except Exception:
            # What was decided stands; the host repeats and gets the first answer once the map is mended.
            log.exception("the reply to a %s could not be rendered", work.kind)
            return self._error(work, Refusal(SYSTEM_ERROR))

    def _error(self, work: Work, refusal: Refusal) -> bytes:
        if not work.kind:
            return unreadable_answer(work.envelope.protocol)
        wrapper = _wrapper(work, refusal.wrapper if work.document is None else work.document.wrapper)
        # A defect of ours is nothing that the host could find in its message: no places, no values.
        problems = refusal.problems if refusal.code == INVALID else ()
        text = _TEXTS[refusal.code]
        return answer(self._maps.render_error(work.kind, refusal.code, text, problems), wrapper)


def _wrapper(work: Work, asked: str) -> str:
    """What stands around a reply: as around the request, but on the gateway always ``<sirena><answer>``, for its
    clients know no other end of an answer.
    """
    return GATEWAY_WRAPPER if work.envelope.protocol == "sirena" else asked


def _submission(
    envelope: Envelope,
    kind: str,
    digest: bytes,
    transactions: tuple[Transaction, ...] = (),
    key: str = "",
    set_key: str = "",
    problems: tuple[Problem, ...] = (),
    warnings: tuple[Problem, ...] = (),
) -> Submission:
    return Submission(
        link=envelope.link,
        kind=kind,
        raw=envelope.raw,
        digest=digest,
        received_at=envelope.received_at,
        transactions=transactions,
        key=key,
        set_key=set_key,
        encoding=envelope.encoding,
        source=envelope.source,
        problems=problems,
        warnings=warnings,
    )


def _warnings(document: Document) -> tuple[Problem, ...]:
    """What a usable message said that nobody took in: its warnings, and every unread line that none of them names."""
    told = {warning.line for warning in document.warnings}
    silent = [
        Problem("line_unread", "nothing was taken from this line", line=line, column=1)
        for line in document.unread
        if line not in told
    ]
    found = sorted((*document.warnings, *silent), key=lambda problem: (problem.line, problem.column))
    if len(found) > WARNINGS_KEPT_MAX:
        left = f"{len(found) - WARNINGS_KEPT_MAX} more warnings are not listed"
        found[WARNINGS_KEPT_MAX:] = [Problem("warnings_left_off", left)]
    return tuple(found)


def _problems_of(result: Result | None) -> tuple[Problem, ...]:
    if result is not None and result.reason is Reason.KEY_REUSED:
        return (Problem("key_reused", "this key was used before by another message"),)
    return ()
