"""Rebuilds books by ``ffgate replay`` and checks them by ``ffgate verify``, each a process of its own, and compares.

What is compared is what the hashes sum up: what the books say now, and the history of every entry.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COMPARED = ("state_hash", "chain_head", "entries")


@dataclass(frozen=True, slots=True)
class Done:
    """One command: how it ended, the object it printed, how long it took and the most memory it had.

    Where others use the machine too, ``processor_seconds`` are what counts.
    """

    code: int
    told: Mapping[str, Any]
    seconds: float
    processor_seconds: float
    peak_mib: float


def ffgate(directory: Path, *arguments: str) -> Done:
    """Run one command with ``--json`` in this directory to its end."""
    output, errors = directory / "output", directory / "errors"
    began = time.monotonic()
    with output.open("wb") as told, errors.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "adapter.cli", *arguments, "--json"],
            cwd=directory,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=told,
            stderr=said,
        )
        try:
            # Not wait(): only this tells the memory of this very process.
            _pid, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            if process.returncode is None:
                process.kill()
                process.wait()
    seconds = time.monotonic() - began
    text = output.read_text("utf-8")
    if not text:
        raise RuntimeError(f"ffgate {' '.join(arguments)}: {process.returncode}\n{errors.read_text('utf-8')}")
    processor_seconds = usage.ru_utime + usage.ru_stime
    return Done(process.returncode, json.loads(text), seconds, processor_seconds, usage.ru_maxrss / 1024)


def verified(directory: Path, url: str) -> Done:
    """What ``ffgate verify`` says of any books."""
    settings = directory / "verified.yaml"
    settings.write_text(f'database: {{url: "{url}"}}\n', "utf-8")
    return ffgate(directory, "verify", "--config", settings.name)


def rebuild(
    directory: Path, targets: Mapping[str, str], say: Callable[[str], None] = lambda text: None
) -> list[str]:
    """Replay the journal of ``directory`` into each of these empty databases (name -> URL); everything that is wrong,
    in words, and nothing when all books are the same."""
    original = ffgate(directory, "verify")
    say(f"original: {_books(original)}")
    wrong = _broken("original", original)
    for name, url in targets.items():
        replayed = ffgate(directory, "replay", "--into", url)
        rows = replayed.told["rows"]
        say(
            f"{name}: {rows:,} decisions in {replayed.seconds:.0f} s, {rows / replayed.seconds:.0f} a second"
            f" ({replayed.processor_seconds:.0f} s of a processor), at most {replayed.peak_mib:.0f} MiB"
        )
        rebuilt = verified(directory, url)
        say(f"{name}: {_books(rebuilt)}")
        wrong += _broken(name, rebuilt)
        if replayed.code or not replayed.told["same"]:
            wrong.append(f"{name}: ffgate replay says that the books are not the same")
        wrong += [
            f"{name}: {what} is {rebuilt.told[what]}, of the original {original.told[what]}"
            for what in COMPARED
            if rebuilt.told[what] != original.told[what]
        ]
    return wrong


def _books(verified: Done) -> str:
    told = verified.told
    good = "every invariant holds" if told["ok"] else "BROKEN"
    return (
        f"state hash {told['state_hash']}, chain head {told['chain_head']}, {told['entries']:,} entries;"
        f" {good} ({verified.seconds:.0f} s)"
    )


def _broken(name: str, verified: Done) -> list[str]:
    return [
        f"{name}: {check['name']}: {check['found']}" for check in verified.told["checks"] if not check["ok"]
    ]
