"""The server: an engine, its links and the admin listener, started in order and stopped in reverse.

Start: admin (saying "not ready") -> engine (programmes in force, part sets of the last run read) -> links -> the
business clock's timer -> sending. A host finds its listener only once the books are ready for it.

Stop (SIGTERM, SIGINT): sending ended -> listeners closed, reading ended -> answers under way given -> gate
drained -> core closed, each as far as ``gate.drain_seconds`` leaves time. Nothing is cut in the middle of an
answer; what was not taken in was not answered, and its host repeats it.
"""

import logging
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.endpoints import serverFromString

from adapter import door, metrics, outgoing
from adapter.business_clock import BusinessClock
from adapter.config import LOOPBACK, Admin, Config
from adapter.engine import Engine
from adapter.envelope import Envelope, Reply
from adapter.errors import Problem
from adapter.exchange import Passed, part_problems
from adapter.links import BuiltLink, build_link
from adapter.logs import log_message
from adapter.net.admin import AdminSite

log = logging.getLogger("ffgate.app")


class Application:
    """A running ffgate. ``addresses`` tells, once started, where each link takes messages in."""

    def __init__(self, config: Config, reactor: Any, *, threads: bool = True, **engine: Any) -> None:
        self.config = config
        self.reactor = reactor
        self.addresses: dict[str, str] = {}
        self.admin_address = ""
        # The links first: a key file that can't be used must not leave a locked database behind.
        self.links = [
            build_link(config, name, self.handle, reactor, partial(metrics.link_event, name))
            for name in config.links
        ]
        self.engine = Engine(
            config, reactor, threads=threads, observe=self._passed, observe_batch=metrics.batch, **engine
        )
        self.clock = BusinessClock(
            self.engine.gate,
            reactor,
            every_seconds=config.clock.every_seconds,
            part_set_seconds=config.clock.part_set_seconds,
            decisions_max=config.clock.decisions_max,
            leap_days_max=config.clock.leap_days_max,
        )
        codes = self.engine.maps.codes(outgoing.CODES)
        self.sending = outgoing.build_sending(
            config, self.engine.gate, self.links, codes, reactor, metrics.link_event
        )
        self._secret = door.make_secret()
        self._door: Path | None = None
        self._admin_port: Any = None
        self._opened: list[BuiltLink] = []
        self._started = False
        self._stopped: Deferred[None] | None = None
        gate = self.engine.gate
        gate.watch(self._press)
        metrics.queue_depth("write", lambda: gate.depths[0])
        metrics.queue_depth("read", lambda: gate.depths[1])
        metrics.in_flight(lambda: self.engine.exchange.in_flight)
        for name in self.sending.links:
            metrics.outbox(
                name, partial(self.sending.waiting, name), partial(self.sending.oldest_seconds, name)
            )

    def handle(self, envelope: Envelope, done: Callable[[Reply], None]) -> None:
        """The ``Handle`` of all links."""
        self.engine.exchange.handle(envelope, done)

    def start(self) -> "Deferred[None]":
        """Fires when every link takes messages in; fails, with all closed again, when one can't be opened."""
        return Deferred.fromCoroutine(self._start())

    def stop(self) -> "Deferred[None]":
        """Fires when everything taken in is answered and committed, or the time for it is over."""
        if self._stopped is None:
            self._stopped = Deferred.fromCoroutine(self._stop())
        return self._stopped

    def reasons(self) -> list[str]:
        """Why this process can't take messages in now; empty when it can."""
        reasons = []
        if self._stopped is not None:
            reasons.append("it is stopping")
        elif not self._started:
            reasons.append("it is starting")
        gate = self.engine.gate
        if not gate.available:
            reasons.append("the database can't be used")
        elif gate.pressed:
            reasons.append(f"the gate is full: {sum(gate.depths)} messages wait")
        return reasons

    @property
    def is_ready(self) -> bool:
        """True from the moment when every link takes messages in until the stop begins."""
        return self._started and self._stopped is None

    async def _start(self) -> None:
        try:
            if self.config.admin is not None:
                await self._open_admin(self.config.admin)
            await self.engine.start()
            for built in self.links:
                # Told to stop while starting: nothing more is opened.
                if self._stopped is not None:
                    return
                await self._open(built)
            if self._stopped is None:
                self.clock.start()
                self.sending.start()
                self._open_door()
        except Exception:
            if self._stopped is not None:
                log.info("stopped while starting", exc_info=True)
                return
            await self.stop()
            raise
        self._started = True

    async def _open_admin(self, admin: Admin) -> None:
        site = AdminSite(
            self.reasons,
            metrics.exposition,
            metrics.CONTENT_TYPE,
            peers=admin.peers,
            orders={outgoing.ORDER: outgoing.taker(self.config, self.engine.gate, self.sending)},
            secret=self._secret,
            reactor=self.reactor,
        )
        self._admin_port = await self._endpoint(admin.listen).listen(site)
        self.admin_address = _address(self._admin_port)

    def _open_door(self) -> None:
        """Let commands of this machine find us, where they can't write beside us."""
        database, admin = self.config.sqlite_file, self.config.admin
        if database is None or admin is None or not self.sending.links:
            return
        interface = admin.endpoint.interface
        if interface in ("", "0.0.0.0", "::"):
            interface = LOOPBACK
        elif not admin.endpoint.is_loopback:
            return  # orders are taken from loopback addresses only
        port = self._admin_port.getHost().port
        path = door.door_file(database)
        try:
            door.open_door(path, door.Door(interface, port, self._secret, os.getpid()))
        except OSError as error:
            log.warning("commands can't hand telegrams over: %s", error.strerror)
            return
        self._door = path

    async def _open(self, built: BuiltLink) -> None:
        if built.listen:
            place = _address(await built.link.listen(self._endpoint(built.listen)))
        else:
            place = built.link.start() or built.place
        self._opened.append(built)
        self.addresses[built.name] = place
        log.info("link %s is open: %s", built.name, place, extra={"link": built.name})

    def _endpoint(self, description: str) -> Any:
        endpoint: Any = serverFromString(self.reactor, description)  # type: ignore[no-untyped-call]
        return endpoint

    async def _stop(self) -> None:
        self.clock.stop()
        seconds = self.config.gate.drain_seconds
        deadline = self.reactor.seconds() + seconds
        log.info(
            "stopping: nothing more is taken in, %d messages are under way", self.engine.exchange.in_flight
        )
        if self._door is not None:
            door.close_door(self._door)
        await self._stop_sending(seconds / 2)
        stops = [built.link.stop().addTimeout(seconds, self.reactor) for built in self._opened]
        for built, (good, failure) in zip(
            self._opened, await DeferredList(stops, consumeErrors=True), strict=True
        ):
            if not good and failure.check(DeferredTimeout):
                log.error("link %s: some peers did not take their answers in", built.name)
            elif not good:
                log.error("link %s did not stop as it should: %s", built.name, failure.getTraceback())
        await self.engine.stop(deadline)
        if left := self.engine.exchange.in_flight:
            log.warning("drained in part: %d messages were not ended in time", left)
        else:
            log.info("drained: everything taken in is decided and answered")
        # Last of all, so that whoever looks is told until the end that this process is stopping.
        if self._admin_port is not None:
            await maybeDeferred(self._admin_port.stopListening)
        log.info("stopped")

    async def _stop_sending(self, seconds: float) -> None:
        """Attempts under way may take half of the time; what is then unclear is sent again, marked, at the next start.
        The links still stand, for an attempt may need them to end.
        """
        stopped = self.sending.stop()
        patience = self.reactor.callLater(seconds, self.sending.abandon)
        await stopped
        if patience.active():
            patience.cancel()

    def _press(self, pressed: bool) -> None:
        log.log(
            logging.WARNING if pressed else logging.INFO,
            "the gate is full or the database away: links are paused" if pressed else "links go on",
        )
        for built in self._opened:
            if pressed:
                built.link.pause()
            else:
                built.link.resume()

    def _passed(self, passed: Passed) -> None:
        """One message has ended: one line in the log, and the counters."""
        work, result = passed.work, passed.result
        link = work.envelope.link
        # Only words of ours may become series: a method that nobody knows is a word of the host's.
        kind = work.kind if work.kind in self.engine.catalogue.kinds else ""
        stages = (passed.receive_seconds, passed.gate_seconds, passed.reply_seconds)
        metrics.message(link, kind, passed.state, *stages)
        problems = (*(work.refusal.problems if work.refusal is not None else ()), *part_problems(result))
        for problem in (*problems, *work.warnings):
            metrics.problem(link, problem.code)
        if result is not None and any(getattr(one, "answer", None) for one in result.outcomes):
            self.sending.wake()
        fields = {
            "journal_id": result.journal_id if result is not None else None,
            "entries": len(result.entries) if result is not None else None,
            "problems": _places(problems),
            "warnings": _places(work.warnings),
            "error": type(passed.error).__name__ if passed.error is not None else None,
        }
        log_message(
            link=link,
            kind=work.kind,
            state=passed.state,
            receive_seconds=passed.receive_seconds,
            gate_seconds=passed.gate_seconds,
            reply_seconds=passed.reply_seconds,
            id=work.envelope.id,
            bytes=len(work.envelope.raw),
            **{name: value for name, value in fields.items() if value is not None},
        )


def _places(problems: Sequence[Problem]) -> list[str] | None:
    """Codes and lines: what stands there may name people."""
    return [f"{problem.code} line {problem.line}" for problem in problems] or None


def _address(port: Any) -> str:
    host = port.getHost()
    return f"[{host.host}]:{host.port}" if ":" in host.host else f"{host.host}:{host.port}"
