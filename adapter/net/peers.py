"""Which peers may connect to a link, and what becomes of those that misbehave."""

import ipaddress
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

PEERS_MAX = 4096
"""Peers remembered at once; the one heard of longest ago is forgotten first."""

_MINUTE_SECONDS = 60.0

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def read_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Addresses and networks (``10.1.0.0/16``) from the configuration; ValueError for anything else."""
    return tuple(ipaddress.ip_network(text) for text in texts)


def is_within(host: str, networks: Iterable[Network]) -> bool:
    """Whether a peer's address lies in one of the networks; False for a peer without an IP address."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    # A socket that listens on IPv6 and IPv4 shows the latter as ::ffff:10.0.0.1.
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in networks)


@dataclass(slots=True)
class _Peer:
    minute: float = 0.0
    refusals: int = 0
    blocked_until: float = 0.0
    second: float = 0.0
    handshakes: int = 0


class PeerWatch:
    """Counts refusals and handshakes per peer address. ``now`` is in seconds and never goes far back."""

    def __init__(
        self,
        refusals_per_minute_max: int,
        refused_peer_seconds: float,
        handshakes_per_second_max: int,
        peers_max: int = PEERS_MAX,
    ) -> None:
        self._refusals_per_minute_max = refusals_per_minute_max
        self._refused_peer_seconds = refused_peer_seconds
        self._handshakes_per_second_max = handshakes_per_second_max
        self._peers_max = peers_max
        self._peers: OrderedDict[str, _Peer] = OrderedDict()

    def __len__(self) -> int:
        return len(self._peers)

    def refuse(self, host: str, now: float) -> bool:
        """Count a refusal; True when it was one too many: the peer is dropped and kept out for a while."""
        peer = self._peer(host)
        if not peer.minute <= now < peer.minute + _MINUTE_SECONDS:
            peer.minute, peer.refusals = now, 0
        peer.refusals += 1
        if peer.refusals <= self._refusals_per_minute_max:
            return False
        peer.blocked_until = now + self._refused_peer_seconds
        peer.refusals = 0
        return True

    def is_blocked(self, host: str, now: float) -> bool:
        peer = self._peers.get(host)
        return peer is not None and now < peer.blocked_until

    def allow_handshake(self, host: str, now: float) -> bool:
        """Count a handshake; False when the peer has used up this second's."""
        peer = self._peer(host)
        if not peer.second <= now < peer.second + 1.0:
            peer.second, peer.handshakes = now, 0
        peer.handshakes += 1
        return peer.handshakes <= self._handshakes_per_second_max

    def _peer(self, host: str) -> _Peer:
        peer = self._peers.get(host)
        if peer is None:
            peer = self._peers[host] = _Peer()
            if len(self._peers) > self._peers_max:
                self._peers.popitem(last=False)
        else:
            self._peers.move_to_end(host)
        return peer
