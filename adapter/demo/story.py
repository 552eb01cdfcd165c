"""The scenes of the demo, in the order of a morning."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lxml import etree
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.task import deferLater

from adapter.demo.account import Account
from adapter.demo.airline import CLIENT_ID, Airline
from adapter.logs import card_mask
from simulators import morning
from simulators.file_dropper import drop
from simulators.http_dcs import HttpDcs
from simulators.messages import ffp_info, read_answer
from simulators.sirena_client import ClientSettings, SirenaClient

POLL_SECONDS = 0.05
SCENE_SECONDS = 15.0
"""How long a dropped file may take to be read."""


class DemoFailed(Exception):
    """The morning could not be played to its end; the text says where."""


@dataclass(slots=True)
class Scene:
    """``title`` and what happened, line by line."""

    title: str
    lines: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Morning:
    """What was played. ``checks`` and ``accruals`` count the answers that hosts got to each."""

    scenes: list[Scene] = field(default_factory=list)
    checks: int = 0
    accruals: int = 0
    status: dict[str, Any] = field(default_factory=dict)
    verified: dict[str, Any] = field(default_factory=dict)


class Stage:
    """Plays the morning against a running server and tells it scene by scene."""

    def __init__(self, airline: Airline, reactor: Any, tell: Callable[[Scene], None]) -> None:
        self._airline = airline
        self._reactor = reactor
        self._tell = tell
        self._account = Account(airline.database)
        self._now = datetime.now(UTC)
        self.morning = Morning()

    async def play(self) -> Morning:
        """All scenes; what the books hold afterwards is in the result."""
        try:
            await self._desk()
            await self._reservations()
            await self._check_in()
            await self._boarding()
            await self._arrival()
            await self._trouble()
            self.morning.status = self._account.status()
            self.morning.verified = self._account.verify()
        finally:
            self._account.close()
        return self.morning

    def _end(self, scene: Scene) -> None:
        scene.lines += list(self._account.news())
        self.morning.scenes.append(scene)
        self._tell(scene)

    # --- scenes -------------------------------------------------------------------------------------------------------

    async def _desk(self) -> None:
        scene = Scene("The departure control system checks cards for the agents (HTTP, ffp_info)")
        list(self._account.news())  # programme and members, told already
        dcs = HttpDcs(self._reactor, "127.0.0.1", self._airline.http)
        for asked in morning.DESK:
            body = ffp_info(asked.card, "UT", asked.surname, asked.name, root="")
            answer = await dcs.ask(body)
            self.morning.checks += 1
            told = f"{asked.surname}/{asked.name} {card_mask(asked.card)} ({asked.remark})"
            scene.lines.append(f"{told}: {_check_answer(answer.body)}")
        scene.lines.append("checks change nothing, so the journal has no rows of them")
        self._end(scene)

    async def _reservations(self) -> None:
        scene = Scene("The reservation host talks over its XML gateway, encrypted (Sirena)")
        settings = ClientSettings(CLIENT_ID, private_key=self._airline.client_key)
        endpoint = TCP4ClientEndpoint(self._reactor, "127.0.0.1", self._airline.sirena)
        host = await SirenaClient.connect(endpoint, settings, self._reactor)
        try:
            await host.register()
            scene.lines.append(
                f"key_info, RSA handshake: session key {host.codec.key_id}; from here DES and zlib"
            )
            asked = morning.DESK[0]
            answer = await host.ask(ffp_info(asked.card, "UT", asked.surname, asked.name))
            self.morning.checks += 1
            scene.lines.append(f"card check {asked.surname}/{asked.name}: {_check_answer(answer)}")
            yesterday = (self._now - timedelta(days=1)).date()
            flown = {"card": "2904000000025", "surname": "SOKOLOVA", "name": "YULIYA", "ticket": "2984400000043",
                     "coupon": 1, "flight": "451", "day": yesterday, "departure": "AER", "arrival": "DME",
                     "subclass": "Y"}  # fmt: skip
            for title, status in (
                ("yesterday's coupon was flown", "F"),
                ("the host got no answer and repeats", "F"),
                ("the coupon is refunded after all", "R"),
            ):
                answer = await host.ask(morning.ffp_accrual(**flown, status=status))  # type: ignore[arg-type]
                self.morning.accruals += 1
                scene.lines.append(f"{title}: {_accrual_answer(answer)}")
        finally:
            await host.close()
        self._end(scene)

    async def _check_in(self) -> None:
        scene = Scene(f"Check-in for UT{morning.FLIGHT} closes: the FTL lists the cards (spooled file)")
        created = self._now - timedelta(minutes=90)
        await self._drop(scene, "ftl", morning.ftl(created, self._now.date()))
        scene.lines.append("checked in is not flown: miles are pending; a wrong holder waits in suspense")
        self._end(scene)

    async def _boarding(self) -> None:
        scene = Scene("The flight has left: the PRL names who boarded, in two parts, the second first")
        created = self._now - timedelta(minutes=60)
        first, second = morning.prl(created, self._now.date())
        await self._drop(scene, "prl-2", second)
        await self._drop(scene, "prl-1", first, rows=2)
        scene.lines.append("who was listed but did not board stays pending")
        self._end(scene)

    async def _arrival(self) -> None:
        scene = Scene("On arrival: the ETL names the tickets, and the FTL comes once more by another road")
        await self._drop(scene, "etl", morning.etl(self._now - timedelta(minutes=5), self._now.date()))
        await self._drop(
            scene, "ftl-again", morning.ftl(self._now - timedelta(minutes=90), self._now.date()), rows=0
        )
        scene.lines.append("the same list again has no row and no effect")
        self._end(scene)

    async def _trouble(self) -> None:
        scene = Scene("A telegram arrives cut off")
        await self._drop(scene, "cut", morning.cut_off(self._now - timedelta(minutes=80), self._now.date()))
        self._end(scene)

    # --- means --------------------------------------------------------------------------------------------------------

    async def _drop(self, scene: Scene, name: str, telegram: str, rows: int = 1) -> None:
        """Drops a file, waits until the spool has put it away and the journal has ``rows`` rows more."""
        before = self._account.count()
        spool = self._airline.directory / "var" / "spool" / "dcs"
        path = drop(spool / "incoming", f"{name}.tlg", telegram)
        deadline = self._reactor.seconds() + SCENE_SECONDS
        while self._put_away(spool, path.name) == "" or self._account.count() < before + rows:
            if self._reactor.seconds() > deadline:
                raise DemoFailed(f"{path.name} was not read within {SCENE_SECONDS:g} s")
            await deferLater(self._reactor, POLL_SECONDS, lambda: None)
        scene.lines.append(
            f"{path.name}, {len(telegram.splitlines())} lines: put into {self._put_away(spool, path.name)}/"
        )

    def _put_away(self, spool: Path, name: str) -> str:
        for folder in ("done", "quarantine"):
            if any(name in found.name for found in (spool / folder).rglob("*") if found.is_file()):
                return folder
        return ""


def _check_answer(body: bytes) -> str:
    root = read_answer(body)
    error = root.find(".//error")
    if error is not None:
        return f"refused, code {error.get('code')}: {error.get('message')}"
    info = root.find(".//info")
    return f"good, {info.get('status')}" if info is not None else etree.tostring(root, encoding="unicode")


def _accrual_answer(body: bytes) -> str:
    root = read_answer(body)
    result = root.find(".//result")
    if result is None:
        return etree.tostring(root, encoding="unicode")
    award, balance = result.findtext("award"), result.findtext("balance")
    return f"{result.get('status')}, {award} award miles for it, balance {balance}"
