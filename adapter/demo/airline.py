"""The demo's installation: a directory with settings and keys, and the process that serves it."""

import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import loyalty_core
from adapter.wire.sirena_crypto import PrivateKey

START_SECONDS = 30.0
STOP_SECONDS = 15.0
CLIENT_ID = 4242
MEMBERS = Path(loyalty_core.__file__).parent / "programmes" / "demo_members.csv"
KEY_BITS = 1024
"""What the reservation hosts of this gateway use; nobody should for anything else."""

CONFIG = """\
# Settings of a demo run; they serve as they stand: ffgate serve -c {directory}/config.yaml
database:
  url: sqlite:///var/demo.sqlite
programmes: [demo]
admin: null
logs:
  level: info
  file: var/ffgate.log
links:
  dcs: {{type: http, listen: "tcp:{http}:interface=127.0.0.1", path: /astra}}
  gateway:
    type: sirena
    listen: tcp:{sirena}:interface=127.0.0.1
    key_file: keys/gateway.pem
    clients:
      {client}:
        name: reservations
        address: [127.0.0.1]
        cipher: legacy_cipher
        cipher_reason: demo, on this machine only
        public_key_file: keys/client.pub.pem
  dcs-files:
    type: spool
    directory: var/spool/dcs
    encoding: utf-8
    finished: {{suffix: .tlg}}
    poll_seconds: 0.1
"""


class AirlineFailed(Exception):
    """A command or the server did not do what it should; the text is what it said."""


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _each in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Airline:
    """The installation in a directory of its own and the process that serves it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.config = directory / "config.yaml"
        self._errors = directory / "var" / "serve.err"
        self.http, self.sirena = _free_ports(2)
        self.client_key = PrivateKey.generate(KEY_BITS)
        self._process: subprocess.Popen[bytes] | None = None

    def install(self) -> None:
        """Writes settings and keys; as ``ffgate init`` does, for its owner only."""
        for name in ("keys", "var", "var/spool", "var/spool/dcs"):
            (self.directory / name).mkdir(mode=0o700)
        self.config.write_text(
            CONFIG.format(directory=self.directory, http=self.http, sirena=self.sirena, client=CLIENT_ID)
        )
        server_key = PrivateKey.generate(KEY_BITS)
        for name, content in (
            ("gateway.pem", server_key.private_pem()),
            ("client.pem", self.client_key.private_pem()),
            ("client.pub.pem", self.client_key.public_pem.encode()),
        ):
            path = self.directory / "keys" / name
            path.touch(mode=0o600)
            path.write_bytes(content)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "adapter", *words, "-c", str(self.config)]

    def run(self, *words: str) -> str:
        """A command of ffgate to its end; AirlineFailed with what it said if it fails."""
        done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=START_SECONDS)
        if done.returncode:
            raise AirlineFailed(f"ffgate {' '.join(words)} failed:\n{done.stderr}")
        return done.stdout.strip()

    def import_members(self) -> str:
        """What ``ffgate members import`` says of the demo's members."""
        return self.run("members", "import", str(MEMBERS))

    def start(self) -> int:
        """Starts the server and waits until it says that it is ready; returns its process id."""
        with self._errors.open(
            "wb"
        ) as errors:  # a pipe that nobody reads would stop the server once it is full
            process = subprocess.Popen(self.command("serve"), stdout=subprocess.PIPE, stderr=errors)
        self._process = process
        assert process.stdout is not None
        alarm = threading.Timer(START_SECONDS, process.kill)
        alarm.start()
        said = b""
        try:
            for line in process.stdout:
                said += line
                if b"is ready" in line:
                    return process.pid
        finally:
            alarm.cancel()
        raise AirlineFailed(f"the server did not start: {said.decode('utf-8', 'replace')}{self.errors()}")

    def errors(self) -> str:
        """What the server said on standard error."""
        return self._errors.read_text("utf-8", "replace")

    def stop(self) -> int:
        """Asks the server to finish and waits for it; its exit code."""
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        return process.returncode

    @property
    def database(self) -> str:
        return f"sqlite:///{self.directory}/var/demo.sqlite"
