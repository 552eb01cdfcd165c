"""What the settings mean together: every rule that spans two of them or looks at the disk, each with its
place.

Looks at files, but opens no socket and no database and makes no directory.
"""

import ipaddress
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, combinations
from pathlib import Path
from typing import Any

from adapter.config_effects import EFFECTIVE, idle_settings
from adapter.config_links import (
    PROTECTIONS,
    AstraGatewayLink,
    Limits,
    Listener,
    MailboxLink,
    MatipLink,
    MatipPartner,
    MaybeListener,
    SirenaLink,
    SpoolLink,
    TypebHttpLink,
    TypebTcpLink,
)
from adapter.config_model import Config
from adapter.config_values import read_url
from loyalty_core import located_yaml
from loyalty_core.located_yaml import suggestion

Place = tuple[str | int, ...]
Finding = tuple[Place, str, str]
"""Path of the setting, code of the problem, sentence."""

PROGRAMMES = Path(located_yaml.__file__).parent / "programmes"


def findings(config: Config) -> list[Finding]:
    """All mistakes of settings whose types are right."""
    return [finding for rule in _RULES for finding in rule(config)]


def programme_file(name: str, base: Path) -> Path:
    """The file of a programme: a shipped one by its name, any other by its path relative to the config."""
    if "/" in name or name.endswith((".yaml", ".yml")):
        return base / name
    return PROGRAMMES / f"{name}.yaml"


def _listeners(config: Config) -> Iterator[tuple[Place, Listener | MaybeListener]]:
    if config.admin is not None:
        yield ("admin",), config.admin
    for name, link in config.links.items():
        if isinstance(link, Listener) or (isinstance(link, MaybeListener) and link.listen is not None):
            yield ("links", name), link


def _datagrams(config: Config) -> Iterator[tuple[Place, AstraGatewayLink]]:
    for name, link in config.links.items():
        if isinstance(link, AstraGatewayLink):
            yield ("links", name), link


def _addresses_collide(config: Config) -> Iterator[Finding]:
    # TCP and UDP have ports of their own.
    pairs: Iterable[tuple[tuple[Place, Any], tuple[Place, Any]]] = chain(
        combinations(_listeners(config), 2), combinations(_datagrams(config), 2)
    )
    for (first, one), (second, other) in pairs:
        if one.endpoint.collides(other.endpoint):
            taken = ".".join(map(str, first))
            yield (*second, "listen"), "address_taken", f'"{other.listen}" is taken by {taken}.listen already'


def _peers_missing(config: Config) -> Iterator[Finding]:
    for place, listener in _listeners(config):
        if not listener.endpoint.is_loopback and not listener.peers:
            text = "listens beyond this machine, so peers has to name the addresses that may connect"
            yield (*place, "listen"), "peers_missing", text


def _roads(config: Config) -> Iterator[Finding]:
    for name, link in config.links.items():
        place: Place = ("links", name)
        if isinstance(link, TypebTcpLink | MatipLink) and (
            link.reconnect_seconds_min > link.reconnect_seconds_max
        ):
            text = f"{link.reconnect_seconds_max:g} is less than reconnect_seconds_min"
            yield (*place, "reconnect_seconds_max"), "limits_contradict", text
        if isinstance(link, TypebTcpLink):
            if (link.listen is None) == (link.connect is None):
                yield (*place, "listen"), "listen_or_connect", "needs exactly one of listen and connect"
            if link.connect is not None and link.peers:
                yield (
                    (*place, "peers"),
                    "peers_unused",
                    "we connect, so nobody else does: peers means nothing",
                )
        if isinstance(link, TypebHttpLink):
            yield from _posting(place, link)
        if isinstance(link, MailboxLink) and link.directory is None and link.outgoing is None:
            text = "needs directory (to take mail in), outgoing (to send it), or both"
            yield (*place, "directory"), "no_direction", text
        if isinstance(link, AstraGatewayLink):
            if not link.routers:
                text = "nobody could send: at least one router is needed"
                yield (*place, "routers"), "routers_missing", text
            for router, one in link.routers.items():
                if ipaddress.ip_address(one.address).version != _version(link.endpoint.interface):
                    text = f"{one.address} can't be reached from {link.listen}: IPv4 and IPv6 have sockets of their own"
                    yield (*place, "routers", router, "address"), "address_version", text
            if link.send_to is not None and link.send_to not in link.routers:
                text = f'"{link.send_to}" is not among the routers{suggestion(link.send_to, link.routers)}'
                yield (*place, "send_to"), "router_unknown", text


def _posting(place: Place, link: TypebHttpLink) -> Iterator[Finding]:
    if link.send_to is None:
        if link.listen is None:
            text = "needs listen (to take telegrams in), send_to (to send them), or both"
            yield (*place, "listen"), "no_direction", text
        return
    url = read_url(link.send_to)
    if not (url.is_encrypted or url.is_loopback or link.unencrypted_reason.strip()):
        text = "http lets everybody on the way read and change telegrams: use https, or let unencrypted_reason say"
        yield (*place, "send_to"), "unencrypted_reason_missing", f"{text} why it is acceptable here"
    if link.ca_file is not None:
        if not url.is_encrypted:
            yield (
                (*place, "ca_file"),
                "no_effect",
                "ca_file has no effect on http: nobody shows a certificate",
            )
        yield from _readable((*place, "ca_file"), link.ca_file)


def _version(interface: str) -> int:
    """Of the addresses that a socket for datagrams speaks with."""
    return ipaddress.ip_address(interface).version if interface not in ("", "localhost") else 4


def _clients(config: Config) -> Iterator[Finding]:
    for name, link in config.links.items():
        if not isinstance(link, SirenaLink):
            continue
        place: Place = ("links", name)
        if not link.clients:
            yield (
                (*place, "clients"),
                "clients_missing",
                "nobody could connect: at least one client id is needed",
            )
        ciphered = [number for number, client in link.clients.items() if client.cipher == "legacy_cipher"]
        if ciphered and link.key_file is None:
            text = f"client {ciphered[0]} uses legacy_cipher, which needs the gateway's own key_file"
            yield (*place, "key_file"), "key_missing", text
        for number, client in link.clients.items():
            at: Place = (*place, "clients", number)
            if client.cipher == "legacy_cipher":
                if not client.cipher_reason.strip():
                    text = (
                        "legacy_cipher protects nothing: cipher_reason has to say why it is acceptable here"
                    )
                    yield (*at, "cipher"), "cipher_reason_missing", text
                if client.public_key_file is None:
                    text = "legacy_cipher needs the client's public_key_file"
                    yield (*at, "cipher"), "key_missing", text
            if not client.address:
                yield (*at, "address"), "address_missing", "at least one address is needed"
            for position, address in enumerate(client.address):
                if link.peers and not any(_within(address, peer) for peer in link.peers):
                    text = f"{address} can't connect: it is not among the link's peers"
                    yield (*at, "address", position), "address_outside_peers", text


def _matip(config: Config) -> Iterator[Finding]:
    taken: dict[str, Place] = {name: ("links", name) for name in config.links}
    for name, link in config.links.items():
        if not isinstance(link, MatipLink):
            continue
        place: Place = ("links", name)
        calling = [one for one in link.partners.values() if one.address]
        if not link.partners:
            yield (*place, "partners"), "partners_missing", "at least one partner is needed"
        elif calling and link.listen is None:
            text = "partners with an address call us, so listen has to say where"
            yield (*place, "partners"), "listen_missing", text
        elif link.listen is not None and not calling:
            yield (*place, "listen"), "listen_unused", "no partner has an address to call from"
        for partner, one in link.partners.items():
            at: Place = (*place, "partners", partner)
            if partner in taken:
                text = f"{'.'.join(map(str, taken[partner]))} has this name already"
                yield at, "name_taken", text
            taken.setdefault(partner, at)
            yield from _matip_partner(at, one)
            for position, address in enumerate(one.address):
                if link.peers and not any(_within(address, peer) for peer in link.peers):
                    text = f"{address} can't connect: it is not among the link's peers"
                    yield (*at, "address", position), "address_outside_peers", text
        yield from _matip_pairs(place, link)


def _matip_partner(at: Place, partner: MatipPartner) -> Iterator[Finding]:
    if bool(partner.address) == (partner.connect is not None):
        text = "needs exactly one of address (it calls us) and connect (we call it)"
        yield at, "partner_direction", text
    if partner.coding != "ascii" and partner.encoding != "ascii":
        text = f"coding {partner.coding} has no room for another encoding"
        yield (*at, "encoding"), "encoding_unused", text
    if partner.protection not in PROTECTIONS:
        served = ", ".join(PROTECTIONS)
        text = f'no plug-in serves protection "{partner.protection}" (there is: {served})'
        yield (*at, "protection"), "protection_unknown", text + suggestion(partner.protection, PROTECTIONS)


def _matip_pairs(place: Place, link: MatipLink) -> Iterator[Finding]:
    """Whoever calls from the same address has to be told apart by HLDs."""
    sharing = set()
    for (first, one), (second, other) in combinations(link.partners.items(), 2):
        if not any(_within(a, b) or _within(b, a) for a in one.address for b in other.address):
            continue
        sharing |= {first, second}
        if one.hld == other.hld:
            text = f"can't be told from {first}: same address, and no HLDs of its own"
            yield (*place, "partners", second), "partners_alike", text
    for name, partner in link.partners.items():
        if partner.opens == "us" and name in sharing:
            text = "shares its address with another partner: we can't know whom to open a session with"
            yield (*place, "partners", name, "opens"), "opens_ambiguous", text


def _within(inner: str, outer: str) -> bool:
    one, other = ipaddress.ip_network(inner), ipaddress.ip_network(outer)
    return one.version == other.version and one.subnet_of(other)  # type: ignore[arg-type]


def _files(config: Config) -> Iterator[Finding]:
    if config.database.password_file is not None:
        yield from _secret(("database", "password_file"), config.database.password_file)
    for name, link in config.links.items():
        if isinstance(link, SirenaLink):
            if link.key_file is not None:
                yield from _secret(("links", name, "key_file"), link.key_file)
            for number, client in link.clients.items():
                if client.public_key_file is not None:
                    at = ("links", name, "clients", number, "public_key_file")
                    yield from _readable(at, client.public_key_file)


def _readable(place: Place, path: Path) -> Iterator[Finding]:
    if not path.is_file():
        names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        yield place, "file_missing", f"no such file: {path}{suggestion(path.name, names)}"


def _secret(place: Place, path: Path) -> Iterator[Finding]:
    yield from _readable(place, path)
    if path.is_file() and path.stat().st_mode & 0o077:
        yield place, "file_exposed", f"others may read {path}: chmod 600 it"


def _directories(config: Config) -> Iterator[tuple[Place, Path]]:
    """Everything that links read files from or put them into."""
    for name, link in config.links.items():
        if isinstance(link, SpoolLink | MailboxLink) and link.directory is not None:
            yield ("links", name, "directory"), link.directory
        if isinstance(link, MailboxLink) and link.outgoing is not None:
            yield ("links", name, "outgoing", "directory"), link.outgoing.directory


def _spools(config: Config) -> Iterator[Finding]:
    for (first, one), (second, other) in combinations(_directories(config), 2):
        mine, theirs = one.resolve(), other.resolve()
        if mine == theirs or mine in theirs.parents or theirs in mine.parents:
            why = "each file would be read by either"
            if "outgoing" in (*first, *second):
                why = "mail of the one would be taken for the other's"
            yield (
                second,
                "directory_shared",
                f"shares its directory with {'.'.join(map(str, first[:-1]))}: {why}",
            )
    for place, directory in _directories(config):
        if directory.exists() and not directory.is_dir():
            yield place, "not_a_directory", f"{directory} is not a directory"
    for name, link in config.links.items():
        if isinstance(link, SpoolLink) and (link.finished.suffix is None) == (
            link.finished.unchanged_seconds is None
        ):
            text = "needs exactly one rule: suffix or unchanged_seconds"
            yield ("links", name, "finished"), "finished_rule", text


RESERVED_NAMES = frozenset({"clock", "command", "config", "members", "outbox"})
"""What the journal names as the link of what came by no link: the business clock, programmes, member files, what is
sent, and what staff said by a command."""


def _link_names(config: Config) -> Iterator[Finding]:
    for name in config.sources:
        if name in RESERVED_NAMES:
            text = "the journal uses this name for ffgate's own entries: choose another"
            yield config.place_of(name), "name_reserved", text


def _sending(config: Config) -> Iterator[Finding]:
    sending = config.sending
    if sending.retry_seconds_max < sending.first_retry_seconds:
        text = f"{sending.retry_seconds_max} is less than first_retry_seconds ({sending.first_retry_seconds})"
        yield ("sending", "retry_seconds_max"), "settings_contradict", text
    senders = config.senders
    for name, answer in config.answers.items():
        place = (*config.place_of(name), "answer")
        if answer.link is None and name not in senders:
            yield place, "cannot_send", "nothing can leave by this link: name one that can in answer.link"
        elif answer.link is not None and answer.link not in senders:
            text = f'there is no link "{answer.link}" by which telegrams can leave'
            yield (*place, "link"), "cannot_send", f"{text}{suggestion(answer.link, senders)}"
        if answer.to != "originator" and answer.origin in answer.to:
            yield (*place, "to"), "answers_ourselves", f"{answer.origin} is our own address (origin)"


def _programmes(config: Config) -> Iterator[Finding]:
    shipped = sorted(path.stem for path in PROGRAMMES.glob("*.yaml"))
    for position, name in enumerate(config.programmes):
        path = programme_file(name, config.file.parent)
        if path.is_file():
            continue
        if path.parent == PROGRAMMES:
            text = f'no programme "{name}" is shipped{suggestion(name, shipped, offer=True)}'
        else:
            text = f"no such file: {path}"
        yield ("programmes", position), "programme_unknown", text
    for first, second in combinations(range(len(config.programmes)), 2):
        if config.programmes[first] == config.programmes[second]:
            text = f'"{config.programmes[second]}" is listed twice'
            yield ("programmes", second), "programme_twice", text


def _sizes(config: Config) -> Iterator[Finding]:
    if config.gate.queue_max < config.gate.batch_max:
        text = (
            f"{config.gate.queue_max} is less than batch_max ({config.gate.batch_max}): no batch would fill"
        )
        yield ("gate", "queue_max"), "queue_too_short", text
    places: list[tuple[Place, str]] = [(("limits",), "")]
    places += [(("links", name, "limits"), name) for name, link in config.links.items() if link.limits]
    for place, name in places:
        limits = config.limits_of(name) if name else config.limits
        heeded = EFFECTIVE[config.links[name].type] if name else Limits.model_fields.keys()
        if {
            "inflated_bytes_max",
            "frame_bytes_max",
        } <= heeded and limits.inflated_bytes_max < limits.frame_bytes_max:
            text = f"{limits.inflated_bytes_max} is less than frame_bytes_max ({limits.frame_bytes_max})"
            yield (*place, "inflated_bytes_max"), "limits_contradict", text
        if {
            "telegram_bytes_max",
            "frame_bytes_max",
        } <= heeded and limits.telegram_bytes_max > limits.frame_bytes_max:
            text = f"{limits.telegram_bytes_max} is more than frame_bytes_max ({limits.frame_bytes_max})"
            yield (*place, "telegram_bytes_max"), "limits_contradict", text


_RULES: tuple[Callable[[Config], Iterator[Finding]], ...] = (
    _addresses_collide,
    _peers_missing,
    _roads,
    _clients,
    _matip,
    _files,
    _spools,
    _link_names,
    _sending,
    _programmes,
    _sizes,
    idle_settings,
)
