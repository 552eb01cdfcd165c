"""Servers that die on order, as the tests see them: started, waited for, ended by their own process id."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

LAUNCHER = Path(__file__).with_name("killed_server.py")
WAIT_SECONDS = 30.0
"""Nothing that a test waits for takes a tenth of this on a busy machine."""
KILLED = -signal.SIGKILL


@dataclass(frozen=True, slots=True)
class Kill:
    """A kill point; see ``killed_server``."""

    target: str
    when: str
    n: int = 1
    match: str = ""
    from_start: bool = False

    def __str__(self) -> str:
        match = f"[{self.match}]" if self.match else ""
        start = "start:" if self.from_start else ""
        return f"{start}{self.when}-{self.target.partition(':')[2]}{match}-{self.n}"


class Launcher:
    """The process that starts the others, one at a time."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", str(LAUNCHER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        self._pipe = self.process.stdout.fileno()
        self._read = b""
        line = self.line(WAIT_SECONDS)
        assert line == "loaded", f"the launcher said {line!r}"

    def order(self, directory: Path, arguments: list[str], kill: Kill | None, fault: str) -> int:
        """Start a process; its id."""
        order: dict[str, Any] = {
            "directory": str(directory),
            "arguments": arguments,
            "kill": asdict(kill) if kill else None,
            "fault": fault,
        }
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()
        word, _, number = str(self.line(WAIT_SECONDS)).partition(" ")
        assert word == "process"
        return int(number)

    def line(self, seconds: float) -> str | None:
        """The next line that was printed; None if there is none after so many seconds."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._read:
            ready, _, _ = select.select([self._pipe], [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                return None
            data = os.read(self._pipe, 65536)
            assert data, "the launcher has ended"
            self._read += data
        line, _, self._read = self._read.partition(b"\n")
        return line.decode()

    def close(self) -> None:
        """No more orders; it ends by itself."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(WAIT_SECONDS)
        self.process.stdout.close()


class Place(ABC):
    """Where a server can be found: its directory, and the port of each link that listens."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ports: dict[str, int] = {}

    @abstractmethod
    def has_ended(self, seconds: float = 0.0) -> bool:
        """Look, for so many seconds at most, whether the process has ended."""

    def log(self) -> str:
        """What it has logged up to now."""
        path = self.directory / "stderr.txt"
        return path.read_text() if path.exists() else ""


class Process(Place):
    """One command of ffgate, with a kill point or without."""

    def __init__(
        self,
        launcher: Launcher,
        directory: Path,
        arguments: list[str],
        kill: Kill | None = None,
        fault: str = "",
    ) -> None:
        super().__init__(directory)
        self._launcher = launcher
        self.code: int | None = None
        self._pid = launcher.order(directory, arguments, kill, fault)

    def has_ended(self, seconds: float = 0.0) -> bool:
        deadline = time.monotonic() + seconds
        while self.code is None:
            if self._line(max(deadline - time.monotonic(), 0)) is None:
                return False
        return True

    def wait(self, seconds: float = WAIT_SECONDS) -> int:
        """Its exit code, or minus the signal's number."""
        assert self.has_ended(seconds), f"still alive after {seconds} s\n{self.log()}"
        assert self.code is not None
        return self.code

    def terminate(self) -> None:
        """Ask it to finish."""
        if self.code is None:
            os.kill(self._pid, signal.SIGTERM)

    def close(self) -> None:
        """Whatever happened, it doesn't outlive the test, and the launcher is free for the next order."""
        if self.code is None and not self.has_ended():
            os.kill(self._pid, signal.SIGKILL)
            self.wait()

    def _line(self, seconds: float) -> str | None:
        line = self._launcher.line(seconds)
        if line is not None and line.startswith("ended "):
            self.code = int(line.split()[1])
        return line


class Server(Process):
    """A server started with a kill point or without."""

    def __init__(
        self, launcher: Launcher, directory: Path, kill: Kill | None = None, fault: str = ""
    ) -> None:
        super().__init__(launcher, directory, ["serve"], kill, fault)

    def wait_until_ready(self) -> bool:
        """False if it ended before it was."""
        while (line := self._line(WAIT_SECONDS)) is not None:
            if line == "ffgate is ready":
                return True
            name, _, place = line.partition(" ")
            if place.rpartition(":")[2].isdigit():
                self.ports[name] = int(place.rpartition(":")[2])
            if self.code is not None:
                return False
        raise AssertionError(f"neither ready nor ended\n{self.log()}")


def command(launcher: Launcher, directory: Path, *arguments: str) -> None:
    """Run one command of ffgate to its end, which must be a good one."""
    process = Process(launcher, directory, list(arguments))
    try:
        code = process.wait()
    finally:
        process.close()
    assert code == 0, f"ffgate {arguments}: {code}\n{process.log()}"
