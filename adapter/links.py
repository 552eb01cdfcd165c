"""From the settings of a link to the link itself: one function per type, and what all of them can do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from twisted.internet.endpoints import HostnameEndpoint, clientFromString, wrapClientTLS
from twisted.internet.ssl import Certificate, optionsForClientTLS, trustRootFromCertificates

from adapter.config import (
    AstraGatewayLink,
    Config,
    HttpLink,
    LengthPrefixedLink,
    Limits,
    Link,
    MailboxLink,
    MatipLink,
    MatipPartner,
    SirenaLink,
    SpoolLink,
    TypebHttpLink,
    TypebTcpLink,
    read_connect,
    read_url,
)
from adapter.envelope import Handle
from adapter.errors import ConfigError, Problem
from adapter.net import datagrams, http, mailbox, spool, typeb_http, typeb_stream
from adapter.net.length_prefixed import LengthPrefixedFactory
from adapter.net.limits import HttpLimits, LinkLimits, SocketLimits
from adapter.net.mailbox_files import MailDirectory
from adapter.net.mailbox_out import MailSender
from adapter.net.matip import MatipFactory, MatipSettings
from adapter.net.matip_partner import PartnerSettings
from adapter.net.peers import read_networks
from adapter.net.sirena import SirenaClient, SirenaFactory, SirenaSettings
from adapter.net.spool import SpoolLimits
from adapter.net.spool_files import INCOMING, Finished, SpoolDirectory
from adapter.net.typeb_post import TelegramPost
from adapter.wire.astra_gateway_router import RouterSettings
from adapter.wire.mail_writer import CHARSETS
from adapter.wire.matip_codings import ENCODINGS
from adapter.wire.matip_packets import Coding
from adapter.wire.matip_protection import PROTECTIONS
from adapter.wire.sirena_crypto import ClientKey, PrivateKey
from adapter.wire.sirena_keys import KeyStore
from adapter.wire.typeb_stream import Framing

Count = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BuiltLink:
    """A link ready to start. ``listen`` is its endpoint, "" for one that watches the directory ``place``,
    connects to that place, or opens its own socket.

    Every link has ``pause()``, ``resume()`` and ``stop()``, whose Deferred fires once everything that was
    taken in is answered; one that listens has ``listen(endpoint)``, any other ``start()``, which returns its
    place if only it knows it.
    """

    name: str
    type: str
    link: Any
    listen: str = ""
    place: str = ""
    partners: Mapping[str, Any] = field(default_factory=dict)
    """Of a link that has several ends, each with its name."""

    @property
    def outward(self) -> Mapping[str, Any]:
        """What sends telegrams, by the name that they are given to it by; only for links that can send."""
        return self.partners or {self.name: self.link}


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
    if isinstance(settings, TypebHttpLink):
        return _typeb_http(name, settings, limits, handle, clock, count)
    if isinstance(settings, TypebTcpLink):
        return _typeb_tcp(name, settings, limits, handle, clock, count)
    if isinstance(settings, AstraGatewayLink):
        return _astra_gateway(name, settings, handle, clock, count)
    if isinstance(settings, MailboxLink):
        return _mailbox(name, settings, limits, handle, clock, count)
    if isinstance(settings, MatipLink):
        return _matip(name, settings, limits, handle, clock, count)
    return _spool(name, settings, limits, handle, clock, count)


def _http(
    name: str, settings: HttpLink, limits: Limits, handle: Handle, clock: Any, count: Count
) -> BuiltLink:
    link = http.HttpLink(
        name,
        handle,
        clock,
        path=settings.path,
        limits=_http_limits(settings, limits, limits.frame_bytes_max),
        peers=_peers(settings),
        count=count,
    )
    return BuiltLink(name, settings.type, link, settings.listen)


def _typeb_http(
    name: str, settings: TypebHttpLink, limits: Limits, handle: Handle, clock: Any, count: Count
) -> BuiltLink:
    post = _post(name, settings, limits, clock, count)
    sends = f"sends to {settings.send_to}" if post is not None else ""
    if settings.listen is None:
        return BuiltLink(name, settings.type, post, place=sends)
    link = typeb_http.TypebHttpLink(
        name,
        handle,
        clock,
        path=settings.path,
        limits=_http_limits(settings, limits, limits.telegram_bytes_max),
        peers=_peers(settings),
        count=count,
        encoding=settings.encoding,
        post=post,
    )
    return BuiltLink(name, settings.type, link, settings.listen, sends)


def _post(
    name: str, settings: TypebHttpLink, limits: Limits, clock: Any, count: Count
) -> TelegramPost | None:
    if settings.send_to is None:
        return None
    url = read_url(settings.send_to)
    endpoint: Any = HostnameEndpoint(clock, url.host, url.port, timeout=settings.connect_seconds)
    if url.is_encrypted:
        trust = _authorities(settings.ca_file) if settings.ca_file is not None else None
        endpoint = wrapClientTLS(optionsForClientTLS(url.host, trust), endpoint)
    return TelegramPost(
        name,
        clock,
        endpoint,
        settings.send_to,
        charset=CHARSETS[settings.encoding],
        seconds=settings.send_seconds_max,
        telegram_bytes_max=limits.telegram_bytes_max,
        count=count,
    )


def _authorities(path: Path) -> Any:
    """Those whose word on certificates holds, in place of the system's; PEM, one or more."""
    mark = b"-----BEGIN CERTIFICATE-----"
    trust_from: Any = trustRootFromCertificates  # not annotated
    _, *blocks = _read_key(path).split(mark)
    try:
        if not blocks:
            raise ValueError("no certificate in it")
        return trust_from([Certificate.loadPEM(mark + block) for block in blocks])
    except Exception as error:  # whatever the library's parser raises
        problem = Problem("ca_file_unusable", f"no certificates in PEM form: {error}", file=str(path))
        raise ConfigError([problem]) from None


def _http_limits(settings: HttpLink | TypebHttpLink, limits: Limits, bytes_max: int) -> HttpLimits:
    return HttpLimits(
        body_bytes_max=bytes_max,
        answer_seconds=settings.answer_seconds,
        abort_seconds=limits.out_stalled_seconds,
        idle_seconds=settings.idle_seconds,
        retry_after_seconds=settings.retry_after_seconds,
        **_values(SocketLimits, limits),
    )


def _typeb_tcp(
    name: str, settings: TypebTcpLink, limits: Limits, handle: Handle, clock: Any, count: Count
) -> BuiltLink:
    far = settings.connect or ""
    link = typeb_stream.TypebStreamLink(
        name,
        handle,
        clock,
        encoding=settings.encoding,
        settings=typeb_stream.StreamSettings(
            Framing(settings.framing),
            settings.acknowledge,
            settings.ack_seconds,
            settings.retry_seconds,
            settings.reconnect_seconds_min,
            settings.reconnect_seconds_max,
        ),
        connect=(lambda: clientFromString(clock, far)) if far else None,  # type: ignore[no-untyped-call]
        limits=replace(_link_limits(settings, limits), frame_bytes_max=limits.telegram_bytes_max),
        peers=_peers(settings),
        count=count,
    )
    return BuiltLink(name, settings.type, link, settings.listen or "", far)


def _astra_gateway(
    name: str, settings: AstraGatewayLink, handle: Handle, clock: Any, count: Count
) -> BuiltLink:
    link = datagrams.AstraGatewayLink(
        name,
        handle,
        clock,
        tuple(
            datagrams.RouterAddress(router, one.address, one.port) for router, one in settings.routers.items()
        ),
        own_name=settings.own_name,
        listen=(settings.endpoint.port, settings.endpoint.interface),
        encoding=settings.encoding,
        send_to=settings.send_to or "",
        flow_control=settings.flow_control,
        in_flight_max=settings.in_flight_max,
        settings=RouterSettings(
            repeat_seconds=settings.repeat_seconds,
            send_seconds=settings.send_seconds,
            outstanding_max=settings.outstanding_max,
            remembered_max=settings.remembered_max,
        ),
        count=count,
    )
    return BuiltLink(name, settings.type, link)


def _mailbox(
    name: str, settings: MailboxLink, limits: Limits, handle: Handle, clock: Any, count: Count
) -> BuiltLink:
    outgoing = _mail_sender(settings, clock, count)
    sends = f"sends by {outgoing.root}" if outgoing is not None else ""
    if settings.directory is None:
        return BuiltLink(name, settings.type, outgoing, place=sends)
    link = mailbox.MailboxLink(
        name,
        handle,
        clock,
        MailDirectory(settings.directory),
        encoding=settings.encoding,
        senders=settings.senders,
        outgoing=outgoing,
        limits=_spool_limits(settings, limits),
        count=count,
    )
    return BuiltLink(name, settings.type, link, place=str(settings.directory))


def _mail_sender(settings: MailboxLink, clock: Any, count: Count) -> MailSender | None:
    given = settings.outgoing
    if given is None:
        return None
    return MailSender(
        clock,
        given.directory,
        encoding=settings.encoding,
        sender=given.sender,
        recipients=given.to,
        count=count,
    )


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


def _matip(
    name: str, settings: MatipLink, limits: Limits, handle: Handle, clock: Any, count: Count
) -> BuiltLink:
    calls = {
        partner: HostnameEndpoint(clock, *read_connect(one.connect), timeout=settings.open_seconds)
        for partner, one in settings.partners.items()
        if one.connect is not None
    }
    link = MatipFactory(
        name,
        [_partner(partner, one) for partner, one in settings.partners.items()],
        calls,
        handle,
        clock,
        settings=MatipSettings(
            open_seconds=settings.open_seconds,
            retry_seconds=settings.retry_seconds,
            reconnect_seconds_min=settings.reconnect_seconds_min,
            reconnect_seconds_max=settings.reconnect_seconds_max,
            ignore_unknown_control=settings.unknown_control == "ignore",
        ),
        limits=_link_limits(settings, limits),
        peers=_peers(settings),
        count=count,
    )
    place = "calls " + ", ".join(calls)
    return BuiltLink(name, settings.type, link, settings.listen or "", place, link.partners)


def _partner(name: str, settings: MatipPartner) -> PartnerSettings:
    coding = Coding[settings.coding.upper()]
    hld = settings.hld
    return PartnerSettings(
        name,
        address=read_networks(settings.address),
        our_hld=int(hld.ours, 16) if hld else None,
        their_hld=int(hld.theirs, 16) if hld else None,
        coding=coding,
        encoding=settings.encoding if coding is Coding.ASCII else ENCODINGS[coding],
        opens=settings.we_open,
        from_gateway=settings.role == "gateway",
        protection=PROTECTIONS[settings.protection],
    )


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
        limits=_spool_limits(settings, limits),
        count=count,
    )
    return BuiltLink(name, settings.type, link, place=str(settings.directory / INCOMING))


def _spool_limits(settings: SpoolLink | MailboxLink, limits: Limits) -> SpoolLimits:
    return SpoolLimits(
        files_in_flight_max=settings.files_in_flight_max,
        in_flight_max=settings.in_flight_max,
        file_bytes_max=limits.frame_bytes_max,
        telegram_bytes_max=limits.telegram_bytes_max,
        telegrams_in_file_max=settings.telegrams_in_file_max,
        poll_seconds=settings.poll_seconds,
        retry_seconds=settings.retry_seconds,
    )


def _link_limits(settings: Link, limits: Limits) -> LinkLimits:
    return LinkLimits(in_flight_max=settings.in_flight_max, **_values(LinkLimits, limits))


def _values(kind: type[SocketLimits], limits: Limits) -> dict[str, Any]:
    """Those limits of the settings that this kind has by the same name."""
    names = {field.name for field in fields(kind)} & set(Limits.model_fields)
    return {name: getattr(limits, name) for name in names}


def _peers(settings: Any) -> Any:
    return read_networks(settings.peers) if settings.peers else None


def _read_key(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError([Problem("key_unreadable", error.strerror or str(error), file=str(path))]) from None
