"""A real ``ffgate serve`` for tests: its own directory, free ports, ended at the end whatever happens."""

import contextlib
import http.client
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
GUARDED = Path(__file__).with_name("guarded_server.py")
MEMBERS = ROOT / "loyalty_core" / "programmes" / "demo_members.csv"
SETTINGS = """
database: {url: sqlite:///var/ffgate.sqlite}
programmes: [demo]
admin: {listen: "tcp:0:interface=127.0.0.1"}
links:
  dcs: {type: http, listen: "tcp:0:interface=127.0.0.1"}
  gateway:
    type: sirena
    listen: tcp:0:interface=127.0.0.1
    clients: {4242: {name: host, address: [127.0.0.1]}}
  partners: {type: length_prefixed, listen: "tcp:0:interface=127.0.0.1"}
  dcs-files: {type: spool, directory: spool, finished: {suffix: .txt}, poll_seconds: 0.05}
"""
START_SECONDS = 60
END_SECONDS = 20


def ffgate(directory: Path, *arguments: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Run one command in that directory to its end; fails when the exit code is another than ``code``."""
    done = subprocess.run(
        [sys.executable, "-m", "adapter.cli", *arguments],
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=END_SECONDS + START_SECONDS,
        check=False,
    )
    assert code is None or done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


class Server:
    """A server that is ready; ``addresses`` has what it printed for each link."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self.log = log
        self.addresses: dict[str, str] = {}

    def wait_until_ready(self) -> None:
        """Read what it prints until the line that says so."""
        assert self.process.stdout is not None
        timer = threading.Timer(START_SECONDS, self.process.kill)
        timer.start()
        try:
            for line in self.process.stdout:
                if line.strip() == "ffgate is ready":
                    return
                name, _, place = line.strip().partition(" ")
                self.addresses[name] = place.strip()
        finally:
            timer.cancel()
        raise AssertionError(f"not ready: exit code {self.process.wait()}\n{self.log.read_text()}")

    def connect(self, link: str = "dcs") -> http.client.HTTPConnection:
        """A connection to a link, or to the admin listener."""
        address = self.addresses[link].removeprefix("http://").split("/")[0]
        host, port = address.rsplit(":", 1)
        return http.client.HTTPConnection(host, int(port), timeout=10)

    def post(self, body: bytes) -> tuple[int, bytes]:
        """One request over a connection of its own."""
        with contextlib.closing(self.connect()) as connection:
            connection.request("POST", "/astra", body, {"Content-Type": 'text/xml; charset="UTF-8"'})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def get(self, path: str) -> tuple[int, bytes]:
        """One page of the admin listener."""
        with contextlib.closing(self.connect("admin")) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()


@contextlib.contextmanager
def serving(directory: Path, settings: str = SETTINGS) -> Iterator[Server]:
    """A server with these settings in that directory; killed at the end, even the tests' own, if it still runs."""
    (directory / "config.yaml").write_text(settings, encoding="utf-8")
    log = directory / "stderr.txt"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-P", GUARDED, "serve"],
            cwd=directory,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    server = Server(process, log)
    try:
        server.wait_until_ready()
        yield server
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()  # closes the pipes
