"""The server under test: a process of its own with settings, keys and members in a fresh directory."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = ROOT / "loyalty_core" / "programmes" / "demo_members.csv"
LAUNCHER = "tests.independent.launch_guarded"
START_SECONDS = 45.0
STOP_SECONDS = 20.0

FIRST, SECOND, PLAIN, LONG_KEY, ELSEWHERE, DAMAGED, UNKNOWN = 4242, 4243, 4244, 4245, 4246, 4247, 999
KEY_BITS = {FIRST: 1024, SECOND: 1024, LONG_KEY: 2048}
FRAME_BYTES_MAX = 65536
CLOCK_FILE_VARIABLE = "FFGATE_TEST_CLOCK_FILE"

SETTINGS = """\
database: {{url: sqlite:///var/independent.sqlite}}
programmes: [demo]
admin: null
logs: {{file: var/ffgate.log}}
limits:
  frame_bytes_max: {frame_bytes_max}
  refusals_per_minute_max: 100000      # every test comes from the same address
  handshakes_per_second_max: {handshakes}
links:
  gateway:
    type: sirena
    listen: "tcp:0:interface=127.0.0.1"
    instance: TST
    key_file: keys/server.pem
    key_seconds: {key_seconds}
    clients:
      {first}: {{name: first, address: [127.0.0.1], {cipher}, public_key_file: keys/{first}.pub.pem}}
      {second}: {{name: second, address: [127.0.0.1], {cipher}, public_key_file: keys/{second}.pub.pem}}
      {long_key}: {{name: long, address: [127.0.0.1], {cipher}, public_key_file: keys/{long_key}.pub.pem}}
      {damaged}: {{name: damaged, address: [127.0.0.1], {cipher}, public_key_file: keys/damaged.pub.pem}}
      {plain}: {{name: plain, address: [127.0.0.1]}}
      {elsewhere}: {{name: elsewhere, address: [192.0.2.7]}}
"""
CIPHER = "cipher: legacy_cipher, cipher_reason: test on this machine"


class ServerFailed(Exception):
    """A command or the server did not do what it should; the text is what it said."""


def _private_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


class ServerProcess:
    """``serve`` in a directory of its own, which ends with the tests even if they are killed. ``module`` is what is
    run in place of the server's command; ``launch_with_later_clock`` reads from a file by how many seconds the links'
    clock is to run ahead.
    """

    def __init__(self, directory: Path, *, module: str = "adapter") -> None:
        self.directory = directory
        self.port = 0
        """Where it listens, known once it is ready."""
        self.key = rsa.generate_private_key(65537, 1024)
        self.client_keys = {
            number: rsa.generate_private_key(65537, bits) for number, bits in KEY_BITS.items()
        }
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._config = directory / "config.yaml"
        self._clock_file = directory / "clock_ahead_seconds"
        self.clock_ahead(0)

    def install(self, *, key_seconds: int = 5400, handshakes_per_second: int = 1000) -> None:
        for name in ("keys", "var"):
            (self.directory / name).mkdir(mode=0o700)
        self._config.write_text(
            SETTINGS.format(
                key_seconds=key_seconds, frame_bytes_max=FRAME_BYTES_MAX, cipher=CIPHER,
                first=FIRST, second=SECOND, plain=PLAIN, long_key=LONG_KEY, elsewhere=ELSEWHERE, damaged=DAMAGED,
                handshakes=handshakes_per_second,
            )
        )  # fmt: skip
        secret = self.directory / "keys" / "server.pem"
        secret.touch(mode=0o600)
        secret.write_bytes(_private_pem(self.key))
        for number, key in self.client_keys.items():
            (self.directory / "keys" / f"{number}.pub.pem").write_bytes(_public_pem(key))
        (self.directory / "keys" / "damaged.pub.pem").write_bytes(b"-----BEGIN PUBLIC KEY-----\nMFww\n")
        self.run("members", "import", str(MEMBERS))

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "adapter", *words, "-c", str(self._config)]

    def run(self, *words: str) -> str:
        """A command to its end; what it printed."""
        done = subprocess.run(
            self._command(*words),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )
        if done.returncode:
            raise ServerFailed(f"{' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def status(self) -> dict[str, Any]:
        """What ``status --json`` says, read beside the running server."""
        figures: dict[str, Any] = json.loads(self.run("status", "--json"))
        return figures

    @property
    def pid(self) -> int:
        """Of the server, while it runs."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        with (self.directory / "stderr.txt").open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", LAUNCHER, self._module, "serve", "-c", str(self._config)],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                env=os.environ | {CLOCK_FILE_VARIABLE: str(self._clock_file)},
            )  # fmt: skip
        said = b""
        assert self._process.stdout is not None
        deadline = time.monotonic() + START_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"is ready" not in said:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    break
                more = os.read(self._process.stdout.fileno(), 65536)
                if not more:
                    break
                said += more
        if b"is ready" not in said:
            self.stop()
            raise ServerFailed(f"not ready: {said!r} {(self.directory / 'stderr.txt').read_text()}")
        [place] = [line for line in said.decode().splitlines() if line.startswith("gateway ")]
        self.port = int(place.rpartition(":")[2])

    def clock_ahead(self, seconds: int) -> None:
        """From the next frame on, a server started by the launcher lives so much later."""
        fresh = self._clock_file.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self._clock_file)

    def stop(self) -> int:
        """Ask it to end, insist if it doesn't; its exit code."""
        if self._process is None:
            return 0
        process, self._process = self._process, None
        with process:  # closes the pipes, of which standard input must last as long as the server
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        return process.returncode
