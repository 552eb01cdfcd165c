"""Starts ``real_links.py`` and stops it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


class RealLinks:
    """A running process; ``ports`` are those of the gateway and of the length-prefixed link."""

    def __init__(self, **settings: Any) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("real_links.py")), str(ROOT), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.gateway_port, self.partners_port = json.loads(self._process.stdout.readline())

    def begin_stop(self) -> None:
        """Ask for the stop without waiting for it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
            self._process.stdin = None

    def stop(self) -> dict[str, int]:
        """Stop in good order; the counters of its links."""
        try:
            output, _none = self._process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise
        assert self._process.returncode == 0
        return json.loads(output)

    def __enter__(self) -> "RealLinks":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
