"""A mail server that delivers telegrams into a Maildir, as text or as attached files."""

import os
import socket
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

_POLICY = default.clone(linesep="\n", cte_type="8bit")


def telegram_mail(
    texts: list[tuple[str, str]], *, sender: str, attach: bool = False, charset: str = "utf-8"
) -> bytes:
    """A message with telegrams, given as (file name, text): as its text, or each as an attached file."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = "lists@loyalty.example"
    message["Subject"] = ", ".join(name for name, _text in texts)[:200]
    message["Date"] = datetime.now(UTC)
    if not attach:
        message.set_content("\n".join(text for _name, text in texts), charset=charset)
        return bytes(message)
    message.set_content("Please find the telegrams attached.\n")
    for name, text in texts:
        # As files, byte for byte: line ends are part of a telegram.
        message.add_attachment(text.encode(charset), maintype="text", subtype="plain", filename=name)
        list(message.iter_attachments())[-1].set_param("charset", charset)
    return bytes(message)


def deliver(maildir: Path, message: bytes, number: int = 0) -> Path:
    """Delivers one message: written in ``tmp``, synchronised, moved to ``new`` under a name of its own."""
    for folder in ("tmp", "new", "cur"):
        (maildir / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    now = datetime.now(UTC)
    stamp = f"{now:%s}.M{now.microsecond}P{os.getpid()}Q{number}"
    half = maildir / "tmp" / f"{stamp}.{socket.gethostname()}"
    with half.open("xb") as file:
        file.write(message)
        file.flush()
        os.fsync(file.fileno())
    return half.rename(maildir / "new" / half.name)
