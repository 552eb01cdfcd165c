"""Ends a test server and removes its directory when whoever started this process is gone, by whatever death.

Run as a program with the server's directory. Standard input is a pipe whose other end the tests hold: it ends when
they close it, and as well when they are killed. Standard library only, so that it starts at once.
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

END_SECONDS_MAX = 20


def end_server(directory: Path) -> None:
    """Stop what runs there at once, and leave nothing of it."""
    # The server removes this file as its last act; it is not our child, so there is nothing else to wait for.
    pid_file = directory / "data" / "postmaster.pid"
    try:
        os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGQUIT)
        deadline = time.monotonic() + END_SECONDS_MAX
        while pid_file.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
    except (FileNotFoundError, ProcessLookupError):
        pass  # never started, or ended by somebody else
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    end_server(Path(sys.argv[1]))
