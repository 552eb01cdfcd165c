"""Pipeline, gate and core, built from the settings, without any link: what server and commands have in
common.

Start: messages (schemas, maps) -> programmes read -> core -> gate -> programmes in force -> part sets left
unread. After that the books stand where the last run left them, and no host can overtake what it sent before.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as DeferredTimeout

import mappings
import schemas
from adapter.config import Config, Limits, TelegramSource, XmlLink, programme_file
from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Manner
from adapter.documents.xml import XmlLimits
from adapter.errors import ConfigError, Problem
from adapter.exchange import Exchange, Passed
from adapter.gate import Gate, Inline, OwnThread, Runner
from adapter.mapping import Maps
from adapter.pipeline import Pipeline
from adapter.wire.typeb import Limits as TelegramLimits
from adapter.work import COMMAND_LINK, LinkPolicy
from loyalty_core import (
    Core,
    InputError,
    ProgrammeActivated,
    Result,
    State,
    StorageUnavailable,
    Submission,
    load_programme,
    read_bundle,
)

log = logging.getLogger("ffgate.engine")

SCHEMAS = Path(schemas.__path__[0])
MAPPINGS = Path(mappings.__path__[0])
PROGRAMME_LINK = "config"
"""What the journal names as the link of a programme that the settings ask for."""

Observer = Callable[[Passed], None]


class Messages(NamedTuple):
    """All that is known of messages: schemas and grammars, and the maps that read them."""

    catalogue: Catalogue
    maps: Maps

    @property
    def digest(self) -> str:
        """What the journal names as the maps by which a row was read."""
        return hashlib.sha256(f"{self.catalogue.digest} {self.maps.digest}".encode()).hexdigest()


def load_messages(config: Config | None = None) -> Messages:
    """Schemas, grammars and maps, checked and compiled. Raises ConfigError with every mistake in them."""
    if config is None:
        catalogue = Catalogue.load(SCHEMAS)
    else:
        own = {source: _message_limits(config.limits_of(link)) for source, link in config.sources.items()}
        manners = {
            name: Manner(end.profile or "", end.tolerant)
            for name, end in config.ends.items()
            if isinstance(end, TelegramSource)
        }
        catalogue = Catalogue.load(SCHEMAS, *_message_limits(config.limits))
        if problems := _unknown_profiles(manners, catalogue, config):
            raise ConfigError(problems)
        catalogue = catalogue.with_links(own, manners)
    return Messages(catalogue, Maps.load(MAPPINGS, catalogue))


def _unknown_profiles(manners: Mapping[str, Manner], catalogue: Catalogue, config: Config) -> list[Problem]:
    known = ", ".join(catalogue.profiles)
    return [
        Problem(
            "profile_unknown",
            f"there is no grammar profile {manner.profile!r} (known: {known})",
            ".".join((*config.place_of(name), "profile")),
            file=str(config.file),
        )
        for name, manner in manners.items()
        if manner.profile and manner.profile not in catalogue.profiles
    ]


def _message_limits(limits: Limits) -> tuple[XmlLimits, TelegramLimits]:
    xml = XmlLimits(
        # The links see to their own of the two; what comes by a file or a command has only this one.
        bytes_max=max(limits.inflated_bytes_max, limits.frame_bytes_max),
        depth_max=limits.depth_max,
        elements_max=limits.elements_max,
        attributes_max=limits.attributes_max,
        text_chars_max=limits.value_characters_max,
        problems_max=limits.errors_per_reply_max,
    )
    return xml, TelegramLimits(telegram_bytes_max=limits.telegram_bytes_max, parts_max=limits.parts_max)


class Engine:
    """Pipeline, gate and core without any link: what a server and a command have in common.

    ``threads`` false runs the core in the caller's own thread, for commands that have no reactor running.
    """

    def __init__(
        self,
        config: Config,
        clock: Any,
        *,
        threads: bool,
        observe: Observer = lambda passed: None,
        observe_batch: Callable[[str, int, float], None] = lambda lane, size, seconds: None,
        open_core: Callable[..., Core] | None = None,
    ) -> None:
        self.config = config
        self._clock = clock
        messages = load_messages(config)
        self.catalogue, self.maps = messages
        self._programmes = [_Programme(name, config) for name in config.programmes]
        self.core = (open_core or Core.open)(
            config.database_url,
            lane=config.database.lane,
            config_digest=config.digest,
            maps_digest=messages.digest,
            busy_seconds=config.database.busy_seconds,
        )
        self.gate = Gate(
            self.core.execute,
            self.core.answer,
            clock=clock,
            writer=self._runner("writer", threads),
            reader=self._runner("reader", threads),
            batch_max=config.gate.batch_max,
            queue_max=config.gate.queue_max,
            unavailable_pause_seconds=config.gate.unavailable_pause_seconds,
            observe=observe_batch,
        )
        self.exchange = Exchange(
            Pipeline(self.catalogue, self.maps, policies_of(config)), self.gate, clock, observe=observe
        )

    def _runner(self, name: str, threads: bool) -> Runner:
        return OwnThread(f"ffgate-{name}", self._clock.callFromThread) if threads else Inline()

    async def start(self) -> None:
        """Activate the programmes that are not in force yet, then read the part sets left unread."""
        for programme in self._programmes:
            await self._activate(programme)
        await self.exchange.reread(self.core.unread_sets())
        if self.exchange.sets_postponed:
            raise StorageUnavailable("part sets of the last run could not be read: the database refuses them")

    async def stop(self, deadline: float) -> None:
        """Finish what is under way and close, as far as ``deadline`` (``clock.seconds()``) leaves time."""
        await self._within(self.exchange.when_idle(), deadline, "messages under way")
        self.exchange.stop()
        await self._within(self.gate.stop(), deadline, "the last commit")
        self.core.close()

    async def _within(self, stage: "Deferred[None]", deadline: float, what: str) -> None:
        left = max(deadline - self._clock.seconds(), 0.05)
        try:
            await stage.addTimeout(left, self._clock)
        except DeferredTimeout:
            log.error("stopped without waiting longer for %s", what)

    async def _activate(self, programme: "_Programme") -> None:
        in_force = self.core.programmes.get(programme.name)
        if in_force is not None and in_force.digest == programme.digest:
            return
        now = datetime.fromtimestamp(time.time(), UTC)
        newest = self.core.newest_of(PROGRAMME_LINK)
        waiting: Deferred[Result | Exception] = Deferred()
        self.gate.submit(activation(programme.file, now, newest), waiting.callback)
        result = await waiting
        if isinstance(result, Exception):
            raise result
        in_force = self.core.programmes.get(programme.name)
        if result.state is not State.APPLIED or in_force is None or in_force.digest != programme.digest:
            text = "the core could not bring this programme into force"
            raise ConfigError([Problem("programme_refused", text, file=str(programme.file))])
        log.info("programme %s is in force", programme.name, extra={"programme": programme.name})


def digest_after(content: bytes, newest: Mapping[str, Any] | None) -> bytes:
    """The digest of a file that is taken over, telling it from the same file taken over at an earlier time.

    ``newest`` is the newest journal row of its link: going back to an earlier file is a new message, not a repeat.
    """
    digest = hashlib.sha256(content)
    if newest is not None:
        digest.update(f" after journal row {newest['id']}".encode())
    return digest.digest()


def activation(file: Path, received_at: datetime, newest: Mapping[str, Any] | None = None) -> Submission:
    """The message that brings a programme into force, with the tables it names; ``newest`` is the journal row of the
    last activation."""
    content = read_bundle(file).encode()
    return Submission(
        link=PROGRAMME_LINK,
        kind="programme",
        raw=content,
        digest=digest_after(content, newest),
        received_at=received_at,
        transactions=(ProgrammeActivated(content, file.name),),
        source=file.name,
    )


class _Programme:
    """A programme that the settings ask for, read and checked before anything is opened."""

    def __init__(self, setting: str, config: Config) -> None:
        self.file = programme_file(setting, config.file.parent)
        try:
            programme = load_programme(read_bundle(self.file), str(self.file))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError([Problem("programme_unreadable", str(error), file=str(self.file))]) from None
        except InputError as error:
            raise ConfigError(error.problems) from None
        self.name = programme.name
        self.digest = programme.digest


def policies_of(config: Config) -> dict[str, LinkPolicy]:
    """What the pipeline has to know of each link, and of each partner of those that have several."""
    policies = {source: _policy(config, source, name) for source, name in config.sources.items()}
    # Whoever can run a command on the database can do anything with it.
    return {**policies, COMMAND_LINK: LinkPolicy(operations=None)}


def _policy(config: Config, source: str, name: str) -> LinkPolicy:
    link = config.links[name]
    answer = config.answers.get(source)
    return LinkPolicy(
        journal_all=link.journal == "all",
        invalid_checks_per_minute_max=config.limits_of(name).invalid_checks_per_minute_max,
        open_sets_max=config.limits_of(name).open_sets_max,
        operations=frozenset(link.operations if isinstance(link, XmlLink) else ()),
        answers_lists=answer is not None,
        answers_without_originator=answer is not None and answer.to != "originator",
        own_address=answer.origin if answer is not None else "",
    )
