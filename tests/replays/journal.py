"""Builds a journal: traffic through the real pipeline, gate and core of one process, on a clock of its own.

Nothing is stubbed but the sockets, the wall clock and the other side of the links: the business clock strikes, cards
that are not good are answered, and those answers are sent, fail now and then, and are sent again.
"""

import random
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock

import loyalty_core
from adapter.business_clock import BusinessClock
from adapter.config import Config, load_config
from adapter.engine import Engine, activation, digest_after
from adapter.envelope import Envelope
from adapter.exchange import Passed
from adapter.gate import Inline
from adapter.ingesting import finish
from adapter.outgoing import CODES, composer, patience_of
from adapter.replaying import MEMBERS_LINK
from adapter.sending import Sending, Way
from adapter.work import COMMAND_LINK, COMMAND_PROTOCOL
from loyalty_core import MembersImported, Result, Submission
from tests.replays.departures import Sent
from tests.replays.traffic import BEGIN, Activated, Event, Imported, Restarted, traffic

SETTINGS = """\
database: {{url: "sqlite:///var/ffgate.sqlite", lane: {lane}}}
admin: null
logs: {{level: error}}
clock: {{every_seconds: 3600, decisions_max: 50, leap_days_max: 4000}}
sending: {{poll_seconds: 3600}}
links:
  gateway:
    type: sirena
    listen: tcp:0:interface=127.0.0.1
    clients: {{4242: {{name: host, address: [127.0.0.1]}}}}
    operations: [ffp_reserve, ffp_capture, ffp_release, ffp_redeem]
  partners: {{type: length_prefixed, listen: "tcp:0:interface=127.0.0.1", journal: all}}
  dcs: {{type: http, listen: "tcp:0:interface=127.0.0.1"}}
  back-office:
    type: http
    listen: tcp:0:interface=127.0.0.1
    operations: [ffp_reserve, ffp_capture, ffp_release, ffp_redeem, ffp_adjust, ffp_approve, ffp_transfer, ffp_pool,
                 ffp_reverse, ffp_claim, ffp_resolve, ffp_member_state, ffp_card_state, ffp_merge, ffp_unmerge,
                 ffp_relation, ffp_tier]
  files: {{type: spool, directory: files, answer: {{origin: MOWFFUT}}}}
  telex: {{type: spool, directory: telex, encoding: cp866, tolerant: true}}
"""
PROGRAMME = Path(loyalty_core.__file__).parent / "programmes" / "demo.yaml"
BATCHES = (1, 1, 5, 20, 60, 150)
"""How many messages wait for a commit: those that came during the last one."""


class _Held:
    """Runs what the gate gives it when it is told to: a batch is what has come until then."""

    def __init__(self) -> None:
        self.holds = False
        self._jobs: deque[tuple[Callable[[Any], Any], Any, Callable[[Any], None]]] = deque()
        self._inline = Inline()

    def run(self, function: Callable[[Any], Any], argument: Any, done: Callable[[Any], None]) -> None:
        self._jobs.append((function, argument, done))
        if not self.holds:
            self.release()

    def release(self) -> None:
        """Everything up to the end, whatever follows from it."""
        held, self.holds = self.holds, True
        while self._jobs:
            self._inline.run(*self._jobs.popleft())
        self.holds = held

    def stop(self) -> None:
        """Nothing to release."""


class _Engine(Engine):
    """An engine whose batches are as large as its owner lets them become."""

    def __init__(self, config: Config, clock: Clock, **options: Any) -> None:
        self.held = _Held()
        super().__init__(config, clock, threads=False, **options)

    def _runner(self, name: str, threads: bool) -> Any:
        return self.held


class _Host:
    """The other side of a link by which telegrams leave; not always there."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def send(self, telegram: bytes) -> "Deferred[None]":
        return fail(ConnectionLost()) if self._chance.random() < 0.2 else succeed(None)


class Built:
    """What was built: how many decisions the journal has, and what became of which messages."""

    def __init__(self) -> None:
        self.rows = 0
        self.ends: Counter[tuple[str, str]] = Counter()
        """(kind, state) of every message that has ended."""


def build(
    directory: Path, seed: int, rows: int, progress: Callable[[int], None] = lambda rows: None
) -> Built:
    """A journal of so many rows, or a few more, under ``directory``: settings in ``config.yaml``."""
    built = Built()
    writer = _Writer(directory, built, seed)
    try:
        for number, event in enumerate(traffic(seed, rows), 1):
            writer.take(event)
            if number % 1000 == 0:
                progress(built.rows)
            if built.rows >= rows:
                break
    finally:
        writer.close()
    return built


class _Writer:
    """The one process, restarted now and then."""

    def __init__(self, directory: Path, built: Built, seed: int) -> None:
        self._directory = directory
        self._built = built
        self._chance = random.Random(f"hosts of {seed}")
        self._clock = Clock()
        self._messages = 0
        self._room = 1
        self._start("main")

    def take(self, event: Event) -> None:
        """Let time go on to the event and take it in."""
        self._clock.advance(max(0.0, (event.at - self._now()).total_seconds()))
        if not isinstance(event, Sent):
            # Commands work on the books as they stand.
            self._engine.held.release()
        match event:
            case Sent():
                self._send(event)
            case Imported(content=content):
                newest = self._engine.core.newest_of(MEMBERS_LINK)
                digest, content_of = digest_after(content, newest), MembersImported(content)
                self._submit(
                    Submission(
                        MEMBERS_LINK, "members", content, digest, event.at, (content_of,), source="m.csv"
                    )
                )
            case Activated(bonus_percent=percent):
                self._programme(percent)
                self._submit(activation(self._file, event.at, self._engine.core.newest_of("config")))
            case Restarted(lane=lane):
                self.close()
                self._start(lane)
        self._room -= 1
        if self._room <= 0:
            self._engine.held.release()
            self._room = self._chance.choice(BATCHES)

    def close(self) -> None:
        """Let everything end, and close the books."""
        self._timer.stop()
        self._sending.stop()
        self._engine.held.release()
        self._engine.held.holds = False
        self._built.rows = self._engine.core.verify()["journal_id"]
        finish(self._engine.stop(0.0))

    # --- one run of the process ---------------------------------------------------------------------------------------

    @property
    def _file(self) -> Path:
        return self._directory / "demo.yaml"

    def _start(self, lane: str) -> None:
        if not self._file.exists():
            self._programme(25)
        file = self._directory / "config.yaml"
        file.write_text(SETTINGS.format(lane=lane) + "programmes: [demo.yaml]\n", "utf-8")
        config = load_config(file)
        self._protocols = {name: link.protocol for name, link in config.links.items()} | {
            COMMAND_LINK: COMMAND_PROTOCOL
        }
        self._encodings = {name: link.text_encoding for name, link in config.links.items()}
        self._engine = _Engine(config, self._clock, observe=self._passed)
        gate = self._engine.gate
        finish(self._engine.start())
        self._timer = BusinessClock(
            gate,
            self._clock,
            every_seconds=config.clock.every_seconds,
            part_set_seconds=config.clock.part_set_seconds,
            decisions_max=config.clock.decisions_max,
            leap_days_max=config.clock.leap_days_max,
            now=self._now,
        )
        self._sending = Sending(
            gate,
            {name: Way(_Host(self._chance), end.encoding) for name, end in config.senders.items()},
            self._clock,
            self._now,
            compose=composer(config, self._engine.maps.codes(CODES)),
            patience=patience_of(config),
        )
        self._timer.start()
        self._sending.start()
        self._engine.held.holds = True

    def _programme(self, bonus_percent: int) -> None:
        text = PROGRAMME.read_text("utf-8")
        head, _examples, _rest = text.partition("\nexamples:")
        self._file.write_text(
            head.replace("bonus_percent: 25", f"bonus_percent: {bonus_percent}") + "\n", "utf-8"
        )

    def _now(self) -> datetime:
        return BEGIN + timedelta(seconds=self._clock.seconds())

    def _send(self, sent: Sent) -> None:
        self._messages += 1
        envelope = Envelope(
            sent.link,
            self._protocols[sent.link],
            str(self._messages),
            sent.raw,
            self._now(),
            self._encodings.get(sent.link, "utf-8"),
        )
        self._engine.exchange.handle(envelope, lambda reply: None)

    def _submit(self, submission: Submission) -> None:
        def decided(result: Result | Exception) -> None:
            assert isinstance(result, Result), result
            self._note(submission.kind, result)
            self._built.ends[submission.kind, str(result.state)] += 1

        self._engine.gate.submit(submission, decided)

    def _passed(self, passed: Passed) -> None:
        assert passed.error is None, passed.error
        kind = passed.work.kind or "unreadable"
        self._built.ends[kind, passed.state] += 1
        if passed.result is not None:
            self._note(kind, passed.result)
            if any(getattr(one, "answer", None) for one in passed.result.outcomes):
                self._sending.wake()

    def _note(self, kind: str, result: Result) -> None:
        assert not result.system_error, f"a {kind} could not be decided: journal row {result.journal_id}"
        self._built.rows = max(self._built.rows, result.journal_id)
