"""A telegram as electronic mail: what ``mail`` reads back byte for byte, whatever servers do to mail on its way.

1. RFC 5322 with CRLF throughout; one part, text/plain. No other part, greeting or signature: they would be read as
   telegrams.
2. The text goes as it is (7bit, us-ascii) where nobody on the way has a reason to touch it: lines of printable ASCII
   with CRLF, short, without blanks at their ends, none beginning with "From " (mbox puts a ">" before it) and none
   that is a single "." (which ends a message where dots are not doubled). Simple receivers know nothing else.
3. Everything else goes as base64, with the character set declared: it comes out as the same bytes, line ends included.
4. The Message-ID is made of the telegram, the sender and the recipients. ``PDM`` doesn't count: a telegram that is sent
   again because it may have left before is the same message to mail servers, and those that keep only one of each may
   do so.
5. ``Auto-Submitted`` (RFC 3834) keeps notices of absence from coming back.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from .typeb_lines import bare, is_kind, read_origin, split_lines

CHARSETS = {"cp866": "IBM866", "cp1251": "windows-1251", "koi8-r": "KOI8-R", "utf-8": "UTF-8"}
"""What the encodings of links are called by everybody else (IANA)."""
_MARKS = ("PDM", "COR")
_SAFE = re.compile(rb"(?:(?!From |\.\r)(?:[ -~]{0,75}[!-~])?\r\n)+")


def render_mail(
    telegram: bytes, encoding: str, *, sender: str, recipients: Sequence[str], sent_at: datetime
) -> bytes:
    """One message. ``sent_at`` is aware; ``encoding`` is the telegram's, one of ``CHARSETS``."""
    lines = split_lines(telegram.decode(encoding, "replace"))
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Date"] = sent_at
    message["Message-ID"] = _message_id(lines, sender, recipients)
    message["Subject"] = _kind(lines) or "telegram"
    message["Auto-Submitted"] = "auto-generated"
    as_it_is = _SAFE.fullmatch(telegram) is not None
    message.set_content(
        telegram,
        "text",
        "plain",
        cte="7bit" if as_it_is else "base64",
        params={"charset": "us-ascii" if as_it_is else CHARSETS[encoding]},
    )
    return bytes(message)


def _kind(lines: Sequence[str]) -> str:
    """The kind: the first line behind the origin line that isn't a mark; "" where that names none."""
    origin = next((position for position, line in enumerate(lines) if read_origin(line) is not None), -1)
    behind = (bare(line) for line in lines[origin + 1 :])
    first = next((line for line in behind if line and line not in _MARKS), "")
    return first if is_kind(first) else ""


def _message_id(lines: Sequence[str], sender: str, recipients: Sequence[str]) -> str:
    telegram = "\n".join(line for line in lines if bare(line) != "PDM")
    digest = hashlib.sha256("\n".join((sender, *recipients, "", telegram)).encode()).hexdigest()
    return f"<{digest[:32]}@{sender.rpartition('@')[2]}>"
