"""Where the server is made to die: functions of the product, before, after or inside their n-th call."""

from tests.system.doomed import Kill
from tests.system.killed_server import COMMIT

DISPATCH = "adapter.net.http:HttpLink.dispatch"
HAND_OVER = "adapter.net.answering_connection:AnsweringConnection.hand_over"
OPEN = "adapter.documents.catalogue:Catalogue.open"
READ = "adapter.mapping:Maps.read"
RECEIVE = "adapter.pipeline:Pipeline.receive"
SUBMIT = "adapter.gate:Gate.submit"
EXECUTE = "loyalty_core.core:Core.execute"
RECEIPTS = "loyalty_core.storage.records:load_receipts"
LOAD = "loyalty_core.storage.load:load_world"
DECIDE = "loyalty_core.core:decide"
NOTE = "loyalty_core.storage.records:Book.note"
WRITE = "loyalty_core.storage.records:Book.write"
APPLY = "loyalty_core.core:apply_world"
LEDGER = "loyalty_core.storage.apply:_write_ledger"
CREDITS = "loyalty_core.storage.apply:_write_credits"
STATEMENT = "sqlalchemy.engine.default:DefaultDialect.do_execute"
STATEMENTS = "sqlalchemy.engine.default:DefaultDialect.do_executemany"
TO_REACTOR = "twisted.internet.base:ReactorBase.callFromThread"
RETURNED = "adapter.gate:Lane._returned"
REPLY = "adapter.pipeline:Pipeline.reply"
FOLLOW = "adapter.pipeline:Pipeline.follow"
ENDED = "adapter.exchange:Exchange.ended"
HTTP_REPLY = "adapter.net.http:_Request._reply"
PARTNERS_ANSWER = "adapter.net.length_prefixed:LengthPrefixedLinkConnection.answer"
GATEWAY_ANSWER = "adapter.net.sirena:SirenaConnection.answer"
SOCKET_WRITE = "twisted.internet.tcp:Connection.writeSomeData"
CLAIM = "adapter.net.spool_files:SpoolDirectory.claim"
LOCK = "adapter.net.spool_files:SpoolDirectory._open"
TAKE = "adapter.net.spool:SpoolLink._take"
ANSWERED = "adapter.net.spool:SpoolLink._answered"
ARCHIVE = "adapter.net.spool_files:SpoolDirectory.archive"
QUARANTINE = "adapter.net.spool_files:SpoolDirectory.quarantine"
RENAME = "pathlib:Path.rename"
NOTE_OF_WHY = "pathlib:Path.write_text"
STOP = "adapter.engine:Engine.stop"
CLOSE = "loyalty_core.core:Core.close"
ANSWER = "loyalty_core.core:Core.answer"
# Only when a server starts:
DATABASE_LOCK = "loyalty_core.storage.engine:WriterLock.__init__"
SCHEMA = "loyalty_core.core:create_schema"
UNREAD = "loyalty_core.core:Core.unread_sets"
REREAD = "adapter.pipeline:Pipeline.reread"
ACTIVATE = "adapter.engine:Engine._activate"
PREPARE = "adapter.net.spool_files:SpoolDirectory.prepare"


def _both(target: str, *numbers: int, match: str = "") -> list[Kill]:
    return [Kill(target, when, n, match) for n in numbers for when in ("before", "after")]


WHILE_SERVING = [
    # in
    *_both(DISPATCH, 2),
    *_both(HAND_OVER, 2),
    *_both(OPEN, 1),
    *_both(READ, 2),
    *_both(RECEIVE, 1, 4, match="'files'"),
    *_both(SUBMIT, 1),
    *_both(SUBMIT, 3, match="'files'"),
    # decide
    *_both(EXECUTE, 4),
    *_both(EXECUTE, 1, match="'files'"),
    *_both(RECEIPTS, 2),
    *_both(LOAD, 1, match="PartReceived"),
    *_both(DECIDE, 2),
    *_both(DECIDE, 1, match="ListReceived"),
    *_both(NOTE, 3),
    # write
    *_both(WRITE, 6),
    *_both(APPLY, 7),
    *_both(LEDGER, 1),
    *_both(CREDITS, 1),
    *_both(STATEMENT, 15, 30),
    *_both(STATEMENT, 1, match="INSERT INTO part_set"),
    *_both(STATEMENTS, 5),
    *_both(COMMIT, *range(1, 10)),
    Kill(COMMIT, "checkpoint", 1),
    Kill(COMMIT, "checkpoint", 7),
    # back
    *_both(TO_REACTOR, 5),
    *_both(RETURNED, 2, 7),
    *_both(REPLY, 2),
    *_both(FOLLOW, 1, match="b-prl-2.txt"),
    *_both(FOLLOW, 1, match="c-prl-1.txt"),
    *_both(ENDED, 1),
    # out
    *_both(HTTP_REPLY, 1),
    *_both(PARTNERS_ANSWER, 2),
    *_both(GATEWAY_ANSWER, 1),
    *[Kill(SOCKET_WRITE, when, n) for n in (1, 4, 6) for when in ("before", "half", "after")],
    *_both(ANSWER, 1),
    # files
    *_both(CLAIM, 3),
    *_both(LOCK, 2),
    *_both(TAKE, 1),
    *_both(ANSWERED, 4),
    *_both(ARCHIVE, 2),
    *_both(QUARANTINE, 1),
    *_both(RENAME, 2, match="/claimed/"),
    *_both(RENAME, 3, match="/done/"),
    *_both(RENAME, 1, match="/quarantine/"),
    *_both(NOTE_OF_WHY, 1, match=".why"),
    # stop
    Kill(STOP, "before"),
    *_both(CLOSE, 1),
]


def _start(target: str, when: str = "before", n: int = 1, match: str = "") -> Kill:
    return Kill(target, when, n, match, from_start=True)


_SET_CLOSED = Kill(FOLLOW, "before", 1, "c-prl-1.txt")
"""All parts of a list are kept, but nobody has read it: the next start must."""
_IN_CLAIMED = Kill(EXECUTE, "before", 1, "'files'")
"""Files are claimed, and not in the journal."""
_IN_JOURNAL = Kill(ARCHIVE, "before", 1)
"""A file is in the journal, and still claimed."""

DURING_RECOVERY = [
    *[
        (_SET_CLOSED, _start(target, when))
        for target in (DATABASE_LOCK, UNREAD, REREAD, EXECUTE, COMMIT, REPLY, PREPARE)
        for when in ("before", "after")
    ],
    (_SET_CLOSED, _start(COMMIT, "before", 2), _start(COMMIT, "after", 2)),
    (_SET_CLOSED, _start(UNREAD, "after"), _start(RETURNED, "before"), _start(LOCK, "after")),
    (_IN_CLAIMED, _start(LOCK, "before"), _start(LOCK, "after"), _start(TAKE, "after")),
    (_IN_CLAIMED, _start(EXECUTE, "before", 1, "'files'"), _start(COMMIT, "after", 2)),
    (_IN_JOURNAL, _start(ARCHIVE, "before"), _start(RENAME, "before", 1, "/done/")),
    (_IN_JOURNAL, _start(RENAME, "after", 1, "/done/"), _start(QUARANTINE, "before")),
    (
        Kill(COMMIT, "before", 1),
        Kill(COMMIT, "after", 1),
        Kill(SOCKET_WRITE, "half", 1),
        Kill(SOCKET_WRITE, "half", 1),
    ),
    (Kill(COMMIT, "checkpoint", 3), _start(COMMIT, "checkpoint", 1), Kill(COMMIT, "checkpoint", 1)),
]

BEFORE_THE_FIRST_MESSAGE = [
    _start(DATABASE_LOCK, "after"),
    _start(SCHEMA, "before"),
    _start(STATEMENT, "after", 10),
    _start(STATEMENT, "after", 30),
    *[_start(COMMIT, when, n) for n in (1, 2, 3) for when in ("before", "after")],
    _start(ACTIVATE, "before"),
    _start(EXECUTE, "before", 1, "ProgrammeActivated"),
    _start(EXECUTE, "after", 1, "ProgrammeActivated"),
    _start(PREPARE, "after"),
]
