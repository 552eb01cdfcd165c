"""A link whose other side does as it is told, and a service that sends through a real core on a fake clock."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from adapter.gate import Gate, Inline
from adapter.outbox import queueing
from adapter.patience import Patience
from adapter.sending import Sending, Way
from loyalty_core import Core, TelegramQueued

START = datetime(2026, 8, 20, 12, 6, tzinfo=UTC)
PATIENCE = Patience(
    first_retry_seconds=5,
    retry_factor=3,
    retry_seconds_max=20,
    give_up_seconds=60,
    answer_seconds=10,
    poll_seconds=1,
)


def text(word: str) -> str:
    return f"MOWRMUT\n.MOWFFUT 201206\nFQA\n{word}\n"


class Peer:
    """The link and the other side of it: takes telegrams, refuses them, or says nothing until told to."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.marked: list[bool] = []
        self.answer: Callable[[], Deferred[None]] = lambda: succeed(None)
        self.cancelled = 0

    def send(self, telegram: bytes) -> "Deferred[None]":
        lines = telegram.decode("cp866").split("\r\n")
        assert lines.pop() == ""
        self.taken.append(lines[-1])
        self.marked.append(lines[2] == "PDM")
        return self.answer()

    def silence(self) -> "Deferred[None]":
        def cancelled(_: Any) -> None:
            self.cancelled += 1

        return Deferred(cancelled)

    def once(self, deferred: "Deferred[None]") -> None:
        """This answer next, then good ones."""

        def answer() -> Deferred[None]:
            self.answer = lambda: succeed(None)
            return deferred

        self.answer = answer


class Rig:
    def __init__(self, url: str, **options: Any) -> None:
        self.clock = Clock()
        self.core = Core.open(url)
        self.failure: Exception | None = None
        self.peers = {"dcs": Peer(), "other": Peer()}
        self.counted: list[str] = []
        self.gate = Gate(self.execute, self.core.answer, clock=self.clock, writer=Inline(), reader=Inline())
        self.options = options
        self.sending = self.process()

    def process(self) -> Sending:
        """A service as after a start of the process."""
        ways = {name: Way(peer, "cp866") for name, peer in self.peers.items()}
        return Sending(
            self.gate,
            ways,
            self.clock,
            self.now,
            patience=PATIENCE,
            count=lambda link, word: self.counted.append(f"{link} {word}"),
            **self.options,
        )

    def execute(self, batch: Any) -> Any:
        if self.failure is not None:
            raise self.failure
        return self.core.execute(batch)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.clock.seconds())

    def queue(self, *words: str, link: str = "dcs") -> None:
        telegrams = [TelegramQueued(link, f"{link}/{word}", text(word)) for word in words]
        (result,) = self.core.execute([queueing(telegrams, self.now())])
        assert all(outcome.accepted for outcome in result.outcomes)  # type: ignore[attr-defined]

    def run(self, seconds: float = 0.0) -> None:
        """Let time pass in small steps, so that what a step sets going goes on."""
        self.clock.pump([0.0] * 5)
        while seconds > 0:
            self.clock.pump([min(seconds, 0.5), 0.0, 0.0])
            seconds -= 0.5

    @property
    def states(self) -> dict[str, int]:
        counts = self.core.status()["outbox"].get("dcs", {})
        return {state: count for state, count in counts.items() if isinstance(count, int)}


@pytest.fixture
def sending_rig(tmp_path: Path) -> Iterator[Rig]:
    found = Rig(f"sqlite:///{tmp_path}/books.sqlite")
    yield found
    found.sending.stop()
    found.sending.abandon()
    found.gate.stop()
    assert found.clock.getDelayedCalls() == []
    found.core.close()
