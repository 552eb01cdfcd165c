"""Logs as JSON lines: one object a line, one line an event, nothing personal in it.

Everything of ours logs through the standard library's ``logging`` under ``ffgate``; Twisted's own events are bridged.
A record's ``extra`` fields are written only if their name is in ``FIELDS``: what is not allowed is not logged. Values
and texts pass ``masked``, which hides card and document numbers, and lose control characters, so that no host can
forge a line.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

__all__ = ["FIELDS", "card_mask", "configure", "log_message", "masked"]

CHARACTERS_MAX = 2000
"""Longer texts are cut: a log line is for reading, the journal keeps the message."""
EXCEPTION_LINES_MAX = 60

FIELDS = frozenset(
    [
        "batch",
        "bytes",
        "card",
        "client",
        "code",
        "column",
        "count",
        "digest",
        "direction",
        "entries",
        "error",
        "event",
        "file",
        "gate_ms",
        "id",
        "journal_id",
        "kind",
        "lane",
        "line",
        "link",
        "path",
        "peer",
        "port",
        "problems",
        "programme",
        "receive_ms",
        "reply_ms",
        "seconds",
        "signal",
        "state",
        "version",
        "warnings",
    ]
)
"""Extra fields that may appear. ``card`` is always cut to its last four digits."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_DIGITS = re.compile(r"(?<![0-9A-Za-z])[0-9][0-9 -]{5,22}[0-9](?![0-9A-Za-z])|(?<![0-9])[0-9]{7,}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LETTERED = re.compile(r"(?<![0-9A-Za-z])[A-Z]{1,3}[0-9]{6,}(?![0-9A-Za-z])")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_NAMES = re.compile(r"(?i)\b(surname|name|given|holder|passenger)(\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|\S+)")
_PAIRED = re.compile(
    r"(?<![A-Za-zА-Яа-яЁё/])[A-ZА-ЯЁ]{2,}/[A-ZА-ЯЁ]{3,}(?:\s(?:MR|MRS|MS|MISS|MSTR|CHD|INF))?(?![\w/])"
)


def masked(text: str) -> str:
    """The text without card, ticket, document and telephone numbers, e-mail addresses and names marked as such.

    Of a number the last four digits stay, so that two lines about one card can be put together.
    """
    text = _MAIL.sub("…@…", text)
    text = _NAMES.sub(r"\1\2…", text)
    text = _PAIRED.sub("…/…", text)
    text = _LETTERED.sub(lambda found: card_mask(found[0]), text)
    return _DIGITS.sub(_mask_number, text)


def card_mask(number: str) -> str:
    """A number cut to its last four characters: ``…0012``."""
    return "…" + number[-4:]


def _mask_number(found: re.Match[str]) -> str:
    text = found[0]
    digits = re.sub("[^0-9]", "", text)
    if len(digits) < 7 or _DATE.match(text):
        return text
    return card_mask(digits)


class JsonLines(logging.Formatter):
    """Turns a record into one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Time in UTC, level, logger, text, then the allowed extra fields."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": _safe(record.getMessage()),
        }
        for name, value in vars(record).items():
            if name in FIELDS and name not in _STANDARD:
                line[name] = _field(name, value)
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = _exception(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


def _field(name: str, value: Any) -> Any:
    if name == "card":
        return card_mask(str(value))
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _field("", one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_field("", one) for one in value[:20]]
    return str(value)[:CHARACTERS_MAX] if name == "digest" else _safe(str(value))


def _safe(text: str) -> str:
    """Masked, cut, and on one line: what a terminal or a reader of lines would obey is written out."""
    text = masked(text[: 2 * CHARACTERS_MAX])
    text = "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)
    return text if len(text) <= CHARACTERS_MAX else text[:CHARACTERS_MAX] + "…"


def _exception(error: BaseException) -> list[str]:
    """Types, texts and places of an exception and its causes. The texts may quote a message, so they are masked; lines
    of source are left out.
    """
    lines: list[str] = []
    one: BaseException | None = error
    while one is not None and len(lines) < EXCEPTION_LINES_MAX:
        lines.append(_safe(f"{type(one).__name__}: {one}"))
        frames = traceback.extract_tb(one.__traceback__)[-12:]
        lines += [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return lines


def configure(
    level: str = "info", stream: IO[str] | None = None, file: Path | None = None
) -> logging.Handler:
    """Send everything from ``level`` up to a file, a stream or standard error, and bridge Twisted's events.

    Replaces what an earlier call set up. Only our own lines and warnings of libraries are let through: what libraries
    say at info level is about themselves.
    """
    handler: logging.Handler
    if file is not None:
        handler = logging.FileHandler(file, encoding="utf-8", delay=True)
    else:
        handler = logging.StreamHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one.formatter, JsonLines)]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("ffgate").setLevel(level.upper())
    logging.captureWarnings(True)
    _bridge_twisted()
    return handler


def _bridge_twisted() -> None:
    """Let Twisted's own log go through ``logging``; nothing happens where Twisted is not in use."""
    if "twisted" not in sys.modules:
        return
    from twisted.logger import STDLibLogObserver, globalLogBeginner

    global _bridged
    if not _bridged:
        _bridged = True
        globalLogBeginner.beginLoggingTo(
            [STDLibLogObserver("twisted")], redirectStandardIO=False, discardBuffer=True
        )


_bridged = False
_messages = logging.getLogger("ffgate.message")


def log_message(
    *,
    link: str,
    kind: str,
    state: str,
    receive_seconds: float,
    gate_seconds: float,
    reply_seconds: float,
    **fields: Any,
) -> None:
    """The one line of each message, at info level, with the time that each stage took in milliseconds."""
    if not _messages.isEnabledFor(logging.INFO):
        return
    extra = {
        "link": link,
        "kind": kind,
        "state": state,
        "receive_ms": round(receive_seconds * 1000, 3),
        "gate_ms": round(gate_seconds * 1000, 3),
        "reply_ms": round(reply_seconds * 1000, 3),
        **{name: value for name, value in fields.items() if name in FIELDS},
    }
    _messages.info("%s %s", kind or "message", state, extra=extra)
