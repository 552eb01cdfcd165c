"""From the settings of a link to the link itself: one function per type, and what all of them can do."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from adapter.config import Config, HttpLink, LengthPrefixedLink, Limits, Link, SirenaLink, SpoolLink
from adapter.envelope import Handle
from adapter.errors import ConfigError, Problem
from adapter.net import http, spool
from adapter.net.length_prefixed import LengthPrefixedFactory
from adapter.net.limits import HttpLimits, LinkLimits, SocketLimits
from adapter.net.peers import read_networks
from adapter.net.sirena import SirenaClient, SirenaFactory, SirenaSettings
from adapter.net.spool import SpoolLimits
from adapter.net.spool_files import INCOMING, Finished, SpoolDirectory
from adapter.wire.sirena_crypto import ClientKey, PrivateKey
from adapter.wire.sirena_keys import KeyStore

Count = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BuiltLink:
    """A link ready to start. ``listen`` is its endpoint, "" for one that watches the directory ``place``.

    Every link has ``pause()``, ``resume()`` and ``stop()``, whose Deferred fires once everything that was
    taken in is answered; one that listens has ``listen(endpoint)``, one that watches ``start()``.
    """

    name: str
    type: str
    link: Any
    listen: str = ""
    place: str = ""


def build_link(config: Config, name: str, handle: Handle, clock: Any, count: Count) -> BuiltLink:
    """Build the link of that name. Raises ConfigError when a key file can't be used."""
    settings = config.links[name]
    limits = config.limits_of(name)
    if isinstance(settings, HttpLink):
        return _http(name, settings, limits, handle, clock, count)
    if isinstance(settings, SirenaLink):
        return _sirena(name, settings, limits, handle, clock, count)
    if isinstance(settings, LengthPrefixedLink):
        factory = LengthPrefixedFactory(
            name,
            handle,
            clock,
            limits=_link_limits(settings, limits),
            peers=_peers(settings),
            count=count,
        )
        return BuiltLink(name, settings.type, factory, settings.listen)
    return _spool(name, settings, limits, handle, clock, count)


def _http(
    name: str, settings: HttpLink, limits: Limits, handle: Handle, clock: Any, count: Count
) -> BuiltLink:
    link = http.HttpLink(
        name,
        handle,
        clock,
        path=settings.path,
        limits=HttpLimits(
            body_bytes_max=limits.frame_bytes_max,
            answer_seconds=settings.answer_seconds,
            abort_seconds=limits.out_stalled_seconds,
            idle_seconds=settings.idle_seconds,
            retry_after_seconds=settings.retry_after_seconds,
            **_values(SocketLimits, limits),
        ),
        peers=_peers(settings),
        count=count,
    )
    return BuiltLink(name, settings.type, link, settings.listen)


def _sirena(
    name: str, settings: SirenaLink, limits: Limits, handle: Handle, clock: Any, count: Count
) -> BuiltLink:
    store = KeyStore(float(settings.key_seconds), settings.session_keys_per_client_max)
    clients = {}
    for client_id, client in settings.clients.items():
        clients[client_id] = SirenaClient(
            client.name, client.address, client.cipher == "legacy_cipher", client.on_overload
        )
        if client.public_key_file is not None:
            store.set_public_key(client_id, ClientKey.load(_read_key(client.public_key_file)))
    key = None
    if settings.key_file is not None:
        try:
            key = PrivateKey.load(_read_key(settings.key_file))
        except ValueError as error:
            problem = Problem("key_unusable", f"no private RSA key: {error}", file=str(settings.key_file))
            raise ConfigError([problem]) from None
    sirena_settings = SirenaSettings(
        clients=clients,
        instance=settings.instance,
        limits=_link_limits(settings, limits),
        peers=_peers(settings),
    )
    factory = SirenaFactory(name, sirena_settings, store, key, handle, clock, count)
    return BuiltLink(name, settings.type, factory, settings.listen)


def _spool(
    name: str, settings: SpoolLink, limits: Limits, handle: Handle, clock: Any, count: Count
) -> BuiltLink:
    finished = Finished(settings.finished.suffix or "", settings.finished.unchanged_seconds or 0.0)
    link = spool.SpoolLink(
        name,
        handle,
        clock,
        SpoolDirectory(settings.directory, finished),
        encoding=settings.encoding,
        limits=SpoolLimits(
            files_in_flight_max=settings.files_in_flight_max,
            in_flight_max=settings.in_flight_max,
            file_bytes_max=limits.frame_bytes_max,
            telegram_bytes_max=limits.telegram_bytes_max,
            telegrams_in_file_max=settings.telegrams_in_file_max,
            poll_seconds=settings.poll_seconds,
            retry_seconds=settings.retry_seconds,
        ),
        count=count,
    )
    return BuiltLink(name, settings.type, link, place=str(settings.directory / INCOMING))


def _link_limits(settings: Link, limits: Limits) -> LinkLimits:
    return LinkLimits(in_flight_max=settings.in_flight_max, **_values(LinkLimits, limits))


def _values(kind: type[SocketLimits], limits: Limits) -> dict[str, Any]:
    """Those limits of the settings that this kind has by the same name."""
    names = {field.name for field in fields(kind)} & set(Limits.model_fields)
    return {name: getattr(limits, name) for name in names}


def _peers(settings: HttpLink | SirenaLink | LengthPrefixedLink) -> Any:
    return read_networks(settings.peers) if settings.peers else None


def _read_key(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError([Problem("key_unreadable", error.strerror or str(error), file=str(path))]) from None
