"""The way in for commands beside a running server, where SQLite allows one writer: a file names its admin listener.

The server writes ``<database>.door`` when it is ready and takes it away when it stops: process, address and a secret
made for this one run. Only its own user can read it (mode 0600); whoever can may write to the database anyway.
"""

import contextlib
import http.client
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapter.errors import AdapterError

ANSWER_SECONDS = 30.0


class DoorClosed(AdapterError):
    """The running server can't be asked; the text says why."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where the server takes orders, and the secret that it wants with them."""

    host: str
    port: int
    secret: str
    process: int


def door_file(database: Path) -> Path:
    """The file beside that database."""
    return database.with_name(database.name + ".door")


def make_secret() -> str:
    """One nobody can guess, for one run of the server."""
    return secrets.token_hex(32)


def open_door(path: Path, door: Door) -> None:
    """Write the file, whole and never readable by others."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    content = {"host": door.host, "port": door.port, "secret": door.secret, "process": door.process}
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file)
    temporary.replace(path)


def close_door(path: Path) -> None:
    """Take the file away."""
    with contextlib.suppress(OSError):
        path.unlink()


def find_door(path: Path) -> Door | None:
    """What the file says, None when there is none that can be used."""
    try:
        return Door(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def order(door: Door, name: str, content: Any) -> tuple[int, Any]:
    """Give an order to the server; status and answer. Raises DoorClosed when it can't be reached."""
    connection = http.client.HTTPConnection(door.host, door.port, timeout=ANSWER_SECONDS)
    try:
        body = json.dumps(content).encode()
        headers = {"Authorization": f"Bearer {door.secret}", "Content-Type": "application/json"}
        connection.request("POST", f"/{name}", body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DoorClosed(
            f"process {door.process} does not answer at {door.host}:{door.port}: {error}"
        ) from None
    finally:
        connection.close()
