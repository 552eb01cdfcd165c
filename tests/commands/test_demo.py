"""The demo's server: started and stopped whatever it says, and told of where it fails."""

import sys
from pathlib import Path

import pytest

from adapter.demo import airline
from adapter.demo.airline import Airline, AirlineFailed

# Both live until they are told to end.
CHATTY = "import signal, sys; sys.stderr.write('warning\\n' * 100_000); print('is ready', flush=True); signal.pause()"
DUMB = "import signal, sys; sys.stderr.write('no such port'); sys.stderr.flush(); signal.pause()"


def installed(directory: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> Airline:
    """An airline whose server is this program."""
    demo = Airline(directory)
    demo.install()
    monkeypatch.setattr(Airline, "command", lambda self, *words: [sys.executable, "-c", program])
    return demo


def test_a_server_that_says_much_is_not_held_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airline, "START_SECONDS", 20.0)
    demo = installed(tmp_path, monkeypatch, CHATTY)
    try:
        assert demo.start()
        assert demo.errors() == "warning\n" * 100_000
    finally:
        demo.stop()


def test_a_server_that_never_gets_ready_is_ended_and_its_errors_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(airline, "START_SECONDS", 2.0)
    demo = installed(tmp_path, monkeypatch, DUMB)
    try:
        with pytest.raises(AirlineFailed, match="no such port"):
            demo.start()
    finally:
        assert demo.stop() < 0
