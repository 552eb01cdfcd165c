"""A host that drops telegrams as files, whole or not at all."""

import os
from datetime import datetime
from pathlib import Path


def drop(directory: Path, name: str, telegram: str, encoding: str = "utf-8") -> Path:
    """Put a telegram into a directory under ``name``.

    It is written under a hidden temporary name in the same directory and renamed when it is complete, so that
    no reader ever sees half of it. UnicodeEncodeError if the encoding lacks a character.
    """
    data = telegram.encode(encoding)
    return drop_bytes(directory, name, data)


def drop_bytes(directory: Path, name: str, data: bytes) -> Path:
    """The same for bytes as they are."""
    target = directory / name
    temporary = directory / f".{name}.part"
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return target


def copy_name(at: datetime, number: int, kind: str, flight: str, part: int = 1) -> str:
    """The name that a departure control system gives to its copy of a telegram.

    Creation time to the millisecond, nine digits of telegram number and the part, kind, flight, day and
    month.
    """
    stamp = at.strftime("%Y_%m_%d_%H_%M_%S_") + f"{at.microsecond // 1000:03d}"
    return f"{stamp}.{number:09d}{part}.{kind}.{flight}.{at:%d.%m}"
